#include "writer.hpp"

namespace mssql::pg {

namespace {

// As COPY FROM: enough to fill pages in one go, small enough to stay in the processor's cache.
constexpr int batch_rows = 1000;
constexpr std::uint64_t batch_bytes = 65536;

// A new file has no free space worth looking for. Where it is new in this very subtransaction its
// rows can be written frozen, for they vanish with the file when it rolls back. COPY FREEZE also
// wants no older snapshot in the session; a function call always has one, but no plan of it can
// read the table: a table in use is refused, here or by the switch.
int insert_options(Relation relation) {
  const bool frozen = has_new_file(relation, GetCurrentSubTransactionId());
  return TABLE_INSERT_SKIP_FSM | (frozen ? TABLE_INSERT_FROZEN : 0);
}

}  // namespace

struct Writer {
  Relation relation;
  MemoryContext context;  // lives as long as the writer
  MemoryContext batch;    // values of the rows that wait in `slots`
  TupleTableSlot* slots[batch_rows];
  int waiting;
  std::uint64_t bytes;  // of them
  int options;          // TABLE_INSERT_*
  BulkInsertState bulk;
  CommandId command;
};

namespace {

// Writes the waiting rows and frees what they held.
void flush(Writer* writer) {
  if (writer->waiting > 0) {
    // table_multi_insert leaks into the current context (tableam.h), which therefore is the
    // batch's.
    MemoryContext old = MemoryContextSwitchTo(writer->batch);
    table_multi_insert(writer->relation, writer->slots, writer->waiting, writer->command, writer->options,
                       writer->bulk);
    MemoryContextSwitchTo(old);
    for (int i = 0; i < writer->waiting; ++i) ExecClearTuple(writer->slots[i]);
    writer->waiting = 0;
    writer->bytes = 0;
  }
  MemoryContextReset(writer->batch);
}

}  // namespace

bool has_new_file(Relation relation, SubTransactionId current) {
#if PG_VERSION_NUM >= 160000
  const SubTransactionId newest = relation->rd_newRelfilelocatorSubid;
#else
  const SubTransactionId newest = relation->rd_newRelfilenodeSubid;
#endif
  if (current != InvalidSubTransactionId) return relation->rd_createSubid == current || newest == current;
  return relation->rd_createSubid != InvalidSubTransactionId || newest != InvalidSubTransactionId;
}

Writer* open_writer(Relation relation) {
  auto* writer = static_cast<Writer*>(palloc0(sizeof(Writer)));
  writer->relation = relation;
  writer->context = CurrentMemoryContext;
  writer->batch = AllocSetContextCreate(writer->context, "mssql_fdw load batch", ALLOCSET_DEFAULT_SIZES);
  writer->options = insert_options(relation);
  writer->bulk = GetBulkInsertState();
  writer->command = GetCurrentCommandId(true);
  return writer;
}

MemoryContext row_memory(const Writer* writer) { return writer->batch; }

TupleTableSlot* next_slot(Writer* writer) {
  TupleTableSlot*& slot = writer->slots[writer->waiting];
  if (slot == nullptr) {
    MemoryContext old = MemoryContextSwitchTo(writer->context);
    slot = table_slot_create(writer->relation, nullptr);
    MemoryContextSwitchTo(old);
  }
  ExecClearTuple(slot);
  std::memset(slot->tts_isnull, true, sizeof(bool) * static_cast<std::size_t>(slot->tts_tupleDescriptor->natts));
  slot->tts_tableOid = RelationGetRelid(writer->relation);
  return slot;
}

bool add_row(Writer* writer, std::uint64_t bytes) {
  ++writer->waiting;
  writer->bytes += bytes;
  if (writer->waiting < batch_rows && writer->bytes < batch_bytes) return false;
  flush(writer);
  return true;
}

void close_writer(Writer* writer) {
  flush(writer);
  FreeBulkInsertState(writer->bulk);
  table_finish_bulk_insert(writer->relation, writer->options);
  for (TupleTableSlot* slot : writer->slots) {
    if (slot != nullptr) ExecDropSingleTupleTableSlot(slot);
  }
}

}  // namespace mssql::pg
