#include "run_now.hpp"

#include "pg/host/settings.hpp"
#include "run.hpp"

namespace mssql::pg {

void run_now(const char* sql, int nargs, Oid* types, Datum* values, long limit) {
  SPIPlanPtr plan = SPI_prepare(sql, nargs, types);
  if (plan == nullptr) elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
  if (SPI_execute_snapshot(plan, values, nullptr, GetLatestSnapshot(), InvalidSnapshot, true, false, limit) !=
      SPI_OK_SELECT) {
    elog(ERROR, "query of our own failed: %s", SPI_result_code_string(SPI_result));
  }
  SPI_freeplan(plan);
}

// Who asks for fewer gets no parallel workers.
static constexpr long every_row = 0;

static void set(const char* name, const char* value) {
  (void)set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, ERROR, false);
}

// A plan's nodes take work_mem in each of its processes, and its hashes that times the multiplier.
static void share_maintenance_memory() {
  constexpr int least_kb = 64;
  const int processes = 1 + Min(max_parallel_workers_per_gather, max_parallel_workers);
  set("work_mem", psprintf("%d", Max(maintenance_work_mem / processes, least_kb)));
  set("hash_mem_multiplier", "1");
}

void run_users_code_now(const char* sql) {
  const int settings = take_callers_path();
  share_maintenance_memory();
  SPIPlanPtr plan = SPI_prepare_cursor(sql, 0, nullptr, CURSOR_OPT_PARALLEL_OK);
  if (plan == nullptr) elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
  if (SPI_execute_snapshot(plan, nullptr, nullptr, GetLatestSnapshot(), InvalidSnapshot, true, false, every_row) !=
      SPI_OK_SELECT) {
    elog(ERROR, "query over rows failed: %s", SPI_result_code_string(SPI_result));
  }
  SPI_freeplan(plan);
  release_settings(settings);
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
