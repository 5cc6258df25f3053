#include "encode.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "core/error.hpp"
#include "core/spelling.hpp"
#include "cell.hpp"
#include "unicode.hpp"

namespace mssql::tds {

namespace {

constexpr std::int64_t microseconds_per_minute = 60'000'000;
constexpr std::int32_t days_1900_to_2000 = days_to_2000 - days_to_1900;
constexpr std::int32_t first_datetime = 639905 - days_to_2000;  // 1753-01-01

[[noreturn, gnu::noinline]] void throw_out_of_range(const Target& target, const Scalar& value, const char* state) {
  throw Error(state,
              "value of " + target.what + " is out of range for type " + declare(target.type) + ": \"" +
                  spelled(target.type, value) + "\"",
              "The type must hold it exactly.");
}

[[noreturn, gnu::noinline]] void throw_another_kind(const Target& target) {
  throw Error(sqlstate::internal,
              "value of " + target.what + " is of no kind that type " + declare(target.type) + " has");
}

template <class Kind>
const Kind& get(const Target& target, const Scalar& value) {
  if (const Kind* held = std::get_if<Kind>(&value)) return *held;
  throw_another_kind(target);
}

template <class Integer>
void encode_integer(const Target& target, const Scalar& value, std::string& out) {
  const std::int64_t number = get<std::int64_t>(target, value);
  if (number < std::numeric_limits<Integer>::min() || number > std::numeric_limits<Integer>::max())
    throw_out_of_range(target, value, sqlstate::numeric_out_of_range);
  append_little_endian(static_cast<std::uint64_t>(number), sizeof(Integer), out);
}

void encode_bit(const Target& target, const Scalar& value, std::string& out) {
  const std::int64_t number = get<std::int64_t>(target, value);
  if (number != 0 && number != 1) throw_out_of_range(target, value, sqlstate::numeric_out_of_range);
  out += static_cast<char>(number);
}

// SQL Server has neither infinity nor NaN.
template <class Float, class Bits>
void encode_float(const Target& target, const Scalar& value, std::string& out) {
  const auto number = static_cast<Float>(get<double>(target, value));
  if (!std::isfinite(number)) throw_out_of_range(target, value, sqlstate::numeric_out_of_range);
  append_little_endian(std::bit_cast<Bits>(number), sizeof(Bits), out);
}

// The magnitude for `scale` digits behind the point, of at most `precision` digits.
unsigned __int128 magnitude_of(const Target& target, const Scalar& value, int precision, int scale) {
  const Decimal& number = get<Decimal>(target, value);
  const auto power = [](int exponent) { return powers_of_ten[static_cast<std::size_t>(exponent)]; };
  unsigned __int128 magnitude = number.magnitude;
  const int surplus = number.scale - scale;
  bool held = !number.cut && surplus >= -most_decimal_digits && surplus <= most_decimal_digits;
  if (held && surplus > 0) {
    held = magnitude % power(surplus) == 0;
    magnitude /= power(surplus);
  }
  // Before the multiplication: the product may be more than 128 bits hold
  const int room = precision + std::min(surplus, 0);
  held = held && (magnitude == 0 || (room >= 0 && magnitude < power(room)));
  if (!held) throw_out_of_range(target, value, sqlstate::numeric_out_of_range);
  return surplus < 0 ? magnitude * power(-surplus) : magnitude;
}

bool is_negative(const Scalar& value) noexcept {
  const auto* number = std::get_if<Decimal>(&value);
  return number->negative && number->magnitude != 0;
}

void encode_decimal(const Target& target, const Scalar& value, std::string& out) {
  const unsigned __int128 magnitude = magnitude_of(target, value, target.type.precision, target.type.scale);
  out += static_cast<char>(is_negative(value) ? 0 : 1);
  append_little_endian(static_cast<std::uint64_t>(magnitude), 8, out);
  append_little_endian(static_cast<std::uint64_t>(magnitude >> 64), 8, out);
}

template <class Integer>
void encode_money(const Target& target, const Scalar& value, std::string& out) {
  const auto magnitude = static_cast<__int128>(magnitude_of(target, value, 19, 4));
  const __int128 units = is_negative(value) ? -magnitude : magnitude;
  if (units < std::numeric_limits<Integer>::min() || units > std::numeric_limits<Integer>::max())
    throw_out_of_range(target, value, sqlstate::numeric_out_of_range);
  const auto bits = static_cast<std::uint64_t>(units);
  if (sizeof(Integer) == 8) append_little_endian(bits >> 32, 4, out);
  append_little_endian(bits, 4, out);
}

const DateTime& moment_of(const Target& target, const Scalar& value) {
  const DateTime& moment = get<DateTime>(target, value);
  if (moment.days < first_date || moment.days > last_date || moment.microseconds < 0 ||
      moment.microseconds >= microseconds_per_day)
    throw_out_of_range(target, value, sqlstate::datetime_overflow);
  return moment;
}

void append_ticks(const Target& target, const Scalar& value, const DateTime& moment, std::string& out) {
  static constexpr std::int64_t units[] = {1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
  const int scale = target.type.scale;
  std::int64_t ticks = moment.microseconds * 10;
  if (scale < 7) {
    if (moment.microseconds % units[scale] != 0) throw_out_of_range(target, value, sqlstate::datetime_overflow);
    ticks = moment.microseconds / units[scale];
  }
  append_little_endian(static_cast<std::uint64_t>(ticks), scale <= 2 ? 3 : scale <= 4 ? 4 : 5, out);
}

void append_days(std::int32_t days, std::string& out) {
  append_little_endian(static_cast<std::uint64_t>(days + days_to_2000), 3, out);
}

void encode_date(const Target& target, const Scalar& value, std::string& out) {
  const DateTime& moment = moment_of(target, value);
  if (moment.microseconds != 0) throw_out_of_range(target, value, sqlstate::datetime_overflow);
  append_days(moment.days, out);
}

void encode_time(const Target& target, const Scalar& value, std::string& out) {
  append_ticks(target, value, moment_of(target, value), out);
}

void encode_datetime2(const Target& target, const Scalar& value, std::string& out) {
  const DateTime& moment = moment_of(target, value);
  append_ticks(target, value, moment, out);
  append_days(moment.days, out);
}

// On the wire day and time are those in UTC; the local ones must be in the calendar too.
void encode_datetimeoffset(const Target& target, const Scalar& value, std::string& out) {
  const DateTime& moment = moment_of(target, value);
  const std::int64_t local = moment.microseconds + moment.offset_minutes * microseconds_per_minute;
  if ((moment.days == first_date && local < 0) || (moment.days == last_date && local >= microseconds_per_day))
    throw_out_of_range(target, value, sqlstate::datetime_overflow);
  append_ticks(target, value, moment, out);
  append_days(moment.days, out);
  append_little_endian(static_cast<std::uint16_t>(moment.offset_minutes), 2, out);
}

// Ticks of 1/300 s are spelled as the nearest millisecond: .000, .003, .007.
void encode_datetime(const Target& target, const Scalar& value, std::string& out) {
  const DateTime& moment = moment_of(target, value);
  const std::int64_t milliseconds = moment.microseconds / 1000;
  const std::int64_t ticks = (milliseconds * 3 + 5) / 10;
  const bool exact = moment.microseconds % 1000 == 0 && (ticks * 10 + 1) / 3 == milliseconds;
  if (!exact || moment.days < first_datetime) throw_out_of_range(target, value, sqlstate::datetime_overflow);
  append_little_endian(static_cast<std::uint32_t>(moment.days + days_1900_to_2000), 4, out);
  append_little_endian(static_cast<std::uint64_t>(ticks), 4, out);
}

void encode_smalldatetime(const Target& target, const Scalar& value, std::string& out) {
  const DateTime& moment = moment_of(target, value);
  const std::int32_t days = moment.days + days_1900_to_2000;
  if (moment.microseconds % microseconds_per_minute != 0 || days < 0 ||
      days > std::numeric_limits<std::uint16_t>::max())
    throw_out_of_range(target, value, sqlstate::datetime_overflow);
  append_little_endian(static_cast<std::uint64_t>(days), 2, out);
  append_little_endian(static_cast<std::uint64_t>(moment.microseconds / microseconds_per_minute), 2, out);
}

void encode_uuid(const Target& target, const Scalar& value, std::string& out) {
  static constexpr std::size_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  const Uuid& uuid = get<Uuid>(target, value);
  for (const std::size_t i : order) out += static_cast<char>(uuid[i]);
}

void encode_characters(const Target& target, const Scalar& value, std::string& out) {
  const std::string_view utf8 = get<Text>(target, value).utf8;
  check_text(utf8, target.what);
  utf8_to_utf16le(utf8, out);
}

void encode_bytes(const Target& target, const Scalar& value, std::string& out) {
  out += get<Binary>(target, value).bytes;
}

EncodeFunction choose_function(Type type) noexcept {
  switch (wire_type(type)) {
    case WireType::bit: return encode_bit;
    case WireType::tinyint: return encode_integer<std::uint8_t>;
    case WireType::smallint: return encode_integer<std::int16_t>;
    case WireType::int_: return encode_integer<std::int32_t>;
    case WireType::bigint: return encode_integer<std::int64_t>;
    case WireType::real: return encode_float<float, std::uint32_t>;
    case WireType::float_: return encode_float<double, std::uint64_t>;
    case WireType::decimal: return encode_decimal;
    case WireType::money: return encode_money<std::int64_t>;
    case WireType::smallmoney: return encode_money<std::int32_t>;
    case WireType::date: return encode_date;
    case WireType::time: return encode_time;
    case WireType::smalldatetime: return encode_smalldatetime;
    case WireType::datetime: return encode_datetime;
    case WireType::datetime2: return encode_datetime2;
    case WireType::datetimeoffset: return encode_datetimeoffset;
    case WireType::uniqueidentifier: return encode_uuid;
    case WireType::text:
    case WireType::xml: return encode_characters;
    case WireType::binary:
    case WireType::variant:
    case WireType::udt: break;
  }
  return encode_bytes;
}

}  // namespace

Target::Target(const RemoteType& column_type, std::string name)
    : type(column_type), what(std::move(name)), function(choose_function(column_type.type)) {}

WireType wire_type(Type type) noexcept {
  switch (type) {
    case Type::bit: return WireType::bit;
    case Type::tinyint: return WireType::tinyint;
    case Type::smallint: return WireType::smallint;
    case Type::int_: return WireType::int_;
    case Type::bigint: return WireType::bigint;
    case Type::decimal: return WireType::decimal;
    case Type::money: return WireType::money;
    case Type::smallmoney: return WireType::smallmoney;
    case Type::real: return WireType::real;
    case Type::float_: return WireType::float_;
    case Type::date: return WireType::date;
    case Type::time: return WireType::time;
    case Type::smalldatetime: return WireType::smalldatetime;
    case Type::datetime: return WireType::datetime;
    case Type::datetime2: return WireType::datetime2;
    case Type::datetimeoffset: return WireType::datetimeoffset;
    case Type::uniqueidentifier: return WireType::uniqueidentifier;
    case Type::char_:
    case Type::varchar:
    case Type::text:
    case Type::nchar:
    case Type::nvarchar:
    case Type::ntext:
    case Type::json:
    case Type::vector:
    case Type::sql_variant: return WireType::text;
    case Type::xml: return WireType::xml;
    case Type::binary:
    case Type::varbinary:
    case Type::image:
    case Type::rowversion:
    case Type::hierarchyid:
    case Type::geometry:
    case Type::geography:
    case Type::udt: return WireType::binary;
  }
  return WireType::binary;
}

}  // namespace mssql::tds
