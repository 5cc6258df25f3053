// The life of one remote query; reader.hpp states the contract.
//
// Rows come from the session, or, once the reader gave way, from a tuplestore that holds them as
// they came over the wire: one bytea a row, each cell a length (-1: NULL) and its bytes. So nothing
// is converted, and no error of a value arises, in whose statement happens to want the session.

#include "reader.hpp"

#include "core/tds/codec/raw_text.hpp"
#include "pg/datum/datum.hpp"

namespace mssql::pg {

// Where a remote column's values go.
struct Field {
  Converter converter;
  const char* name;  // the attribute's
  int attribute;     // its place in the row, from 0
  bool raw_text;
};

struct Reader {
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  // The memory context dies: in abort, or when the executor ends without reader_close(). The
  // tuplestore is the context's, and its file the resource owner's.
  ~Reader() {
    if (session != nullptr) fence_quiet([this] { let_go(); });
  }

  void let_go() {
    tds::Session* held = std::exchange(session, nullptr);
    set_active_reader(*held, nullptr);
    held->cancel();
  }

  tds::Session* session{nullptr};  // null: everything is read, or the reader has let go
  std::vector<Column> columns;
  std::vector<Field> fields;  // by column, or none: the rows are only counted
  const char* source{nullptr};
  const char* sql{nullptr};  // what was sent, for the error context
  std::string scratch;

  ResourceOwner owner{nullptr};
  MemoryContext context{nullptr};
  Tuplestorestate* store{nullptr};
  TupleTableSlot* slot{nullptr};
  std::vector<Cell> stored;  // the row that was read from the store last

  int current{-1};        // the column being converted, for the error context
  bool cut_short{false};  // rows were lost with the session: no end of data may be reported
};

namespace {

constexpr std::size_t scratch_to_keep = 1 << 20;

// What an error is about: a value, or the statement. The values of parameters are not shown.
void describe(void* argument) {
  const auto* reader = static_cast<const Reader*>(argument);
  const char* source = reader->source != nullptr ? reader->source : "remote query";
  if (reader->current >= 0) {
    errcontext("column \"%s\" of %s", reader->fields[static_cast<std::size_t>(reader->current)].name, source);
  } else {
    describe_statement(source, reader->sql);
  }
}

// Core only.
void send(Reader& reader, tds::Session& session, std::string_view sql, std::span<const Parameter> parameters) {
  session.execute(sql, parameters);
  if (!session.next_result()) {
    throw Error(sqlstate::fdw_error, "remote statement returns no rows",
                "It was executed and has no result set; this error rolls back what it did.",
                "Use mssql_exec() for statements without a result.");
  }
  const std::span<const Column> columns = session.columns();
  reader.columns.assign(columns.begin(), columns.end());
}

// False: nothing has happened, and another session has to be acquired. Core only.
bool start(Reader& reader, tds::Session& session, std::string_view sql, std::span<const Parameter> parameters) {
  try {
    send(reader, session, sql, parameters);
  } catch (const Error& error) {
    if (error.is_interruption() || !may_start_over(session)) throw;
    return false;
  }
  return true;
}

void choose_converters(Reader& reader, TupleDesc target, const int* attnums, int ncolumns,
                       const ReaderOptions& options) {
  if (ncolumns == 0) return;
  const int arrived = static_cast<int>(reader.columns.size());
  if (arrived != ncolumns) {
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("remote query returns a wrong number of columns"),
                    errdetail("Returned: %d, expected: %d.", arrived, ncolumns)));
  }
  for (int i = 0; i < ncolumns; ++i) {
    const Form_pg_attribute attribute = TupleDescAttr(target, attnums[i] - 1);
    const RemoteColumn known = options.columns != nullptr ? options.columns[i] : RemoteColumn{};
    Column& column = reader.columns[static_cast<std::size_t>(i)];
    const bool raw_text = known.raw_text && tds::adopt_raw_text(column);
    const Converter converter =
        choose_converter(column, known.known ? &known.type : nullptr, attribute, options.policy);
    reader.fields.push_back({converter, pstrdup(NameStr(attribute->attname)), attnums[i] - 1, raw_text});
  }
}

// After the last row: what the server still has to say (an error after the rows) is heard, further
// result sets are dropped.
void read_to_end(Reader& reader) {
  tds::Session& session = *reader.session;
  Row row;
  while (session.next_result()) {
    while (session.fetch(row)) continue;
  }
  set_active_reader(session, nullptr);
  reader.session = nullptr;
}

bool next_stored_row(Reader& reader, Row& row) {
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
  for (Cell& cell : reader.stored) {
    std::int32_t length = 0;
    std::memcpy(&length, position, sizeof(length));
    position += sizeof(length);
    cell.data = length < 0 ? nullptr : reinterpret_cast<const std::uint8_t*>(position);
    cell.size = length < 0 ? 0 : static_cast<std::size_t>(length);
    position += cell.size;
  }
  row = Row(reader.stored.data(), reader.stored.size());
  return true;
}

[[noreturn]] void throw_cut_short(const char* reason) {
  throw Error("25000", "remote query was ended before its last row", reason);
}

