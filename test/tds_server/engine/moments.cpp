#include "moments.hpp"

#include <array>
#include <cctype>
#include <cstdio>

#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {

std::int32_t day_number(int year, int month, int day) {
  // Days of whole 400-year eras, March-based years.
  const int y = month <= 2 ? year - 1 : year;
  const int era = y / 400;
  const int year_of_era = y - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 306;
}

void civil(std::int32_t day, int& year, int& month, int& day_of_month) {
  const int shifted = day + 306;
  const int era = shifted / 146097;
  const int day_of_era = shifted - era * 146097;
  const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int month_index = (5 * day_of_year + 2) / 153;
  day_of_month = day_of_year - (153 * month_index + 2) / 5 + 1;
  month = month_index < 10 ? month_index + 3 : month_index - 9;
  year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
}

bool is_valid_date(int year, int month, int day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};

// Reads the pieces of a date or time from left to right; any failure makes the whole text no
// moment.
class MomentReader {
 public:
  explicit MomentReader(std::string_view text) : text_(text) {}

  std::optional<Moment> read() {
    skip();
    if (done()) return moment_;  // '' is 1900-01-01 00:00
    while (!done()) {
      if (!piece()) return std::nullopt;
      skip();
    }
    if (!moment_.has_date && (month_ > 0 || number_count_ > 0) && !close_date()) return std::nullopt;
    return moment_;
  }

 private:
  bool done() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool digit(std::size_t ahead = 0) const { return std::isdigit(static_cast<unsigned char>(peek(ahead))) != 0; }
  void skip() {
    while (!done() && (static_cast<unsigned char>(peek()) <= ' ' || peek() == ',')) ++at_;
  }

  bool piece() {
    if (digit()) return number_piece();
    if (std::isalpha(static_cast<unsigned char>(peek()))) return word_piece();
    if ((peek() == '+' || peek() == '-') && moment_.has_time) return offset_piece();
    return false;
  }

  bool number_piece() {
    std::size_t length = 0;
    while (digit(length)) ++length;
    const char after = peek(length);
    if (after == ':') return time_piece();
    if (!moment_.has_date && (after == '-' || after == '/' || (after == '.' && digit(length + 1))))
      return separated_date(after);
    // 3PM, 3 PM
    std::size_t next = length;
    while (peek(next) == ' ') ++next;
    const char meridiem = static_cast<char>(std::tolower(static_cast<unsigned char>(peek(next))));
    if (length <= 2 && (meridiem == 'a' || meridiem == 'p') &&
        std::tolower(static_cast<unsigned char>(peek(next + 1))) == 'm')
      return time_piece();
    if (moment_.has_date) return false;
    const int value = number(length);
    if (month_ == 0 && number_count_ == 0 && (length == 8 || length == 6)) {
      const int year = length == 8 ? value / 10000 : century(value / 10000);
      return set_date(year, value / 100 % 100, value % 100);
    }
    if (month_ == 0 && number_count_ == 0 && length == 4) return set_date(value, 1, 1);
    if (number_count_ >= 2) return false;
    digits_[number_count_] = static_cast<int>(length);
    numbers_[number_count_++] = value;
    return true;
  }

  // Month name with day and year around it in any order.
  bool word_piece() {
    std::size_t length = 0;
    while (std::isalpha(static_cast<unsigned char>(peek(length)))) ++length;
    const std::string word = lower(text_.substr(at_, length));
    if (word == "t" && moment_.has_date && digit(1)) {
      ++at_;
      return time_piece();
    }
    if (word == "z" && moment_.has_time) {
      ++at_;
      moment_.has_offset = true;
      return true;
    }
    if (word == "am" || word == "pm") return false;
    for (std::size_t i = 0; i < kMonths.size(); ++i) {
      if (length >= 3 && kMonths[i].substr(0, length) == word) {
        if (month_ != 0 || moment_.has_date) return false;
        at_ += length;
        month_ = static_cast<int>(i) + 1;
        return true;
      }
    }
    return false;
  }

  bool close_date() {
    if (month_ == 0) return false;
    int year = 0, day = 1;
    if (number_count_ == 1) {
      if (digits_[0] != 4) return false;
      year = numbers_[0];
    } else if (number_count_ == 2) {
      const bool year_first = digits_[0] == 4;
      year = numbers_[year_first ? 0 : 1];
      day = numbers_[year_first ? 1 : 0];
      if (digits_[year_first ? 0 : 1] <= 2) year = century(year);
    } else {
      return false;
    }
    return set_date(year, month_, day);
  }

