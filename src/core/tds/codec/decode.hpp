// MS-TDS wire bytes (column.hpp) to values: integers, decimals, days and microseconds, UTF-8.
// Every function throws Error when the bytes cannot be what the column says they are.
#pragma once

#include <cstdint>
#include <string>

#include "core/scalar.hpp"
#include "column.hpp"
#include "cell.hpp"

namespace mssql::tds {

using source::CharacterPolicy;

std::int64_t decode_other_integer(const Column& column, const Cell& cell);  // all of the next one's but int
// bit, tinyint, smallint, int, bigint. int in line, as most columns of most tables are that.
inline std::int64_t decode_integer(const Column& column, const Cell& cell) {
  if (column.type != WireType::int_) [[unlikely]]
    return decode_other_integer(column, cell);
  require_size(column, cell, 4);
  return static_cast<std::int32_t>(read_little_endian(cell.data, 4));
}
double decode_float(const Column& column, const Cell& cell);     // real, float
Decimal decode_decimal(const Column& column, const Cell& cell);  // decimal, money, smallmoney

// The seventh digit of the fraction is cut, never rounded; datetime's 1/300 s ticks become .000,
// .003, .007 as SQL Server prints them.
DateTime decode_datetime(const Column& column,
                         const Cell& cell);  // date, time, smalldatetime, datetime, datetime2, datetimeoffset

Uuid decode_uuid(const Column& column, const Cell& cell);

// Character data as valid UTF-8 that PostgreSQL accepts. The view is the cell itself when nothing
// had to change, else it lives in `scratch`.
std::string_view decode_text(const Column& column, const Cell& cell, CharacterPolicy policy, std::string& scratch);

// The value as text, for columns of text type and for messages; appended to `out`. Dates in SQL
// Server's ISO spelling (style 121) with as many digits of fraction as the type has, decimals with
// their scale; bits, floats, UUIDs and bytes as PostgreSQL prints them.
void decode_to_text(const Column& column, const Cell& cell, CharacterPolicy policy, std::string& out);

}  // namespace mssql::tds
