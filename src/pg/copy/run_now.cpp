#include "run_now.hpp"

#include "pg/host/settings.hpp"
#include "run.hpp"

namespace mssql::pg {

namespace {

Query* analyzed(const char* sql) {
  auto* statement = linitial_node(RawStmt, pg_parse_query(sql));
#if PG_VERSION_NUM >= 150000
  return linitial_node(Query, pg_analyze_and_rewrite_fixedparams(statement, sql, nullptr, 0, nullptr));
#else
  return linitial_node(Query, pg_analyze_and_rewrite(statement, sql, nullptr, 0, nullptr));
#endif
}

}  // namespace

void run_now(const char* sql, int nargs, Oid* types, Datum* values, long limit) {
  SPIPlanPtr plan = SPI_prepare(sql, nargs, types);
  if (plan == nullptr) elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
  if (SPI_execute_snapshot(plan, values, nullptr, GetLatestSnapshot(), InvalidSnapshot, true, false, limit) !=
      SPI_OK_SELECT) {
    elog(ERROR, "query of our own failed: %s", SPI_result_code_string(SPI_result));
  }
  SPI_freeplan(plan);
}

// SPI would parse it where it is run. Planning is running: functions are inlined.
void run_users_code_now(const char* sql) {
  PushActiveSnapshot(GetLatestSnapshot());
  Query* query = analyzed(sql);
  const int settings = take_callers_path();
  PlannedStmt* plan = pg_plan_query(query, sql, 0, nullptr);
  Portal portal = CreateNewPortal();
  portal->visible = false;
  PortalDefineQuery(portal, nullptr, sql, CMDTAG_SELECT, list_make1(plan), nullptr);
  PortalStart(portal, nullptr, 0, GetActiveSnapshot());
  SPI_cursor_fetch(portal, true, 1);
  SPI_cursor_close(portal);
  release_settings(settings);
  PopActiveSnapshot();
}

bool is_true(SPITupleTable* table, std::uint64_t row, int column) {
  bool isnull = false;
  const Datum value = SPI_getbinval(table->vals[row], table->tupdesc, column, &isnull);
  return !isnull && DatumGetBool(value);
}

const char* text_of(SPITupleTable* table, std::uint64_t row, int column) {
  return SPI_getvalue(table->vals[row], table->tupdesc, column);
}

Oid oid_of(SPITupleTable* table, std::uint64_t row, int column) {
  bool isnull = false;
  return DatumGetObjectId(SPI_getbinval(table->vals[row], table->tupdesc, column, &isnull));
}

Datum kept_value(MemoryContext context, int column) {
  bool isnull = false;
  const Datum value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &isnull);
  MemoryContext old = MemoryContextSwitchTo(context);
  const Datum kept = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
  MemoryContextSwitchTo(old);
  return kept;
}

const char* own_schema(FunctionCallInfo fcinfo) {
  return quote_identifier(get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid)));
}

}  // namespace mssql::pg
