// Values inside a T-SQL expression that is being translated: what they are there, and their
// PostgreSQL text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/types.hpp"

namespace mssql::tsql {

enum class ValueKind : std::uint8_t {
  null,      // NULL
  number,    // exact: integers, decimals, money
  floating,  // real, float, and literals with an exponent
  bit,
  string,
  binary,
  moment,  // a date or time of a known type
  clock,   // the current time, not yet of a type
  uuid,
  name_text,  // text from the session: user, host, application, database
  length,     // LEN(column); sql is the column
  other,      // a column of another type
  condition,  // true, false or unknown
};

// How tightly the outermost operator of a text binds, loosest first, in PostgreSQL's order.
enum class Binding : std::uint8_t { or_, and_, not_, comparison, sum, product, primary };

enum class Clock : std::uint8_t { local, utc, offset };

struct Value {
  ValueKind kind{ValueKind::null};
  std::string sql;  // PostgreSQL
  Binding binding{Binding::primary};
  bool constant{false};              // a literal, whose content is `text`
  std::string text{};                // digits, characters, hexadecimal digits, or a date in ISO form
  bool unicode{false};               // string literal with the prefix N
  bool column{false};                // the value of a column, so that `type` is known and a check may speak of it
  std::optional<RemoteType> type{};  // of columns and of what was converted
  int precision{0};                  // number: digits and those behind the point, as T-SQL counts them
  int scale{0};
  bool integer{false};        // number: of an integer type
  bool money{false};          // number: of a money type
  Clock clock{Clock::local};  // clock: which, its digits of fraction, what DATEADD added
  int fraction{0};
  std::string interval{};
};

// The text, in parentheses when its outermost operator binds less than `least`.
std::string operand(const Value& value, Binding least);

Value number_literal(std::string digits, bool money);
Value string_literal(std::string text, bool unicode);
// A column of the type, under its local name.
Value column_value(std::string name, const RemoteType& type);
// 'text' for PostgreSQL, right under either setting of standard_conforming_strings.
std::string quote_postgres(const std::string& text);

// `value` as SQL Server converts it to `type`, by CAST or on assignment; nothing when the outcome
// is not surely known.
std::optional<Value> convert(const Value& value, const RemoteType& type);

}  // namespace mssql::tsql
