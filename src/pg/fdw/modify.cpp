// INSERT, UPDATE, DELETE and COPY as the executor runs them; modify.hpp lists the parts.
//
// A statement that updates or deletes begins its remote transaction before its rows are read, so
// that the locks of that scan (with_row_locks) are never lost without an error.

#include "modify.hpp"

#include <algorithm>

#include "core/tsql/dml.hpp"
#include "dml_statement.hpp"
#include "load.hpp"
#include "modify_plan.hpp"
#include "pg/remote/connection.hpp"
#include "written_keys.hpp"
#include "written_row.hpp"

namespace mssql::pg {

namespace {

// From how many rows on those of a query are loaded in bulk.
constexpr std::int64_t many_rows = 1000;

struct ModifyState {
  CmdType operation;
  WrittenTable* table;
  DmlSender* sender;
  List* keys;              // attnums
  AttrNumber* key_places;  // in the slot of the plan
  AttrNumber old_row;      // likewise; 0: none
  Bitmapset* named;        // attnums that INSERT names, or UPDATE sets
  bool may_change_more;    // a trigger may set other columns
  WrittenKeys* written;    // null: the plan gives each row once
  MemoryContext context;   // of one row, or one batch
  Load* load;              // null: rows are not loaded in bulk
  std::int64_t load_from;  // how many rows go before the first that is
  std::int64_t rows;
};

ModifyState* state_of(ResultRelInfo* target) { return static_cast<ModifyState*>(target->ri_FdwState); }

Oid modifying_user(ResultRelInfo* target, EState* estate) {
#if PG_VERSION_NUM >= 160000
  const Oid user = ExecGetResultRelCheckAsUser(target, estate);
#else
  const Index relation =
      target->ri_RangeTableIndex != 0 ? target->ri_RangeTableIndex : target->ri_RootResultRelInfo->ri_RangeTableIndex;
  const Oid user = exec_rt_fetch(relation, estate)->checkAsUser;
#endif
  return OidIsValid(user) ? user : GetUserId();
}

Bitmapset* attnums_in(const Bitmapset* offset) {
  Bitmapset* attnums = nullptr;
  for (int member = -1; (member = bms_next_member(offset, member)) >= 0;) {
    const int attnum = member + FirstLowInvalidHeapAttributeNumber;
    if (attnum > 0) attnums = bms_add_member(attnums, attnum);
  }
  return attnums;
}

Bitmapset* attnums_of(List* list) {
  Bitmapset* attnums = nullptr;
  ListCell* cell = nullptr;
  foreach (cell, list) attnums = bms_add_member(attnums, lfirst_int(cell));
  return attnums;
}

[[noreturn]] void raise_set_by_server(const WrittenTable* table, const WrittenColumn& column) {
  ereport(ERROR, (errcode(ERRCODE_GENERATED_ALWAYS),
                  errmsg("column \"%s\" of %s cannot be updated", column.local_name, table->what),
                  errdetail(column.generated == Generated::identity ? "It is an identity column, whose values stay."
                                                                    : "Only the server gives it values.")));
  pg_unreachable();
}

// What UPDATE sets, generated columns of this side included.
Bitmapset* updated_columns(ResultRelInfo* target, EState* estate, const WrittenTable* table) {
  const Bitmapset* chosen = attnums_in(ExecGetUpdatedCols(target, estate));
  for (int attnum = -1; (attnum = bms_next_member(chosen, attnum)) >= 0;) {
    const WrittenColumn& column = table->columns[attnum - 1];
    if (column.generated != Generated::never) raise_set_by_server(table, column);
  }
  Bitmapset* all = attnums_in(bms_union(ExecGetUpdatedCols(target, estate), ExecGetExtraUpdatedCols(target, estate)));
  for (int attnum = 1; attnum <= table->descriptor->natts; ++attnum)
    if (table->columns[attnum - 1].generated != Generated::never) all = bms_del_member(all, attnum);
  return all;
}

AttrNumber place_of(List* targets, const char* name) { return ExecFindJunkAttributeInTlist(targets, name); }

void find_places(ModifyState* state, List* targets, Relation relation) {
  const auto count = static_cast<std::size_t>(list_length(state->keys));
  state->key_places = static_cast<AttrNumber*>(palloc0(sizeof(AttrNumber) * count));
  for (std::size_t i = 0; i < count; ++i) {
    const int attnum = list_nth_int(state->keys, static_cast<int>(i));
    state->key_places[i] = place_of(targets, key_name(TupleDescAttr(RelationGetDescr(relation), attnum - 1)));
    if (!AttributeNumberIsValid(state->key_places[i])) elog(ERROR, "could not find junk key column %d", attnum);
  }
  state->old_row = place_of(targets, "wholerow");
}

ModifyState* make_state(EState* estate, ResultRelInfo* target, CmdType operation) {
  auto* state = static_cast<ModifyState*>(palloc0(sizeof(ModifyState)));
  state->operation = operation;
  state->table = describe_written_table(target->ri_RelationDesc, modifying_user(target, estate));
  state->context = AllocSetContextCreate(estate->es_query_cxt, "mssql_fdw row", ALLOCSET_DEFAULT_SIZES);
  return state;
}

bool has_row_trigger(const ResultRelInfo* target, CmdType operation, bool before) {
  const TriggerDesc* triggers = target->ri_TrigDesc;
  if (triggers == nullptr) return false;
  if (operation == CMD_INSERT) return before ? triggers->trig_insert_before_row : triggers->trig_insert_after_row;
  return operation == CMD_UPDATE && (before ? triggers->trig_update_before_row : triggers->trig_update_after_row);
}

// Rows in bulk come back in no way.
void allow_load(ModifyState* state, const ModifyPlan& plan, std::int64_t from) {
  if (plan.returned != NIL || plan.skips_duplicates) return;
  state->load = make_load(state->table);
  state->load_from = from;
}

TupleTableSlot* without_row(TupleTableSlot* slot) {
  ExecClearTuple(slot);
  return nullptr;
}

// What the server has stored, over what was sent.
void put_returned(ModifyState* state, TupleTableSlot* slot, const Datum* values, const bool* isnull) {
  if (state->sender->returned == NIL) return;
  ListCell* cell = nullptr;
  ExecMaterializeSlot(slot);
  slot_getallattrs(slot);
  const auto natts = static_cast<std::size_t>(state->table->descriptor->natts);
  auto* row = static_cast<Datum*>(palloc(sizeof(Datum) * natts));
  auto* nulls = static_cast<bool*>(palloc(sizeof(bool) * natts));
  std::memcpy(row, slot->tts_values, sizeof(Datum) * natts);
  std::memcpy(nulls, slot->tts_isnull, sizeof(bool) * natts);
  foreach (cell, state->sender->returned) {
    row[lfirst_int(cell) - 1] = values[lfirst_int(cell) - 1];
    nulls[lfirst_int(cell) - 1] = isnull[lfirst_int(cell) - 1];
  }
  ExecForceStoreHeapTuple(heap_form_tuple(slot->tts_tupleDescriptor, row, nulls), slot, false);
  ExecMaterializeSlot(slot);
}

struct RowBuffer {
  Datum* values;
  bool* isnull;
};

RowBuffer make_row_buffer(const ModifyState* state) {
  const auto natts = static_cast<std::size_t>(std::max(state->table->descriptor->natts, 1));
  RowBuffer row{static_cast<Datum*>(palloc0(sizeof(Datum) * natts)), static_cast<bool*>(palloc(sizeof(bool) * natts))};
  std::memset(row.isnull, true, sizeof(bool) * natts);
  return row;
}

Parameter* make_parameters(std::size_t count) {
  return static_cast<Parameter*>(palloc(sizeof(Parameter) * std::max<std::size_t>(count, 1)));
}

// Rows with values for the same columns, at most as many as fit into one statement.
struct Batch {
  Bitmapset* columns;
  int rows;
};

int rows_that_fit(const Bitmapset* columns) {
  const int width = bms_num_members(columns);
  return width == 0 ? 1 : std::min(tsql::most_rows_of_values, tsql::most_parameters / width);
}

Batch next_batch(const ModifyState* state, TupleTableSlot** slots, int count) {
  Batch batch{inserted_columns(state->table, state->named, slots[0]), 1};
  const int most = std::min(count, rows_that_fit(batch.columns));
  while (batch.rows < most && bms_equal(batch.columns, inserted_columns(state->table, state->named, slots[batch.rows])))
    ++batch.rows;
  return batch;
}

std::int64_t insert_batch(ModifyState* state, const Batch& batch, TupleTableSlot** slots, const RowBuffer& back) {
  Parameter* parameters =
      make_parameters(static_cast<std::size_t>(batch.rows) * static_cast<std::size_t>(bms_num_members(batch.columns)));
  std::size_t count = 0;
  for (int i = 0; i < batch.rows; ++i) append_values(state->table, batch.columns, slots[i], parameters, &count);
  return send_statement(state->sender, batch.columns, batch.rows, {parameters, count}, back.values, back.isnull);
}

bool goes_in_bulk(ModifyState* state, const Bitmapset* columns) {
  return state->load != nullptr && state->rows >= state->load_from && is_worth_loading(state->load) &&
         can_load(state->load, columns);
}

// Inserts the first of the rows, and those like it; how many of them there were. `stored`: how many
// the server has kept.
int insert_some(ModifyState* state, TupleTableSlot** slots, int count, const RowBuffer& back, std::int64_t* stored) {
  const Batch batch = next_batch(state, slots, count);
  if (goes_in_bulk(state, batch.columns)) {
    for (int i = 0; i < batch.rows; ++i) load_row(state->load, batch.columns, slots[i]);
    *stored += batch.rows;
  } else {
    if (state->load != nullptr) end_load(state->load);
    *stored += insert_batch(state, batch, slots, back);
  }
  state->rows += batch.rows;
  return batch.rows;
}

std::int64_t insert_rows(ModifyState* state, TupleTableSlot** slots, int count, const RowBuffer& back) {
  std::int64_t stored = 0;
  for (int done = 0; done < count;) done += insert_some(state, slots + done, count - done, back, &stored);
  return stored;
}

// A value of the row as it was, by which a trigger's change is known.
bool is_unchanged(Form_pg_attribute attribute, Datum value, bool isnull, Datum old, bool was_null) {
  if (isnull || was_null) return isnull == was_null;
  return datum_image_eq(value, old, attribute->attbyval, attribute->attlen);
}

// Columns that triggers have set beyond what the statement sets. What nobody has changed is not
// sent: here it may have fewer digits than there.
Bitmapset* changed_columns(const ModifyState* state, TupleTableSlot* slot, TupleTableSlot* plan_slot) {
  if (!state->may_change_more || !AttributeNumberIsValid(state->old_row)) return state->named;
  bool isnull = true;
  const Datum whole = ExecGetJunkAttribute(plan_slot, state->old_row, &isnull);
  if (isnull) return state->named;
  HeapTupleHeader header = DatumGetHeapTupleHeader(whole);
  HeapTupleData tuple{};
  tuple.t_len = HeapTupleHeaderGetDatumLength(header);
  tuple.t_data = header;
  const RowBuffer old = make_row_buffer(state);
  heap_deform_tuple(&tuple, state->table->descriptor, old.values, old.isnull);
  slot_getallattrs(slot);
  Bitmapset* changed = bms_copy(state->named);
  for (int i = 0; i < state->table->descriptor->natts; ++i) {
    const WrittenColumn& column = state->table->columns[i];
    if (!column.exists || column.generated != Generated::never) continue;
    if (!is_unchanged(TupleDescAttr(state->table->descriptor, i), slot->tts_values[i], slot->tts_isnull[i],
                      old.values[i], old.isnull[i]))
      changed = bms_add_member(changed, i + 1);
  }
  return changed;
}

[[noreturn]] void raise_many_rows(const ModifyState* state, std::int64_t rows) {
  ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
                  errmsg("%s has %lld rows with the same key", state->table->what, static_cast<long long>(rows)),
                  errdetail("Each row is updated or deleted by its key, which must be its alone."),
                  errhint("Set the option \"key\" on all columns of the remote primary key.")));
  pg_unreachable();
}

