// INSERT, UPDATE, DELETE. UPDATE and DELETE with FROM, TOP or OUTPUT deleted become a join of the
// table with a subquery over its row addresses (ctid), which keeps T-SQL's rules: the row source is
// computed first, each row changes once.
#include <utility>

#include "binder.hpp"
#include "errors.hpp"
#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {

std::string Binder::display(const Table& table) const {
  if (!table.name.empty() && (table.name[0] == '#' || table.name[0] == '@')) return table.name;
  return catalog_.database() + "." + table.schema + "." + table.name;
}

TablePtr Binder::change_table(const Name& name) {
  for (const CteBinding& cte : ctes_) {
    if (name.size() == 1 && catalog_.same(cte.name, name[0]))
      throw not_supported("changes through a common table expression");
  }
  TablePtr table = catalog_.table(name);
  if (table->system) {
    throw error(259, "Ad hoc updates to system catalogs are not allowed.");
  }
  if (table->kind == "V") throw not_supported("changes through a view");
  return table;
}

// ---- INSERT

std::vector<const Column*> Binder::insert_targets(const InsertStatement& statement, const TablePtr& table,
                                                  bool identity_insert, BoundChange& change) {
  std::vector<const Column*> targets;
  bool identity_named = false;
  for (const std::string& name : statement.columns) {
    const Column* column = table->find(name, catalog_.case_sensitive());
    if (column == nullptr) throw invalid_column(name);
    for (const Column* other : targets) {
      if (other == column)
        throw error(264, "The column name '" + column->name +
                             "' is specified more than once in the SET clause or column list of an INSERT. A column "
                             "cannot be assigned "
                             "more than one value in the same clause.");
    }
    if (column->computed()) {
      throw error(
          271,
          "The column \"" + column->name +
              "\" cannot be modified because it is either a computed column or is the result of a UNION operator.");
    }
    if (column->rowversion)
      throw error(273,
                  "Cannot insert an explicit value into a timestamp column. Use INSERT with a column list to exclude "
                  "the timestamp column, "
                  "or insert a DEFAULT into the timestamp column.");
    if (column->identity) {
      if (!identity_insert)
        throw error(544, "Cannot insert explicit value for identity column in table '" + table->name +
                             "' when IDENTITY_INSERT is set to OFF.");
      identity_named = true;
    }
    targets.push_back(column);
  }
  if (statement.columns.empty() && !statement.default_values) {
    for (const Column& column : table->columns) {
      if (column.identity) {
        if (identity_insert) {
          throw error(8101, "An explicit value for the identity column in table '" + display_name(statement.table) +
                                "' can only be specified when a column list is used and IDENTITY_INSERT is ON.");
        }
        continue;
      }
      if (!column.computed() && !column.rowversion) targets.push_back(&column);
    }
  }
  const bool has_identity = !table->identity_sequence.empty();
  if (identity_insert && has_identity && !identity_named) {
    throw error(545, "Explicit value must be specified for identity column in table '" + table->name +
                         "' either when IDENTITY_INSERT is set to ON or when a replication user is inserting into a "
                         "NOT FOR REPLICATION "
                         "identity column.");
  }
  change.generates_identity = has_identity && !identity_named;
  change.explicit_identity = identity_named;
  return targets;
}

std::string Binder::insert_rows(const InsertStatement& statement, const TablePtr& table,
                                const std::vector<const Column*>& targets) {
  const Scope none;
  std::string sql;
  for (const auto& row : statement.rows) {
    if (row.size() != targets.size()) {
      if (statement.columns.empty())
        throw error(213, "Column name or number of supplied values does not match table definition.");
      const bool fewer = targets.size() < row.size();
      throw error(fewer ? 110 : 109,
                  std::string("There are ") + (fewer ? "fewer" : "more") +
                      " columns in the INSERT statement than values specified in the VALUES clause. The number of "
                      "values in the VALUES "
                      "clause must match the number of columns specified in the INSERT statement.",
                  15);
    }
    std::string items;
    for (std::size_t i = 0; i < row.size(); ++i) {
      items += items.empty() ? "" : ", ";
      if (row[i]->kind == ExprKind::default_value) {
        items += "DEFAULT";
      } else {
        items += output(store(value(*row[i], none), targets[i]->type, display(*table), targets[i]->name));
      }
    }
    sql += (sql.empty() ? "VALUES (" : ", (") + items + ")";
  }
  return sql;
}

