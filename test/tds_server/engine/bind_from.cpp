// The FROM clause: tables, views, joins, APPLY, derived tables, VALUES, table-valued functions.
#include "binder.hpp"
#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {

namespace {

EngineError not_a_local_table() { return error(494, "The TABLESAMPLE clause can only be used with local tables."); }

}  // namespace

std::string Binder::from_list(const std::vector<TableRefPtr>& list, Scope& scope) {
  std::string sql;
  for (const TableRefPtr& ref : list) sql += (sql.empty() ? " FROM " : ", ") + table_ref(*ref, scope, false);
  return sql;
}

std::string Binder::table_ref(const TableRef& ref, Scope& scope, bool null_extended) {
  switch (ref.kind) {
    case TableKind::join: return join(ref, scope, null_extended);
    case TableKind::named: return named_table(ref, scope, null_extended);
    case TableKind::derived: return derived_table(ref, scope, null_extended, false);
    case TableKind::values: return values_table(ref, scope, null_extended);
    case TableKind::function: return table_function(ref, scope);
  }
  return "";
}

std::string Binder::join(const TableRef& ref, Scope& scope, bool null_extended) {
  const std::size_t first = scope.sources.size();
  const bool left_null = null_extended || ref.join == JoinKind::right || ref.join == JoinKind::full;
  const bool right_null =
      null_extended || ref.join == JoinKind::left || ref.join == JoinKind::full || ref.join == JoinKind::outer_apply;
  const std::string left = table_ref(*ref.left, scope, left_null);
  std::string right;
  const bool apply = ref.join == JoinKind::cross_apply || ref.join == JoinKind::outer_apply;
  if (apply && ref.right->kind == TableKind::derived) {
    right = derived_table(*ref.right, scope, right_null, true);
  } else if (apply && ref.right->kind == TableKind::values) {
    right = "LATERAL " + values_table(*ref.right, scope, right_null);
  } else {
    right = table_ref(*ref.right, scope, right_null);
  }
  // ON sees only the two sides, so that a name of a table outside the join is an error as in SQL
  // Server.
  std::string on;
  if (ref.on) {
    Scope visible;
    visible.parent = scope.parent;
    visible.sources.assign(scope.sources.begin() + static_cast<std::ptrdiff_t>(first), scope.sources.end());
    on = " ON " + condition(*ref.on, visible);
  }
  switch (ref.join) {
    case JoinKind::inner: return "(" + left + " JOIN " + right + on + ")";
    case JoinKind::left: return "(" + left + " LEFT JOIN " + right + on + ")";
    case JoinKind::right: return "(" + left + " RIGHT JOIN " + right + on + ")";
    case JoinKind::full: return "(" + left + " FULL JOIN " + right + on + ")";
    case JoinKind::cross:
    case JoinKind::cross_apply: return "(" + left + " CROSS JOIN " + right + ")";
    case JoinKind::outer_apply: return "(" + left + " LEFT JOIN " + right + " ON true)";
  }
  return "";
}

void Binder::add_source(Scope& scope, Source source, int line) {
  for (const Source& other : scope.sources) {
    if (catalog_.same(other.name, source.name) &&
        (source.schema.empty() || other.schema.empty() || catalog_.same(other.schema, source.schema))) {
      EngineError failure =
          error(1011, "The correlation name '" + source.name + "' is specified multiple times in a FROM clause.");
      if (!source.schema.empty()) {
        failure = error(
            1013, "The objects \"" + source.name + "\" and \"" + other.name +
                      "\" in the FROM clause have the same exposed names. Use correlation names to distinguish them.");
      }
      failure.message.line = line;
      throw failure;
    }
  }
  scope.sources.push_back(std::move(source));
}