// The key under which the row stands now.
void note_new_key(ModifyState* state, Parameter* key, TupleTableSlot* slot) {
  for (int i = 0; i < list_length(state->keys); ++i) {
    const int attnum = list_nth_int(state->keys, i);
    if (!bms_is_member(attnum, state->named)) continue;
    bool isnull = true;
    const Datum value = slot_getattr(slot, attnum, &isnull);
    if (isnull) return;  // the row is found no more
    const Assigner& assigner = column_of(state->table, attnum).assigner;
    assign(assigner, value, false, &key[i]);
    trim_key(assigner, &key[i]);
  }
  was_written(state->written, {key, static_cast<std::size_t>(list_length(state->keys))});
}

// Updates or deletes the row whose key stands in the plan's slot. False: it is not there any more,
// or has been updated by this statement.
bool change_row(ModifyState* state, Bitmapset* columns, TupleTableSlot* slot, TupleTableSlot* plan_slot,
                const RowBuffer& back) {
  Parameter* parameters =
      make_parameters(static_cast<std::size_t>(bms_num_members(columns) + list_length(state->keys)));
  std::size_t count = 0;
  append_values(state->table, columns, slot, parameters, &count);
  Parameter* key = parameters + count;
  append_key(state->table, state->keys, state->key_places, plan_slot, parameters, &count);
  const auto key_size = static_cast<std::size_t>(list_length(state->keys));
  if (state->written != nullptr && was_written(state->written, {key, key_size})) return false;
  const std::int64_t rows = send_statement(state->sender, columns, 1, {parameters, count}, back.values, back.isnull);
  if (rows > 1) raise_many_rows(state, rows);
  if (rows == 1 && state->written != nullptr) note_new_key(state, key, slot);
  return rows == 1;
}