std::string Binder::insert_query(const InsertStatement& statement, const TablePtr& table,
                                 const std::vector<const Column*>& targets) {
  const BoundQuery bound = query(*statement.query);
  if (bound.columns.size() != targets.size()) {
    if (statement.columns.empty())
      throw error(213, "Column name or number of supplied values does not match table definition.");
    const bool fewer = bound.columns.size() < targets.size();
    throw error(fewer ? 120 : 121,
                std::string("The select list for the INSERT statement contains ") + (fewer ? "fewer" : "more") +
                    " items than the insert list. The number of SELECT values must match the number of INSERT columns.",
                15);
  }
  std::string items;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    Typed source = make("s." + bound.columns[i].pg, bound.columns[i].type, bound.columns[i].nullable);
    source.column = true;
    source.null_literal = bound.columns[i].null_literal;
    items += (i > 0 ? ", " : "") + output(store(source, targets[i]->type, display(*table), targets[i]->name));
  }
  return "SELECT " + items + " FROM (" + bound.sql + ") AS s";
}

BoundChange Binder::insert(const InsertStatement& statement, bool identity_insert, const Capture& capture) {
  BoundChange change;
  const std::size_t visible = ctes_.size();
  std::string with = with_clause(statement.with, nullptr);
  change.table = change_table(statement.table);
  const std::vector<const Column*> targets = insert_targets(statement, change.table, identity_insert, change);
  std::string columns;
  for (const Column* column : targets) columns += (columns.empty() ? "" : ", ") + pg_identifier(column->stored);
  std::string sql = "INSERT INTO " + change.table->target + " AS \"n\"";
  if (!columns.empty()) sql += "(" + columns + ")";
  if (statement.default_values || targets.empty()) {
    sql += " DEFAULT VALUES";
  } else if (statement.query) {
    sql += " " + insert_query(statement, change.table, targets);
    if (statement.top) {
      const Scope none;
      sql += " LIMIT (" + as(value(*statement.top->count, none), SqlType::bigint) + ")";
    }
  } else {
    sql += " " + insert_rows(statement, change.table, targets);
  }
  if (!statement.output.empty())
    sql += returning(statement.output, output_scope(change.table, "\"n\"", "", false), change.output);
  const bool rows_away = !statement.output_into.empty() || !capture.inserted.empty();
  if (!statement.output.empty() || rows_away) {
    change.moves_identity = std::exchange(change.explicit_identity, false);
    if (rows_away) put_rows_away(change, with, sql, statement.output_into, capture, {"\"n\".", "", false});
  } else if (change.explicit_identity) {
    std::string identity;
    for (const Column& column : change.table->columns) {
      if (column.identity) identity = pg_identifier(column.stored);
    }
    sql = (with.empty() ? "WITH " : with.substr(0, with.size() - 1) + ", ") + "r(id) AS (" + sql + " RETURNING " +
          identity + ") SELECT count(*), max(id), min(id) FROM r";
    with.clear();
  }
  change.sql = with + sql;
  ctes_.resize(visible);
  return change;
}

// ---- OUTPUT

// `inserted` and `deleted` as sources of the OUTPUT clause. Deleted columns may be carried by a
// subquery as d1, d2, ...
Scope Binder::output_scope(const TablePtr& table, const std::string& inserted, const std::string& deleted,
                           bool deleted_columns) {
  Scope scope;
  if (!inserted.empty()) {
    Source source = table_source(table, inserted, false);
    source.name = "inserted";
    scope.sources.push_back(std::move(source));
  }
  if (!deleted.empty()) {
    Source source = table_source(table, deleted, false);
    source.name = "deleted";
    if (deleted_columns) {
      for (std::size_t i = 0; i < source.columns.size(); ++i)
        source.columns[i].value.sql = deleted + ".\"d" + std::to_string(i + 1) + "\"";
      for (SourceColumn& column : source.columns) column.value.column = true;
    }
    scope.sources.push_back(std::move(source));
  }
  return scope;
}

