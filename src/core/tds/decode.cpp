#include "decode.hpp"

#include <bit>
#include <utility>

#include "../error.hpp"
#include "cell.hpp"

namespace mssql::tds {

namespace {

constexpr std::int32_t days_to_2000 = 730119;       // 0001-01-01 to 2000-01-01
constexpr std::int32_t first_datetime_day = -53690; // 1753-01-01, from 1900-01-01
constexpr std::uint64_t ticks_per_millisecond = 10'000;
constexpr std::uint32_t datetime_ticks_per_day = 300 * 86400;
constexpr int largest_offset = 14 * 60;

[[noreturn]] void throw_out_of_range(const Column& column, const std::string& detail) {
  throw Error(sqlstate::datetime_overflow, "date or time out of range in " + describe_column(column), detail);
}

[[noreturn]] void throw_past_midnight(const Column& column) { throw_out_of_range(column, "The time of day is past 24:00."); }

[[noreturn]] void throw_wrong_day(const Column& column, std::int32_t days) {
  if (column.type == WireType::datetime)
    throw_out_of_range(column, "Day " + std::to_string(days) + " since 1900-01-01 is outside the years 1753 to 9999.");
  throw_out_of_range(column, "Day " + std::to_string(days) + " since 0001-01-01 is past the year 9999.");
}

[[noreturn]] void throw_wrong_scale(const Column& column) { throw_malformed(column, "Its scale is " + std::to_string(column.scale) + "."); }

// Of the time of day; also checks the scale, for all that follows.
inline std::size_t time_size(const Column& column) {
  static constexpr std::uint8_t sizes[] = {3, 3, 3, 4, 4, 5, 5, 5};
  if (column.scale < 0 || column.scale > 7) [[unlikely]]
    throw_wrong_scale(column);
  return sizes[column.scale];
}

inline std::uint64_t read_time(const Column& column, const std::uint8_t* data, std::size_t size) {
  static constexpr std::uint32_t units[] = {10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
  const std::uint64_t ticks = read_little_endian(data, size) * units[column.scale];  // five bytes times 100, three times 10^7: no overflow
  if (ticks >= std::uint64_t{ticks_per_day}) [[unlikely]]
    throw_past_midnight(column);
  return ticks;
}

inline std::int32_t read_date(const Column& column, const std::uint8_t* data) {
  const auto days = static_cast<std::int32_t>(read_little_endian(data, 3));
  if (days > last_day) [[unlikely]]
    throw_wrong_day(column, days);
  return days;
}

inline WireDateTime read_legacy_datetime(const Column& column, const Cell& cell) {
  const auto days = static_cast<std::int32_t>(read_little_endian(cell.data, 4));
  const std::uint64_t ticks = read_little_endian(cell.data + 4, 4);
  if (days < first_datetime_day || days > last_day - days_to_1900) [[unlikely]]
    throw_wrong_day(column, days);
  if (ticks >= datetime_ticks_per_day) [[unlikely]]
    throw_past_midnight(column);
  // The nearest millisecond of n/300 s, so that the three ticks of 10 ms end in 0, 3 and 7.
  return {days + days_to_1900, (ticks * 10 + 1) / 3 * ticks_per_millisecond, 0};
}

WireDateTime read_smalldatetime(const Column& column, const Cell& cell) {
  const std::uint64_t minutes = read_little_endian(cell.data + 2, 2);
  if (minutes >= 24 * 60) throw_past_midnight(column);
  return {static_cast<std::int32_t>(read_little_endian(cell.data, 2)) + days_to_1900, minutes * ticks_per_minute, 0};
}

WireDateTime read_datetimeoffset(const Column& column, const Cell& cell) {
  const std::size_t size = time_size(column);
  require_size(column, cell, size + 5);
  const auto offset = static_cast<std::int16_t>(read_little_endian(cell.data + size + 3, 2));
  if (offset < -largest_offset || offset > largest_offset)
    throw_out_of_range(column, "The offset from UTC is " + std::to_string(offset) + " minutes.");
  return {read_date(column, cell.data + size), read_time(column, cell.data, size), offset};
}

unsigned __int128 read_magnitude(const Column& column, const Cell& cell) {
  const auto word = [&](std::size_t at, std::size_t size) -> unsigned __int128 { return read_little_endian(cell.data + at, size); };
  switch (cell.size) {
    case 5: return word(1, 4);
    case 9: return word(1, 8);
    case 13: return word(9, 4) << 64 | word(1, 8);
    case 17: return word(9, 8) << 64 | word(1, 8);
    default: throw_malformed(column, "A decimal has " + std::to_string(cell.size) + " bytes.");
  }
}

Decimal decode_money(const Column& column, const Cell& cell) {
  std::int64_t value = 0;
  if (column.type == WireType::smallmoney) {
    require_size(column, cell, 4);
    value = static_cast<std::int32_t>(read_little_endian(cell.data, 4));
  } else {
    require_size(column, cell, 8);
    value = static_cast<std::int64_t>(read_little_endian(cell.data, 4) << 32 | read_little_endian(cell.data + 4, 4));
  }
  const auto magnitude = value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  return {value < 0, magnitude, 4};
}

}  // namespace

void throw_not_a(const Column& column, const char* wanted) {
  throw Error(sqlstate::datatype_mismatch, describe_column(column) + " does not hold " + wanted);
}

void throw_wrong_bit(const Column& column, const Cell& cell) { throw_malformed(column, "A bit is " + std::to_string(cell.data[0]) + "."); }

std::string describe_column(const Column& column) {
  return column.name.empty() ? "an unnamed column" : "column \"" + column.name + "\"";
}

void throw_malformed(const Column& column, const std::string& detail) {
  throw Error(sqlstate::protocol_violation, "malformed value from SQL Server in " + describe_column(column), detail);
}

void throw_wrong_size(const Column& column, const Cell& cell, std::size_t size) {
  if (cell.is_null()) throw_malformed(column, "A NULL was to be decoded.");
  throw_malformed(column, "The value has " + std::to_string(cell.size) + " bytes where " + std::to_string(size) + " are due.");
}

double decode_float(const Column& column, const Cell& cell) {
  if (column.type == WireType::real) {
    require_size(column, cell, 4);
    return std::bit_cast<float>(static_cast<std::uint32_t>(read_little_endian(cell.data, 4)));
  }
  if (column.type != WireType::float_) throw_not_a(column, "a floating-point number");
  require_size(column, cell, 8);
  return std::bit_cast<double>(read_little_endian(cell.data, 8));
}

Decimal decode_decimal(const Column& column, const Cell& cell) {
  if (column.type == WireType::money || column.type == WireType::smallmoney) return decode_money(column, cell);
  if (column.type != WireType::decimal) throw_not_a(column, "a decimal number");
  if (cell.is_null()) throw_malformed(column, "A NULL was to be decoded.");
  if (column.precision < 1 || column.precision > 38 || column.scale < 0 || column.scale > column.precision)
    throw_malformed(column, "Its type is decimal(" + std::to_string(column.precision) + "," + std::to_string(column.scale) + ").");
  const unsigned __int128 magnitude = read_magnitude(column, cell);
  if (cell.data[0] > 1) throw_malformed(column, "The sign of a decimal is " + std::to_string(cell.data[0]) + ".");
  if (magnitude >= powers_of_ten[static_cast<std::size_t>(column.precision)])
    throw Error(sqlstate::numeric_out_of_range, "numeric value out of range in " + describe_column(column),
                "It has more than the " + std::to_string(column.precision) + " digits of its type.");
  return {cell.data[0] == 0 && magnitude != 0, magnitude, column.scale};
}

// In line in the two functions below.
[[gnu::always_inline]] inline WireDateTime read(const Column& column, const Cell& cell) {
  switch (column.type) {
    case WireType::date: require_size(column, cell, 3); return {read_date(column, cell.data), 0, 0};
    case WireType::time: {
      const std::size_t size = time_size(column);
      require_size(column, cell, size);
      return {0, read_time(column, cell.data, size), 0};
    }
    case WireType::datetime2: {
      const std::size_t size = time_size(column);
      require_size(column, cell, size + 3);
      return {read_date(column, cell.data + size), read_time(column, cell.data, size), 0};
    }
    case WireType::datetimeoffset: return read_datetimeoffset(column, cell);
    case WireType::datetime: require_size(column, cell, 8); return read_legacy_datetime(column, cell);
    case WireType::smalldatetime: require_size(column, cell, 4); return read_smalldatetime(column, cell);
    default: throw_not_a(column, "a date or time");
  }
}

WireDateTime read_datetime(const Column& column, const Cell& cell) { return read(column, cell); }

void shift(WireDateTime& moment, int minutes) noexcept {
  std::int64_t ticks = static_cast<std::int64_t>(moment.ticks) + minutes * ticks_per_minute;
  if (ticks < 0) {
    ticks += ticks_per_day;
    --moment.days;
  } else if (ticks >= ticks_per_day) {
    ticks -= ticks_per_day;
    ++moment.days;
  }
  moment.ticks = static_cast<std::uint64_t>(ticks);
}

DateTime decode_datetime(const Column& column, const Cell& cell) {
  const WireDateTime wire = read(column, cell);
  const std::int32_t days = column.type == WireType::time ? 0 : wire.days - days_to_2000;
  return {days, static_cast<std::int64_t>(wire.ticks / 10), wire.offset};
}

std::array<std::uint8_t, 16> decode_uuid(const Column& column, const Cell& cell) {
  if (column.type != WireType::uniqueidentifier) throw_not_a(column, "a uniqueidentifier");
  require_size(column, cell, 16);
  // A 32-bit group, two of 16 bits, and eight bytes that stand as they are
  const auto* in = cell.data;
  return {in[3], in[2], in[1], in[0], in[5], in[4], in[7], in[6], in[8], in[9], in[10], in[11], in[12], in[13], in[14], in[15]};
}

}  // namespace mssql::tds
