#include "catalog.hpp"

#include <algorithm>
#include <cstdio>

#include "errors.hpp"
#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {

const Column* Table::find(std::string_view column, bool case_sensitive) const {
  for (const Column& candidate : columns) {
    if (candidate.name == column) return &candidate;
  }
  if (case_sensitive && !system) return nullptr;
  for (const Column& candidate : columns) {
    if (equals_ignoring_case(candidate.name, column)) return &candidate;
  }
  return nullptr;
}

void Catalog::set_database(std::string name, std::string collation) {
  database_ = std::move(name);
  collation_ = std::move(collation);
  case_sensitive_ = is_case_sensitive(collation_);
  tables_.clear();
  locals_.clear();
}

bool Catalog::same(std::string_view a, std::string_view b) const {
  return case_sensitive_ ? a == b : equals_ignoring_case(a, b);
}

// Schema (may be empty) and object of a name; false when it names another database.
bool Catalog::split(const Name& name, std::string& schema, std::string& object) const {
  if (name.empty() || name.size() > 4) return false;
  object = name.back();
  schema = name.size() >= 2 ? name[name.size() - 2] : "";
  if (name.size() == 4 && !name[0].empty()) return false;
  if (name.size() >= 3) {
    const std::string& database = name[name.size() - 3];
    if (equals_ignoring_case(database, "master") && equals_ignoring_case(object, "spt_values")) {
      schema = "sys";  // the one table of master that scripts read: it is a view of every database here
      return true;
    }
    // Every database has the system views of master; what differs between databases is not asked
    // for across them.
    const bool system = equals_ignoring_case(schema, "sys") || equals_ignoring_case(schema, "information_schema");
    if (!database.empty() && !same(database, database_) && !(system && equals_ignoring_case(database, "master")) &&
        !equals_ignoring_case(database, "tempdb")) {
      return false;
    }
  }
  return true;
}

TablePtr Catalog::find_local(const std::string& name) const {
  const auto found = locals_.find(fold(name));
  return found == locals_.end() ? nullptr : found->second;
}

void Catalog::add_local(const std::string& name, TablePtr table) { locals_[fold(name)] = std::move(table); }
void Catalog::remove_local(const std::string& name) { locals_.erase(fold(name)); }

TablePtr Catalog::find_table(const Name& name) {
  std::string schema, object;
  if (!split(name, schema, object)) return nullptr;
  if (!object.empty() && (object[0] == '#' || object[0] == '@')) return find_local(object);
  // Of a trigger that is running
  if (name.size() == 1 && (fold(object) == "inserted" || fold(object) == "deleted")) {
    if (const TablePtr rows = find_local(object)) return rows;
  }
  const auto key = std::make_pair(schema, object);
  const auto cached = tables_.find(key);
  if (cached != tables_.end()) return cached->second;
  const Rows rows = backend_.run_kept(
      "SELECT o.object_id, o.type, o.is_system, s.name, o.name, o.stored, c.column_id, c.name, c.stored, c.base, "
      "c.user_type_id,"
      " c.max_length, c.prec, c.scale, c.collation_name, c.nullable, c.identity, c.default_object_id <> 0, "
      "coalesce(c.definition, ''),"
      " coalesce(c.identity_sequence, ''), s.stored, coalesce((o.marks ->> 'is_memory_optimized')::int, 0) <> 0,"
      " coalesce((c.marks ->> 'graph_type')::int, 0) IN (1, 3, 4, 6, 7)"
      " FROM tds_meta.objects o JOIN tds_meta.schemas s USING (schema_id) LEFT JOIN tds_meta.columns c USING "
      "(object_id)"
      " WHERE o.object_id = tds_meta.find_object(NULLIF($1, ''), $2, '{U,V}') ORDER BY c.column_id",
      {to_stored_text(schema), to_stored_text(object)});
  if (rows.size() == 0) return nullptr;
  auto table = std::make_shared<Table>();
  table->object_id = rows.number(0, 0);
  table->kind = rows.get(0, 1);
  table->system = rows.flag(0, 2);
  table->schema = from_stored_text(rows.get(0, 3));
  table->name = from_stored_text(rows.get(0, 4));
  table->target = rows.get(0, 5);
  table->schema_target = pg_identifier(rows.get(0, 20));
  table->memory_optimized = rows.flag(0, 21);
  for (int i = 0; i < rows.size() && !rows.null(i, 6); ++i) {
    Column column;
    column.column_id = rows.number(i, 6);
    column.name = from_stored_text(rows.get(i, 7));
    column.stored = rows.get(i, 8);
    column.type.type = static_cast<SqlType>(rows.number(i, 9));
    column.user_type_id = rows.number(i, 10);
    column.type.max_length = rows.number(i, 11);
    column.type.precision = static_cast<std::uint8_t>(rows.number(i, 12));
    column.type.scale = static_cast<std::uint8_t>(rows.number(i, 13));
    column.type.collation = rows.get(i, 14);
    if (table->system && !column.type.collation.empty()) column.type.collation = collation_;
    column.nullable = rows.flag(i, 15);
    column.identity = rows.flag(i, 16);
    column.has_default = rows.flag(i, 17);
    column.internal = rows.flag(i, 22);
    column.definition = from_stored_text(rows.get(i, 18));
    column.rowversion = column.type.type == SqlType::timestamp;
    if (column.identity) table->identity_sequence = rows.get(i, 19);
    table->columns.push_back(std::move(column));
  }
  tables_[key] = table;
  return table;
}

