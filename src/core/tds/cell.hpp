// What the decoders of this folder share: little-endian reads and the errors that name a column.
#pragma once

#include <cstdint>
#include <string>

#include "../error.hpp"
#include "../value.hpp"

namespace mssql::tds {

inline std::uint64_t read_little_endian(const std::uint8_t* data, std::size_t size) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | data[i];
  return value;
}

// "column \"Price\"", or "an unnamed column".
std::string describe_column(const Column& column);

// The bytes cannot be what the column says: 08P01, since SQL Server never sends such.
[[noreturn]] void throw_malformed(const Column& column, const std::string& detail);

// Checks that the cell is not NULL and has exactly `size` bytes.
inline void require_size(const Column& column, const Cell& cell, std::size_t size) {
  if (cell.is_null()) throw_malformed(column, "A NULL was to be decoded.");
  if (cell.size != size)
    throw_malformed(column, "The value has " + std::to_string(cell.size) + " bytes where " + std::to_string(size) + " are due.");
}

// 10^0 .. 10^38.
unsigned __int128 power_of_ten(int exponent) noexcept;

// A date or time as it stands on the wire, before anything is cut.
struct WireDateTime {
  std::int32_t days{0};     // since 0001-01-01; 0 for time
  std::uint64_t ticks{0};   // of 10^-7 s in the day; datetime's 1/300 s are rounded to milliseconds first
  std::int16_t offset{0};   // minutes east of UTC; days and ticks are UTC
};
WireDateTime read_datetime(const Column& column, const Cell& cell);

}  // namespace mssql::tds
