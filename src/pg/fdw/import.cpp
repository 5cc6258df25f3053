// IMPORT FOREIGN SCHEMA: the catalog queries' rows to CREATE FOREIGN TABLE.
//
// PostgreSQL's own filter compares LIMIT TO and EXCEPT with local names. Names here may be given as
// the server has them or as they become, so that filter is run here, and the statement's list is
// completed for PostgreSQL's.

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <type_traits>

#include "core/access/catalog.hpp"
#include "core/names.hpp"
#include "core/tsql/expression.hpp"
#include "core/tsql/quote.hpp"
#include "core/types.hpp"
#include "pg/remote/connection.hpp"
#include "pg/remote/options.hpp"
#include "import.hpp"

namespace mssql::pg {

namespace {

struct ImportOptions {
  bool with_defaults;
  bool with_not_null;
  bool with_collations;
  bool with_generated;
  bool with_views;
  NameCase name_case;
  LocalTypeOptions types;
};

struct ImportedColumn {
  std::string name;
  std::string local;
  std::optional<RemoteType> type;  // nothing: one that a later server has, which comes as text
  std::string collation;
  std::string default_definition;
  bool is_nullable;
  bool is_key;
  std::string_view generated;  // the option's value; empty: rows bring their own values
  bool set_aside;              // this database's encoding cannot hold the name
  bool lost_default;           // nor a character of the default
};

struct ImportedTable {
  std::string schema;
  std::string name;
  std::string local;
  bool is_view;
  bool set_aside;
  std::vector<ImportedColumn> columns;
};

// Everything that outlives the queries; own()ed by the statement's memory context.
struct Import {
  std::vector<ImportedTable> relations;
  std::vector<std::string> commands;
  std::vector<std::string> notices;  // about one table each
  std::vector<std::string> remarks;  // about the statement
  source::CatalogBudget budget;
  std::string schema;     // for errors
  std::string statement;  // that runs
};

void describe(void* argument) {
  const auto* import = static_cast<const Import*>(argument);
  describe_statement(psprintf("import of remote schema \"%s\"", displayable(import->schema.c_str())),
                     import->statement.empty() ? nullptr : displayable(import->statement.c_str()));
}

template <class Visit>
void read_catalog(Import& import, source::Session& session, const source::CatalogQuery& query, Visit&& visit) {
  import.statement = query.sql;
  source::read_catalog(session, query, import.budget, visit);
  import.statement.clear();
}

std::string quoted_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted += '"';
}

// As an escape string, which means the same whatever standard_conforming_strings says.
std::string quoted_text(std::string_view text) {
  std::string quoted = "E'";
  for (const char c : text) quoted.append(c == '\'' || c == '\\' ? 2 : 1, c);
  return quoted += '\'';
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(x) == lower(y);
  });
}

// `others` are the schemas that there are: those that begin alike are told, or all where they are
// few.
[[noreturn]] void throw_no_schema(const std::string& schema, const char* server, const std::set<std::string>& others) {
  constexpr std::size_t most = 10;
  const auto list = [&](auto&& chosen) {
    std::string text;
    for (const std::string& other : others)
      if (chosen(other)) text += (text.empty() ? "\"" : ", \"") + other + '"';
    return text;
  };
  const std::string alike = list([&](std::string_view other) {
    const std::size_t common = std::min(other.size(), schema.size());
    return same_ignoring_case(other.substr(0, common), std::string_view(schema).substr(0, common));
  });
  std::string hint;
  if (!alike.empty()) {
    hint = "Perhaps you meant " + alike + ".";
  } else if (!others.empty() && others.size() <= most) {
    hint = "The login sees tables in " + list([](std::string_view) { return true; }) + ".";
  }
  throw Error("HV00R", "schema \"" + schema + "\" does not exist on server \"" + server + '"', {}, hint);
}

