// What a run's statements name, kept what it is until the transaction ends. They go by names, and a
// run lasts: who may rename a schema or alter a table on the way could have another table evaluated
// in its place.
#pragma once

#include "pg/host/postgres.hpp"

namespace mssql::pg {

// Whether the user may look into the schema; an error, unless he may.
bool may_use(Oid schema);
void check_may_use(Oid schema);

// Nobody else renames or drops the schema.
void hold_schema(Oid schema);

// Nor the table, or alters it: SHARE UPDATE EXCLUSIVE on it and on all that inherit from it, and
// its schema is held.
void hold_table(Oid table);

}  // namespace mssql::pg
