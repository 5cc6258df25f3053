#include "spelling.hpp"

#include <charconv>
#include <cmath>

namespace mssql {

namespace {

constexpr std::uint64_t ticks_per_microsecond = 10;

template <class Float>
void append_any_float(Float value, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
  } else {
    char buffer[64];
    out.append(buffer, static_cast<std::size_t>(std::to_chars(buffer, buffer + sizeof buffer, value).ptr - buffer));
  }
}

// How many digits of a fraction of a second are not needless zeros.
int fraction_digits(std::int64_t microseconds) noexcept {
  std::int64_t rest = microseconds % 1'000'000;
  if (rest == 0) return 0;
  int digits = 6;
  for (; rest % 10 == 0; rest /= 10) --digits;
  return digits;
}

std::string spelled_decimal(const Decimal& value) {
  std::string out;
  append_decimal(value, out);
  if (value.scale == 0) return out;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

// With a T the two older types are read alike under every SET DATEFORMAT. datetime's ISO 8601 form
// has three digits of fraction or none.
std::string spelled_moment(const RemoteType& type, DateTime value) {
  if (type.type == Type::datetimeoffset) {
    value.microseconds += value.offset_minutes * std::int64_t{60'000'000};
    if (value.microseconds < 0 || value.microseconds >= microseconds_per_day) {
      value.days += value.microseconds < 0 ? -1 : 1;
      value.microseconds += value.microseconds < 0 ? microseconds_per_day : -microseconds_per_day;
    }
  }
  std::string out;
  if (type.type != Type::time) append_date(out, value.days + days_to_2000);
  if (type.type == Type::date) return out;
  if (type.type != Type::time) out += 'T';
  const int digits = fraction_digits(value.microseconds);
  append_time(out, static_cast<std::uint64_t>(value.microseconds) * ticks_per_microsecond,
              type.type == Type::datetime && digits > 0 && digits < 3 ? 3 : digits);
  if (type.type == Type::datetimeoffset) append_offset(out, value.offset_minutes);
  return out;
}

struct Spelling {
  const RemoteType& type;

  std::string operator()(std::monostate) const { return "NULL"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const {
    std::string out;
    type.type == Type::real ? append_float(static_cast<float>(value), out) : append_float(value, out);
    return out;
  }
  std::string operator()(const Decimal& value) const { return spelled_decimal(value); }
  std::string operator()(const DateTime& value) const { return spelled_moment(type, value); }
  std::string operator()(const Uuid& value) const {
    std::string out;
    append_uuid(value, out);
    return out;
  }
  std::string operator()(const Text& value) const { return std::string(value.utf8); }
  std::string operator()(const Binary& value) const {
    std::string out = "0x";
    append_hex(reinterpret_cast<const std::uint8_t*>(value.bytes.data()), value.bytes.size(), out);
    return out;
  }
};

}  // namespace

std::string spelled(const RemoteType& type, const Scalar& value) { return std::visit(Spelling{type}, value); }

void append_bracketed(std::string_view name, std::string& out) {
  out += '[';
  for (const char c : name) out.append(c == ']' ? 2 : 1, c);
  out += ']';
}

void append_digits(std::string& out, std::uint64_t value, int width) {
  char digits[20];
  for (int i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits, static_cast<std::size_t>(width));
}

// Civil date of a day number in the proleptic Gregorian calendar: 400-year cycles of 146097 days
// that begin on 1 March.
void append_date(std::string& out, std::int32_t days) {
  const std::int32_t shifted = days + 306;  // days since 0000-03-01
  const std::int32_t cycle = shifted / 146097;
  const std::int32_t day_of_cycle = shifted % 146097;
  const std::int32_t year_of_cycle =
      (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
  const std::int32_t day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
  const std::int32_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int32_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::int32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int32_t year = cycle * 400 + year_of_cycle + (month <= 2 ? 1 : 0);
  append_digits(out, static_cast<std::uint64_t>(year), 4);
  out += '-';
  append_digits(out, static_cast<std::uint64_t>(month), 2);
  out += '-';
  append_digits(out, static_cast<std::uint64_t>(day), 2);
}

void append_time(std::string& out, std::uint64_t ticks, int fraction) {
  const std::uint64_t seconds = ticks / 10'000'000;
  append_digits(out, seconds / 3600, 2);
  out += ':';
  append_digits(out, seconds / 60 % 60, 2);
  out += ':';
  append_digits(out, seconds % 60, 2);
  if (fraction == 0) return;
  out += '.';
  append_digits(out,
                ticks % 10'000'000 / static_cast<std::uint64_t>(powers_of_ten[static_cast<std::size_t>(7 - fraction)]),
                fraction);
}

void append_offset(std::string& out, int minutes) {
  out += minutes < 0 ? '-' : '+';
  const auto size = static_cast<std::uint64_t>(minutes < 0 ? -minutes : minutes);
  append_digits(out, size / 60, 2);
  out += ':';
  append_digits(out, size % 60, 2);
}

void append_decimal(const Decimal& value, std::string& out) {
  char digits[40];
  int count = 0;
  unsigned __int128 rest = value.magnitude;
  do {
    digits[count++] = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0 || count <= value.scale);  // a digit stands before the point
  if (value.negative) out += '-';
  while (count > 0) {
    if (count == value.scale) out += '.';
    out += digits[--count];
  }
}

void append_float(double value, std::string& out) { append_any_float(value, out); }
void append_float(float value, std::string& out) { append_any_float(value, out); }

void append_hex(const std::uint8_t* data, std::size_t size, std::string& out) {
  static constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < size; ++i) {
    out += digits[data[i] >> 4];
    out += digits[data[i] & 15];
  }
}

void append_uuid(const Uuid& uuid, std::string& out) {
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    append_hex(&uuid[i], 1, out);
  }
}

}  // namespace mssql
