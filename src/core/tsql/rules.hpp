// THE pushdown table: which PostgreSQL comparisons mean the same in T-SQL, and why the others do not.
#pragma once

#include <string_view>

#include "../types.hpp"

namespace mssql::tsql {

enum class Operator : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

// PostgreSQL's operator name ("=", "<>", ...) to the operator; false when it has no row in the table.
bool find_operator(std::string_view postgres_name, Operator& op) noexcept;
std::string_view tsql_name(Operator op) noexcept;
// May `column op constant` run on the server for a column of this type? When not, `why` says so in words.
bool may_push(Operator op, Type type, std::string_view& why) noexcept;

}  // namespace mssql::tsql
