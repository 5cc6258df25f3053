#include "assign.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "core/spelling.hpp"

namespace mssql::tsql {

namespace {

constexpr int longest_short = 8000;  // bytes of varchar, nvarchar and varbinary that are not (max)

unsigned __int128 power_of_ten(int exponent) noexcept { return powers_of_ten[static_cast<std::size_t>(exponent)]; }

std::optional<std::int64_t> whole(const Decimal& value) noexcept {
  if (value.cut || value.magnitude % power_of_ten(value.scale) != 0) return std::nullopt;
  const unsigned __int128 magnitude = value.magnitude / power_of_ten(value.scale);
  const auto limit = static_cast<unsigned __int128>(INT64_MAX) + (value.negative ? 1 : 0);
  if (magnitude > limit) return std::nullopt;
  const auto bits = static_cast<std::uint64_t>(magnitude);
  return static_cast<std::int64_t>(value.negative ? -bits : bits);
}

std::optional<std::int64_t> whole(double value) noexcept {
  constexpr double limit = 9223372036854775808.0;
  if (!(value >= -limit && value < limit) || value != std::trunc(value)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> whole(const Scalar& value) noexcept {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* decimal = std::get_if<Decimal>(&value)) return whole(*decimal);
  if (const auto* number = std::get_if<double>(&value)) return whole(*number);
  return std::nullopt;
}

// The number whose digits are the shortest that read back as `value`: at most 17.
std::optional<Decimal> shortest_decimal(double value) {
  char digits[64];
  const auto [end, status] =
      std::to_chars(digits, digits + sizeof(digits), std::abs(value), std::chars_format::scientific);
  if (status != std::errc() || !std::isfinite(value)) return std::nullopt;
  Decimal result;
  result.negative = value < 0;
  const char* at = digits;
  for (bool behind_point = false; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      behind_point = true;
    } else {
      result.magnitude = result.magnitude * 10 + static_cast<unsigned>(*at - '0');
      result.scale += behind_point ? 1 : 0;
    }
  }
  int exponent = 0;
  std::from_chars(at[1] == '+' ? at + 2 : at + 1, end, exponent);
  result.scale -= exponent;
  for (; result.scale < 0; ++result.scale) {
    if (result.magnitude >= power_of_ten(most_decimal_digits - 1)) return std::nullopt;
    result.magnitude *= 10;
  }
  for (; result.scale > most_decimal_digits; --result.scale) {
    result.cut = result.cut || result.magnitude % 10 != 0;
    result.magnitude /= 10;
  }
  return result;
}

std::optional<Decimal> decimal(const Scalar& value) {
  if (const auto* number = std::get_if<Decimal>(&value)) return *number;
  if (const auto* number = std::get_if<double>(&value)) return shortest_decimal(*number);
  const auto* integer = std::get_if<std::int64_t>(&value);
  if (integer == nullptr) return std::nullopt;
  const auto bits = static_cast<std::uint64_t>(*integer);
  return Decimal{*integer < 0 ? -bits : bits, 0, *integer < 0};
}

std::optional<double> floating(const Scalar& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  const auto* decimal = std::get_if<Decimal>(&value);
  if (decimal == nullptr) return std::nullopt;
  std::string digits;
  append_decimal(*decimal, digits);
  double result = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), result);
  return result;
}

// Half goes away from zero, as on both sides.
std::optional<Decimal> round(const Decimal& value, int precision, int scale) noexcept {
  Decimal rounded = value;
  const int surplus = value.scale - scale;
  if (surplus > 0) {
    const unsigned __int128 unit = power_of_ten(surplus);
    const unsigned __int128 rest = value.magnitude % unit;
    rounded.magnitude = value.magnitude / unit + (rest >= unit - rest ? 1 : 0);
    rounded.scale = scale;
    rounded.cut = false;
  }
  if (rounded.cut || (rounded.magnitude != 0 && precision + std::min(rounded.scale - scale, 0) < 0))
    return std::nullopt;
  if (rounded.magnitude != 0 && rounded.magnitude >= power_of_ten(precision + std::min(rounded.scale - scale, 0)))
    return std::nullopt;
  rounded.negative = rounded.negative && rounded.magnitude != 0;
  return rounded;
}

std::optional<Parameter> assign_integer(const RemoteType& column, const Scalar& value) {
  const std::optional<std::int64_t> number = whole(value);
  if (!number) return std::nullopt;
  const auto fits = [&](std::int64_t low, std::int64_t high) { return *number >= low && *number <= high; };
  const bool held = column.type == Type::bit        ? fits(0, 1)
                    : column.type == Type::tinyint  ? fits(0, 255)
                    : column.type == Type::smallint ? fits(-32768, 32767)
                    : column.type == Type::int_     ? fits(INT32_MIN, INT32_MAX)
                                                    : true;
  return held ? std::optional(Parameter{column, *number}) : std::nullopt;
}

std::optional<Parameter> assign_decimal(const RemoteType& column, const Scalar& value) {
  const std::optional<Decimal> number = decimal(value);
  const std::optional<Decimal> rounded = number ? round(*number, column.precision, column.scale) : std::nullopt;
  return rounded ? std::optional(Parameter{column, *rounded}) : std::nullopt;
}

std::optional<Parameter> assign_money(const RemoteType& column, const Scalar& value) {
  constexpr int places = 4;
  const std::optional<Decimal> number = decimal(value);
  const std::optional<Decimal> rounded = number ? round(*number, 19, places) : std::nullopt;
  if (!rounded) return std::nullopt;
  const __int128 units =
      static_cast<__int128>(rounded->magnitude * power_of_ten(places - rounded->scale)) * (rounded->negative ? -1 : 1);
  const bool is_money = column.type == Type::money;
  if (units < (is_money ? INT64_MIN : INT32_MIN) || units > (is_money ? INT64_MAX : INT32_MAX)) return std::nullopt;
  return Parameter{column, *rounded};
}

