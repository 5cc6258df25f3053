// Constraints of staged tables. Which there are, and the queries of foreign keys, is said by SQL
// (src/sql/run/staging.sql); they are held here, since who stages tables must not be able to leave
// one out, and as the user, who needs SELECT on the tables. A check is evaluated as it was parsed
// when it was made: its text could mean another function by now.

#include "constraint_check.hpp"

#include <algorithm>

#include "pg/host/arrays.hpp"
#include "pg/host/settings.hpp"
#include "hold.hpp"
#include "run.hpp"
#include "run_now.hpp"
#include "table_locks.hpp"

namespace mssql::pg {

namespace {

struct Constraint {
  Oid id;
  Oid table;
  Oid subject;        // of the tables that are switched
  bool to_check;      // else released without it
  const char* query;  // of a foreign key: answers a row if there is a violation
  const char* message;
  const char* key;     // the columns of a foreign key, else null
  const char* parent;  // its other table
  bool releasable;
  bool dropped;        // behind the switch, if the user owns its table
  const char* detail;  // null, until the query has answered
};

bool is_one_of(Oid id, const Oids& ids) { return std::find(ids.ids, ids.ids + ids.count, id) != ids.ids + ids.count; }

// Who has locked a row of a table would be waited for with all of them locked.
LOCKMODE mode_for(Oid relation, const SwitchRequest& request) {
  return is_one_of(relation, request.written) ? ExclusiveLock : ShareRowExclusiveLock;
}

// Those of the tables, their partners, what stays and the user's sequences that are not locked
// against writers yet. The number of them.
int list_unlocked(const SwitchRequest& request, Datum tables, Oid** unlocked) {
  Oid types[] = {OIDARRAYOID};
  run_now(psprintf("SELECT p.relation, p.partner FROM %s._foreign_key_partners($1) AS p", request.schema), 1, types,
          &tables, 0);
  SPITupleTable* found = SPI_tuptable;
  const Oids sequences = oids_of(DatumGetArrayTypeP(request.sequences), "sequences");
  const auto given = static_cast<std::size_t>(request.ntables + request.staying.count + sequences.count);
  auto* list = static_cast<Oid*>(palloc(sizeof(Oid) * (given + SPI_processed + 1)));
  int count = 0;
  const auto add = [&](Oid table) {
    if (!is_locked(table, mode_for(table, request))) list[count++] = table;
  };
  for (int i = 0; i < request.ntables; ++i) add(request.tables[i]);
  for (int i = 0; i < request.staying.count; ++i) add(request.staying.ids[i]);
  for (std::uint64_t i = 0; i < SPI_processed; ++i) {
    if (may_read(oid_of(found, i, 2))) add(oid_of(found, i, 1));
  }
  for (int i = 0; i < sequences.count; ++i) {
    if (owns_sequence(sequences.ids[i])) add(sequences.ids[i]);
  }
  SPI_freetuptable(found);
  *unlocked = list;
  return count;
}

// The tables and those at the other ends of their foreign keys, against writers, all at once: one
// who has written into some of them gets to the others. What he wrote between the check and the end
// of the transaction would be held against the old rows. Who may read nothing of the other end does
// not keep writers from it: a valid key cannot be checked then, and of another one nobody says that
// it holds. Partitions may come until their table is locked. Whoever draws a number of a table that
// is locked means to write it: he would hold the sequence, which the switch locks, and wait.
void lock_writers_out(const SwitchRequest& request, Datum tables) {
  Oid* unlocked = nullptr;
  for (int count = 0; (count = list_unlocked(request, tables, &unlocked)) > 0;) {
    sort_for_locks(unlocked, count);
    auto* locks = static_cast<WantedLock*>(palloc(sizeof(WantedLock) * static_cast<std::size_t>(count)));
    for (int i = 0; i < count; ++i) locks[i] = {unlocked[i], mode_for(unlocked[i], request)};
    lock_together(locks, count);
    for (int i = 0; i < count; ++i) hold_schema(get_rel_namespace(unlocked[i]));
  }
}

// Whoever may refer to a table, or owns one that it refers to, may have made keys since the run has
// looked, and what comes with his table.
void check_partners(const SwitchRequest& request, Datum tables) {
  Oid types[] = {OIDARRAYOID};
  run_now(psprintf("SELECT %s._check_key_types($1), %s._check_planned(ARRAY(SELECT p.partner FROM "
                   "%s._foreign_key_partners($1) AS p))",
                   request.schema, request.schema, request.schema),
          1, types, &tables, 0);
}

// Those of the tables that are valid. `untrusted`, `refilled`: see SwitchRequest.
List* list_constraints(const char* schema, Datum tables, Datum untrusted, Datum refilled) {
  Oid types[] = {OIDARRAYOID, TEXTARRAYOID, OIDARRAYOID};
  Datum values[] = {tables, untrusted, refilled};
  run_now(psprintf("SELECT c.id, c.relation, c.subject, c.to_check, c.query, c.message, c.key, c.parent, c.releasable, "
                   "c.is_dropped FROM %s._constraint_queries($1, $2, $3) AS c",
                   schema),
          3, types, values, 0);
  List* constraints = NIL;
  SPITupleTable* found = SPI_tuptable;
  for (std::uint64_t i = 0; i < SPI_processed; ++i) {
    auto* constraint = static_cast<Constraint*>(palloc0(sizeof(Constraint)));
    constraint->id = oid_of(found, i, 1);
    constraint->table = oid_of(found, i, 2);
    constraint->subject = oid_of(found, i, 3);
    constraint->to_check = text_of(found, i, 4)[0] == 't';
    constraint->query = text_of(found, i, 5);
    constraint->message = text_of(found, i, 6);
    constraint->key = text_of(found, i, 7);
    constraint->parent = text_of(found, i, 8);
    constraint->releasable = text_of(found, i, 9)[0] == 't';
    constraint->dropped = text_of(found, i, 10)[0] == 't';
    constraints = lappend(constraints, constraint);
  }
  return constraints;
}

// "Key (a, b)=(1, 2) is not present in table "t"."
const char* describe_key(const Constraint& constraint) {
  StringInfoData detail;
  initStringInfo(&detail);
  appendStringInfo(&detail, "Key (%s)=(", constraint.key);
  for (int i = 1; i <= SPI_tuptable->tupdesc->natts; ++i) {
    const char* value = text_of(SPI_tuptable, 0, i);
    appendStringInfo(&detail, "%s%s", i == 1 ? "" : ", ", value == nullptr ? "null" : value);
  }
  appendStringInfo(&detail, ") is not present in table \"%s\".", constraint.parent);
  return detail.data;
}

// The query calls what users have written, in a check or in casts of a key's types: what that
// writes has not been held against anything. PostgreSQL counts the locking of rows as a command
// that writes.
void check_nothing_written(const Constraint& constraint, CommandId before) {
  CommandCounterIncrement();
  if (GetCurrentCommandId(false) == before) return;
  ereport(ERROR, (errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
                  errmsg("new rows cannot be held against constraint \"%s\" of table \"%s\"",
                         get_constraint_name(constraint.id), get_rel_name(constraint.table)),
                  errdetail("A function that it calls changes data, or locks rows."),
                  errhint("Let it only read, or drop the constraint.")));
}

// What the planner looks at of a table that is not locked would be its owner's to alter.
void check_locked(Oid table) {
  if (!is_locked(table, ShareRowExclusiveLock)) aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(table));
}

bool key_holds(Constraint* constraint) {
  HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint->id));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for constraint %u", constraint->id);
  const auto* form = reinterpret_cast<const FormData_pg_constraint*>(GETSTRUCT(tuple));
  check_locked(form->conrelid);
  check_locked(form->confrelid);
  ReleaseSysCache(tuple);
  run_users_code_now(constraint->query);
  if (SPI_processed == 0) return true;
  constraint->detail = describe_key(*constraint);
  return false;
}

