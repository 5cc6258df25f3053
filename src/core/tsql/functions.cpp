// Sources: Microsoft's T-SQL reference (LEN, SUBSTRING, DATEPART, DATEFROMPARTS, ROUND, "Precision,
// scale, and length").

#include "functions.hpp"

#include <algorithm>

#include "core/scalar.hpp"

namespace mssql::tsql {

namespace {

constexpr RemoteType smallint_type{Type::smallint, 2, 5, 0}, int_type{Type::int_, 4, 10, 0},
    bigint_type{Type::bigint, 8, 19, 0};
constexpr RemoteType float_type{Type::float_, 8, 53, 0}, text_type{Type::nvarchar, -1, 0, 0},
    date_type{Type::date, 3, 10, 0};
constexpr RemoteType seconds_type{Type::datetime2, 6, 19, 0};

#define MIDNIGHT "CAST(CAST($1 AS date) AS datetime2(0))"
// Monday is 0, whatever the session's first day of the week is.
#define DAY_FROM_MONDAY "((DATEPART(weekday, $1) + @@DATEFIRST - 2) % 7)"

// clang-format off
constexpr Function functions[] = {
    {"abs(bigint)", "ABS($1)", bigint_type},
    {"abs(integer)", "ABS($1)", int_type},
    {"abs(smallint)", "CAST(ABS($1) AS smallint)", smallint_type},
    // conversions
    {"date(timestamp without time zone)", "CAST($1 AS date)", date_type},
    {"float8(integer)", "CAST($1 AS float)", float_type},
    {"float8(real)", "CAST($1 AS float)", float_type},
    {"float8(smallint)", "CAST($1 AS float)", float_type},
    {"int2(bigint)", "CAST($1 AS smallint)", smallint_type},
    {"int2(integer)", "CAST($1 AS smallint)", smallint_type},
    {"int4(bigint)", "CAST($1 AS int)", int_type},
    {"int4(boolean)", "CAST($1 AS int)", int_type},
    {"int4(smallint)", "CAST($1 AS int)", int_type},
    {"int8(integer)", "CAST($1 AS bigint)", bigint_type},
    {"int8(smallint)", "CAST($1 AS bigint)", bigint_type},
    {"numeric(bigint)", "CAST($1 AS decimal(19,0))", {Type::decimal, 0, 19, 0}},
    {"numeric(integer)", "CAST($1 AS decimal(10,0))", {Type::decimal, 0, 10, 0}},
    {"numeric(smallint)", "CAST($1 AS decimal(5,0))", {Type::decimal, 0, 5, 0}},
    {"timestamp(date)", "CAST($1 AS datetime2(0))", seconds_type},
    // text
    {"btrim(text)", "LTRIM(RTRIM($1))", text_type},
    {"char_length(text)", "CAST(LEN($1 + N'.') - 1 AS int)", int_type, true},
    {"character_length(text)", "CAST(LEN($1 + N'.') - 1 AS int)", int_type, true},
    {"length(text)", "CAST(LEN($1 + N'.') - 1 AS int)", int_type, true},
    {"ltrim(text)", "LTRIM($1)", text_type},
    {"replace(text,text,text)", "REPLACE($1, $2, $3)", text_type},
    {"rtrim(text)", "RTRIM($1)", text_type},
    {"left(text,integer)", "LEFT($1, $2)", text_type, true},
    {"right(text,integer)", "RIGHT($1, $2)", text_type, true},
    {"substr(text,integer,integer)", "SUBSTRING($1, $2, $3)", text_type, true},
    {"substring(text,integer,integer)", "SUBSTRING($1, $2, $3)", text_type, true},
    {"textcat(text,text)", "$1 + $2", text_type},
    // fields of a timestamp
    {"date_part day(date)", "CAST(DATEPART(day, $1) AS float)", float_type},
    {"date_part day(timestamp without time zone)", "CAST(DATEPART(day, $1) AS float)", float_type},
    {"date_part dow(timestamp without time zone)", "CAST((DATEPART(weekday, $1) + @@DATEFIRST - 1) % 7 AS float)", float_type},
    {"date_part doy(timestamp without time zone)", "CAST(DATEPART(dayofyear, $1) AS float)", float_type},
    {"date_part hour(timestamp without time zone)", "CAST(DATEPART(hour, $1) AS float)", float_type},
    {"date_part minute(timestamp without time zone)", "CAST(DATEPART(minute, $1) AS float)", float_type},
    {"date_part month(timestamp without time zone)", "CAST(DATEPART(month, $1) AS float)", float_type},
    {"date_part quarter(timestamp without time zone)", "CAST(DATEPART(quarter, $1) AS float)", float_type},
    {"date_part year(timestamp without time zone)", "CAST(DATEPART(year, $1) AS float)", float_type},
    {"extract day(date)", "DATEPART(day, $1)", int_type},
    {"extract day(timestamp without time zone)", "DATEPART(day, $1)", int_type},
    {"extract dow(date)", "(DATEPART(weekday, $1) + @@DATEFIRST - 1) % 7", int_type},
    {"extract dow(timestamp without time zone)", "(DATEPART(weekday, $1) + @@DATEFIRST - 1) % 7", int_type},
    {"extract doy(date)", "DATEPART(dayofyear, $1)", int_type},
    {"extract doy(timestamp without time zone)", "DATEPART(dayofyear, $1)", int_type},
    {"extract hour(timestamp without time zone)", "DATEPART(hour, $1)", int_type},
    {"extract isodow(date)", DAY_FROM_MONDAY " + 1", int_type},
    {"extract isodow(timestamp without time zone)", DAY_FROM_MONDAY " + 1", int_type},
    {"extract minute(timestamp without time zone)", "DATEPART(minute, $1)", int_type},
    {"extract month(date)", "DATEPART(month, $1)", int_type},
    {"extract month(timestamp without time zone)", "DATEPART(month, $1)", int_type},
    {"extract quarter(date)", "DATEPART(quarter, $1)", int_type},
    {"extract quarter(timestamp without time zone)", "DATEPART(quarter, $1)", int_type},
    {"extract week(date)", "DATEPART(iso_week, $1)", int_type},
    {"extract week(timestamp without time zone)", "DATEPART(iso_week, $1)", int_type},
    {"extract year(date)", "DATEPART(year, $1)", int_type},
    {"extract year(timestamp without time zone)", "DATEPART(year, $1)", int_type},
    {"date_trunc day(timestamp without time zone)", MIDNIGHT, seconds_type},
    {"date_trunc hour(timestamp without time zone)", "DATEADD(hour, DATEPART(hour, $1), " MIDNIGHT ")", seconds_type},
    {"date_trunc minute(timestamp without time zone)",
     "DATEADD(minute, DATEPART(hour, $1) * 60 + DATEPART(minute, $1), " MIDNIGHT ")", seconds_type},
    {"date_trunc month(timestamp without time zone)",
     "CAST(DATEFROMPARTS(DATEPART(year, $1), DATEPART(month, $1), 1) AS datetime2(0))", seconds_type},
    {"date_trunc quarter(timestamp without time zone)",
     "CAST(DATEFROMPARTS(DATEPART(year, $1), DATEPART(quarter, $1) * 3 - 2, 1) AS datetime2(0))", seconds_type},
    {"date_trunc year(timestamp without time zone)", "CAST(DATEFROMPARTS(DATEPART(year, $1), 1, 1) AS datetime2(0))", seconds_type},
};
// clang-format on

#undef MIDNIGHT
#undef DAY_FROM_MONDAY

std::string cast(std::string_view value, const RemoteType& type) {
  return "CAST(" + std::string(value) + " AS " + declare(type) + ")";
}

// With one digit more before the point, into which rounding may carry.
std::optional<Formed> round_decimal(std::string_view value, const RemoteType& type, int digits, bool truncates) {
  RemoteType roomy = type;
  if (++roomy.precision > most_decimal_digits || digits < 0) return std::nullopt;
  RemoteType result{Type::decimal, 0, roomy.precision - type.scale + digits, digits};
  if (result.precision > most_decimal_digits) return std::nullopt;
  if (digits >= type.scale) return Formed{cast(value, result), result};
  const std::string rounded =
      "ROUND(" + cast(value, roomy) + ", " + std::to_string(digits) + (truncates ? ", 1)" : ")");
  return Formed{cast(rounded, result), result};
}

}  // namespace

const Function* find_function(std::string_view postgres) noexcept {
  const auto* row = std::find_if(std::begin(functions), std::end(functions),
                                 [&](const Function& each) { return each.postgres == postgres; });
  return row == std::end(functions) ? nullptr : row;
}

std::optional<Formed> decimal_function(std::string_view name, std::string_view value, const RemoteType& type,
                                       int digits) {
  if (name == "abs") return Formed{cast("ABS(" + std::string(value) + ")", type), type};  // else a decimal(38)
  if (name == "round") return round_decimal(value, type, digits, false);
  if (name == "trunc") return round_decimal(value, type, digits, true);
  const bool is_floor = name == "floor";
  const RemoteType result{Type::decimal, 0, type.precision - type.scale + 1, 0};
  if ((!is_floor && name != "ceil" && name != "ceiling") || result.precision > most_decimal_digits) return std::nullopt;
  RemoteType roomy = type;
  if (++roomy.precision > most_decimal_digits) return std::nullopt;
  return Formed{cast((is_floor ? "FLOOR(" : "CEILING(") + cast(value, roomy) + ")", result), result};
}

std::optional<RemoteType> decimal_result(char op, const RemoteType& left, const RemoteType& right) noexcept {
  RemoteType result{Type::decimal, 0, 0, 0};
  if (op == '*') {
    result.precision = left.precision + right.precision + 1;
    result.scale = left.scale + right.scale;
  } else {
    result.scale = std::max(left.scale, right.scale);
    result.precision = result.scale + std::max(left.precision - left.scale, right.precision - right.scale) + 1;
  }
  return result.precision <= most_decimal_digits ? std::optional(result) : std::nullopt;
}

std::optional<RemoteType> as_decimal(const RemoteType& type) noexcept {
  switch (type.type) {
    case Type::tinyint: return RemoteType{Type::decimal, 0, 3, 0};
    case Type::smallint: return RemoteType{Type::decimal, 0, 5, 0};
    case Type::int_: return RemoteType{Type::decimal, 0, 10, 0};
    case Type::bigint: return RemoteType{Type::decimal, 0, 19, 0};
    case Type::money: return RemoteType{Type::decimal, 0, 19, 4};
    case Type::smallmoney: return RemoteType{Type::decimal, 0, 10, 4};
    case Type::decimal: return type;
    default: return std::nullopt;
  }
}

}  // namespace mssql::tsql
