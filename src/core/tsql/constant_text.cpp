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

bool skip_offset(Scanner& in) {
  if (!in.take('-') && !in.take('+')) return false;
  int hours = 0;
  int minutes = 0;
  if (!in.number(2, 0, 14, hours)) return false;
  if (in.take(':') && !in.number(2, 0, 59, minutes)) return false;
  return hours * 60 + minutes <= 14 * 60;
}

}  // namespace

std::string Timestamp::date_text() const { return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2); }

std::string Timestamp::time_text() const {
  std::string text = padded(hour, 2) + ":" + padded(minute, 2) + ":" + padded(second, 2);
  if (fraction != 0) text += "." + padded(fraction, 6).substr(0, static_cast<std::size_t>(fraction_digits()));
  return text;
}

int Timestamp::fraction_digits() const noexcept {
  if (fraction == 0) return 0;
  int digits = 6;
  for (int rest = fraction; rest % 10 == 0; rest /= 10) --digits;
  return digits;
}

bool Timestamp::is_datetime_tick() const noexcept {
  const int last = fraction / 1000 % 10;
  return fraction % 1000 == 0 && (last == 0 || last == 3 || last == 7);
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
  if (!skip_offset(in) || !in.done()) return std::nullopt;
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
