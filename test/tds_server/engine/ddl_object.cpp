// Schemas, types, sequences, views, procedures; DROP, TRUNCATE, sp_rename.
#include "ddl.hpp"
#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {
void Ddl::create_schema(const std::string& name) {
  const Rows rows = backend_.run("SELECT tds_meta.schema_id_of($1)", {to_stored_text(name)});
  if (!rows.null(0, 0)) throw already_exists(name);
  const std::string stored = stored_schema(name);
  backend_.run("CREATE SCHEMA " + pg_identifier(stored));
  backend_.run("INSERT INTO tds_meta.schemas (schema_id, name, stored) VALUES (nextval('tds_meta.schema_ids'), " +
               lit(name) + ", " + pg_literal(stored) + ")");
}

void Ddl::create_type(const CreateType& statement) {
  const Target where = target(statement.name, false);
  const TypeInfo type = catalog_.type(statement.base);
  const Rows existing =
      backend_.run("SELECT 1 FROM tds_meta.types WHERE schema_id = $2 AND tds_meta.fold(name) = tds_meta.fold($1)",
                   {to_stored_text(where.name), number(where.schema_id)});
  if (existing.size() > 0) {
    throw error(219, "The type '" + display_name(statement.name) +
                         "' already exists, or you do not have permission to create it.");
  }
  backend_.run(
      "INSERT INTO tds_meta.types (user_type_id, name, schema_id, base, system_type_id, max_length, prec, scale, "
      "nullable, "
      "is_user_defined) VALUES (nextval('tds_meta.type_ids'), " +
      lit(where.name) + ", " + number(where.schema_id) + ", " + number(static_cast<int>(type.type)) + ", " +
      number(system_type_id(type.type)) + ", " + number(type.max_length) + ", " + number(type.precision) + ", " +
      number(type.scale) + ", " + boolean(statement.nullable.value_or(true)) + ", true)");
}

// ---- sequences

void Ddl::sequence(const CreateSequence& statement) {
  const bool fresh = !statement.alter;
  const Target where = target(statement.name, fresh);
  TypeInfo type = make_type(SqlType::bigint);
  int type_id = user_type_id(type.type);
  Rows current = backend_.run(
      "SELECT q.base, q.user_type_id, q.prec, q.start_value, q.increment, q.minimum_value, q.maximum_value, "
      "q.is_cycling, q.is_cached, "
      "coalesce(q.cache_size, 0), q.object_id FROM tds_meta.sequences q"
      " WHERE q.object_id = tds_meta.find_object($1, $2, '{SO}')",
      {to_stored_text(where.schema), to_stored_text(where.name)});
  if (!fresh && current.size() == 0) throw invalid_object(display_name(statement.name));
  if (statement.type) type = catalog_.type(*statement.type, nullptr, &type_id);
  if (!fresh) {
    type = make_type(static_cast<SqlType>(current.number(0, 0)));
    type.precision = static_cast<std::uint8_t>(current.number(0, 2));
  }
  std::string low, high;
  switch (type.type) {
    case SqlType::tinyint: low = "0", high = "255"; break;
    case SqlType::smallint: low = "-32768", high = "32767"; break;
    case SqlType::int_: low = "-2147483648", high = "2147483647"; break;
    case SqlType::bigint: low = "-9223372036854775808", high = "9223372036854775807"; break;
    case SqlType::decimal:
    case SqlType::numeric:
      if (type.scale == 0) {
        high = type.precision < 19 ? std::string(type.precision, '9') : "9223372036854775807";
        low = type.precision < 19 ? "-" + high : "-9223372036854775808";
        break;
      }
      [[fallthrough]];
    default:
      throw error(11702,
                  "The sequence object '" + display_name(statement.name) +
                      "' must be of data type int, bigint, smallint, tinyint, or decimal or numeric with a scale of 0, "
                      "or any user-defined "
                      "data type that is based on one of the above integer data types.",
                  16, 2);
  }
  const std::string increment = statement.increment.value_or(fresh ? "1" : current.get(0, 4));
  if (increment == "0")
    throw error(11700, "The increment for sequence object '" + display_name(statement.name) + "' cannot be zero.");
  const std::string minimum = statement.no_minimum ? low : statement.minimum.value_or(fresh ? low : current.get(0, 5));
  const std::string maximum =
      statement.no_maximum ? high : statement.maximum.value_or(fresh ? high : current.get(0, 6));
  const std::string start =
      fresh || statement.restart
          ? statement.start.value_or(fresh ? (increment[0] == '-' ? maximum : minimum) : current.get(0, 3))
          : current.get(0, 3);
  const bool cycle = statement.cycle.value_or(fresh ? false : current.flag(0, 7));
  const bool cached = !statement.no_cache && (fresh || statement.cache || current.flag(0, 8));
  const int cache = statement.cache.value_or(fresh ? 0 : current.number(0, 9));
  const std::string options =
      " INCREMENT BY " + increment + " MINVALUE " + minimum + " MAXVALUE " + maximum + (cycle ? " CYCLE" : " NO CYCLE");
  const std::string columns = start + ", " + increment + ", " + minimum + ", " + maximum + ", " + boolean(cycle) +
                              ", " + boolean(cached) + ", " + (cached && cache > 0 ? number(cache) : "NULL");
  if (fresh) {
    backend_.run("CREATE SEQUENCE " + where.qualified() + " START WITH " + start + options);
    const int id = new_object_id();
    add_object(id, where.name, where.schema_id, 0, "SO", where.qualified(), "", false);
    backend_.run(
        "INSERT INTO tds_meta.sequences (object_id, base, user_type_id, prec, start_value, increment, minimum_value, "
        "maximum_value, "
        "is_cycling, is_cached, cache_size) VALUES (" +
        number(id) + ", " + number(static_cast<int>(type.type)) + ", " + number(type_id) + ", " +
        number(type.precision) + ", " + columns + ")");
    return;
  }
  backend_.run("ALTER SEQUENCE " + where.qualified() +
               (statement.restart ? " START WITH " + start + " RESTART" : std::string()) + options);
  backend_.run(
      "UPDATE tds_meta.sequences SET (start_value, increment, minimum_value, maximum_value, is_cycling, is_cached, "
      "cache_size) = (" +
      columns + ") WHERE object_id = " + current.get(0, 10));
}

