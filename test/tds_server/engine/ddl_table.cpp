// CREATE TABLE and what it shares with ALTER TABLE: columns, identity, defaults.
#include <algorithm>

#include "ddl.hpp"
#include "errors.hpp"
#include "normalize.hpp"
#include "parser.hpp"
#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server::engine {
std::string Ddl::Target::qualified() const {
  return pg_identifier(stored_schema) + "." + pg_identifier(stored_name(name));
}

int Ddl::new_object_id() { return backend_.run("SELECT tds_meta.new_object_id()").number(0, 0); }

Ddl::Target Ddl::target(const Name& name, bool must_be_new) {
  Target result;
  result.name = name.back();
  result.schema = name.size() >= 2 && !name[name.size() - 2].empty() ? name[name.size() - 2] : "dbo";
  if (name.size() >= 3 && !name[name.size() - 3].empty() &&
      !catalog_.same(name[name.size() - 3], catalog_.database())) {
    throw not_supported("definitions in another database than the current one");
  }
  const Rows rows =
      backend_.run("SELECT schema_id, name, stored FROM tds_meta.schemas WHERE schema_id = tds_meta.schema_id_of($1)",
                   {to_stored_text(result.schema)});
  if (rows.size() == 0) {
    throw error(2760, "The specified schema name \"" + result.schema +
                          "\" either does not exist or you do not have permission to use it.");
  }
  result.schema_id = rows.number(0, 0);
  result.schema = from_stored_text(rows.get(0, 1));
  result.stored_schema = rows.get(0, 2);
  if (must_be_new) require_free_name(result.name, result.schema_id);
  return result;
}

void Ddl::require_free_name(const std::string& name, int schema_id) {
  const Rows rows = backend_.run(
      "SELECT 1 FROM tds_meta.objects o, tds_meta.settings s WHERE o.schema_id = $2 AND o.name_key = tds_meta.fold($1) "
      "AND (o.name = $1 OR "
      "s.collation_name !~* '_(CS|BIN)')",
      {to_stored_text(name), number(schema_id)});
  if (rows.size() > 0) throw already_exists(name);
}

void Ddl::add_object(int id, const std::string& name, int schema_id, int parent, const std::string& type,
                     const std::string& stored, const std::string& definition, bool system_named, int parent_column) {
  backend_.run(
      "INSERT INTO tds_meta.objects (object_id, name, schema_id, parent_object_id, type, stored, definition, "
      "is_system_named, "
      "parent_column_id) VALUES (" +
      number(id) + ", " + lit(name) + ", " + number(schema_id) + ", " + number(parent) + ", '" + type + "', " +
      (stored.empty() ? "NULL" : pg_literal(stored)) + ", " + (definition.empty() ? "NULL" : lit(definition)) + ", " +
      boolean(system_named) + ", " + number(parent_column) + ")");
}

// ---- columns

Ddl::ColumnPlan Ddl::plan_column(const ColumnDef& def, int table_id, int column_id, const Target& target) {
  ColumnPlan plan;
  plan.def = &def;
  Column& column = plan.column;
  column.name = def.name;
  column.stored = stored_name(def.name);
  column.column_id = column_id;
  plan.rowguidcol = def.rowguidcol;
  plan.sparse = def.sparse;
  plan.persisted = def.persisted;
  plan.masked_with = def.masked_with;
  if (def.computed) {
    column.definition = normalized_definition(*def.computed);
    return plan;
  }
  bool type_not_null = false;
  try {
    column.type = catalog_.type(def.type, &type_not_null, &column.user_type_id);
  } catch (EngineError& failure) {
    if (failure.message.number == 2715) {
      failure.message.text = "Column, parameter, or variable #" + number(column_id) + ": Cannot find data type " +
                             display_name(def.type.name) + ".";
    }
    throw;
  }
  if (is_character(column.type.type)) {
    if (!def.collation.empty() && !equals_ignoring_case(def.collation, "database_default")) {
      if (!is_known_collation(def.collation)) throw error(448, "Invalid collation '" + def.collation + "'.");
      column.type.collation = def.collation;
    }
  }
  column.rowversion = column.type.type == SqlType::timestamp;
  column.nullable =
      def.nullable.value_or(!type_not_null && !column.rowversion);  // rowversion is NOT NULL unless it says NULL
  if (def.identity) {
    const SqlType type = column.type.type;
    const bool decimal = (type == SqlType::decimal || type == SqlType::numeric) && column.type.scale == 0;
    if (family(type) != Family::integer && !decimal) {
      throw error(2749,
                  "Identity column '" + def.name +
                      "' must be of data type int, bigint, smallint, tinyint, or decimal or numeric with a scale of 0, "
                      "unencrypted, and "
                      "constrained to be nonnullable.",
                  16, 2);
    }
    if (type == SqlType::bit)
      throw error(2749,
                  "Identity column '" + def.name +
                      "' must be of data type int, bigint, smallint, tinyint, or decimal or numeric with a scale of 0, "
                      "unencrypted, and "
                      "constrained to be nonnullable.",
                  16, 2);
    if (def.nullable.value_or(false))
      throw error(8147, "Could not create IDENTITY attribute on nullable column '" + def.name + "', table '" +
                            target.name + "'.");
    column.identity = true;
    column.nullable = false;
    plan.sequence =
        pg_identifier(target.stored_schema) + "." + pg_identifier("~id_" + number(table_id) + "_" + number(column_id));
  }
  return plan;
}

