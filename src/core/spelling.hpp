// How values are spelled in T-SQL, and the parts that SQL Server's own spelling (CONVERT style 121)
// has in common with it. All append to `out`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "scalar.hpp"

namespace mssql {

// What a string literal of `value` holds, or a number or 0x0a0b without quotes; T-SQL reads it as
// this value of `type` under every setting of the session. Decimals and fractions of a second have
// no zeros behind their last digit.
std::string spelled(const RemoteType& type, const Scalar& value);

// [name], with ']' doubled.
void append_bracketed(std::string_view name, std::string& out);

void append_digits(std::string& out, std::uint64_t value, int width);
void append_date(std::string& out, std::int32_t days);  // since 0001-01-01: "2020-01-31"
// `ticks` of 10^-7 s in the day; so many digits of fraction.
void append_time(std::string& out, std::uint64_t ticks, int fraction);
void append_offset(std::string& out, int minutes);            // "+05:30"
void append_decimal(const Decimal& value, std::string& out);  // with its scale
// The shortest digits that read back as the same value, infinity and NaN in PostgreSQL's spelling.
void append_float(double value, std::string& out);
void append_float(float value, std::string& out);
void append_hex(const std::uint8_t* data, std::size_t size, std::string& out);
void append_uuid(const Uuid& uuid, std::string& out);

}  // namespace mssql
