// The bulk load. loader.hpp says what it enforces; this file is about doing it fast and in constant
// memory.
//
// Assumes the boundary rules: frames here call the backend and the reader, so they hold trivially
// destructible locals only.

#include "loader.hpp"

#include "pg/host/settings.hpp"
#include "constraint_check.hpp"
#include "run.hpp"
#include "trust.hpp"

namespace mssql::pg {

namespace {

// As COPY FROM: enough to fill pages in one go, small enough to stay in the processor's cache.
constexpr int batch_rows = 1000;
constexpr std::uint64_t batch_bytes = 65536;

struct SourceColumn {
  int attribute;
  int length;  // pg_attribute.attlen
};

struct Load {
  Relation target;
  Relation
      relation;  // that the rows go into: the target, or its staging relation, which has the same columns and nothing else
  EState* estate;
  ResultRelInfo* result;  // the target's
  MemoryContext context;  // lives as long as the load
  MemoryContext batch;    // values of the rows that wait in `slots`
  TupleTableSlot* slots[batch_rows];
  int waiting;
  int options;  // TABLE_INSERT_*
  BulkInsertState bulk;
  CommandId command;
  bool* loaded;          // by attribute: comes from the source
  SourceColumn* source;  // the same as a list
  int nsource;
  int ndefaults;  // attributes that do not, and have a value that is computed
  int* default_attributes;
  ExprState** defaults;
};

// INSERT on the table or on each column, as COPY FROM asks for, and no policy that would have to be
// applied row by row.
void check_may_load(Relation target, const int* attnums, int ncolumns) {
  const Oid relid = RelationGetRelid(target);
  if (target->rd_rel->relkind != RELKIND_RELATION) {
    ereport(ERROR,
            (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("cannot load into \"%s\"", RelationGetRelationName(target)),
             errdetail("It is not a plain table.")));
  }
  if (pg_class_aclcheck(relid, GetUserId(), ACL_INSERT) != ACLCHECK_OK) {
    for (int i = 0; i < ncolumns; ++i) {
      if (pg_attribute_aclcheck(relid, static_cast<AttrNumber>(attnums[i]), GetUserId(), ACL_INSERT) != ACLCHECK_OK) {
        aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, RelationGetRelationName(target));
      }
    }
  }
  if (check_enable_rls(relid, InvalidOid, false) == RLS_ENABLED) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("cannot load into \"%s\" because its row-level security applies to you",
                           RelationGetRelationName(target)),
                    errhint("Run this as the table's owner, or as a role with BYPASSRLS.")));
  }
}

// Its file is the creation of this transaction, and of this very subtransaction where `current` is
// one.
bool has_new_file(Relation relation, SubTransactionId current = InvalidSubTransactionId) {
#if PG_VERSION_NUM >= 160000
  const SubTransactionId newest = relation->rd_newRelfilelocatorSubid;
#else
  const SubTransactionId newest = relation->rd_newRelfilenodeSubid;
#endif
  if (current != InvalidSubTransactionId) return relation->rd_createSubid == current || newest == current;
  return relation->rd_createSubid != InvalidSubTransactionId || newest != InvalidSubTransactionId;
}

// What a load would pass by, and what it would disturb: a table that is not staged has to be as
// new.
void check_new(Relation target) {
  const TriggerDesc* triggers = target->trigdesc;
  const bool fires =
      triggers != nullptr && (triggers->trig_insert_before_row || triggers->trig_insert_after_row ||
                              triggers->trig_insert_before_statement || triggers->trig_insert_after_statement);
  if (!fires && !target->rd_rel->relhasindex && !target->rd_rel->relispartition && has_new_file(target)) {
    CheckTableNotInUse(target, "load into");
    return;
  }
  ereport(ERROR,
          (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
           errmsg("cannot load into \"%s\" as it is", RelationGetRelationName(target)),
           errdetail("Only an empty table that is new in this transaction, without indexes, foreign keys and triggers, "
                     "is loaded directly."),
           errhint("Use replicate_table().")));
}

// Rows are written past its indexes, and nobody else has a place in it yet.
void check_empty(Relation target, Relation staging) {
  if (!staging->rd_rel->relhasindex && RelationGetNumberOfBlocks(staging) == 0) return;
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("what was staged for \"%s\" does not fit it", RelationGetRelationName(target)),
                  errdetail("It has rows or indexes already.")));
}