Expr* check_expression(Oid constraint) {
  HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for constraint %u", constraint);
  bool isnull = false;
  const Datum value = SysCacheGetAttr(CONSTROID, tuple, Anum_pg_constraint_conbin, &isnull);
  if (isnull) elog(ERROR, "constraint %u has no expression", constraint);
  auto* expression = static_cast<Expr*>(stringToNode(TextDatumGetCString(value)));
  ReleaseSysCache(tuple);
  return expression;
}

const char* describe_row(TupleTableSlot* slot) {
  const char* row = OidOutputFunctionCall(F_RECORD_OUT, ExecFetchSlotHeapTupleDatum(slot));
  const Datum start = DirectFunctionCall2(text_left, CStringGetTextDatum(row), Int32GetDatum(200));
  return psprintf("Failing row contains %s.", TextDatumGetCString(start));
}

// The staging relation has the table's columns under the same numbers.
bool check_holds(Constraint* constraint) {
  Relation table = table_open(constraint->table, NoLock);
  Relation staging = open_staging(table, staging_of(constraint->table), NoLock);
  const int settings = take_callers_path();
  EState* estate = CreateExecutorState();
  ExprState* check = ExecPrepareExpr(check_expression(constraint->id), estate);
  ExprContext* context = GetPerTupleExprContext(estate);
  TupleTableSlot* slot = table_slot_create(staging, nullptr);
  PushActiveSnapshot(GetLatestSnapshot());
  TableScanDesc scan = table_beginscan(staging, GetActiveSnapshot(), 0, nullptr);
  while (constraint->detail == nullptr && table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
    CHECK_FOR_INTERRUPTS();
    context->ecxt_scantuple = slot;
    if (!ExecCheck(check, context)) constraint->detail = describe_row(slot);
    ResetExprContext(context);
  }
  table_endscan(scan);
  PopActiveSnapshot();
  ExecDropSingleTupleTableSlot(slot);
  FreeExecutorState(estate);
  release_settings(settings);
  table_close(staging, NoLock);
  table_close(table, NoLock);
  return constraint->detail == nullptr;
}

