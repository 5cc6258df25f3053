// Constraints of staged tables. Their queries are written by SQL (src/sql/run/staging.sql) and run here, since who stages
// tables must not be able to leave one out. They run as the user, who needs SELECT on the tables.

#include "constraint_check.hpp"

#include "pg/host/arrays.hpp"
#include "hold.hpp"
#include "run_now.hpp"
#include "table_locks.hpp"

namespace mssql::pg {

namespace {

struct Constraint {
  Oid id;
  Oid table;
  Oid subject;         // of the tables that are switched
  const char* query;   // answers a row if there is a violation; null: released without one
  const char* message;
  const char* key;     // the columns of a foreign key, else null
  const char* parent;  // its other table
  bool releasable;
  bool dropped;        // behind the switch, if the user owns its table
  const char* detail;  // null, until the query has answered
};

bool may_read(Oid table) {
  return pg_class_aclcheck(table, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
         pg_attribute_aclcheck_all(table, GetUserId(), ACL_SELECT, ACLMASK_ANY) == ACLCHECK_OK;
}

// The tables and those at the other ends of their foreign keys, against writers, all at once: one who has written into some of them gets to
// the others. What he wrote between the check and the end of the transaction would be held against the old rows. Who may read nothing of the
// other end does not keep writers from it: a valid key cannot be checked then, and of another one nobody says that it holds.
void lock_writers_out(const SwitchRequest& request, Datum tables) {
  Oid types[] = {OIDARRAYOID};
  run_now(psprintf("SELECT p.relation FROM %s._foreign_key_partners($1) AS p (relation)", request.schema), 1, types, &tables, 0);
  SPITupleTable* found = SPI_tuptable;
  auto* locked = static_cast<Oid*>(palloc(sizeof(Oid) * (static_cast<std::size_t>(request.ntables) + SPI_processed + 1)));
  int count = 0;
  for (; count < request.ntables; ++count) locked[count] = request.tables[count];
  for (std::uint64_t i = 0; i < SPI_processed; ++i) {
    const Oid partner = oid_of(found, i, 1);
    if (may_read(partner)) locked[count++] = partner;
  }
  SPI_freetuptable(found);
  sort_for_locks(locked, count);
  lock_together(locked, count, ShareRowExclusiveLock);
  for (int i = 0; i < count; ++i) hold_schema(get_rel_namespace(locked[i]));
}

// Whoever may refer to a table, or owns one that it refers to, may have made keys since the run has looked.
void check_key_types(const SwitchRequest& request, Datum tables) {
  Oid types[] = {OIDARRAYOID};
  run_now(psprintf("SELECT %s._check_key_types($1)", request.schema), 1, types, &tables, 0);
}

List* list_constraints(const SwitchRequest& request, Datum tables) {
  Oid types[] = {OIDARRAYOID, TEXTARRAYOID, OIDARRAYOID};
  Datum values[] = {tables, request.untrusted, request.refilled};
  run_now(psprintf("SELECT c.id, c.relation, c.subject, c.query, c.message, c.key, c.parent, c.releasable, c.is_dropped FROM %s._constraint_queries($1, $2, $3) AS c",
                   request.schema), 3, types, values, 0);
  List* constraints = NIL;
  SPITupleTable* found = SPI_tuptable;
  for (std::uint64_t i = 0; i < SPI_processed; ++i) {
    auto* constraint = static_cast<Constraint*>(palloc0(sizeof(Constraint)));
    constraint->id = oid_of(found, i, 1);
    constraint->table = oid_of(found, i, 2);
    constraint->subject = oid_of(found, i, 3);
    constraint->query = text_of(found, i, 4);
    constraint->message = text_of(found, i, 5);
    constraint->key = text_of(found, i, 6);
    constraint->parent = text_of(found, i, 7);
    constraint->releasable = text_of(found, i, 8)[0] == 't';
    constraint->dropped = text_of(found, i, 9)[0] == 't';
    constraints = lappend(constraints, constraint);
  }
  return constraints;
}

// "Key (a, b)=(1, 2) is not present in table "t"."
const char* describe(const Constraint& constraint) {
  if (constraint.key == nullptr) return psprintf("Failing row contains %s.", text_of(SPI_tuptable, 0, 1));
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

// The query calls what users have written, in a check or in casts of a key's types: what that writes has not been held against anything.
// PostgreSQL counts the locking of rows as a command that writes.
void check_nothing_written(const Constraint& constraint, CommandId before) {
  CommandCounterIncrement();
  if (GetCurrentCommandId(false) == before) return;
  ereport(ERROR, (errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
                  errmsg("new rows cannot be held against constraint \"%s\" of table \"%s\"", get_constraint_name(constraint.id),
                         get_rel_name(constraint.table)),
                  errdetail("A function that it calls changes data, or locks rows."), errhint("Let it only read, or drop the constraint.")));
}

// True: the constraint holds.
bool holds(Constraint* constraint) {
  const CommandId before = GetCurrentCommandId(false);
  run_users_code_now(constraint->query);
  const bool found = SPI_processed > 0;
  if (found) constraint->detail = describe(*constraint);
  check_nothing_written(*constraint, before);
  return !found;
}

[[noreturn]] void raise(const Constraint& constraint) {
  ereport(ERROR, (errcode(constraint.key == nullptr ? ERRCODE_CHECK_VIOLATION : ERRCODE_FOREIGN_KEY_VIOLATION), errmsg("%s", constraint.message),
                  constraint.detail == nullptr ? 0 : errdetail("%s", constraint.detail)));
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

void release(const Constraint& constraint) {
  Relation constraints = table_open(ConstraintRelationId, RowExclusiveLock);
  HeapTuple tuple = SearchSysCacheCopy1(CONSTROID, ObjectIdGetDatum(constraint.id));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for constraint %u", constraint.id);
  reinterpret_cast<Form_pg_constraint>(GETSTRUCT(tuple))->convalidated = false;
  CatalogTupleUpdate(constraints, &tuple->t_self, tuple);
  CacheInvalidateRelcacheByRelid(constraint.table);
  heap_freetuple(tuple);
  table_close(constraints, RowExclusiveLock);
  CommandCounterIncrement();
}

}  // namespace

List* check_constraints(const SwitchRequest& request) {
  MemoryContext context = CurrentMemoryContext;
  CommandCounterIncrement();
  SPI_connect();
  const Datum tables = oid_array(request.tables, request.ntables);
  lock_writers_out(request, tables);
  check_key_types(request, tables);
  List* to_release = NIL;
  ListCell* cell = nullptr;
  foreach (cell, list_constraints(request, tables)) {
    auto* constraint = static_cast<Constraint*>(lfirst(cell));
    CHECK_FOR_INTERRUPTS();
    if (constraint->dropped && owns(constraint->table)) continue;
    if (constraint->query != nullptr && holds(constraint)) continue;
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
    release(*constraint);
    if (constraint->query == nullptr) continue;
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