// Types of computed columns, once the others are known.
void Ddl::bind_computed(std::vector<ColumnPlan>& plans, const Target& target, std::size_t first) {
  auto table = std::make_shared<Table>();
  table->schema = target.schema;
  table->name = target.name;
  for (const ColumnPlan& plan : plans) {
    if (plan.def == nullptr || !plan.def->computed) table->columns.push_back(plan.column);
  }
  for (std::size_t i = first; i < plans.size(); ++i) {
    if (!plans[i].def->computed) continue;
    Binder binder(catalog_, environment_);
    binder.in_definition(true);
    const Scope scope = binder.table_scope(table, "\"t\"");
    const Typed value = binder.value(*plans[i].def->computed, scope);
    plans[i].column.type = value.type;
    plans[i].column.user_type_id = user_type_id(value.type.type);
    plans[i].column.nullable = plans[i].def->nullable.value_or(value.nullable);
    if (is_character(value.type.type) && plans[i].column.type.collation.empty())
      plans[i].column.type.collation = catalog_.collation();
  }
}

std::string Ddl::create_identity_sequence(const ColumnPlan& plan, const Target&) {
  const SqlType type = plan.column.type.type;
  std::string low = "-9223372036854775808", high = "9223372036854775807";
  if (type == SqlType::tinyint) low = "0", high = "255";
  if (type == SqlType::smallint) low = "-32768", high = "32767";
  if (type == SqlType::int_) low = "-2147483648", high = "2147483647";
  if ((type == SqlType::decimal || type == SqlType::numeric) && plan.column.type.precision < 19) {
    high = std::string(plan.column.type.precision, '9');
    low = "-" + high;
  }
  return "CREATE SEQUENCE " + plan.sequence + " START WITH " + plan.def->seed + " INCREMENT BY " + plan.def->increment +
         " MINVALUE " + low + " MAXVALUE " + high + "; ";
}

std::string Ddl::column_sql(const ColumnPlan& plan, bool) {
  const Column& column = plan.column;
  std::string sql = pg_identifier(column.stored) + " " + std::string(pg_type(column.type.type));
  if (column.type.type == SqlType::decimal || column.type.type == SqlType::numeric)
    sql += "(" + number(column.type.precision) + "," + number(column.type.scale) + ")";
  if (is_character(column.type.type)) sql += " COLLATE " + pg_collation(column.type.collation);
  if (column.identity) sql += " DEFAULT nextval(" + pg_literal(plan.sequence) + ")";
  if (column.rowversion) sql += " DEFAULT tds.next_rowversion()";
  if (!column.nullable) sql += " NOT NULL";
  return sql;
}

