// What the decoders of this folder share: little-endian reads and the errors that name a column.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "core/error.hpp"
#include "column.hpp"

namespace mssql::tds {

// `size` is at most 8. With a size known at compile time this is a load or two.
inline std::uint64_t read_little_endian(const std::uint8_t* data, std::size_t size) noexcept {
  const auto load = [data]<class Number>(Number value) -> std::uint64_t {
    std::memcpy(&value, data, sizeof(value));
    return value;
  };
  if constexpr (std::endian::native == std::endian::little) {
    switch (size) {
      case 1: return data[0];
      case 2: return load(std::uint16_t{});
      case 3: return load(std::uint16_t{}) | std::uint64_t{data[2]} << 16;
      case 4: return load(std::uint32_t{});
      case 5: return load(std::uint32_t{}) | std::uint64_t{data[4]} << 32;
      case 8: return load(std::uint64_t{});
      default: break;
    }
  }
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | data[i];
  return value;
}

inline void append_little_endian(std::uint64_t value, std::size_t size, std::string& out) {
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i));
}

// The calendar of the wire: days since 0001-01-01, ticks of 10^-7 s.
inline constexpr std::int32_t days_to_1900 = 693595;
inline constexpr std::int32_t last_day = 3652058;  // 9999-12-31
inline constexpr std::int64_t ticks_per_minute = 600'000'000;
inline constexpr std::int64_t ticks_per_day = 864'000'000'000;

// "column \"Price\"", or "an unnamed column".
std::string describe_column(const Column& column);

// The bytes cannot be what the column says: 08P01, since SQL Server never sends such.
[[noreturn]] void throw_malformed(const Column& column, const std::string& detail);

// The column is not of a type that the caller decodes: 42804.
[[noreturn]] void throw_not_a(const Column& column, const char* wanted);

[[noreturn]] void throw_null(const Column& column);

// Checks that the cell is not NULL and has exactly `size` bytes.
[[noreturn]] void throw_wrong_size(const Column& column, const Cell& cell, std::size_t size);
inline void require_size(const Column& column, const Cell& cell, std::size_t size) {
  if (cell.is_null() || cell.size != size) [[unlikely]]
    throw_wrong_size(column, cell, size);
}

// A date or time as it stands on the wire, before anything is cut.
struct WireDateTime {
  std::int32_t days{0};    // since 0001-01-01; 0 for time
  std::uint64_t ticks{0};  // of 10^-7 s in the day; datetime's 1/300 s are rounded to milliseconds first
  std::int16_t offset{0};  // minutes east of UTC; days and ticks are UTC
};
WireDateTime read_datetime(const Column& column, const Cell& cell);
// So many minutes, less than a day, later or earlier; the day may leave the calendar.
void shift(WireDateTime& moment, int minutes) noexcept;

}  // namespace mssql::tds
