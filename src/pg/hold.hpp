// What a run's statements name, kept what it is until the transaction ends. They go by names, and a run lasts: who may rename a schema or
// alter a table on the way could have another table evaluated in its place.
#pragma once

#include "postgres.hpp"

namespace mssql::pg {

// Nobody else renames or drops the schema.
void hold_schema(Oid schema);

// Nor the table, or alters it: SHARE UPDATE EXCLUSIVE on it and on all that inherit from it, and its schema is held.
void hold_table(Oid table);

// Runs a query of ours in a snapshot of now, whatever the transaction's isolation: as PostgreSQL's own checks of foreign keys. SPI is connected.
void run_now(const char* sql, int nargs, Oid* types, Datum* values, long limit);

}  // namespace mssql::pg