// Names to attribute numbers; the loaded ones are marked.
int* find_columns(Relation relation, const LoadRequest& request, bool* loaded) {
  TupleDesc descriptor = RelationGetDescr(relation);
  auto* attnums = static_cast<int*>(palloc(sizeof(int) * static_cast<std::size_t>(request.ncolumns + 1)));
  for (int i = 0; i < request.ncolumns; ++i) {
    const char* name = NameStr(*DatumGetName(request.columns[i]));
    const int attnum = get_attnum(RelationGetRelid(relation), name);
    if (attnum <= 0) {
      ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("column \"%s\" of relation \"%s\" does not exist", name,
                                                                RelationGetRelationName(relation))));
    }
    if (loaded[attnum - 1]) {
      ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN), errmsg("column \"%s\" specified more than once", name)));
    }
    if (TupleDescAttr(descriptor, attnum - 1)->attgenerated != '\0') {
      ereport(ERROR,
              (errcode(ERRCODE_INVALID_COLUMN_REFERENCE), errmsg("cannot load into generated column \"%s\"", name)));
    }
    loaded[attnum - 1] = true;
    attnums[i] = attnum;
  }
  return attnums;
}

// Of a column that the source does not have; null: NULL. As INSERT has it, a domain may refuse
// that.
Expr* missing_value(Relation target, int attnum) {
  auto* expression = reinterpret_cast<Expr*>(build_column_default(target, attnum));
  const Form_pg_attribute column = TupleDescAttr(RelationGetDescr(target), attnum - 1);
  if (expression != nullptr || get_typtype(column->atttypid) != TYPTYPE_DOMAIN) return expression;
  Const* null = makeNullConst(column->atttypid, -1, column->attcollation);
  return reinterpret_cast<Expr*>(coerce_to_domain(reinterpret_cast<Node*>(null), InvalidOid, -1, column->atttypid,
                                                  COERCION_IMPLICIT, COERCE_IMPLICIT_CAST, -1, false));
}

void prepare_defaults(Load* load) {
  TupleDesc descriptor = RelationGetDescr(load->target);
  load->default_attributes = static_cast<int*>(palloc0(sizeof(int) * static_cast<std::size_t>(descriptor->natts + 1)));
  load->defaults =
      static_cast<ExprState**>(palloc0(sizeof(ExprState*) * static_cast<std::size_t>(descriptor->natts + 1)));
  for (int i = 0; i < descriptor->natts; ++i) {
    Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (load->loaded[i] || attribute->attisdropped || attribute->attgenerated != '\0') continue;
    Expr* expression = missing_value(load->target, i + 1);
    if (expression == nullptr) continue;
    load->default_attributes[load->ndefaults] = i;
    load->defaults[load->ndefaults] = ExecInitExpr(expression_planner(expression), nullptr);
    ++load->ndefaults;
  }
}

// A new file has no free space worth looking for. Where it is new in this very subtransaction its
// rows can be written frozen, for they vanish with the file when it rolls back. COPY FREEZE also
// wants no older snapshot in the session; a function call always has one, but no plan of it can
// read the table: a table in use is refused, here or by the switch.
int insert_options(Relation relation) {
  const bool frozen = has_new_file(relation, GetCurrentSubTransactionId());
  return TABLE_INSERT_SKIP_FSM | (frozen ? TABLE_INSERT_FROZEN : 0);
}

// Writes the waiting rows and frees what they held.
void flush(Load* load) {
  if (load->waiting > 0) {
    // table_multi_insert leaks into the current context (tableam.h), which therefore is the
    // batch's.
    MemoryContext old = MemoryContextSwitchTo(load->batch);
    table_multi_insert(load->relation, load->slots, load->waiting, load->command, load->options, load->bulk);
    MemoryContextSwitchTo(old);
    for (int i = 0; i < load->waiting; ++i) ExecClearTuple(load->slots[i]);
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

void check_not_null(Relation target, TupleTableSlot* slot) {
  TupleDesc descriptor = RelationGetDescr(target);
  for (int i = 0; i < descriptor->natts; ++i) {
    const Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (!attribute->attnotnull || !slot->tts_isnull[i]) continue;
    ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION),
                    errmsg("null value in column \"%s\" of relation \"%s\" violates not-null constraint",
                           NameStr(attribute->attname), RelationGetRelationName(target)),
                    errtablecol(target, i + 1)));
  }
}

// What the row's values from the source take here, without headers, padding and compression: the
// same whichever driver brought them.
std::uint64_t value_bytes(const Load* load, const TupleTableSlot* slot) {
  std::uint64_t bytes = 0;
  for (const SourceColumn* column = load->source; column < load->source + load->nsource; ++column) {
    if (slot->tts_isnull[column->attribute]) continue;
    const Datum value = slot->tts_values[column->attribute];
    bytes += column->length >= 0    ? static_cast<std::uint64_t>(column->length)
             : column->length == -1 ? VARSIZE_ANY_EXHDR(DatumGetPointer(value))
                                    : std::strlen(DatumGetCString(value));
  }
  return bytes;
}

