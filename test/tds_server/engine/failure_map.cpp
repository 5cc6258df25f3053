#include "failure_map.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "errors.hpp"
#include "moments.hpp"
#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {
namespace {

// The text between the first `open` and the last `close`.
std::string between(const std::string& text, const std::string& open, const std::string& close) {
  const std::size_t from = text.find(open);
  if (from == std::string::npos) return "";
  const std::size_t to = text.rfind(close);
  if (to == std::string::npos || to < from + open.size()) return "";
  return text.substr(from + open.size(), to - from - open.size());
}

// "tds:number:severity:state", as tds.fail() writes it.
EngineError own_failure(const PgError& failure) {
  int number = 50000, severity = 16, state = 1;
  std::sscanf(failure.detail.c_str(), "tds:%d:%d:%d", &number, &severity, &state);
  return error(number, from_stored_text(failure.message), severity, state);
}

int trailing_number(const std::string& name) {
  const std::size_t at = name.find_last_of('_');
  return at == std::string::npos ? 0 : std::atoi(name.c_str() + at + 1);
}

// PostgreSQL's text of one stored key value as SQL Server shows it.
std::string shown_value(const std::string& stored, SqlType type, int scale) {
  if (stored == "null") return "<NULL>";
  TypeInfo info = make_type(type);
  info.scale = static_cast<std::uint8_t>(scale);
  if (is_time_like(type)) return format_ticks(info, std::atoll(stored.c_str()));
  if (type == SqlType::uniqueidentifier) return lower(stored);
  if (family(type) == Family::binary) return "0x" + upper(stored.substr(stored.rfind("\\x", 0) == 0 ? 2 : 0));
  return from_stored_text(stored);
}

// The values of "Key (a, b)=(1, x) already exists." for the columns of an index.
std::string shown_key(const std::string& detail, const std::string& index, Catalog& catalog) {
  const std::string plain = between(detail, ")=(", ")");
  const Rows columns = catalog.backend().run(
      "SELECT c.base, c.scale FROM tds_meta.indexes i JOIN tds_meta.index_columns x USING (object_id, index_id) JOIN "
      "tds_meta.columns c "
      "USING (object_id, column_id)"
      " WHERE i.stored = $1 AND x.key_ordinal > 0 ORDER BY x.key_ordinal",
      {index});
  std::string out;
  std::size_t at = 0;
  for (int i = 0; i < columns.size(); ++i) {
    // A comma inside a string makes the cut wrong; then the text is shown as PostgreSQL has it.
    const std::size_t end = i + 1 < columns.size() ? plain.find(", ", at) : plain.size();
    if (end == std::string::npos) return "(" + plain + ")";
    out += (out.empty() ? "" : ", ") +
           shown_value(plain.substr(at, end - at), static_cast<SqlType>(columns.number(i, 0)), columns.number(i, 1));
    at = end + 2;
  }
  return "(" + (out.empty() ? plain : out) + ")";
}

EngineError duplicate_key(const PgError& failure, Catalog& catalog) {
  // ~ix_<object id>_<index id>
  const std::string& index = failure.constraint;
  const std::size_t first = index.find('_');
  const std::string values = shown_key(failure.detail, index, catalog);
  std::string name = index, table = failure.table;
  bool constraint = false, primary = false;
  if (index.rfind("~ix_", 0) == 0 && first != std::string::npos) {
    const Rows rows = catalog.backend().run(
        "SELECT i.name, s.name, o.name, i.is_primary_key, i.is_unique_constraint FROM tds_meta.indexes i JOIN "
        "tds_meta.objects o USING "
        "(object_id)"
        " JOIN tds_meta.schemas s USING (schema_id) WHERE i.stored = $1",
        {index});
    if (rows.size() > 0) {
      name = from_stored_text(rows.get(0, 0));
      table = from_stored_text(rows.get(0, 1)) + "." + from_stored_text(rows.get(0, 2));
      primary = rows.flag(0, 3);
      constraint = primary || rows.flag(0, 4);
    }
  }
  if (failure.message.rfind("could not create unique index", 0) == 0) {
    return error(
        1505, "The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for the object name '" +
                  table + "' and the index name '" + name + "'. The duplicate key value is " + values + ".");
  }
  if (constraint) {
    return error(2627,
                 std::string("Violation of ") + (primary ? "PRIMARY" : "UNIQUE") + " KEY constraint '" + name +
                     "'. Cannot insert duplicate key in object '" + table + "'. The duplicate key value is " + values +
                     ".",
                 14);
  }
  return error(2601,
               "Cannot insert duplicate key row in object '" + table + "' with unique index '" + name +
                   "'. The duplicate key value is " + values + ".",
               14);
}

EngineError foreign_key(const PgError& failure, Catalog& catalog, const FailureContext& context) {
  const std::string id = std::to_string(trailing_number(failure.constraint));
  const Rows rows = catalog.backend().run(
      "SELECT k.name, ps.name, p.name, rs.name, r.name, pc.name, rc.name, (SELECT count(*) FROM "
      "tds_meta.foreign_key_columns c WHERE "
      "c.object_id = f.object_id), f.parent_object_id = f.referenced_object_id"
      " FROM tds_meta.foreign_keys f JOIN tds_meta.objects k USING (object_id)"
      " JOIN tds_meta.objects p ON p.object_id = f.parent_object_id JOIN tds_meta.schemas ps ON ps.schema_id = "
      "p.schema_id"
      " JOIN tds_meta.objects r ON r.object_id = f.referenced_object_id JOIN tds_meta.schemas rs ON rs.schema_id = "
      "r.schema_id"
      " JOIN tds_meta.foreign_key_columns fc ON fc.object_id = f.object_id AND fc.ordinal = 1"
      " JOIN tds_meta.columns pc ON pc.object_id = p.object_id AND pc.column_id = fc.parent_column_id"
      " JOIN tds_meta.columns rc ON rc.object_id = r.object_id AND rc.column_id = fc.referenced_column_id"
      " WHERE f.object_id = $1",
      {id});
  if (rows.size() == 0) return error(547, "The " + context.verb + " statement conflicted with a constraint.", 16, 0);
  const auto get = [&](int column) { return from_stored_text(rows.get(0, column)); };
  const bool on_parent = failure.message.rfind("update or delete on", 0) == 0;
  const bool same = rows.flag(0, 8);
  const std::string kind = std::string(on_parent ? (same ? "SAME TABLE REFERENCE" : "REFERENCE")
                                                 : (same ? "FOREIGN KEY SAME TABLE" : "FOREIGN KEY"));
  const std::string table = on_parent ? get(1) + "." + get(2) : get(3) + "." + get(4);
  std::string text = "The " + context.verb + " statement conflicted with the " + kind + " constraint \"" + get(0) +
                     "\". The conflict occurred in database \"" + catalog.database() + "\", table \"" + table + "\"";
  if (rows.get(0, 7) == "1") text += ", column '" + (on_parent ? get(5) : get(6)) + "'";
  return error(547, text + ".", 16, 0);
}

EngineError check_violation(const PgError& failure, Catalog& catalog, const FailureContext& context) {
  const Rows rows = catalog.backend().run(
      "SELECT k.name, s.name, p.name, coalesce(c.name, '') FROM tds_meta.objects k JOIN tds_meta.objects p ON "
      "p.object_id = "
      "k.parent_object_id"
      " JOIN tds_meta.schemas s ON s.schema_id = p.schema_id LEFT JOIN tds_meta.columns c ON c.object_id = p.object_id "
      "AND c.column_id = "
      "k.parent_column_id"
      " WHERE k.object_id = $1",
      {std::to_string(trailing_number(failure.constraint))});
  if (rows.size() == 0)
    return error(547, "The " + context.verb + " statement conflicted with a CHECK constraint.", 16, 0);
  const auto get = [&](int column) { return from_stored_text(rows.get(0, column)); };
  std::string text = "The " + context.verb + " statement conflicted with the CHECK constraint \"" + get(0) +
                     "\". The conflict occurred in database \"" + catalog.database() + "\", table \"" + get(1) + "." +
                     get(2) + "\"";
  if (!get(3).empty()) text += ", column '" + get(3) + "'";
  return error(547, text + ".", 16, 0);
}

EngineError null_violation(const PgError& failure, Catalog& catalog, const FailureContext& context) {
  const std::string target = pg_identifier(failure.schema) + "." + pg_identifier(failure.table);
  const Rows rows = catalog.backend().run(
      "SELECT s.name, o.name, c.name FROM tds_meta.objects o JOIN tds_meta.schemas s USING (schema_id) JOIN "
      "tds_meta.columns c USING "
      "(object_id)"
      " WHERE o.stored = $1 AND c.stored = $2",
      {target, failure.column});
  std::string table = failure.table, column = failure.column;
  if (rows.size() > 0) {
    table = catalog.database() + "." + from_stored_text(rows.get(0, 0)) + "." + from_stored_text(rows.get(0, 1));
    column = from_stored_text(rows.get(0, 2));
  } else if (failure.schema.rfind("pg_temp", 0) == 0) {
    table = "tempdb.dbo." + failure.table;
  }
  return error(515,
               "Cannot insert the value NULL into column '" + column + "', table '" + table +
                   "'; column does not allow nulls. " + (context.verb == "UPDATE" ? "UPDATE" : "INSERT") + " fails.",
               16, 2);
}

EngineError numeric_range(const PgError& failure, const FailureContext& context) {
  const std::string& message = failure.message;
  const auto pg_to_sql = [](const std::string& name) {
    return name == "integer" ? std::string("int") : name == "double precision" ? std::string("float") : name;
  };
  if (message.rfind("value \"", 0) == 0) {
    const std::string value = between(message, "value \"", "\" is out of range");
    const std::string type = pg_to_sql(message.substr(message.rfind("type ") + 5));
    if (type == "bigint")
      return error(8115, "Arithmetic overflow error converting expression to data type bigint.", 16, 2);
    return error(248, std::string("The conversion of the ") + (context.unicode ? "nvarchar" : "varchar") + " value '" +
                          value + "' overflowed an " + type + " column.");
  }
  if (message.rfind("\"", 0) == 0) return error(232, "Arithmetic overflow error for type float.", 16, 3);
  if (message == "numeric field overflow")
    return error(8115, "Arithmetic overflow error converting numeric to data type numeric.", 16, 8);
  const std::size_t end = message.find(" out of range");
  if (end != std::string::npos && message.rfind("value", 0) != 0) return overflow(pg_to_sql(message.substr(0, end)));
  return overflow("float");
}

EngineError bad_text(const PgError& failure, const FailureContext& context) {
  const std::string& message = failure.message;
  const std::string type = between(message, "for type ", ":");
  const std::string value = between(message, ": \"", "\"");
  const std::string from = context.unicode ? "nvarchar" : "varchar";
  if (type == "integer") return conversion_failed(from, from_stored_text(value), "int");
  if (type == "smallint") return conversion_failed(from, from_stored_text(value), "smallint");
  if (type == "bigint") return error(8114, "Error converting data type " + from + " to bigint.", 16, 5);
  if (type == "numeric") return error(8114, "Error converting data type " + from + " to numeric.", 16, 5);
  if (type == "uuid")
    return error(8169, "Conversion failed when converting from a character string to uniqueidentifier.", 16, 2);
  return error(8114, "Error converting data type " + from + " to float.", 16, 5);
}

EngineError not_grouped(const PgError& failure) {
  // column "t1.Name" must appear in the GROUP BY clause ...
  std::string column = between(failure.message, "column \"", "\" must appear");
  const std::size_t point = column.find('.');
  if (point != std::string::npos) column = column.substr(point + 1);
  return error(8120, "Column '" + column +
                         "' is invalid in the select list because it is not contained in either an aggregate function "
                         "or the GROUP BY clause.");
}

}  // namespace