// The columns of a stored table under a PostgreSQL alias. A computed column becomes its expression
// over the others.
Source Binder::table_source(const TablePtr& table, const std::string& alias, bool null_extended) {
  Source source;
  source.table = table;
  source.pg = alias;
  for (const Column& column : table->columns) {
    SourceColumn entry;
    entry.name = column.name;
    entry.value.sql = (alias.empty() ? "" : alias + ".") + pg_identifier(column.stored);
    entry.value.type = column.type;
    entry.value.nullable = column.nullable || null_extended;
    entry.value.column = true;
    entry.value.identity = column.identity;
    if (column.identity) entry.value.identity_sequence = table->identity_sequence;
    entry.value.computed = column.computed();
    entry.internal = column.internal;
    source.columns.push_back(std::move(entry));
  }
  bool computed = false;
  for (const Column& column : table->columns) computed = computed || column.computed();
  if (!computed) return source;
  Scope scope;
  scope.sources.push_back(source);
  for (std::size_t i = 0; i < table->columns.size(); ++i) {
    const Column& column = table->columns[i];
    if (!column.computed()) continue;
    const ExprPtr definition = parse_expression(column.definition);
    Typed bound = convert(value(*definition, scope), column.type, Conversion::implicit);
    bound.column = false;
    bound.computed = true;
    bound.constant.reset();
    bound.sql = "(" + bound.sql + ")";
    source.columns[i].value = std::move(bound);
  }
  return source;
}

Scope Binder::table_scope(const TablePtr& table, const std::string& pg_alias, bool qualified) {
  Scope scope;
  Source source = table_source(table, qualified ? pg_alias : "", false);
  source.name = table->name;
  source.schema = table->schema;
  scope.sources.push_back(std::move(source));
  return scope;
}

std::string Binder::named_table(const TableRef& ref, Scope& scope, bool null_extended) {
  const std::string alias = fresh("t");
  if (ref.name.size() == 1) {
    for (auto cte = ctes_.rbegin(); cte != ctes_.rend(); ++cte) {
      if (!catalog_.same(cte->name, ref.name[0])) continue;
      Source source;
      source.name = ref.alias.empty() ? ref.name[0] : ref.alias;
      source.pg = alias;
      for (std::size_t i = 0; i < cte->columns.size(); ++i) {
        const OutputColumn& column = cte->columns[i];
        SourceColumn entry;
        entry.name = column.name;
        entry.value.sql = alias + ".\"c" + std::to_string(i + 1) + "\"";
        entry.value.type = column.type;
        entry.value.nullable = column.nullable || null_extended;
        entry.value.column = true;
        source.columns.push_back(std::move(entry));
      }
      if (!ref.args.empty()) throw not_a_local_table();
      const std::string sql = cte->pg + " AS " + alias;
      add_source(scope, std::move(source), ref.line);
      return sql;
    }
  }
  const TablePtr table = catalog_.table(ref.name);
  if (table->memory_optimized) environment_.check_memory_optimized(ref.snapshot_hint);
  Source source;
  std::string sql;
  if (!ref.args.empty() && table->kind != "U") throw not_a_local_table();
  if (table->kind == "V" && !table->system) {
    // A view is its query, bound anew: its tables may have changed since it was made.
    const Rows rows = catalog_.backend().run("SELECT definition FROM tds_meta.objects WHERE object_id = $1",
                                             {std::to_string(table->object_id)});
    const std::string definition = from_stored_text(rows.get(0, 0));
    const Batch batch = parse_batch(definition);
    const auto& view = std::get<CreateView>(batch.statements.at(0)->node);
    std::vector<CteBinding> hidden;
    hidden.swap(ctes_);
    const BoundQuery bound = query(*view.query);
    hidden.swap(ctes_);
    source.table = table;
    source.pg = alias;
    for (std::size_t i = 0; i < table->columns.size() && i < bound.columns.size(); ++i) {
      SourceColumn entry;
      entry.name = table->columns[i].name;
      entry.value =
          make(alias + "." + bound.columns[i].pg, bound.columns[i].type, bound.columns[i].nullable || null_extended);
      entry.value.column = true;
      source.columns.push_back(std::move(entry));
    }
    sql = "(" + bound.sql + ") AS " + alias;
  } else {
    source = table_source(table, alias, null_extended);
    sql = table->target + " AS " + alias;
    if (!ref.args.empty()) sql += " TABLESAMPLE SYSTEM (" + value(*ref.args[0], scope).sql + ")";
  }
  source.name = ref.alias.empty() ? table->name : ref.alias;
  if (ref.alias.empty()) source.schema = table->schema;
  add_source(scope, std::move(source), ref.line);
  return sql;
}

