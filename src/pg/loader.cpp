// The bulk load. loader.hpp says what it enforces; this file is about doing it fast and in constant memory.
//
// Assumes the boundary rules: frames here call the backend and the reader, so they hold trivially destructible locals only.

#include "loader.hpp"

namespace mssql::pg {

namespace {

// As COPY FROM: enough to fill pages in one go, small enough to stay in the processor's cache.
constexpr int batch_rows = 1000;
constexpr std::uint64_t batch_bytes = 65536;

struct Load {
  Relation relation;
  EState* estate;
  ResultRelInfo* result;
  MemoryContext context;  // lives as long as the load
  MemoryContext batch;    // values of the rows that wait in `slots`
  TupleTableSlot* slots[batch_rows];
  int waiting;
  int options;            // TABLE_INSERT_*
  BulkInsertState bulk;
  CommandId command;
  bool rebuild_indexes;   // at the end, instead of row by row
  bool* loaded;           // by attribute: comes from the source
  int ndefaults;          // attributes that do not, and have a default
  int* default_attributes;
  ExprState** defaults;
};

// INSERT on the table or on each column, as COPY FROM asks for, and no policy that would have to be applied row by row.
void check_may_load(Relation relation, const int* attnums, int ncolumns) {
  const Oid relid = RelationGetRelid(relation);
  if (relation->rd_rel->relkind != RELKIND_RELATION) {
    ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("cannot load into \"%s\"", RelationGetRelationName(relation)),
                    errdetail("It is not a plain table.")));
  }
  if (pg_class_aclcheck(relid, GetUserId(), ACL_INSERT) != ACLCHECK_OK) {
    for (int i = 0; i < ncolumns; ++i) {
      if (pg_attribute_aclcheck(relid, static_cast<AttrNumber>(attnums[i]), GetUserId(), ACL_INSERT) != ACLCHECK_OK) {
        aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, RelationGetRelationName(relation));
      }
    }
  }
  if (check_enable_rls(relid, InvalidOid, false) == RLS_ENABLED) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("cannot load into \"%s\" because its row-level security applies to you", RelationGetRelationName(relation)),
                    errhint("Run this as the table's owner, or as a role with BYPASSRLS.")));
  }
}

// Rows that are loaded pass no trigger, and so no foreign key: what only the owner may switch off.
void check_triggers(Relation relation) {
  const TriggerDesc* triggers = relation->trigdesc;
  if (triggers == nullptr) return;
  if (!triggers->trig_insert_before_row && !triggers->trig_insert_after_row && !triggers->trig_insert_before_statement &&
      !triggers->trig_insert_after_statement) {
    return;
  }
#if PG_VERSION_NUM >= 160000
  const bool owner = object_ownercheck(RelationRelationId, RelationGetRelid(relation), GetUserId());
#else
  const bool owner = pg_class_ownercheck(RelationGetRelid(relation), GetUserId());
#endif
  if (!owner) aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, RelationGetRelationName(relation));
}

// Names to attribute numbers; the loaded ones are marked.
int* find_columns(Relation relation, const LoadRequest& request, bool* loaded) {
  TupleDesc descriptor = RelationGetDescr(relation);
  auto* attnums = static_cast<int*>(palloc(sizeof(int) * static_cast<std::size_t>(request.ncolumns + 1)));
  for (int i = 0; i < request.ncolumns; ++i) {
    const char* name = NameStr(*DatumGetName(request.columns[i]));
    const int attnum = get_attnum(RelationGetRelid(relation), name);
    if (attnum <= 0) {
      ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                      errmsg("column \"%s\" of relation \"%s\" does not exist", name, RelationGetRelationName(relation))));
    }
    if (loaded[attnum - 1]) {
      ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN), errmsg("column \"%s\" specified more than once", name)));
    }
    if (TupleDescAttr(descriptor, attnum - 1)->attgenerated != '\0') {
      ereport(ERROR, (errcode(ERRCODE_INVALID_COLUMN_REFERENCE), errmsg("cannot load into generated column \"%s\"", name)));
    }
    loaded[attnum - 1] = true;
    attnums[i] = attnum;
  }
  return attnums;
}

// Expressions for the columns that the source does not have; the others are NULL.
void prepare_defaults(Load* load) {
  TupleDesc descriptor = RelationGetDescr(load->relation);
  load->default_attributes = static_cast<int*>(palloc0(sizeof(int) * static_cast<std::size_t>(descriptor->natts + 1)));
  load->defaults = static_cast<ExprState**>(palloc0(sizeof(ExprState*) * static_cast<std::size_t>(descriptor->natts + 1)));
  for (int i = 0; i < descriptor->natts; ++i) {
    Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (load->loaded[i] || attribute->attisdropped || attribute->attgenerated != '\0') continue;
    auto* expression = reinterpret_cast<Expr*>(build_column_default(load->relation, i + 1));
    if (expression == nullptr) continue;
    load->default_attributes[load->ndefaults] = i;
    load->defaults[load->ndefaults] = ExecInitExpr(expression_planner(expression), nullptr);
    ++load->ndefaults;
  }
}