// What an error is about.
void describe(void* argument) {
  auto* state = static_cast<ModifyState*>(argument);
  const char* load = state->load == nullptr ? nullptr : load_statement(state->load);
  load != nullptr ? describe_statement(state->table->what, load) : describe_dml(state->sender);
}

// Runs `body` in the memory of one row, with what it is about in the context of errors.
template <class Body>
auto per_row(ModifyState* state, Body&& body) -> decltype(body()) {
  MemoryContext old = MemoryContextSwitchTo(state->context);
  const auto result = fence_with_context(describe, state, body);
  MemoryContextSwitchTo(old);
  MemoryContextReset(state->context);
  return result;
}

void end(ModifyState* state) {
  if (state == nullptr) return;
  if (state->load != nullptr) fence_with_context(describe, state, [&] { end_load(state->load); });
  report_messages(NOTICE);
}

ModifyPlan plan_of_routed(const ModifyTableState* node, ResultRelInfo* target) {
  ModifyPlan plan{};
  const auto* modify = reinterpret_cast<const ModifyTable*>(node->ps.plan);
  if (target->ri_returningList != NIL || target->ri_WithCheckOptions != NIL ||
      has_row_trigger(target, CMD_INSERT, false))
    plan.returned = all_attributes(target->ri_RelationDesc);
  plan.skips_duplicates = modify != nullptr && modify->onConflictAction == ONCONFLICT_NOTHING;
  plan.many = true;
  return plan;
}