TablePtr Catalog::table(const Name& name) {
  TablePtr found = find_table(name);
  if (!found) {
    if (name.size() == 1 && !name[0].empty() && name[0][0] == '@') {
      throw error(1087, "Must declare the table variable \"" + name[0] + "\".", 15, 2);
    }
    throw invalid_object(display_name(name));
  }
  return found;
}

std::optional<Sequence> Catalog::find_sequence(const Name& name) {
  std::string schema, object;
  if (!split(name, schema, object)) return std::nullopt;
  const Rows rows = backend_.run_kept(
      "SELECT o.object_id, o.stored, q.base, q.prec FROM tds_meta.objects o JOIN tds_meta.sequences q USING (object_id)"
      " WHERE o.object_id = tds_meta.find_object(NULLIF($1, ''), $2, '{SO}')",
      {to_stored_text(schema), to_stored_text(object)});
  if (rows.size() == 0) return std::nullopt;
  Sequence sequence;
  sequence.object_id = rows.number(0, 0);
  sequence.target = rows.get(0, 1);
  const auto base = static_cast<SqlType>(rows.number(0, 2));
  sequence.type = family(base) == Family::exact ? make_decimal(rows.number(0, 3), 0, base) : make_type(base);
  return sequence;
}

std::optional<Module> Catalog::find_procedure(const Name& name) {
  std::string schema, object;
  if (!split(name, schema, object)) return std::nullopt;
  const Rows rows = backend_.run(
      "SELECT object_id, definition FROM tds_meta.objects WHERE object_id = tds_meta.find_object(NULLIF($1, ''), $2, "
      "'{P}')",
      {to_stored_text(schema), to_stored_text(object)});
  if (rows.size() == 0) return std::nullopt;
  return Module{rows.number(0, 0), from_stored_text(rows.get(0, 1))};
}

std::vector<Module> Catalog::triggers_of(const Table& table) {
  std::vector<Module> found;
  const Rows rows = backend_.run_kept(
      "SELECT object_id, definition FROM tds_meta.objects WHERE parent_object_id = $1 AND type = 'TR' AND NOT "
      "is_disabled ORDER BY object_id",
      {std::to_string(table.object_id)});
  for (int i = 0; i < rows.size(); ++i) found.push_back({rows.number(i, 0), from_stored_text(rows.get(i, 1))});
  return found;
}

namespace {

[[noreturn]] void bad_length() { throw error(1001, "Length or precision specification 0 is invalid.", 15); }

}  // namespace

