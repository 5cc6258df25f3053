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
#include <variant>

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

// Whether two values of the server's, both of types whose comparison is pushed, are compared there
// as PostgreSQL compares them: in a type that holds every value of both.
bool may_compare(const RemoteType& left, const RemoteType& right) noexcept;

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
// What a clause becomes beside a value: a value to compare with, or, where SQL Server has none that
// gives the same rows, what the comparison is of every value of the column but NULL.
using Decision = std::variant<Pushed, bool>;

// The value of a parameter of such a clause. The type is the column's wherever the comparison can
// be made in it, so that the server can seek and the declaration is the same for value after value:
// a value between two that the type has is rounded to the one that gives the same rows. Else it is
// a wider type in which the comparison is still exact; or no value of the column is equal to it, or
// all lie on one side. `type` is one of which may_push() says so.
// Bytes that are neither the value's own nor the column's are made in `scratch`.
Decision push_parameter(const Bound& bound, const RemoteType& type, const Scalar& value, std::string& scratch);
// The same beside a value that SQL Server's type has not, and that lies above all that it has
// (infinity), or below.
bool decide_beyond(const Bound& bound, bool above) noexcept;

// `column op value`, column being T-SQL: "[c] < CAST('2020-01-01' AS date)"; decided, "[c] = [c]"
// or "[c] <> [c]", which is NULL for NULL.
std::string comparison(std::string_view column, const Bound& bound, const RemoteType& type, const Scalar& value);
std::string decided_comparison(std::string_view column, bool decision);

// One constant of an IN list; nothing where no value of the column is equal to it.
std::optional<std::string> push_list_item(const RemoteType& type, const Scalar& value);

}  // namespace mssql::tsql
