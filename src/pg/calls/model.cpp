// The rows of a model as SQL keeps and reads them: copy/model.hpp says how long they live.

#include "pg/copy/model.hpp"

#include "pg/host/boundary.hpp"
#include "pg/host/rows.hpp"
#include "result_rows.hpp"

namespace mssql::pg {

namespace {

// The number that stands in a model (src/sql/plan/model.sql) under "rows"; 0: none.
int number_of(Jsonb* model) {
  JsonbValue value;
  if (!JB_ROOT_IS_OBJECT(model) || getKeyJsonValueFromContainer(&model->root, "rows", 4, &value) == nullptr ||
      value.type != jbvNumeric)
    return 0;
  return DatumGetInt32(DirectFunctionCall1(numeric_int4, NumericGetDatum(value.val.numeric)));
}

Datum model_rows(FunctionCallInfo fcinfo) {
  ReturnSetInfo* result = materialized_result(fcinfo);
  TupleDesc descriptor = result_descriptor(fcinfo);
  Tuplestorestate* rows = begin_result(result, descriptor);
  const int number = number_of(PG_GETARG_JSONB_P(0));
  if (number == 0) return static_cast<Datum>(0);
  const ModelRows kept = rows_of_model(number, get_func_rettype(fcinfo->flinfo->fn_oid));
  for (int i = 0; i < kept.count; ++i) {
    HeapTupleData tuple = tuple_of(DatumGetHeapTupleHeader(kept.rows[i]));
    tuplestore_puttuple(rows, &tuple);
  }
  return static_cast<Datum>(0);
}

// An estimate only, so it may be of another model than the one that is meant.
Datum estimate_rows(FunctionCallInfo fcinfo) {
  auto* request = reinterpret_cast<SupportRequestRows*>(PG_GETARG_POINTER(0));
  if (!IsA(request, SupportRequestRows)) PG_RETURN_POINTER(nullptr);
  const int count = rows_of_newest_model(get_func_rettype(request->funcid));
  if (count < 0) PG_RETURN_POINTER(nullptr);
  request->rows = Max(count, 1);
  PG_RETURN_POINTER(request);
}

}  // namespace

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// _make_model() RETURNS int
Datum mssql_fdw_make_model(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  return fence([&]() -> Datum { PG_RETURN_INT32(make_model()); });
}

// _forget_model(model jsonb) RETURNS void
Datum mssql_fdw_forget_model(PG_FUNCTION_ARGS) {
  return fence([&]() -> Datum {
    forget_model(number_of(PG_GETARG_JSONB_P(0)));
    PG_RETURN_VOID();
  });
}

// _complete_model(model jsonb) RETURNS void
Datum mssql_fdw_complete_model(PG_FUNCTION_ARGS) {
  return fence([&]() -> Datum {
    complete_model(number_of(PG_GETARG_JSONB_P(0)));
    PG_RETURN_VOID();
  });
}

// _keep_rows(model int, rows anyarray) RETURNS void
Datum mssql_fdw_keep_rows(PG_FUNCTION_ARGS) {
  return fence([&]() -> Datum {
    keep_rows(PG_GETARG_INT32(0), PG_GETARG_ARRAYTYPE_P(1));
    PG_RETURN_VOID();
  });
}

// NAME(model jsonb) RETURNS SETOF TYPE: the rows of this type.
Datum mssql_fdw_model_rows(PG_FUNCTION_ARGS) {
  return fence([&] { return model_rows(fcinfo); });
}

// _estimate_rows(internal) RETURNS internal: of such a function.
Datum mssql_fdw_estimate_rows(PG_FUNCTION_ARGS) {
  return fence([&] { return estimate_rows(fcinfo); });
}
}
