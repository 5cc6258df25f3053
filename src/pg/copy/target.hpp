// A local table that is filled from a source: whether it may be, which relation the rows go into,
// and what makes a row one of the table: the values of columns that the source does not have,
// generated columns, constraints. How rows get there is writer.hpp's business.
//
// They go into the staging relation of the table where it has one (staging.hpp), else into the
// table itself, which then must be a plain table that is new in this transaction, or has been
// emptied in it: without indexes, for they are made faster afterwards, and without foreign keys,
// which a load would pass. What holds for COPY FROM holds here: INSERT privilege on the table or on
// every loaded column, no row-level security for the user; NOT NULL is enforced, defaults and
// stored generated columns fill what is not loaded, user triggers do not fire. CHECK constraints of
// a staged table are for the switch.
#pragma once

#include "pg/host/boundary.hpp"

namespace mssql::pg {

struct Target;

// `columns` are names, as the source's columns come. Locked, and all of the above checked; lives in
// the current memory context. ereports.
Target* open_target(Oid table, const Datum* columns, int ncolumns);
// Before the first row: defaults are planned, and evaluated with each row, as the session's
// search_path has it now.
void prepare_rows(Target* target);

Relation rows_of(const Target* target);         // where they go
TupleDesc descriptor_of(const Target* target);  // what they are
const int* attnums_of(const Target* target);    // of the columns that are loaded

// Completes a row whose loaded columns are filled, and checks it. What is computed is allocated in
// the current memory context, and in one that forget_rows() resets.
void complete_row(Target* target, TupleTableSlot* slot);
// The rows so far are written.
void forget_rows(Target* target);

void close_target(Target* target, std::int64_t rows);

}  // namespace mssql::pg
