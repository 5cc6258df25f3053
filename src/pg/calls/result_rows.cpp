// Results of set-returning functions. result_rows.hpp says how they come.

#include "result_rows.hpp"

namespace mssql::pg {

ReturnSetInfo* materialized_result(FunctionCallInfo fcinfo) {
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  if (result == nullptr || !IsA(result, ReturnSetInfo) || (result->allowedModes & SFRM_Materialize) == 0) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("set-valued function called in context that cannot accept a set")));
  }
  return result;
}

TupleDesc result_descriptor(FunctionCallInfo fcinfo) {
  TupleDesc descriptor = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("function returning record called in context that cannot accept type record"),
                    errhint("Give a column definition list: SELECT * FROM mssql_query(...) AS t(id int, name text).")));
  }
  return descriptor;
}

Tuplestorestate* begin_result(ReturnSetInfo* result, TupleDesc descriptor) {
  MemoryContext old = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
  result->returnMode = SFRM_Materialize;
  result->setDesc = CreateTupleDescCopy(descriptor);
  result->setResult = tuplestore_begin_heap((result->allowedModes & SFRM_Materialize_Random) != 0, false, work_mem);
  MemoryContextSwitchTo(old);
  return result->setResult;
}

}  // namespace mssql::pg
