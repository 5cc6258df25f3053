// The source's catalog for the SQL half of the extension: what core/access/catalog asks, and
// nothing else that a caller could choose. Its rows go into a model as they come.
//
// What the server's encoding lacks cannot be a name here, and no expression of ours: a row says
// which of its comments were dropped ("left_out"), and one with such a name becomes one of those
// that are set aside, which says which of its names are so ("unnameable").

#include "core/access/catalog.hpp"
#include "core/source/ask.hpp"
#include "pg/remote/connection.hpp"
#include "pg/remote/options.hpp"
#include "model.hpp"
#include "run.hpp"

namespace mssql::pg {

namespace {

struct Reading {
  std::optional<WholeCatalog> catalog;
  CatalogRows rows;
};

// Core only.
bool read_more(Reading& reading, source::Session& session) {
  if (!reading.catalog) reading.catalog.emplace(session);
  return reading.catalog->next(reading.rows);
}

// Core only.
std::int64_t count_rows(source::Session& session, const char* schema, const char* table, bool snapshot) {
  return source::ask_integer(session, tsql::count_query(schema, table, snapshot).sql).value_or(0);
}

// From here on the backend is called.

struct RowTypeOf {
  const char* query;
  const char* type;  // in schema replicate (src/sql/tables)
};

constexpr RowTypeOf row_types[] = {
    {"database", "_source_database"},
    {"tables", "_source_table"},
    {"columns", "_source_column"},
    {"indexes", "_source_index"},
    {"checks", "_source_check"},
    {"sequences", "_source_sequence"},
    {"foreign_keys", "_source_foreign_key"},
    {"programs", "_source_program"},
};
constexpr const char* aside = "_unnameable";

const RowTypeOf& row_type_of(std::string_view query) {
  for (const RowTypeOf& each : row_types) {
    if (query == each.query) return each;
  }
  elog(ERROR, "query of the catalog has no row type");
  pg_unreachable();
}

// What is said of a row, after its columns.
constexpr const char* remarks[] = {"of", "unnameable", "left_out"};

using Columns = std::span<const source::CatalogColumn>;

// Where a row's texts have what the attribute of this name holds; at the last place is nothing.
std::size_t place_of(const char* attribute, Columns columns) {
  std::size_t place = 0;
  for (; place < columns.size(); ++place) {
    if (columns[place].name == attribute) return place;
  }
  for (const char* remark : remarks) {
    if (std::strcmp(remark, attribute) == 0) return place;
    ++place;
  }
  return place;
}

// How texts become a row of a type.
struct RowType {
  TupleDesc descriptor;
  AttInMetadata* input;
  std::size_t* places;  // by attribute
  char** texts;         // by attribute
};

RowType row_type(const char* name, Columns columns) {
  const Oid type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
                                   ObjectIdGetDatum(get_namespace_oid("replicate", false)));
  if (!OidIsValid(type)) elog(ERROR, "type replicate.%s is missing", name);
  TupleDesc descriptor = lookup_rowtype_tupdesc_copy(type, -1);
  const auto attributes = static_cast<std::size_t>(descriptor->natts);
  RowType row{descriptor, TupleDescGetAttInMetadata(descriptor),
              static_cast<std::size_t*>(palloc(sizeof(std::size_t) * attributes)),
              static_cast<char**>(palloc(sizeof(char*) * attributes))};
  for (int a = 0; a < descriptor->natts; ++a)
    row.places[a] = place_of(NameStr(TupleDescAttr(descriptor, a)->attname), columns);
  return row;
}

// What becomes of the rows of a query.
struct Query {
  const char* name = "";
  RowType fits{};
  RowType set_aside{};
};

Query find_query(const CatalogRows& rows) {
  const RowTypeOf& found = row_type_of(rows.query);
  const Columns columns = rows.rows.front().columns();
  return {found.query, row_type(found.type, columns), row_type(aside, columns)};
}

// A row's cells in this database's encoding, and what of them cannot be.
struct Cells {
  const char** texts;  // by place_of(); null: NULL, or a comment that is left out
  StringInfoData unnameable;
  StringInfoData left_out;
};

void append_name(StringInfo list, std::string_view name) {
  appendStringInfo(list, "%s%.*s", list->len > 0 ? "," : "{", static_cast<int>(name.size()), name.data());
}

void convert_cell(Cells* cells, std::size_t i, const source::CatalogColumn& column, const char* utf8) {
  const char* text = source::is_damaged(utf8) ? nullptr : representable(utf8);
  cells->texts[i] = text;
  if (text != nullptr) return;
  switch (column.kind) {
    case source::CatalogKind::text: append_name(&cells->left_out, column.name); break;
    case source::CatalogKind::expression:  // no expression any more, but something to report
      cells->texts[i] = psprintf("not in this database's encoding: %s", displayable(utf8));
      break;
    default: append_name(&cells->unnameable, column.name); cells->texts[i] = displayable(utf8);
  }
}

// Of lists as an array's text; null: it is empty.
char* closed(StringInfo list) {
  if (list->len == 0) return nullptr;
  appendStringInfoChar(list, '}');
  return list->data;
}

Cells convert(const source::CatalogRow& row, const char* query) {
  const std::size_t columns = row.columns().size();
  Cells cells{static_cast<const char**>(palloc0(sizeof(char*) * (columns + std::size(remarks) + 1))), {}, {}};
  initStringInfo(&cells.unnameable);
  initStringInfo(&cells.left_out);
  for (std::size_t i = 0; i < columns; ++i) {
    if (row.cell(i)) convert_cell(&cells, i, row.columns()[i], row.cell(i)->c_str());
  }
  const char** said = cells.texts + columns;  // as `remarks`
  said[0] = query;
  said[1] = closed(&cells.unnameable);
  said[2] = closed(&cells.left_out);
  return cells;
}

// The database has its row whatever its names are.
void keep_row(int model, const Query& query, bool is_database, const source::CatalogRow& row) {
  const Cells cells = convert(row, query.name);
  const RowType& type = cells.unnameable.len == 0 || is_database ? query.fits : query.set_aside;
  for (int a = 0; a < type.descriptor->natts; ++a) type.texts[a] = const_cast<char*>(cells.texts[type.places[a]]);
  add_row(model, type.descriptor, BuildTupleFromCStrings(type.input, type.texts));
}

void read_catalog(int model, source::Session& session) {
  auto* reading = own<Reading>(CurrentMemoryContext);
  const CatalogRows& rows = reading->rows;
  MemoryContext whole = CurrentMemoryContext;
  MemoryContext each = AllocSetContextCreate(whole, "mssql_fdw catalog row", ALLOCSET_DEFAULT_SIZES);
  Query query;
  while (read_more(*reading, session)) {
    if (query.name != rows.query) query = find_query(rows);
    MemoryContextSwitchTo(each);
    for (const source::CatalogRow& row : rows.rows) {
      CHECK_FOR_INTERRUPTS();
      keep_row(model, query, rows.is_database, row);
      MemoryContextReset(each);
    }
    MemoryContextSwitchTo(whole);
  }
  MemoryContextDelete(each);
}

// STRICT.
Datum read_catalog(FunctionCallInfo fcinfo) {
  const ForeignServer* server = find_server(NameStr(*PG_GETARG_NAME(1)));
  read_catalog(PG_GETARG_INT32(0), acquire(server->serverid, GetUserId(), {.whole = true}));
  PG_RETURN_VOID();
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

// _read_catalog(model int, server name) RETURNS void
Datum mssql_fdw_read_catalog(PG_FUNCTION_ARGS) {
  return fence_private([&] { return read_catalog(fcinfo); });
}

// _limit_lock_waits(seconds float8) RETURNS void; STRICT. Code that a run calls changes nothing of
// that.
Datum mssql_fdw_limit_lock_waits(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    if (!in_run() || is_run_itself()) limit_lock_waits(PG_GETARG_FLOAT8(0));
    PG_RETURN_VOID();
  });
}

// _session_isolation(server name) RETURNS text
Datum mssql_fdw_session_isolation(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    const char* level = level_of(find_server(NameStr(*PG_GETARG_NAME(0)))->serverid, GetUserId());
    if (level == nullptr) PG_RETURN_NULL();
    PG_RETURN_TEXT_P(cstring_to_text(level));
  });
}

// _source_count(server name, schema text, name text, snapshot boolean) RETURNS bigint
Datum mssql_fdw_source_count(PG_FUNCTION_ARGS) {
  return fence_private([&] { return source_count(fcinfo); });
}
}
