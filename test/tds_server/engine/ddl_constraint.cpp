// Keys, indexes, foreign keys, checks; ALTER TABLE and DROP of each. PostgreSQL's names are made of
// object ids (~ix_<table>_<index>, ~fk_<id>, ~ck_<id>), so that failures can be traced back and SQL
// Server's names stay free.
#include <algorithm>
#include <cstdio>
#include <limits>

#include "ddl.hpp"
#include "errors.hpp"
#include "failure_map.hpp"
#include "normalize.hpp"
#include "parser.hpp"
#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {
namespace {

int action_number(const std::string& action) {
  return action == "CASCADE" ? 1 : action == "SET_NULL" ? 2 : action == "SET_DEFAULT" ? 3 : 0;
}

std::string action_sql(int action) {
  static constexpr const char* kActions[] = {"NO ACTION", "CASCADE", "SET NULL", "SET DEFAULT"};
  return kActions[action];
}

}  // namespace

void Ddl::run_checked(const std::string& sql, const std::string& verb) {
  backend_.run("SAVEPOINT tds_ddl");
  try {
    backend_.run(sql);
  } catch (const PgError& failure) {
    backend_.run("ROLLBACK TO SAVEPOINT tds_ddl");
    FailureContext context;
    context.verb = verb;
    throw map_failure(failure, catalog_, context);
  }
  backend_.run("RELEASE SAVEPOINT tds_ddl");
}

// PK__Orders__C3905BAF0A1B2C3D, DF__Orders__Freig__0A1B2C3D: SQL Server's form of a name nobody
// gave.
std::string Ddl::constraint_name(const std::string& given, const std::string& prefix, const TablePtr& table,
                                 const std::string& column, int id) {
  if (!given.empty()) {
    const Rows rows =
        backend_.run("SELECT schema_id FROM tds_meta.objects WHERE object_id = $1", {number(table->object_id)});
    require_free_name(given, rows.number(0, 0));
    return given;
  }
  char digits[20];
  std::snprintf(digits, sizeof digits, "%08X", static_cast<unsigned>(id));
  std::string name = prefix + "__" + std::string(utf16_prefix(table->name, 8)) + "__";
  if (prefix == "PK" || prefix == "UQ") {
    std::snprintf(digits, sizeof digits, "%08X", static_cast<unsigned>(id) * 2654435761U);
    name += digits;
    std::snprintf(digits, sizeof digits, "%08X", static_cast<unsigned>(id));
  } else {
    name += std::string(utf16_prefix(column.empty() ? "" : column, 5)) + (column.empty() ? "" : "__");
  }
  return name + digits;
}

void Ddl::add_constraint(const TablePtr& table, const ConstraintDef& constraint, const std::string& for_column,
                         bool checked) {
  switch (constraint.kind) {
    case ConstraintKind::primary_key:
    case ConstraintKind::unique: return add_key(table, constraint, for_column);
    case ConstraintKind::foreign_key: return add_foreign_key(table, constraint, for_column, checked);
    case ConstraintKind::check: return add_check(table, constraint, for_column, checked);
    case ConstraintKind::default_: {
      const std::string column = for_column.empty() ? constraint.for_column : for_column;
      return add_default(table->object_id, target_of(table), table, column, *constraint.expr, constraint.name, false);
    }
  }
}

// ---- keys and indexes

void Ddl::add_key(const TablePtr& table, const ConstraintDef& constraint, const std::string& for_column) {
  const bool primary = constraint.kind == ConstraintKind::primary_key;
  if (primary) {
    const Rows rows = backend_.run("SELECT 1 FROM tds_meta.indexes WHERE object_id = $1 AND is_primary_key",
                                   {number(table->object_id)});
    if (rows.size() > 0)
      throw error(1779, "Table '" + table->name + "' already has a primary key defined on it.", 16, 0);
  }
  IndexDef index;
  index.unique = true;
  index.columns = constraint.columns;
  if (index.columns.empty()) index.columns.push_back({for_column, false});
  index.clustered = constraint.clustered;
  const int id = new_object_id();
  index.name = constraint_name(constraint.name, primary ? "PK" : "UQ", table, index.columns[0].name, id);
  if (primary) {
    for (const KeyColumn& key : index.columns) {
      if (column_of(table, key.name).nullable)
        throw error(8111, "Cannot define PRIMARY KEY constraint on nullable column in table '" + table->name + "'.");
    }
    if (!index.clustered) {
      const Rows rows =
          backend_.run("SELECT 1 FROM tds_meta.indexes WHERE object_id = $1 AND type = 1", {number(table->object_id)});
      index.clustered = rows.size() == 0;
    }
  }
  const Rows schema =
      backend_.run("SELECT schema_id FROM tds_meta.objects WHERE object_id = $1", {number(table->object_id)});
  add_object(id, index.name, schema.number(0, 0), table->object_id, primary ? "PK" : "UQ", "", "",
             constraint.name.empty());
  build_index(table, index, primary, !primary, id);
}

