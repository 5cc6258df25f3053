// A recursive-descent parser that builds PostgreSQL text as it goes. Every step answers nothing as
// soon as it meets what it does not know, so that nothing is translated by half.
#include "expression.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/source/catalog.hpp"
#include "expression_value.hpp"
#include "lexer.hpp"
#include "rules.hpp"

namespace mssql::tsql {

namespace {

using Result = std::optional<Value>;

constexpr std::size_t longest_number = 64;  // T-SQL's have 38 digits

Value condition(std::string sql, Binding binding) {
  Value value{ValueKind::condition, std::move(sql)};
  value.binding = binding;
  return value;
}

Value clock(Clock which, int fraction) {
  Value value{ValueKind::clock, {}};
  value.clock = which;
  value.fraction = fraction;
  return value;
}

Value name_text(const char* sql) { return {ValueKind::name_text, sql}; }

struct NamedValue {
  std::string_view name;
  bool parentheses;  // a call without arguments, or a bare keyword
  Value (*make)();
};

// What T-SQL gives without arguments.
// clang-format off
constexpr NamedValue named_values[] = {
    {"getdate", true, [] { return clock(Clock::local, 3); }},
    {"current_timestamp", false, [] { return clock(Clock::local, 3); }},
    {"sysdatetime", true, [] { return clock(Clock::local, 7); }},
    {"getutcdate", true, [] { return clock(Clock::utc, 3); }},
    {"sysutcdatetime", true, [] { return clock(Clock::utc, 7); }},
    {"sysdatetimeoffset", true, [] { return clock(Clock::offset, 7); }},
    {"newid", true, [] { return Value{ValueKind::uuid, "gen_random_uuid()"}; }},
    {"newsequentialid", true, [] { return Value{ValueKind::uuid, "gen_random_uuid()"}; }},
    {"user_name", true, [] { return name_text("current_user::text"); }},
    {"user", false, [] { return name_text("current_user::text"); }},
    {"current_user", false, [] { return name_text("current_user::text"); }},
    {"session_user", false, [] { return name_text("session_user::text"); }},
    {"system_user", false, [] { return name_text("session_user::text"); }},
    {"suser_sname", true, [] { return name_text("session_user::text"); }},
    {"suser_name", true, [] { return name_text("session_user::text"); }},
    {"original_login", true, [] { return name_text("session_user::text"); }},
    {"host_name", true, [] { return name_text("host(inet_client_addr())"); }},
    {"app_name", true, [] { return name_text("current_setting('application_name')"); }},
    {"db_name", true, [] { return name_text("current_database()::text"); }},
};
// clang-format on

struct DatePart {
  std::string_view names[4];
  std::string_view unit;
  int factor;
};

// clang-format off
constexpr DatePart date_parts[] = {
    {{"year", "yy", "yyyy", ""}, "year", 1}, {{"quarter", "qq", "q", ""}, "month", 3}, {{"month", "mm", "m", ""}, "month", 1},
    {{"day", "dd", "d", ""}, "day", 1},      {{"week", "wk", "ww", ""}, "day", 7},     {{"hour", "hh", "", ""}, "hour", 1},
    {{"minute", "mi", "n", ""}, "minute", 1}, {{"second", "ss", "s", ""}, "second", 1},
};
// clang-format on

const DatePart* find_date_part(std::string_view name) {
  for (const DatePart& part : date_parts)
    for (std::string_view candidate : part.names)
      if (!candidate.empty() && same_keyword(name, candidate)) return &part;
  return nullptr;
}

// A decimal literal that is a sum of powers of two and small enough for a real to hold: 0, 1, -3,
// 0.5, 0.25.
bool is_binary_fraction(const Value& literal) {
  if (literal.kind != ValueKind::number || !literal.constant || literal.money || literal.text.size() > 8) return false;
  std::int64_t digits = 0;
  int behind_point = 0;
  bool seen_point = false;
  for (char c : literal.text) {
    if (c == '-') continue;
    if (c == '.') {
      seen_point = true;
      continue;
    }
    digits = digits * 10 + (c - '0');
    if (seen_point) ++behind_point;
  }
  if (digits > 1 << 24) return false;
  for (; behind_point > 0; --behind_point) {
    if (digits % 5 != 0) return false;
    digits /= 5;
  }
  return true;
}

// Of CONVERT: what reads an ISO date as an ISO date. 0 is the default.
bool is_iso_style(std::string_view style) {
  static constexpr std::string_view styles[] = {"0", "20", "21", "112", "120", "121", "126"};
  return std::find(std::begin(styles), std::end(styles), style) != std::end(styles);
}

// Both operands are moments of types that SQL Server and PostgreSQL compare alike once their values
// are here.
bool moments_compare(const RemoteType& a, const RemoteType& b) {
  if (a.scale == 7 || b.scale == 7) return false;  // the seventh digit is not here
  if (a.type == b.type) return true;
  const auto is_dateless = [](Type type) { return type == Type::time || type == Type::datetimeoffset; };
  if (is_dateless(a.type) || is_dateless(b.type)) return false;
  // A datetime counts as its tick of 1/300 s where it meets a datetime2, and as its printed
  // milliseconds here.
  const bool has_datetime = a.type == Type::datetime || b.type == Type::datetime;
  const bool has_datetime2 = a.type == Type::datetime2 || b.type == Type::datetime2;
  return !(has_datetime && has_datetime2);
}

class Translator {
 public:
  Translator(std::vector<Token> tokens, const ExpressionContext& context)
      : tokens_(std::move(tokens)), context_(context) {}

