#include "encode.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "core/error.hpp"
#include "cell.hpp"
#include "decode.hpp"

namespace mssql::tds {

namespace {

constexpr std::int32_t days_to_1753 = 639905;
constexpr std::uint64_t ticks_per_second = 10'000'000;
constexpr int fraction_digits = 7;

// One value on its way: what the errors name and where the bytes go.
struct Value {
  const RemoteType& type;
  std::string_view text;
  const std::string& what;
  std::string& out;

  [[noreturn]] void invalid() const {
    throw Error(sqlstate::invalid_text,
                "invalid value for " + what + " of type " + declare(type) + ": \"" + std::string(text) + "\"");
  }
  [[noreturn]] void out_of_range(const char* state) const {
    throw Error(state,
                "value of " + what + " is out of range for type " + declare(type) + ": \"" + std::string(text) + "\"",
                "The type must hold it exactly.");
  }
  void number(std::uint64_t value, std::size_t size) const { append_little_endian(value, size, out); }
};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Fields of fixed width from the front of a text; `good` turns false where one is missing.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  int digits(std::size_t width, int low, int high) {
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) value = value * 10 + digit();
    good_ = good_ && value >= low && value <= high;
    return value;
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { good_ = take(c) && good_; }
  // As 10^-7 s.
  std::uint64_t fraction() {
    std::uint64_t value = 0;
    int count = 0;
    for (; good_ && !rest_.empty() && is_digit(rest_.front()); ++count)
      value = value * 10 + static_cast<std::uint64_t>(digit());
    good_ = good_ && count > 0 && count <= fraction_digits;
    for (; count < fraction_digits; ++count) value *= 10;
    return value;
  }
  bool complete() const { return good_ && rest_.empty(); }