// Completes a row that the reader filled, and checks it.
void finish_row(Load* load, TupleTableSlot* slot) {
  ExprContext* expression_context = GetPerTupleExprContext(load->estate);
  for (int i = 0; i < load->ndefaults; ++i) {
    const int attribute = load->default_attributes[i];
    slot->tts_values[attribute] = ExecEvalExpr(load->defaults[i], expression_context, &slot->tts_isnull[attribute]);
  }
  ExecStoreVirtualTuple(slot);
  TupleConstr* constraints = RelationGetDescr(load->target)->constr;
  if (constraints != nullptr) {
    if (constraints->has_generated_stored) ExecComputeStoredGenerated(load->result, load->estate, slot, CMD_INSERT);
    if (load->relation == load->target) {
      ExecConstraints(load->result, slot, load->estate);
    } else if (constraints->has_not_null) {
      check_not_null(load->target, slot);
    }
  }
  ++load->waiting;
}

void prepare(Load* load, const LoadRequest& request, const int* attnums) {
  load->nsource = request.ncolumns;
  load->source =
      static_cast<SourceColumn*>(palloc(sizeof(SourceColumn) * static_cast<std::size_t>(request.ncolumns + 1)));
  for (int i = 0; i < request.ncolumns; ++i)
    load->source[i] = {attnums[i] - 1, TupleDescAttr(RelationGetDescr(load->target), attnums[i] - 1)->attlen};
  load->estate = CreateExecutorState();
  load->result = makeNode(ResultRelInfo);
  InitResultRelInfo(load->result, load->target, 0, nullptr, 0);
  load->options = insert_options(load->relation);
  load->batch = AllocSetContextCreate(load->context, "mssql_fdw load batch", ALLOCSET_DEFAULT_SIZES);
  load->bulk = GetBulkInsertState();
  load->command = GetCurrentCommandId(true);
  prepare_defaults(load);

  const int index[] = {PROGRESS_COPY_COMMAND, PROGRESS_COPY_TYPE, PROGRESS_COPY_BYTES_TOTAL, progress_estimated_rows,
                       progress_started};
  const int64 value[] = {PROGRESS_COPY_COMMAND_FROM, PROGRESS_COPY_TYPE_CALLBACK, request.estimated_bytes,
                         request.estimated_rows, GetCurrentTimestamp()};
  pgstat_progress_start_command(PROGRESS_COMMAND_COPY, request.target);
  pgstat_progress_update_multi_param(lengthof(index), index, value);
}

void finish(Load* load) {
  pgstat_progress_end_command();
  FreeBulkInsertState(load->bulk);
  table_finish_bulk_insert(load->relation, load->options);
  for (TupleTableSlot* slot : load->slots) {
    if (slot != nullptr) ExecDropSingleTupleTableSlot(slot);
  }
  FreeExecutorState(load->estate);
  if (load->relation != load->target) table_close(load->relation, NoLock);
  table_close(load->target, NoLock);
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
  state->target = table_open(request.target, RowExclusiveLock);
  TupleDesc descriptor = RelationGetDescr(state->target);
  state->loaded = static_cast<bool*>(palloc0(sizeof(bool) * static_cast<std::size_t>(descriptor->natts + 1)));
  const int* attnums = find_columns(state->target, request, state->loaded);
  check_may_load(state->target, attnums, request.ncolumns);
  const Oid staging = staging_of(request.target);
  if (OidIsValid(staging)) {
    check_owner(state->target);
    check_trusted(state->target);
    state->relation = open_staging(state->target, staging, RowExclusiveLock);
    check_empty(state->target, state->relation);
  } else {
    check_new(state->target);
    state->relation = state->target;
  }
  const int settings = take_callers_path();
  prepare(state, request, attnums);

  ReaderOptions options;
  options.policy = request.policy;
  options.source = request.source;
  options.columns = request.types;
  options.whole = true;
  Reader* reader =
      reader_open(request.server, GetUserId(), request.sql, {}, descriptor, attnums, request.ncolumns, options);
  std::uint64_t bytes = 0, flushed = 0;
  for (;;) {
    CHECK_FOR_INTERRUPTS();
    TupleTableSlot* slot = next_slot(state);
    MemoryContextSwitchTo(state->batch);
    const bool more = reader_next(reader, slot->tts_values, slot->tts_isnull);
    if (more) finish_row(state, slot);
    MemoryContextSwitchTo(context);
    if (!more) break;
    ++*rows_done;
    bytes += value_bytes(state, slot);
    if (state->waiting == batch_rows || bytes - flushed >= batch_bytes) {
      flush(state);
      flushed = bytes;
      report(*rows_done, bytes);
    }
  }
  flush(state);
  const LoadResult result{static_cast<std::int64_t>(*rows_done), static_cast<std::int64_t>(bytes)};
  report(*rows_done, bytes);
  reader_close(reader);
  finish(state);
  release_settings(settings);
  if (OidIsValid(staging)) note_rows(staging, result.rows);
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(context);
  return result;
}

}  // namespace mssql::pg