  // The whole text as one value or condition.
  Result run() {
    Result value = parse_or();
    return value && peek().kind == TokenKind::end ? value : std::nullopt;
  }

 private:
  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  bool is_symbol(std::string_view symbol, std::size_t ahead = 0) const { return tsql::is_symbol(peek(ahead), symbol); }
  bool is_word(std::string_view word, std::size_t ahead = 0) const { return is_keyword(peek(ahead), word); }
  bool take_symbol(std::string_view symbol) { return is_symbol(symbol) && ++at_ != 0; }
  bool take_word(std::string_view word) { return is_word(word) && ++at_ != 0; }

  // Deep nesting would exhaust the backend's stack.
  bool too_deep() const { return depth_ > 100; }

  Result parse_or() { return parse_logical(Binding::or_, "OR", " OR ", &Translator::parse_and); }
  Result parse_and() { return parse_logical(Binding::and_, "AND", " AND ", &Translator::parse_not); }

  Result parse_logical(Binding binding, std::string_view word, const char* joint, Result (Translator::*next)()) {
    Result left = (this->*next)();
    while (left && take_word(word)) {
      const Result right = (this->*next)();
      if (!right || left->kind != ValueKind::condition || right->kind != ValueKind::condition) return std::nullopt;
      if (left->binding != binding) left = condition(operand(*left, binding), binding);
      left->sql.append(joint).append(operand(*right, binding));
    }
    return left;
  }

  Result parse_not() {
    if (!take_word("NOT")) return parse_predicate();
    if (too_deep()) return std::nullopt;
    ++depth_;
    const Result inner = parse_not();
    --depth_;
    if (!inner || inner->kind != ValueKind::condition) return std::nullopt;
    return condition("NOT " + operand(*inner, Binding::primary), Binding::not_);
  }

  Result parse_predicate() {
    Result left = parse_sum();
    if (!left || left->kind == ValueKind::condition) return left;
    Operator op{};
    if (peek().kind == TokenKind::symbol && find_operator(peek().text, op)) {
      ++at_;
      const Result right = parse_sum();
      return right ? compare(*left, op, *right) : std::nullopt;
    }
    if (take_word("IS")) return parse_null_test(*left);
    const bool negated = take_word("NOT");
    Result inner;
    if (take_word("IN")) {
      inner = parse_in(*left);
    } else if (take_word("BETWEEN")) {
      inner = parse_between(*left);
    } else if (!negated) {
      return left;
    }
    if (!inner || !negated) return inner;
    return condition("NOT " + operand(*inner, Binding::primary), Binding::not_);
  }