std::string Binder::returning(const std::vector<SelectItem>& items, const Scope& rows,
                              std::vector<OutputColumn>& columns) {
  std::vector<Typed> values;
  std::string sql;
  for (const SelectItem& item : items) {
    if (item.expr->kind == ExprKind::star) {
      for (const Source& source : rows.sources) {
        if (!item.expr->name.empty() && !catalog_.same(source.name, item.expr->name.back())) continue;
        for (const SourceColumn& column : source.columns) {
          OutputColumn output_column{column.name, "", column.value.type, column.value.nullable, false, false,
                                     false,       ""};
          columns.push_back(std::move(output_column));
          values.push_back(column.value);
        }
      }
      continue;
    }
    Typed bound = value(*item.expr, rows);
    OutputColumn column;
    column.name = !item.alias.empty() ? item.alias : item.expr->kind == ExprKind::column ? item.expr->name.back() : "";
    column.type = bound.type;
    column.nullable = bound.nullable;
    columns.push_back(std::move(column));
    values.push_back(std::move(bound));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    columns[i].pg = "\"c" + std::to_string(i + 1) + "\"";
    sql += (i > 0 ? ", " : " RETURNING ") + output(values[i]) + " AS " + columns[i].pg;
  }
  return sql;
}

// Rows of OUTPUT INTO, c1, c2, ..., as one INSERT.
std::string Binder::insert_output(const BoundChange& change, const Name& name) {
  const TablePtr into = change_table(name);
  std::string names, items;
  std::size_t i = 0;
  for (const Column& column : into->columns) {
    if (column.identity || column.computed() || column.rowversion || i >= change.output.size()) continue;
    Typed source = make("r." + change.output[i].pg, change.output[i].type);
    source.column = true;
    names += (names.empty() ? "" : ", ") + pg_identifier(column.stored);
    items += (items.empty() ? "" : ", ") + output(store(source, column.type, display(*into), column.name));
    ++i;
  }
  return "INSERT INTO " + into->target + "(" + names + ") SELECT " + items + " FROM r";
}

void Binder::put_rows_away(BoundChange& change, std::string& with, std::string& sql, const Name& into,
                           const Capture& capture, const ChangedRows& rows) {
  std::string list = change.output.empty() ? " RETURNING " : "";
  std::string inserted, deleted;
  std::size_t number = 0;
  for (const Column& column : change.table->columns) {
    if (column.computed()) continue;
    const std::string stored = pg_identifier(column.stored), tag = std::to_string(++number);
    const std::string separator = list == " RETURNING " ? "" : ", ";
    if (!capture.inserted.empty()) list += separator + rows.inserted + stored + " AS \"i" + tag + "\"";
    if (!capture.inserted.empty()) inserted += (inserted.empty() ? "\"i" : ", \"i") + tag + "\"";
    if (!capture.deleted.empty()) {
      list += (list == " RETURNING " ? "" : ", ") + rows.deleted +
              (rows.deleted_by_number ? "\"o" + tag + "\"" : stored) + " AS \"o" + tag + "\"";
      deleted += (deleted.empty() ? "\"o" : ", \"o") + tag + "\"";
    }
  }
  if (!capture.inserted.empty() || !capture.deleted.empty()) sql += list;
  std::vector<std::string> inserts;
  if (!into.empty()) inserts.push_back(insert_output(change, into));
  if (!capture.deleted.empty()) inserts.push_back("INSERT INTO " + capture.deleted + " SELECT " + deleted + " FROM r");
  if (!capture.inserted.empty())
    inserts.push_back("INSERT INTO " + capture.inserted + " SELECT " + inserted + " FROM r");
  std::string all = (with.empty() ? "WITH " : with.substr(0, with.size() - 1) + ", ") + "r AS (" + sql + ")";
  for (std::size_t i = 0; i + 1 < inserts.size(); ++i) all += ", w" + std::to_string(i) + " AS (" + inserts[i] + ")";
  sql = all + " " + inserts.back();
  with.clear();
  change.output.clear();
}