void Ddl::save_column(int table_id, const ColumnPlan& plan) {
  const Column& c = plan.column;
  backend_.run(
      "INSERT INTO tds_meta.columns (object_id, column_id, name, stored, base, user_type_id, max_length, prec, scale, "
      "collation_name, "
      "nullable, identity, seed, increment,"
      " identity_sequence, definition, persisted, rowguidcol, sparse, masking_function) VALUES (" +
      number(table_id) + ", " + number(c.column_id) + ", " + lit(c.name) + ", " + pg_literal(c.stored) + ", " +
      number(static_cast<int>(c.type.type)) + ", " + number(c.user_type_id) + ", " + number(c.type.max_length) + ", " +
      number(c.type.precision) + ", " + number(c.type.scale) + ", " + pg_literal(c.type.collation) + ", " +
      boolean(c.nullable) + ", " + boolean(c.identity) + ", " +
      (c.identity ? plan.def->seed + ", " + plan.def->increment + ", " + pg_literal(plan.sequence)
                  : "NULL, NULL, NULL") +
      ", " + (c.computed() ? lit(c.definition) : "NULL") + ", " + boolean(plan.persisted) + ", " +
      boolean(plan.rowguidcol) + ", " + boolean(plan.sparse) + ", " +
      (plan.masked_with.empty() ? "NULL" : lit(plan.masked_with)) + ")");
}

// ---- tables

TablePtr Ddl::reload(const Target& target) {
  catalog_.invalidate();
  return catalog_.table({target.schema, target.name});
}

TablePtr Ddl::user_table(const Name& name) {
  TablePtr table = catalog_.find_table(name);
  if (!table)
    throw error(4902, "Cannot find the object \"" + display_name(name) +
                          "\" because it does not exist or you do not have permissions.");
  if (table->kind != "U")
    throw error(4902, "Cannot find the object \"" + display_name(name) +
                          "\" because it does not exist or you do not have permissions.");
  return table;
}

Ddl::Target Ddl::target_of(const TablePtr& table) { return target({table->schema, table->name}, false); }

const Column& Ddl::column_of(const TablePtr& table, const std::string& name) {
  const Column* column = table->find(name, catalog_.case_sensitive());
  if (column == nullptr) {
    throw error(1911, "Column name '" + name + "' does not exist in the target table or view.");
  }
  return *column;
}

namespace {

bool names_column(const ConstraintDef& constraint, const std::string& column, const Catalog& catalog) {
  return std::any_of(constraint.columns.begin(), constraint.columns.end(),
                     [&](const KeyColumn& key) { return catalog.same(key.name, column); });
}

void check_column_names(const CreateTable& statement, const Catalog& catalog) {
  if (statement.columns.empty())
    throw error(1701, "Creating or altering table failed because the table has no columns.");
  for (std::size_t i = 0; i < statement.columns.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (catalog.same(statement.columns[i].name, statement.columns[j].name)) {
        throw error(2705,
                    "Column names in each table must be unique. Column name '" + statement.columns[i].name +
                        "' in table '" + statement.name.back() + "' is specified more than once.",
                    16, 3);
      }
    }
  }
}

}  // namespace

void Ddl::create_table(const CreateTable& statement) {
  if (!statement.name.back().empty() && statement.name.back()[0] == '#') return create_local_table(statement);
  check_column_names(statement, catalog_);
  const Target where = target(statement.name, true);
  const int id = new_object_id();
  std::vector<ColumnPlan> plans;
  for (const ColumnDef& def : statement.columns)
    plans.push_back(plan_column(def, id, static_cast<int>(plans.size()) + 1, where));
  // The columns of the primary key are not nullable.
  for (ColumnPlan& plan : plans) {
    bool key = false;
    for (const ConstraintDef& constraint : plan.def->constraints)
      key = key || constraint.kind == ConstraintKind::primary_key;
    for (const ConstraintDef& constraint : statement.constraints)
      key = key ||
            (constraint.kind == ConstraintKind::primary_key && names_column(constraint, plan.column.name, catalog_));
    if (!key) continue;
    if (plan.def->nullable.value_or(false))
      throw error(8111, "Cannot define PRIMARY KEY constraint on nullable column in table '" + where.name + "'.");
    plan.column.nullable = false;
  }
  bind_computed(plans, where, 0);
  std::string sequences, columns;
  for (const ColumnPlan& plan : plans) {
    if (plan.column.computed()) continue;
    if (plan.column.identity) sequences += create_identity_sequence(plan, where);
    columns += (columns.empty() ? "" : ", ") + column_sql(plan, true);
  }
  backend_.run(sequences + "CREATE TABLE " + where.qualified() + " (" + columns + ")");
  add_object(id, where.name, where.schema_id, 0, "U", where.qualified(), "", false);
  for (const ColumnPlan& plan : plans) {
    save_column(id, plan);
    if (plan.column.identity)
      backend_.run("ALTER SEQUENCE " + plan.sequence + " OWNED BY " + where.qualified() + "." +
                   pg_identifier(plan.column.stored));
  }
  backend_.run("INSERT INTO tds_meta.indexes (object_id, index_id, type) VALUES (" + number(id) + ", 0, 0)");
  TablePtr table = reload(where);
  const auto each = [&](ConstraintKind kind) {
    for (const ColumnDef& def : statement.columns) {
      for (const ConstraintDef& constraint : def.constraints) {
        if (constraint.kind == kind) add_constraint(table, constraint, def.name, true);
      }
    }
    for (const ConstraintDef& constraint : statement.constraints) {
      if (constraint.kind == kind) add_constraint(table, constraint, "", true);
    }
  };
  each(ConstraintKind::default_);
  each(ConstraintKind::primary_key);
  each(ConstraintKind::unique);
  each(ConstraintKind::check);
  for (const IndexDef& index : statement.indexes) build_index(table, index, false, false, 0);
  each(ConstraintKind::foreign_key);
  catalog_.invalidate();
}