 private:
  int digit() {
    if (rest_.empty() || !is_digit(rest_.front())) {
      good_ = false;
      return 0;
    }
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
  bool good_{true};
};

// Days since 0001-01-01 in the proleptic Gregorian calendar: whole 400-year cycles that begin on 1
// March.
std::int32_t day_number(int year, int month, int day) noexcept {
  const int y = month <= 2 ? year - 1 : year;
  const int year_of_cycle = y % 400;
  const int month_from_march = month > 2 ? month - 3 : month + 9;
  const int day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  return y / 400 * 146097 + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year - 306;
}

int days_in_month(int year, int month) noexcept {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

std::optional<WireDateTime> read_moment(std::string_view text, bool with_date, bool with_time, bool with_offset) {
  Fields fields(text);
  WireDateTime moment;
  if (with_date) {
    const int year = fields.digits(4, 1, 9999);
    fields.expect('-');
    const int month = fields.digits(2, 1, 12);
    fields.expect('-');
    const int day = fields.digits(2, 1, 31);
    if (month < 1 || day > days_in_month(year, month)) return std::nullopt;
    moment.days = day_number(year, month, day);
  }
  if (with_date && with_time && !fields.take(' ')) fields.expect('T');
  if (with_time) {
    moment.ticks = static_cast<std::uint64_t>(fields.digits(2, 0, 23)) * 60;
    fields.expect(':');
    moment.ticks = (moment.ticks + static_cast<std::uint64_t>(fields.digits(2, 0, 59))) * ticks_per_minute;
    fields.expect(':');
    moment.ticks += static_cast<std::uint64_t>(fields.digits(2, 0, 59)) * ticks_per_second;
    if (fields.take('.')) moment.ticks += fields.fraction();
  }
  if (with_offset) {
    fields.take(' ');
    const int sign = fields.take('-') ? -1 : 1;
    if (sign > 0) fields.expect('+');
    const int hours = fields.digits(2, 0, 14);
    fields.expect(':');
    moment.offset = static_cast<std::int16_t>(sign * (hours * 60 + fields.digits(2, 0, hours == 14 ? 0 : 59)));
  }
  return fields.complete() ? std::optional(moment) : std::nullopt;
}

void append_time(const Value& value, std::uint64_t ticks) {
  const auto unit =
      static_cast<std::uint64_t>(powers_of_ten[static_cast<std::size_t>(fraction_digits - value.type.scale)]);
  if (ticks % unit != 0) value.out_of_range(sqlstate::datetime_overflow);
  value.number(ticks / unit, value.type.scale <= 2 ? 3 : value.type.scale <= 4 ? 4 : 5);
}

void append_date(const Value& value, std::int32_t days) { value.number(static_cast<std::uint64_t>(days), 3); }

// Ticks of 1/300 s are spelled as the nearest millisecond: .000, .003, .007.
void append_datetime(const Value& value, const WireDateTime& moment) {
  constexpr std::uint64_t ticks_per_millisecond = ticks_per_second / 1000;
  const std::uint64_t milliseconds = moment.ticks / ticks_per_millisecond;
  const std::uint64_t units = (milliseconds * 3 + 5) / 10;
  const bool exact = moment.ticks % ticks_per_millisecond == 0 && (units * 10 + 1) / 3 == milliseconds;
  if (!exact || moment.days < days_to_1753) value.out_of_range(sqlstate::datetime_overflow);
  value.number(static_cast<std::uint32_t>(moment.days - days_to_1900), 4);
  value.number(units, 4);
}

void append_smalldatetime(const Value& value, const WireDateTime& moment) {
  const std::int32_t days = moment.days - days_to_1900;
  if (moment.ticks % ticks_per_minute != 0 || days < 0 || days > std::numeric_limits<std::uint16_t>::max())
    value.out_of_range(sqlstate::datetime_overflow);
  value.number(static_cast<std::uint64_t>(days), 2);
  value.number(moment.ticks / ticks_per_minute, 2);
}

// On the wire day and time are those in UTC.
void append_datetimeoffset(const Value& value, WireDateTime moment) {
  shift(moment, -moment.offset);
  if (moment.days < 0 || moment.days > last_day) value.out_of_range(sqlstate::datetime_overflow);
  append_time(value, moment.ticks);
  append_date(value, moment.days);
  value.number(static_cast<std::uint16_t>(moment.offset), 2);
}

void append_moment(const Value& value) {
  const Type type = value.type.type;
  const auto moment = read_moment(value.text, type != Type::time, type != Type::date, type == Type::datetimeoffset);
  if (!moment) value.invalid();
  switch (type) {
    case Type::date: return append_date(value, moment->days);
    case Type::time: return append_time(value, moment->ticks);
    case Type::smalldatetime: return append_smalldatetime(value, *moment);
    case Type::datetime: return append_datetime(value, *moment);
    case Type::datetimeoffset: return append_datetimeoffset(value, *moment);
    default: append_time(value, moment->ticks); return append_date(value, moment->days);
  }
}

void append_integer(const Value& value, std::int64_t low, std::int64_t high, std::size_t size) {
  std::int64_t number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [stop, status] = std::from_chars(value.text.data(), end, number);
  if (status == std::errc::invalid_argument || stop != end) value.invalid();
  if (status != std::errc() || number < low || number > high) value.out_of_range(sqlstate::numeric_out_of_range);
  value.number(static_cast<std::uint64_t>(number), size);
}

void append_bit(const Value& value) {
  const bool yes = value.text == "1" || value.text == "true";
  if (!yes && value.text != "0" && value.text != "false") value.invalid();
  value.number(yes ? 1 : 0, 1);
}

template <class Float, class Bits>
void append_float(const Value& value) {
  Float number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [stop, status] = std::from_chars(value.text.data(), end, number);
  if (status == std::errc::invalid_argument || stop != end) value.invalid();
  if (status != std::errc() || !std::isfinite(number)) value.out_of_range(sqlstate::numeric_out_of_range);
  value.number(std::bit_cast<Bits>(number), sizeof(Bits));
}

// [-]digits[.digits] times 10^scale.
Decimal read_decimal(const Value& value, int precision, int scale) {
  std::string_view rest = value.text;
  Decimal number;
  number.scale = scale;
  if (rest.starts_with('-')) {
    number.negative = true;
    rest.remove_prefix(1);
  }
  // Checked first: ten times 38 digits may be more than 128 bits hold
  const auto append_digit = [&](unsigned digit) {
    if (number.magnitude >= powers_of_ten[static_cast<std::size_t>(precision - 1)])
      value.out_of_range(sqlstate::numeric_out_of_range);
    number.magnitude = number.magnitude * 10 + digit;
  };
  int behind_point = -1;
  bool any = false;
  for (const char c : rest) {
    if (c == '.' && behind_point < 0) {
      behind_point = 0;
      continue;
    }
    if (!is_digit(c)) value.invalid();
    any = true;
    if (behind_point >= 0 && ++behind_point > scale) {
      if (c != '0') value.out_of_range(sqlstate::numeric_out_of_range);
      continue;
    }
    append_digit(static_cast<unsigned>(c - '0'));
  }
  if (!any) value.invalid();
  for (int missing = scale - std::max(behind_point, 0); missing > 0; --missing) append_digit(0);
  if (number.magnitude == 0) number.negative = false;
  return number;
}

void append_decimal(const Value& value) {
  const Decimal number = read_decimal(value, value.type.precision, value.type.scale);
  value.number(number.negative ? 0 : 1, 1);
  value.number(static_cast<std::uint64_t>(number.magnitude), 8);
  value.number(static_cast<std::uint64_t>(number.magnitude >> 64), 8);
}

void append_money(const Value& value, std::int64_t low, std::int64_t high) {
  const Decimal number = read_decimal(value, 19, 4);
  const auto magnitude = static_cast<__int128>(number.magnitude);
  const __int128 units = number.negative ? -magnitude : magnitude;
  if (units < low || units > high) value.out_of_range(sqlstate::numeric_out_of_range);
  const auto bits = static_cast<std::uint64_t>(units);
  if (value.type.type == Type::money) value.number(bits >> 32, 4);
  value.number(bits, 4);
}

void append_uuid(const Value& value) {
  static constexpr std::size_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  std::string bytes;
  if (value.text.size() != 36) value.invalid();
  for (std::size_t i = 0; i < value.text.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (value.text[i++] != '-') value.invalid();
      continue;
    }
    const int high = hex_digit(value.text[i]);
    const int low = hex_digit(value.text[i + 1]);
    if (high < 0 || low < 0) value.invalid();
    bytes += static_cast<char>(high * 16 + low);
    i += 2;
  }
  for (const std::size_t i : order) value.out += bytes[i];
}

template <class Integer>
void append_integer_of(const Value& value) {
  append_integer(value, std::numeric_limits<Integer>::min(), std::numeric_limits<Integer>::max(), sizeof(Integer));
}

}  // namespace

int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

WireType wire_type(Type type) noexcept {
  switch (type) {
    case Type::bit: return WireType::bit;
    case Type::tinyint: return WireType::tinyint;
    case Type::smallint: return WireType::smallint;
    case Type::int_: return WireType::int_;
    case Type::bigint: return WireType::bigint;
    case Type::decimal: return WireType::decimal;
    case Type::money: return WireType::money;
    case Type::smallmoney: return WireType::smallmoney;
    case Type::real: return WireType::real;
    case Type::float_: return WireType::float_;
    case Type::date: return WireType::date;
    case Type::time: return WireType::time;
    case Type::smalldatetime: return WireType::smalldatetime;
    case Type::datetime: return WireType::datetime;
    case Type::datetime2: return WireType::datetime2;
    case Type::datetimeoffset: return WireType::datetimeoffset;
    case Type::uniqueidentifier: return WireType::uniqueidentifier;
    case Type::char_:
    case Type::varchar:
    case Type::text:
    case Type::nchar:
    case Type::nvarchar:
    case Type::ntext:
    case Type::json:
    case Type::vector:
    case Type::sql_variant: return WireType::text;
    case Type::xml: return WireType::xml;
    case Type::binary:
    case Type::varbinary:
    case Type::image:
    case Type::rowversion:
    case Type::hierarchyid:
    case Type::geometry:
    case Type::geography:
    case Type::udt: return WireType::binary;
  }
  return WireType::binary;
}

void encode_text(const RemoteType& type, std::string_view text, const std::string& what, std::string& out) {
  const Value value{type, text, what, out};
  switch (wire_type(type.type)) {
    case WireType::bit: return append_bit(value);
    case WireType::tinyint: return append_integer_of<std::uint8_t>(value);
    case WireType::smallint: return append_integer_of<std::int16_t>(value);
    case WireType::int_: return append_integer_of<std::int32_t>(value);
    case WireType::bigint: return append_integer_of<std::int64_t>(value);
    case WireType::real: return append_float<float, std::uint32_t>(value);
    case WireType::float_: return append_float<double, std::uint64_t>(value);
    case WireType::decimal: return append_decimal(value);
    case WireType::money:
      return append_money(value, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
    case WireType::smallmoney:
      return append_money(value, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
    case WireType::date:
    case WireType::time:
    case WireType::smalldatetime:
    case WireType::datetime:
    case WireType::datetime2:
    case WireType::datetimeoffset: return append_moment(value);
    case WireType::uniqueidentifier: return append_uuid(value);
    case WireType::text:
    case WireType::xml:
    case WireType::binary:
    case WireType::variant:
    case WireType::udt: break;
  }
  throw Error(sqlstate::internal, "a value of type " + declare(type) + " is not encoded from text");
}

}  // namespace mssql::tds
