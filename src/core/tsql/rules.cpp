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

constexpr OperatorRow operators[] = {
    {Operator::equal, "=", "=", Operator::equal},
    {Operator::not_equal, "<>", "<>", Operator::not_equal},
    {Operator::less, "<", "<", Operator::greater},
    {Operator::less_equal, "<=", "<=", Operator::greater_equal},
    {Operator::greater, ">", ">", Operator::less},
    {Operator::greater_equal, ">=", ">=", Operator::less_equal},
};

const OperatorRow& row(Operator op) noexcept { return operators[static_cast<std::size_t>(op)]; }

bool is_equality(Operator op) noexcept { return op == Operator::equal || op == Operator::not_equal; }

// Why no comparison, or not this one, of a type is pushed. Empty for the types of which every comparison is.
std::string_view reason(Type type) noexcept {
  switch (type) {
    case Type::real:
    case Type::float_: return "SQL Server need not read a floating-point constant to the nearest value, as PostgreSQL does";
    case Type::time:
    case Type::datetime2:
    case Type::datetimeoffset: return "the seventh digit of the fraction is cut here, so that only < and >= mean the same on the server";
    case Type::char_:
    case Type::varchar:
    case Type::nchar:
    case Type::nvarchar: return "SQL Server compares text by the column's collation: case, accents and trailing blanks may not count";
    case Type::text:
    case Type::ntext:
    case Type::image: return "SQL Server does not compare text, ntext and image";
    case Type::varbinary: return "SQL Server pads the shorter of two varbinary values when it compares them";
    case Type::uniqueidentifier: return "SQL Server orders uniqueidentifier by its last bytes first";
    case Type::xml: return "SQL Server does not compare xml";
    case Type::sql_variant: return "a sql_variant arrives as jsonb, which compares otherwise";
    case Type::hierarchyid: return "a hierarchyid arrives as text, which sorts otherwise";
    case Type::geometry:
    case Type::geography: return "SQL Server does not compare spatial values";
    case Type::udt: return "a CLR type arrives as its bytes, which compare otherwise";
    default: return {};
  }
}

constexpr std::string_view not_held = "SQL Server's type cannot hold the constant exactly";

TypedText typed(const RemoteType& type, std::string text) { return {declare(type), std::move(text)}; }

std::optional<TypedText> type_integer(const RemoteType& type, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const auto fits = [&](std::int64_t low, std::int64_t high) { return value >= low && value <= high; };
  if (type.type == Type::tinyint && !fits(0, 255)) return std::nullopt;
  if (type.type == Type::smallint && !fits(-32768, 32767)) return std::nullopt;
  if (type.type == Type::int_ && !fits(INT32_MIN, INT32_MAX)) return std::nullopt;
  return typed(type, std::string(text));
}

std::optional<TypedText> type_decimal(const RemoteType& type, std::string_view text) {
  const std::optional<std::string> digits = decimal_digits(text, type.precision, type.scale);
  if (!digits) return std::nullopt;
  return typed(type, *digits);
}

// Beyond money's range the constant is a decimal: the column is converted to that then, which is exact.
std::optional<TypedText> type_money(const RemoteType& type, std::string_view text) {
  constexpr int places = 4;
  std::optional<TypedText> decimal = type_decimal({Type::decimal, 0, type.type == Type::money ? 19 : 10, places}, text);
  if (!decimal) return std::nullopt;
  const std::size_t point = decimal->text.find('.');
  std::string units = decimal->text;
  const int given = point == std::string::npos ? 0 : static_cast<int>(decimal->text.size() - point - 1);
  if (point != std::string::npos) units.erase(point, 1);
  units.append(static_cast<std::size_t>(places - given), '0');
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(units.data(), units.data() + units.size(), value);
  const bool held = status == std::errc() && (type.type == Type::money || (value >= INT32_MIN && value <= INT32_MAX));
  if (held) decimal->declaration = declare(type);
  return decimal;
}