void Ddl::create_local_table(const CreateTable& statement) {
  check_column_names(statement, catalog_);
  const std::string& name = statement.name.back();
  if (catalog_.find_local(name)) throw already_exists(name);
  Target where;
  where.schema = "dbo";
  where.stored_schema = "pg_temp";
  where.name = name;
  auto table = std::make_shared<Table>();
  static int serial = 0;
  table->object_id = -1'000'000 - ++serial;
  table->kind = "U";
  table->schema = "dbo";
  table->name = name;
  table->target = "pg_temp." + pg_identifier(stored_name(name));
  std::vector<ColumnPlan> plans;
  for (const ColumnDef& def : statement.columns)
    plans.push_back(plan_column(def, -table->object_id, static_cast<int>(plans.size()) + 1, where));
  bind_computed(plans, where, 0);
  const auto keys = [&](const ConstraintDef& constraint) {
    return constraint.kind == ConstraintKind::primary_key || constraint.kind == ConstraintKind::unique;
  };
  for (ColumnPlan& plan : plans) {
    for (const ConstraintDef& constraint : plan.def->constraints) {
      if (constraint.kind == ConstraintKind::primary_key) plan.column.nullable = false;
      if (constraint.kind == ConstraintKind::default_) plan.column.has_default = true;
    }
    for (const ConstraintDef& constraint : statement.constraints) {
      if (constraint.kind == ConstraintKind::primary_key && names_column(constraint, plan.column.name, catalog_))
        plan.column.nullable = false;
    }
    table->columns.push_back(plan.column);
    if (plan.column.identity) {
      plan.sequence = "pg_temp." + pg_identifier("~id_" + number(-table->object_id));
      table->identity_sequence = plan.sequence;
    }
  }
  std::string sql, columns;
  for (const ColumnPlan& plan : plans) {
    if (plan.column.computed()) continue;
    if (plan.column.identity) {
      std::string sequence = create_identity_sequence(plan, where);
      sql += "CREATE TEMP" + sequence.substr(6);
    }
    columns += (columns.empty() ? "" : ", ") + column_sql(plan, true);
  }
  sql += "CREATE TEMP TABLE " + table->target + " (" + columns + ")";
  backend_.run(sql);
  const auto unique_index = [&](const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& column : names)
      list += (list.empty() ? "" : ", ") + pg_identifier(column_of(table, column).stored);
    backend_.run("CREATE UNIQUE INDEX ON " + table->target + " (" + list + ") NULLS NOT DISTINCT");
  };
  for (const ColumnDef& def : statement.columns) {
    for (const ConstraintDef& constraint : def.constraints) {
      if (keys(constraint)) unique_index({def.name});
      if (constraint.kind == ConstraintKind::default_) {
        backend_.run("ALTER TABLE " + table->target + " ALTER COLUMN " + pg_identifier(stored_name(def.name)) +
                     " SET DEFAULT " + default_sql(*constraint.expr, column_of(table, def.name), name));
      }
    }
  }
  for (const ConstraintDef& constraint : statement.constraints) {
    if (!keys(constraint)) continue;
    std::vector<std::string> names;
    for (const KeyColumn& key : constraint.columns) names.push_back(key.name);
    unique_index(names);
  }
  catalog_.add_local(name, table);
}