void Ddl::create_index(const IndexDef& index) {
  TablePtr table = catalog_.find_table(index.table);
  if (!table || table->kind != "U") {
    throw error(1088,
                "Cannot find the object \"" + display_name(index.table) +
                    "\" because it does not exist or you do not have permissions.",
                16, 12);
  }
  if (table->object_id < 0) {
    std::string columns;
    for (const KeyColumn& key : index.columns)
      columns += (columns.empty() ? "" : ", ") + pg_identifier(column_of(table, key.name).stored);
    backend_.run(std::string("CREATE ") + (index.unique ? "UNIQUE " : "") + "INDEX ON " + table->target + " (" +
                 columns + ")" + (index.unique ? " NULLS NOT DISTINCT" : ""));
    return;
  }
  build_index(table, index, false, false, 0);
}

int Ddl::build_index(const TablePtr& table, const IndexDef& index, bool primary, bool unique_constraint,
                     int constraint_id) {
  const std::string table_id = number(table->object_id);
  const Rows state = backend_.run(
      "SELECT coalesce(max(index_id), 0), bool_or(type = 1), bool_or(tds_meta.fold(name) = tds_meta.fold($2)) FROM "
      "tds_meta.indexes WHERE "
      "object_id = $1",
      {table_id, to_stored_text(index.name)});
  if (state.flag(0, 2)) {
    throw error(1913, "The operation failed because an index or statistics with name '" + index.name +
                          "' already exists on table '" + table->schema + "." + table->name + "'.");
  }
  const bool clustered = index.clustered.value_or(false);
  if (clustered && state.flag(0, 1)) {
    const Rows name = backend_.run("SELECT name FROM tds_meta.indexes WHERE object_id = $1 AND type = 1", {table_id});
    throw error(1902,
                "Cannot create more than one clustered index on table '" + table->schema + "." + table->name +
                    "'. Drop the existing clustered index '" + from_stored_text(name.get(0, 0)) +
                    "' before creating another.",
                16, 3);
  }
  const int index_id = clustered ? 1 : std::max(2, state.number(0, 0) + 1);
  const std::string stored = "~ix_" + table_id + "_" + number(index_id);
  Binder binder(catalog_, environment_);
  binder.in_definition(true);
  const Scope scope = binder.table_scope(table, "", false);
  std::string keys;
  std::vector<std::string> seen;
  for (const KeyColumn& key : index.columns) {
    const Column& column = column_of(table, key.name);
    if (std::find(seen.begin(), seen.end(), column.name) != seen.end()) {
      throw error(
          1909, "Cannot use duplicate column names in index. Column name '" + column.name + "' listed more than once.");
    }
    seen.push_back(column.name);
    if (is_max(column.type) && (is_character(column.type.type) || family(column.type.type) == Family::binary ||
                                column.type.type == SqlType::xml)) {
      throw error(1919, "Column '" + column.name + "' in table '" + table->schema + "." + table->name +
                            "' is of a type that is invalid for use as a key column in an index.");
    }
    Expr reference;
    reference.kind = ExprKind::column;
    reference.name = {column.name};
    const Typed value = binder.value(reference, scope);
    keys += (keys.empty() ? "" : ", ") +
            (column.computed()
                 ? "(" + (is_character(value.type.type) ? binder.order_key(value) : binder.output(value)) + ")"
                 : value.sql) +
            (key.descending ? " DESC NULLS LAST" : " ASC NULLS FIRST");
  }
  const std::string filter = index.filter ? normalized_definition(*index.filter) : "";
  const std::string definition = std::string("CREATE ") + (index.unique ? "UNIQUE " : "") + "INDEX " +
                                 pg_identifier(stored) + " ON " + table->target + " (" + keys + ")" +
                                 (index.unique ? " NULLS NOT DISTINCT" : "") +
                                 (index.filter ? " WHERE " + binder.condition(*index.filter, scope) : "");
  // The row first: a failure of the build is told in its names.
  if (clustered) backend_.run("DELETE FROM tds_meta.indexes WHERE object_id = " + table_id + " AND index_id = 0");
  backend_.run(
      "INSERT INTO tds_meta.indexes (object_id, index_id, name, type, is_unique, is_primary_key, is_unique_constraint, "
      "constraint_id, "
      "filter_definition, ignore_dup_key, stored, stored_definition) VALUES (" +
      table_id + ", " + number(index_id) + ", " + lit(index.name) + ", " + (clustered ? "1" : "2") + ", " +
      boolean(index.unique) + ", " + boolean(primary) + ", " + boolean(unique_constraint) + ", " +
      (constraint_id != 0 ? number(constraint_id) : "NULL") + ", " + (filter.empty() ? "NULL" : lit(filter)) + ", " +
      boolean(index.ignore_dup_key) + ", " + pg_literal(stored) + ", " + pg_literal(definition) + ")");
  int ordinal = 0;
  const auto save = [&](const std::string& name, bool descending, bool included) {
    ++ordinal;
    backend_.run("INSERT INTO tds_meta.index_columns VALUES (" + table_id + ", " + number(index_id) + ", " +
                 number(ordinal) + ", " + number(column_of(table, name).column_id) + ", " +
                 (included ? "0" : number(ordinal)) + ", " + boolean(descending) + ", " + boolean(included) + ")");
  };
  for (const KeyColumn& key : index.columns) save(key.name, key.descending, false);
  for (const std::string& name : index.include)
    save(name, false, true);  // PostgreSQL's size limit would count them: metadata only
  run_checked(definition, "CREATE INDEX");
  return index_id;
}

