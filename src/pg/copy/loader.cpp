#include "loader.hpp"

#include "pg/host/settings.hpp"
#include "run.hpp"
#include "target.hpp"
#include "writer.hpp"

namespace mssql::pg {

namespace {

void start_progress(const LoadRequest& request) {
  const int index[] = {PROGRESS_COPY_COMMAND, PROGRESS_COPY_TYPE, PROGRESS_COPY_BYTES_TOTAL, progress_estimated_rows,
                       progress_started};
  const int64 value[] = {PROGRESS_COPY_COMMAND_FROM, PROGRESS_COPY_TYPE_CALLBACK, request.estimated_bytes,
                         request.estimated_rows, GetCurrentTimestamp()};
  pgstat_progress_start_command(PROGRESS_COMMAND_COPY, request.target);
  pgstat_progress_update_multi_param(lengthof(index), index, value);
}

void report(std::uint64_t rows, std::uint64_t bytes) {
  const int index[] = {PROGRESS_COPY_TUPLES_PROCESSED, PROGRESS_COPY_BYTES_PROCESSED};
  const int64 value[] = {static_cast<int64>(rows), static_cast<int64>(bytes)};
  pgstat_progress_update_multi_param(lengthof(index), index, value);
}

Reader* open_reader(const LoadRequest& request, const Target* target) {
  ReaderOptions options;
  options.policy = request.policy;
  options.source = request.source;
  options.columns = request.types;
  options.whole = true;
  return reader_open(request.server, GetUserId(), request.sql, {}, descriptor_of(target), attnums_of(target),
                     request.ncolumns, options);
}

}  // namespace

LoadResult load(const LoadRequest& request, std::uint64_t* rows_done) {
  MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "mssql_fdw load", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(context);
  Target* target = open_target(request.target, request.columns, request.ncolumns);
  const int settings = take_callers_path();
  prepare_rows(target);
  Writer* writer = open_writer(rows_of(target));
  start_progress(request);
  Reader* reader = open_reader(request, target);
  std::uint64_t bytes = 0;
  for (;;) {
    CHECK_FOR_INTERRUPTS();
    TupleTableSlot* slot = next_slot(writer);
    MemoryContextSwitchTo(row_memory(writer));
    const bool more = reader_next(reader, slot->tts_values, slot->tts_isnull);
    if (more) complete_row(target, slot);
    MemoryContextSwitchTo(context);
    if (!more) break;
    ++*rows_done;
    const std::uint64_t size = value_bytes(target, slot);
    bytes += size;
    if (!add_row(writer, size)) continue;
    forget_rows(target);
    report(*rows_done, bytes);
  }
  const LoadResult result{static_cast<std::int64_t>(*rows_done), static_cast<std::int64_t>(bytes)};
  reader_close(reader);
  close_writer(writer);
  report(*rows_done, bytes);
  pgstat_progress_end_command();
  close_target(target, result.rows);
  release_settings(settings);
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(context);
  return result;
}

}  // namespace mssql::pg
