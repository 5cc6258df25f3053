// THE pushdown table: which PostgreSQL comparisons mean the same in T-SQL, and why the others do not.
//
// It assumes that the local column has the type that local_type() gives: another type (a date over a datetime2, a timestamptz
// over a datetime) compares other values than the server would, so that its clauses stay local.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../types.hpp"

namespace mssql::tsql {

enum class Operator : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

// PostgreSQL's operator name ("=", "<>", ...) to the operator; false when it has no row in the table.
bool find_operator(std::string_view postgres_name, Operator& op) noexcept;
std::string_view tsql_name(Operator op) noexcept;
// The operator with its operands exchanged: `constant < column` is `column > constant`.
Operator commuted(Operator op) noexcept;

// May `column op constant` run on the server for a column of this type? When not, `why` says so in words for EXPLAIN. The type
// counts with its scale: a datetime2(7) loses its last digit on the way, so that only < and >= mean the same.
// Two columns compare as a column and a constant do when both have the same type with the same scale, except datetime2(7) and its
// like: there no comparison does.
bool may_push(Operator op, const RemoteType& type, std::string_view& why) noexcept;

// A value that stands beside a column in such a clause: its type, and its spelling in that type.
struct TypedText {
  std::string declaration;  // "datetime2(3)"
  std::string text;         // "2020-01-01T00:00:00"
};
// The value of a parameter of such a clause. The type is the column's wherever that holds the value, so that the server can seek and the
// declaration is the same for value after value; where it does not, a wider one in which the comparison is still exact, or nothing.
// `text` is as for push_constant().
std::optional<TypedText> push_parameter(const RemoteType& type, std::string_view text);

// The constant of such a clause as T-SQL, in the column's own type wherever that holds it, so that the server can seek:
// "CAST('2020-01-01' AS date)". `text` is what PostgreSQL's output function prints for a value of local_type() (or of a wider type
// of the same kind) with DateStyle ISO and bytea_output hex. Nothing when SQL Server cannot hold the value exactly (infinity, NaN,
// the year 10000, .001 s in a datetime); then the clause stays local and `why` says so.
std::optional<std::string> push_constant(const RemoteType& type, std::string_view text, std::string_view& why);

}  // namespace mssql::tsql
