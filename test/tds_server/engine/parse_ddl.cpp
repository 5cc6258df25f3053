// CREATE, ALTER, DROP.
#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"

namespace tds_server::engine {

StatementPtr Parser::create() {
  const std::size_t from = peek().offset;
  expect("create");
  bool or_alter = false;
  if (is_words("or", "alter")) {
    advance(), advance();
    or_alter = true;
  }
  if (accept("table")) return wrap(create_table());
  if (accept("database")) return wrap(create_database());
  if (accept("schema")) {
    CreateSchema node;
    if (accept("authorization")) {
      node.name = identifier();
    } else {
      node.name = identifier();
      if (accept("authorization")) identifier();
    }
    return wrap(std::move(node));
  }
  if (accept("type")) {
    CreateType node;
    node.name = name();
    if (!accept("from")) throw not_supported("CREATE TYPE ... AS TABLE");
    node.base = type();
    if (accept("not")) {
      expect("null");
      node.nullable = false;
    } else if (accept("null")) {
      node.nullable = true;
    }
    return wrap(std::move(node));
  }
  if (is_word("unique") || is_word("clustered") || is_word("nonclustered") || is_word("index"))
    return wrap(CreateIndex{index_def(false)});
  if (accept("sequence")) return wrap(sequence(false));
  if (accept("view")) return wrap(view(from, false, or_alter));
  if (accept("procedure") || accept("proc")) return wrap(procedure(from, false, or_alter));
  if (accept("trigger")) return wrap(trigger(from, false, or_alter));
  if (accept("function")) return wrap(other("FUNCTION", from));
  for (const std::string_view kind : {"login", "user", "role", "rule", "default", "statistics", "synonym",
                                      "columnstore", "xml", "spatial", "fulltext", "partition"}) {
    if (is_word(kind)) throw not_supported("CREATE " + upper(kind));
  }
  fail();
}

StatementPtr Parser::alter() {
  const std::size_t from = peek().offset;
  expect("alter");
  if (accept("table")) return wrap(alter_table());
  if (accept("database")) return wrap(alter_database());
  if (accept("index")) return wrap(alter_index());
  if (accept("sequence")) return wrap(sequence(true));
  if (accept("view")) return wrap(view(from, true, false));
  if (accept("procedure") || accept("proc")) return wrap(procedure(from, true, false));
  if (accept("trigger")) return wrap(trigger(from, true, false));
  if (accept("authorization")) {
    while (!at_end() && !is_symbol(";") && !starts_statement()) advance();
    return wrap(NoOperation{"ALTER AUTHORIZATION"});
  }
  if (peek().kind == TokenKind::identifier) throw not_supported("ALTER " + upper(peek().text));
  fail();
}

StatementPtr Parser::drop() {
  Drop node;
  node.kind = upper(word());
  if (node.kind == "PROC") node.kind = "PROCEDURE";
  if (is_words("if", "exists")) {
    advance(), advance();
    node.if_exists = true;
  }
  do {
    node.names.push_back(name());
    if (node.kind == "INDEX" && accept("on")) node.on_table = name();
  } while (accept_symbol(","));
  skip_with_options();
  return wrap(std::move(node));
}

// ---- tables

CreateTable Parser::create_table() {
  CreateTable table;
  table.name = name();
  table_elements(table);
  // ON filegroup, TEXTIMAGE_ON filegroup, WITH (options): storage, which the stand-in has none of.
  for (;;) {
    if (accept("on") || accept("textimage_on") || accept("filestream_on")) {
      word();
      if (is_symbol("(")) skip_parentheses();
    } else if (is_word("with") && is_symbol("(", 1)) {
      skip_with_options();
    } else {
      break;
    }
  }
  return table;
}

void Parser::table_elements(CreateTable& table) {
  expect_symbol("(");
  do {
    if (is_symbol(")")) break;  // a trailing comma is allowed
    if (is_word("index") && is_identifier(1)) {
      table.indexes.push_back(index_def(true));
      table.indexes.back().table = table.name;
    } else if (starts_constraint()) {
      table.constraints.push_back(table_constraint());
    } else {
      if (is_words("period", "for")) throw not_supported("system-versioned tables");
      table.columns.push_back(column_def());
      // A column may be followed by a table constraint without a comma.
      while (starts_constraint()) table.constraints.push_back(table_constraint());
    }
  } while (accept_symbol(","));
  expect_symbol(")");
}

bool Parser::starts_constraint() const {
  return is_word("constraint") || is_word("primary") || is_word("unique") || is_word("foreign") || is_word("check");
}

ColumnDef Parser::column_def() {
  ColumnDef column;
  column.line = peek().line;
  column.name = identifier();
  if (accept("as")) {
    column.computed = expression();
    column.persisted = accept("persisted");
  } else if (is_word("timestamp") && (is_symbol(",", 1) || is_symbol(")", 1))) {
    column.type = type();
  } else if (equals_ignoring_case(column.name, "timestamp") &&
             (is_symbol(",") || is_symbol(")") || is_word("not") || is_word("null"))) {
    column.type.name = {"timestamp"};  // the one type that may stand without a column name
  } else {
    column.type = type();
  }
  while (column_option(column)) {
  }
  return column;
}

bool Parser::column_option(ColumnDef& column) {
  if (accept("not")) {
    if (accept("for")) {
      expect("replication");
      return true;
    }
    expect("null");
    column.nullable = false;
  } else if (accept("null")) {
    column.nullable = true;
  } else if (accept("identity")) {
    column.identity = true;
    if (accept_symbol("(")) {
      column.seed = signed_number();
      expect_symbol(",");
      column.increment = signed_number();
      expect_symbol(")");
    }
  } else if (accept("rowguidcol")) {
    column.rowguidcol = true;
  } else if (accept("sparse")) {
    column.sparse = true;
  } else if (accept("collate")) {
    column.collation = word();
  } else if (is_word("masked") && is_word("with", 1)) {
    advance(), advance();
    expect_symbol("(");
    expect("function");
    expect_symbol("=");
    column.masked_with = advance().text;
    expect_symbol(")");
  } else if (accept("filestream")) {
  } else if (accept("persisted")) {
    column.persisted = true;
  } else if (is_word("generated") || is_word("encrypted") || is_word("column_set")) {
    throw not_supported(upper(peek().text) + " columns");
  } else if (is_word("constraint") || is_word("default") || is_word("primary") || is_word("unique") ||
             is_word("references") || is_word("check") ||
             (is_word("foreign") && is_word("key", 1) && is_word("references", 2))) {
    column.constraints.push_back(column_constraint());
  } else {
    return false;
  }
  return true;
}

std::string Parser::referential_action() {
  if (accept("cascade")) return "CASCADE";
  if (accept("no")) {
    expect("action");
    return "NO_ACTION";
  }
  expect("set");
  if (accept("null")) return "SET_NULL";
  expect("default");
  return "SET_DEFAULT";
}

void Parser::references(ConstraintDef& constraint) {
  constraint.kind = ConstraintKind::foreign_key;
  expect("references");
  constraint.referenced = name();
  if (is_symbol("(")) constraint.referenced_columns = name_list();
  for (;;) {
    if (is_words("on", "delete")) {
      advance(), advance();
      constraint.on_delete = referential_action();
    } else if (is_words("on", "update")) {
      advance(), advance();
      constraint.on_update = referential_action();
    } else if (is_words("not", "for")) {
      advance(), advance();
      expect("replication");
      constraint.not_for_replication = true;
    } else {
      return;
    }
  }
}

void Parser::key_constraint(ConstraintDef& constraint, bool columns) {
  if (accept("clustered")) {
    constraint.clustered = true;
  } else if (accept("nonclustered")) {
    constraint.clustered = false;
  }
  if (columns) constraint.columns = key_columns();
  IndexDef ignored;
  index_options(ignored);
}

ConstraintDef Parser::column_constraint() {
  ConstraintDef constraint;
  if (accept("constraint")) constraint.name = identifier();
  if (accept("default")) {
    constraint.kind = ConstraintKind::default_;
    constraint.expr = sum();
    if (is_words("with", "values")) advance(), advance();
  } else if (accept("primary")) {
    expect("key");
    constraint.kind = ConstraintKind::primary_key;
    key_constraint(constraint, false);
  } else if (accept("unique")) {
    constraint.kind = ConstraintKind::unique;
    key_constraint(constraint, false);
  } else if (accept("check")) {
    constraint.kind = ConstraintKind::check;
    if (is_words("not", "for")) advance(), advance(), advance();
    expect_symbol("(");
    constraint.expr = expression();
    expect_symbol(")");
  } else {
    if (accept("foreign")) expect("key");
    references(constraint);
  }
  return constraint;
}

ConstraintDef Parser::table_constraint() {
  ConstraintDef constraint;
  if (accept("constraint")) constraint.name = identifier();
  if (accept("primary")) {
    expect("key");
    constraint.kind = ConstraintKind::primary_key;
    key_constraint(constraint, true);
  } else if (accept("unique")) {
    constraint.kind = ConstraintKind::unique;
    key_constraint(constraint, true);
  } else if (accept("foreign")) {
    expect("key");
    for (std::string& column : name_list()) constraint.columns.push_back({std::move(column), false});
    references(constraint);
  } else if (accept("check")) {
    constraint.kind = ConstraintKind::check;
    if (is_words("not", "for")) {
      advance(), advance();
      expect("replication");
      constraint.not_for_replication = true;
    }
    expect_symbol("(");
    constraint.expr = expression();
    expect_symbol(")");
  } else if (accept("default")) {
    constraint.kind = ConstraintKind::default_;
    constraint.expr = sum();
    expect("for");
    constraint.for_column = identifier();
    if (is_words("with", "values")) advance(), advance();
  } else {
    fail();
  }
  return constraint;
}

std::vector<KeyColumn> Parser::key_columns() {
  std::vector<KeyColumn> columns;
  expect_symbol("(");
  do {
    KeyColumn column{identifier(), false};
    if (accept("desc")) {
      column.descending = true;
    } else {
      accept("asc");
    }
    columns.push_back(std::move(column));
  } while (accept_symbol(","));
  expect_symbol(")");
  return columns;
}

// WITH (...) and ON filegroup after an index or key.
void Parser::index_options(IndexDef& index) {
  for (;;) {
    if (is_word("with") && is_symbol("(", 1)) {
      advance(), advance();
      while (!accept_symbol(")")) {
        if (at_end()) fail();
        if (is_word("ignore_dup_key") && is_symbol("=", 1) && is_word("on", 2)) index.ignore_dup_key = true;
        advance();
      }
    } else if (is_words("with", "fillfactor")) {
      advance(), advance();
      accept_symbol("=");
      integer();
    } else if (is_word("on") && (peek(1).kind == TokenKind::quoted_identifier || is_identifier(1)) &&
               !is_word("delete", 1) && !is_word("update", 1)) {
      advance();
      identifier();
      if (is_symbol("(")) skip_parentheses();
    } else if (is_words("on", "primary")) {
      advance(), advance();
    } else {
      return;
    }
  }
}

// CREATE [UNIQUE] [CLUSTERED] INDEX i ON t (...) or, inside a table, INDEX i [UNIQUE] [CLUSTERED]
// (...).
IndexDef Parser::index_def(bool inside_table) {
  IndexDef index;
  if (inside_table) {
    expect("index");
    index.name = identifier();
  }
  index.unique = accept("unique");
  if (accept("clustered")) {
    index.clustered = true;
  } else if (accept("nonclustered")) {
    index.clustered = false;
  }
  if (is_word("columnstore")) throw not_supported("columnstore indexes");
  if (!inside_table) {
    expect("index");
    index.name = identifier();
    expect("on");
    index.table = name();
  }
  index.columns = key_columns();
  if (accept("include")) index.include = name_list();
  if (accept("where")) index.filter = expression();
  index_options(index);
  return index;
}

AlterTable Parser::alter_table() {
  AlterTable alter;
  alter.name = name();
  if (is_word("with") && (is_word("check", 1) || is_word("nocheck", 1))) {
    advance();
    alter.with_check = accept("check");
    if (!*alter.with_check) expect("nocheck");
  }
  if (accept("add")) {
    alter.action = AlterTable::Action::add;
    alter_table_add(alter);
  } else if (accept("drop")) {
    alter.action = AlterTable::Action::drop;
    alter_table_drop(alter);
  } else if (is_words("alter", "column")) {
    advance(), advance();
    alter.action = AlterTable::Action::alter_column;
    alter.columns.push_back(column_def());
    skip_with_options();
  } else if (is_word("check") || is_word("nocheck")) {
    alter.action = accept("check") ? AlterTable::Action::check_constraint : AlterTable::Action::nocheck_constraint;
    if (alter.action == AlterTable::Action::nocheck_constraint) expect("nocheck");
    expect("constraint");
    if (accept("all")) {
      alter.all = true;
    } else {
      do {
        alter.drop_constraints.push_back(identifier());
      } while (accept_symbol(","));
    }
  } else if (accept("set") || accept("rebuild")) {
    alter.action = AlterTable::Action::other;
    if (is_symbol("(")) skip_parentheses();
    skip_with_options();
  } else if (is_word("enable") || is_word("disable")) {
    alter.action = AlterTable::Action::other;
    const bool change_tracking = is_word("change_tracking", 1);
    if (change_tracking) throw not_supported("change tracking");
    alter.enable_trigger = is_word("enable");
    advance();
    expect("trigger");
    if (accept("all")) {
      alter.all = true;
    } else {
      alter.drop_constraints.push_back(identifier());
    }
  } else {
    fail();
  }
  return alter;
}

void Parser::alter_table_add(AlterTable& alter) {
  do {
    if (starts_constraint() || is_word("default")) {
      alter.constraints.push_back(table_constraint());
    } else {
      accept("column");
      alter.columns.push_back(column_def());
    }
  } while (accept_symbol(","));
}

void Parser::alter_table_drop(AlterTable& alter) {
  bool column = false;
  do {
    if (accept("column")) {
      column = true;
    } else if (accept("constraint")) {
      column = false;
    }
    if (is_words("if", "exists")) {
      advance(), advance();
      alter.if_exists = true;
    }
    (column ? alter.drop_columns : alter.drop_constraints).push_back(identifier());
    skip_with_options();
  } while (accept_symbol(","));
}

// ---- databases, sequences, modules

CreateDatabase Parser::create_database() {
  CreateDatabase node;
  node.name = identifier();
  for (;;) {
    if (accept("collate")) {
      node.collation = word();
    } else if (accept("containment")) {
      expect_symbol("=");
      word();
    } else if (is_word("on") || is_word("log")) {
      advance();
      accept("on");
      accept("primary");
      while (is_symbol("(")) {
        skip_parentheses();
        accept_symbol(",");
      }
    } else if (is_word("with") && !is_symbol("(", 1)) {
      advance();
      while (!at_end() && !is_symbol(";") && !starts_statement()) advance();
    } else {
      return node;
    }
  }
}

AlterDatabase Parser::alter_database() {
  AlterDatabase node;
  if (!accept("current")) node.name = identifier();
  if (accept("scoped")) {
    while (!at_end() && !is_symbol(";")) advance();
    return node;
  }
  if (accept("collate")) {
    node.options.emplace_back("COLLATE", word());
    return node;
  }
  if (is_words("modify", "name")) {
    advance(), advance();
    expect_symbol("=");
    node.options.emplace_back("NAME", identifier());
    return node;
  }
  expect("set");
  do {
    std::string option = upper(word());
    std::string value;
    if (accept_symbol("=")) {
      value = peek().kind == TokenKind::integer ? advance().text : upper(word());
    } else if (is_symbol("(")) {
      skip_parentheses();
    } else if (peek().kind == TokenKind::identifier && !is_word("with") && !starts_statement()) {
      value = upper(advance().text);
      if (is_symbol("(")) skip_parentheses();
    }
    node.options.emplace_back(std::move(option), std::move(value));
  } while (accept_symbol(","));
  if (accept("with")) {  // ROLLBACK IMMEDIATE, NO_WAIT
    if (accept("rollback")) {
      if (accept("after")) integer();
      accept("immediate");
      accept("seconds");
    } else {
      word();
    }
  }
  return node;
}

CreateSequence Parser::sequence(bool alter) {
  CreateSequence node;
  node.alter = alter;
  node.name = name();
  for (;;) {
    if (accept("as")) {
      node.type = type();
    } else if (is_words("start", "with")) {
      advance(), advance();
      node.start = signed_number();
    } else if (accept("restart")) {
      node.restart = true;
      if (accept("with")) node.start = signed_number();
    } else if (is_words("increment", "by")) {
      advance(), advance();
      node.increment = signed_number();
    } else if (accept("minvalue")) {
      node.minimum = signed_number();
    } else if (accept("maxvalue")) {
      node.maximum = signed_number();
    } else if (accept("cycle")) {
      node.cycle = true;
    } else if (accept("cache")) {
      if (peek().kind == TokenKind::integer) node.cache = integer();
    } else if (accept("no")) {
      if (accept("minvalue")) {
        node.no_minimum = true;
      } else if (accept("maxvalue")) {
        node.no_maximum = true;
      } else if (accept("cycle")) {
        node.cycle = false;
      } else {
        expect("cache");
        node.no_cache = true;
      }
    } else {
      return node;
    }
  }
}

CreateView Parser::view(std::size_t from, bool alter, bool or_alter) {
  CreateView node;
  node.alter = alter;
  node.or_alter = or_alter;
  node.name = name();
  if (is_symbol("(")) node.columns = name_list();
  if (accept("with")) {
    do {
      word();
    } while (accept_symbol(","));
  }
  expect("as");
  node.query = subquery(is_word("with") ? with_clause() : std::vector<Cte>());
  if (is_words("with", "check")) {
    advance(), advance();
    expect("option");
  }
  node.definition = text_between(from, tokens_[position_ - 1].end);
  return node;
}

std::vector<ProcedureParameter> Parser::parameters(bool parenthesized) {
  std::vector<ProcedureParameter> list;
  if (parenthesized) expect_symbol("(");
  while (peek().kind == TokenKind::variable) {
    ProcedureParameter parameter;
    parameter.name = advance().text;
    accept("as");
    parameter.type = type();
    accept("null");
    if (is_words("not", "null")) advance(), advance();
    if (accept_symbol("=")) {
      if (peek().kind == TokenKind::identifier && !is_word("null")) {
        parameter.initial = make(ExprKind::literal);
        parameter.initial->literal_kind = LiteralKind::national_string;
        parameter.initial->text = advance().text;
      } else {
        parameter.initial = sum();
      }
    }
    parameter.output = accept("output") || accept("out");
    accept("readonly");
    list.push_back(std::move(parameter));
    if (!accept_symbol(",")) break;
  }
  if (parenthesized) expect_symbol(")");
  return list;
}

// The body runs to the end of the batch.
CreateProcedure Parser::procedure(std::size_t from, bool alter, bool or_alter) {
  CreateProcedure node;
  node.alter = alter;
  node.or_alter = or_alter;
  node.name = name();
  if (accept_symbol(";")) integer();
  node.parameters = parameters(is_symbol("("));
  if (accept("with")) {
    do {
      word();
    } while (accept_symbol(","));
  }
  if (is_words("for", "replication")) advance(), advance();
  expect("as");
  while (!at_end()) {
    if (accept_symbol(";")) continue;
    node.body.push_back(required_statement());
  }
  node.definition = text_between(from, text_.size());
  return node;
}

CreateTrigger Parser::trigger(std::size_t from, bool alter, bool or_alter) {
  CreateTrigger node;
  node.alter = alter;
  node.or_alter = or_alter;
  node.name = name();
  expect("on");
  node.table = name();
  if (accept("instead")) throw not_supported("INSTEAD OF triggers");
  if (!accept("after")) expect("for");
  do {
    node.events.push_back(upper(word()));
  } while (accept_symbol(","));
  expect("as");
  while (!at_end()) {
    if (accept_symbol(";")) continue;
    node.body.push_back(required_statement());
  }
  node.definition = text_between(from, text_.size());
  return node;
}

CreateOther Parser::other(std::string kind, std::size_t from) {
  CreateOther node;
  node.kind = std::move(kind);
  node.name = name();
  while (!at_end()) advance();
  node.definition = text_between(from, text_.size());
  return node;
}

AlterIndex Parser::alter_index() {
  AlterIndex node;
  if (!accept("all")) node.name = identifier();
  expect("on");
  node.table = name();
  node.action = upper(word());
  if (is_symbol("(")) skip_parentheses();
  skip_with_options();
  return node;
}

}  // namespace tds_server::engine