bool holds(Constraint* constraint) {
  const CommandId before = GetCurrentCommandId(false);
  const bool held = constraint->key == nullptr ? check_holds(constraint) : key_holds(constraint);
  check_nothing_written(*constraint, before);
  return held;
}

// Whether PostgreSQL would scan it by several workers.
bool is_large(Oid table) {
  Relation relation = table_open(table, NoLock);
  const BlockNumber pages = RelationGetNumberOfBlocks(relation);
  table_close(relation, NoLock);
  return pages >= static_cast<BlockNumber>(min_parallel_table_scan_size);
}

[[noreturn]] void raise(const Constraint& constraint) {
  ereport(ERROR,
          (errcode(constraint.key == nullptr ? ERRCODE_CHECK_VIOLATION : ERRCODE_FOREIGN_KEY_VIOLATION),
           errmsg("%s", constraint.message), constraint.detail == nullptr ? 0 : errdetail("%s", constraint.detail)));
  pg_unreachable();
}

// Copied out of SPI's memory.
Constraint* keep(const Constraint* constraint, MemoryContext context) {
  MemoryContext old = MemoryContextSwitchTo(context);
  auto* kept = static_cast<Constraint*>(palloc(sizeof(Constraint)));
  *kept = *constraint;
  kept->message = pstrdup(constraint->message);
  if (constraint->detail != nullptr) kept->detail = pstrdup(constraint->detail);
  MemoryContextSwitchTo(old);
  return kept;
}

void set_valid(Oid id, Oid table, bool valid) {
  Relation constraints = table_open(ConstraintRelationId, RowExclusiveLock);
  HeapTuple tuple = SearchSysCacheCopy1(CONSTROID, ObjectIdGetDatum(id));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for constraint %u", id);
  reinterpret_cast<Form_pg_constraint>(GETSTRUCT(tuple))->convalidated = valid;
  CatalogTupleUpdate(constraints, &tuple->t_self, tuple);
  CacheInvalidateRelcacheByRelid(table);
  InvokeObjectPostAlterHook(ConstraintRelationId, id, 0);
  heap_freetuple(tuple);
  table_close(constraints, RowExclusiveLock);
  CommandCounterIncrement();
}

// ALTER TABLE table VALIDATE CONSTRAINT name. InvalidOid: another statement, or there is none.
Oid constraint_to_validate(const char* statement) {
  List* parsed = pg_parse_query(statement);
  auto* alter = reinterpret_cast<AlterTableStmt*>(linitial_node(RawStmt, parsed)->stmt);
  if (list_length(parsed) != 1 || !IsA(alter, AlterTableStmt) || list_length(alter->cmds) != 1) return InvalidOid;
  const auto* command = linitial_node(AlterTableCmd, alter->cmds);
  if (command->subtype != AT_ValidateConstraint) return InvalidOid;
  const Oid table = RangeVarGetRelid(alter->relation, NoLock, true);
  return OidIsValid(table) ? get_relation_constraint_oid(table, command->name, true) : InvalidOid;
}

