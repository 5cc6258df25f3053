// Queries: SELECT, set operations, VALUES, common table expressions and the FROM clause.
#include <utility>

#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"

namespace tds_server::engine {
namespace {

EngineError at_line(int line, int number, std::string text, int state) {
  EngineError failure = error(number, std::move(text), 15, state);
  failure.message.line = line;
  return failure;
}

}  // namespace

// SELECT or WITH here, or behind any number of opening parentheses. WITH is an error there, which
// query() tells.
bool Parser::starts_query(std::size_t ahead) const {
  while (is_symbol("(", ahead)) ++ahead;
  return is_word("select", ahead) || is_word("with", ahead);
}

// Whether what opens `ahead` ends as a table in FROM does, with an alias behind it, and not as the
// operand of a query: ((SELECT ..) AS a JOIN b ..), but ((SELECT ..) UNION ..).
bool Parser::opens_table(std::size_t ahead) const {
  if (!is_symbol("(", ahead)) return false;
  std::size_t depth = 0;
  do {
    if (is_symbol("(", ahead)) ++depth;
    if (is_symbol(")", ahead)) --depth;
    if (peek(ahead).kind == TokenKind::end) return false;
    ++ahead;
  } while (depth > 0);
  return !is_symbol(")", ahead) && !is_word("union", ahead) && !is_word("except", ahead) &&
         !is_word("intersect", ahead) && !is_word("order", ahead);
}

// A query that is a statement or ends one: it alone may order its rows as it likes, have an OPTION
// clause, INTO and @variable = value.
QueryPtr Parser::statement_query(std::vector<Cte> with) {
  QueryPtr result = query(std::move(with));
  option_clause();
  return result;
}

// A query inside another, or of a view.
QueryPtr Parser::subquery(std::vector<Cte> with) {
  const bool outer = std::exchange(inside_query_, true);
  QueryPtr result = query(std::move(with));
  inside_query_ = outer;
  const bool chooses = result->offset || result->xml_text || (result->body->core && result->body->core->top);
  if (!result->order.empty() && !chooses) {
    throw at_line(result->line, 1033,
                  "The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common "
                  "table expressions, "
                  "unless TOP, OFFSET or FOR XML is also specified.",
                  1);
  }
  return result;
}

std::vector<Cte> Parser::with_clause() {
  expect("with");
  if (is_word("xmlnamespaces")) throw not_supported("WITH XMLNAMESPACES");
  std::vector<Cte> list;
  do {
    Cte cte;
    cte.name = identifier();
    if (is_symbol("(")) cte.columns = name_list();
    expect("as");
    expect_symbol("(");
    cte.query = subquery();
    expect_symbol(")");
    list.push_back(std::move(cte));
  } while (accept_symbol(","));
  return list;
}

QueryPtr Parser::query(std::vector<Cte> with) {
  auto result = std::make_unique<Query>();
  result->line = peek().line;
  result->with = std::move(with);
  result->body = set_operation();
  if (is_words("order", "by")) {
    advance(), advance();
    result->order = order_list();
    if (accept("offset")) {
      if (result->body->core && result->body->core->top) {
        throw at_line(result->line, 10741, "A TOP can not be used in the same query or sub-query as a OFFSET.", 2);
      }
      result->offset = sum();
      if (!accept("rows")) expect("row");
      if (accept("fetch")) {
        if (!accept("next")) expect("first");
        result->fetch = sum();
        if (!accept("rows")) expect("row");
        expect("only");
      }
    }
  }
  if (is_words("for", "xml") && is_word("path", 2) && is_symbol("(", 3) && peek(4).kind == TokenKind::string &&
      peek(4).text.empty() && is_symbol(")", 5)) {
    for (int word = 0; word < 6; ++word) advance();
    if (is_symbol(",")) throw not_supported("FOR XML with options");
    result->xml_text = true;
  }
  if (is_word("for") && (is_word("xml", 1) || is_word("json", 1))) throw not_supported("FOR " + upper(peek(1).text));
  if (is_word("for") && is_word("browse", 1)) advance(), advance();
  return result;
}

void Parser::option_clause() {
  if (is_word("option") && is_symbol("(", 1)) {
    advance();
    skip_parentheses();
  }
}

std::unique_ptr<QueryBody> Parser::set_operation() {
  std::unique_ptr<QueryBody> left = intersection();
  while (is_word("union") || is_word("except")) {
    auto node = std::make_unique<QueryBody>();
    node->op = upper(advance().text);
    if (node->op == "UNION" && accept("all")) node->op = "UNION ALL";
    node->left = std::move(left);
    node->right = intersection();
    left = std::move(node);
  }
  return left;
}

std::unique_ptr<QueryBody> Parser::intersection() {
  std::unique_ptr<QueryBody> left = query_primary();
  while (is_word("intersect")) {
    auto node = std::make_unique<QueryBody>();
    node->op = upper(advance().text);
    node->left = std::move(left);
    node->right = query_primary();
    left = std::move(node);
  }
  return left;
}

std::unique_ptr<QueryBody> Parser::query_primary() {
  if (accept_symbol("(")) {
    std::unique_ptr<QueryBody> inner = set_operation();
    expect_symbol(")");
    return inner;
  }
  auto leaf = std::make_unique<QueryBody>();
  leaf->core = select_core();
  return leaf;
}

std::optional<Top> Parser::top_clause() {
  if (!accept("top")) return std::nullopt;
  Top top;
  if (accept_symbol("(")) {
    top.count = expression();
    expect_symbol(")");
  } else {
    top.count = primary();
  }
  top.percent = accept("percent");
  if (is_words("with", "ties")) {
    advance(), advance();
    top.with_ties = true;
  }
  return top;
}

std::unique_ptr<SelectCore> Parser::select_core() {
  auto core = std::make_unique<SelectCore>();
  core->line = peek().line;
  expect("select");
  core->distinct = accept("distinct");
  if (!core->distinct) accept("all");
  core->top = top_clause();
  do {
    core->items.push_back(select_item());
  } while (accept_symbol(","));
  if (!inside_query_ && accept("into")) core->into = name();
  if (accept("from")) core->from = from_list();
  if (accept("where")) core->where = expression();
  if (is_words("group", "by")) {
    advance(), advance();
    accept("all");
    if ((is_word("rollup") || is_word("cube")) && is_symbol("(", 1)) {
      core->group_mode = upper(advance().text);
      expect_symbol("(");
      core->group_by = expression_list();
      expect_symbol(")");
    } else if (is_words("grouping", "sets")) {
      throw not_supported("GROUPING SETS");
    } else {
      core->group_by = expression_list();
    }
    if (is_words("with", "rollup") || is_words("with", "cube")) {
      advance();
      core->group_mode = upper(advance().text);
    }
  }
  if (accept("having")) core->having = expression();
  return core;
}

// expr, expr AS alias, expr alias, alias = expr, @variable = expr, expr 'alias'.
SelectItem Parser::select_item() {
  SelectItem item;
  if (!inside_query_ && peek().kind == TokenKind::variable &&
      (is_symbol("=", 1) || is_symbol("+=", 1) || is_symbol("-=", 1))) {
    item.variable = advance().text;
    item.variable_op = advance().text.substr(0, 1);
    if (item.variable_op == "=") item.variable_op.clear();
    item.expr = expression();
    return item;
  }
  const bool named = is_identifier() || peek().kind == TokenKind::string || peek().kind == TokenKind::national_string;
  if (named && is_symbol("=", 1)) {
    item.alias = advance().text;
    advance();
    item.expr = expression();
    return item;
  }
  item.expr = expression();
  if (accept("as")) {
    if (peek().kind == TokenKind::string || peek().kind == TokenKind::national_string) {
      item.alias = advance().text;
    } else {
      item.alias = identifier();
    }
  } else if (peek().kind == TokenKind::string || peek().kind == TokenKind::national_string) {
    item.alias = advance().text;
  } else if (is_identifier()) {
    item.alias = identifier();
  }
  return item;
}

std::vector<TableRefPtr> Parser::from_list() {
  std::vector<TableRefPtr> list;
  do {
    list.push_back(table_ref());
  } while (accept_symbol(","));
  return list;
}

bool Parser::join_follows() const {
  return is_word("join") || is_word("inner") || is_word("cross") || is_word("full") ||
         ((is_word("left") || is_word("right")) && !is_symbol("(", 1)) || (is_word("outer") && is_word("apply", 1));
}

TableRefPtr Parser::table_ref() {
  TableRefPtr left = table_primary();
  while (join_follows()) {
    auto node = std::make_unique<TableRef>();
    node->kind = TableKind::join;
    node->line = peek().line;
    if (accept("cross")) {
      node->join = accept("apply") ? JoinKind::cross_apply : JoinKind::cross;
      if (node->join == JoinKind::cross) expect("join");
    } else if (accept("outer")) {
      expect("apply");
      node->join = JoinKind::outer_apply;
    } else {
      if (accept("left")) {
        node->join = JoinKind::left;
      } else if (accept("right")) {
        node->join = JoinKind::right;
      } else if (accept("full")) {
        node->join = JoinKind::full;
      } else {
        accept("inner");
      }
      if (node->join != JoinKind::inner) accept("outer");
      for (const std::string_view hint : {"loop", "hash", "merge", "remote"}) accept(hint);
      expect("join");
    }
    node->left = std::move(left);
    const bool conditional = node->join == JoinKind::inner || node->join == JoinKind::left ||
                             node->join == JoinKind::right || node->join == JoinKind::full;
    // The right side may itself be a chain whose ON clauses come later: a JOIN b JOIN c ON .. ON ..
    node->right = table_primary();
    while (conditional && join_follows()) {
      auto inner = std::make_unique<TableRef>();
      inner->kind = TableKind::join;
      inner->line = peek().line;
      if (accept("left")) {
        inner->join = JoinKind::left;
        accept("outer");
      } else {
        accept("inner");
      }
      expect("join");
      inner->left = std::move(node->right);
      inner->right = table_primary();
      expect("on");
      inner->on = expression();
      node->right = std::move(inner);
    }
    if (conditional) {
      expect("on");
      node->on = expression();
    }
    left = std::move(node);
  }
  return left;
}

TableRefPtr Parser::table_primary() {
  if (is_symbol("(")) return derived_table();
  auto ref = std::make_unique<TableRef>();
  ref->line = peek().line;
  if (peek().kind == TokenKind::variable) {
    ref->name = {advance().text};
  } else {
    ref->name = name();
  }
  if (is_symbol("(")) {
    // Either a table-valued function or the old form of hints: t (NOLOCK).
    static constexpr std::string_view kHints[] = {"nolock",  "tablock", "tablockx", "holdlock", "readpast",
                                                  "updlock", "rowlock", "paglock",  "xlock",    "index"};
    bool hint = false;
    for (const std::string_view word : kHints) hint = hint || is_word(word, 1);
    if (hint) {
      skip_parentheses();
    } else {
      ref->kind = TableKind::function;
      advance();
      if (!is_symbol(")")) ref->args = expression_list();
      expect_symbol(")");
    }
  }
  if (is_words("for", "system_time")) throw not_supported("FOR SYSTEM_TIME");
  table_alias(*ref);
  if (accept("tablesample")) {
    accept("system");
    expect_symbol("(");
    ref->args.push_back(sum());
    if (!accept("percent")) throw not_supported("TABLESAMPLE of a number of rows");
    expect_symbol(")");
    if (is_word("repeatable")) throw not_supported("TABLESAMPLE REPEATABLE");
  }
  ref->snapshot_hint = table_hints();
  if (ref->alias.empty()) table_alias(*ref);  // SQL Server takes hints before the alias too
  return ref;
}

TableRefPtr Parser::derived_table() {
  auto ref = std::make_unique<TableRef>();
  ref->line = peek().line;
  if (is_word("values", 1)) {
    advance(), advance();
    ref->kind = TableKind::values;
    ref->rows = value_rows();
    expect_symbol(")");
    table_alias(*ref);
    return ref;
  }
  if (starts_query(1) && !opens_table(1)) {
    // ((SELECT ..) UNION ..) and (SELECT ..) begin alike; ((a JOIN b) ..) does not.
    advance();
    ref->kind = TableKind::derived;
    ref->query = subquery();
    expect_symbol(")");
    table_alias(*ref);
    if (ref->alias.empty()) fail();
    return ref;
  }
  advance();
  TableRefPtr inner = table_ref();
  expect_symbol(")");
  return inner;
}

void Parser::table_alias(TableRef& ref) {
  if (accept("as")) {
    ref.alias = identifier();
  } else if (is_identifier() && !is_words("outer", "apply") && !is_word("offset") &&
             !(is_word("with") || is_word("throw"))) {
    ref.alias = identifier();
  }
  if (!ref.alias.empty() && ref.kind != TableKind::named && is_symbol("(")) ref.column_aliases = name_list();
}

// Answers whether SNAPSHOT is among them; the others change nothing here.
bool Parser::table_hints() {
  if (!is_word("with") || !is_symbol("(", 1)) return false;
  bool snapshot = false;
  for (std::size_t n = 2; !is_symbol(")", n) && !is_symbol("(", n) && peek(n).kind != TokenKind::end; ++n)
    snapshot = snapshot || is_word("snapshot", n);
  advance();
  skip_parentheses();
  return snapshot;
}

std::vector<std::vector<ExprPtr>> Parser::value_rows() {
  std::vector<std::vector<ExprPtr>> rows;
  do {
    expect_symbol("(");
    rows.push_back(expression_list());
    expect_symbol(")");
  } while (accept_symbol(","));
  return rows;
}

}  // namespace tds_server::engine