void refuse_rows_that_come_back(const ModifyTableState* node, ResultRelInfo* target) {
  const auto* plan = reinterpret_cast<const ModifyTable*>(node->ps.plan);
  if (plan == nullptr || plan->operation != CMD_UPDATE || target->ri_FdwState == nullptr) return;
  ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                  errmsg("cannot route tuples into foreign table to be updated \"%s\"",
                         RelationGetRelationName(target->ri_RelationDesc)),
                  errdetail("Rows that have been moved there would be found by the update, and updated again.")));
}

}  // namespace

void BeginForeignModify(ModifyTableState* node, ResultRelInfo* target, List* fdw_private, int, int flags) {
  const ModifyPlan plan = unpack_modify_plan(fdw_private);
  EState* estate = node->ps.state;
  ModifyState* state = make_state(estate, target, node->operation);
  target->ri_FdwState = state;
  const bool runs = (flags & EXEC_FLAG_EXPLAIN_ONLY) == 0;
  if (runs) check_updatable(target->ri_RelationDesc);
  if (runs) complete_types(state->table);
  if (node->operation == CMD_INSERT) {
    state->named = attnums_of(plan.named);
    if (plan.many) allow_load(state, plan, many_rows);
  } else {
    state->keys = key_attributes(target->ri_RelationDesc);
    find_places(state, outerPlanState(node)->plan->targetlist, target->ri_RelationDesc);
    if (node->operation == CMD_UPDATE) state->named = updated_columns(target, estate, state->table);
    state->may_change_more = has_row_trigger(target, CMD_UPDATE, true);
    if (node->operation == CMD_UPDATE && !IsA(outerPlanState(node)->plan, ForeignScan))
      state->written = make_written_keys();
    if (runs) check_keys(state->table, state->keys);
    if (runs) acquire(state->table->server, state->table->user, {.writes = true});
  }
  state->sender = make_dml_sender(state->table, node->operation, state->keys, plan.returned, plan.skips_duplicates);
}