// ---- UPDATE, DELETE

// Binds FROM and finds the changed table in it: by alias, by name, or added to the list.
const Source& Binder::change_source(const Name& name, const std::vector<TableRefPtr>& from, Scope& scope,
                                    std::string& from_sql) {
  from_sql = from_list(from, scope);
  for (const Source& source : scope.sources) {
    if (name.size() == 1 && source.table && catalog_.same(source.name, name[0])) return source;
  }
  const TablePtr table = change_table(name);
  const Source* found = nullptr;
  for (const Source& source : scope.sources) {
    if (source.table && source.table->object_id == table->object_id && source.table->target == table->target) {
      if (found != nullptr) {
        throw error(8154, "The table '" + display_name(name) + "' is ambiguous.", 15);
      }
      found = &source;
    }
  }
  if (found != nullptr) return *found;
  Source source = table_source(table, fresh("t"), false);
  source.name = table->name;
  source.schema = table->schema;
  from_sql += (from_sql.empty() ? " FROM " : ", ") + table->target + " AS " + source.pg;
  scope.sources.push_back(std::move(source));
  return scope.sources.back();
}

BoundChange Binder::update(const UpdateStatement& statement, const Capture& capture) {
  BoundChange change;
  const std::size_t visible = ctes_.size();
  std::string with = with_clause(statement.with, nullptr);
  Scope scope;
  std::string from;
  const Source target = change_source(statement.table, statement.from, scope, from);
  change.table = target.table;
  if (change.table->system) throw error(259, "Ad hoc updates to system catalogs are not allowed.");
  if (change.table->kind == "V") throw not_supported("changes through a view");
  std::string inner;   // SELECT list of the row source
  std::string direct;  // SET list over the table itself
  std::string joined;  // SET list over the row source
  std::size_t number = 0;
  for (const Assignment& assignment : statement.set) {
    if (!assignment.variable.empty()) throw not_supported("UPDATE ... SET @variable");
    const Column* column = change.table->find(assignment.column.back(), catalog_.case_sensitive());
    if (column == nullptr) throw invalid_column(assignment.column.back());
    if (column->identity) throw error(8102, "Cannot update identity column '" + column->name + "'.");
    if (column->computed()) {
      throw error(
          271,
          "The column \"" + column->name +
              "\" cannot be modified because it is either a computed column or is the result of a UNION operator.");
    }
    if (column->rowversion) throw error(272, "Cannot update a timestamp column.");
    const std::string name = pg_identifier(column->stored);
    const std::string separator = direct.empty() ? "" : ", ";
    if (assignment.value->kind == ExprKind::default_value) {
      direct += separator + name + " = DEFAULT";
      joined += separator + name + " = DEFAULT";
      continue;
    }
    Typed bound = value(*assignment.value, scope);
    if (!assignment.op.empty()) {
      Expr self;
      self.kind = ExprKind::column;
      self.name = {target.name, column->name};
      bound = arithmetic(assignment.op[0], this->column(self, scope), bound);
    }
    const std::string sql = output(store(bound, column->type, display(*change.table), column->name));
    const std::string alias = "\"v" + std::to_string(++number) + "\"";
    inner += ", " + sql + " AS " + alias;
    direct += separator + name + " = " + sql;
    joined += separator + name + " = s." + alias;
  }
  for (const Column& column : change.table->columns) {
    if (!column.rowversion) continue;
    direct += ", " + pg_identifier(column.stored) + " = tds.next_rowversion()";
    joined += ", " + pg_identifier(column.stored) + " = tds.next_rowversion()";
  }
  const std::string where = statement.where ? " WHERE " + condition(*statement.where, scope) : "";
  bool deleted = false;
  for (const SelectItem& item : statement.output) {
    deleted = deleted || (item.expr->name.size() >= 1 && equals_ignoring_case(item.expr->name[0], "deleted")) ||
              item.expr->kind != ExprKind::column;
  }
  const bool captured = !capture.inserted.empty();
  const bool rows_away = captured || !statement.output_into.empty();
  if (statement.from.empty() && !statement.top && !deleted && !captured) {
    change.sql = "UPDATE " + change.table->target + " AS " + target.pg + " SET " + direct + where;
    if (!statement.output.empty())
      change.sql += returning(statement.output, output_scope(change.table, target.pg, "", false), change.output);
    if (rows_away) put_rows_away(change, with, change.sql, statement.output_into, capture, {});
    change.sql = with + change.sql;
    ctes_.resize(visible);
    return change;
  }
  if (captured) {
    std::size_t tag = 0;
    for (const Column& column : change.table->columns)
      if (!column.computed())
        inner += ", " + target.pg + "." + pg_identifier(column.stored) + " AS \"o" + std::to_string(++tag) + "\"";
  }
  if (deleted) {
    for (std::size_t i = 0; i < target.columns.size(); ++i)
      inner += ", " + output(target.columns[i].value) + " AS \"d" + std::to_string(i + 1) + "\"";
  }
  std::string rows = "SELECT " + target.pg + ".ctid AS rid" + inner + from + where;
  if (statement.top) {
    const Scope none;
    rows += " LIMIT (" + as(value(*statement.top->count, none), SqlType::bigint) + ")";
  }
  change.sql = "UPDATE " + change.table->target + " AS \"u\" SET " + joined + " FROM (" + rows +
               ") AS s WHERE \"u\".ctid = s.rid";
  if (!statement.output.empty())
    change.sql +=
        returning(statement.output, output_scope(change.table, "\"u\"", deleted ? "s" : "", true), change.output);
  if (rows_away) put_rows_away(change, with, change.sql, statement.output_into, capture, {"\"u\".", "s.", true});
  change.sql = with + change.sql;
  ctes_.resize(visible);
  return change;
}

