// Questions of a source whose answers a run can do without.
#pragma once

#include "pg/host/postgres.hpp"

namespace mssql::pg {

// The text that a query, in UTF-8, answers, in the current memory context. Null: the source does
// not tell, or it may not be asked. An error of that kind fails no run, unless it has cost the
// transaction at the source; what may pass is not tried again.
const char* try_to_ask(Oid server, const char* query);

}  // namespace mssql::pg