EngineError map_failure(const PgError& failure, Catalog& catalog, const FailureContext& context) {
  const std::string& state = failure.sqlstate;
  if (state == "TS000") return own_failure(failure);
  if (state == "23505") return duplicate_key(failure, catalog);
  if (state == "23503") return foreign_key(failure, catalog, context);
  if (state == "23514") return check_violation(failure, catalog, context);
  if (state == "23502") return null_violation(failure, catalog, context);
  if (state == "22003") return numeric_range(failure, context);
  if (state == "22012") return error(8134, "Divide by zero error encountered.");
  if (state == "22P02") return bad_text(failure, context);
  if (state == "22008" || state == "22007")
    return error(
        242, "The conversion of a varchar data type to a datetime data type resulted in an out-of-range value.", 16, 3);
  if (state == "21000") {
    return error(512,
                 "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , "
                 ">, >= or when the "
                 "subquery is used as an expression.");
  }
  if (state == "40001") {
    return error(3960,
                 "Snapshot isolation transaction aborted due to update conflict. You cannot use snapshot isolation to "
                 "access table '" +
                     failure.table + "' directly or indirectly in database '" + catalog.database() +
                     "' to update, delete, or insert the row that has been modified or deleted by another transaction. "
                     "Retry the "
                     "transaction or change the isolation level for the update/delete statement.",
                 16, 5);
  }
  if (state == "40P01") {
    return error(1205,
                 "Transaction (Process ID " + std::to_string(context.spid) +
                     ") was deadlocked on lock resources with another process and has been chosen as the deadlock "
                     "victim. Rerun the transaction.",
                 13, 45);
  }
  if (state == "55P03") return error(1222, "Lock request time out period exceeded.", 16, 45);
  if (state == "42803") return not_grouped(failure);
  if (state == "42P07") return already_exists(between(failure.message, "relation \"", "\" already"));
  if (state == "2200H") return error(8115, "Arithmetic overflow error converting IDENTITY to data type int.", 16, 1);
  if (state == "42501") return error(229, "The permission was denied on the object.", 14, 5);
  if (state == "2201E" || state == "2201F" || state == "2201G")
    return error(3623, "An invalid floating point operation occurred.");
  if (state == "0A000" && failure.message.find("truncate a table referenced") != std::string::npos) {
    return error(4712, "Cannot truncate table '" + between(failure.detail, "references \"", "\"") +
                           "' because it is being referenced by a FOREIGN KEY constraint.");
  }
  if (state == "54000" || state == "54001")
    return error(8631,
                 "Internal error: Server stack limit has been reached. Please look for potentially deep nesting in "
                 "your query, and try to "
                 "simplify it.",
                 17);
  if (state.rfind("08", 0) == 0 || state == "57P01")
    return error(596, "Cannot continue the execution because the session is in the kill state.", 21);
  return error(40517, "The test server failed (" + state + "): " + failure.message);
}

bool ends_batch(int number) {
  // Conversion failures, name resolution and transaction aborts end the batch; constraint
  // violations and the like do not.
  static const std::set<int> kEnding = {205,  206,  207,  208,  209,  213,  241,  242, 244, 245, 248, 257, 295, 402,
                                        4104, 8114, 8169, 1205, 3960, 3952, 3609, 334, 102, 137, 156, 195, 596};
  return kEnding.count(number) > 0;
}

bool terminates_statement(int number) {
  static const std::set<int> kTerminating = {2627, 2601, 547, 515, 2628, 8152, 8115, 8134, 220, 512, 517, 1505, 232};
  return kTerminating.count(number) > 0;
}

}  // namespace tds_server::engine
