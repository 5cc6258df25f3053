// Values as tests write them: "-12.50", "2020-01-31 13:05:00.25 +01:00", "0x0a0b". What is written
// badly is another value, and the test fails.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/scalar.hpp"

namespace mssql {

// Digits beyond the 38th are cut.
inline Decimal decimal(std::string_view text) {
  Decimal out;
  int digits = 0;
  bool fraction = false;
  for (const char c : text) {
    if (c == '-') out.negative = true;
    if (c == '.') fraction = true;
    if (c < '0' || c > '9') continue;
    if (digits == most_decimal_digits) {
      out.cut = out.cut || c != '0';
      continue;
    }
    if (out.magnitude != 0 || c != '0' || fraction) ++digits;
    out.magnitude = out.magnitude * 10 + static_cast<unsigned>(c - '0');
    out.scale += fraction ? 1 : 0;
  }
  return out;
}

// A date, a time of day or both; an offset too, and then it is kept in UTC.
inline DateTime moment(const std::string& text) {
  DateTime out;
  const char* at = text.c_str();
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, read = 0;
  if (std::sscanf(at, "%4d-%2d-%2d%n", &year, &month, &day, &read) == 3) {
    using namespace std::chrono;
    const sys_days date = std::chrono::year(year) / month / day;
    out.days = static_cast<std::int32_t>((date - sys_days(std::chrono::year(2000) / 1 / 1)).count());
    at += read;
    if (*at != '\0') ++at;
  }
  double second = 0;
  if (std::sscanf(at, "%2d:%2d%n", &hour, &minute, &read) == 2) {
    at += read;
    if (std::sscanf(at, ":%lf%n", &second, &read) == 1) at += read;
    out.microseconds = (hour * 60 + minute) * std::int64_t{60'000'000} + static_cast<std::int64_t>(second * 1e6 + 0.5);
  }
  if (std::sscanf(at, "%3d:%2d", &hour, &minute) != 2) return out;
  const bool west = std::string_view(at).find('-') != std::string_view::npos;
  out.offset_minutes = static_cast<std::int16_t>(hour * 60 + (west ? -minute : minute));
  out.microseconds -= out.offset_minutes * std::int64_t{60'000'000};
  if (out.microseconds < 0 || out.microseconds >= microseconds_per_day) {
    out.days += out.microseconds < 0 ? -1 : 1;
    out.microseconds += out.microseconds < 0 ? microseconds_per_day : -microseconds_per_day;
  }
  return out;
}

inline Uuid uuid(std::string_view text) {
  Uuid out{};
  std::size_t digit = 0;
  for (const char c : text) {
    if (c == '-') continue;
    const int value = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    out[digit / 2] = static_cast<std::uint8_t>(out[digit / 2] << 4 | value);
    ++digit;
  }
  return out;
}

// The value of that text in that type; text and bytes (as they are) are borrowed.
inline Scalar scalar(const RemoteType& type, std::string_view text) {
  switch (type.type) {
    case Type::bit:
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint: return std::int64_t{std::strtoll(std::string(text).c_str(), nullptr, 10)};
    case Type::real: return static_cast<double>(std::strtof(std::string(text).c_str(), nullptr));
    case Type::float_: return std::strtod(std::string(text).c_str(), nullptr);
    case Type::decimal:
    case Type::money:
    case Type::smallmoney: return decimal(text);
    case Type::date:
    case Type::time:
    case Type::smalldatetime:
    case Type::datetime:
    case Type::datetime2:
    case Type::datetimeoffset: return moment(std::string(text));
    case Type::uniqueidentifier: return uuid(text);
    case Type::binary:
    case Type::varbinary:
    case Type::image:
    case Type::rowversion: return Binary{text};
    default: return Text{text};
  }
}

inline Parameter parameter(std::string_view declaration, std::string_view text) {
  const RemoteType type = parse_declaration(declaration);
  return {type, scalar(type, text)};
}
inline Parameter null_parameter(std::string_view declaration) { return {parse_declaration(declaration), {}}; }

}  // namespace mssql
