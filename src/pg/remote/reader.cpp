// The life of one remote query; reader.hpp states the contract.
//
// Rows come from the session, or, once the reader gave way, from a tuplestore that holds them as
// they came over the wire: one bytea a row, each cell a length (-1: NULL) and its bytes. So nothing
// is converted, and no error of a value arises, in whose statement happens to want the session.

#include "reader.hpp"

#include "connection.hpp"

namespace mssql::pg {

struct Reader final : Holder {
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  // The memory context dies: in abort, or when the executor ends without reader_close(). The
  // tuplestore is the context's, and its file the resource owner's.
  ~Reader() {
    if (session != nullptr) fence_quiet([this] { let_go(); });
  }

  void let_go() {
    source::Session* held = std::exchange(session, nullptr);
    hold(*held, nullptr);
    held->cancel();
  }

  void give_way() override;
  void detach() noexcept override;
  bool belongs_to(ResourceOwner other) const noexcept override;

  source::Session* session{nullptr};  // null: everything is read, or the reader has let go
  RowDecoder* decoder{nullptr};       // null: the rows are only counted
  std::size_t ncolumns{0};
  const char* source{nullptr};
  const char* sql{nullptr};  // what was sent, for the error context
  RemoteWork* work{nullptr};

  ResourceOwner owner{nullptr};
  MemoryContext context{nullptr};
  Tuplestorestate* store{nullptr};
  TupleTableSlot* slot{nullptr};
  std::vector<source::Cell> stored;  // the row that was read from the store last

  bool cut_short{false};  // rows were lost with the session: no end of data may be reported
};

namespace {

const char* converting(const Reader& reader) {
  return reader.decoder == nullptr ? nullptr : reader.decoder->converting();
}

// What an error is about: a value, or the statement. The values of parameters are not shown.
void describe(void* argument) {
  const auto* reader = static_cast<const Reader*>(argument);
  const char* source = reader->source != nullptr ? reader->source : "remote query";
  if (const char* column = converting(*reader)) {
    errcontext("column \"%s\" of %s", column, source);
  } else {
    describe_statement(source, reader->sql);
  }
}

// Core only.
void send(source::Session& session, std::string_view sql, std::span<const Parameter> parameters) {
  session.execute(sql, parameters);
  if (session.next_result()) return;
  throw Error(sqlstate::fdw_error, "remote statement returns no rows",
              "It was executed and has no result set; this error rolls back what it did.",
              "Use mssql_exec() for statements without a result.");
}

// After the last row: what the server still has to say (an error after the rows) is heard, further
// result sets are dropped.
void drop_results(source::Session& session) {
  source::Row row;
  while (session.next_result()) {
    while (session.fetch(row)) continue;
  }
}

void read_to_end(Reader& reader) {
  drop_results(*reader.session);
  hold(*std::exchange(reader.session, nullptr), nullptr);
}

bool next_stored_row(Reader& reader, source::Row& row) {
  if (reader.store == nullptr) return false;
  // A row that comes from disk is allocated in the current context, and freed when the slot gets
  // the next one.
  MemoryContext old = MemoryContextSwitchTo(reader.context);
  const bool found = tuplestore_gettupleslot(reader.store, true, false, reader.slot);
  MemoryContextSwitchTo(old);
  if (!found) return false;
  bool isnull = false;
  const bytea* packed = DatumGetByteaPP(slot_getattr(reader.slot, 1, &isnull));
  const char* position = VARDATA_ANY(packed);
  for (source::Cell& cell : reader.stored) {
    std::int32_t length = 0;
    std::memcpy(&length, position, sizeof(length));
    position += sizeof(length);
    cell.data = length < 0 ? nullptr : reinterpret_cast<const std::uint8_t*>(position);
    cell.size = length < 0 ? 0 : static_cast<std::size_t>(length);
    position += cell.size;
  }
  row = source::Row(reader.stored.data(), reader.stored.size());
  return true;
}

bool next_row(Reader& reader, source::Row& row) {
  if (reader.session != nullptr) {
    if (reader.session->fetch(row)) return true;
    read_to_end(reader);
    return false;
  }
  if (next_stored_row(reader, row)) return true;
  if (!reader.cut_short) return false;
  throw Error("25000", "remote query was ended before its last row",
              "Its transaction or subtransaction ended, or the connection broke.");
}

// Adds the time since it was made.
class Stopwatch {
 public:
  explicit Stopwatch(RemoteWork* work) : work_(work) {
    if (work_ != nullptr) INSTR_TIME_SET_CURRENT(began_);
  }
  void stop() {
    if (work_ == nullptr) return;
    instr_time now;
    INSTR_TIME_SET_CURRENT(now);
    INSTR_TIME_ACCUM_DIFF(work_->time, now, began_);
  }