bool next_row(Reader& reader, Row& row) {
  if (reader.session != nullptr) {
    if (reader.session->fetch(row)) return true;
    read_to_end(reader);
    return false;
  }
  if (next_stored_row(reader, row)) return true;
  if (reader.cut_short) throw_cut_short("Its transaction or subtransaction ended, or the connection broke.");
  return false;
}

bool next(Reader& reader, Datum* values, bool* isnull) {
  CHECK_FOR_INTERRUPTS();
  Row row;
  if (!next_row(reader, row)) return false;
  const Field* const fields = reader.fields.data();
  Column* const columns = reader.columns.data();
  const std::size_t count = reader.fields.size();
  const tds::Session* const session = reader.session;
  for (std::size_t i = 0; i < count; ++i) {
    reader.current = static_cast<int>(i);
    const Field& field = fields[i];
    const Cell cell = field.raw_text ? tds::unwrap_raw_text(columns[i], row[i]) : row[i];
    values[field.attribute] = convert(field.converter, columns[i], cell, reader.scratch, &isnull[field.attribute]);
    // A conversion that wanted the session has failed for it, and may have caught that: the row is
    // the session's no more
    if (reader.session != session) [[unlikely]]
      throw_cut_short("The conversion of one of its values has queried the same server.");
  }
  reader.current = -1;
  if (reader.scratch.capacity() > scratch_to_keep) {
    reader.scratch.clear();
    reader.scratch.shrink_to_fit();
  }
  return true;
}

bytea* pack(Row row) {
  std::size_t size = VARHDRSZ;
  for (const Cell& cell : row) size += sizeof(std::int32_t) + cell.size;
  if (size > MaxAllocSize)
    throw Error(sqlstate::program_limit, "row of " + std::to_string(size) + " bytes is too long to be kept");
  auto* packed = static_cast<bytea*>(palloc(size));
  SET_VARSIZE(packed, size);
  char* position = VARDATA(packed);
  for (const Cell& cell : row) {
    const std::int32_t length = cell.is_null() ? -1 : static_cast<std::int32_t>(cell.size);
    std::memcpy(position, &length, sizeof(length));
    position += sizeof(length);
    if (cell.size > 0) std::memcpy(position, cell.data, cell.size);
    position += cell.size;
  }
  return packed;
}

void make_store(Reader& reader) {
  for (Column& column : reader.columns) column.padded = false;  // a row in the store ends where its last cell ends
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
  reader.stored.resize(reader.columns.size());
  MemoryContextSwitchTo(old_context);
}

void read_away(Reader& reader, tds::Session& session) {
  make_store(reader);
  MemoryContext batch = AllocSetContextCreate(reader.context, "mssql_fdw stored row", ALLOCSET_DEFAULT_SIZES);
  Row row;
  while (session.fetch(row)) {
    CHECK_FOR_INTERRUPTS();
    MemoryContext old = MemoryContextSwitchTo(batch);
    Datum packed = PointerGetDatum(pack(row));
    bool isnull = false;
    tuplestore_putvalues(reader.store, reader.slot->tts_tupleDescriptor, &packed, &isnull);
    MemoryContextSwitchTo(old);
    MemoryContextReset(batch);
  }
  reader.session = &session;
  read_to_end(reader);
  MemoryContextDelete(batch);
}

}  // namespace

Reader* reader_open(Oid server, Oid user, const char* sql, std::span<const Parameter> parameters, TupleDesc target,
                    const int* attnums, int ncolumns, const ReaderOptions& options) {
  auto* reader = own<Reader>(CurrentMemoryContext);
  reader->context = CurrentMemoryContext;
  reader->owner = CurrentResourceOwner;
  reader->source = options.source;
  const char* utf8 = pg_server_to_any(sql, static_cast<int>(std::strlen(sql)), PG_UTF8);
  const Use use{options.pass_through, options.whole, true};
  fence_with_context(describe, reader, [&] {
    for (;;) {
      tds::Session& session = acquire(server, user, use);
      reader->sql = sql;
      if (!start(*reader, session, utf8, parameters)) continue;  // once at most: the next session is a new one
      reader->session = &session;
      set_active_reader(session, reader);
      break;
    }
    choose_converters(*reader, target, attnums, ncolumns, options);
  });
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

void reader_give_way(Reader* reader) {
  if (reader->session == nullptr) return;
  // Until all rows are here the reader has let go, and knows that rows are missing.
  tds::Session* session = std::exchange(reader->session, nullptr);
  reader->cut_short = true;
  if (reader->current >= 0) {
    // A conversion (a domain's check, an input function) queries the server whose row it is
    // converting.
    throw Error(sqlstate::feature_not_supported,
                "foreign server cannot be queried while one of its values is being converted");
  }
  fence_with_context(describe, reader, [&] { read_away(*reader, *session); });
  reader->cut_short = false;
}

void reader_detach(Reader* reader) {
  if (reader->session == nullptr) return;
  reader->session = nullptr;
  reader->cut_short = true;
}

bool reader_belongs_to(const Reader* reader, ResourceOwner owner) {
  ResourceOwner at = reader->owner;
  while (at != nullptr && at != owner) at = ResourceOwnerGetParent(at);
  return at != nullptr;
}

}  // namespace mssql::pg
