// THE pushdown table: which PostgreSQL comparisons mean the same in T-SQL, and why the others do
// not.
//
// It assumes that the local column has the type that local_type() gives: another type (a date over
// a datetime2, a timestamptz over a datetime) compares other values than the server would, so that
// its clauses stay local.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/scalar.hpp"
#include "core/types.hpp"

namespace mssql::tsql {

enum class Operator : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

// PostgreSQL's operator name ("=", "<>", ...) to the operator; false when it has no row in the
// table.
bool find_operator(std::string_view postgres_name, Operator& op) noexcept;
std::string_view tsql_name(Operator op) noexcept;
// The operator with its operands exchanged: `constant < column` is `column > constant`.
Operator commuted(Operator op) noexcept;

// May `column op constant` run on the server for a column of this type? When not, `why` says so in
// words for EXPLAIN.
bool may_push(Operator op, const RemoteType& type, std::string_view& why) noexcept;

// A comparison of the column with a value, or with the first moment that PostgreSQL tells from it
// and that is later.
struct Bound {
  Operator op{Operator::equal};
  bool next{false};
  bool loose{false};  // two days further out: more rows, from which the right ones are chosen here
};
// `column op value` as it is written in T-SQL: itself, but for a type of which the seventh digit of
// the fraction is cut here, `c > v` is `c >= v + 1 microsecond`, and `c = v` is `c >= v AND c < v +
// 1 microsecond`. Two bounds are joined by AND; for not_equal, by OR.
std::span<const Bound> bounds_of(Operator op, const RemoteType& type) noexcept;
// The same for a value that a time zone has brought to the column's clock: around a change of that
// clock the two orders differ, but by no more than the day that the International Date Line may
// take. None for not_equal.
std::span<const Bound> loose_bounds_of(Operator op) noexcept;

// A value that stands beside a column in such a clause.
struct Pushed {
  Parameter parameter;
  bool wide{false};  // not the column's type, which cannot hold it
};
// The value of a parameter of such a clause. The type is the column's wherever the comparison can
// be made in it, so that the server can seek and the declaration is the same for value after value:
// a value between two that the type has is rounded to the one that gives the same rows. Else it is
// a wider type in which the comparison is still exact, or nothing.
std::optional<Pushed> push_parameter(const Bound& bound, const RemoteType& type, const Scalar& value);

// The constant of such a clause as T-SQL: "CAST('2020-01-01' AS date)". Nothing when SQL Server has
// no such comparison (more digits than any type); then the clause stays local and `why` says so.
std::optional<std::string> push_constant(const Bound& bound, const RemoteType& type, const Scalar& value,
                                         std::string_view& why);

// One constant of an IN list. Only those in the column's own type: which type the whole list has is
// the server's affair.
std::optional<std::string> push_list_item(const RemoteType& type, const Scalar& value);

}  // namespace mssql::tsql