// ---- views and procedures: kept as text, bound when used

void Ddl::create_view(const CreateView& statement) {
  const bool exists =
      !backend_
           .run("SELECT tds_meta.find_object($1, $2, '{V}')",
                {to_stored_text(target(statement.name, false).schema), to_stored_text(statement.name.back())})
           .null(0, 0);
  const bool replace = statement.alter || (statement.or_alter && exists);
  if (statement.alter && !exists) throw invalid_object(display_name(statement.name));
  const Target where = target(statement.name, !replace);
  Binder binder(catalog_, environment_);
  const BoundQuery bound = binder.query(*statement.query);
  if (!statement.columns.empty() && statement.columns.size() != bound.columns.size()) {
    throw error(statement.columns.size() > bound.columns.size() ? 8158 : 8159,
                "View or function '" + where.name + "' has more column names specified than columns defined.");
  }
  int id = 0;
  if (replace) {
    id = backend_
             .run("SELECT tds_meta.find_object($1, $2, '{V}')",
                  {to_stored_text(where.schema), to_stored_text(where.name)})
             .number(0, 0);
    backend_.run("DELETE FROM tds_meta.columns WHERE object_id = " + number(id));
    backend_.run("UPDATE tds_meta.objects SET modify_date = clock_timestamp(), definition = " +
                 lit(statement.definition) + " WHERE object_id = " + number(id));
  } else {
    id = new_object_id();
    add_object(id, where.name, where.schema_id, 0, "V", "", statement.definition, false);
    backend_.run("UPDATE tds_meta.objects SET stored = '' WHERE object_id = " + number(id));
  }
  for (std::size_t i = 0; i < bound.columns.size(); ++i) {
    const OutputColumn& source = bound.columns[i];
    ColumnPlan plan;
    plan.column.name = statement.columns.empty() ? source.name : statement.columns[i];
    if (plan.column.name.empty()) {
      throw error(4511, "Create View or Function failed because no column name was specified for column " +
                            number(static_cast<int>(i) + 1) + ".");
    }
    plan.column.stored = "c" + number(static_cast<int>(i) + 1);
    plan.column.column_id = static_cast<int>(i) + 1;
    plan.column.type = source.type;
    plan.column.user_type_id = user_type_id(source.type.type);
    plan.column.nullable = source.nullable;
    save_column(id, plan);
  }
  catalog_.invalidate();
}