void find_relations(Import& import, source::Session& session, const tsql::CatalogFeatures& features, const char* server,
                    const char* wanted, const ImportOptions& options) {
  const std::string schema = wanted;
  std::set<std::string> schemas;
  read_catalog(import, session, tsql::tables_query(features, false), [&](const source::CatalogRow& row) {
    const bool is_new = schemas.insert(row.text("schema")).second;
    if (!same_ignoring_case(row.text("schema"), schema) || (row.flag("is_view") && !options.with_views)) return is_new;
    import.relations.push_back({row.text("schema"), row.text("table"), {}, row.flag("is_view"), false, {}});
    return true;
  });
  // A server that tells case apart may have two schemas of this name.
  const bool exact =
      std::any_of(import.relations.begin(), import.relations.end(), [&](const auto& r) { return r.schema == schema; });
  if (exact) std::erase_if(import.relations, [&](const auto& r) { return r.schema != schema; });
  if (!import.relations.empty()) return;
  bool exists = false;
  read_catalog(import, session, tsql::schema_query(schema), [&](const source::CatalogRow& row) {
    exists = row.flag("exists");
    return false;
  });
  if (!exists) throw_no_schema(schema, server, schemas);
}

using RelationIndex = std::map<std::pair<std::string, std::string>, ImportedTable*>;

// A rowversion needs no option: its type says so.
std::string_view generated_of(const source::CatalogRow& row) {
  if (row.flag("is_computed")) return "always";
  return row.flag("is_identity") ? "identity" : "";
}

ImportedColumn imported_column(Import& import, const source::CatalogRow& row) {
  const std::string& name = row.text("column");
  const std::optional<Type> type = type_from_name(row.text("type"));
  if (!type) {
    import.notices.push_back("column \"" + name + "\" of table \"" + row.text("table") + "\" becomes text: its type " +
                             row.text("type") + " is not known to mssql_fdw");
  }
  if (row.flag("is_encrypted")) {
    import.notices.push_back("column \"" + name + "\" of table \"" + row.text("table") +
                             "\" is encrypted by the client: it gives ciphertext");
  }
  ImportedColumn column{};
  column.name = name;
  if (type) column.type = {*type, row.integer("max_length"), row.integer("precision"), row.integer("scale")};
  column.collation = row["collation"].value_or("");
  column.is_nullable = row.flag("is_nullable");
  column.generated = generated_of(row);
  column.default_definition = row["default_definition"].value_or("");
  return column;
}

void find_columns(Import& import, source::Session& session, const tsql::CatalogFeatures& features,
                  const ImportOptions& options) {
  RelationIndex index;
  std::set<std::pair<const ImportedTable*, std::string>> keys;
  for (ImportedTable& relation : import.relations) index[{relation.schema, relation.name}] = &relation;
  read_catalog(import, session, tsql::columns_query(features), [&](const source::CatalogRow& row) {
    const auto found = index.find({row.text("schema"), row.text("table")});
    if (found == index.end() || (row.flag("is_computed") && !options.with_generated)) return false;
    found->second->columns.push_back(imported_column(import, row));
    return true;
  });
  read_catalog(import, session, tsql::indexes_query(features), [&](const source::CatalogRow& row) {
    const auto found = index.find({row.text("schema"), row.text("table")});
    return found != index.end() && row["constraint_type"] == "PK" &&
           keys.emplace(found->second, row.text("column")).second;
  });
  std::set<std::pair<const ImportedTable*, std::string>> generated;
  read_catalog(import, session, tsql::generated_columns_query(features), [&](const source::CatalogRow& row) {
    const auto found = index.find({row.text("schema"), row.text("table")});
    return found != index.end() && generated.emplace(found->second, row.text("column")).second;
  });
  for (ImportedTable& relation : import.relations) {
    for (ImportedColumn& column : relation.columns) {
      if (generated.contains({&relation, column.name})) column.generated = "always";
    }
    for (ImportedColumn& column : relation.columns) column.is_key = keys.contains({&relation, column.name});
  }
}

// Takes out what is set aside, and says so. `place`: "" or " of table \"x\"".
template <class Named>
void take_out(Import& import, std::vector<Named>& items, const char* what, const std::string& place) {
  std::erase_if(items, [&](const Named& item) {
    if (item.set_aside) {
      import.notices.push_back("remote " + std::string(what) + " \"" + item.name + "\"" + place +
                               " is left out: this database's encoding lacks a character of its name");
    }
    return item.set_aside;
  });
}

