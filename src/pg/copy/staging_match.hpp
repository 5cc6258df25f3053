// Whether two relations may exchange their files. Their owner can alter the staging relation while
// a run lasts, by code that the run calls (a default's function), and what is read by another
// descriptor than it was written by is whatever is in memory.
#pragma once

#include "pg/host/boundary.hpp"

namespace mssql::pg {

// An error unless `staging` was made in this transaction, or by a worker of this run, and its rows
// are those of the table, column by column.
void check_staging(Relation table, Relation staging);

// An error unless the indexes have the same definition.
void check_staged_index(Relation index, Relation staged);

}  // namespace mssql::pg