// As PostgreSQL's cast: what becomes infinite or zero on the way is out of range.
std::optional<Parameter> assign_float(const RemoteType& column, const Scalar& value) {
  std::optional<double> number = floating(value);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  if (column.type == Type::real) {
    const auto rounded = static_cast<float>(*number);
    if (!std::isfinite(rounded) || (rounded == 0 && *number != 0)) return std::nullopt;
    number = static_cast<double>(rounded);
  }
  return Parameter{column, *number};
}

// To the nearest multiple of `step`, half up, on the next day perhaps.
DateTime rounded_to(DateTime moment, std::int64_t step) noexcept {
  moment.microseconds = (moment.microseconds + step / 2) / step * step;
  return moment;
}

// datetime's ticks of 1/300 s are spelled as milliseconds: .000, .003, .007.
DateTime rounded_to_tick(DateTime moment) noexcept {
  const std::int64_t tick = (moment.microseconds * 3 + 5000) / 10000;
  moment.microseconds = (tick * 10 + 1) / 3 * 1000;
  return moment;
}

DateTime rounded(const RemoteType& column, const DateTime& moment) noexcept {
  if (column.type == Type::datetime) return rounded_to_tick(moment);
  if (column.type == Type::smalldatetime) return rounded_to(moment, 60'000'000);
  std::int64_t step = 1;
  for (int scale = column.scale; scale < 6; ++scale) step *= 10;
  return rounded_to(moment, step);
}

std::optional<Parameter> assign_moment(const RemoteType& column, const Scalar& value) {
  constexpr std::int32_t year_1753 = -90214, year_1900 = -36524, last_small = 29011;  // 2079-06-06
  const auto* given = std::get_if<DateTime>(&value);
  if (given == nullptr) return std::nullopt;
  if (column.type == Type::date)
    return given->microseconds == 0 ? std::optional(Parameter{column, *given}) : std::nullopt;
  DateTime moment = rounded(column, *given);
  if (moment.microseconds == microseconds_per_day) {
    if (column.type == Type::time) return std::nullopt;
    moment.microseconds = 0;
    ++moment.days;
  }
  const bool early = moment.days < (column.type == Type::datetime        ? year_1753
                                    : column.type == Type::smalldatetime ? year_1900
                                                                         : first_date);
  const bool late = moment.days > (column.type == Type::smalldatetime ? last_small : last_date);
  if (column.type != Type::time && (early || late)) return std::nullopt;
  return Parameter{column, moment};
}

bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The bytes of UTF-8 are never fewer than the characters.
Parameter assign_text(const RemoteType& column, const Text& text) {
  const bool narrow = is_narrow(column.type) && is_ascii(text.utf8);
  const bool is_short = text.utf8.size() <= static_cast<std::size_t>(narrow ? longest_short : longest_short / 2);
  return {{narrow ? Type::varchar : Type::nvarchar, is_short ? longest_short : -1, 0, 0}, text};
}

std::optional<Parameter> assign_binary(const Scalar& value) {
  const auto* binary = std::get_if<Binary>(&value);
  if (binary == nullptr) return std::nullopt;
  const bool is_short = binary->bytes.size() <= static_cast<std::size_t>(longest_short);
  return Parameter{{Type::varbinary, is_short ? longest_short : -1, 0, 0}, value};
}

}  // namespace

bool is_narrow(Type type) noexcept { return type == Type::char_ || type == Type::varchar || type == Type::text; }

std::string_view why_not_assigned(Type type) noexcept {
  switch (type) {
    case Type::rowversion: return "the server gives it its values";
    case Type::sql_variant: return "a sql_variant has its type in each value";
    case Type::geometry:
    case Type::geography: return "spatial values are only read";
    case Type::udt: return "the values of a CLR type are only read";
    default: return {};
  }
}

RemoteType assigned_type(const RemoteType& column) noexcept {
  switch (column.type) {
    case Type::char_:
    case Type::varchar:
    case Type::text: return {Type::varchar, longest_short, 0, 0};
    case Type::nchar:
    case Type::nvarchar:
    case Type::ntext:
    case Type::xml:
    case Type::json:
    case Type::vector:
    case Type::hierarchyid:
    case Type::sql_variant: return {Type::nvarchar, longest_short, 0, 0};
    case Type::binary:
    case Type::varbinary:
    case Type::image:
    case Type::rowversion:
    case Type::geometry:
    case Type::geography:
    case Type::udt: return {Type::varbinary, longest_short, 0, 0};
    default: return column;
  }
}

std::optional<Parameter> assign(const RemoteType& column, const Scalar& value) {
  if (is_null(value)) return Parameter{assigned_type(column), value};
  if (!why_not_assigned(column.type).empty()) return std::nullopt;
  if (const auto* text = std::get_if<Text>(&value)) return assign_text(column, *text);
  switch (column.type) {
    case Type::bit:
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint: return assign_integer(column, value);
    case Type::decimal: return assign_decimal(column, value);
    case Type::money:
    case Type::smallmoney: return assign_money(column, value);
    case Type::real:
    case Type::float_: return assign_float(column, value);
    case Type::date:
    case Type::time:
    case Type::smalldatetime:
    case Type::datetime:
    case Type::datetime2:
    case Type::datetimeoffset: return assign_moment(column, value);
    case Type::uniqueidentifier:
      if (!std::holds_alternative<Uuid>(value)) return std::nullopt;
      return Parameter{column, value};
    case Type::binary:
    case Type::varbinary:
    case Type::image: return assign_binary(value);
    default: return std::nullopt;
  }
}

}  // namespace mssql::tsql