// A storage file that is new in this transaction has no free space worth looking for. Where it is new in this very
// subtransaction its rows can be written frozen, for they vanish with the file when it rolls back. COPY FREEZE also wants no older
// snapshot in the session; a function call always has one, but no plan of it can read the table: DDL refuses a table in use.
int insert_options(Relation relation) {
#if PG_VERSION_NUM >= 160000
  const SubTransactionId first = relation->rd_firstRelfilelocatorSubid;
  const SubTransactionId newest = relation->rd_newRelfilelocatorSubid;
#else
  const SubTransactionId first = relation->rd_firstRelfilenodeSubid;
  const SubTransactionId newest = relation->rd_newRelfilenodeSubid;
#endif
  int options = 0;
  if (relation->rd_createSubid != InvalidSubTransactionId || first != InvalidSubTransactionId) options |= TABLE_INSERT_SKIP_FSM;
  const SubTransactionId current = GetCurrentSubTransactionId();
  if (relation->rd_createSubid == current || newest == current) options |= TABLE_INSERT_FROZEN;
  return options;
}

void insert_index_tuples(Load* load, TupleTableSlot* slot) {
#if PG_VERSION_NUM >= 160000
  List* recheck = ExecInsertIndexTuples(load->result, slot, load->estate, false, false, nullptr, NIL, false);
#else
  List* recheck = ExecInsertIndexTuples(load->result, slot, load->estate, false, false, nullptr, NIL);
#endif
  // A deferred check is queued by the executor's triggers, which do not run here: never let one pass unseen.
  if (recheck != NIL) {
    ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION),
                    errmsg("duplicate key value for a deferrable constraint of \"%s\"", RelationGetRelationName(load->relation))));
  }
}

// Writes the waiting rows and frees what they held.
void flush(Load* load) {
  if (load->waiting > 0) {
    // table_multi_insert leaks into the current context (tableam.h), which therefore is the batch's.
    MemoryContext old = MemoryContextSwitchTo(load->batch);
    table_multi_insert(load->relation, load->slots, load->waiting, load->command, load->options, load->bulk);
    MemoryContextSwitchTo(old);
    for (int i = 0; i < load->waiting; ++i) {
      if (load->result->ri_NumIndices > 0) {
        insert_index_tuples(load, load->slots[i]);
        ResetPerTupleExprContext(load->estate);
      }
      ExecClearTuple(load->slots[i]);
    }
    load->waiting = 0;
  }
  ResetPerTupleExprContext(load->estate);
  MemoryContextReset(load->batch);
}

TupleTableSlot* next_slot(Load* load) {
  TupleTableSlot*& slot = load->slots[load->waiting];
  if (slot == nullptr) {
    MemoryContext old = MemoryContextSwitchTo(load->context);
    slot = table_slot_create(load->relation, nullptr);
    MemoryContextSwitchTo(old);
  }
  ExecClearTuple(slot);
  std::memset(slot->tts_isnull, true, sizeof(bool) * static_cast<std::size_t>(slot->tts_tupleDescriptor->natts));
  slot->tts_tableOid = RelationGetRelid(load->relation);
  return slot;
}

// Completes a row that the reader filled, and checks it.
void finish_row(Load* load, TupleTableSlot* slot) {
  ExprContext* expression_context = GetPerTupleExprContext(load->estate);
  for (int i = 0; i < load->ndefaults; ++i) {
    const int attribute = load->default_attributes[i];
    slot->tts_values[attribute] = ExecEvalExpr(load->defaults[i], expression_context, &slot->tts_isnull[attribute]);
  }
  ExecStoreVirtualTuple(slot);
  TupleConstr* constraints = RelationGetDescr(load->relation)->constr;
  if (constraints != nullptr) {
    if (constraints->has_generated_stored) ExecComputeStoredGenerated(load->result, load->estate, slot, CMD_INSERT);
    ExecConstraints(load->result, slot, load->estate);
  }
  if (load->relation->rd_rel->relispartition) ExecPartitionCheck(load->result, slot, load->estate, true);
  ++load->waiting;
}

// Into an empty table whose file is new in this very subtransaction: whatever fails, the file vanishes with the indexes that do not know its
// rows yet, and nobody else sees them. Building an index sorts once, which is several times cheaper than inserting row by row.
bool may_rebuild_indexes(Relation relation, int options) {
  return (options & TABLE_INSERT_FROZEN) != 0 && relation->rd_rel->relhasindex && RelationGetNumberOfBlocks(relation) == 0;
}