// ALTER, and CREATE OR ALTER of what is there. False: it is to be made.
template <class Statement>
bool Ddl::replaces_definition(const Statement& statement, const Name& name, const char* kinds) {
  const Target probe = target(name, false);
  const Rows found = backend_.run("SELECT tds_meta.find_object($1, $2, $3)",
                                  {to_stored_text(probe.schema), to_stored_text(probe.name), kinds});
  const bool exists = !found.null(0, 0);
  if (statement.alter && !exists)
    throw error(208, "Invalid object name '" + display_name(statement.name) + "'.", 16, 6);
  if (!exists || (!statement.alter && !statement.or_alter)) return false;
  backend_.run("UPDATE tds_meta.objects SET modify_date = clock_timestamp(), definition = " +
               lit(statement.definition) + " WHERE object_id = " + found.get(0, 0));
  return true;
}

void Ddl::create_procedure(const CreateProcedure& statement) {
  if (replaces_definition(statement, statement.name, "{P}")) return;
  const Target where = target(statement.name, true);
  add_object(new_object_id(), where.name, where.schema_id, 0, "P", "", statement.definition, false);
}

void Ddl::create_trigger(const CreateTrigger& statement) {
  const TablePtr table = catalog_.find_table(statement.table);
  if (!table || table->kind != "U")
    throw error(8197,
                "The object '" + display_name(statement.table) + "' does not exist or is invalid for this operation.",
                16, 4);
  for (const std::string& event : statement.events)
    if (event != "INSERT" && event != "UPDATE" && event != "DELETE") throw not_supported("triggers for " + event);
  Name name = statement.name;
  if (name.size() < 2) name = {table->schema, name.back()};
  if (replaces_definition(statement, name, "{TR}")) return;
  const Target where = target(name, true);
  add_object(new_object_id(), where.name, where.schema_id, table->object_id, "TR", "", statement.definition, false);
}

void Ddl::switch_triggers(const TablePtr& table, const AlterTable& statement) {
  const std::string name =
      statement.all ? "" : " AND tds_meta.fold(name) = tds_meta.fold(" + lit(statement.drop_constraints.at(0)) + ")";
  const Rows rows = backend_.run(
      "UPDATE tds_meta.objects SET is_disabled = " + std::string(*statement.enable_trigger ? "false" : "true") +
      " WHERE type = 'TR' AND parent_object_id = " + number(table->object_id) + name + " RETURNING 1");
  if (rows.size() == 0 && !statement.all)
    throw error(3701,
                "Cannot alter the trigger '" + statement.drop_constraints.at(0) +
                    "', because it does not exist or you do not have permission.",
                11, 5);
}

// ---- DROP

void Ddl::drop_table(const TablePtr& table) {
  const std::string id = number(table->object_id);
  const Rows user = backend_.run(
      "SELECT 1 FROM tds_meta.foreign_keys WHERE referenced_object_id = $1 AND parent_object_id <> $1", {id});
  if (user.size() > 0)
    throw error(3726,
                "Could not drop object '" + table->name + "' because it is referenced by a FOREIGN KEY constraint.");
  backend_.run("DROP TABLE " + table->target);
  backend_.run(
      "DELETE FROM tds_meta.foreign_key_columns WHERE object_id IN (SELECT object_id FROM tds_meta.foreign_keys WHERE "
      "parent_object_id = " +
      id +
      ");"
      "DELETE FROM tds_meta.foreign_keys WHERE parent_object_id = " +
      id +
      ";"
      "DELETE FROM tds_meta.checks WHERE object_id IN (SELECT object_id FROM tds_meta.objects WHERE parent_object_id "
      "= " +
      id +
      ");"
      "DELETE FROM tds_meta.extended_properties WHERE class IN (1, 7) AND (major_id = " +
      id + " OR major_id IN (SELECT object_id FROM tds_meta.objects WHERE parent_object_id = " + id +
      "));"
      "DELETE FROM tds_meta.index_columns WHERE object_id = " +
      id + ";DELETE FROM tds_meta.indexes WHERE object_id = " + id +
      ";"
      "DELETE FROM tds_meta.columns WHERE object_id = " +
      id + ";DELETE FROM tds_meta.objects WHERE parent_object_id = " + id + " OR object_id = " + id);
}

