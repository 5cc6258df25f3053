// Expressions and predicates. One grammar serves both: the binder tells where only the one or the
// other may stand.
#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"

namespace tds_server::engine {

ExprPtr Parser::make(ExprKind kind) const {
  auto result = std::make_unique<Expr>();
  result->kind = kind;
  result->line = peek().line;
  return result;
}

namespace {
constexpr int kMaxDepth = 1000;
struct DepthGuard {
  explicit DepthGuard(int& depth) : depth_(depth) {
    if (++depth_ > kMaxDepth) {
      --depth_;
      throw error(191,
                  "Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller "
                  "queries.",
                  15);
    }
  }
  ~DepthGuard() { --depth_; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;
  int& depth_;
};
}  // namespace

ExprPtr Parser::expression() {
  const DepthGuard guard(depth_);
  ExprPtr left = conjunction();
  while (is_word("or")) {
    ExprPtr node = make(ExprKind::or_);
    advance();
    node->args.push_back(std::move(left));
    node->args.push_back(conjunction());
    left = std::move(node);
  }
  return left;
}

ExprPtr Parser::conjunction() {
  ExprPtr left = negation();
  while (is_word("and")) {
    ExprPtr node = make(ExprKind::and_);
    advance();
    node->args.push_back(std::move(left));
    node->args.push_back(negation());
    left = std::move(node);
  }
  return left;
}

ExprPtr Parser::negation() {
  if (is_word("not")) {
    ExprPtr node = make(ExprKind::not_);
    advance();
    node->args.push_back(negation());
    return node;
  }
  return predicate();
}

namespace {
std::string comparison_of(const Token& token) {
  if (token.kind != TokenKind::symbol) return "";
  if (token.text == "=" || token.text == "<" || token.text == ">" || token.text == "<=" || token.text == ">=" ||
      token.text == "<>")
    return token.text;
  if (token.text == "!=") return "<>";
  if (token.text == "!<") return ">=";
  if (token.text == "!>") return "<=";
  return "";
}
}  // namespace

ExprPtr Parser::predicate() {
  if (is_word("exists") && is_symbol("(", 1)) {
    ExprPtr node = make(ExprKind::exists);
    advance();
    expect_symbol("(");
    node->query = subquery();
    expect_symbol(")");
    return node;
  }
  ExprPtr left = sum();
  for (;;) {
    const std::string comparison = comparison_of(peek());
    if (!comparison.empty()) {
      ExprPtr node = make(ExprKind::compare);
      advance();
      node->text = comparison;
      node->args.push_back(std::move(left));
      if ((is_word("all") || is_word("any") || is_word("some")) && is_symbol("(", 1)) {
        node->kind = ExprKind::quantified;
        node->all = is_word("all");
        advance();
        expect_symbol("(");
        node->query = subquery();
        expect_symbol(")");
      } else {
        node->args.push_back(sum());
      }
      left = std::move(node);
    } else if (is_word("is")) {
      ExprPtr node = make(ExprKind::is_null);
      advance();
      node->negated = accept("not");
      expect("null");
      node->args.push_back(std::move(left));
      left = std::move(node);
    } else if (is_word("in") || is_word("like") || is_word("between") ||
               (is_word("not") && (is_word("in", 1) || is_word("like", 1) || is_word("between", 1)))) {
      const bool negated = accept("not");
      if (is_word("in")) {
        left = in_predicate(std::move(left), negated);
      } else if (is_word("like")) {
        ExprPtr node = make(ExprKind::like);
        advance();
        node->negated = negated;
        node->args.push_back(std::move(left));
        node->args.push_back(sum());
        if (accept("escape")) node->args.push_back(sum());
        left = std::move(node);
      } else {
        ExprPtr node = make(ExprKind::between);
        advance();
        node->negated = negated;
        node->args.push_back(std::move(left));
        node->args.push_back(sum());
        expect("and");
        node->args.push_back(sum());
        left = std::move(node);
      }
    } else {
      return left;
    }
  }
}

ExprPtr Parser::in_predicate(ExprPtr value, bool negated) {
  ExprPtr node = make(ExprKind::in_list);
  advance();
  node->negated = negated;
  node->args.push_back(std::move(value));
  expect_symbol("(");
  if (starts_query(0)) {
    node->kind = ExprKind::in_query;
    node->query = subquery();
  } else {
    do {
      node->args.push_back(expression());
    } while (accept_symbol(","));
  }
  expect_symbol(")");
  return node;
}

ExprPtr Parser::sum() {
  ExprPtr left = product();
  while (is_symbol("+") || is_symbol("-") || is_symbol("&") || is_symbol("|") || is_symbol("^")) {
    ExprPtr node = make(ExprKind::binary);
    node->text = advance().text;
    node->args.push_back(std::move(left));
    node->args.push_back(product());
    left = std::move(node);
  }
  return left;
}

ExprPtr Parser::product() {
  ExprPtr left = signed_operand();
  while (is_symbol("*") || is_symbol("/") || is_symbol("%")) {
    ExprPtr node = make(ExprKind::binary);
    node->text = advance().text;
    node->args.push_back(std::move(left));
    node->args.push_back(signed_operand());
    left = std::move(node);
  }
  return left;
}

ExprPtr Parser::signed_operand() {
  if (is_symbol("-") || is_symbol("+") || is_symbol("~")) {
    ExprPtr node = make(ExprKind::unary);
    node->text = advance().text;
    const DepthGuard guard(depth_);
    node->args.push_back(signed_operand());
    return node;
  }
  return postfix(primary());
}

ExprPtr Parser::postfix(ExprPtr operand) {
  for (;;) {
    if (is_word("collate")) {
      ExprPtr node = make(ExprKind::collate);
      advance();
      node->text = word();
      node->args.push_back(std::move(operand));
      operand = std::move(node);
    } else if (is_word("at") && is_word("time", 1) && is_word("zone", 2)) {
      ExprPtr node = make(ExprKind::at_time_zone);
      advance(), advance(), advance();
      node->args.push_back(std::move(operand));
      node->args.push_back(postfix(primary()));
      operand = std::move(node);
    } else if (is_symbol(".") && peek(1).kind == TokenKind::identifier) {
      ExprPtr node = make(ExprKind::method);
      advance();
      node->text = advance().text;
      node->args.push_back(std::move(operand));
      node->is_property = !is_symbol("(");
      if (accept_symbol("(")) {
        if (!is_symbol(")")) {
          for (ExprPtr& arg : expression_list()) node->args.push_back(std::move(arg));
        }
        expect_symbol(")");
      }
      operand = std::move(node);
    } else {
      return operand;
    }
  }
}

std::vector<ExprPtr> Parser::expression_list() {
  std::vector<ExprPtr> list;
  do {
    list.push_back(expression());
  } while (accept_symbol(","));
  return list;
}

std::vector<OrderItem> Parser::order_list() {
  std::vector<OrderItem> list;
  do {
    OrderItem item;
    item.expr = expression();
    item.descending = accept("desc");
    if (!item.descending) accept("asc");
    list.push_back(std::move(item));
  } while (accept_symbol(","));
  return list;
}

ExprPtr Parser::primary() {
  switch (peek().kind) {
    case TokenKind::string:
    case TokenKind::national_string:
    case TokenKind::binary:
    case TokenKind::integer:
    case TokenKind::decimal:
    case TokenKind::floating:
    case TokenKind::money: return literal();
    case TokenKind::variable: {
      ExprPtr node = make(ExprKind::variable);
      node->text = advance().text;
      return node;
    }
    case TokenKind::symbol:
      if (is_symbol("(")) return parenthesized();
      if (is_symbol("*")) {
        ExprPtr node = make(ExprKind::star);
        advance();
        return node;
      }
      if (is_symbol(".")) return named();
      fail();
    case TokenKind::quoted_identifier: return named();
    case TokenKind::identifier:
      if (ExprPtr special = special_function()) return special;
      return named();
    case TokenKind::end: break;
  }
  fail();
}

ExprPtr Parser::parenthesized() {
  expect_symbol("(");
  ExprPtr node;
  if (starts_query(0)) {
    node = make(ExprKind::subquery);
    node->query = subquery();
  } else {
    node = expression();
  }
  expect_symbol(")");
  return node;
}

ExprPtr Parser::literal() {
  ExprPtr node = make(ExprKind::literal);
  const Token& token = advance();
  node->text = token.text;
  switch (token.kind) {
    case TokenKind::string: node->literal_kind = LiteralKind::string; break;
    case TokenKind::national_string: node->literal_kind = LiteralKind::national_string; break;
    case TokenKind::binary: node->literal_kind = LiteralKind::binary; break;
    case TokenKind::decimal: node->literal_kind = LiteralKind::decimal; break;
    case TokenKind::floating: node->literal_kind = LiteralKind::floating; break;
    case TokenKind::money: node->literal_kind = LiteralKind::money; break;
    default: node->literal_kind = LiteralKind::integer; break;
  }
  return node;
}

// Keywords that begin an expression; null when the word is an ordinary name.
ExprPtr Parser::special_function() {
  if (is_word("null")) {
    ExprPtr node = make(ExprKind::null_literal);
    advance();
    return node;
  }
  if (is_word("default")) {
    ExprPtr node = make(ExprKind::default_value);
    advance();
    return node;
  }
  if (is_word("case")) return case_expression();
  if ((is_word("cast") || is_word("try_cast") || is_word("parse") || is_word("try_parse")) && is_symbol("(", 1))
    return cast_call();
  if ((is_word("convert") || is_word("try_convert")) && is_symbol("(", 1)) return convert_call();
  if (is_words("next", "value") && is_word("for", 2)) {
    ExprPtr node = make(ExprKind::next_value);
    advance(), advance(), advance();
    node->name = name();
    if (is_word("over")) {
      advance();
      skip_parentheses();
    }
    return node;
  }
  for (const std::string_view bare : {"current_timestamp", "current_user", "session_user", "system_user", "user"}) {
    if (is_word(bare) && !is_symbol("(", 1) && !is_symbol(".", 1)) {
      ExprPtr node = make(ExprKind::function);
      node->name = {advance().text};
      return node;
    }
  }
  // Reserved words that are also functions.
  for (const std::string_view word : {"left", "right", "coalesce", "nullif", "identity"}) {
    if (is_word(word) && is_symbol("(", 1)) return function_call({advance().text});
  }
  return nullptr;
}

ExprPtr Parser::cast_call() {
  ExprPtr node = make(ExprKind::cast);
  node->text = upper(advance().text);
  expect_symbol("(");
  node->args.push_back(expression());
  expect("as");
  node->type = type();
  if (accept("using")) node->args.push_back(expression());
  expect_symbol(")");
  return node;
}

ExprPtr Parser::convert_call() {
  ExprPtr node = make(ExprKind::cast);
  node->text = upper(advance().text);
  expect_symbol("(");
  node->type = type();
  expect_symbol(",");
  node->args.push_back(expression());
  if (accept_symbol(",")) node->args.push_back(expression());
  expect_symbol(")");
  return node;
}

ExprPtr Parser::case_expression() {
  ExprPtr node = make(ExprKind::case_);
  advance();
  if (!is_word("when")) {
    node->has_operand = true;
    node->args.push_back(expression());
  }
  if (!is_word("when")) fail();
  while (accept("when")) {
    node->args.push_back(expression());
    expect("then");
    node->args.push_back(expression());
  }
  if (accept("else")) {
    node->has_else = true;
    node->args.push_back(expression());
  }
  expect("end");
  return node;
}

// A column, a qualified star, a function call or a static method of a type.
ExprPtr Parser::named() {
  const int line = peek().line;
  Name parts = name();
  if (is_symbol(".") && is_symbol("*", 1)) {
    advance(), advance();
    ExprPtr node = make(ExprKind::star);
    node->name = std::move(parts);
    return node;
  }
  if (is_symbol("::")) {
    ExprPtr node = make(ExprKind::static_method);
    advance();
    node->name = std::move(parts);
    node->text = word();
    node->is_property = !is_symbol("(");
    if (accept_symbol("(")) {
      if (!is_symbol(")")) node->args = expression_list();
      expect_symbol(")");
    }
    return node;
  }
  if (is_symbol("(")) return function_call(std::move(parts));
  ExprPtr node = make(ExprKind::column);
  node->line = line;
  node->name = std::move(parts);
  return node;
}

ExprPtr Parser::function_call(Name parts) {
  ExprPtr node = make(ExprKind::function);
  node->name = std::move(parts);
  expect_symbol("(");
  if (!is_symbol(")")) {
    node->distinct = accept("distinct");
    if (!node->distinct) accept("all");
    node->args = expression_list();
    if (node->name.size() == 1 && equals_ignoring_case(node->name[0], "trim") && accept("from")) {
      ExprPtr text = expression();  // TRIM(characters FROM text)
      node->args.insert(node->args.begin(), std::move(text));
    }
  }
  expect_symbol(")");
  if (is_words("within", "group")) {
    advance(), advance();
    expect_symbol("(");
    expect("order");
    expect("by");
    node->within_group = order_list();
    expect_symbol(")");
  }
  if (is_word("over")) window(*node);
  return node;
}

void Parser::window(Expr& function) {
  expect("over");
  expect_symbol("(");
  function.over = std::make_unique<WindowSpec>();
  if (accept("partition")) {
    expect("by");
    function.over->partition = expression_list();
  }
  if (accept("order")) {
    expect("by");
    function.over->order = order_list();
  }
  if (is_word("rows") || is_word("range")) {
    // The frame clause is the same language on both sides.
    while (!is_symbol(")")) {
      if (at_end()) fail();
      if (!function.over->frame.empty()) function.over->frame += ' ';
      if (peek().kind != TokenKind::identifier && peek().kind != TokenKind::integer) fail();
      function.over->frame += upper(advance().text);
    }
  }
  expect_symbol(")");
}

}  // namespace tds_server::engine