void BeginForeignInsert(ModifyTableState* node, ResultRelInfo* target) {
  refuse_rows_that_come_back(node, target);
  check_updatable(target->ri_RelationDesc);
  EState* estate = node->ps.state;
  const ModifyPlan plan = plan_of_routed(node, target);
  ModifyState* state = make_state(estate, target, CMD_INSERT);
  complete_types(state->table);
  const bool is_copy = node->ps.plan == nullptr;
  // A row that is moved has all its columns
  state->named = !is_copy && node->operation == CMD_UPDATE ? attnums_of(all_attributes(target->ri_RelationDesc))
                                                           : attnums_in(ExecGetInsertedCols(target, estate));
  allow_load(state, plan, is_copy ? 0 : many_rows);
  state->sender = make_dml_sender(state->table, CMD_INSERT, NIL, plan.returned, plan.skips_duplicates);
  target->ri_FdwState = state;
}

int GetForeignModifyBatchSize(ResultRelInfo* target) {
  const auto* state = static_cast<const ModifyState*>(target->ri_FdwState);
  if (state == nullptr || state->sender == nullptr) return 1;
  if (state->sender->returned != NIL || state->sender->skips_duplicates || target->ri_projectReturning != nullptr ||
      target->ri_WithCheckOptions != NIL || has_row_trigger(target, CMD_INSERT, true) ||
      has_row_trigger(target, CMD_INSERT, false))
    return 1;
  return std::max(state->table->options.batch_size, 1);
}

TupleTableSlot* ExecForeignInsert(EState*, ResultRelInfo* target, TupleTableSlot* slot, TupleTableSlot*) {
  ModifyState* state = state_of(target);
  return per_row(state, [&]() -> TupleTableSlot* {
    const RowBuffer back = make_row_buffer(state);
    if (insert_rows(state, &slot, 1, back) == 0) return nullptr;
    put_returned(state, slot, back.values, back.isnull);
    return slot;
  });
}

TupleTableSlot** ExecForeignBatchInsert(EState*, ResultRelInfo* target, TupleTableSlot** slots, TupleTableSlot**,
                                        int* count) {
  ModifyState* state = state_of(target);
  return per_row(state, [&]() -> TupleTableSlot** {
    const RowBuffer back = make_row_buffer(state);
    *count = static_cast<int>(insert_rows(state, slots, *count, back));
    return *count > 0 ? slots : nullptr;
  });
}

TupleTableSlot* ExecForeignUpdate(EState* estate, ResultRelInfo* target, TupleTableSlot* slot,
                                  TupleTableSlot* plan_slot) {
  ModifyState* state = state_of(target);
  // PostgreSQL moves no row out of a foreign partition: there nobody would find it again
  if (target->ri_RelationDesc->rd_rel->relispartition) ExecPartitionCheck(target, slot, estate, true);
  return per_row(state, [&]() -> TupleTableSlot* {
    const RowBuffer back = make_row_buffer(state);
    if (!change_row(state, changed_columns(state, slot, plan_slot), slot, plan_slot, back)) return nullptr;
    put_returned(state, slot, back.values, back.isnull);
    return slot;
  });
}

TupleTableSlot* ExecForeignDelete(EState*, ResultRelInfo* target, TupleTableSlot* slot, TupleTableSlot* plan_slot) {
  ModifyState* state = state_of(target);
  return per_row(state, [&]() -> TupleTableSlot* {
    const RowBuffer back = make_row_buffer(state);
    if (!change_row(state, nullptr, slot, plan_slot, back)) return without_row(slot);
    ExecStoreAllNullTuple(slot);
    put_returned(state, slot, back.values, back.isnull);
    return slot;
  });
}

void EndForeignModify(EState*, ResultRelInfo* target) { end(state_of(target)); }

void EndForeignInsert(EState*, ResultRelInfo* target) { end(state_of(target)); }

void ExplainForeignModify(ModifyTableState* node, ResultRelInfo* target, List*, int, ExplainState* state) {
  if (!state->verbose || target->ri_FdwState == nullptr) return;
  const ModifyState* modify = state_of(target);
  Bitmapset* columns = bms_copy(modify->named);
  // A number for the identity is given row by row
  for (int attnum = 1; attnum <= modify->table->descriptor->natts; ++attnum)
    if (modify->table->columns[attnum - 1].generated != Generated::never) columns = bms_del_member(columns, attnum);
  ExplainPropertyText("Remote SQL", find_statement(modify->sender, columns, 1)->sql, state);
  if (node->operation == CMD_INSERT && target->ri_BatchSize > 1)
    ExplainPropertyInteger("Batch Size", nullptr, target->ri_BatchSize, state);
}

}  // namespace mssql::pg
