// The moment of the source that a run's readers see: under SNAPSHOT isolation that of the first
// thing that each has read in its transaction.
#pragma once

#include "pg/host/postgres.hpp"

namespace mssql::pg {

// This session sees the source as it is now, until its transaction there ends. `work`: any table
// that the run reads, replicate._work.
void begin_moment(Oid server, Datum work);

// Where the source's log ends, which is the same as before where nothing has been written since; in
// the current memory context. Null: the source does not tell.
const char* log_end(Oid server);

}  // namespace mssql::pg
