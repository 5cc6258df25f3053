// The ledger of what workers have loaded, replicate._chunks: a row is committed with the rows that
// it is of, and lets a later run go on with them (src/sql/run/resume.sql).
#pragma once

#include "pg/host/boundary.hpp"

namespace mssql::pg {

// A table's part of a plan: replicate._work.
Oid type_of_work();

// In the transaction of a worker: what it has loaded, at which attempt, and what became of the
// steps of it, rows of replicate._outcome. `schema`: of our own functions, quoted.
void keep_chunk(const char* schema, std::int64_t run, Datum work, ArrayType* outcomes, int attempts);

// What stands already of tables that are to be loaded.
struct Kept {
  int table_id;
  std::int64_t loaded_by;  // the run
  ArrayType* outcomes;     // null: it is not what would be made now
  const char* message;
  const char* detail;  // may be null
};
struct KeptList {
  Kept* tables;
  int count;
};
// Of `work`, the tables. In the current memory context.
KeptList find_kept(const char* schema, std::int64_t run, const Datum* work, int count);

// By the keeper: what find_kept() has found becomes the run's. `waits`: for a lock, as long as
// autovacuum may need to give way. Throws lock_not_available, too, for one that it met on its way.
enum class Takeover : std::uint8_t { taken, locked, differs, failed };
Takeover take_over(const char* schema, std::int64_t run, std::int64_t loaded_by, Datum work, bool waits);

}  // namespace mssql::pg
