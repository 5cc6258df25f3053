// Rows of a remote table into a local one: a reader (pg/remote/reader.hpp) on one side, a target
// and a writer (target.hpp, writer.hpp) on the other. No text, no executor plan, and no memory
// beyond one batch, whatever the row count.
#pragma once

#include "core/copy/row_hash.hpp"
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
  const char* shown{nullptr};          // as ReaderOptions has it
  source::CharacterPolicy policy{source::CharacterPolicy::error};
  std::int64_t estimated_rows{0};  // for progress only; 0: unknown
  std::int64_t estimated_bytes{0};
  bool hashed{false};  // whether its rows are (row_hash.hpp)
};

struct LoadResult {
  std::int64_t rows;
  std::int64_t bytes;       // of the values here, without headers, padding and compression
  replicate::Hash128 hash;  // of its rows, summed, where that was wanted
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
