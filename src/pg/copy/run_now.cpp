#include "run_now.hpp"

namespace mssql::pg {

void run_now(const char* sql, int nargs, Oid* types, Datum* values, long limit) {
  SPIPlanPtr plan = SPI_prepare(sql, nargs, types);
  if (plan == nullptr) elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
  if (SPI_execute_snapshot(plan, values, nullptr, GetLatestSnapshot(), InvalidSnapshot, true, false, limit) != SPI_OK_SELECT) {
    elog(ERROR, "query of our own failed: %s", SPI_result_code_string(SPI_result));
  }
  SPI_freeplan(plan);
}

const char* text_of(SPITupleTable* table, std::uint64_t row, int column) { return SPI_getvalue(table->vals[row], table->tupdesc, column); }

Oid oid_of(SPITupleTable* table, std::uint64_t row, int column) {
  bool isnull = false;
  return DatumGetObjectId(SPI_getbinval(table->vals[row], table->tupdesc, column, &isnull));
}

const char* own_schema(FunctionCallInfo fcinfo) {
  return quote_identifier(get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid)));
}

}  // namespace mssql::pg
