// One running remote query and the conversion of its rows to datums: what scans, mssql_query and the loader share.
//
// A reader lives in the memory context it is opened in. Row values are allocated in the current context of reader_next();
// the caller resets it. Rows stream: memory is one row. When the session is wanted by somebody else the rest of the rows
// goes to a tuplestore that spills to disk beyond work_mem.
#pragma once

#include "../core/tds/decode.hpp"
#include "connection.hpp"

namespace mssql::pg {

struct Reader;

struct ReaderOptions {
  tds::CharacterPolicy policy{tds::CharacterPolicy::error};
  const char* source{nullptr};  // what errors name beside the column ("dbo.Users"); may be null
};

// Sends `sql` and checks that its columns can become the attributes attnums[0..ncolumns) of `target` (1-based; the i-th remote
// column goes to attnums[i]). A wrong count or a type with no conversion is an error that names the column.
Reader* reader_open(Oid server, Oid user, const char* sql, const std::vector<tds::Parameter>* parameters, TupleDesc target,
                    const int* attnums, int ncolumns, const ReaderOptions& options);
// Fills values[attnum-1] and isnull[attnum-1] of the mapped attributes (the others are left alone); false after the last row.
bool reader_next(Reader* reader, Datum* values, bool* isnull);
// Wire bytes read so far, as decoded cells count them.
std::uint64_t reader_bytes(const Reader* reader);
// Ends the query (attention when rows are left). Safe to call twice, and in abort.
void reader_close(Reader* reader);
// Reads the remaining rows away from the session; called by acquire().
void reader_give_way(Reader* reader);

}  // namespace mssql::pg
