// Civil dates by Howard Hinnant's era arithmetic (chrono-compatible low-level date algorithms),
// shifted to day 0 = 0001-01-01.
#include "calendar.hpp"

#include <stdexcept>

namespace tds_server {

namespace {

constexpr std::int64_t ticks_per_second = 10'000'000;
constexpr std::int64_t shift = 306;  // days from 0000-03-01 to 0001-01-01

int two_digits(std::string_view text, std::size_t at) {
  const int high = text[at] - '0';
  const int low = text[at + 1] - '0';
  if (high < 0 || high > 9 || low < 0 || low > 9)
    throw std::invalid_argument("not a date or time: " + std::string(text));
  return high * 10 + low;
}

void expect(std::string_view text, std::size_t at, char c) {
  if (text[at] != c) throw std::invalid_argument("not a date or time: " + std::string(text));
}

void expect_size(std::string_view text, std::size_t least) {
  if (text.size() < least) throw std::invalid_argument("not a date or time: " + std::string(text));
}

void append_two(std::string& out, std::int64_t value) {
  out += static_cast<char>('0' + value / 10);
  out += static_cast<char>('0' + value % 10);
}

std::int64_t fraction_ticks(std::string_view text) {
  std::int64_t ticks = 0;
  std::int64_t unit = ticks_per_second / 10;
  for (const char c : text) {
    if (c < '0' || c > '9') throw std::invalid_argument("not a time: " + std::string(text));
    ticks += (c - '0') * unit;
    unit /= 10;
  }
  return ticks;
}

}  // namespace

std::int64_t day_number(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = y / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - shift;
}

void append_date(std::string& out, std::int64_t day) {
  const std::int64_t z = day + shift;
  const std::int64_t era = z / 146097;
  const std::int64_t day_of_era = z - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  append_two(out, year / 100);
  append_two(out, year % 100);
  out += '-';
  append_two(out, month);
  out += '-';
  append_two(out, day_of_year - (153 * shifted_month + 2) / 5 + 1);
}

Moment parse_date(std::string_view text) {
  expect_size(text, 10);
  expect(text, 4, '-');
  expect(text, 7, '-');
  Moment moment;
  moment.day = day_number(two_digits(text, 0) * 100 + two_digits(text, 2), two_digits(text, 5), two_digits(text, 8));
  return moment;
}

Moment parse_time(std::string_view text) {
  expect_size(text, 8);
  expect(text, 2, ':');
  expect(text, 5, ':');
  Moment moment;
  moment.ticks = (two_digits(text, 0) * 3600 + two_digits(text, 3) * 60 + two_digits(text, 6)) * ticks_per_second;
  if (text.size() > 8) {
    expect(text, 8, '.');
    moment.ticks += fraction_ticks(text.substr(9));
  }
  return moment;
}

Moment parse_date_time(std::string_view text) {
  expect_size(text, 19);
  expect(text, 10, ' ');
  Moment moment = parse_date(text);
  moment.ticks = parse_time(text.substr(11)).ticks;
  return moment;
}

Moment parse_date_time_offset(std::string_view text) {
  expect_size(text, 26);
  const std::size_t at = text.size() - 6;
  expect(text, at - 1, ' ');
  expect(text, at + 3, ':');
  Moment moment = parse_date_time(text.substr(0, at - 1));
  const int minutes = two_digits(text, at + 1) * 60 + two_digits(text, at + 4);
  moment.offset_minutes = text[at] == '-' ? -minutes : minutes;
  return moment;
}

void append_time(std::string& out, std::int64_t ticks, int scale) {
  const std::int64_t seconds = ticks / ticks_per_second;
  append_two(out, seconds / 3600);
  out += ':';
  append_two(out, seconds / 60 % 60);
  out += ':';
  append_two(out, seconds % 60);
  if (scale == 0) return;
  out += '.';
  const std::int64_t fraction = ticks % ticks_per_second / power_of_ten(7 - scale);
  for (int i = scale - 1; i >= 0; --i) out += static_cast<char>('0' + fraction / power_of_ten(i) % 10);
}

void append_offset(std::string& out, int minutes) {
  out += minutes < 0 ? '-' : '+';
  const int size = minutes < 0 ? -minutes : minutes;
  append_two(out, size / 60);
  out += ':';
  append_two(out, size % 60);
}

std::int64_t power_of_ten(int exponent) {
  std::int64_t power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

}  // namespace tds_server
