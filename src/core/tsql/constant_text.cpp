#include "constant_text.hpp"

#include <algorithm>

namespace mssql::tsql {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string padded(int value, int width) {
  std::string digits = std::to_string(value);
  return std::string(static_cast<std::size_t>(std::max(0, width - static_cast<int>(digits.size()))), '0') + digits;
}

bool is_leap(int year) noexcept { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int days_in_month(int year, int month) noexcept {
  static constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

// Reads fixed-width fields from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const noexcept { return rest_.empty(); }
  bool take(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool number(std::size_t width, int low, int high, int& value) noexcept {
    if (leading_digits() < width) return false;
    value = 0;
    for (std::size_t i = 0; i < width; ++i) value = value * 10 + (rest_[i] - '0');
    rest_.remove_prefix(width);
    return value >= low && value <= high;
  }
  std::size_t leading_digits() const noexcept {
    return static_cast<std::size_t>(std::find_if_not(rest_.begin(), rest_.end(), is_digit) - rest_.begin());
  }
  bool looks_like_date() const noexcept {
    const std::size_t digits = leading_digits();
    return digits == 8 || (digits == 4 && rest_.size() > 4 && rest_[4] == '-');
  }

 private:
  std::string_view rest_;
};

bool read_date(Scanner& in, Timestamp& out) {
  const bool compact = in.leading_digits() == 8;
  if (!in.number(4, 1, 9999, out.year)) return false;
  if (!compact && !in.take('-')) return false;
  if (!in.number(2, 1, 12, out.month)) return false;
  if (!compact && !in.take('-')) return false;
  return in.number(2, 1, days_in_month(out.year, out.month), out.day);
}

bool read_fraction(Scanner& in, int& microseconds) {
  microseconds = 0;
  int digits = 0;
  int digit = 0;
  while (in.number(1, 0, 9, digit)) {
    ++digits;
    if (digits > 6 && digit != 0) return false;
    if (digits <= 6) microseconds = microseconds * 10 + digit;
  }
  for (int i = digits; i < 6; ++i) microseconds *= 10;
  return digits > 0;
}

bool read_time(Scanner& in, Timestamp& out) {
  if (!in.number(2, 0, 23, out.hour) || !in.take(':') || !in.number(2, 0, 59, out.minute)) return false;
  if (!in.take(':')) return true;
  if (!in.number(2, 0, 59, out.second)) return false;
  return !in.take('.') || read_fraction(in, out.fraction);
}

bool read_offset(Scanner& in, Timestamp& out) {
  const bool west = in.take('-');
  if (!west && !in.take('+')) return false;
  int hours = 0;
  int minutes = 0;
  if (!in.number(2, 0, 14, hours)) return false;
  if (in.take(':') && !in.number(2, 0, 59, minutes)) return false;
  out.offset_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
  return out.offset_minutes >= -14 * 60 && out.offset_minutes <= 14 * 60;
}

constexpr std::int64_t day_length = 86400000000;

bool next_day(Timestamp& moment) noexcept {
  if (++moment.day <= days_in_month(moment.year, moment.month)) return true;
  moment.day = 1;
  if (++moment.month <= 12) return true;
  moment.month = 1;
  return ++moment.year <= 9999;
}

bool previous_day(Timestamp& moment) noexcept {
  if (--moment.day >= 1) return true;
  if (--moment.month < 1) {
    moment.month = 12;
    if (--moment.year < 1) return false;
  }
  moment.day = days_in_month(moment.year, moment.month);
  return true;
}

// `value` where it is on the grid already, else one of its neighbours there.
std::optional<Timestamp> between(Timestamp value, std::int64_t below, std::int64_t above, Rounding rounding) noexcept {
  if (value.microseconds() == below) return value;
  if (rounding == Rounding::exact || !value.set_microseconds(rounding == Rounding::down ? below : above))
    return std::nullopt;
  return value;
}

// One more in the last place of "9.99": "10.00".
std::string next_digits(std::string digits) {
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (digits[i] == '.') continue;
    if (digits[i] != '9') {
      ++digits[i];
      return digits;
    }
    digits[i] = '0';
  }
  return "1" + digits;
}

}  // namespace

std::string Timestamp::date_text() const { return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2); }

std::string Timestamp::time_text() const {
  std::string text = padded(hour, 2) + ":" + padded(minute, 2) + ":" + padded(second, 2);
  if (fraction != 0) text += "." + padded(fraction, 6).substr(0, static_cast<std::size_t>(fraction_digits()));
  return text;
}

