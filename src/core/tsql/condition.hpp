// Conditions on a column that need no value, as forms in which '?' stands for the column.
#pragma once

#include <cstdint>
#include <string_view>

namespace mssql::tsql {

enum class Test : std::uint8_t { holds, fails, is_true, is_not_true, is_false, is_not_false, is_null, is_not_null };

// T-SQL's bit is a number. Whether NULL holds or fails is not known; the others are never NULL.
constexpr std::string_view form_of(Test test) noexcept {
  switch (test) {
    case Test::holds: return "? = 1";
    case Test::fails: return "? = 0";
    case Test::is_true: return "(? = 1 AND ? IS NOT NULL)";
    case Test::is_not_true: return "(? = 0 OR ? IS NULL)";
    case Test::is_false: return "(? = 0 AND ? IS NOT NULL)";
    case Test::is_not_false: return "(? = 1 OR ? IS NULL)";
    case Test::is_null: return "? IS NULL";
    case Test::is_not_null: return "? IS NOT NULL";
  }
  return {};
}

}  // namespace mssql::tsql
