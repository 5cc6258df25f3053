// Statements other than queries, data changes and definitions; and which statement begins here.
#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"

namespace tds_server::engine {

std::vector<StatementPtr> Parser::batch() {
  std::vector<StatementPtr> statements;
  bool first = true;
  while (!at_end()) {
    if (accept_symbol(";")) continue;
    // A batch may begin with a procedure's name and no EXEC.
    const bool call = first && is_identifier() && !starts_statement();
    StatementPtr next = call ? bare_call() : statement();
    if (!next) fail();
    statements.push_back(std::move(next));
    first = false;
  }
  return statements;
}

bool Parser::starts_statement() const {
  static constexpr std::string_view kWords[] = {
      "select", "with",  "insert",   "update", "delete",    "truncate",    "create",  "alter",
      "drop",   "set",   "use",      "print",  "raiserror", "throw",       "waitfor", "declare",
      "if",     "while", "begin",    "commit", "rollback",  "save",        "exec",    "execute",
      "return", "break", "continue", "dbcc",   "grant",     "revoke",      "deny",    "checkpoint",
      "merge",  "kill",  "go",       "backup", "restore",   "reconfigure", "revert"};
  for (const std::string_view word : kWords) {
    if (is_word(word)) return true;
  }
  return false;
}

std::vector<StatementPtr> Parser::statements_until(std::string_view word) {
  std::vector<StatementPtr> statements;
  while (!is_word(word)) {
    if (accept_symbol(";")) continue;
    StatementPtr next = at_end() ? nullptr : statement();
    if (!next) fail();
    statements.push_back(std::move(next));
  }
  return statements;
}

// One statement with its closing semicolons; null when none begins here.
StatementPtr Parser::statement() {
  const Token& first = peek();
  const int line = first.line;
  const std::size_t from = first.offset;
  StatementPtr result = statement_body();
  if (!result) return nullptr;
  result->line = line;
  result->offset = from;
  result->end = position_ > 0 ? tokens_[position_ - 1].end : from;
  while (accept_symbol(";")) {
  }
  return result;
}

StatementPtr Parser::required_statement() {
  StatementPtr result = at_end() ? nullptr : statement();
  if (!result) fail();
  return result;
}

StatementPtr Parser::statement_body() {
  if (is_word("select") || is_symbol("(")) return wrap(SelectStatement{statement_query()});
  if (is_word("with")) return dml_with_ctes();
  if (accept("insert")) return wrap(insert({}));
  if (is_words("update", "statistics")) return no_operation();
  if (accept("update")) return wrap(update({}));
  if (accept("delete")) return wrap(delete_from({}));
  if (accept("truncate")) return wrap(truncate());
  if (is_word("create")) return create();
  if (is_word("alter")) return alter();
  if (accept("drop")) return drop();
  if (accept("set")) return set();
  if (accept("use")) return wrap(UseStatement{identifier()});
  if (accept("print")) return wrap(PrintStatement{expression()});
  if (accept("raiserror")) return raise_error();
  if (accept("throw")) return throw_statement();
  if (accept("waitfor")) return wait_for();
  if (accept("declare")) return declare();
  if (accept("if")) return if_statement();
  if (accept("while")) return while_statement();
  if (accept("begin")) return begin();
  if (accept("commit")) return transaction_end(TransactionStatement::Action::commit);
  if (accept("rollback")) return transaction_end(TransactionStatement::Action::rollback);
  if (accept("save")) return transaction_end(TransactionStatement::Action::save);
  if (is_word("exec") || is_word("execute")) return exec();
  if (accept("revert")) return wrap(ImpersonateStatement{false});
  if (accept("return")) {
    ReturnStatement node;
    if (!at_end() && !is_symbol(";") && !starts_statement() && !is_word("end") && !is_word("else"))
      node.value = expression();
    return wrap(std::move(node));
  }
  if (accept("break")) return wrap(BreakStatement{});
  if (accept("continue")) return wrap(ContinueStatement{});
  if (accept("dbcc")) return dbcc();
  if (is_word("grant") || is_word("revoke") || is_word("deny") || is_word("checkpoint") || is_word("reconfigure"))
    return no_operation();
  if (is_word("merge")) throw not_supported("MERGE");
  if (is_word("bulk")) throw not_supported("BULK INSERT from a file");
  return nullptr;
}

// Swallows a statement whose effect no client of the stand-in can see.
StatementPtr Parser::no_operation() {
  NoOperation node{upper(peek().text)};
  advance();
  while (!at_end() && !is_symbol(";")) {
    // GRANT SELECT, INSERT ON ... holds words that begin statements elsewhere; only a new line's
    // EXEC, GO or the like ends it.
    if (starts_statement() && peek().line != tokens_[position_ - 1].line) break;
    advance();
  }
  return wrap(std::move(node));
}

// ---- SET

StatementPtr Parser::set() {
  if (peek().kind == TokenKind::variable) {
    SetVariable node;
    node.name = advance().text;
    if (!accept_symbol("=")) {
      if (peek().kind != TokenKind::symbol || peek().text.size() != 2 || peek().text[1] != '=') fail();
      node.op = advance().text.substr(0, 1);
    }
    node.value = expression();
    return wrap(std::move(node));
  }
  return wrap(set_option());
}

SetOption Parser::set_option() {
  SetOption node;
  if (is_words("transaction", "isolation")) {
    advance(), advance();
    expect("level");
    node.options = {"TRANSACTION ISOLATION LEVEL"};
    node.value = upper(word());
    if (node.value == "READ" || node.value == "REPEATABLE") node.value += " " + upper(word());
    return node;
  }
  if (accept("identity_insert")) {
    node.options = {"IDENTITY_INSERT"};
    node.table = name();
    node.value = upper(word());
    return node;
  }
  if (accept("statistics")) {
    node.options = {"STATISTICS " + upper(word())};
    while (accept_symbol(",")) word();
    node.value = upper(word());
    return node;
  }
  do {
    node.options.push_back(upper(word()));
  } while (accept_symbol(","));
  if (peek().kind == TokenKind::variable) {
    node.variable = advance().text;
  } else if (peek().kind == TokenKind::identifier || peek().kind == TokenKind::quoted_identifier) {
    node.value = upper(advance().text);
  } else if (peek().kind == TokenKind::string || peek().kind == TokenKind::national_string ||
             peek().kind == TokenKind::binary) {
    node.value = advance().text;
  } else {
    node.value = signed_number();
  }
  return node;
}

StatementPtr Parser::declare() {
  DeclareStatement node;
  do {
    Declaration declaration;
    if (peek().kind != TokenKind::variable) {
      if (is_identifier() && is_word("cursor", 1)) throw not_supported("cursors");
      fail();
    }
    declaration.name = advance().text;
    accept("as");
    if (is_word("table") && is_symbol("(", 1)) {
      advance();
      declaration.table = std::make_unique<CreateTable>();
      declaration.table->name = {declaration.name};
      table_elements(*declaration.table);
    } else if (is_word("cursor")) {
      throw not_supported("cursors");
    } else {
      declaration.type = type();
      if (accept_symbol("=")) declaration.initial = expression();
    }
    node.variables.push_back(std::move(declaration));
  } while (accept_symbol(","));
  return wrap(std::move(node));
}

// ---- blocks and transactions

StatementPtr Parser::begin() {
  if (accept("distributed")) {
  }
  if (accept("tran") || accept("transaction")) {
    TransactionStatement node;
    if (is_identifier() && !starts_statement()) {
      node.name = identifier();
    } else if (peek().kind == TokenKind::variable) {
      node.name = advance().text;
    }
    if (is_words("with", "mark")) {
      advance(), advance();
      if (peek().kind == TokenKind::string || peek().kind == TokenKind::national_string) advance();
    }
    return wrap(std::move(node));
  }
  if (accept("try")) {
    TryStatement node;
    node.body = statements_until("end");
    expect("end");
    expect("try");
    while (accept_symbol(";")) {
    }
    expect("begin");
    expect("catch");
    node.handler = statements_until("end");
    expect("end");
    expect("catch");
    return wrap(std::move(node));
  }
  BlockStatement node;
  node.statements = statements_until("end");
  if (node.statements.empty()) fail();
  expect("end");
  return wrap(std::move(node));
}

StatementPtr Parser::transaction_end(TransactionStatement::Action action) {
  TransactionStatement node;
  node.action = action;
  if (!accept("tran") && !accept("transaction")) accept("work");
  if (peek().kind == TokenKind::variable) {
    node.name = advance().text;
  } else if (is_identifier() && !starts_statement()) {
    node.name = identifier();
  }
  skip_with_options();
  return wrap(std::move(node));
}

StatementPtr Parser::raise_error() {
  RaiseErrorStatement node;
  expect_symbol("(");
  node.message = expression();
  expect_symbol(",");
  node.severity = expression();
  expect_symbol(",");
  node.state = expression();
  while (accept_symbol(",")) node.args.push_back(expression());
  expect_symbol(")");
  if (accept("with")) {
    do {
      const std::string option = upper(word());
      if (option == "LOG") node.log = true;
      if (option == "NOWAIT") node.nowait = true;
    } while (accept_symbol(","));
  }
  return wrap(std::move(node));
}

StatementPtr Parser::throw_statement() {
  ThrowStatement node;
  if (!at_end() && !is_symbol(";") && !is_word("end")) {
    node.number = expression();
    expect_symbol(",");
    node.message = expression();
    expect_symbol(",");
    node.state = expression();
  }
  return wrap(std::move(node));
}

StatementPtr Parser::wait_for() {
  WaitForStatement node;
  node.until = accept("time");
  if (!node.until) expect("delay");
  node.delay = primary();
  return wrap(std::move(node));
}

StatementPtr Parser::if_statement() {
  IfStatement node;
  node.condition = expression();
  node.then = required_statement();
  if (accept("else")) node.otherwise = required_statement();
  return wrap(std::move(node));
}

StatementPtr Parser::while_statement() {
  WhileStatement node;
  node.condition = expression();
  node.body = required_statement();
  return wrap(std::move(node));
}

// ---- EXEC

StatementPtr Parser::exec() {
  advance();
  if (accept("as")) {
    if (!accept("login") && !accept("user")) fail();
    expect_symbol("=");
    sum();
    return wrap(ImpersonateStatement{true});
  }
  ExecStatement node;
  if (accept_symbol("(")) {
    do {
      node.text.push_back(sum());
    } while (accept_symbol(","));
    expect_symbol(")");
    return wrap(std::move(node));
  }
  if (peek().kind == TokenKind::variable && is_symbol("=", 1)) {
    node.return_variable = advance().text;
    advance();
  }
  if (peek().kind == TokenKind::variable) {
    node.procedure = {advance().text};  // EXEC @name
  } else {
    node.procedure = name();
  }
  exec_arguments(node);
  return wrap(std::move(node));
}

StatementPtr Parser::bare_call() {
  const int line = peek().line;
  ExecStatement node;
  node.procedure = name();
  exec_arguments(node);
  StatementPtr result = wrap(std::move(node));
  result->line = line;
  return result;
}

void Parser::exec_arguments(ExecStatement& exec) {
  if (at_end() || is_symbol(";") || starts_statement() || is_word("end") || is_word("else")) return;
  do {
    ExecArgument argument;
    if (peek().kind == TokenKind::variable && is_symbol("=", 1)) {
      argument.name = advance().text;
      advance();
    }
    if (is_word("default")) {
      advance();
      argument.default_value = true;
    } else if (peek().kind == TokenKind::identifier && !is_word("null") && !is_symbol("(", 1)) {
      // An unquoted word is a string here.
      argument.value = make(ExprKind::literal);
      argument.value->literal_kind = LiteralKind::national_string;
      argument.value->text = join(name(), ".");
    } else {
      argument.value = sum();
    }
    argument.output = accept("output") || accept("out");
    exec.args.push_back(std::move(argument));
  } while (accept_symbol(","));
  if (is_words("with", "recompile")) advance(), advance();
}

StatementPtr Parser::dbcc() {
  DbccStatement node;
  node.command = upper(word());
  if (accept_symbol("(")) {
    if (!is_symbol(")")) {
      do {
        if (is_identifier() || (peek().kind == TokenKind::identifier && !is_word("null"))) {
          ExprPtr word_argument = make(ExprKind::literal);
          word_argument->literal_kind = LiteralKind::string;
          const std::size_t from = peek().offset;
          name();
          word_argument->text = text_between(from, tokens_[position_ - 1].end);
          node.args.push_back(std::move(word_argument));
        } else {
          node.args.push_back(sum());
        }
      } while (accept_symbol(","));
    }
    expect_symbol(")");
  }
  if (accept("with")) {
    do {
      word();
    } while (accept_symbol(","));
  }
  return wrap(std::move(node));
}

}  // namespace tds_server::engine