void Ddl::create_table_like(const Name& name, const std::vector<OutputColumn>& columns) {
  CreateTable statement;
  statement.name = name;
  bool identity_seen = false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const OutputColumn& source = columns[i];
    if (source.name.empty()) {
      throw error(1038,
                  "An object or column name is missing or empty. For SELECT INTO statements, verify each column has a "
                  "name. For other statements, "
                  "look for empty alias names. Aliases defined as \"\" or [] are not allowed. Change the alias to a "
                  "valid name.",
                  15, 5);
    }
    ColumnDef def;
    def.name = source.name;
    const TypeInfo& type = source.type;
    def.type.name = {std::string(type_name(type.type))};
    switch (type.type) {
      case SqlType::decimal:
      case SqlType::numeric: def.type.args = {type.precision, type.scale}; break;
      case SqlType::time:
      case SqlType::datetime2:
      case SqlType::datetimeoffset: def.type.args = {type.scale}; break;
      case SqlType::char_:
      case SqlType::varchar:
      case SqlType::nchar:
      case SqlType::nvarchar:
      case SqlType::binary:
      case SqlType::varbinary: def.type.args = {length_in_units(type)}; break;
      case SqlType::timestamp:
        def.type.name = {"binary"};
        def.type.args = {8};
        break;
      default: break;
    }
    if (is_character(type.type)) def.collation = type.collation;
    def.nullable = source.nullable;
    // SELECT INTO hands the identity property on when a single source column has it.
    if (source.identity && !identity_seen) {
      identity_seen = true;
      def.identity = true;
      def.nullable.reset();
      const Rows source_identity = backend_.run(
          "SELECT seed, increment FROM tds_meta.columns WHERE identity_sequence = $1", {source.identity_sequence});
      if (source_identity.size() > 0) {
        def.seed = source_identity.get(0, 0);
        def.increment = source_identity.get(0, 1);
      }
    }
    statement.columns.push_back(std::move(def));
  }
  create_table(statement);
}

// ---- defaults

// The default as PostgreSQL evaluates it. What the stand-in cannot evaluate is kept for the catalog
// and fails when it is used.
std::string Ddl::default_sql(const Expr& expr, const Column& column, const std::string& table) {
  Binder binder(catalog_, environment_);
  binder.in_definition(true);
  const Scope none;
  try {
    return binder.output(binder.store(binder.value(expr, none), column.type, table, column.name));
  } catch (const EngineError& failure) {
    if (failure.message.number != 40517 && failure.message.number != 195) throw;
    return "(tds.fail(40517, " +
           lit("The test server cannot evaluate the default " + normalized_definition(expr) + ".") +
           ")::text)::" + std::string(pg_type(column.type.type));
  }
}

void Ddl::add_default(int table_id, const Target& where, const TablePtr& table, const std::string& column_name,
                      const Expr& expr, const std::string& name, bool fill) {
  const Column& column = column_of(table, column_name);
  if (column.has_default) {
    throw error(1781, "Column already has a DEFAULT bound to it.");
  }
  if (column.identity)
    throw error(1754, "Defaults cannot be created on columns with an IDENTITY attribute. Table '" + table->name +
                          "', column '" + column.name + "'.");
  if (column.rowversion)
    throw error(1755, "Defaults cannot be created on columns of data type timestamp. Table '" + table->name +
                          "', column '" + column.name + "'.");
  const int id = new_object_id();
  const std::string final_name = constraint_name(name, "DF", table, column.name, id);
  const std::string sql = default_sql(expr, column, catalog_.database() + "." + table->schema + "." + table->name);
  const std::string alter =
      "ALTER TABLE " + where.qualified() + " ALTER COLUMN " + pg_identifier(column.stored) + " SET DEFAULT ";
  backend_.run(alter + sql);
  (void)fill;
  add_object(id, final_name, where.schema_id, table_id, "D", "", normalized_definition(expr), name.empty(),
             column.column_id);
  backend_.run("UPDATE tds_meta.columns SET default_object_id = " + number(id) +
               " WHERE object_id = " + number(table_id) + " AND column_id = " + number(column.column_id));
}

}  // namespace tds_server::engine