// Gives all their local names, the first ones keeping theirs; says so where a name is not just
// folded. `scope`: local_names()'s. `place`: "" or " of table \"x\"".
template <class Named>
void name_locally(Import& import, std::vector<Named>& items, NameCase name_case, std::string_view scope,
                  const char* what, const std::string& place) {
  const auto wanted = std::is_same_v<Named, ImportedColumn> ? local_column_name : local_name;
  std::vector<std::string> names;
  for (const Named& item : items) names.push_back(item.name);
  const std::vector<std::string> locals = local_names(names, name_case, scope, wanted);
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].local = locals[i];
    if (locals[i] != folded_name(names[i], name_case)) {
      import.notices.push_back("remote " + std::string(what) + " \"" + names[i] + "\"" + place + " becomes \"" +
                               locals[i] + "\"");
    }
  }
}

// As replicate names tables (src/sql/plan/map.sql), so that both give a table the same name: first
// the one that is its own local name. Views step aside.
void name_relations(Import& import, NameCase name_case) {
  if (import.relations.empty()) return;
  std::sort(import.relations.begin(), import.relations.end(), [&](const ImportedTable& a, const ImportedTable& b) {
    const auto key = [&](const ImportedTable& table) {
      std::string local = local_name(table.name, name_case);
      const bool renamed = local != table.name;
      return std::tuple(std::move(local), table.is_view, renamed, std::string_view(table.name));
    };
    return key(a) < key(b);
  });
  name_locally(import, import.relations, name_case, import.relations.front().schema + ".", "table", "");
}

// The tables that a name of the list means: by the name they have here or there, else by the remote
// one whatever its case.
std::vector<bool> find_listed(Import& import, std::span<const std::string> listed) {
  std::vector<bool> found(import.relations.size());
  for (const std::string& name : listed) {
    const auto mark = [&](auto&& matches) {
      bool any = false;
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (!matches(import.relations[i])) continue;
        found[i] = any = true;
      }
      return any;
    };
    if (mark([&](const ImportedTable& table) { return name == table.name || name == table.local; })) continue;
    if (mark([&](const ImportedTable& table) { return same_ignoring_case(name, table.name); })) continue;
    import.remarks.push_back("the remote schema has no table or view \"" + name + "\"");
  }
  return found;
}

// Keeps what the statement's list asks for, and returns the local names to add to it.
std::vector<std::string> filter(Import& import, std::span<const std::string> listed, ImportForeignSchemaType kind) {
  std::vector<std::string> aliases;
  if (kind == FDW_IMPORT_SCHEMA_ALL) return aliases;
  const std::vector<bool> found = find_listed(import, listed);
  std::vector<ImportedTable> kept;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i]) aliases.push_back(import.relations[i].local);
    if (found[i] == (kind == FDW_IMPORT_SCHEMA_LIMIT_TO)) kept.push_back(std::move(import.relations[i]));
  }
  import.relations = std::move(kept);
  return aliases;
}

bool is_character(Type type) {
  switch (type) {
    case Type::char_:
    case Type::varchar:
    case Type::text:
    case Type::nchar:
    case Type::nvarchar:
    case Type::ntext: return true;
    default: return false;
  }
}

// Binary collations are the only ones with a counterpart on every PostgreSQL server.
bool is_binary_collation(std::string_view collation) {
  return collation.ends_with("_BIN") || collation.ends_with("_BIN2");
}