  bool separated_date(char separator) {
    std::array<int, 3> parts{};
    std::array<std::size_t, 3> lengths{};
    for (std::size_t i = 0; i < 3; ++i) {
      std::size_t length = 0;
      if (i == 1 && std::isalpha(static_cast<unsigned char>(peek()))) {  // 31-Jul-2008
        while (std::isalpha(static_cast<unsigned char>(peek(length)))) ++length;
        const std::string word = lower(text_.substr(at_, length));
        for (std::size_t m = 0; m < kMonths.size(); ++m) {
          if (length >= 3 && kMonths[m].substr(0, length) == word) parts[1] = -static_cast<int>(m + 1);
        }
        if (parts[1] == 0) return false;
        at_ += length;
        lengths[1] = 2;
      } else {
        while (digit(length)) ++length;
        if (length == 0 || length > 4) return false;
        lengths[i] = length;
        parts[i] = number(length);
      }
      if (i < 2) {
        if (peek() != separator) return false;
        ++at_;
      }
    }
    if (parts[1] < 0) {
      const bool year_first = lengths[0] == 4;
      const int year = year_first ? parts[0] : (lengths[2] <= 2 ? century(parts[2]) : parts[2]);
      return set_date(year, -parts[1], year_first ? parts[2] : parts[0]);
    }
    if (lengths[0] == 4) return set_date(parts[0], parts[1], parts[2]);
    if (lengths[2] == 4) return set_date(parts[2], parts[0], parts[1]);
    return set_date(century(parts[2]), parts[0], parts[1]);
  }

  bool time_piece() {
    if (moment_.has_time) return false;
    if (!moment_.has_date && (month_ > 0 || number_count_ > 0) && !close_date()) return false;
    int hour = 0, minute = 0, second = 0;
    std::int64_t fraction = 0;
    if (!two_digits(hour)) return false;
    if (peek() == ':') {
      ++at_;
      if (!two_digits(minute)) return false;
      if (peek() == ':') {
        ++at_;
        if (!two_digits(second)) return false;
        if (peek() == '.' || (peek() == ':' && digit(1))) {
          const bool millis = peek() == ':';  // hh:mm:ss:mmm counts thousandths
          ++at_;
          std::size_t length = 0;
          while (digit(length)) ++length;
          if (length == 0) return false;
          for (std::size_t i = 0; i < 7; ++i) fraction = fraction * 10 + (i < length ? peek(i) - '0' : 0);
          if (millis && length < 3) {
            fraction = 0;
            for (std::size_t i = 0; i < length; ++i) fraction = fraction * 10 + (peek(i) - '0');
            fraction *= 10'000;
          }
          if (length > 7 && peek(7) >= '5') ++fraction;
          at_ += length;
        }
      }
    }
    while (peek() == ' ') ++at_;
    const char meridiem = static_cast<char>(std::tolower(static_cast<unsigned char>(peek())));
    if ((meridiem == 'a' || meridiem == 'p') && std::tolower(static_cast<unsigned char>(peek(1))) == 'm') {
      if (hour > 12 && meridiem == 'a') return false;
      if (meridiem == 'p' && hour < 12) hour += 12;
      if (meridiem == 'a' && hour == 12) hour = 0;
      at_ += 2;
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    moment_.ticks = (hour * 3600LL + minute * 60LL + second) * kTicksPerSecond + fraction;
    if (moment_.ticks >= kTicksPerDay) moment_.ticks = kTicksPerDay - 1;
    moment_.has_time = true;
    return true;
  }

  bool offset_piece() {
    const int sign = peek() == '-' ? -1 : 1;
    ++at_;
    int hours = 0, minutes = 0;
    if (!two_digits(hours)) return false;
    if (peek() == ':') {
      ++at_;
      if (!two_digits(minutes)) return false;
    }
    if (hours > 14 || minutes > 59 || hours * 60 + minutes > 840) return false;
    moment_.offset = sign * (hours * 60 + minutes);
    moment_.has_offset = true;
    return true;
  }

  bool two_digits(int& value) {
    std::size_t length = 0;
    while (digit(length)) ++length;
    if (length == 0 || length > 2) return false;
    value = number(length);
    return true;
  }

  int number(std::size_t length) {
    int value = 0;
    for (std::size_t i = 0; i < length && i < 9; ++i) value = value * 10 + (peek(i) - '0');
    at_ += length;
    return length > 9 ? -1 : value;
  }

  // 50 begins the previous century: two digit year cutoff 2049.
  static int century(int year) { return year < 50 ? 2000 + year : 1900 + year; }

  bool set_date(int year, int month, int day) {
    if (!is_valid_date(year, month, day)) return false;
    moment_.day = day_number(year, month, day);
    moment_.has_date = true;
    return true;
  }

  std::string_view text_;
  std::size_t at_{0};
  Moment moment_;
  int month_{0};
  std::size_t number_count_{0};
  std::array<int, 2> numbers_{};
  std::array<int, 2> digits_{};
};

int two(std::string_view text, std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); }