std::string Binder::derived_table(const TableRef& ref, Scope& scope, bool null_extended, bool lateral) {
  const BoundQuery bound = query(*ref.query, lateral ? &scope : scope.parent);
  Source source;
  source.name = ref.alias;
  source.pg = fresh("t");
  if (!ref.column_aliases.empty() && ref.column_aliases.size() != bound.columns.size()) {
    throw error(ref.column_aliases.size() < bound.columns.size() ? 8158 : 8159,
                "'" + ref.alias + "' has " + (ref.column_aliases.size() < bound.columns.size() ? "more" : "fewer") +
                    " columns than were specified in the column list.");
  }
  for (std::size_t i = 0; i < bound.columns.size(); ++i) {
    const OutputColumn& column = bound.columns[i];
    SourceColumn entry;
    entry.name = ref.column_aliases.empty() ? column.name : ref.column_aliases[i];
    if (entry.name.empty())
      throw error(8155, "No column name was specified for column " + std::to_string(i + 1) + " of '" + ref.alias + "'.",
                  16, 2);
    for (const SourceColumn& other : source.columns) {
      if (catalog_.same(other.name, entry.name)) {
        throw error(8156, "The column '" + entry.name + "' was specified multiple times for '" + ref.alias + "'.");
      }
    }
    entry.value = make(source.pg + "." + column.pg, column.type, column.nullable || null_extended);
    entry.value.column = true;
    entry.value.null_literal = false;
    source.columns.push_back(std::move(entry));
  }
  const std::string sql = std::string(lateral ? "LATERAL " : "") + "(" + bound.sql + ") AS " + source.pg;
  add_source(scope, std::move(source), ref.line);
  return sql;
}

// (VALUES (..), (..)) AS v(a, b): each column takes the common type of its values.
std::string Binder::values_table(const TableRef& ref, Scope& scope, bool null_extended) {
  const std::size_t width = ref.rows[0].size();
  std::vector<std::vector<Typed>> rows;
  for (const auto& row : ref.rows) {
    if (row.size() != width)
      throw error(10709, "The number of columns for each row in a table value constructor must be the same.");
    std::vector<Typed> bound;
    for (const ExprPtr& expr : row) bound.push_back(value(*expr, scope));
    rows.push_back(std::move(bound));
  }
  if (ref.column_aliases.size() != width) {
    throw error(ref.column_aliases.empty()          ? 8155
                : ref.column_aliases.size() < width ? 8158
                                                    : 8159,
                ref.column_aliases.empty()
                    ? "No column name was specified for column 1 of '" + ref.alias + "'."
                    : "'" + ref.alias + "' has " + (ref.column_aliases.size() < width ? "more" : "fewer") +
                          " columns than were specified in the column list.",
                16, 2);
  }
  Source source;
  source.name = ref.alias;
  source.pg = fresh("t");
  std::string aliases;
  for (std::size_t i = 0; i < width; ++i) {
    std::vector<Typed> column;
    bool nullable = null_extended;
    for (const auto& row : rows) {
      column.push_back(row[i]);
      nullable = nullable || row[i].nullable;
    }
    const TypeInfo type = common(column);
    for (auto& row : rows) row[i] = convert(row[i], type, Conversion::implicit);
    SourceColumn entry;
    entry.name = ref.column_aliases[i];
    entry.value = make(source.pg + ".\"c" + std::to_string(i + 1) + "\"", type, nullable);
    entry.value.column = true;
    source.columns.push_back(std::move(entry));
    aliases += (i > 0 ? ", \"c" : "\"c") + std::to_string(i + 1) + "\"";
  }
  std::string sql;
  for (const auto& row : rows) {
    std::string items;
    for (const Typed& item : row) items += (items.empty() ? "" : ", ") + set_item(item);
    sql += (sql.empty() ? "(VALUES (" : ", (") + items + ")";
  }
  sql += ") AS " + source.pg + "(" + aliases + ")";
  add_source(scope, std::move(source), ref.line);
  return sql;
}

