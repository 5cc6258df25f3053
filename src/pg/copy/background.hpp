// A run of replication in a session of its own, which goes on when the caller's has ended.
#pragma once

#include "pg/host/boundary.hpp"

namespace mssql::pg {

// The arguments of a call of _replicate() as SQL: constants, in order, with their types.
const char* arguments_as_sql(FunctionCallInfo fcinfo);

// Starts `_replicate(arguments)` in the background, where `schema` has our functions: its number.
// The run has its lock and its place in history by then; an error where it cannot have them.
std::int64_t start_in_background(const char* schema, Oid server, const char* arguments);

// The number of the run that this session is there for; 0: it is a user's.
std::int64_t background_run();

}  // namespace mssql::pg