void Ddl::drop_object(const Drop& statement, const Name& name) {
  const auto missing = [&]() -> EngineError {
    return error(3701,
                 "Cannot drop the " + lower(statement.kind) + " '" + display_name(name) +
                     "', because it does not exist or you do not have permission.",
                 11, 5);
  };
  if (statement.kind == "TABLE") {
    if (name.back().rfind('#', 0) == 0) {
      const TablePtr local = catalog_.find_local(name.back());
      if (!local) {
        if (statement.if_exists) return;
        throw missing();
      }
      backend_.run("DROP TABLE " + local->target +
                   (local->identity_sequence.empty() ? "" : "; DROP SEQUENCE " + local->identity_sequence));
      catalog_.remove_local(name.back());
      return;
    }
    const TablePtr table = catalog_.find_table(name);
    if (!table || table->kind != "U") {
      if (statement.if_exists) return;
      throw missing();
    }
    return drop_table(table);
  }
  if (statement.kind == "INDEX") {
    Name table_name = statement.on_table;
    std::string index = name.back();
    if (table_name.empty()) table_name.assign(name.begin(), name.end() - 1);  // DROP INDEX t.i
    const TablePtr table = table_name.empty() ? nullptr : catalog_.find_table(table_name);
    if (!table) {
      if (statement.if_exists) return;
      throw missing();
    }
    return drop_index(table, index, statement.if_exists);
  }
  if (statement.kind == "SCHEMA") {
    const Rows rows =
        backend_.run("SELECT schema_id, stored, name FROM tds_meta.schemas WHERE schema_id = tds_meta.schema_id_of($1)",
                     {to_stored_text(name.back())});
    if (rows.size() == 0) {
      if (statement.if_exists) return;
      throw error(15151, "Cannot drop the schema '" + name.back() +
                             "', because it does not exist or you do not have permission.");
    }
    const Rows member =
        backend_.run("SELECT name FROM tds_meta.objects WHERE schema_id = $1 LIMIT 1", {rows.get(0, 0)});
    if (member.size() > 0) {
      throw error(3729, "Cannot drop schema '" + from_stored_text(rows.get(0, 2)) +
                            "' because it is being referenced by object '" + from_stored_text(member.get(0, 0)) + "'.");
    }
    backend_.run("DROP SCHEMA " + pg_identifier(rows.get(0, 1)));
    backend_.run("DELETE FROM tds_meta.schemas WHERE schema_id = " + rows.get(0, 0));
    return;
  }
  const Target where = target(name, false);
  if (statement.kind == "TYPE") {
    const Rows rows = backend_.run(
        "DELETE FROM tds_meta.types WHERE is_user_defined AND schema_id = $2 AND tds_meta.fold(name) = "
        "tds_meta.fold($1) RETURNING 1",
        {to_stored_text(where.name), number(where.schema_id)});
    if (rows.size() == 0 && !statement.if_exists)
      throw error(218, "Could not find the type '" + display_name(name) +
                           "'. Either it does not exist or you do not have the necessary permission.");
    return;
  }
  const std::string type = statement.kind == "VIEW"        ? "V"
                           : statement.kind == "SEQUENCE"  ? "SO"
                           : statement.kind == "PROCEDURE" ? "P"
                           : statement.kind == "TRIGGER"   ? "TR"
                                                           : "";
  if (type.empty()) {
    if (statement.if_exists) return;
    throw missing();
  }
  const Rows rows = backend_.run(
      "SELECT object_id, coalesce(stored, '') FROM tds_meta.objects WHERE NOT is_system AND object_id = "
      "tds_meta.find_object($1, $2, "
      "ARRAY[$3])",
      {to_stored_text(where.schema), to_stored_text(where.name), type});
  if (rows.size() == 0) {
    if (statement.if_exists) return;
    throw missing();
  }
  const std::string id = rows.get(0, 0);
  if (type == "SO")
    backend_.run("DROP SEQUENCE " + rows.get(0, 1) + "; DELETE FROM tds_meta.sequences WHERE object_id = " + id);
  backend_.run("DELETE FROM tds_meta.columns WHERE object_id = " + id +
               "; DELETE FROM tds_meta.extended_properties WHERE class = 1 AND major_id = " + id +
               "; DELETE FROM tds_meta.objects WHERE object_id = " + id);
}

void Ddl::drop(const Drop& statement) {
  for (const Name& name : statement.names) {
    drop_object(statement, name);
    catalog_.invalidate();
  }
}