std::string Binder::table_function(const TableRef& ref, Scope& scope) {
  const std::string name = lower(ref.name.back());
  std::vector<Typed> args;
  for (const ExprPtr& arg : ref.args) args.push_back(value(*arg, scope));
  Source source;
  source.pg = fresh("t");
  source.name = ref.alias.empty() ? ref.name.back() : ref.alias;
  const auto add = [&](const std::string& column, const TypeInfo& type) {
    SourceColumn entry;
    entry.name = ref.column_aliases.size() > source.columns.size() ? ref.column_aliases[source.columns.size()] : column;
    entry.value = make(source.pg + "." + pg_identifier(column), type, true);
    entry.value.column = true;
    source.columns.push_back(std::move(entry));
  };
  std::string sql;
  if (name == "string_split" && args.size() >= 2) {
    TypeInfo type = character_type(args[0].type, length_in_units(args[0].type));
    add("value", type);
    if (args.size() > 2) add("ordinal", make_type(SqlType::bigint));
    sql = "LATERAL (SELECT (v)::bpchar COLLATE " + pg_collation(type.collation) +
          " AS value, o AS ordinal FROM string_to_table(" + as_text(args[0]) + ", " + as_text(args[1]) +
          ") WITH ORDINALITY AS s(v, o)) AS " + source.pg;
  } else if (name == "generate_series" && args.size() >= 2) {
    const TypeInfo type = common(args);
    add("value", type);
    sql = "LATERAL (SELECT v::" + std::string(pg_type(type.type)) + " AS value FROM generate_series(" +
          output(convert(args[0], type, Conversion::implicit));
    for (std::size_t i = 1; i < args.size(); ++i) sql += ", " + output(convert(args[i], type, Conversion::implicit));
    sql += ") AS s(v)) AS " + source.pg;
  } else if (name == "fn_listextendedproperty") {
    const TypeInfo sysname = character_type(make_character(SqlType::nvarchar, 128), 128);
    add("objtype", sysname);
    add("objname", sysname);
    add("name", sysname);
    add("value", make_type(SqlType::sql_variant));
    sql = "LATERAL tds.list_extended_property(";
    for (std::size_t i = 0; i < 7; ++i)
      sql += (i > 0 ? ", " : "") + (i < args.size() ? as_text(args[i]) : std::string("NULL"));
    sql += ") AS " + source.pg;
  } else if (name == "dm_db_log_stats") {
    add("database_id", make_type(SqlType::int_));
    add("recovery_model", character_type(make_character(SqlType::nvarchar, 60), 60));
    add("log_end_lsn", character_type(make_character(SqlType::nvarchar, 24), 24));
    sql =
        "LATERAL (SELECT d.id AS database_id, coalesce(d.info ->> 'recovery', 'FULL')::bpchar AS recovery_model, "
        "replace(pg_current_wal_insert_lsn()::text, '/', ':')::bpchar AS log_end_lsn FROM tds_meta.databases() AS d "
        "WHERE d.datname = current_database()) AS " +
        source.pg;
  } else if (name == "fn_helpcollations") {
    const TypeInfo sysname = character_type(make_character(SqlType::nvarchar, 128), 128);
    add("name", sysname);
    add("description", character_type(make_character(SqlType::nvarchar, 1000), 1000));
    sql =
        "LATERAL (SELECT v::bpchar AS name, v::bpchar AS description FROM (VALUES ('SQL_Latin1_General_CP1_CI_AS'), "
        "('Latin1_General_BIN2'),"
        " ('Latin1_General_CI_AS'), ('Latin1_General_CS_AS'), ('Latin1_General_100_CI_AS_SC_UTF8')) AS s(v)) AS " +
        source.pg;
  } else {
    throw invalid_object(display_name(ref.name));
  }
  add_source(scope, std::move(source), ref.line);
  return sql;
}

}  // namespace tds_server::engine
