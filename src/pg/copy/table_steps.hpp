// The steps of one table, or a part of them, as whoever loads it executes them: a worker of a run,
// or its leader.
#pragma once

#include "chunks.hpp"
#include "outcome.hpp"

namespace mssql::pg {

// The verb of the outcome of a table that could not be loaded, and that the run goes on without.
inline constexpr const char* set_aside = "set aside";

// Executes, in the present transaction, those of `steps`, replicate._step[], that are of `part`.
// What became of them, a list of HeapTuple, rows of replicate._outcome in `context`. Each counts
// from 1 as it stands in `steps`. `schema`: of our own functions, quoted.
List* execute_table_steps(const char* schema, ArrayType* steps, Part part, const Share& share, MemoryContext context);
// The same rows as replicate._outcome[].
ArrayType* array_of_outcomes(const List* rows);

// Whether a run whose on_error is "continue" goes on without the table that has met this error:
// nothing that would end the next table, too.
bool can_be_set_aside(const ErrorData& error);
// Whether an error of the first thing that is read of a table is left to its load, which will meet
// what is wrong with it, and tries again what may pass.
bool is_left_to_load(const ErrorData& error);
// What became of the table. Its answer: what history may say besides, the error's detail, its hint.
HeapTuple outcome_of_set_aside(ArrayType* steps, const ErrorData& error);

}  // namespace mssql::pg
