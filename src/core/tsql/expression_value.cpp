#include "expression_value.hpp"

#include <algorithm>
#include <charconv>

#include "constant_text.hpp"
#include "lexer.hpp"

namespace mssql::tsql {

namespace {

using Result = std::optional<Value>;

bool is_unicode(Type type) noexcept { return type == Type::nchar || type == Type::nvarchar || type == Type::ntext; }

bool is_character(Type type) noexcept {
  return type == Type::char_ || type == Type::varchar || type == Type::text || is_unicode(type);
}

bool same_type(const RemoteType& a, const RemoteType& b) noexcept {
  return a.type == b.type && a.max_length == b.max_length && a.precision == b.precision && a.scale == b.scale;
}

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

bool is_zero(const std::string& digits) { return digits.find_first_of("123456789") == std::string::npos; }

// Precision and scale of an exact type, as T-SQL's arithmetic takes them; nothing for other types.
struct Digits {
  int precision;
  int scale;
  bool integer;
  bool money;
};

std::optional<Digits> digits_of(const RemoteType& type) noexcept {
  switch (type.type) {
    case Type::tinyint: return Digits{3, 0, true, false};
    case Type::smallint: return Digits{5, 0, true, false};
    case Type::int_: return Digits{10, 0, true, false};
    case Type::bigint: return Digits{19, 0, true, false};
    case Type::decimal: return Digits{type.precision, type.scale, false, false};
    case Type::money: return Digits{19, 4, false, true};
    case Type::smallmoney: return Digits{10, 4, false, true};
    default: return std::nullopt;
  }
}

bool in_integer_range(Type type, const std::string& digits) {
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (status != std::errc() || end != digits.data() + digits.size()) return false;
  switch (type) {
    case Type::tinyint: return value >= 0 && value <= 255;
    case Type::smallint: return value >= INT16_MIN && value <= INT16_MAX;
    case Type::int_: return value >= INT32_MIN && value <= INT32_MAX;
    default: return true;
  }
}

Value typed(ValueKind kind, std::string sql, const RemoteType& type) {
  Value value{kind, std::move(sql)};
  value.type = type;
  if (const auto digits = digits_of(type)) {
    value.precision = digits->precision;
    value.scale = digits->scale;
    value.integer = digits->integer;
    value.money = digits->money;
  }
  return value;
}

Value constant(ValueKind kind, std::string sql, std::string text, const RemoteType& type) {
  Value value = typed(kind, std::move(sql), type);
  value.constant = true;
  value.text = std::move(text);
  return value;
}

Value bit_constant(bool on) {
  return constant(ValueKind::bit, on ? "true" : "false", on ? "1" : "0", {Type::bit, 1, 1, 0});
}

// Plain digits ("-12.50") to a number type.
Result digits_to_number(const std::string& text, const RemoteType& type) {
  if (type.type == Type::bit) return decimal_digits(text, 38, 19) ? Result(bit_constant(!is_zero(text))) : std::nullopt;
  if (type.type == Type::real || type.type == Type::float_) {
    const auto digits = decimal_digits(text, 30, 15);
    if (!digits || digits->size() > 16) return std::nullopt;  // up to 15 digits every reader finds the same float
    return constant(ValueKind::floating, *digits, *digits, type);
  }
  const auto room = digits_of(type);
  if (!room) return std::nullopt;
  const auto digits = decimal_digits(text, room->precision, room->scale);
  if (!digits || (room->integer && !in_integer_range(type.type, *digits))) return std::nullopt;
  return constant(ValueKind::number, *digits, *digits, type);
}

Result text_to_string(const std::string& text, bool unicode, const RemoteType& type) {
  if (!is_ascii(text) && !(unicode && is_unicode(type.type)))
    return std::nullopt;  // a code page may lack the character
  const bool limited =
      is_character(type.type) && type.type != Type::text && type.type != Type::ntext && type.max_length >= 0;
  if (limited) {
    // Bytes of UTF-8 are never fewer than UTF-16 units, so that this refuses too much rather than
    // too little.
    const auto limit = static_cast<std::size_t>(is_unicode(type.type) ? type.max_length / 2 : type.max_length);
    if (text.size() > limit) return std::nullopt;
  }
  Value value = constant(ValueKind::string, quote_postgres(text), text, type);
  value.unicode = is_unicode(type.type);
  return value;
}

// A date or time in ISO form to a type: nothing may be rounded or cut, and no part be made up but
// midnight and 1900-01-01.
Result text_to_moment(const std::string& text, const RemoteType& type) {
  const std::string given = trimmed(text).empty() ? "1900-01-01" : trimmed(text);
  const auto moment = read_timestamp(given);
  if (!moment || moment->has_offset) return std::nullopt;
  const bool midnight = moment->hour == 0 && moment->minute == 0 && moment->second == 0 && moment->fraction == 0;
  std::string out;
  switch (type.type) {
    case Type::date:
      if (!moment->has_date || !midnight) return std::nullopt;
      out = moment->date_text();
      break;
    case Type::time:
      if (moment->has_date && !midnight) return std::nullopt;
      if (moment->fraction_digits() > type.scale) return std::nullopt;
      out = moment->time_text();
      break;
    case Type::smalldatetime:
      if (moment->year < 1900 || moment->year > 2078 || moment->second != 0 || moment->fraction != 0)
        return std::nullopt;
      out = moment->date_text() + " " + moment->time_text();
      break;
    case Type::datetime:
      if (moment->year < 1753 || !moment->is_datetime_tick()) return std::nullopt;
      out = moment->date_text() + " " + moment->time_text();
      break;
    case Type::datetime2:
    case Type::datetimeoffset:
      if (moment->fraction_digits() > type.scale) return std::nullopt;
      out = moment->date_text() + " " + moment->time_text() + (type.type == Type::datetimeoffset ? "+00" : "");
      break;
    default: return std::nullopt;
  }
  return constant(ValueKind::moment, "'" + out + "'", out, type);
}

Result string_to(const Value& value, const RemoteType& type) {
  if (is_character(type.type) || type.type == Type::xml) return text_to_string(value.text, value.unicode, type);
  const std::string text = trimmed(value.text);
  switch (type.type) {
    case Type::bit:
      if (same_keyword(text, "true")) return bit_constant(true);
      if (same_keyword(text, "false")) return bit_constant(false);
      if (text.find('.') != std::string::npos) return std::nullopt;
      return digits_to_number(text.empty() ? "0" : text, type);
    case Type::decimal:
      if (text.empty()) return std::nullopt;  // an error there
      return digits_to_number(text, type);
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint:
      if (text.find('.') != std::string::npos) return std::nullopt;  // an error there
      return digits_to_number(text.empty() ? "0" : text, type);
    case Type::money:
    case Type::smallmoney:
    case Type::real:
    case Type::float_: return digits_to_number(text.empty() ? "0" : text, type);
    case Type::uniqueidentifier: {
      if (!is_uuid(text)) return std::nullopt;
      std::string lower = text;
      for (char& c : lower) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
      return constant(ValueKind::uuid, "'" + lower + "'", lower, type);
    }
    default: return text_to_moment(value.text, type);
  }
}

Result number_to(const Value& value, const RemoteType& type) {
  if (!value.constant) {
    // The result of arithmetic over literals: PostgreSQL's assignment does the rest where nothing
    // is lost.
    const auto room = digits_of(type);
    if (!room || (room->integer && !value.integer) || room->scale < value.scale) return std::nullopt;
    return value;
  }
  if (is_character(type.type)) {
    // Integers and decimals print their digits; money would print two places.
    const bool canonical = !value.text.starts_with('.') && !value.text.starts_with("-.") && !value.text.ends_with('.');
    return value.money || !canonical ? std::nullopt : text_to_string(value.text, false, type);
  }
  // Zero is the one number that stands for a date in practice: the first of January 1900.
  const bool counts_days = type.type == Type::datetime || type.type == Type::smalldatetime;
  if (counts_days && value.integer && is_zero(value.text)) return text_to_moment("", type);
  return digits_to_number(value.text, type);
}

Result binary_to(const Value& value, const RemoteType& type) {
  if (type.type != Type::binary && type.type != Type::varbinary && type.type != Type::image) return std::nullopt;
  std::string digits = value.text.size() % 2 == 0 ? value.text : "0" + value.text;
  const bool limited = type.type != Type::image && type.max_length >= 0;
  const std::size_t limit = limited ? 2 * static_cast<std::size_t>(type.max_length) : digits.size();
  if (digits.size() > limit) return std::nullopt;
  if (type.type == Type::binary) digits.resize(limit, '0');
  return constant(ValueKind::binary, "decode('" + digits + "', 'hex')", digits, type);
}

std::string with_precision(const std::string& function, int digits) {
  return function + "(" + std::to_string(digits) + ")";
}

// The current time as a timestamp of at most `digits`, without what DATEADD added.
std::string clock_timestamp_text(const Value& value, int digits) {
  if (value.clock == Clock::utc) return "(" + with_precision("current_timestamp", digits) + " AT TIME ZONE 'UTC')";
  return with_precision("localtimestamp", digits);  // SYSDATETIMEOFFSET() converts to the local time of its offset
}

Result clock_to(const Value& value, const RemoteType& type) {
  int digits = std::min(value.fraction, 6);
  if (type.type == Type::datetime || type.type == Type::smalldatetime) digits = std::min(digits, 3);
  if (type.type == Type::time || type.type == Type::datetime2 || type.type == Type::datetimeoffset)
    digits = std::min(digits, type.scale);
  const std::string added = value.interval;
  const std::string timestamp = clock_timestamp_text(value, digits) + added;
  const std::string grouped = added.empty() ? timestamp : "(" + timestamp + ")";
  const bool plain_local = value.clock != Clock::utc && added.empty();
  std::string sql;
  switch (type.type) {
    case Type::datetime:
    case Type::datetime2: sql = timestamp; break;
    case Type::smalldatetime: sql = "date_trunc('minute', " + timestamp + " + interval '30 seconds')"; break;
    case Type::date: sql = plain_local ? "current_date" : grouped + "::date"; break;
    case Type::time: sql = with_precision(plain_local ? "localtime" : grouped + "::time", digits); break;
    case Type::datetimeoffset:
      // A datetime without an offset counts as UTC there, whatever clock it came from.
      if (value.clock == Clock::local) {
        sql = "(" + grouped + " AT TIME ZONE 'UTC')";  // DEFAULT takes no AT TIME ZONE outside parentheses
      } else {
        if (!added.empty()) return std::nullopt;  // a day is not always 24 hours in PostgreSQL's time zone
        sql = with_precision("current_timestamp", digits);
      }
      break;
    default: return std::nullopt;
  }
  return typed(ValueKind::moment, std::move(sql), type);
}

ValueKind column_kind(Type type) noexcept {
  switch (type) {
    case Type::bit: return ValueKind::bit;
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint:
    case Type::decimal:
    case Type::money:
    case Type::smallmoney: return ValueKind::number;
    case Type::real:
    case Type::float_: return ValueKind::floating;
    case Type::date:
    case Type::time:
    case Type::smalldatetime:
    case Type::datetime:
    case Type::datetime2:
    case Type::datetimeoffset: return ValueKind::moment;
    case Type::char_:
    case Type::varchar:
    case Type::nchar:
    case Type::nvarchar: return ValueKind::string;
    case Type::uniqueidentifier: return ValueKind::uuid;
    default: return ValueKind::other;
  }
}

Result moment_to(const Value& value, const RemoteType& type) {
  if (value.constant) return text_to_moment(value.text, type);
  if (same_type(*value.type, type)) return value;
  if (value.type->type != Type::date) return std::nullopt;
  if (type.type == Type::datetime || type.type == Type::datetime2 || type.type == Type::smalldatetime)
    return typed(ValueKind::moment, "(" + value.sql + ")::timestamp", type);
  return std::nullopt;
}

Result uuid_to(const Value& value, const RemoteType& type) {
  if (type.type == Type::uniqueidentifier) return value;
  const int room = is_unicode(type.type) ? type.max_length / 2 : type.max_length;
  if (value.constant || !is_character(type.type) || (type.max_length >= 0 && room < 36)) return std::nullopt;
  return typed(ValueKind::name_text, "upper(" + value.sql + "::text)", type);
}

}  // namespace

std::string operand(const Value& value, Binding least) {
  return value.binding < least ? "(" + value.sql + ")" : value.sql;
}

std::string quote_postgres(const std::string& text) {
  const bool backslash = text.find('\\') != std::string::npos;
  std::string quoted = backslash ? "E'" : "'";
  for (char c : text) {
    quoted += c;
    if (c == '\'' || c == '\\') quoted += c;
  }
  return quoted + "'";
}

Value number_literal(std::string digits, bool money) {
  const std::size_t point = digits.find('.');
  Value value{ValueKind::number, digits};
  value.constant = true;
  value.integer = point == std::string::npos && !money;
  value.money = money;
  value.scale = money ? 4 : point == std::string::npos ? 0 : static_cast<int>(digits.size() - point - 1);
  value.precision = money ? 19 : static_cast<int>(digits.size()) - (point == std::string::npos ? 0 : 1);
  if (digits.starts_with('.')) value.sql = "0" + digits;
  if (digits.ends_with('.')) value.sql = digits + "0";
  value.text = std::move(digits);
  return value;
}

Value string_literal(std::string text, bool unicode) {
  Value value{ValueKind::string, quote_postgres(text)};
  value.constant = true;
  value.text = std::move(text);
  value.unicode = unicode;
  return value;
}

Value column_value(std::string name, const RemoteType& type) {
  Value value = typed(column_kind(type.type), std::move(name), type);
  value.column = true;
  return value;
}

std::optional<Value> convert(const Value& value, const RemoteType& type) {
  switch (value.kind) {
    case ValueKind::null: return value;
    case ValueKind::number: return number_to(value, type);
    case ValueKind::floating:
      if (type.type != Type::real && type.type != Type::float_) return std::nullopt;
      return value;
    case ValueKind::bit:
      if (type.type == Type::bit) return value;
      return value.constant && digits_of(type) ? digits_to_number(value.text, type) : std::nullopt;
    case ValueKind::string: return value.constant ? string_to(value, type) : std::nullopt;
    case ValueKind::binary: return value.constant ? binary_to(value, type) : std::nullopt;
    case ValueKind::moment: return moment_to(value, type);
    case ValueKind::clock: return clock_to(value, type);
    case ValueKind::uuid: return uuid_to(value, type);
    case ValueKind::name_text:
      if (!is_character(type.type)) return std::nullopt;
      return value;
    case ValueKind::length:
    case ValueKind::other:
    case ValueKind::condition: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace mssql::tsql