std::string column_clause(Import& import, const ImportedTable& relation, const ImportedColumn& column,
                          const ImportOptions& options) {
  std::string clause =
      quoted_identifier(column.local) + " " + (column.type ? local_type(*column.type, options.types) : "text");
  clause += " OPTIONS (column_name " + quoted_text(column.name);
  if (column.type) clause += ", remote_type " + quoted_text(declare(*column.type));
  if (column.is_key) clause += ", key 'true'";
  if (!column.generated.empty()) clause += ", generated " + quoted_text(column.generated);
  clause += ")";
  if (options.with_collations && column.type && is_character(column.type->type) &&
      is_binary_collation(column.collation)) {
    clause += " COLLATE pg_catalog.\"C\"";
  }
  if (options.with_defaults && column.lost_default) {
    import.notices.push_back("default of column \"" + column.name + "\" of table \"" + relation.name +
                             "\" is left out: this database's encoding lacks a character of it");
  } else if (options.with_defaults && !column.default_definition.empty()) {
    tsql::ExpressionContext context;
    context.column = [](std::string_view) { return std::optional<std::string>(); };
    context.sequence = [](std::string_view, std::string_view) { return std::optional<std::string>(); };
    const auto expression =
        column.type ? tsql::translate_default(column.default_definition, *column.type, context) : std::nullopt;
    if (expression) {
      clause += " DEFAULT " + *expression;
    } else {
      import.notices.push_back("default of column \"" + column.name + "\" of table \"" + relation.name +
                               "\" is left out: " + column.default_definition + " has no sure translation");
    }
  }
  // What a view says of its columns is as old as the view; PostgreSQL 17 leaves out IS NOT NULL on
  // the strength of it.
  if (options.with_not_null && !column.is_nullable && !relation.is_view) clause += " NOT NULL";
  return clause;
}

void write_commands(Import& import, const char* server, const ImportOptions& options) {
  for (ImportedTable& relation : import.relations) {
    name_locally(import, relation.columns, options.name_case, {}, "column", " of table \"" + relation.name + "\"");
    std::string command = "CREATE FOREIGN TABLE " + quoted_identifier(relation.local) + " (";
    const char* separator = "\n  ";
    for (const ImportedColumn& column : relation.columns) {
      command += separator + column_clause(import, relation, column, options);
      separator = ",\n  ";
    }
    command += "\n) SERVER " + quoted_identifier(server) + " OPTIONS (schema_name " + quoted_text(relation.schema) +
               ", table_name " + quoted_text(relation.name) + (relation.is_view ? ", updatable 'false')" : ")");
    import.commands.push_back(std::move(command));
  }
}

void read_features(tsql::CatalogFeatures& features, source::Session& session) { features = catalog_features(session); }

const char* to_server(const std::string& text) {
  return copy_out(view(pg_any_to_server(text.c_str(), static_cast<int>(text.size()), PG_UTF8)));
}

ImportOptions read_options(List* definitions) {
  constexpr auto context = OptionContext::import;
  const OptionList options = option_list(definitions);
  validate_options(context, options);
  ImportOptions result{};
  result.with_defaults = boolean_option(context, options, "import_default", false);
  result.with_not_null = boolean_option(context, options, "import_not_null", true);
  result.with_collations = boolean_option(context, options, "import_collate", true);
  result.with_generated = boolean_option(context, options, "import_generated", true);
  result.with_views = boolean_option(context, options, "import_views", true);
  result.name_case = static_cast<NameCase>(choice_option(context, options, "name_case", 0));
  result.types = local_type_options();
  return result;
}

struct Listed {
  const char** names;  // UTF-8
  std::size_t count;
};

Listed listed_tables(List* tables) {
  Listed listed{
      static_cast<const char**>(palloc0(sizeof(char*) * static_cast<std::size_t>(std::max(list_length(tables), 1)))),
      0};
  ListCell* cell = nullptr;
  foreach (cell, tables) {
    char* name = lfirst_node(RangeVar, cell)->relname;
    listed.names[listed.count++] = to_utf8(name);
  }
  return listed;
}

void say_empty(Import& import, const char* schema, const ImportOptions& options) {
  import.remarks.push_back("remote schema \"" + std::string(schema) + "\" has no tables" +
                           (options.with_views ? " or views" : "") + " that the login can see: nothing is imported");
}

