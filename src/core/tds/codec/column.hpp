// What SQL Server's cells are.
//
// A cell holds the bytes of the MS-TDS 2.2.5.5 wire encoding of its column's WireType, without
// length prefix:
//   bit, tinyint, smallint, int, bigint, real, float   little-endian, 1 to 8 bytes
//   money     8 bytes: high dword, low dword           smallmoney  4 bytes, little-endian; both in 1/10,000
//   decimal   1 sign byte (1: not negative, 0: negative), then 4, 8, 12 or 16 bytes magnitude, little-endian
//   date      3 bytes, days since 0001-01-01           time        3 to 5 bytes, ticks of 10^-scale s
//   datetime2 time bytes, then date bytes              datetimeoffset  the same in UTC, then int16 minutes east of UTC
//   datetime  int32 days since 1900-01-01, uint32 ticks of 1/300 s    smalldatetime  uint16 days, uint16 minutes
//   uniqueidentifier  16 bytes, the first three groups little-endian
//   text      characters in the column's Encoding      binary      as they are
// A driver that gets another representation from its client library re-encodes it, so there is one
// decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/source/row.hpp"

namespace mssql::tds {

using source::Cell;
using source::Row;

enum class WireType : std::uint8_t {
  bit,
  tinyint,
  smallint,
  int_,
  bigint,
  real,
  float_,
  money,
  smallmoney,
  decimal,
  date,
  time,
  smalldatetime,
  datetime,
  datetime2,
  datetimeoffset,
  uniqueidentifier,
  text,
  binary,
  xml,
  variant,
  udt,
};

enum class Encoding : std::uint8_t { none, utf8, utf16le, code_page };

struct Column {
  std::string name;  // UTF-8; empty for an unnamed expression
  WireType type{WireType::int_};
  Encoding encoding{Encoding::none};
  int code_page{0};   // Windows code page, for Encoding::code_page
  int max_length{0};  // bytes on the server, -1 for (max) types
  int precision{0};
  int scale{0};
  bool nullable{true};
  bool padded{false};  // cell_padding bytes behind each cell can be read, whatever they are

  bool operator==(const Column&) const = default;
};

// So that a vector load need not stop at a value's end.
inline constexpr std::size_t cell_padding = 64;

}  // namespace mssql::tds
