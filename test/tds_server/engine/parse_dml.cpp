// INSERT, UPDATE, DELETE, TRUNCATE.
#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"

namespace tds_server::engine {

// WITH cte AS (...) before any of the four.
StatementPtr Parser::dml_with_ctes() {
  std::vector<Cte> with = with_clause();
  if (accept("insert")) return wrap(insert(std::move(with)));
  if (accept("update")) return wrap(update(std::move(with)));
  if (accept("delete")) return wrap(delete_from(std::move(with)));
  if (is_word("merge")) throw not_supported("MERGE");
  return wrap(SelectStatement{statement_query(std::move(with))});
}

InsertStatement Parser::insert(std::vector<Cte> with) {
  InsertStatement result;
  result.with = std::move(with);
  result.top = top_clause();
  accept("into");
  if (peek().kind == TokenKind::variable) {
    result.table = {advance().text};
  } else {
    result.table = name();
  }
  table_hints();
  // A parenthesis is a column list unless a query begins in it.
  if (is_symbol("(") && !starts_query(1)) {
    advance();
    do {
      const Name column = name();  // t.c is allowed, the qualifier says nothing
      result.columns.push_back(column.back());
    } while (accept_symbol(","));
    expect_symbol(")");
  }
  result.output = output_clause(&result.output_into);
  if (accept("values")) {
    result.rows = value_rows();
  } else if (is_words("default", "values")) {
    advance(), advance();
    result.default_values = true;
  } else if (is_word("exec") || is_word("execute")) {
    result.exec = exec();
  } else if (starts_query(0)) {
    result.query = query({});
  } else {
    fail();
  }
  option_clause();
  return result;
}

std::vector<SelectItem> Parser::output_clause(Name* into) {
  std::vector<SelectItem> items;
  if (!accept("output")) return items;
  do {
    items.push_back(select_item());
  } while (accept_symbol(","));
  if (accept("into")) {
    if (peek().kind == TokenKind::variable) {
      *into = {advance().text};
    } else {
      *into = name();
    }
    if (is_symbol("(")) throw not_supported("a column list after OUTPUT INTO");
  }
  return items;
}

Assignment Parser::assignment() {
  Assignment result;
  if (peek().kind == TokenKind::variable) {
    result.variable = advance().text;
    if (!is_symbol("=")) {
      result.op = advance().text.substr(0, 1);
      result.value = expression();
      return result;
    }
    advance();
    if (is_identifier() && is_symbol("=", 1)) {
      result.column = name();
      advance();
    }
    result.value = expression();
    return result;
  }
  result.column = name();
  if (!accept_symbol("=")) {
    const Token& op = peek();
    if (op.kind != TokenKind::symbol || op.text.size() != 2 || op.text[1] != '=' || op.text[0] == '<' ||
        op.text[0] == '>' || op.text[0] == '!')
      fail();
    result.op = advance().text.substr(0, 1);
  }
  result.value = expression();
  return result;
}

UpdateStatement Parser::update(std::vector<Cte> with) {
  UpdateStatement result;
  result.with = std::move(with);
  result.top = top_clause();
  if (peek().kind == TokenKind::variable) {
    result.table = {advance().text};
  } else {
    result.table = name();
  }
  table_hints();
  expect("set");
  do {
    result.set.push_back(assignment());
  } while (accept_symbol(","));
  result.output = output_clause(&result.output_into);
  if (accept("from")) result.from = from_list();
  if (accept("where")) result.where = expression();
  option_clause();
  return result;
}

DeleteStatement Parser::delete_from(std::vector<Cte> with) {
  DeleteStatement result;
  result.with = std::move(with);
  result.top = top_clause();
  accept("from");
  if (peek().kind == TokenKind::variable) {
    result.table = {advance().text};
  } else {
    result.table = name();
  }
  table_hints();
  result.output = output_clause(&result.output_into);
  if (accept("from")) result.from = from_list();
  if (accept("where")) result.where = expression();
  option_clause();
  return result;
}

TruncateStatement Parser::truncate() {
  expect("table");
  TruncateStatement result{name()};
  skip_with_options();
  return result;
}

}  // namespace tds_server::engine
