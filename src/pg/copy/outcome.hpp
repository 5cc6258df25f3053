// replicate._outcome: what became of a step, as a row.
#pragma once

#include "steps.hpp"

namespace mssql::pg {

// Of the type replicate._outcome.
TupleDesc outcome_descriptor();
// In the current memory context.
HeapTuple outcome_row(TupleDesc descriptor, const Outcome& outcome);

}  // namespace mssql::pg