BoundChange Binder::remove(const DeleteStatement& statement, const Capture& capture) {
  BoundChange change;
  const std::size_t visible = ctes_.size();
  std::string with = with_clause(statement.with, nullptr);
  Scope scope;
  std::string from;
  const Source target = change_source(statement.table, statement.from, scope, from);
  change.table = target.table;
  if (change.table->system) throw error(259, "Ad hoc updates to system catalogs are not allowed.");
  if (change.table->kind == "V") throw not_supported("changes through a view");
  const std::string where = statement.where ? " WHERE " + condition(*statement.where, scope) : "";
  if (statement.from.empty() && !statement.top) {
    change.sql = "DELETE FROM " + change.table->target + " AS " + target.pg + where;
    if (!statement.output.empty())
      change.sql += returning(statement.output, output_scope(change.table, "", target.pg, false), change.output);
  } else {
    std::string rows = "SELECT DISTINCT " + target.pg + ".ctid AS rid" + from + where;
    if (statement.top) {
      const Scope none;
      rows += " LIMIT (" + as(value(*statement.top->count, none), SqlType::bigint) + ")";
    }
    change.sql = "DELETE FROM " + change.table->target + " AS \"u\" USING (" + rows + ") AS s WHERE \"u\".ctid = s.rid";
    if (!statement.output.empty())
      change.sql += returning(statement.output, output_scope(change.table, "", "\"u\"", false), change.output);
  }
  const bool direct = statement.from.empty() && !statement.top;
  if (!capture.deleted.empty() || !statement.output_into.empty())
    put_rows_away(change, with, change.sql, statement.output_into, capture,
                  {"", direct ? target.pg + "." : "\"u\".", false});
  change.sql = with + change.sql;
  ctes_.resize(visible);
  return change;
}

}  // namespace tds_server::engine
