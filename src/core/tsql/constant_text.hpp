// Readers for the text of T-SQL's constants in their unambiguous forms: dates, decimals, UUIDs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mssql::tsql {

// A date, a time of day or both, in the years 1 to 9999 and without leap seconds or 24:00.
struct Timestamp {
  bool has_date{false};
  bool has_time{false};
  bool has_offset{false};  // which is not kept
  int year{1900};
  int month{1};
  int day{1};
  int hour{0};
  int minute{0};
  int second{0};
  int fraction{0};  // microseconds

  std::string date_text() const;         // "2020-01-31"
  std::string time_text() const;         // "13:05:00" or "13:05:00.25": no zeros behind the last digit
  int fraction_digits() const noexcept;  // 0 .. 6
  // Whole milliseconds that end in 0, 3 or 7: what datetime's ticks of 1/300 s print as.
  bool is_datetime_tick() const noexcept;
};

// "2020-01-31", "13:05", "13:05:00.25", "2020-01-31 13:05:00+01", "2020-01-31T13:05:00",
// "20200131", "20200131 13:05". A blank may stand before the offset. Nothing for all else: BC,
// infinity, a fraction of more than six digits (unless only zeros follow), 24:00:00.
std::optional<Timestamp> read_timestamp(std::string_view text);

// The decimal number `text` ("-12.300", no exponent) without needless zeros, when
// decimal(precision, scale) holds it exactly.
std::optional<std::string> decimal_digits(std::string_view text, int precision, int scale);

// Eight-four-four-four-twelve hexadecimal digits.
bool is_uuid(std::string_view text) noexcept;

}  // namespace mssql::tsql