void rebuild_indexes(Oid relation) {
  CommandCounterIncrement();
  ReindexParams parameters{};
#if PG_VERSION_NUM >= 170000
  reindex_relation(nullptr, relation, REINDEX_REL_CHECK_CONSTRAINTS, &parameters);
#else
  reindex_relation(relation, REINDEX_REL_CHECK_CONSTRAINTS, &parameters);
#endif
}

void prepare(Load* load, const LoadRequest& request) {
  load->estate = CreateExecutorState();
  load->result = makeNode(ResultRelInfo);
  InitResultRelInfo(load->result, load->relation, 0, nullptr, 0);
  load->options = insert_options(load->relation);
  load->rebuild_indexes = may_rebuild_indexes(load->relation, load->options);
  if (!load->rebuild_indexes) ExecOpenIndices(load->result, false);
  load->batch = AllocSetContextCreate(load->context, "mssql_fdw load batch", ALLOCSET_DEFAULT_SIZES);
  load->bulk = GetBulkInsertState();
  load->command = GetCurrentCommandId(true);
  prepare_defaults(load);

  const int index[] = {PROGRESS_COPY_COMMAND, PROGRESS_COPY_TYPE, PROGRESS_COPY_BYTES_TOTAL, progress_estimated_rows, progress_started};
  const int64 value[] = {PROGRESS_COPY_COMMAND_FROM, PROGRESS_COPY_TYPE_CALLBACK, request.estimated_bytes, request.estimated_rows,
                         GetCurrentTimestamp()};
  pgstat_progress_start_command(PROGRESS_COMMAND_COPY, request.target);
  pgstat_progress_update_multi_param(lengthof(index), index, value);
  // The only place where another session can read the names of a table that is not committed yet.
  const char* query = debug_query_string == nullptr ? "" : debug_query_string;
  pgstat_report_activity(STATE_RUNNING, psprintf("/* mssql_fdw load: %s -> %s.%s */ %s", request.source,
                                                 get_namespace_name(RelationGetNamespace(load->relation)),
                                                 RelationGetRelationName(load->relation), query));
}

void finish(Load* load, const LoadRequest& request) {
  pgstat_progress_end_command();
  pgstat_report_activity(STATE_RUNNING, debug_query_string == nullptr ? "" : debug_query_string);
  FreeBulkInsertState(load->bulk);
  table_finish_bulk_insert(load->relation, load->options);
  for (TupleTableSlot* slot : load->slots) {
    if (slot != nullptr) ExecDropSingleTupleTableSlot(slot);
  }
  ExecCloseIndices(load->result);
  FreeExecutorState(load->estate);
  table_close(load->relation, NoLock);
  if (load->rebuild_indexes) rebuild_indexes(request.target);
}

void report(std::uint64_t rows, std::uint64_t bytes) {
  const int index[] = {PROGRESS_COPY_TUPLES_PROCESSED, PROGRESS_COPY_BYTES_PROCESSED};
  const int64 value[] = {static_cast<int64>(rows), static_cast<int64>(bytes)};
  pgstat_progress_update_multi_param(lengthof(index), index, value);
}

}  // namespace

LoadResult load(const LoadRequest& request, std::uint64_t* rows_done) {
  MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "mssql_fdw load", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(context);
  auto* state = static_cast<Load*>(palloc0(sizeof(Load)));
  state->context = context;
  state->relation = table_open(request.target, RowExclusiveLock);
  TupleDesc descriptor = RelationGetDescr(state->relation);
  state->loaded = static_cast<bool*>(palloc0(sizeof(bool) * static_cast<std::size_t>(descriptor->natts + 1)));
  const int* attnums = find_columns(state->relation, request, state->loaded);
  check_may_load(state->relation, attnums, request.ncolumns);
  check_triggers(state->relation);
  prepare(state, request);

  ReaderOptions options;
  options.policy = request.policy;
  options.source = request.source;
  options.columns = request.types;
  Reader* reader = reader_open(request.server, GetUserId(), request.sql, nullptr, descriptor, attnums, request.ncolumns, options);
  std::uint64_t flushed = 0;
  for (;;) {
    CHECK_FOR_INTERRUPTS();
    TupleTableSlot* slot = next_slot(state);
    MemoryContextSwitchTo(state->batch);
    const bool more = reader_next(reader, slot->tts_values, slot->tts_isnull);
    if (more) finish_row(state, slot);
    MemoryContextSwitchTo(context);
    if (!more) break;
    ++*rows_done;
    const std::uint64_t bytes = reader_bytes(reader);
    if (state->waiting == batch_rows || bytes - flushed >= batch_bytes) {
      flush(state);
      flushed = bytes;
      report(*rows_done, bytes);
    }
  }
  flush(state);
  const LoadResult result{static_cast<std::int64_t>(*rows_done), static_cast<std::int64_t>(reader_bytes(reader))};
  report(*rows_done, static_cast<std::uint64_t>(result.bytes));
  reader_close(reader);
  finish(state, request);
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(context);
  return result;
}

}  // namespace mssql::pg