void Ddl::drop_index(const TablePtr& table, const std::string& name, bool if_exists) {
  const Rows rows = backend_.run(
      "SELECT index_id, stored, is_disabled, constraint_id IS NOT NULL, type FROM tds_meta.indexes WHERE object_id = "
      "$1 AND "
      "tds_meta.fold(name) = tds_meta.fold($2) ORDER BY name = $2 DESC",
      {number(table->object_id), to_stored_text(name)});
  if (rows.size() == 0) {
    if (if_exists) return;
    throw error(3701,
                "Cannot drop the index '" + table->schema + "." + table->name + "." + name +
                    "', because it does not exist or you do not have permission.",
                11, 7);
  }
  if (rows.flag(0, 3)) {
    throw error(3723,
                "An explicit DROP INDEX is not allowed on index '" + table->schema + "." + table->name + "." + name +
                    "'. It is being used for PRIMARY KEY or UNIQUE KEY constraint enforcement.",
                16, 4);
  }
  const std::string id = rows.get(0, 0);
  if (!rows.flag(0, 2)) backend_.run("DROP INDEX " + table->schema_target + "." + pg_identifier(rows.get(0, 1)));
  backend_.run("DELETE FROM tds_meta.index_columns WHERE object_id = " + number(table->object_id) +
               " AND index_id = " + id);
  backend_.run("DELETE FROM tds_meta.indexes WHERE object_id = " + number(table->object_id) + " AND index_id = " + id);
  if (rows.get(0, 4) == "1")
    backend_.run("INSERT INTO tds_meta.indexes (object_id, index_id, type) VALUES (" + number(table->object_id) +
                 ", 0, 0)");
}

void Ddl::alter_index(const AlterIndex& statement) {
  const TablePtr table = user_table(statement.table);
  const Rows rows = backend_.run(
      "SELECT index_id, stored, is_disabled, stored_definition FROM tds_meta.indexes WHERE object_id = $1 AND type > 0 "
      "AND ($2 = '' OR "
      "tds_meta.fold(name) = tds_meta.fold($2))",
      {number(table->object_id), to_stored_text(statement.name)});
  if (rows.size() == 0 && !statement.name.empty()) {
    throw error(2727, "Cannot find index '" + statement.name + "'.", 11, 1);
  }
  for (int i = 0; i < rows.size(); ++i) {
    const bool disabled = rows.flag(i, 2);
    const std::string where = " WHERE object_id = " + number(table->object_id) + " AND index_id = " + rows.get(i, 0);
    if (statement.action == "DISABLE" && !disabled) {
      backend_.run("DROP INDEX " + table->schema_target + "." + pg_identifier(rows.get(i, 1)));
      backend_.run("UPDATE tds_meta.indexes SET is_disabled = true" + where);
    } else if (statement.action == "REBUILD" && disabled) {
      backend_.run(rows.get(i, 3));
      backend_.run("UPDATE tds_meta.indexes SET is_disabled = false" + where);
    }
  }
}

// ---- foreign keys and checks

