// The ledger of what workers have loaded, replicate._chunks: a row is committed with the rows that
// it is of, and lets a later run go on with them (src/sql/run/resume.sql).
#pragma once

#include "key_range.hpp"
#include "pg/host/boundary.hpp"
#include "steps.hpp"

namespace mssql::pg {

// A table's part of a plan: replicate._work.
Oid type_of_work();

// What a worker does of a table in one transaction: all of it; or, where it is loaded in chunks,
// what comes before, one of them, or what comes behind.
enum class Part : std::uint8_t { whole, beginning, chunk, end };

struct Chunk {
  Part part;
  int number;  // of a chunk, from 1
};

// Which part of a table that is loaded in chunks a step belongs to.
Part part_of(const Step& step);

struct Done {
  Chunk chunk;
  int attempts;
  const char* failure;  // of the last attempt that failed; null: none has
  ArrayType* outcomes;  // what became of its steps, replicate._outcome[]
  Datum bounds;         // of a beginning: find_bounds()
};
// In the transaction of the worker that has done it. `schema`: of our own functions, quoted.
void keep_chunk(const char* schema, std::int64_t run, Datum work, const Done& done);

// The bounds of a table's chunks, text[bounds][columns of its key], from the source. `source`: how
// messages call the table.
Datum find_bounds(const char* schema, const char* source, Oid server, Datum work);
// The range that a chunk is read in, of a table whose beginning has been made; an error where
// somebody has altered that since, who is kept from it now. In the current memory context.
const KeyRange* range_of_chunk(const char* schema, std::int64_t run, Datum work, Chunk chunk);
// Whether they have, all together, the rows that are known of the table.
bool are_chunks_known(const char* schema, std::int64_t run, Datum work);
// How many there are.
int count_chunks(const char* schema, std::int64_t run, Datum work);

// What stands already of tables that are to be loaded.
struct Kept {
  int table_id;
  std::int64_t loaded_by;  // the run
  ArrayType* outcomes;     // null: it is not what would be made now
  const char* message;
  const char* detail;  // may be null
  int chunks;          // of a table that is not done; 0: it is
  ArrayType* loaded;   // int[], those of them that are
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
