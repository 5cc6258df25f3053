// What C functions need that return sets: a tuplestore that is filled in one call.
#pragma once

#include "pg/host/postgres.hpp"

namespace mssql::pg {

// The caller's side; an error where it cannot take a set.
ReturnSetInfo* materialized_result(FunctionCallInfo fcinfo);
// The shape of the rows, from the function's declaration or from the column definition list of the
// call.
TupleDesc result_descriptor(FunctionCallInfo fcinfo);
// Gives the caller an empty tuplestore of this shape; it spills to disk beyond work_mem.
Tuplestorestate* begin_result(ReturnSetInfo* result, TupleDesc descriptor);

}  // namespace mssql::pg