 private:
  RemoteWork* work_;
  instr_time began_{};
};

bool next_measured_row(Reader& reader, source::Row& row) {
  Stopwatch watch(reader.work);
  const bool found = next_row(reader, row);
  watch.stop();
  if (!found) return false;
  ++reader.work->rows;
  for (const source::Cell& cell : row) reader.work->bytes += static_cast<std::int64_t>(cell.size);
  return true;
}

bool next(Reader& reader, Datum* values, bool* isnull) {
  CHECK_FOR_INTERRUPTS();
  source::Row row;
  if (reader.work == nullptr ? !next_row(reader, row) : !next_measured_row(reader, row)) return false;
  if (reader.decoder != nullptr) reader.decoder->decode(row, values, isnull);
  return true;
}

bytea* pack(source::Row row) {
  std::size_t size = VARHDRSZ;
  for (const source::Cell& cell : row) size += sizeof(std::int32_t) + cell.size;
  if (size > MaxAllocSize)
    throw Error(sqlstate::program_limit, "row of " + std::to_string(size) + " bytes is too long to be kept");
  auto* packed = static_cast<bytea*>(palloc(size));
  SET_VARSIZE(packed, size);
  char* position = VARDATA(packed);
  for (const source::Cell& cell : row) {
    const std::int32_t length = cell.is_null() ? -1 : static_cast<std::int32_t>(cell.size);
    std::memcpy(position, &length, sizeof(length));
    position += sizeof(length);
    if (cell.size > 0) std::memcpy(position, cell.data, cell.size);
    position += cell.size;
  }
  return packed;
}

void make_store(Reader& reader) {
  if (reader.decoder != nullptr) reader.decoder->leave_wire();
  MemoryContext old_context = MemoryContextSwitchTo(reader.context);
  // The file must live as long as the reader's query, not as long as the subtransaction that wants
  // the session.
  ResourceOwner old_owner = CurrentResourceOwner;
  CurrentResourceOwner = reader.owner;
  reader.store = tuplestore_begin_heap(false, false, work_mem);
  CurrentResourceOwner = old_owner;
  TupleDesc descriptor = CreateTemplateTupleDesc(1);
  TupleDescInitEntry(descriptor, 1, "row", BYTEAOID, -1, 0);
  reader.slot = MakeSingleTupleTableSlot(descriptor, &TTSOpsMinimalTuple);
  reader.stored.resize(reader.ncolumns);
  MemoryContextSwitchTo(old_context);
}

void read_away(Reader& reader, source::Session& session) {
  make_store(reader);
  MemoryContext batch = AllocSetContextCreate(reader.context, "mssql_fdw stored row", ALLOCSET_DEFAULT_SIZES);
  source::Row row;
  while (session.fetch(row)) {
    CHECK_FOR_INTERRUPTS();
    MemoryContext old = MemoryContextSwitchTo(batch);
    Datum packed = PointerGetDatum(pack(row));
    bool isnull = false;
    tuplestore_putvalues(reader.store, reader.slot->tts_tupleDescriptor, &packed, &isnull);
    MemoryContextSwitchTo(old);
    MemoryContextReset(batch);
  }
  drop_results(session);
  MemoryContextDelete(batch);
}

}  // namespace

void Reader::give_way() {
  if (session == nullptr) return;
  // Until all rows are here the reader has let go, and knows that rows are missing.
  source::Session* held = std::exchange(session, nullptr);
  cut_short = true;
  if (converting(*this) != nullptr) {
    decoder->lose_row();
    // A conversion (a domain's check, an input function) queries the server whose row it is
    // converting.
    throw Error(sqlstate::feature_not_supported,
                "foreign server cannot be queried while one of its values is being converted");
  }
  fence_with_context(describe, this, [&] { read_away(*this, *held); });
  cut_short = false;
}

void Reader::detach() noexcept {
  if (session == nullptr) return;
  session = nullptr;
  cut_short = true;
  if (converting(*this) != nullptr) decoder->lose_row();
}

bool Reader::belongs_to(ResourceOwner other) const noexcept {
  ResourceOwner at = owner;
  while (at != nullptr && at != other) at = ResourceOwnerGetParent(at);
  return at != nullptr;
}

Reader* reader_open(Oid server, Oid user, const char* sql, std::span<const Parameter> parameters, TupleDesc target,
                    const int* attnums, int ncolumns, const ReaderOptions& options) {
  auto* reader = own<Reader>(CurrentMemoryContext);
  reader->context = CurrentMemoryContext;
  reader->owner = CurrentResourceOwner;
  reader->source = options.source;
  reader->work = options.work;
  Stopwatch watch(options.work);
  const char* utf8 = pg_server_to_any(sql, static_cast<int>(std::strlen(sql)), PG_UTF8);
  fence_with_context(describe, reader, [&] {
    source::Session& session = begin_with(
        server, user, {options.pass_through, options.whole, true, false, options.keeps_locks}, [&](auto& first) {
          reader->sql = options.shown == nullptr ? sql : options.shown;
          send(first, utf8, parameters);
        });
    reader->session = &session;
    hold(session, reader);
    reader->ncolumns = session.column_count();
    if (ncolumns > 0)
      reader->decoder = make_row_decoder(session, {target, attnums, ncolumns, options.columns, options.policy});
  });
  watch.stop();
  return reader;
}

bool reader_next(Reader* reader, Datum* values, bool* isnull) {
  return fence_with_context(describe, reader, [&] { return next(*reader, values, isnull); });
}

void reader_close(Reader* reader) {
  if (reader->session != nullptr) {
    reader->let_go();
    CHECK_FOR_INTERRUPTS();  // calling off may have taken its time, and this may have been the statement's last chance
  }
  if (reader->store != nullptr) {
    ExecDropSingleTupleTableSlot(reader->slot);
    tuplestore_end(reader->store);
    reader->store = nullptr;
    reader->cut_short = true;
  }
}

}  // namespace mssql::pg
