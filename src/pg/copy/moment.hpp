// The moment of the source that a run's readers see: under SNAPSHOT isolation that of the first
// thing that each has read in its transaction.
#pragma once

#include "pg/host/postgres.hpp"

namespace mssql::pg {

// This session sees the source as it is now, until its transaction there ends. `work`: any table
// that the run reads, replicate._work. False: it reads at another level.
bool begin_moment(Oid server, Datum work);

// Where the source's log ends, which is the same as before where nothing has been written since; in
// the current memory context. Null: the source does not tell.
const char* log_end(Oid server);
// Whether it is known that all that stands in the log by then is seen by who begins to read now: a
// commit is in the log before others see it.
bool is_all_seen(Oid server);

}  // namespace mssql::pg
