// Dates and times: the text of engine.hpp to and from day numbers and ticks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tds_server {

// Day 0 is 0001-01-01, proleptic Gregorian.
constexpr std::int64_t day_of_1900 = 693595;
std::int64_t day_number(int year, int month, int day);
void append_date(std::string& out, std::int64_t day);

struct Moment {
  std::int64_t day{0};    // since 0001-01-01
  std::int64_t ticks{0};  // since midnight, 100 ns
  int offset_minutes{0};  // of a datetimeoffset
};

// "YYYY-MM-DD", "hh:mm:ss[.f]", both, or both with "+hh:mm". Throws std::invalid_argument.
Moment parse_date(std::string_view text);
Moment parse_time(std::string_view text);
Moment parse_date_time(std::string_view text);
Moment parse_date_time_offset(std::string_view text);

void append_time(std::string& out, std::int64_t ticks_100ns, int scale);
void append_offset(std::string& out, int minutes);

std::int64_t power_of_ten(int exponent);
// Wire bytes of a time(scale), MS-TDS 2.2.5.4.2 (TIMENTYPE).
constexpr int time_width(int scale) { return scale <= 2 ? 3 : scale <= 4 ? 4 : 5; }

}  // namespace tds_server