std::string Timestamp::offset_text() const {
  const int size = offset_minutes < 0 ? -offset_minutes : offset_minutes;
  return (offset_minutes < 0 ? "-" : "+") + padded(size / 60, 2) + ":" + padded(size % 60, 2);
}

int Timestamp::fraction_digits() const noexcept {
  if (fraction == 0) return 0;
  int digits = 6;
  for (int rest = fraction; rest % 10 == 0; rest /= 10) --digits;
  return digits;
}

bool Timestamp::is_datetime_tick() const noexcept { return round_to_tick(*this, Rounding::exact).has_value(); }

std::int64_t Timestamp::microseconds() const noexcept {
  return ((hour * 60 + minute) * 60 + second) * 1000000LL + fraction;
}

bool Timestamp::set_microseconds(std::int64_t value) noexcept {
  if (value == day_length) {
    if (!has_date || !next_day(*this)) return false;
    value = 0;
  }
  fraction = static_cast<int>(value % 1000000);
  second = static_cast<int>(value / 1000000 % 60);
  minute = static_cast<int>(value / 60000000 % 60);
  hour = static_cast<int>(value / 3600000000);
  return true;
}

bool Timestamp::move_days(int days) noexcept {
  for (; days > 0; --days)
    if (!next_day(*this)) return false;
  for (; days < 0; ++days)
    if (!previous_day(*this)) return false;
  return true;
}

std::optional<Timestamp> round_to_step(const Timestamp& value, std::int64_t step, Rounding rounding) noexcept {
  const std::int64_t below = value.microseconds() / step * step;
  return between(value, below, below + step, rounding);
}

std::optional<Timestamp> round_to_tick(const Timestamp& value, Rounding rounding) noexcept {
  const auto printed = [](std::int64_t tick) { return (tick * 10 + 1) / 3 * 1000; };  // .000, .003, .007, .010
  std::int64_t tick = value.microseconds() * 3 / 10000 + 1;
  while (printed(tick) > value.microseconds()) --tick;
  return between(value, printed(tick), printed(tick + 1), rounding);
}

std::optional<std::string> round_decimal(std::string_view text, int scale, Rounding rounding) {
  std::string digits(text);
  const std::size_t point = digits.find('.');
  if (point == std::string::npos || digits.size() - point - 1 <= static_cast<std::size_t>(scale)) return digits;
  const std::size_t cut = point + 1 + static_cast<std::size_t>(scale);
  const bool has_rest = digits.find_first_not_of('0', cut) != std::string::npos;
  digits.resize(cut);
  if (!has_rest) return digits;
  if (rounding == Rounding::exact) return std::nullopt;
  const bool negative = digits.front() == '-';
  if (negative == (rounding == Rounding::up)) return digits;  // towards zero, which is what cutting does
  return (negative ? "-" : "") + next_digits(digits.substr(negative ? 1 : 0));
}

std::optional<Timestamp> read_timestamp(std::string_view text) {
  Scanner in(text);
  Timestamp out;
  if (in.looks_like_date()) {
    if (!read_date(in, out)) return std::nullopt;
    out.has_date = true;
    if (in.done()) return out;
    if (!in.take(' ') && !in.take('T')) return std::nullopt;
  }
  if (!read_time(in, out)) return std::nullopt;
  out.has_time = true;
  if (in.done()) return out;
  in.take(' ');
  if (!read_offset(in, out) || !in.done()) return std::nullopt;
  out.has_offset = true;
  return out;
}

std::optional<std::string> decimal_digits(std::string_view text, int precision, int scale) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string_view whole = text.substr(0, point);
  std::string_view fraction = point < text.size() ? text.substr(point + 1) : std::string_view();
  const auto all_digits = [](std::string_view part) { return std::all_of(part.begin(), part.end(), is_digit); };
  if ((whole.empty() && fraction.empty()) || !all_digits(whole) || !all_digits(fraction)) return std::nullopt;
  while (whole.size() > 1 && whole.front() == '0') whole.remove_prefix(1);
  if (whole == "0") whole = {};
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  if (static_cast<int>(whole.size()) > precision - scale || static_cast<int>(fraction.size()) > scale)
    return std::nullopt;
  std::string digits = whole.empty() ? "0" : std::string(whole);
  if (!fraction.empty()) digits += "." + std::string(fraction);
  return negative && digits != "0" ? "-" + digits : digits;
}

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace mssql::tsql
