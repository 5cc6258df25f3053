#include "rules.hpp"

#include <algorithm>
#include <charconv>

#include "constant_text.hpp"
#include "quote.hpp"

namespace mssql::tsql {

namespace {

struct OperatorRow {
  Operator op;
  std::string_view postgres;
  std::string_view tsql;
  Operator commuted;
};

// clang-format off
constexpr OperatorRow operators[] = {
    {Operator::equal, "=", "=", Operator::equal},
    {Operator::not_equal, "<>", "<>", Operator::not_equal},
    {Operator::less, "<", "<", Operator::greater},
    {Operator::less_equal, "<=", "<=", Operator::greater_equal},
    {Operator::greater, ">", ">", Operator::less},
    {Operator::greater_equal, ">=", ">=", Operator::less_equal},
};
// clang-format on

const OperatorRow& row(Operator op) noexcept { return operators[static_cast<std::size_t>(op)]; }

bool is_equality(Operator op) noexcept { return op == Operator::equal || op == Operator::not_equal; }

// The seventh digit of the fraction does not come here.
bool is_cut(const RemoteType& type) noexcept {
  return type.scale == 7 &&
         (type.type == Type::time || type.type == Type::datetime2 || type.type == Type::datetimeoffset);
}

// Why no comparison, or not this one, of a type is pushed. Empty for the types of which every
// comparison is.
std::string_view reason(Type type) noexcept {
  switch (type) {
    case Type::real:
    case Type::float_:
      return "SQL Server need not read a floating-point constant to the nearest value, as PostgreSQL does";
    case Type::char_:
    case Type::varchar:
    case Type::nchar:
    case Type::nvarchar:
      return "SQL Server compares text by the column's collation: case, accents and trailing blanks may not count";
    case Type::text:
    case Type::ntext:
    case Type::image: return "SQL Server does not compare text, ntext and image";
    case Type::varbinary: return "SQL Server pads the shorter of two varbinary values when it compares them";
    case Type::uniqueidentifier: return "SQL Server orders uniqueidentifier by its last bytes first";
    case Type::xml: return "SQL Server does not compare xml";
    case Type::json: return "SQL Server does not compare json";
    case Type::vector: return "SQL Server does not compare vectors";
    case Type::sql_variant: return "a sql_variant arrives as jsonb, which compares otherwise";
    case Type::hierarchyid: return "a hierarchyid arrives as text, which sorts otherwise";
    case Type::geometry:
    case Type::geography: return "SQL Server does not compare spatial values";
    case Type::udt: return "a CLR type arrives as its bytes, which compare otherwise";
    default: return {};
  }
}

constexpr std::string_view not_held = "SQL Server has no value to compare with that gives the same rows";

constexpr int most_digits = 38;  // of a decimal

TypedText typed(const RemoteType& type, std::string text, bool wide = false) {
  return {declare(type), std::move(text), wide};
}

// To the bound in a coarser type that the same values satisfy: c < 1.234 is c < 1.24 for an
// integral number of hundredths.
Rounding rounding_of(Operator op) noexcept {
  switch (op) {
    case Operator::less:
    case Operator::greater_equal: return Rounding::up;
    case Operator::less_equal:
    case Operator::greater: return Rounding::down;
    default: return Rounding::exact;
  }
}

// A larger integer would have other types converted to one, which may overflow; bigint holds all
// that PostgreSQL has.
std::optional<TypedText> type_integer(const RemoteType& type, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const auto fits = [&](std::int64_t low, std::int64_t high) { return value >= low && value <= high; };
  const bool held = type.type == Type::tinyint    ? fits(0, 255)
                    : type.type == Type::smallint ? fits(-32768, 32767)
                    : type.type == Type::int_     ? fits(INT32_MIN, INT32_MAX)
                                                  : true;
  return typed(held ? type : RemoteType{Type::bigint, 8, 19, 0}, std::string(text), !held);
}

// As a decimal of its own, where the type in which the two are compared has room for every digit of
// both.
std::optional<TypedText> type_wide_decimal(int whole, int scale, std::string_view text) {
  const std::optional<std::string> digits = decimal_digits(text, 2 * most_digits, most_digits);
  if (!digits) return std::nullopt;
  const std::size_t point = std::min(digits->find('.'), digits->size());
  const std::string_view whole_digits =
      std::string_view(*digits).substr(0, point).substr(digits->front() == '-' ? 1 : 0);
  const int own_whole = whole_digits == "0" ? 0 : static_cast<int>(whole_digits.size());
  const int own_scale = static_cast<int>(digits->size() - std::min(point + 1, digits->size()));
  if (std::max(whole, own_whole) + std::max(scale, own_scale) > most_digits) return std::nullopt;
  return typed({Type::decimal, 0, std::max(own_whole + own_scale, 1), own_scale}, *digits, true);
}

std::optional<TypedText> type_decimal(const Bound& bound, const RemoteType& type, std::string_view text) {
  const std::optional<std::string> rounded = round_decimal(text, type.scale, rounding_of(bound.op));
  const std::optional<std::string> digits =
      rounded ? decimal_digits(*rounded, type.precision, type.scale) : std::nullopt;
  if (digits) return typed(type, *digits);
  return type_wide_decimal(type.precision - type.scale, type.scale, text);
}

// Beyond money's range the constant is a decimal: the column is converted to that then, which is
// exact.
std::optional<TypedText> type_money(const Bound& bound, const RemoteType& type, std::string_view text) {
  constexpr int places = 4;
  std::optional<TypedText> decimal =
      type_decimal(bound, {Type::decimal, 0, type.type == Type::money ? 19 : 10, places}, text);
  if (!decimal) return std::nullopt;
  const std::size_t point = decimal->text.find('.');
  std::string units = decimal->text;
  const int given = point == std::string::npos ? 0 : static_cast<int>(decimal->text.size() - point - 1);
  if (given > places) return decimal;
  if (point != std::string::npos) units.erase(point, 1);
  units.append(static_cast<std::size_t>(places - given), '0');
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(units.data(), units.data() + units.size(), value);
  const bool held = status == std::errc() && (type.type == Type::money || (value >= INT32_MIN && value <= INT32_MAX));
  if (held) decimal->declaration = declare(type);
  return decimal;
}

// The moment as the column's type has it, or nothing.
std::optional<Timestamp> round_moment(Rounding rounding, const RemoteType& type, const Timestamp& value) {
  constexpr std::int64_t minute = 60000000;
  switch (type.type) {
    case Type::datetime: return value.year >= 1753 ? round_to_tick(value, rounding) : std::nullopt;
    case Type::smalldatetime:
      return value.year >= 1900 && value.year < 2079 ? round_to_step(value, minute, rounding) : std::nullopt;
    default: {
      std::int64_t step = 1;
      for (int scale = type.scale; scale < 6; ++scale) step *= 10;
      return round_to_step(value, step, rounding);
    }
  }
}

std::string moment_text(const RemoteType& type, const Timestamp& value) {
  if (type.type == Type::time) return value.time_text();
  // With a T the two older types are read alike under every SET DATEFORMAT. datetime's ISO 8601
  // form has three digits or none.
  const int missing = type.type == Type::datetime && value.fraction != 0 ? 3 - value.fraction_digits() : 0;
  const std::string offset = type.type == Type::datetimeoffset ? value.offset_text() : "";
  return value.date_text() + "T" + value.time_text() + std::string(static_cast<std::size_t>(missing), '0') + offset;
}

std::optional<TypedText> type_moment(const Bound& bound, const RemoteType& type, std::string_view text) {
  std::optional<Timestamp> value = read_timestamp(text);
  if (!value) return std::nullopt;
  const bool wants_time = type.type != Type::date;
  const bool wants_date = type.type != Type::time;
  const bool wants_offset = type.type == Type::datetimeoffset;
  if (wants_date && wants_time && !wants_offset && value->has_date && !value->has_offset)
    value->has_time = true;  // a date is its midnight
  if (value->has_date != wants_date || value->has_time != wants_time || value->has_offset != wants_offset)
    return std::nullopt;
  if (bound.loose && !value->move_days(bound.op == Operator::greater_equal ? -2 : 2)) return std::nullopt;
  if (type.type == Type::date) return typed(type, value->date_text());
  if (bound.next && !value->set_microseconds(value->microseconds() + 1)) return std::nullopt;
  const std::optional<Timestamp> rounded = round_moment(rounding_of(bound.op), type, *value);
  // At either end of the calendar the offset may carry the instant out of it.
  const Timestamp& sent = rounded ? *rounded : *value;
  if (sent.offset_minutes != 0 && (sent.year == 1 || sent.year == 9999)) return std::nullopt;
  if (rounded) return typed(type, moment_text(type, *rounded));
  // To however many digits the server converts its ticks: none is equal to the first of these, none
  // lies between the second and a second's end.
  if (type.type == Type::datetime && value->fraction_digits() > 3)
    value->fraction = is_equality(bound.op) ? 1000 : 998000;
  const bool dateless = type.type == Type::time || type.type == Type::datetimeoffset;
  const RemoteType wide{dateless ? type.type : Type::datetime2, 0, 0, value->fraction_digits()};
  return typed(wide, moment_text(wide, *value), true);
}

// bytea's hex form of exactly as many bytes as the column has: for other lengths SQL Server's
// padding would come into play.
std::optional<TypedText> type_binary(const RemoteType& type, std::string_view text) {
  const int length = type.type == Type::rowversion ? 8 : std::max(type.max_length, 0);
  if (!text.starts_with("\\x") || text.size() != 2 + 2 * static_cast<std::size_t>(length)) return std::nullopt;
  text.remove_prefix(2);
  if (text.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) return std::nullopt;
  return typed({Type::binary, length, 0, 0}, "0x" + std::string(text));  // no variable need be a rowversion
}

}  // namespace

bool find_operator(std::string_view postgres_name, Operator& op) noexcept {
  for (const OperatorRow& candidate : operators) {
    if (candidate.postgres != postgres_name) continue;
    op = candidate.op;
    return true;
  }
  return false;
}

std::string_view tsql_name(Operator op) noexcept { return row(op).tsql; }

Operator commuted(Operator op) noexcept { return row(op).commuted; }

bool may_push(Operator op, const RemoteType& type, std::string_view& why) noexcept {
  if (is_exact_comparable(type) || is_cut(type)) return true;
  why = reason(type.type);
  return type.type == Type::uniqueidentifier && is_equality(op);
}

std::span<const Bound> bounds_of(Operator op, const RemoteType& type) noexcept {
  // Cutting keeps "before v" and "not before v" for any v without a seventh digit.
  static constexpr Bound as_is[] = {{Operator::equal},      {Operator::not_equal}, {Operator::less},
                                    {Operator::less_equal}, {Operator::greater},   {Operator::greater_equal}};
  static constexpr Bound within[] = {{Operator::greater_equal}, {Operator::less, true}};
  static constexpr Bound outside[] = {{Operator::less}, {Operator::greater_equal, true}};
  static constexpr Bound not_after[] = {{Operator::less, true}};
  static constexpr Bound after[] = {{Operator::greater_equal, true}};
  if (is_cut(type)) {
    switch (op) {
      case Operator::equal: return within;
      case Operator::not_equal: return outside;
      case Operator::less_equal: return not_after;
      case Operator::greater: return after;
      default: break;
    }
  }
  return {&as_is[static_cast<std::size_t>(op)], 1};
}

std::span<const Bound> loose_bounds_of(Operator op) noexcept {
  static constexpr Bound around[] = {{Operator::greater_equal, false, true}, {Operator::less_equal, false, true}};
  switch (op) {
    case Operator::equal: return around;
    case Operator::greater:
    case Operator::greater_equal: return {&around[0], 1};
    case Operator::less:
    case Operator::less_equal: return {&around[1], 1};
    case Operator::not_equal: break;
  }
  return {};
}

std::optional<TypedText> push_parameter(const Bound& bound, const RemoteType& type, std::string_view text) {
  switch (type.type) {
    case Type::bit:
      if (text == "t" || text == "true") return typed(type, "1");
      if (text == "f" || text == "false") return typed(type, "0");
      return std::nullopt;
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint: return type_integer(type, text);
    case Type::decimal: return type_decimal(bound, type, text);
    case Type::money:
    case Type::smallmoney: return type_money(bound, type, text);
    case Type::date:
    case Type::time:
    case Type::smalldatetime:
    case Type::datetime:
    case Type::datetime2:
    case Type::datetimeoffset: return type_moment(bound, type, text);
    case Type::binary:
    case Type::rowversion: return type_binary(type, text);
    case Type::uniqueidentifier:
      if (!is_uuid(text)) return std::nullopt;
      return typed(type, std::string(text));
    default: return std::nullopt;
  }
}

namespace {

std::string literal(const RemoteType& type, const TypedText& constant) {
  switch (type.type) {
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint:
    case Type::binary:
    case Type::rowversion: return constant.text;
    case Type::bit:
    case Type::decimal:
    case Type::money:
    case Type::smallmoney: return "CAST(" + constant.text + " AS " + constant.declaration + ")";
    default: return "CAST('" + constant.text + "' AS " + constant.declaration + ")";  // digits and punctuation only
  }
}

}  // namespace

std::optional<std::string> push_constant(const Bound& bound, const RemoteType& type, std::string_view text,
                                         std::string_view& why) {
  const std::optional<TypedText> constant = push_parameter(bound, type, text);
  if (constant) return literal(type, *constant);
  why = not_held;
  return std::nullopt;
}

std::optional<std::string> push_list_item(const RemoteType& type, std::string_view text) {
  const std::optional<TypedText> constant = push_parameter({Operator::equal}, type, text);
  if (!constant || constant->wide) return std::nullopt;
  return literal(type, *constant);
}

}  // namespace mssql::tsql