  Result parse_null_test(const Value& value) {
    const bool negated = take_word("NOT");
    if (!take_word("NULL") || value.kind == ValueKind::condition || value.kind == ValueKind::length ||
        value.kind == ValueKind::clock)
      return std::nullopt;
    return condition(operand(value, Binding::sum) + (negated ? " IS NOT NULL" : " IS NULL"), Binding::comparison);
  }

  Result parse_in(const Value& value) {
    if (!take_symbol("(")) return std::nullopt;
    Result any;
    do {
      const Result item = parse_sum();
      const Result equal = item ? compare(value, Operator::equal, *item) : std::nullopt;
      if (!equal) return std::nullopt;
      if (!any) {
        any = equal;
      } else {
        any->sql.append(" OR ").append(equal->sql);
        any->binding = Binding::or_;
      }
    } while (take_symbol(","));
    return take_symbol(")") ? any : std::nullopt;
  }

  Result parse_between(const Value& value) {
    const Result low = parse_sum();
    if (!low || !take_word("AND")) return std::nullopt;
    const Result high = parse_sum();
    if (!high) return std::nullopt;
    const Result from = compare(value, Operator::greater_equal, *low);
    const Result to = compare(value, Operator::less_equal, *high);
    if (!from || !to) return std::nullopt;
    return condition(operand(*from, Binding::and_) + " AND " + operand(*to, Binding::and_), Binding::and_);
  }

  Result parse_sum() {
    Result left = parse_product();
    while (left && (is_symbol("+") || is_symbol("-"))) {
      if (left->kind == ValueKind::string && is_symbol("+")) {
        left = parse_concatenation(*left);
        continue;
      }
      const char op = peek().text[0];
      ++at_;
      const Result right = parse_product();
      left = right ? calculate(*left, op, *right) : std::nullopt;
    }
    return left;
  }

  // 'a' + 'b' + ..., at the first of its signs.
  Result parse_concatenation(const Value& first) {
    std::string text = first.text;
    bool unicode = first.unicode;
    bool constant = first.constant;
    while (constant && take_symbol("+")) {
      const Result next = parse_product();
      constant = next && next->kind == ValueKind::string && next->constant;
      if (!constant) break;
      text += next->text;
      unicode = unicode || next->unicode;
    }
    return constant ? Result(string_literal(std::move(text), unicode)) : std::nullopt;
  }

  Result parse_product() {
    Result left = parse_unary();
    while (left && (is_symbol("*") || is_symbol("/") || is_symbol("%"))) {
      const char op = peek().text[0];
      ++at_;
      const Result right = parse_unary();
      if (!right || op != '*') return std::nullopt;
      left = calculate(*left, op, *right);
    }
    return left;
  }

  Result parse_unary() {
    if (take_symbol("+")) return parse_unary_operand();
    if (!take_symbol("-")) return parse_primary();
    Result value = parse_unary_operand();
    if (!value || (value->kind != ValueKind::number && value->kind != ValueKind::floating)) return std::nullopt;
    if (!value->constant) {
      if (value->kind == ValueKind::floating || value->money) return std::nullopt;
      value->sql = "-" + operand(*value, Binding::primary);
      value->binding = Binding::product;
      return value;
    }
    const auto negate = [](std::string& digits) { digits = digits.starts_with('-') ? digits.substr(1) : "-" + digits; };
    negate(value->text);
    negate(value->sql);
    return value;
  }

  Result parse_unary_operand() {
    if (too_deep()) return std::nullopt;
    ++depth_;
    Result value = parse_unary();
    --depth_;
    return value && value->kind != ValueKind::condition ? value : std::nullopt;
  }

  Result parse_primary() {
    const Token token = peek();
    ++at_;
    switch (token.kind) {
      case TokenKind::number: return parse_number(token.text);
      case TokenKind::money: return token.text == "." ? std::nullopt : Result(number_literal(token.text, true));
      case TokenKind::string: return string_literal(token.text, token.quoted);
      case TokenKind::binary: {
        Value value{ValueKind::binary, {}};
        value.constant = true;
        value.text = token.text;
        return value;
      }
      case TokenKind::symbol: return token.text == "(" ? parse_parentheses() : std::nullopt;
      case TokenKind::name: return parse_name(token);
      case TokenKind::variable:
      case TokenKind::end: break;
    }
    return std::nullopt;
  }

