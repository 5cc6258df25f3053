#include "loader.hpp"

#include "pg/host/settings.hpp"
#include "rate.hpp"
#include "row_hash.hpp"
#include "run.hpp"
#include "target.hpp"
#include "workers.hpp"
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

// Says now and then how far it is, to who waits for it; a worker's leader does, for all of them.
class Teller {
 public:
  Teller(const LoadRequest& request, const std::uint64_t& rows, const std::uint64_t& bytes)
      : request_(request), rows_(rows), bytes_(bytes) {}

  // `waits_for`: what keeps rows away, where none has come for long.
  void tell(const char* waits_for) {
    const TimestampTz now = GetCurrentTimestamp();
    if (std::exchange(seen_rows_, rows_) != rows_) came_ = now;
    if (now - told_ < tell_interval_us || is_worker()) return;
    told_ = now;
    const bool none_came = now - came_ >= tell_interval_us / 2;
    const auto seconds = static_cast<double>(now - began_) / 1e6;
    const char* size = text_to_cstring(
        DatumGetTextPP(DirectFunctionCall1(pg_size_pretty, Int64GetDatum(static_cast<std::int64_t>(bytes_)))));
    say(false,
        psprintf("%s: " UINT64_FORMAT " rows, %s after %.0f s%s", request_.source, rows_, size, seconds,
                 none_came ? psprintf("; waits for %s", waits_for) : remaining(static_cast<double>(rows_), seconds)),
        nullptr, nullptr);
  }

  static void paused(void* teller) { static_cast<Teller*>(teller)->tell("max_rate"); }
  // Rows that come slowly are not to be seen only when there are enough of them to be written.
  static void waited(void* teller) {
    auto* self = static_cast<Teller*>(teller);
    report(self->rows_, self->bytes_);
    self->tell("the source");
  }

 private:
  const char* remaining(double rows, double seconds) const {
    const auto all = static_cast<double>(request_.estimated_rows);
    if (rows <= 0 || all <= rows) return "";
    return psprintf(", about %.0f %%, %.0f s to go", 100 * rows / all, seconds * (all - rows) / rows);
  }

  const LoadRequest& request_;
  const std::uint64_t& rows_;
  const std::uint64_t& bytes_;
  TimestampTz began_ = GetCurrentTimestamp();
  TimestampTz told_ = began_;
  TimestampTz came_ = began_;
  std::uint64_t seen_rows_ = 0;
};

Reader* open_reader(const LoadRequest& request, const Target* target) {
  ReaderOptions options;
  options.policy = request.policy;
  options.source = request.source;
  options.shown = request.shown;
  options.columns = request.types;
  options.whole = true;
  return reader_open(request.server, GetUserId(), request.sql, {}, descriptor_of(target), attnums_of(target),
                     request.ncolumns, options);
}

}  // namespace

LoadResult load(const LoadRequest& request, std::uint64_t* rows_done) {
  std::uint64_t bytes = 0;
  Teller teller(request, *rows_done, bytes);
  start_progress(request);
  keep_to_rate(Teller::paused, &teller);
  tell_waits(Teller::waited, &teller);
  MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "mssql_fdw load", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(context);
  Target* target = open_target(request.target, request.columns, request.ncolumns);
  const int settings = take_callers_path();
  prepare_rows(target);
  Writer* writer = open_writer(rows_of(target));
  Reader* reader = open_reader(request, target);
  RowHash* hash = make_row_hash(descriptor_of(target), attnums_of(target), request.ncolumns, request.hashed);
  for (;;) {
    CHECK_FOR_INTERRUPTS();
    TupleTableSlot* slot = next_slot(writer);
    MemoryContextSwitchTo(row_memory(writer));
    if (!reader_next(reader, slot->tts_values, slot->tts_isnull)) break;
    complete_row(target, slot);
    const std::uint64_t size = add_to_hash(hash, slot);
    MemoryContextSwitchTo(context);
    ++*rows_done;
    bytes += size;
    count_loaded(size);
    if (!add_row(writer, size)) continue;
    forget_rows(target);
    report(*rows_done, bytes);
    teller.tell("the source");
    keep_to_rate(Teller::paused, &teller);
  }
  MemoryContextSwitchTo(context);
  const LoadResult result{static_cast<std::int64_t>(*rows_done), static_cast<std::int64_t>(bytes), sum_of(hash)};
  reader_close(reader);
  tell_waits();
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
