// The keys that one UPDATE has written so far. PostgreSQL updates a row once in a statement, though
// a join may find it twice; here a later scan of the same statement sees what has been written, and
// may find a row under its new values, or another one under a key that it had.
#pragma once

#include "written_table.hpp"

namespace mssql::pg {

struct WrittenKeys;

// Lives in the current memory context.
WrittenKeys* make_written_keys();
// Whether a row with this key, the parameters in the order of its columns, was written before; from
// now on it was.
bool was_written(WrittenKeys* keys, std::span<const Parameter> key);

}  // namespace mssql::pg
