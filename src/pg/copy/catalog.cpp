// The source's catalog for the SQL half of the extension: the closed list of queries of
// core/tsql/catalog, and nothing else that a caller could choose.
//
// Core reads the rows first; then they are written as JSON in the server's encoding. What that
// encoding lacks cannot be a name here, and no expression of ours: a row says which of its names
// are so ("unnameable") and which of its comments were dropped ("left_out").

#include "pg/remote/connection.hpp"
#include "pg/remote/options.hpp"
#include "catalog_rows.hpp"

namespace mssql::pg {

namespace {

struct CatalogAnswer {
  std::string_view name;
  std::vector<CatalogRow> rows;
};

struct Catalog {
  std::vector<CatalogAnswer> answers;
  CatalogBudget budget;
};

// Core only.
void ask(Catalog& catalog, tds::Session& session, const tsql::CatalogQuery& query) {
  CatalogAnswer& answer = catalog.answers.emplace_back(CatalogAnswer{query.name, {}});
  for_each_catalog_row(session, query, catalog.budget, [&](CatalogRow row) {
    answer.rows.push_back(std::move(row));
    return true;
  });
}

// Core only. The database comes first.
void read_catalog(Catalog& catalog, tds::Session& session) {
  const tsql::CatalogFeatures features = catalog_features(session);
  ask(catalog, session, tsql::database_query());
  if (catalog.answers.front().rows.size() != 1)
    throw Error(sqlstate::fdw_error, "the server's catalog has no current database");
  const CatalogRow& database = catalog.answers.front().rows.front();
  const bool sizes = database.flag("view_definition") && database.flag("view_database_state");
  ask(catalog, session, tsql::tables_query(features, sizes));
  ask(catalog, session, tsql::columns_query(features));
  ask(catalog, session, tsql::indexes_query(features));
  ask(catalog, session, tsql::foreign_keys_query());
  ask(catalog, session, tsql::checks_query());
  if (features.has("sequences")) ask(catalog, session, tsql::sequences_query(features));
  ask(catalog, session, tsql::programs_query());
}

std::int64_t count_rows(tds::Session& session, const char* schema, const char* table, bool snapshot) {
  std::int64_t count = 0;
  CatalogBudget budget;
  for_each_catalog_row(session, tsql::count_query(schema, table, snapshot), budget, [&](const CatalogRow& row) {
    count = std::stoll(row.text("rows"));
    return false;
  });
  return count;
}

// From here on the backend is called.

void append_member(StringInfo json, const char* name, const char* text, bool quoted) {
  if (json->data[json->len - 1] != '{') appendStringInfoChar(json, ',');
  escape_json(json, name);
  appendStringInfoChar(json, ':');
  if (quoted) {
    escape_json(json, text);
  } else {
    appendStringInfoString(json, text);
  }
}

// A cell; false: a name or a comment that cannot be written here.
bool append_cell(StringInfo json, const char* name, tsql::CatalogKind kind, const char* utf8) {
  const bool number = kind == tsql::CatalogKind::flag || kind == tsql::CatalogKind::integer;
  const char* text = is_damaged(utf8) ? nullptr : representable(utf8);
  if (text == nullptr && kind == tsql::CatalogKind::text) return false;
  if (text != nullptr) {
    append_member(json, name, text, !number);
  } else if (kind == tsql::CatalogKind::expression) {
    // no expression any more, but something to report
    append_member(json, name, psprintf("not in this database's encoding: %s", displayable(utf8)), true);
  } else {
    append_member(json, name, displayable(utf8), true);
  }
  return text != nullptr || kind == tsql::CatalogKind::expression;
}

void append_row(StringInfo json, const CatalogRow& row) {
  StringInfoData unnameable;
  StringInfoData left_out;
  initStringInfo(&unnameable);
  initStringInfo(&left_out);
  appendStringInfoChar(json, '{');
  for (std::size_t i = 0; i < row.columns().size(); ++i) {
    if (!row.cell(i)) continue;
    const char* name = row.columns()[i].name.data();  // of a literal, so it ends in a NUL
    if (append_cell(json, name, row.columns()[i].kind, row.cell(i)->c_str())) continue;
    StringInfo list = row.columns()[i].kind == tsql::CatalogKind::name ? &unnameable : &left_out;
    appendStringInfo(list, "%s\"%s\"", list->len > 0 ? "," : "", name);
  }
  if (unnameable.len > 0) append_member(json, "unnameable", psprintf("[%s]", unnameable.data), false);
  if (left_out.len > 0) append_member(json, "left_out", psprintf("[%s]", left_out.data), false);
  appendStringInfoChar(json, '}');
  pfree(unnameable.data);
  pfree(left_out.data);
}

Datum catalog_json(const Catalog& catalog) {
  const std::vector<CatalogAnswer>& answers = catalog.answers;
  StringInfoData json;
  initStringInfo(&json);
  appendStringInfoChar(&json, '{');
  for (std::size_t a = 0; a < answers.size(); ++a) {
    append_member(&json, answers[a].name.data(), "[", false);
    for (std::size_t r = 0; r < answers[a].rows.size(); ++r) {
      if (r > 0) appendStringInfoChar(&json, ',');
      append_row(&json, answers[a].rows[r]);
    }
    appendStringInfoChar(&json, ']');
  }
  appendStringInfoChar(&json, '}');
  return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

Datum source_catalog(FunctionCallInfo fcinfo) {
  const ForeignServer* server = find_server(NameStr(*PG_GETARG_NAME(0)));
  auto* catalog = own<Catalog>(CurrentMemoryContext);
  read_catalog(*catalog, acquire(server->serverid, GetUserId(), {.whole = true}));
  return catalog_json(*catalog);
}

const char* utf8_argument(FunctionCallInfo fcinfo, int n) {
  const char* value = text_to_cstring(PG_GETARG_TEXT_PP(n));
  return pg_server_to_any(value, static_cast<int>(std::strlen(value)), PG_UTF8);
}

Datum source_count(FunctionCallInfo fcinfo) {
  const ForeignServer* server = find_server(NameStr(*PG_GETARG_NAME(0)));
  const char* schema = utf8_argument(fcinfo, 1);
  const char* table = utf8_argument(fcinfo, 2);
  PG_RETURN_INT64(
      count_rows(acquire(server->serverid, GetUserId(), {.whole = true}), schema, table, PG_GETARG_BOOL(3)));
}

}  // namespace

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// _source_catalog(server name) RETURNS jsonb
Datum mssql_fdw_source_catalog(PG_FUNCTION_ARGS) {
  return fence_private([&] { return source_catalog(fcinfo); });
}

// _source_count(server name, schema text, name text, snapshot boolean) RETURNS bigint
Datum mssql_fdw_source_count(PG_FUNCTION_ARGS) {
  return fence_private([&] { return source_count(fcinfo); });
}
}