std::optional<TypedText> type_datetime(const RemoteType& type, const Timestamp& value) {
  const bool whole_minute = value.second == 0 && value.fraction == 0;
  // With a T both older types are read alike under every SET DATEFORMAT.
  const std::string text = value.date_text() + "T" + value.time_text();
  if (type.type == Type::datetime) {
    if (value.year < 1753 || !value.is_datetime_tick()) return std::nullopt;
    // This type's ISO 8601 form has three digits or none.
    const int missing = value.fraction == 0 ? 0 : 3 - value.fraction_digits();
    return typed(type, text + std::string(static_cast<std::size_t>(missing), '0'));
  }
  if (type.type == Type::smalldatetime && whole_minute && value.year >= 1900 && value.year < 2079) return typed(type, text);
  const int scale = type.type == Type::smalldatetime ? 0 : type.scale;
  return typed({Type::datetime2, 0, 0, std::max(scale, value.fraction_digits())}, text);
}

std::optional<TypedText> type_moment(const RemoteType& type, std::string_view text) {
  const std::optional<Timestamp> value = read_timestamp(text);
  if (!value) return std::nullopt;
  const int scale = std::max(type.scale, value->fraction_digits());
  const bool wants_time = type.type != Type::date;
  const bool wants_date = type.type != Type::time;
  const bool wants_offset = type.type == Type::datetimeoffset;
  if (value->has_date != wants_date || value->has_time != wants_time || value->has_offset != wants_offset) return std::nullopt;
  switch (type.type) {
    case Type::date: return typed(type, value->date_text());
    case Type::time: return typed({Type::time, 0, 0, scale}, value->time_text());
    case Type::datetimeoffset:
      // At either end of the calendar the offset may carry the instant out of it.
      if (value->offset_minutes != 0 && (value->year == 1 || value->year == 9999)) return std::nullopt;
      return typed({Type::datetimeoffset, 0, 0, scale}, value->date_text() + "T" + value->time_text() + value->offset_text());
    default: return type_datetime(type, *value);
  }
}

// bytea's hex form of exactly as many bytes as the column has: for other lengths SQL Server's padding would come into play.
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
  if (is_exact_comparable(type)) return true;
  why = reason(type.type);
  switch (type.type) {
    case Type::uniqueidentifier: return is_equality(op);
    // Cutting keeps "before c" and "not before c" for any c without a seventh digit, and nothing else.
    case Type::time:
    case Type::datetime2:
    case Type::datetimeoffset: return op == Operator::less || op == Operator::greater_equal;
    default: return false;
  }
}

std::optional<TypedText> push_parameter(const RemoteType& type, std::string_view text) {
  switch (type.type) {
    case Type::bit:
      if (text == "t" || text == "true") return typed(type, "1");
      if (text == "f" || text == "false") return typed(type, "0");
      return std::nullopt;
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint: return type_integer(type, text);
    case Type::decimal: return type_decimal(type, text);
    case Type::money:
    case Type::smallmoney: return type_money(type, text);
    case Type::date:
    case Type::time:
    case Type::smalldatetime:
    case Type::datetime:
    case Type::datetime2:
    case Type::datetimeoffset: return type_moment(type, text);
    case Type::binary:
    case Type::rowversion: return type_binary(type, text);
    case Type::uniqueidentifier:
      if (!is_uuid(text)) return std::nullopt;
      return typed(type, std::string(text));
    default: return std::nullopt;
  }
}

std::optional<std::string> push_constant(const RemoteType& type, std::string_view text, std::string_view& why) {
  const std::optional<TypedText> constant = push_parameter(type, text);
  if (!constant) {
    why = not_held;
    return std::nullopt;
  }
  switch (type.type) {
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint:
    case Type::binary:
    case Type::rowversion: return constant->text;
    case Type::bit:
    case Type::decimal:
    case Type::money:
    case Type::smallmoney: return "CAST(" + constant->text + " AS " + constant->declaration + ")";
    default: return "CAST('" + constant->text + "' AS " + constant->declaration + ")";  // digits and punctuation only
  }
}

}  // namespace mssql::tsql