void Ddl::add_foreign_key(const TablePtr& table, const ConstraintDef& constraint, const std::string& for_column,
                          bool checked) {
  std::vector<std::string> own;
  for (const KeyColumn& key : constraint.columns) own.push_back(key.name);
  if (own.empty()) own.push_back(for_column);
  Name referenced_name = constraint.referenced;
  if (referenced_name.size() == 1) referenced_name.insert(referenced_name.begin(), table->schema);
  TablePtr referenced = catalog_.find_table(referenced_name);
  if (!referenced && constraint.referenced.size() == 1) referenced = catalog_.find_table(constraint.referenced);
  const int id = new_object_id();
  const std::string name = constraint_name(constraint.name, "FK", table, own[0], id);
  if (!referenced || referenced->kind != "U")
    throw error(1767,
                "Foreign key '" + name + "' references invalid table '" + display_name(constraint.referenced) + "'.",
                16, 0);
  const std::string referenced_id = number(referenced->object_id);
  // The referenced columns, by name or by the primary key, and the unique index over them.
  std::vector<int> targets;
  if (constraint.referenced_columns.empty()) {
    const Rows rows = backend_.run(
        "SELECT column_id FROM tds_meta.index_columns JOIN tds_meta.indexes USING (object_id, index_id) WHERE "
        "object_id = $1 AND "
        "is_primary_key AND key_ordinal > 0 ORDER BY key_ordinal",
        {referenced_id});
    for (int i = 0; i < rows.size(); ++i) targets.push_back(rows.number(i, 0));
    if (targets.empty())
      throw error(1773,
                  "Foreign key '" + name + "' has implicit reference to object '" +
                      display_name(constraint.referenced) + "' which does not have a primary key defined on it.",
                  16, 0);
  } else {
    for (const std::string& column : constraint.referenced_columns) {
      const Column* found = referenced->find(column, catalog_.case_sensitive());
      if (found == nullptr)
        throw error(1770,
                    "Foreign key '" + name + "' references invalid column '" + column + "' in referenced table '" +
                        display_name(constraint.referenced) + "'.",
                    16, 0);
      targets.push_back(found->column_id);
    }
  }
  if (targets.size() != own.size()) {
    throw error(8139,
                "Number of referencing columns in foreign key differs from number of referenced columns, table '" +
                    table->name + "'.",
                16, 0);
  }
  std::string list;
  for (const int column : targets) list += (list.empty() ? "" : ",") + number(column);
  const Rows key = backend_.run(
      "SELECT i.index_id FROM tds_meta.indexes i WHERE i.object_id = $1 AND i.is_unique AND i.filter_definition IS "
      "NULL AND (SELECT "
      "array_agg(column_id ORDER BY column_id) FROM tds_meta.index_columns c"
      " WHERE c.object_id = i.object_id AND c.index_id = i.index_id AND key_ordinal > 0) = (SELECT array_agg(x ORDER "
      "BY x) FROM "
      "unnest($2::int[]) x) ORDER BY i.is_primary_key DESC, i.index_id",
      {referenced_id, "{" + list + "}"});
  if (key.size() == 0) {
    throw error(1776,
                "There are no primary or candidate keys in the referenced table '" +
                    display_name(constraint.referenced) +
                    "' that match the referencing column list in the foreign key '" + name + "'.",
                16, 0);
  }
  std::string own_columns, referenced_columns;
  std::vector<int> own_ids;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const Column* column = table->find(own[i], catalog_.case_sensitive());
    if (column == nullptr)
      throw error(1769, "Foreign key '" + name + "' references invalid column '" + own[i] + "' in referencing table '" +
                            table->name + "'.");
    const auto target = std::find_if(referenced->columns.begin(), referenced->columns.end(),
                                     [&](const Column& c) { return c.column_id == targets[i]; });
    if (column->type.type != target->type.type &&
        !(family(column->type.type) == Family::exact && family(target->type.type) == Family::exact)) {
      throw error(1778,
                  "Column '" + referenced->schema + "." + referenced->name + "." + target->name +
                      "' is not the same data type as referencing column '" + table->name + "." + column->name +
                      "' in foreign key '" + name + "'.",
                  16, 0);
    }
    own_ids.push_back(column->column_id);
    own_columns += (own_columns.empty() ? "" : ", ") + pg_identifier(column->stored);
    referenced_columns += (referenced_columns.empty() ? "" : ", ") + pg_identifier(target->stored);
  }
  const int on_delete = action_number(constraint.on_delete), on_update = action_number(constraint.on_update);
  const std::string definition = "ALTER TABLE " + table->target + " ADD CONSTRAINT " +
                                 pg_identifier("~fk_" + number(id)) + " FOREIGN KEY (" + own_columns + ") REFERENCES " +
                                 referenced->target + " (" + referenced_columns + ") ON DELETE " +
                                 action_sql(on_delete) + " ON UPDATE " + action_sql(on_update);
  const Target where = target_of(table);
  add_object(id, name, where.schema_id, table->object_id, "F", "", "", constraint.name.empty());
  backend_.run("UPDATE tds_meta.objects SET is_not_trusted = " +
               std::string(boolean(!checked || constraint.not_for_replication)) + ", is_not_for_replication = " +
               boolean(constraint.not_for_replication) + " WHERE object_id = " + number(id));
  backend_.run("INSERT INTO tds_meta.foreign_keys VALUES (" + number(id) + ", " + number(table->object_id) + ", " +
               referenced_id + ", " + key.get(0, 0) + ", " + number(on_delete) + ", " + number(on_update) + ", " +
               pg_literal(definition) + ")");
  for (std::size_t i = 0; i < own_ids.size(); ++i) {
    backend_.run("INSERT INTO tds_meta.foreign_key_columns VALUES (" + number(id) + ", " +
                 number(static_cast<int>(i) + 1) + ", " + number(own_ids[i]) + ", " + number(targets[i]) + ")");
  }
  run_checked(definition + (checked ? "" : " NOT VALID"), "ALTER TABLE");
}

