// Composite values of the backend's, as C++ takes them.
#pragma once

#include "postgres.hpp"

namespace mssql::pg {

// For what takes tuples; it points to the value.
inline HeapTupleData tuple_of(HeapTupleHeader row) {
  HeapTupleData tuple{};
  tuple.t_len = HeapTupleHeaderGetDatumLength(row);
  ItemPointerSetInvalid(&tuple.t_self);
  tuple.t_data = row;
  return tuple;
}

}  // namespace mssql::pg