  Result parse_parentheses() {
    if (too_deep()) return std::nullopt;
    ++depth_;
    Result inner = parse_or();
    --depth_;
    return inner && take_symbol(")") ? inner : std::nullopt;
  }

  static Result parse_number(const std::string& text) {
    if (text.size() > longest_number) return std::nullopt;
    if (text.find_first_of("eE") == std::string::npos) return number_literal(text, false);
    const std::size_t last = text.find_last_not_of("0123456789");
    if (last + 1 == text.size()) return std::nullopt;  // an exponent without digits counts as zero there
    Value value{ValueKind::floating, text.starts_with('.') ? "0" + text : text};
    value.constant = true;
    value.text = text;
    return value;
  }

  Result parse_name(const Token& token) {
    if (is_symbol("(")) return parse_call(token);
    if (!token.quoted) {
      if (same_keyword(token.text, "NULL")) return Value{ValueKind::null, "NULL"};
      if (same_keyword(token.text, "NEXT")) return parse_next_value();
      for (const NamedValue& named : named_values)
        if (!named.parentheses && same_keyword(token.text, named.name)) return named.make();
    }
    return is_symbol(".") ? std::nullopt : column(token.text);
  }

  Result column(const std::string& name) const {
    const std::optional<std::string> local = context_.column ? context_.column(name) : std::nullopt;
    if (!local) return std::nullopt;
    const std::optional<RemoteType> type = context_.column_type ? context_.column_type(name) : std::nullopt;
    return type ? column_value(*local, *type) : Value{ValueKind::other, *local};
  }

  Result parse_next_value() {
    if (!take_word("VALUE") || !take_word("FOR") || peek().kind != TokenKind::name || !context_.sequence)
      return std::nullopt;
    std::string schema;
    std::string name = peek().text;
    ++at_;
    if (take_symbol(".")) {
      if (peek().kind != TokenKind::name) return std::nullopt;
      schema = std::exchange(name, peek().text);
      ++at_;
    }
    const std::optional<std::string> sequence = context_.sequence(schema, name);
    if (!sequence) return std::nullopt;
    Value value{ValueKind::number, "nextval(" + quote_postgres(*sequence) + "::regclass)"};
    value.integer = true;
    value.precision = 19;
    return value;
  }

  Result parse_call(const Token& name) {
    ++at_;  // the parenthesis
    if (take_symbol(")")) {
      for (const NamedValue& named : named_values)
        if (named.parentheses && same_keyword(name.text, named.name)) return named.make();
      return std::nullopt;
    }
    if (too_deep()) return std::nullopt;
    ++depth_;
    Result value;
    if (same_keyword(name.text, "CONVERT")) {
      value = parse_convert();
    } else if (same_keyword(name.text, "CAST")) {
      value = parse_cast();
    } else if (same_keyword(name.text, "DATEADD")) {
      value = parse_dateadd();
    } else if (same_keyword(name.text, "ISNULL")) {
      value = parse_isnull();
    } else if (same_keyword(name.text, "LEN")) {
      value = parse_len();
    }
    --depth_;
    return value && take_symbol(")") ? value : std::nullopt;
  }