void Ddl::add_check(const TablePtr& table, const ConstraintDef& constraint, const std::string& for_column,
                    bool checked) {
  const int id = new_object_id();
  const std::string name = constraint_name(constraint.name, "CK", table, for_column, id);
  const Target where = target_of(table);
  const int column_id = for_column.empty() ? 0 : column_of(table, for_column).column_id;
  std::string definition;
  Binder binder(catalog_, environment_);
  binder.in_definition(true);
  try {
    definition = "ALTER TABLE " + table->target + " ADD CONSTRAINT " + pg_identifier("~ck_" + number(id)) + " CHECK (" +
                 binder.condition(*constraint.expr, binder.table_scope(table, "", false)) + ")";
  } catch (const EngineError& failure) {
    if (failure.message.number != 40517 && failure.message.number != 195)
      throw;  // what cannot be evaluated is kept as text
  }
  add_object(id, name, where.schema_id, table->object_id, "C", "", normalized_definition(*constraint.expr),
             constraint.name.empty(), column_id);
  backend_.run("UPDATE tds_meta.objects SET is_not_trusted = " + std::string(boolean(!checked)) +
               " WHERE object_id = " + number(id));
  backend_.run("INSERT INTO tds_meta.checks VALUES (" + number(id) + ", " +
               (definition.empty() ? "NULL" : pg_literal(definition)) + ")");
  if (!definition.empty()) run_checked(definition + (checked ? "" : " NOT VALID"), "ALTER TABLE");
}

void Ddl::drop_constraint(const TablePtr& table, const std::string& name, bool if_exists) {
  const Rows rows = backend_.run(
      "SELECT o.object_id, o.type, o.is_disabled, o.parent_column_id FROM tds_meta.objects o WHERE o.parent_object_id "
      "= $1 AND o.name_key "
      "= tds_meta.fold($2) AND o.type IN ('PK', 'UQ', 'F', 'C', 'D')"
      " ORDER BY o.name = $2 DESC",
      {number(table->object_id), to_stored_text(name)});
  if (rows.size() == 0) {
    if (if_exists) return;
    throw error(3728, "'" + name + "' is not a constraint.");
  }
  const std::string id = rows.get(0, 0), type = rows.get(0, 1), table_id = number(table->object_id);
  if (type == "PK" || type == "UQ") {
    const Rows index =
        backend_.run("SELECT index_id, stored, type, is_disabled FROM tds_meta.indexes WHERE constraint_id = $1", {id});
    const Rows user = backend_.run(
        "SELECT k.name, p.name FROM tds_meta.foreign_keys f JOIN tds_meta.objects k USING (object_id) JOIN "
        "tds_meta.objects p ON "
        "p.object_id = f.parent_object_id"
        " WHERE f.referenced_object_id = $1 AND f.key_index_id = $2",
        {table_id, index.get(0, 0)});
    if (user.size() > 0) {
      throw error(3725,
                  "The constraint '" + name + "' is being referenced by table '" + from_stored_text(user.get(0, 1)) +
                      "', foreign key constraint '" + from_stored_text(user.get(0, 0)) + "'.",
                  16, 0);
    }
    if (!index.flag(0, 3)) backend_.run("DROP INDEX " + table->schema_target + "." + pg_identifier(index.get(0, 1)));
    backend_.run("DELETE FROM tds_meta.index_columns WHERE object_id = " + table_id +
                 " AND index_id = " + index.get(0, 0));
    backend_.run("DELETE FROM tds_meta.indexes WHERE constraint_id = " + id);
    if (index.get(0, 2) == "1")
      backend_.run("INSERT INTO tds_meta.indexes (object_id, index_id, type) VALUES (" + table_id + ", 0, 0)");
  } else if (type == "F") {
    if (!rows.flag(0, 2))
      backend_.run("ALTER TABLE " + table->target + " DROP CONSTRAINT " + pg_identifier("~fk_" + id));
    backend_.run("DELETE FROM tds_meta.foreign_key_columns WHERE object_id = " + id +
                 "; DELETE FROM tds_meta.foreign_keys WHERE object_id = " + id);
  } else if (type == "C") {
    backend_.run("ALTER TABLE " + table->target + " DROP CONSTRAINT IF EXISTS " + pg_identifier("~ck_" + id));
    backend_.run("DELETE FROM tds_meta.checks WHERE object_id = " + id);
  } else {
    const Rows column = backend_.run(
        "UPDATE tds_meta.columns SET default_object_id = 0 WHERE object_id = $1 AND column_id = $2 RETURNING stored",
        {table_id, rows.get(0, 3)});
    backend_.run("ALTER TABLE " + table->target + " ALTER COLUMN " + pg_identifier(column.get(0, 0)) + " DROP DEFAULT");
  }
  backend_.run("DELETE FROM tds_meta.objects WHERE object_id = " + id);
  backend_.run("DELETE FROM tds_meta.extended_properties WHERE class = 1 AND major_id = " + id);
}