void Ddl::truncate(const Name& name) {
  const TablePtr table = catalog_.find_table(name);
  if (!table || table->kind != "U") {
    throw error(4701, "Cannot find the object \"" + display_name(name) +
                          "\" because it does not exist or you do not have permissions.");
  }
  const Rows user =
      backend_.run("SELECT 1 FROM tds_meta.foreign_keys WHERE referenced_object_id = $1 AND parent_object_id <> $1",
                   {number(table->object_id)});
  if (user.size() > 0)
    throw error(4712, "Cannot truncate table '" + display_name(name) +
                          "' because it is being referenced by a FOREIGN KEY constraint.");
  backend_.run("TRUNCATE " + table->target);
  if (!table->identity_sequence.empty()) backend_.run("ALTER SEQUENCE " + table->identity_sequence + " RESTART");
}

void Ddl::reseed(const TablePtr& table, const std::string& value) {
  // On a table that never had a row the new seed is the first value, else the last one used.
  const Rows state = backend_.run("SELECT is_called FROM " + table->identity_sequence);
  backend_.run("SELECT setval(" + pg_literal(table->identity_sequence) + ", " + value + ", " +
               (state.flag(0, 0) ? "true" : "false") + ")");
}

// ---- sp_rename

void Ddl::rename(const std::string& old_name, const std::string& new_name, const std::string& kind) {
  const Name parts = parse_name(old_name);
  const auto missing = [&]() -> EngineError {
    return error(15225,
                 "No item by the name of '" + old_name + "' could be found in the current database '" +
                     catalog_.database() + "', given that @itemtype was input as '" + kind + "'.",
                 11, 1);
  };
  if (kind == "COLUMN") {
    if (parts.size() < 2) throw missing();
    const TablePtr table = catalog_.find_table(Name(parts.begin(), parts.end() - 1));
    const Column* column = table ? table->find(parts.back(), catalog_.case_sensitive()) : nullptr;
    if (column == nullptr) throw missing();
    if (!column->computed())
      backend_.run("ALTER TABLE " + table->target + " RENAME COLUMN " + pg_identifier(column->stored) + " TO " +
                   pg_identifier(stored_name(new_name)));
    backend_.run("UPDATE tds_meta.columns SET name = " + lit(new_name) +
                 ", stored = " + pg_literal(stored_name(new_name)) + " WHERE object_id = " + number(table->object_id) +
                 " AND column_id = " + number(column->column_id));
  } else if (kind == "INDEX") {
    if (parts.size() < 2) throw missing();
    const TablePtr table = catalog_.find_table(Name(parts.begin(), parts.end() - 1));
    if (!table) throw missing();
    const Rows rows = backend_.run(
        "UPDATE tds_meta.indexes SET name = $3 WHERE object_id = $1 AND tds_meta.fold(name) = tds_meta.fold($2) "
        "RETURNING "
        "coalesce(constraint_id, 0)",
        {number(table->object_id), to_stored_text(parts.back()), to_stored_text(new_name)});
    if (rows.size() == 0) throw missing();
    backend_.run("UPDATE tds_meta.objects SET name = $2 WHERE object_id = $1",
                 {rows.get(0, 0), to_stored_text(new_name)});
  } else {
    const std::string schema = parts.size() >= 2 ? parts[parts.size() - 2] : "";
    const Rows rows = backend_.run(
        "SELECT object_id, type, coalesce(stored, ''), schema_id FROM tds_meta.objects WHERE NOT is_system AND "
        "object_id = "
        "tds_meta.find_object(NULLIF($1, ''), $2)",
        {to_stored_text(schema), to_stored_text(parts.back())});
    if (rows.size() == 0) throw missing();
    require_free_name(new_name, rows.number(0, 3));
    std::string stored = rows.get(0, 2);
    const std::string type = rows.get(0, 1);
    if (type == "U" || type == "SO") {
      backend_.run(std::string("ALTER ") + (type == "U" ? "TABLE " : "SEQUENCE ") + stored + " RENAME TO " +
                   pg_identifier(stored_name(new_name)));
      const Rows schema_row =
          backend_.run("SELECT stored FROM tds_meta.schemas WHERE schema_id = $1", {rows.get(0, 3)});
      stored = pg_identifier(schema_row.get(0, 0)) + "." + pg_identifier(stored_name(new_name));
    }
    backend_.run(
        "UPDATE tds_meta.objects SET name = $2, stored = NULLIF($3, ''), modify_date = clock_timestamp() WHERE "
        "object_id = $1",
        {rows.get(0, 0), to_stored_text(new_name), stored});
    backend_.run("UPDATE tds_meta.indexes SET name = $2 WHERE constraint_id = $1",
                 {rows.get(0, 0), to_stored_text(new_name)});
  }
  catalog_.invalidate();
}

}  // namespace tds_server::engine
