// The source's catalog for the SQL half of the extension: what core/access/catalog asks, and
// nothing else that a caller could choose.
//
// Core reads the rows first; then they are written as JSON in the server's encoding. What that
// encoding lacks cannot be a name here, and no expression of ours: a row says which of its names
// are so ("unnameable") and which of its comments were dropped ("left_out").

#include "core/access/catalog.hpp"
#include "core/source/ask.hpp"
#include "pg/remote/connection.hpp"
#include "pg/remote/options.hpp"

namespace mssql::pg {

namespace {

using Catalog = std::vector<CatalogAnswer>;

// Core only.
void read(Catalog& catalog, source::Session& session) { catalog = whole_catalog(session); }

// Core only.
std::int64_t count_rows(source::Session& session, const char* schema, const char* table, bool snapshot) {
  return source::ask_integer(session, tsql::count_query(schema, table, snapshot).sql).value_or(0);
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
bool append_cell(StringInfo json, const char* name, source::CatalogKind kind, const char* utf8) {
  const bool number = kind == source::CatalogKind::flag || kind == source::CatalogKind::integer;
  const char* text = source::is_damaged(utf8) ? nullptr : representable(utf8);
  if (text == nullptr && kind == source::CatalogKind::text) return false;
  if (text != nullptr) {
    append_member(json, name, text, !number);
  } else if (kind == source::CatalogKind::expression) {
    // no expression any more, but something to report
    append_member(json, name, psprintf("not in this database's encoding: %s", displayable(utf8)), true);
  } else {
    append_member(json, name, displayable(utf8), true);
  }
  return text != nullptr || kind == source::CatalogKind::expression;
}

void append_row(StringInfo json, const source::CatalogRow& row) {
  StringInfoData unnameable;
  StringInfoData left_out;
  initStringInfo(&unnameable);
  initStringInfo(&left_out);
  appendStringInfoChar(json, '{');
  for (std::size_t i = 0; i < row.columns().size(); ++i) {
    if (!row.cell(i)) continue;
    const char* name = row.columns()[i].name.data();  // of a literal, so it ends in a NUL
    if (append_cell(json, name, row.columns()[i].kind, row.cell(i)->c_str())) continue;
    StringInfo list = row.columns()[i].kind == source::CatalogKind::name ? &unnameable : &left_out;
    appendStringInfo(list, "%s\"%s\"", list->len > 0 ? "," : "", name);
  }
  if (unnameable.len > 0) append_member(json, "unnameable", psprintf("[%s]", unnameable.data), false);
  if (left_out.len > 0) append_member(json, "left_out", psprintf("[%s]", left_out.data), false);
  appendStringInfoChar(json, '}');
  pfree(unnameable.data);
  pfree(left_out.data);
}

Datum catalog_json(const Catalog& answers) {
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
  read(*catalog, acquire(server->serverid, GetUserId(), {.whole = true}));
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