// [NO]CHECK CONSTRAINT: a disabled constraint leaves PostgreSQL and stays in the catalog; one that
// comes back without WITH CHECK is not trusted.
void Ddl::switch_constraints(const TablePtr& table, const AlterTable& statement) {
  const Rows rows = backend_.run(
      "SELECT o.object_id, o.type, o.is_disabled, coalesce(f.stored_definition, c.stored_definition, ''), o.name, "
      "o.is_not_trusted FROM "
      "tds_meta.objects o LEFT JOIN tds_meta.foreign_keys f USING (object_id)"
      " LEFT JOIN tds_meta.checks c USING (object_id) WHERE o.parent_object_id = $1 AND o.type IN ('F', 'C')",
      {number(table->object_id)});
  std::size_t found = 0;
  for (int i = 0; i < rows.size(); ++i) {
    const std::string name = from_stored_text(rows.get(i, 4));
    const bool named = std::any_of(statement.drop_constraints.begin(), statement.drop_constraints.end(),
                                   [&](const std::string& wanted) { return catalog_.same(wanted, name); });
    if (!statement.all && !named) continue;
    ++found;
    const std::string id = rows.get(i, 0), stored = pg_identifier((rows.get(i, 1) == "F" ? "~fk_" : "~ck_") + id),
                      definition = rows.get(i, 3);
    const bool disabled = rows.flag(i, 2);
    if (statement.action == AlterTable::Action::nocheck_constraint) {
      if (!disabled && !definition.empty()) backend_.run("ALTER TABLE " + table->target + " DROP CONSTRAINT " + stored);
      backend_.run("UPDATE tds_meta.objects SET is_disabled = true, is_not_trusted = true WHERE object_id = " + id);
      continue;
    }
    const bool check = statement.with_check.value_or(false);
    if (!definition.empty()) {
      if (disabled) run_checked(definition + (check ? "" : " NOT VALID"), "ALTER TABLE");
      if (!disabled && check)
        run_checked("ALTER TABLE " + table->target + " VALIDATE CONSTRAINT " + stored, "ALTER TABLE");
    }
    backend_.run("UPDATE tds_meta.objects SET is_disabled = false" +
                 std::string(check ? ", is_not_trusted = false" : "") + " WHERE object_id = " + id);
  }
  if (!statement.all && found < statement.drop_constraints.size()) {
    throw error(4917, "Constraint '" + statement.drop_constraints.front() + "' does not exist.", 16, 0);
  }
}

// ---- ALTER TABLE

void Ddl::alter_table(const AlterTable& statement) {
  TablePtr table = user_table(statement.name);
  if (table->object_id < 0) throw not_supported("ALTER TABLE of a temporary table");
  switch (statement.action) {
    case AlterTable::Action::add:
      for (const ColumnDef& def : statement.columns) {
        add_column(table, def);
        catalog_.invalidate();
        table = user_table(statement.name);
        for (const ConstraintDef& constraint : def.constraints) {
          if (constraint.kind != ConstraintKind::default_)
            add_constraint(table, constraint, def.name, statement.with_check.value_or(true));
        }
      }
      for (const ConstraintDef& constraint : statement.constraints) {
        add_constraint(table, constraint, "", statement.with_check.value_or(true));
        catalog_.invalidate();
        table = user_table(statement.name);
      }
      break;
    case AlterTable::Action::drop:
      for (const std::string& name : statement.drop_constraints) drop_constraint(table, name, statement.if_exists);
      for (const std::string& name : statement.drop_columns) drop_column(table, name, statement.if_exists);
      break;
    case AlterTable::Action::alter_column: alter_column(table, statement.columns.front()); break;
    case AlterTable::Action::check_constraint:
    case AlterTable::Action::nocheck_constraint: switch_constraints(table, statement); break;
    case AlterTable::Action::other:
      if (statement.enable_trigger) switch_triggers(table, statement);
      break;
  }
  backend_.run("UPDATE tds_meta.objects SET modify_date = clock_timestamp() WHERE object_id = " +
               number(table->object_id));
  catalog_.invalidate();
}

