// Rows of a remote table into a local one, the way COPY FROM does it: table_multi_insert, no text,
// no executor plan.
//
// They go into the staging relation of the target where it has one (staging.hpp), else into the
// target itself, which then must be a plain table that is new in this transaction, or has been
// emptied in it: without indexes, for they are made faster afterwards, and without foreign keys,
// which a load would pass. What holds for COPY FROM holds here: INSERT privilege on the table or on
// every loaded column, no row-level security for the user; NOT NULL is enforced, defaults and
// stored generated columns fill what is not loaded, user triggers do not fire. CHECK constraints of
// a staged table are for the switch. Memory is one batch, whatever the row count.
#pragma once

#include "pg/remote/reader.hpp"

namespace mssql::pg {

struct LoadRequest {
  Oid server{InvalidOid};
  const char* sql{nullptr};  // SELECT of the remote table; its i-th column goes to columns[i]
  Oid target{InvalidOid};
  Datum* columns{nullptr};  // names
  int ncolumns{0};
  const RemoteColumn* types{nullptr};  // ncolumns entries
  const char* source{nullptr};         // how messages call the source: "dbo.Posts"
  source::CharacterPolicy policy{source::CharacterPolicy::error};
  std::int64_t estimated_rows{0};  // for progress only; 0: unknown
  std::int64_t estimated_bytes{0};
};

struct LoadResult {
  std::int64_t rows;
  std::int64_t bytes;  // of the values here, without headers, padding and compression
};

// Progress is in pg_stat_progress_copy while it runs (type CALLBACK). `rows_done` (never null)
// counts as the load goes, for an error context callback. Throws Error or ereports; the transaction
// is then to be rolled back.
LoadResult load(const LoadRequest& request, std::uint64_t* rows_done);

// Slots of pg_stat_get_progress_info('COPY') beyond those that COPY uses; replicate.progress reads
// them.
inline constexpr int progress_estimated_rows = 10;
inline constexpr int progress_started = 11;  // TimestampTz

}  // namespace mssql::pg