// What the query must not leave to VALIDATE CONSTRAINT, which asks a user for less, and takes what
// locks it needs.
bool may_query(Oid table) {
  return get_rel_relkind(table) == RELKIND_RELATION && !get_rel_relispartition(table) &&
         is_locked(table, ShareRowExclusiveLock) && pg_class_aclcheck(table, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
         may_use(get_rel_namespace(table)) && check_enable_rls(table, InvalidOid, true) != RLS_ENABLED;
}

}  // namespace

bool may_read(Oid relation) {
  return pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
         pg_attribute_aclcheck_all(relation, GetUserId(), ACL_SELECT, ACLMASK_ANY) == ACLCHECK_OK;
}

bool validate_foreign_key(const char* schema, const char* statement) {
  const Oid id = constraint_to_validate(statement);
  HeapTuple tuple = OidIsValid(id) ? SearchSysCache1(CONSTROID, ObjectIdGetDatum(id)) : nullptr;
  if (!HeapTupleIsValid(tuple)) return false;
  const FormData_pg_constraint form = *reinterpret_cast<const FormData_pg_constraint*>(GETSTRUCT(tuple));
  ReleaseSysCache(tuple);
#if PG_VERSION_NUM >= 180000
  if (!form.conenforced || form.conperiod) return false;
#endif
  if (form.contype != CONSTRAINT_FOREIGN || form.convalidated || !owns(form.conrelid) || !may_query(form.conrelid) ||
      !may_query(form.confrelid) || !(is_large(form.conrelid) || is_large(form.confrelid)))
    return false;
  set_valid(id, form.conrelid, true);
  SPI_connect();
  const Datum none = PointerGetDatum(construct_empty_array(TEXTOID));
  bool held = false;
  ListCell* cell = nullptr;
  foreach (cell, list_constraints(schema, oid_array(&form.conrelid, 1), none, oid_array(nullptr, 0))) {
    auto* constraint = static_cast<Constraint*>(lfirst(cell));
    if (constraint->id != id) continue;
    held = holds(constraint);
    if (!held) raise(*constraint);
  }
  if (!held) elog(ERROR, "constraint %u was not checked", id);
  SPI_finish();
  return true;
}

void lock_writers_out(const SwitchRequest& request) {
  SPI_connect();
  lock_writers_out(request, oid_array(request.tables, request.ntables));
  SPI_finish();
}

List* check_constraints(const SwitchRequest& request) {
  MemoryContext context = CurrentMemoryContext;
  CommandCounterIncrement();
  SPI_connect();
  const Datum tables = oid_array(request.tables, request.ntables);
  lock_writers_out(request, tables);
  check_partners(request, tables);
  List* to_release = NIL;
  ListCell* cell = nullptr;
  foreach (cell, list_constraints(request.schema, tables, request.untrusted, request.refilled)) {
    auto* constraint = static_cast<Constraint*>(lfirst(cell));
    CHECK_FOR_INTERRUPTS();
    if (constraint->dropped && owns(constraint->table)) continue;
    if (constraint->to_check && holds(constraint)) continue;
    if (!constraint->releasable || !owns(constraint->table)) raise(*constraint);
    Constraint* kept = keep(constraint, context);
    MemoryContext old = MemoryContextSwitchTo(context);
    to_release = lappend(to_release, kept);
    MemoryContextSwitchTo(old);
  }
  SPI_finish();
  return to_release;
}

List* release_constraints(List* constraints) {
  List* violations = NIL;
  ListCell* cell = nullptr;
  foreach (cell, constraints) {
    const auto* constraint = static_cast<const Constraint*>(lfirst(cell));
    set_valid(constraint->id, constraint->table, false);
    if (!constraint->to_check) continue;
    auto* violation = static_cast<Violation*>(palloc0(sizeof(Violation)));
    violation->table = constraint->table;
    violation->subject = constraint->subject;
    violation->message = constraint->message;
    violation->detail = constraint->detail;
    violations = lappend(violations, violation);
  }
  return violations;
}

}  // namespace mssql::pg
