// replicate._outcome: what became of a step, as a row.
#pragma once

#include "steps.hpp"

namespace mssql::pg {

// Of the type replicate._outcome.
TupleDesc outcome_descriptor();
// In the current memory context.
HeapTuple outcome_row(TupleDesc descriptor, const Outcome& outcome);

// Rows and bytes, where it is a load's; else none.
struct Amount {
  std::int64_t rows;
  std::int64_t bytes;
};
Amount loaded_by(TupleDesc descriptor, HeapTupleHeader outcome);

}  // namespace mssql::pg