void Ddl::add_column(const TablePtr& table, const ColumnDef& def) {
  if (table->find(def.name, catalog_.case_sensitive()) != nullptr) {
    throw error(2705,
                "Column names in each table must be unique. Column name '" + def.name + "' in table '" + table->name +
                    "' is specified more than once.",
                16, 4);
  }
  const Target where = target_of(table);
  int last = 0;
  std::vector<ColumnPlan> plans;
  for (const Column& column : table->columns) {
    last = std::max(last, column.column_id);
    ColumnPlan existing;
    existing.column = column;
    if (!column.computed()) plans.push_back(existing);
  }
  plans.push_back(plan_column(def, table->object_id, last + 1, where));
  if (def.computed) {
    bind_computed(plans, where, plans.size() - 1);
    save_column(table->object_id, plans.back());
    return;
  }
  ColumnPlan& plan = plans.back();
  const ConstraintDef* default_constraint = nullptr;
  for (const ConstraintDef& constraint : def.constraints) {
    if (constraint.kind == ConstraintKind::default_) default_constraint = &constraint;
    if (constraint.kind == ConstraintKind::primary_key) plan.column.nullable = false;
  }
  if (plan.column.identity) backend_.run(create_identity_sequence(plan, where));
  std::string sql = "ALTER TABLE " + table->target + " ADD COLUMN " + column_sql(plan, true);
  // Existing rows take the default only where the column allows no NULL.
  const bool fills = default_constraint != nullptr && !plan.column.nullable;
  if (fills) sql += " DEFAULT " + default_sql(*default_constraint->expr, plan.column, table->name);
  try {
    backend_.run("SAVEPOINT add_column");
    backend_.run(sql);
  } catch (const PgError& failure) {
    if (failure.sqlstate != "23502") throw;
    backend_.run("ROLLBACK TO SAVEPOINT add_column");
    throw error(4901,
                "ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT definition "
                "specified, or the column "
                "being added is an identity or timestamp column, or alternatively if none of the previous conditions "
                "are satisfied the "
                "table must be empty to allow addition of this column. Column '" +
                    def.name + "' cannot be added to non-empty table '" + table->name +
                    "' because it does not satisfy these conditions.");
  }
  save_column(table->object_id, plan);
  if (plan.column.identity)
    backend_.run("ALTER SEQUENCE " + plan.sequence + " OWNED BY " + table->target + "." +
                 pg_identifier(plan.column.stored));
  if (default_constraint != nullptr) {
    const TablePtr fresh = reload(where);
    add_default(table->object_id, where, fresh, def.name, *default_constraint->expr, default_constraint->name, fills);
  }
}

Ddl::Change Ddl::change_of(const TypeInfo& from, const TypeInfo& to) {
  if (from.type != to.type) return Change::type;
  const bool variable =
      from.type == SqlType::varchar || from.type == SqlType::nvarchar || from.type == SqlType::varbinary;
  const auto length = [](const TypeInfo& type) {
    return type.max_length < 0 ? std::numeric_limits<int>::max() : type.max_length;
  };
  return variable && length(to) >= length(from) && from.collation == to.collation ? Change::longer : Change::detail;
}

// 5074 when something stands on the column. Definitions name columns in brackets, as normalize.cpp
// writes them.
void Ddl::require_unused(const TablePtr& table, const Column& column, Change change) {
  const bool longer = change == Change::longer;
  const Rows users = backend_.run(
      "WITH used AS (SELECT c.*, tds_meta.fold('[' || replace(c.name, ']', ']]') || ']') AS written FROM "
      "tds_meta.columns c"
      " WHERE c.object_id = $1 AND c.column_id = $2)"
      " SELECT o.name, 'object' FROM tds_meta.objects o, used WHERE o.object_id = used.default_object_id AND $3"
      " UNION ALL SELECT o.name, 'object' FROM tds_meta.objects o, used WHERE o.parent_object_id = $1 AND o.type = 'C' "
      "AND NOT $4 AND"
      " position(used.written IN tds_meta.fold(o.definition)) > 0"
      " UNION ALL SELECT i.name, CASE WHEN i.constraint_id IS NULL THEN 'index' ELSE 'object' END FROM "
      "tds_meta.indexes i"
      " JOIN tds_meta.index_columns x USING (object_id, index_id) WHERE x.object_id = $1 AND x.column_id = $2 AND "
      "(i.is_primary_key OR NOT $4)"
      " UNION ALL SELECT o.name, 'object' FROM tds_meta.foreign_key_columns c JOIN tds_meta.foreign_keys f USING "
      "(object_id)"
      " JOIN tds_meta.objects o USING (object_id) WHERE (f.parent_object_id, c.parent_column_id) = ($1, $2)"
      " UNION ALL SELECT c.name, 'column' FROM tds_meta.columns c, used WHERE c.object_id = $1 AND"
      " position(used.written IN tds_meta.fold(c.definition)) > 0",
      {number(table->object_id), number(column.column_id), boolean(change == Change::removal || change == Change::type),
       boolean(longer)});
  if (users.size() == 0) return;
  throw error(5074, "The " + users.get(0, 1) + " '" + from_stored_text(users.get(0, 0)) + "' is dependent on column '" +
                        column.name + "'.");
}

