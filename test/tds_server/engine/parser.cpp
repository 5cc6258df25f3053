// The parser's token handling and its public entry points.
#include "parser.hpp"

#include <cctype>
#include <cstdlib>

#include "errors.hpp"
#include "text.hpp"

namespace tds_server::engine {

Parser::Parser(std::string_view text, bool quoted_identifiers)
    : text_(text), tokens_(tokenize(text, quoted_identifiers)) {}

const Token& Parser::peek(std::size_t ahead) const {
  const std::size_t index = position_ + ahead;
  return index < tokens_.size() ? tokens_[index] : tokens_.back();
}

const Token& Parser::advance() {
  const Token& token = peek();
  if (position_ + 1 < tokens_.size()) ++position_;
  return token;
}

bool Parser::at_end() const { return peek().kind == TokenKind::end; }

bool Parser::is_word(std::string_view word, std::size_t ahead) const {
  const Token& token = peek(ahead);
  return token.kind == TokenKind::identifier && equals_ignoring_case(token.text, word);
}

bool Parser::is_words(std::string_view first, std::string_view second) const {
  return is_word(first) && is_word(second, 1);
}

bool Parser::is_symbol(std::string_view symbol, std::size_t ahead) const {
  const Token& token = peek(ahead);
  return token.kind == TokenKind::symbol && token.text == symbol;
}

bool Parser::accept(std::string_view word) {
  if (!is_word(word)) return false;
  advance();
  return true;
}

bool Parser::accept_symbol(std::string_view symbol) {
  if (!is_symbol(symbol)) return false;
  advance();
  return true;
}

void Parser::expect(std::string_view word) {
  if (!accept(word)) fail();
}

void Parser::expect_symbol(std::string_view symbol) {
  if (!accept_symbol(symbol)) fail();
}

void Parser::fail() const { fail_at(peek()); }

// SQL Server names the offending token; at the end of the batch it names the last one.
void Parser::fail_at(const Token& token) const {
  if (token.kind == TokenKind::end) {
    if (tokens_.size() < 2) throw syntax_error("", token.line);
    const Token& last = tokens_[tokens_.size() - 2];
    throw syntax_error(last.text, last.line);
  }
  if (token.kind == TokenKind::identifier && is_reserved(token.text)) throw keyword_error(token.text, token.line);
  throw syntax_error(token.text, token.line);
}

bool Parser::is_identifier(std::size_t ahead) const {
  const Token& token = peek(ahead);
  if (token.kind == TokenKind::quoted_identifier) return true;
  return token.kind == TokenKind::identifier && !is_reserved(token.text);
}

std::string Parser::identifier() {
  if (!is_identifier()) fail();
  const Token& token = advance();
  if (token.text.empty()) {
    EngineError failure =
        error(1038,
              "An object or column name is missing or empty. For SELECT INTO statements, verify each column has a "
              "name. For other statements, look for empty alias names. Aliases defined as \"\" or [] are not allowed. "
              "Change the alias to a valid name.",
              15, 4);
    failure.message.line = token.line;
    throw failure;
  }
  if (utf16_length(token.text) > 128) {
    EngineError failure = error(103,
                                "The identifier that starts with '" + std::string(utf16_prefix(token.text, 128)) +
                                    "' is too long. Maximum length is 128.",
                                15, 4);
    failure.message.line = token.line;
    throw failure;
  }
  return token.text;
}

// a.b.c.d, a..c: an omitted part is an empty string.
Name Parser::name() {
  Name parts;
  if (is_symbol(".")) {
    while (accept_symbol(".")) parts.emplace_back();
    parts.push_back(identifier());
  } else {
    parts.push_back(identifier());
  }
  while (is_symbol(".") && (is_identifier(1) || is_symbol(".", 1) || peek(1).kind == TokenKind::identifier)) {
    advance();
    if (is_symbol(".")) {
      parts.emplace_back();
    } else if (peek().kind == TokenKind::identifier && is_reserved(peek().text)) {
      parts.push_back(advance().text);  // after a point a keyword is a name
    } else {
      parts.push_back(identifier());
    }
  }
  return parts;
}

TypeName Parser::type() {
  TypeName result;
  // Names of several words.
  if (accept("national")) {
    if (accept("character") || accept("char")) {
      result.name = {accept("varying") ? "nvarchar" : "nchar"};
    } else {
      expect("text");
      result.name = {"ntext"};
    }
  } else if (is_words("double", "precision")) {
    advance(), advance();
    result.name = {"float"};
    return result;
  } else if (is_word("character") || (is_word("char") && is_word("varying", 1)) ||
             (is_word("binary") && is_word("varying", 1))) {
    const bool binary = is_word("binary");
    advance();
    const bool varying = accept("varying");
    result.name = {binary ? "varbinary" : (varying ? "varchar" : "char")};
  } else {
    result.name = name();
  }
  if (accept_symbol("(")) {
    do {
      if (accept("max")) {
        result.args.push_back(-1);
      } else {
        // xml(CONTENT collection) names a schema collection, which the stand-in does not check.
        if (is_word("content") || is_word("document")) advance();
        if (is_identifier()) {
          name();
        } else {
          result.args.push_back(integer());
        }
      }
    } while (accept_symbol(","));
    expect_symbol(")");
  }
  return result;
}

int Parser::integer() {
  if (peek().kind != TokenKind::integer) fail();
  return std::atoi(advance().text.c_str());
}

std::string Parser::signed_number() {
  std::string sign;
  if (accept_symbol("-")) {
    sign = "-";
  } else {
    accept_symbol("+");
  }
  if (peek().kind != TokenKind::integer && peek().kind != TokenKind::decimal) fail();
  return sign + advance().text;
}

std::string Parser::word() {
  if (peek().kind != TokenKind::identifier && peek().kind != TokenKind::quoted_identifier) fail();
  return advance().text;
}

std::vector<std::string> Parser::name_list() {
  std::vector<std::string> names;
  expect_symbol("(");
  do {
    names.push_back(identifier());
  } while (accept_symbol(","));
  expect_symbol(")");
  return names;
}

void Parser::skip_parentheses() {
  expect_symbol("(");
  for (int depth = 1; depth > 0;) {
    if (at_end()) fail();
    if (is_symbol("(")) ++depth;
    if (is_symbol(")")) --depth;
    advance();
  }
}

void Parser::skip_with_options() {
  if (is_word("with") && is_symbol("(", 1)) {
    advance();
    skip_parentheses();
  }
}

std::string Parser::text_between(std::size_t from, std::size_t to) const {
  return std::string(text_.substr(from, to - from));
}

ExprPtr Parser::whole_expression() {
  ExprPtr result = expression();
  if (!at_end()) fail();
  return result;
}

TypeName Parser::whole_type() {
  TypeName result = type();
  if (!at_end()) fail();
  return result;
}

Name Parser::whole_name() {
  Name result = name();
  if (!at_end()) fail();
  return result;
}

std::vector<ProcedureParameter> Parser::whole_parameters() {
  if (at_end()) return {};
  auto result = parameters(false);
  if (!at_end()) fail();
  return result;
}

InsertBulk Parser::insert_bulk() {
  InsertBulk result;
  expect("insert");
  expect("bulk");
  result.table = name();
  if (accept_symbol("(")) {
    do {
      std::string column = identifier();
      TypeName column_type = type();
      while (is_word("collate") || is_word("null") || is_word("not")) {
        if (accept("collate")) word();
        accept("not");
        accept("null");
      }
      result.columns.emplace_back(std::move(column), std::move(column_type));
    } while (accept_symbol(","));
    expect_symbol(")");
  }
  if (accept("with")) {
    expect_symbol("(");
    do {
      std::string option = upper(word());
      if (option == "ORDER") {
        skip_parentheses();
      } else if (accept_symbol("=")) {
        advance();
      }
      result.options.push_back(std::move(option));
    } while (accept_symbol(","));
    expect_symbol(")");
  }
  accept_symbol(";");
  if (!at_end()) fail();
  return result;
}

Batch parse_batch(std::string_view text, bool quoted_identifiers) {
  Batch batch;
  batch.text = std::string(text);
  batch.statements = Parser(batch.text, quoted_identifiers).batch();
  return batch;
}

ExprPtr parse_expression(std::string_view text) { return Parser(text, true).whole_expression(); }
TypeName parse_type(std::string_view text) { return Parser(text, true).whole_type(); }
Name parse_name(std::string_view text) { return Parser(text, true).whole_name(); }
std::vector<ProcedureParameter> parse_parameters(std::string_view text) {
  return Parser(text, true).whole_parameters();
}
InsertBulk parse_insert_bulk(std::string_view text) { return Parser(text, true).insert_bulk(); }

}  // namespace tds_server::engine
