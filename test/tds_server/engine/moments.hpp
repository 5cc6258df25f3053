// Dates and times in C++: calendar arithmetic, the string forms that SQL Server reads, the
// canonical forms of the seam. A moment is counted in ticks of 100 ns since 0001-01-01 00:00, a
// date in days since 0001-01-01, a time in ticks since midnight. Proleptic Gregorian calendar,
// years 1 to 9999.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../engine.hpp"

namespace tds_server::engine {

constexpr std::int64_t kTicksPerSecond = 10'000'000;
constexpr std::int64_t kTicksPerDay = 86'400 * kTicksPerSecond;
constexpr std::int32_t kDay1900 = 693'595;
constexpr std::int32_t kDay2000 = 730'119;    // PostgreSQL's epoch
constexpr std::int32_t kLastDay = 3'652'058;  // 9999-12-31

struct Moment {
  std::int32_t day{kDay1900};
  std::int64_t ticks{0};  // since midnight
  int offset{0};          // minutes
  bool has_date{false};
  bool has_time{false};
  bool has_offset{false};
};

std::int32_t day_number(int year, int month, int day);
void civil(std::int32_t day, int& year, int& month, int& day_of_month);
bool is_valid_date(int year, int month, int day);

// What SQL Server takes as a date, time or both under us_english (mdy). Nothing when it would raise
// error 241.
std::optional<Moment> parse_moment(std::string_view text);

std::int64_t round_to_scale(std::int64_t ticks, int scale);  // half up
std::int64_t round_to_datetime(std::int64_t ticks);          // 1/300 s

std::string format_date(std::int32_t day);
std::string format_time(std::int64_t ticks, int scale);
// Canonical text of a tick count for time, smalldatetime, datetime, datetime2.
std::string format_ticks(const TypeInfo& type, std::int64_t ticks);
std::string format_instant(std::int64_t utc, int offset, int scale);

// Canonical text back to numbers; the text is trusted to be canonical.
std::int64_t canonical_ticks(const TypeInfo& type, std::string_view text);
std::int32_t canonical_day(std::string_view text);
void canonical_instant(std::string_view text, std::int64_t& utc, int& offset);

}  // namespace tds_server::engine