std::int64_t time_ticks(std::string_view text) {
  std::int64_t ticks = (two(text, 0) * 3600LL + two(text, 3) * 60LL + two(text, 6)) * kTicksPerSecond;
  std::int64_t unit = kTicksPerSecond / 10;
  for (std::size_t i = 9; i < text.size() && unit > 0; ++i, unit /= 10) ticks += (text[i] - '0') * unit;
  return ticks;
}

constexpr std::array<std::int64_t, 8> kUnits = {10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};

}  // namespace

std::optional<Moment> parse_moment(std::string_view text) { return MomentReader(text).read(); }

std::int64_t round_to_scale(std::int64_t ticks, int scale) {
  const std::int64_t unit = kUnits[static_cast<std::size_t>(scale)];
  return (ticks + unit / 2) / unit * unit;
}

std::int64_t round_to_datetime(std::int64_t ticks) {
  const std::int64_t in_day = ticks % kTicksPerDay;
  const std::int64_t thirds = (in_day * 3 + 50'000) / 100'000;
  return ticks - in_day + (thirds * 100'000 + 1) / 3;
}

std::string format_date(std::int32_t day) {
  int year = 0, month = 0, day_of_month = 0;
  civil(day, year, month, day_of_month);
  std::string out = "0000-00-00";
  const auto put = [&](std::size_t at, int value, int width) {
    for (int i = width - 1; i >= 0; --i, value /= 10)
      out[at + static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
  };
  put(0, year, 4);
  put(5, month, 2);
  put(8, day_of_month, 2);
  return out;
}

std::string format_time(std::int64_t ticks, int scale) {
  const std::int64_t seconds = ticks / kTicksPerSecond;
  std::string out = "00:00:00";
  const auto put = [&](std::size_t at, std::int64_t value) {
    out[at] = static_cast<char>('0' + value / 10);
    out[at + 1] = static_cast<char>('0' + value % 10);
  };
  put(0, seconds / 3600);
  put(3, seconds / 60 % 60);
  put(6, seconds % 60);
  if (scale > 0) {
    std::int64_t fraction = ticks % kTicksPerSecond / kUnits[static_cast<std::size_t>(scale)];
    std::string digits(static_cast<std::size_t>(scale), '0');
    for (std::size_t i = digits.size(); i-- > 0; fraction /= 10) digits[i] = static_cast<char>('0' + fraction % 10);
    out += '.' + digits;
  }
  return out;
}

std::string format_ticks(const TypeInfo& type, std::int64_t ticks) {
  if (type.type == SqlType::time) return format_time(ticks, type.scale);
  int scale = type.scale;
  if (type.type == SqlType::datetime) {
    // A third of a hundredth prints as .000, .003 or .007.
    scale = 3;
    ticks = (ticks + 5'000) / 10'000 * 10'000;
  } else if (type.type == SqlType::smalldatetime) {
    scale = 0;
  }
  return format_date(static_cast<std::int32_t>(ticks / kTicksPerDay)) + ' ' + format_time(ticks % kTicksPerDay, scale);
}

std::string format_instant(std::int64_t utc, int offset, int scale) {
  const std::int64_t local = utc + offset * 60LL * kTicksPerSecond;
  char zone[8];
  const unsigned minutes = static_cast<unsigned>(offset < 0 ? -offset : offset) % 1000;
  std::snprintf(zone, sizeof zone, "%c%02u:%02u", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
  return format_date(static_cast<std::int32_t>(local / kTicksPerDay)) + ' ' + format_time(local % kTicksPerDay, scale) +
         ' ' + zone;
}

std::int32_t canonical_day(std::string_view text) {
  return day_number(two(text, 0) * 100 + two(text, 2), two(text, 5), two(text, 8));
}

std::int64_t canonical_ticks(const TypeInfo& type, std::string_view text) {
  if (type.type == SqlType::time) return time_ticks(text);
  const std::int64_t ticks = canonical_day(text) * kTicksPerDay + time_ticks(text.substr(11));
  // .003 stands for the third of a hundredth nearest to it.
  return type.type == SqlType::datetime ? round_to_datetime(ticks) : ticks;
}

void canonical_instant(std::string_view text, std::int64_t& utc, int& offset) {
  const std::size_t blank = text.rfind(' ');
  const std::string_view zone = text.substr(blank + 1);
  offset = two(zone, 1) * 60 + two(zone, 4);
  if (zone[0] == '-') offset = -offset;
  utc = canonical_day(text) * kTicksPerDay + time_ticks(text.substr(11, blank - 11)) - offset * 60LL * kTicksPerSecond;
}

}  // namespace tds_server::engine
