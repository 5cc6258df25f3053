#include "decode.hpp"

#include <bit>
#include <cstring>
#include <utility>

#include "core/error.hpp"
#include "cell.hpp"

namespace mssql::tds {

namespace {

constexpr std::int32_t first_datetime_day = -53690;  // 1753-01-01, from 1900-01-01
constexpr std::uint64_t ticks_per_millisecond = 10'000;
constexpr std::uint32_t datetime_ticks_per_day = 300 * 86400;
constexpr int largest_offset = 14 * 60;

[[noreturn]] void throw_out_of_range(const Column& column, const std::string& detail) {
  throw Error(sqlstate::datetime_overflow, "date or time out of range in " + describe_column(column), detail);
}

[[noreturn]] void throw_past_midnight(const Column& column) {
  throw_out_of_range(column, "The time of day is past 24:00.");
}

[[noreturn]] void throw_wrong_day(const Column& column, std::int32_t days) {
  if (column.type == WireType::datetime)
    throw_out_of_range(column, "Day " + std::to_string(days) + " since 1900-01-01 is outside the years 1753 to 9999.");
  throw_out_of_range(column, "Day " + std::to_string(days) + " since 0001-01-01 is past the year 9999.");
}

[[noreturn]] void throw_wrong_scale(const Column& column) {
  throw_malformed(column, "Its scale is " + std::to_string(column.scale) + ".");
}

// Of the time of day; also checks the scale, for all that follows.
inline std::size_t time_size(const Column& column) {
  static constexpr std::uint8_t sizes[] = {3, 3, 3, 4, 4, 5, 5, 5};
  if (column.scale < 0 || column.scale > 7) [[unlikely]]
    throw_wrong_scale(column);
  return sizes[column.scale];
}

// `time` is what the time_size() bytes hold.
inline std::uint64_t to_ticks(const Column& column, std::uint64_t time) {
  static constexpr std::uint32_t units[] = {10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
  const std::uint64_t ticks = time * units[column.scale];  // five bytes times 100, three times 10^7: no overflow
  if (ticks >= std::uint64_t{ticks_per_day}) [[unlikely]]
    throw_past_midnight(column);
  return ticks;
}

inline std::int32_t check_day(const Column& column, std::uint64_t days) {
  if (days > std::uint64_t{last_day}) [[unlikely]]
    throw_wrong_day(column, static_cast<std::int32_t>(days));
  return static_cast<std::int32_t>(days);
}

// Time and date, six to eight bytes, are taken as one number, from their first four bytes and their
// last four.
inline WireDateTime read_time_and_date(const Column& column, const std::uint8_t* data, std::size_t time) {
  const std::size_t size = time + 3;
  const std::uint64_t whole = read_little_endian(data, 4) | read_little_endian(data + size - 4, 4) << (8 * (size - 4));
  const std::int32_t days = check_day(column, whole >> (8 * time));
  return {days, to_ticks(column, whole & ((std::uint64_t{1} << (8 * time)) - 1)), 0};
}

inline WireDateTime read_datetime2(const Column& column, const Cell& cell) {
  const std::size_t time = time_size(column);
  require_size(column, cell, time + 3);
  return read_time_and_date(column, cell.data, time);
}

struct LegacyDateTime {
  std::int32_t days;           // since 1900-01-01
  std::uint64_t milliseconds;  // the nearest ones of n/300 s, so that the three ticks of 10 ms end in 0, 3 and 7
};

inline LegacyDateTime read_legacy_datetime(const Column& column, const Cell& cell) {
  require_size(column, cell, 8);
  const auto days = static_cast<std::int32_t>(read_little_endian(cell.data, 4));
  const std::uint64_t ticks = read_little_endian(cell.data + 4, 4);
  if (days < first_datetime_day || days > last_day - days_to_1900) [[unlikely]]
    throw_wrong_day(column, days);
  if (ticks >= datetime_ticks_per_day) [[unlikely]]
    throw_past_midnight(column);
  return {days, (ticks * 10 + 1) / 3};
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
  WireDateTime moment = read_time_and_date(column, cell.data, size);
  moment.offset = offset;
  return moment;
}

// Out of line, so that decode_decimal() needs no stack for their strings.
[[noreturn, gnu::noinline]] void throw_wrong_decimal_size(const Column& column, const Cell& cell) {
  throw_malformed(column, "A decimal has " + std::to_string(cell.size) + " bytes.");
}

[[noreturn, gnu::noinline]] void throw_wrong_precision(const Column& column) {
  throw_malformed(
      column, "Its type is decimal(" + std::to_string(column.precision) + "," + std::to_string(column.scale) + ").");
}

[[noreturn, gnu::noinline]] void throw_wrong_sign(const Column& column, const Cell& cell) {
  throw_malformed(column, "The sign of a decimal is " + std::to_string(cell.data[0]) + ".");
}

[[noreturn, gnu::noinline]] void throw_too_many_digits(const Column& column) {
  throw Error(sqlstate::numeric_out_of_range, "numeric value out of range in " + describe_column(column),
              "It has more than the " + std::to_string(column.precision) + " digits of its type.");
}

inline unsigned __int128 read_magnitude(const Column& column, const Cell& cell) {
  const auto word = [&](std::size_t at, std::size_t size) -> unsigned __int128 {
    return read_little_endian(cell.data + at, size);
  };
  if (cell.size == 9) [[likely]]
    return word(1, 8);
  switch (cell.size) {
    case 5: return word(1, 4);
    case 13: return word(9, 4) << 64 | word(1, 8);
    case 17: return word(9, 8) << 64 | word(1, 8);
    default: throw_wrong_decimal_size(column, cell);
  }
}

[[gnu::noinline]] Decimal decode_money(const Column& column, const Cell& cell) {
  std::int64_t value = 0;
  if (column.type == WireType::smallmoney) {
    require_size(column, cell, 4);
    value = static_cast<std::int32_t>(read_little_endian(cell.data, 4));
  } else {
    require_size(column, cell, 8);
    value = static_cast<std::int64_t>(read_little_endian(cell.data, 4) << 32 | read_little_endian(cell.data + 4, 4));
  }
  const auto magnitude = value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  return {magnitude, 4, value < 0};
}

}  // namespace

void throw_not_a(const Column& column, const char* wanted) {
  throw Error(sqlstate::datatype_mismatch, describe_column(column) + " does not hold " + wanted);
}

std::string describe_column(const Column& column) {
  return column.name.empty() ? "an unnamed column" : "column \"" + column.name + "\"";
}

void throw_malformed(const Column& column, const std::string& detail) {
  throw Error(sqlstate::protocol_violation, "malformed value from SQL Server in " + describe_column(column), detail);
}

void throw_null(const Column& column) { throw_malformed(column, "A NULL was to be decoded."); }

void throw_wrong_size(const Column& column, const Cell& cell, std::size_t size) {
  if (cell.is_null()) throw_null(column);
  throw_malformed(column,
                  "The value has " + std::to_string(cell.size) + " bytes where " + std::to_string(size) + " are due.");
}

std::int64_t decode_other_integer(const Column& column, const Cell& cell) {
  switch (column.type) {
    case WireType::bit:
      require_size(column, cell, 1);
      if (cell.data[0] > 1) [[unlikely]]
        throw_malformed(column, "A bit is " + std::to_string(cell.data[0]) + ".");
      return cell.data[0];
    case WireType::tinyint: require_size(column, cell, 1); return cell.data[0];
    case WireType::smallint:
      require_size(column, cell, 2);
      return static_cast<std::int16_t>(read_little_endian(cell.data, 2));
    case WireType::bigint:
      require_size(column, cell, 8);
      return static_cast<std::int64_t>(read_little_endian(cell.data, 8));
    default: throw_not_a(column, "an integer");
  }
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
  if (cell.is_null()) throw_null(column);
  if (column.precision < 1 || column.precision > 38 || column.scale < 0 || column.scale > column.precision)
    throw_wrong_precision(column);
  const unsigned __int128 magnitude = read_magnitude(column, cell);
  if (cell.data[0] > 1) throw_wrong_sign(column, cell);
  if (magnitude >= powers_of_ten[static_cast<std::size_t>(column.precision)]) throw_too_many_digits(column);
  return {magnitude, column.scale, cell.data[0] == 0 && magnitude != 0};
}

WireDateTime read_datetime(const Column& column, const Cell& cell) {
  switch (column.type) {
    case WireType::date:
      require_size(column, cell, 3);
      return {check_day(column, read_little_endian(cell.data, 3)), 0, 0};
    case WireType::time: {
      const std::size_t size = time_size(column);
      require_size(column, cell, size);
      return {0, to_ticks(column, read_little_endian(cell.data, size)), 0};
    }
    case WireType::datetime2: return read_datetime2(column, cell);
    case WireType::datetimeoffset: return read_datetimeoffset(column, cell);
    case WireType::datetime: {
      const LegacyDateTime value = read_legacy_datetime(column, cell);
      return {value.days + days_to_1900, value.milliseconds * ticks_per_millisecond, 0};
    }
    case WireType::smalldatetime: require_size(column, cell, 4); return read_smalldatetime(column, cell);
    default: throw_not_a(column, "a date or time");
  }
}

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
  // The commonest two without a jump table
  if (column.type == WireType::datetime) {
    const LegacyDateTime value = read_legacy_datetime(column, cell);
    return {static_cast<std::int64_t>(value.milliseconds * 1000), value.days + days_to_1900 - days_to_2000, 0};
  }
  const WireDateTime wire =
      column.type == WireType::datetime2 ? read_datetime2(column, cell) : read_datetime(column, cell);
  const std::int32_t days = column.type == WireType::time ? 0 : wire.days - days_to_2000;
  return {static_cast<std::int64_t>(wire.ticks / 10), days, wire.offset};
}

Uuid decode_uuid(const Column& column, const Cell& cell) {
  if (column.type != WireType::uniqueidentifier) throw_not_a(column, "a uniqueidentifier");
  require_size(column, cell, 16);
  // A 32-bit group, two of 16 bits, and eight bytes that stand as they are
  const std::uint64_t groups = read_little_endian(cell.data, 8);
  constexpr std::uint64_t even_bytes = 0x00FF00FF00000000;
  std::uint64_t swapped =
      __builtin_bswap32(static_cast<std::uint32_t>(groups)) | (groups & even_bytes) << 8 | (groups >> 8 & even_bytes);
  if constexpr (std::endian::native == std::endian::big) swapped = __builtin_bswap64(swapped);
  Uuid uuid;
  std::memcpy(&uuid[0], &swapped, 8);
  std::memcpy(&uuid[8], cell.data + 8, 8);
  return uuid;
}

}  // namespace mssql::tds