// Core only. The relations that the statement's list asks for; the names that PostgreSQL's list
// lacks go to `aliases`.
void choose_relations(Import& import, std::vector<std::string>& aliases, const Listed& listed,
                      ImportForeignSchemaType kind, const ImportOptions& options) {
  std::vector<ImportedTable> aside;
  std::copy_if(import.relations.begin(), import.relations.end(), std::back_inserter(aside),
               [](const auto& r) { return r.set_aside; });
  std::erase_if(import.relations, [](const auto& r) { return r.set_aside; });
  name_relations(import, options.name_case);
  const std::vector<std::string> names(listed.names, listed.names + (import.relations.empty() ? 0 : listed.count));
  aliases = filter(import, names, kind);
  // Notices about tables that are not imported are no use.
  std::erase_if(import.notices, [&](const std::string& notice) {
    return std::none_of(import.relations.begin(), import.relations.end(), [&](const ImportedTable& relation) {
      return notice.find("\"" + relation.local + "\"") != std::string::npos;
    });
  });
  if (kind != FDW_IMPORT_SCHEMA_LIMIT_TO) take_out(import, aside, "table", "");
}

// Core only.
void take_out_columns(Import& import) {
  for (ImportedTable& relation : import.relations)
    take_out(import, relation.columns, "column", " of table \"" + relation.name + "\"");
}

// Here the backend may be called again.

bool nameable(const std::string& name) { return !source::is_damaged(name) && representable(name.c_str()) != nullptr; }

void judge_relations(Import& import) {
  for (std::size_t i = 0; i < import.relations.size(); ++i)
    import.relations[i].set_aside = !nameable(import.relations[i].name);
}

void judge_columns(Import& import) {
  for (std::size_t i = 0; i < import.relations.size(); ++i) {
    std::vector<ImportedColumn>& columns = import.relations[i].columns;
    for (std::size_t k = 0; k < columns.size(); ++k) {
      columns[k].set_aside = !nameable(columns[k].name);
      columns[k].lost_default = !nameable(columns[k].default_definition);
    }
  }
}

void run_import(Import& import, std::vector<std::string>& aliases, source::Session& session,
                ImportForeignSchemaStmt* statement, const ImportOptions& options) {
  const Listed listed = listed_tables(statement->table_list);
  const char* schema = to_utf8(statement->remote_schema);
  const char* server = to_utf8(statement->server_name);
  auto* features = own<tsql::CatalogFeatures>(CurrentMemoryContext);
  read_features(*features, session);
  find_relations(import, session, *features, server, schema, options);
  if (import.relations.empty()) say_empty(import, schema, options);
  judge_relations(import);
  choose_relations(import, aliases, listed, statement->list_type, options);
  find_columns(import, session, *features, options);
  judge_columns(import);
  take_out_columns(import);
  write_commands(import, server, options);
}

}  // namespace

LocalTypeOptions local_type_options() {
  const bool postgis = OidIsValid(TypenameGetTypid("geometry")) && OidIsValid(TypenameGetTypid("geography"));
  return {postgis, GetDatabaseEncoding() == PG_SQL_ASCII};
}

List* ImportForeignSchema(ImportForeignSchemaStmt* statement, Oid server) {
  const ImportOptions options = read_options(statement->options);
  auto* import = own<Import>(CurrentMemoryContext);
  auto* aliases = own<std::vector<std::string>>(CurrentMemoryContext);
  import->schema = to_utf8(statement->remote_schema);
  fence_with_context(describe, import,
                     [&] { run_import(*import, *aliases, acquire(server, GetUserId(), {}), statement, options); });

  for (std::size_t i = 0; i < aliases->size(); ++i) {
    statement->table_list =
        lappend(statement->table_list, makeRangeVar(nullptr, const_cast<char*>(to_server((*aliases)[i])), -1));
  }
  for (std::size_t i = 0; i < import->notices.size(); ++i)
    ereport(NOTICE, (errmsg("%s", displayable(import->notices[i].c_str()))));
  for (std::size_t i = 0; i < import->remarks.size(); ++i)
    ereport(NOTICE, (errmsg("%s", displayable(import->remarks[i].c_str()))));
  List* commands = NIL;
  for (std::size_t i = 0; i < import->commands.size(); ++i) {
    commands = lappend(commands, const_cast<char*>(to_server(import->commands[i])));
  }
  return commands;
}

}  // namespace mssql::pg