// Applies (n), (max), (p,s). Without a length a character type has 1 in a definition and 30 in a
// cast.
TypeInfo Catalog::builtin_type(SqlType type, const TypeName& name, bool cast) const {
  const auto argument = [&](std::size_t i, int otherwise) { return i < name.args.size() ? name.args[i] : otherwise; };
  TypeInfo info = make_type(type);
  switch (type) {
    case SqlType::char_:
    case SqlType::varchar:
    case SqlType::nchar:
    case SqlType::nvarchar:
    case SqlType::binary:
    case SqlType::varbinary: {
      const bool sysname = name.name.size() >= 1 && equals_ignoring_case(name.name.back(), "sysname");
      const int length = sysname ? 128 : argument(0, cast ? 30 : 1);
      const bool varying = type == SqlType::varchar || type == SqlType::nvarchar || type == SqlType::varbinary;
      const int limit = is_unicode(type) ? 4000 : 8000;
      if (length == 0) bad_length();
      if (length > limit || (length < 0 && !varying)) {
        throw error(131,
                    "The size (" + std::to_string(length) + ") given to the type '" + std::string(type_name(type)) +
                        "' exceeds the maximum allowed for any data type (8000).",
                    15, 2);
      }
      info = family(type) == Family::binary ? make_binary(type, length) : make_character(type, length);
      break;
    }
    case SqlType::decimal:
    case SqlType::numeric: {
      const int precision = argument(0, 18), scale = argument(1, 0);
      if (precision < 1) bad_length();
      if (precision > 38) {
        throw error(1007,
                    "The number '" + std::to_string(precision) +
                        "' is out of the range for numeric representation (maximum precision 38).",
                    15);
      }
      if (scale > precision)
        throw error(183,
                    "The scale (" + std::to_string(scale) + ") for column must be within the range 0 to " +
                        std::to_string(precision) + ".",
                    15);
      info = make_decimal(precision, scale, type);
      break;
    }
    case SqlType::time:
    case SqlType::datetime2:
    case SqlType::datetimeoffset: {
      const int scale = argument(0, 7);
      if (scale > 7) throw error(1002, "Line 1: Specified scale " + std::to_string(scale) + " is invalid.", 15);
      info = make_time(type, scale);
      break;
    }
    case SqlType::float_:
      if (argument(0, 53) <= 24) info = make_type(SqlType::real);
      break;
    default: break;
  }
  if (is_character(type)) info.collation = collation_;
  return info;
}

TypeInfo Catalog::type(const TypeName& name, bool* not_null, int* id, bool cast) {
  const std::string& last = name.name.back();
  const bool qualified = name.name.size() > 1 && !equals_ignoring_case(name.name[name.name.size() - 2], "sys");
  if (!qualified) {
    if (const auto known = type_by_name(last)) {
      if (id != nullptr) *id = equals_ignoring_case(last, "sysname") ? 256 : user_type_id(*known);
      if (not_null != nullptr) *not_null = equals_ignoring_case(last, "sysname");
      return builtin_type(*known, name, cast);
    }
  }
  const Rows rows = backend_.run(
      "SELECT t.base, t.max_length, t.prec, t.scale, t.nullable, t.user_type_id FROM tds_meta.types t WHERE "
      "t.is_user_defined"
      " AND tds_meta.fold(t.name) = tds_meta.fold($1) AND t.schema_id = coalesce(tds_meta.schema_id_of(NULLIF($2, "
      "'')), 1)"
      " ORDER BY t.name = $1 DESC",
      {to_stored_text(last), name.name.size() > 1 ? to_stored_text(name.name[name.name.size() - 2]) : std::string()});
  if (rows.size() == 0) {
    if (cast) throw unknown_type(display_name(name.name));
    throw error(2715, "Column, parameter, or variable #1: Cannot find data type " + display_name(name.name) + ".", 16,
                6);
  }
  TypeInfo info;
  info.type = static_cast<SqlType>(rows.number(0, 0));
  info.max_length = rows.number(0, 1);
  info.precision = static_cast<std::uint8_t>(rows.number(0, 2));
  info.scale = static_cast<std::uint8_t>(rows.number(0, 3));
  if (is_character(info.type)) info.collation = collation_;
  if (not_null != nullptr) *not_null = !rows.flag(0, 4);
  if (id != nullptr) *id = rows.number(0, 5);
  return info;
}

std::string display_name(const Name& name) { return join(name, "."); }

namespace {

// Two rounds of FNV-1a: 32 hexadecimal digits.
std::string digest(std::string_view text) {
  std::string out;
  for (const std::uint64_t seed : {14695981039346656037ULL, 1099511628211ULL * 31}) {
    std::uint64_t state = seed;
    for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    char buffer[17];
    std::snprintf(buffer, sizeof buffer, "%016llx", static_cast<unsigned long long>(state));
    out += buffer;
  }
  return out;
}

constexpr std::size_t kNameBytes = 63;  // NAMEDATALEN - 1

std::string stored(std::string_view name, bool refused) {
  const std::string text = to_stored_text(name);
  if (refused || text.empty() || text.size() > kNameBytes || text[0] == '~') return "~" + digest(text);
  return text;
}

}  // namespace

std::string stored_name(std::string_view name) {
  static constexpr std::string_view kSystemColumns[] = {"ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"};
  const bool system = std::find(std::begin(kSystemColumns), std::end(kSystemColumns), name) != std::end(kSystemColumns);
  return stored(name, system);
}

std::string stored_schema(std::string_view name) {
  return stored(name,
                name.substr(0, 3) == "pg_" || name == "tds" || name == "tds_meta" || name == "information_schema");
}

std::string stored_database(std::string_view name) {
  return stored(name, name == "template0" || name == "template1" || name == "postgres" || name == "tds_template");
}

}  // namespace tds_server::engine
