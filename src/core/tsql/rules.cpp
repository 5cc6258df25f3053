#include "rules.hpp"

#include <algorithm>

#include "core/spelling.hpp"
#include "functions.hpp"

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

bool is_floating(const RemoteType& type) noexcept { return type.type == Type::real || type.type == Type::float_; }

// Why no comparison, or not this one, of a type is pushed. Empty for the types of which every
// comparison is.
std::string_view reason(Type type) noexcept {
  switch (type) {
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

// The values that a type has lie on a grid; what lies between two of them goes to the one below or
// above, or nowhere.
enum class Rounding : std::uint8_t { exact, down, up };

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

std::optional<Decimal> decimal_number(const Scalar& value) noexcept {
  if (const auto* decimal = std::get_if<Decimal>(&value)) return *decimal;
  const auto* integer = std::get_if<std::int64_t>(&value);
  if (integer == nullptr) return std::nullopt;
  const auto bits = static_cast<std::uint64_t>(*integer);
  return Decimal{*integer < 0 ? -bits : bits, 0, *integer < 0};
}

unsigned __int128 power_of_ten(int exponent) noexcept { return powers_of_ten[static_cast<std::size_t>(exponent)]; }

// With at most `scale` digits behind the point.
std::optional<Decimal> round_decimal(const Decimal& value, int scale, Rounding rounding) noexcept {
  const int surplus = value.scale - scale;
  if (surplus < 0) return value.cut ? std::nullopt : std::optional(value);
  const unsigned __int128 unit = power_of_ten(surplus);
  Decimal rounded{value.magnitude / unit, scale, value.negative};
  if (value.magnitude % unit != 0 || value.cut) {
    if (rounding == Rounding::exact) return std::nullopt;
    if (value.negative != (rounding == Rounding::up)) ++rounded.magnitude;
  }
  return rounded;
}

std::optional<std::int64_t> whole_number(const Decimal& value) noexcept {
  const auto limit = static_cast<unsigned __int128>(INT64_MAX) + (value.negative ? 1 : 0);
  if (value.magnitude > limit) return std::nullopt;
  const auto bits = static_cast<std::uint64_t>(value.magnitude);
  return static_cast<std::int64_t>(value.negative ? -bits : bits);
}

// A larger integer would have other types converted to one, which may overflow; bigint holds all
// that PostgreSQL has.
std::optional<Pushed> push_integer(const Bound& bound, const RemoteType& type, const Scalar& given) {
  const std::optional<Decimal> number = decimal_number(given);
  const std::optional<Decimal> rounded = number ? round_decimal(*number, 0, rounding_of(bound.op)) : std::nullopt;
  const std::optional<std::int64_t> value = rounded ? whole_number(*rounded) : std::nullopt;
  if (!value) return std::nullopt;
  const auto fits = [&](std::int64_t low, std::int64_t high) { return *value >= low && *value <= high; };
  const bool held = type.type == Type::tinyint    ? fits(0, 255)
                    : type.type == Type::smallint ? fits(-32768, 32767)
                    : type.type == Type::int_     ? fits(INT32_MIN, INT32_MAX)
                                                  : true;
  return Pushed{{held ? type : RemoteType{Type::bigint, 8, 19, 0}, *value}, !held};
}

void drop_zeros(Decimal& value) noexcept {
  for (; value.scale > 0 && value.magnitude % 10 == 0; --value.scale) value.magnitude /= 10;
}

// As a decimal of its own, where the type in which the two are compared has room for every digit of
// both.
std::optional<Pushed> push_wide_decimal(int whole, int scale, Decimal value) {
  if (value.cut) return std::nullopt;
  drop_zeros(value);
  int own_whole = 0;
  while (own_whole + value.scale <= most_decimal_digits && value.magnitude >= power_of_ten(own_whole + value.scale))
    ++own_whole;
  if (std::max(whole, own_whole) + std::max(scale, value.scale) > most_decimal_digits) return std::nullopt;
  const RemoteType type{Type::decimal, 0, std::max(own_whole + value.scale, 1), value.scale};
  return Pushed{{type, value}, true};
}

std::optional<Pushed> push_decimal(const Bound& bound, const RemoteType& type, const Scalar& given) {
  const std::optional<Decimal> value = decimal_number(given);
  if (!value) return std::nullopt;
  const int whole = type.precision - type.scale;
  std::optional<Decimal> rounded = round_decimal(*value, type.scale, rounding_of(bound.op));
  if (rounded && rounded->magnitude < power_of_ten(whole + rounded->scale)) {
    rounded->negative = rounded->negative && rounded->magnitude != 0;
    return Pushed{{type, *rounded}};
  }
  return push_wide_decimal(whole, type.scale, *value);
}

// Beyond money's range the constant is a decimal: the column is converted to that then, which is
// exact.
std::optional<Pushed> push_money(const Bound& bound, const RemoteType& type, const Scalar& given) {
  constexpr int places = 4;
  std::optional<Pushed> pushed =
      push_decimal(bound, {Type::decimal, 0, type.type == Type::money ? 19 : 10, places}, given);
  if (!pushed) return std::nullopt;
  const Decimal& value = std::get<Decimal>(pushed->parameter.value);
  if (value.scale > places || value.magnitude > static_cast<unsigned __int128>(INT64_MAX) + 1) return pushed;
  const __int128 units =
      static_cast<__int128>(value.magnitude * power_of_ten(places - value.scale)) * (value.negative ? -1 : 1);
  const bool is_money = type.type == Type::money;
  if (units >= (is_money ? INT64_MIN : INT32_MIN) && units <= (is_money ? INT64_MAX : INT32_MAX))
    pushed->parameter.type = type;
  return pushed;
}

constexpr std::int32_t last_smalldatetime = 29011;  // 2079-06-06

// Sets the time of day; 24:00 is the next day's 00:00. False where there is none: without a date,
// and after the year 9999.
bool set_time(const RemoteType& type, std::int64_t microseconds, DateTime* moment) noexcept {
  const bool next_day = microseconds == microseconds_per_day;
  const std::int32_t last = type.type == Type::smalldatetime ? last_smalldatetime : last_date;
  if (next_day && (type.type == Type::time || moment->days == last)) return false;
  moment->microseconds = next_day ? 0 : microseconds;
  moment->days += next_day ? 1 : 0;
  return true;
}

// The moment where it is on the grid already, else one of its neighbours there.
std::optional<DateTime> between(const RemoteType& type, DateTime value, std::int64_t below, std::int64_t above,
                                Rounding rounding) noexcept {
  if (value.microseconds == below) return value;
  if (rounding == Rounding::exact || !set_time(type, rounding == Rounding::down ? below : above, &value))
    return std::nullopt;
  return value;
}

// To datetime's ticks of 1/300 s, as they print: .000, .003, .007, .010.
std::optional<DateTime> round_to_tick(const RemoteType& type, const DateTime& value, Rounding rounding) noexcept {
  const auto printed = [](std::int64_t tick) { return (tick * 10 + 1) / 3 * 1000; };
  std::int64_t tick = value.microseconds * 3 / 10000 + 1;
  while (printed(tick) > value.microseconds) --tick;
  return between(type, value, printed(tick), printed(tick + 1), rounding);
}

// The moment as the column's type has it, or nothing.
std::optional<DateTime> round_moment(Rounding rounding, const RemoteType& type, const DateTime& value) noexcept {
  constexpr std::int32_t year_1753 = -90214, year_1900 = -36524;
  std::int64_t step = 60'000'000;
  switch (type.type) {
    case Type::datetime: return value.days >= year_1753 ? round_to_tick(type, value, rounding) : std::nullopt;
    case Type::smalldatetime:
      if (value.days < year_1900 || value.days > last_smalldatetime) return std::nullopt;
      break;
    default:
      step = 1;
      for (int scale = type.scale; scale < 6; ++scale) step *= 10;
  }
  const std::int64_t below = value.microseconds / step * step;
  return between(type, value, below, below + step, rounding);
}

int fraction_digits(const DateTime& moment) noexcept {
  int digits = 6;
  for (std::int64_t rest = moment.microseconds % 1'000'000; digits > 0 && rest % 10 == 0; rest /= 10) --digits;
  return digits;
}

std::optional<Pushed> push_moment(const Bound& bound, const RemoteType& type, const Scalar& given) {
  const auto* moment = std::get_if<DateTime>(&given);
  if (moment == nullptr) return std::nullopt;
  DateTime value = *moment;
  if (bound.loose) value.days += bound.op == Operator::greater_equal ? -2 : 2;
  if (value.days < first_date || value.days > last_date) return std::nullopt;
  if (type.type == Type::date) return value.microseconds == 0 ? std::optional(Pushed{{type, value}}) : std::nullopt;
  if (bound.next && !set_time(type, value.microseconds + 1, &value)) return std::nullopt;
  if (const std::optional<DateTime> rounded = round_moment(rounding_of(bound.op), type, value))
    return Pushed{{type, *rounded}};
  // To however many digits the server converts its ticks: none is equal to the first of these, none
  // lies between the second and a second's end.
  if (type.type == Type::datetime && fraction_digits(value) > 3)
    value.microseconds += (is_equality(bound.op) ? 1000 : 998000) - value.microseconds % 1'000'000;
  const bool dateless = type.type == Type::time || type.type == Type::datetimeoffset;
  return Pushed{{{dateless ? type.type : Type::datetime2, 0, 0, fraction_digits(value)}, value}, true};
}

int binary_length(const RemoteType& type) noexcept {
  return type.type == Type::rowversion ? 8 : std::max(type.max_length, 0);
}

// To the next bytes of the same length, or the ones before; false where there are none.
bool step(std::string& bytes, bool up) noexcept {
  const char last = up ? '\xFF' : '\0';
  std::size_t i = bytes.size();
  while (i > 0 && bytes[i - 1] == last) bytes[--i] = up ? '\0' : '\xFF';
  if (i == 0) return false;
  bytes[i - 1] = static_cast<char>(static_cast<unsigned char>(bytes[i - 1]) + (up ? 1 : -1));
  return true;
}

// As many bytes as the column has, for SQL Server pads the shorter of two. PostgreSQL puts a value
// that begins another before it: a shorter one lies just before itself with zeros behind, a longer
// one just behind its beginning. The bytes of the neighbours are made in `scratch`.
std::optional<Pushed> push_binary(const Bound& bound, const RemoteType& type, const Scalar& value,
                                  std::string& scratch) {
  const auto length = static_cast<std::size_t>(binary_length(type));
  const auto* binary = std::get_if<Binary>(&value);
  if (binary == nullptr) return std::nullopt;
  const RemoteType own{Type::binary, static_cast<int>(length), 0, 0};  // no variable need be a rowversion
  if (binary->bytes.size() == length) return Pushed{{own, value}};
  const bool is_longer = binary->bytes.size() > length;
  const Rounding rounding = rounding_of(bound.op);
  if (rounding == Rounding::exact) return std::nullopt;
  scratch = binary->bytes.substr(0, length);
  scratch.resize(length, '\0');
  if (is_longer == (rounding == Rounding::up) && !step(scratch, is_longer)) return std::nullopt;
  return Pushed{{own, Binary{scratch}}};
}

// Whether a number, a date or bytes that no value stands for lies above all that the column has.
bool is_above(const RemoteType& type, const Scalar& value) noexcept {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer > 0;
  if (const auto* decimal = std::get_if<Decimal>(&value)) return !decimal->negative;
  if (const auto* moment = std::get_if<DateTime>(&value)) return type.type == Type::time || moment->days > 0;
  if (const auto* binary = std::get_if<Binary>(&value)) return !binary->bytes.empty() && binary->bytes.front() != '\0';
  return false;
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
  if (is_exact_comparable(type) || is_cut(type) || is_floating(type)) return true;
  why = reason(type.type);
  return type.type == Type::uniqueidentifier && is_equality(op);
}

bool may_compare(const RemoteType& left, const RemoteType& right) noexcept {
  const auto is_one_of = [&](std::initializer_list<Type> types) {
    const auto holds = [&](Type type) { return std::find(types.begin(), types.end(), type) != types.end(); };
    return holds(left.type) && holds(right.type);
  };
  const std::optional<RemoteType> a = as_decimal(left), b = as_decimal(right);
  if (a && b)
    return std::max(a->precision - a->scale, b->precision - b->scale) + std::max(a->scale, b->scale) <=
           most_decimal_digits;
  if (left.type == Type::binary || left.type == Type::rowversion)
    return is_one_of({Type::binary, Type::rowversion}) && binary_length(left) == binary_length(right);
  return is_one_of({Type::real, Type::float_}) || is_one_of({Type::bit}) || is_one_of({Type::time}) ||
         is_one_of({Type::date, Type::datetime, Type::smalldatetime, Type::datetime2}) ||
         is_one_of({Type::datetimeoffset}) || is_one_of({Type::uniqueidentifier});
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

namespace {

std::optional<Pushed> push_value(const Bound& bound, const RemoteType& type, const Scalar& value,
                                 std::string& scratch) {
  switch (type.type) {
    case Type::bit:
      if (!std::holds_alternative<std::int64_t>(value)) return std::nullopt;
      return Pushed{{type, value}};
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint: return push_integer(bound, type, value);
    case Type::decimal: return push_decimal(bound, type, value);
    case Type::money:
    case Type::smallmoney: return push_money(bound, type, value);
    case Type::date:
    case Type::time:
    case Type::smalldatetime:
    case Type::datetime:
    case Type::datetime2:
    case Type::datetimeoffset: return push_moment(bound, type, value);
    case Type::binary:
    case Type::rowversion: return push_binary(bound, type, value, scratch);
    case Type::real:
    case Type::float_:
      if (!std::holds_alternative<double>(value)) return std::nullopt;
      return Pushed{{{Type::float_}, value}};
    case Type::uniqueidentifier:
      if (!std::holds_alternative<Uuid>(value)) return std::nullopt;
      return Pushed{{type, value}};
    default: return std::nullopt;
  }
}

}  // namespace

Decision push_parameter(const Bound& bound, const RemoteType& type, const Scalar& value, std::string& scratch) {
  if (const std::optional<Pushed> pushed = push_value(bound, type, value, scratch)) return *pushed;
  return decide_beyond(bound, is_above(type, value));
}

bool decide_beyond(const Bound& bound, bool above) noexcept {
  switch (bound.op) {
    case Operator::equal: return false;
    case Operator::not_equal: return true;
    case Operator::less:
    case Operator::less_equal: return above;
    default: return !above;
  }
}

namespace {

std::string literal(const RemoteType& type, const Parameter& constant) {
  const std::string text = spelled(constant.type, constant.value);
  switch (type.type) {
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint:
    case Type::binary:
    case Type::rowversion: return text;
    case Type::bit:
    case Type::decimal:
    case Type::money:
    case Type::smallmoney: return "CAST(" + text + " AS " + declare(constant.type) + ")";
    default: return "CAST('" + text + "' AS " + declare(constant.type) + ")";  // digits and punctuation only
  }
}

}  // namespace

std::string decided_comparison(std::string_view column, bool decision) {
  return std::string(column) + (decision ? " = " : " <> ") + std::string(column);
}

std::string comparison(std::string_view column, const Bound& bound, const RemoteType& type, const Scalar& value) {
  std::string scratch;
  const Decision decision = push_parameter(bound, type, value, scratch);
  if (const auto* decided = std::get_if<bool>(&decision)) return decided_comparison(column, *decided);
  return std::string(column) + " " + std::string(tsql_name(bound.op)) + " " +
         literal(type, std::get<Pushed>(decision).parameter);
}

std::optional<std::string> push_list_item(const RemoteType& type, const Scalar& value) {
  std::string scratch;
  const std::optional<Pushed> constant = push_value({Operator::equal}, type, value, scratch);
  if (!constant || constant->wide) return std::nullopt;
  return literal(type, constant->parameter);
}

}  // namespace mssql::tsql