  std::optional<RemoteType> parse_type() {
    if (peek().kind != TokenKind::name) return std::nullopt;
    std::string declaration = peek().text;
    ++at_;
    const std::optional<Type> type = type_from_name(declaration);
    if (!type || is_symbol(".")) return std::nullopt;
    if (is_symbol("(")) {
      for (int i = 0; !is_symbol(")"); ++i, ++at_) {
        if (i == 5 || peek().kind == TokenKind::end) return std::nullopt;
        declaration += peek().text;
      }
      declaration += ")";
      ++at_;
    } else if (*type == Type::char_ || *type == Type::varchar || *type == Type::nchar || *type == Type::nvarchar ||
               *type == Type::binary || *type == Type::varbinary) {
      if (!same_keyword(declaration, "sysname")) declaration += "(30)";  // what CAST and CONVERT take for granted
    }
    try {
      return parse_declaration(declaration);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  Result parse_convert() {
    const std::optional<RemoteType> type = parse_type();
    if (!type || !take_symbol(",")) return std::nullopt;
    const Result value = parse_sum();
    if (!value) return std::nullopt;
    if (take_symbol(",")) {
      // Styles that say what ISO dates say anyway, and the default.
      const Token style = peek();
      ++at_;
      if (style.kind != TokenKind::number && !(style.kind == TokenKind::symbol && style.text == "("))
        return std::nullopt;
      std::string number = style.text;
      if (style.kind == TokenKind::symbol) {
        number = peek().text;
        ++at_;
        if (!take_symbol(")")) return std::nullopt;
      }
      if (!is_iso_style(number) || value->kind == ValueKind::binary) return std::nullopt;
    }
    return convert(*value, *type);
  }

  Result parse_cast() {
    const Result value = parse_sum();
    if (!value || !take_word("AS")) return std::nullopt;
    const std::optional<RemoteType> type = parse_type();
    return type ? convert(*value, *type) : std::nullopt;
  }

  Result parse_dateadd() {
    if (peek().kind != TokenKind::name) return std::nullopt;
    const DatePart* part = find_date_part(peek().text);
    ++at_;
    if (part == nullptr || !take_symbol(",")) return std::nullopt;
    const Result count = parse_sum();
    if (!count || count->kind != ValueKind::number || !count->constant || !count->integer || count->text.size() > 8 ||
        !take_symbol(","))
      return std::nullopt;
    Result base = parse_sum();
    if (!base) return std::nullopt;
    const std::string amount = std::to_string(std::stol(count->text) * part->factor) + " " + std::string(part->unit);
    const std::string interval = " + interval '" + amount + "'";
    if (base->kind == ValueKind::clock) {
      base->interval += interval;
      return base;
    }
    const bool whole_days = part->unit != "hour" && part->unit != "minute" && part->unit != "second";
    if (base->kind != ValueKind::moment || base->constant || base->type->type != Type::date || !whole_days)
      return std::nullopt;
    base->sql = "(" + base->sql + interval + ")::date";
    return base;
  }

  // ISNULL gives the type of its first argument.
  Result parse_isnull() {
    Result value = parse_sum();
    if (!value || !value->column || value->kind != ValueKind::number || !take_symbol(",")) return std::nullopt;
    const Result other = parse_sum();
    const Result same = other && other->constant ? convert(*other, *value->type) : std::nullopt;
    if (!same) return std::nullopt;
    value->sql = "coalesce(" + value->sql + ", " + same->sql + ")";
    value->binding = Binding::primary;
    return value;
  }

  Result parse_len() {
    Result value = parse_sum();
    if (!value || !value->column || value->kind != ValueKind::string) return std::nullopt;
    value->kind = ValueKind::length;
    return value;
  }

  // Exact as long as T-SQL's result type has room for every digit: 38 of them (Microsoft's
  // "Precision, scale, and length").
  static Result calculate(const Value& left, char op, const Value& right) {
    if (left.kind != ValueKind::number || right.kind != ValueKind::number || left.money || right.money)
      return std::nullopt;
    Value value{ValueKind::number, {}};
    value.integer = left.integer && right.integer;
    if (op == '*') {
      value.precision = left.precision + right.precision + 1;
      value.scale = left.scale + right.scale;
    } else {
      value.scale = std::max(left.scale, right.scale);
      value.precision = std::max(left.precision - left.scale, right.precision - right.scale) + value.scale + 1;
    }
    if (value.precision > 38) return std::nullopt;
    value.binding = op == '*' ? Binding::product : Binding::sum;
    const Binding right_binding = op == '*' ? Binding::primary : Binding::product;
    value.sql = operand(left, value.binding) + " " + op + " " + operand(right, right_binding);
    return value;
  }

  static Result compare(const Value& left, Operator op, const Value& right) {
    if (left.kind == ValueKind::length) return compare_length(left, op, right);
    if (right.kind == ValueKind::length) return compare_length(right, commuted(op), left);
    if (left.constant && right.column) return compare(right, commuted(op), left);
    const bool may_compare = right.constant ? compares_constant(left, op, right) : compares_values(left, op, right);
    if (!may_compare) return compare_with_empty(left, op, right);
    const bool converts = right.constant && left.column && left.kind != ValueKind::floating && left.kind != right.kind;
    const Value second = converts ? *convert(right, *left.type) : right;
    const std::string sql =
        operand(left, Binding::sum) + " " + std::string(tsql_name(op)) + " " + operand(second, Binding::sum);
    return condition(sql, Binding::comparison);
  }

  static bool compares_values(const Value& left, Operator op, const Value& right) {
    if (left.kind != right.kind) return false;
    const bool equality = op == Operator::equal || op == Operator::not_equal;
    switch (left.kind) {
      case ValueKind::number: return true;
      case ValueKind::floating: return left.column && right.column && left.type->type == right.type->type;
      case ValueKind::bit:
      case ValueKind::uuid: return equality && left.column && right.column;
      case ValueKind::moment: return left.column && right.column && moments_compare(*left.type, *right.type);
      default: return false;
    }
  }

  static bool compares_constant(const Value& left, Operator op, const Value& right) {
    const bool equality = op == Operator::equal || op == Operator::not_equal;
    switch (left.kind) {
      case ValueKind::number:
        return right.kind == ValueKind::number || (left.column && convert(right, *left.type).has_value());
      case ValueKind::floating: return left.column && is_binary_fraction(right);
      case ValueKind::bit:
        if (!left.column || !equality) return false;
        if (right.kind == ValueKind::number && right.text != "0" && right.text != "1") return false;
        return convert(right, *left.type).has_value();
      case ValueKind::uuid:
        return left.column && equality && right.kind != ValueKind::uuid && convert(right, *left.type).has_value();
      case ValueKind::moment:
        if (!left.column || left.type->scale == 7) return false;
        if (right.kind == ValueKind::moment) return left.type->type == right.type->type;
        return convert(right, *left.type).has_value();
      default: return false;
    }
  }

  // Trailing blanks do not count there: a text differs from '' when it has something else.
  static Result compare_with_empty(const Value& left, Operator op, const Value& right) {
    const bool is_empty_test =
        right.kind == ValueKind::string && right.constant && right.text.find_first_not_of(' ') == std::string::npos;
    if (!is_empty_test || !left.column || left.kind != ValueKind::string || op != Operator::not_equal)
      return std::nullopt;
    return not_blank(left);
  }

  static Value not_blank(const Value& column) {
    return condition("rtrim(" + column.sql + ") <> ''", Binding::comparison);
  }

  // LEN leaves trailing blanks out, as rtrim does.
  static Result compare_length(const Value& length, Operator op, const Value& right) {
    const bool not_empty = (op == Operator::greater && right.text == "0") ||
                           (op == Operator::greater_equal && right.text == "1") ||
                           (op == Operator::not_equal && right.text == "0");
    if (right.kind != ValueKind::number || !right.constant || !not_empty) return std::nullopt;
    return not_blank(length);
  }

  std::vector<Token> tokens_;
  const ExpressionContext& context_;
  std::size_t at_{0};
  int depth_{0};
};

Result translate(std::string_view definition, const ExpressionContext& context) {
  if (definition.size() > source::longest_expression) return std::nullopt;
  std::optional<std::vector<Token>> tokens = tokenize(definition);
  return tokens ? Translator(std::move(*tokens), context).run() : std::nullopt;
}

}  // namespace

std::optional<std::string> translate_default(std::string_view definition, const RemoteType& type,
                                             const ExpressionContext& context) {
  const ExpressionContext no_columns{{}, context.sequence, {}};
  const Result value = translate(definition, no_columns);
  const Result converted = value ? convert(*value, type) : std::nullopt;
  if (!converted) return std::nullopt;
  return converted->sql;
}

std::optional<std::string> translate_check(std::string_view definition, const ExpressionContext& context) {
  const Result value = translate(definition, context);
  if (!value || value->kind != ValueKind::condition) return std::nullopt;
  return value->sql;
}

}  // namespace mssql::tsql
