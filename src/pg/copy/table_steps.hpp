// The steps of one table, or a part of them, as whoever loads it executes them: a worker of a run,
// or its leader.
#pragma once

#include "chunks.hpp"
#include "outcome.hpp"

namespace mssql::pg {

// The verb of the outcome of a table that could not be loaded, and that the run goes on without.
inline constexpr const char* set_aside = "set aside";

// The verb of the outcome of a table whose rows are here already, and that the run leaves alone.
inline constexpr const char* unchanged = "unchanged";

// Rows of a copy that is here; not of a table of which none is known.
struct KnownRows {
  std::int64_t rows;
  const char* hash;  // null: none is known
  std::int64_t run;  // that has loaded them
};
KnownRows known_rows(Datum work);
// Ends the subtransaction, with which what has been loaded goes, by an error that is_unchanged().
[[noreturn]] void raise_unchanged(const KnownRows& known);
bool is_unchanged(const ErrorData& error);

// Executes, in the present transaction, those of `steps`, replicate._step[], that are of `part`.
// What became of them, a list of HeapTuple, rows of replicate._outcome in `context`. Each counts
// from 1 as it stands in `steps`. `schema`: of our own functions, quoted. A load of the rows that
// are known ends with raise_unchanged().
List* execute_table_steps(const char* schema, ArrayType* steps, Part part, const Share& share, MemoryContext context,
                          const KnownRows& known);
// The same rows as replicate._outcome[].
ArrayType* array_of_outcomes(const List* rows);

// Whether a run whose on_error is "continue" goes on without the table that has met this error:
// nothing that would end the next table, too.
bool can_be_set_aside(const ErrorData& error);
// Whether an error of the first thing that is read of a table is left to its load, which will meet
// what is wrong with it, and tries again what may pass.
bool is_left_to_load(const ErrorData& error);
// What became of the table, which is unchanged or set aside. Its answer: what history may say
// besides, the error's detail, its hint.
HeapTuple outcome_of_set_aside(ArrayType* steps, const ErrorData& error);

}  // namespace mssql::pg
