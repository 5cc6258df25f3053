// PostgreSQL's functions, operators on values and aggregates as T-SQL: THE table of those that give
// the same value for every argument, or the same error. What is not here stays local.
//
// In a form, $1, $2, ... stand for the arguments. Text arguments are of form::characters:
// no two collations meet, and characters are told apart as PostgreSQL does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/types.hpp"

namespace mssql::tsql {

struct Function {
  std::string_view
      postgres;  // name and argument types as PostgreSQL shows them, behind the name the field: "date_trunc month(...)"
  std::string_view form;
  RemoteType result;          // of text nvarchar(max)
  bool by_characters{false};  // text arguments are of form::by_characters
};
// Null: it has no row.
const Function* find_function(std::string_view postgres) noexcept;

// A value's text with what it is.
struct Formed {
  std::string text;
  RemoteType type;
};

// abs, ceil, floor, round and trunc of a decimal; `digits` behind the point for the latter two. The
// scale of the result is PostgreSQL's. Nothing where SQL Server's 38 digits do not do.
std::optional<Formed> decimal_function(std::string_view name, std::string_view value, const RemoteType& type,
                                       int digits);

// +, - and * of two decimals, each converted already; nothing where the result may have more than
// 38 digits.
std::optional<RemoteType> decimal_result(char op, const RemoteType& left, const RemoteType& right) noexcept;

// The type that holds every value of a numeric type as a decimal: an integer's digits, money's.
std::optional<RemoteType> as_decimal(const RemoteType& type) noexcept;

}  // namespace mssql::tsql
