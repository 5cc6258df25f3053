// One running remote query and the conversion of its rows to datums: what scans, mssql_query and
// the loader share.
//
// A reader lives in the memory context it is opened in. Row values are allocated in the current
// context of reader_next(); the caller resets it. Rows stream: memory is one row. When the session
// is wanted by somebody else it gives way (connection.hpp): the rest of the rows goes to a
// tuplestore that spills to disk beyond work_mem.
#pragma once

#include "pg/datum/row_decoder.hpp"

namespace mssql::pg {

struct Reader;

// What EXPLAIN ANALYZE shows of queries: their rows, the bytes of these as they came, and the time
// that asking for them and waiting took.
struct RemoteWork {
  std::int64_t rows;
  std::int64_t bytes;
  instr_time time;
};

struct ReaderOptions {
  source::CharacterPolicy policy{source::CharacterPolicy::error};
  const char* source{nullptr};           // what errors name beside the column ("foreign table \"users\""); may be null
  const char* shown{nullptr};            // what errors show instead of the SQL, which has values; may be null
  const RemoteColumn* columns{nullptr};  // ncolumns entries; may be null
  bool pass_through{false};              // the statement may be more than a SELECT
  bool whole{false};                     // of a run (connection.hpp)
  bool keeps_locks{false};               // as Use has it
  RemoteWork* work{nullptr};             // is added to; null: nobody wants to know
};

// Sends `sql` (in the server's encoding) and checks that its columns can become the attributes
// attnums[0..ncolumns) of `target` (1-based; the i-th remote column goes to attnums[i]). A wrong
// count or a type with no conversion is an error that names the column. With ncolumns = 0 the rows
// are only counted, whatever they hold. `parameters` are not needed after the call; `sql`,
// `target`, `attnums` and `options.source` must live as long as the reader.
Reader* reader_open(Oid server, Oid user, const char* sql, std::span<const Parameter> parameters, TupleDesc target,
                    const int* attnums, int ncolumns, const ReaderOptions& options);
// Fills values[attnum-1] and isnull[attnum-1] of the mapped attributes (the others are left alone);
// false after the last row.
bool reader_next(Reader* reader, Datum* values, bool* isnull);
// Ends the query (attention when rows are left). Safe to call twice.
void reader_close(Reader* reader);

}  // namespace mssql::pg
