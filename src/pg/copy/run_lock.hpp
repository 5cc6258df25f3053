// The lock of a run that stands in history while it works: whoever works on it has it, so that
// nobody needs to believe a process number, which may be another process's by now. It is on an
// object of this database that no command of SQL locks, as those of run.hpp are.
#pragma once

#include "pg/host/postgres.hpp"

namespace mssql::pg {

// Until the process ends.
void hold_run(std::int64_t run);
// Until the transaction ends.
void hold_run_now(std::int64_t run);

// Whether a process has it. In recovery nobody can tell: true.
bool is_held(std::int64_t run);

}  // namespace mssql::pg