void Ddl::alter_column(const TablePtr& table, const ColumnDef& def) {
  const Column* column = table->find(def.name, catalog_.case_sensitive());
  if (column == nullptr)
    throw error(4924, "ALTER TABLE ALTER COLUMN failed because column '" + def.name + "' does not exist in table '" +
                          table->name + "'.");
  if (column->computed()) throw error(4928, "Cannot alter column '" + def.name + "' because it is 'COMPUTED'.");
  const Target where = target_of(table);
  ColumnDef wanted;
  wanted.name = column->name;
  wanted.type = def.type;
  wanted.nullable = def.nullable.value_or(true);
  wanted.collation = def.collation;
  ColumnPlan plan = plan_column(wanted, table->object_id, column->column_id, where);
  if (column->identity) plan.column.nullable = false;
  if (column->rowversion || plan.column.rowversion) {
    throw error(4927, "Cannot alter column '" + column->name + "' to be data type " +
                          (plan.column.rowversion ? "timestamp" : def.type.name.back()) + ".");
  }
  require_unused(table, *column, change_of(column->type, plan.column.type));
  Binder binder(catalog_, environment_);
  Typed current;
  current.sql = pg_identifier(column->stored);
  current.type = column->type;
  current.nullable = column->nullable;
  current.column = true;
  const std::string name = pg_identifier(column->stored);
  std::string type = std::string(pg_type(plan.column.type.type));
  if (plan.column.type.type == SqlType::decimal || plan.column.type.type == SqlType::numeric)
    type += "(" + number(plan.column.type.precision) + "," + number(plan.column.type.scale) + ")";
  if (is_character(plan.column.type.type)) type += " COLLATE " + pg_collation(plan.column.type.collation);
  const Typed converted = binder.store(binder.convert(current, column->type, Conversion::implicit), plan.column.type,
                                       catalog_.database() + "." + table->schema + "." + table->name, column->name);
  // The default's expression is of the old type: take it off and put it back.
  Rows defaults = backend_.run(
      "SELECT o.definition FROM tds_meta.objects o JOIN tds_meta.columns c ON c.default_object_id = o.object_id WHERE "
      "c.object_id = $1 AND "
      "c.column_id = $2",
      {number(table->object_id), number(column->column_id)});
  std::string sql = "ALTER TABLE " + table->target;
  if (defaults.size() > 0) backend_.run(sql + " ALTER COLUMN " + name + " DROP DEFAULT");
  backend_.run(sql + " ALTER COLUMN " + name + " TYPE " + type + " USING " + binder.output(converted));
  run_checked(sql + " ALTER COLUMN " + name + (plan.column.nullable ? " DROP NOT NULL" : " SET NOT NULL"), "UPDATE");
  if (defaults.size() > 0) {
    const ExprPtr expr = parse_expression(from_stored_text(defaults.get(0, 0)));
    backend_.run(sql + " ALTER COLUMN " + name + " SET DEFAULT " + default_sql(*expr, plan.column, table->name));
  }
  const Column& c = plan.column;
  backend_.run("UPDATE tds_meta.columns SET base = " + number(static_cast<int>(c.type.type)) +
               ", user_type_id = " + number(c.user_type_id) + ", max_length = " + number(c.type.max_length) +
               ", prec = " + number(c.type.precision) + ", scale = " + number(c.type.scale) +
               ", collation_name = " + pg_literal(c.type.collation) + ", nullable = " + boolean(c.nullable) +
               " WHERE object_id = " + number(table->object_id) + " AND column_id = " + number(column->column_id));
}

void Ddl::drop_column(const TablePtr& table, const std::string& name, bool if_exists) {
  const Column* column = table->find(name, catalog_.case_sensitive());
  if (column == nullptr) {
    if (if_exists) return;
    throw error(4924, "ALTER TABLE DROP COLUMN failed because column '" + name + "' does not exist in table '" +
                          table->name + "'.");
  }
  require_unused(table, *column, Change::removal);
  const std::string where =
      " WHERE object_id = " + number(table->object_id) + " AND column_id = " + number(column->column_id);
  if (!column->computed())
    backend_.run("ALTER TABLE " + table->target + " DROP COLUMN " + pg_identifier(column->stored));
  backend_.run("DELETE FROM tds_meta.columns" + where);
  backend_.run("DELETE FROM tds_meta.extended_properties WHERE class = 1 AND major_id = " + number(table->object_id) +
               " AND minor_id = " + number(column->column_id));
}

}  // namespace tds_server::engine
