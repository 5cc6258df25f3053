#include "table_locks.hpp"

#include "pg/host/boundary.hpp"

namespace mssql::pg {

namespace {

constexpr long shortest_try_ms = 250;
constexpr long longest_try_ms = 10000;
constexpr long deadlock_check_ms = 100;

struct Tables {
  const WantedLock* locks;
  int count;
  TimestampTz began;
};

bool is_sequence(Oid relation) { return get_rel_relkind(relation) == RELKIND_SEQUENCE; }

const char* name_of(Oid relation) {
  const char* name = get_rel_name(relation);
  return name == nullptr ? "" : name;
}

// The catalog is not to be asked in the midst of an error.
struct Named {
  const char* kind;
  const char* name;
};

Named named(Oid relation) { return {is_sequence(relation) ? "sequence" : "table", name_of(relation)}; }

void lock_error_context(void* argument) {
  const auto* busy = static_cast<const Named*>(argument);
  errcontext("wait for %s \"%s\", which other sessions use; nothing has been changed", busy->kind, busy->name);
}

long milliseconds_to(TimestampTz moment) { return TimestampDifferenceMilliseconds(GetCurrentTimestamp(), moment); }

// A quarter of the time so far, so that most of the time goes to others; no more than lock_timeout
// leaves.
long length_of_try(const Tables& tables) {
  const long waited = TimestampDifferenceMilliseconds(tables.began, GetCurrentTimestamp());
  const long length = Min(Max(waited / 4, shortest_try_ms), longest_try_ms);
  return LockTimeout > 0 ? Max(Min(length, LockTimeout - waited), 1) : length;
}

void check_patience(const Tables& tables, const Named& busy) {
  if (LockTimeout <= 0 || !TimestampDifferenceExceeds(tables.began, GetCurrentTimestamp(), LockTimeout)) return;
  ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE), errmsg("canceling statement due to lock timeout"),
                  errdetail("Other sessions use %s \"%s\" or others of the run all the time; nothing has been changed.",
                            busy.kind, busy.name),
                  errhint("Run again with a longer lock_timeout, or at a time with fewer readers.")));
}

struct Try {
  const Tables* tables;
  int first;             // before the others: waiting for it holds nothing else
  int at;                // the one that it waited for last
  int locked;            // how many it had got by then
  Oid part;              // of that one, if it waited for that; else 0
  TransactionId writer;  // of that one's row in the catalog, if that was in the way; else 0
  TimestampTz end;
};

void set_timeout(const char* name, long milliseconds) {
  (void)set_config_option(name, psprintf("%ld", Max(milliseconds, 1)), PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
                          ERROR, false);
}

// Sessions that wait for us look for a deadlock once, maybe between two tries of ours: each try has
// to look itself, and in time.
void bound_wait(TimestampTz end) {
  const long left = milliseconds_to(end);
  set_timeout("lock_timeout", left);
  set_timeout("deadlock_timeout", Min(Min(left / 2, deadlock_check_ms), DeadlockTimeout));
}

void wait_for(Oid relation, LOCKMODE mode, TimestampTz end) {
  bound_wait(end);
  LockRelationOid(relation, mode);
}

// What the try before has lost and is no table, with nothing locked: a deadlock over it is seen
// there. It is given back, for whoever uses the table wants it behind that.
void wait_for_lost(Try* attempt) {
  if (OidIsValid(attempt->part)) {
    wait_for(attempt->part, AccessExclusiveLock, attempt->end);
    UnlockRelationOid(attempt->part, AccessExclusiveLock);
    attempt->part = InvalidOid;
  }
  if (TransactionIdIsValid(attempt->writer)) {
    bound_wait(attempt->end);
    XactLockTableWait(attempt->writer, nullptr, nullptr, XLTW_None);
    attempt->writer = InvalidTransactionId;
  }
}

// Several that have only locked a row have no id that could be waited for.
TransactionId writer_of(const HeapTupleData& tuple, const TM_FailureData& failure) {
  const std::uint16_t flags = tuple.t_data->t_infomask;
  return (flags & HEAP_XMAX_IS_MULTI) != 0 && HEAP_XMAX_IS_LOCKED_ONLY(flags) ? InvalidTransactionId : failure.xmax;
}

// A GRANT locks nothing but the row that it updates. It is not waited for with the tables locked.
void lock_row(Try* attempt, Relation catalog, HeapTuple row) {
  HeapTupleData tuple{};
  tuple.t_self = row->t_self;
  Buffer buffer = InvalidBuffer;
  TM_FailureData failure{};
  const TM_Result result = heap_lock_tuple(catalog, &tuple, GetCurrentCommandId(false), LockTupleNoKeyExclusive,
                                           LockWaitSkip, false, &buffer, &failure);
  if (result == TM_WouldBlock) attempt->writer = writer_of(tuple, failure);
  ReleaseBuffer(buffer);
  if (result == TM_Ok) return;
  ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
                  errmsg("could not obtain lock on row in relation \"%s\"", RelationGetRelationName(catalog))));
}

// What an exchange of files or TRUNCATE updates of the catalog, and what others do not update
// without a lock that is taken here.
void lock_rows(Try* attempt, Oid table) {
  Relation classes = table_open(RelationRelationId, RowExclusiveLock);
  HeapTuple row = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(table));
  if (!HeapTupleIsValid(row)) elog(ERROR, "cache lookup failed for relation %u", table);
  lock_row(attempt, classes, row);
  table_close(classes, RowExclusiveLock);
  Relation attributes = table_open(AttributeRelationId, RowExclusiveLock);
  const int natts = reinterpret_cast<Form_pg_class>(GETSTRUCT(row))->relnatts;
  for (int i = 1; i <= natts; ++i) {
    HeapTuple column = SearchSysCacheCopy2(ATTNUM, ObjectIdGetDatum(table), Int16GetDatum(i));
    if (!HeapTupleIsValid(column)) elog(ERROR, "cache lookup failed for attribute %d of relation %u", i, table);
    if (reinterpret_cast<Form_pg_attribute>(GETSTRUCT(column))->atthasmissing) lock_row(attempt, attributes, column);
    heap_freetuple(column);
  }
  table_close(attributes, RowExclusiveLock);
}

List* parts_of(Oid table) {
  Relation relation = relation_open(table, NoLock);
  List* parts = RelationGetIndexList(relation);
  if (OidIsValid(relation->rd_rel->reltoastrelid)) parts = lappend_oid(parts, relation->rd_rel->reltoastrelid);
  relation_close(relation, NoLock);
  return parts;
}

// Indexes and the TOAST table, which some commands lock alone.
void lock_belongings(Try* attempt, int at) {
  const Oid table = attempt->tables->locks[at].relation;
  ListCell* cell = nullptr;
  attempt->at = at;
  if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(table)))
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("a table or sequence has been dropped since the run began"), errhint("Run again.")));
  foreach (cell, parts_of(table)) {
    attempt->part = lfirst_oid(cell);
    if (!ConditionalLockRelationOid(attempt->part, AccessExclusiveLock))
      wait_for(attempt->part, AccessExclusiveLock, attempt->end);
  }
  attempt->part = InvalidOid;
  lock_rows(attempt, table);
}

void lock_all(void* argument) {
  auto* attempt = static_cast<Try*>(argument);
  const Tables& tables = *attempt->tables;
  const int level = NewGUCNestLevel();
  wait_for_lost(attempt);
  for (int i = 0; i < tables.count; ++i) {
    const int next = i == 0 ? attempt->first : i <= attempt->first ? i - 1 : i;
    attempt->locked = i;
    const WantedLock& lock = tables.locks[next];
    if (ConditionalLockRelationOid(lock.relation, lock.mode)) continue;
    attempt->at = next;
    wait_for(lock.relation, lock.mode, attempt->end);
  }
  attempt->locked = tables.count;
  for (int i = 0; i < tables.count; ++i) {
    const WantedLock& lock = tables.locks[i];
    if (lock.mode == AccessExclusiveLock || is_sequence(lock.relation)) lock_belongings(attempt, i);
  }
  AtEOXact_GUC(true, level);
}

// A deadlock over what the try has locked is over with the try. One that is not comes again in the
// next, which waits for that first.
bool is_lost_wait(const ErrorData& error, void* argument) {
  if (error.sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED) return static_cast<const Try*>(argument)->locked > 0;
  return error.sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
}

// False: not all of them this time, and none is locked.
bool try_to_lock(Try* attempt, long length_ms) {
  attempt->first = attempt->at;
  attempt->locked = 0;
  attempt->end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), length_ms);
  return in_subtransaction(lock_all, attempt, is_lost_wait);
}

// 0: the transaction has ended, or is a prepared one.
int pid_of(const VirtualTransactionId& transaction) {
#if PG_VERSION_NUM >= 170000
  const PGPROC* process = ProcNumberGetProc(transaction.procNumber);
#else
  const PGPROC* process = BackendIdGetProc(transaction.backendId);
#endif
  if (process == nullptr) return 0;
  VirtualTransactionId present;
  GET_VXID_FROM_PGPROC(present, *process);
  return VirtualTransactionIdEquals(present, transaction) ? process->pid : 0;
}

// A prepared transaction keeps the virtual id that it had in the session that has prepared it,
// until the server starts anew.
TransactionId prepared(const VirtualTransactionId& transaction) {
  bool have_more = false;
  return VirtualTransactionIdIsRecoveredPreparedXact(transaction) ? transaction.localTransactionId
                                                                  : TwoPhaseGetXidByVirtualXID(transaction, &have_more);
}

void append_user(StringInfo list, int pid, TransactionId transaction) {
  const char* comma = list->len == 0 ? "" : ", ";
  if (pid != 0) {
    appendStringInfo(list, "%s%d", comma, pid);
  } else if (TransactionIdIsValid(transaction)) {
    appendStringInfo(list, "%sprepared transaction %u", comma, transaction);
  }
}

const char* users_of_relation(Oid relation, LOCKMODE mode) {
  LOCKTAG tag;
  SET_LOCKTAG_RELATION(tag, MyDatabaseId, relation);
  return users_of(tag, mode);
}

// Who has written a row, as long as its transaction lasts.
const char* process_of(TransactionId writer) {
  StringInfoData list;
  initStringInfo(&list);
  if (TransactionIdIsInProgress(writer)) {
    const TransactionId transaction = SubTransGetTopmostTransaction(writer);
    append_user(&list, BackendXidGetPid(transaction), transaction);
  }
  return list.data;
}

void append_users(StringInfo detail, const Named& used, const char* users) {
  if (*users == '\0') return;
  const char* entry = psprintf("%s \"%s\" (%s)", used.kind, used.name, users);
  if (std::strstr(detail->data, entry) != nullptr) return;  // who has written its row uses it, too
  appendStringInfo(detail, "%s%s", detail->len == 0 ? "" : ", ", entry);
}

// Who uses any of them at this moment, if that has not been `said` last; what has been.
const char* say_who_uses(const Try& lost, const char* said) {
  const Tables& tables = *lost.tables;
  StringInfoData detail;
  initStringInfo(&detail);
  for (const WantedLock* lock = tables.locks; lock < tables.locks + tables.count; ++lock)
    append_users(&detail, named(lock->relation), users_of_relation(lock->relation, lock->mode));
  if (OidIsValid(lost.part))
    append_users(&detail, {"relation", name_of(lost.part)}, users_of_relation(lost.part, AccessExclusiveLock));
  if (TransactionIdIsValid(lost.writer))
    append_users(&detail, named(tables.locks[lost.at].relation), process_of(lost.writer));
  if (detail.len == 0 || std::strcmp(detail.data, said) == 0) return said;
  ErrorContextCallback* stack = std::exchange(error_context_stack, nullptr);
  ereport(NOTICE,
          (errmsg("waiting for tables that other sessions use"),
           errdetail("In use, by these processes: %s.", detail.data), errhint("lock_timeout bounds the wait.")));
  error_context_stack = stack;
  return detail.data;
}

void leave_time_to_others(long length_ms) {
  const TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), length_ms);
  for (long left = length_ms; left > 0; left = milliseconds_to(end)) {
    CHECK_FOR_INTERRUPTS();
    (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, left, PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
  }
  CHECK_FOR_INTERRUPTS();
}

int compare_oids(const void* a, const void* b) {
  const Oid left = *static_cast<const Oid*>(a);
  const Oid right = *static_cast<const Oid*>(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

}  // namespace

const char* users_of(const LOCKTAG& tag, LOCKMODE mode) {
  int count = 0;
  const VirtualTransactionId* holders = GetLockConflicts(&tag, mode, &count);
  StringInfoData list;
  initStringInfo(&list);
  for (int i = 0; i < count; ++i) append_user(&list, pid_of(holders[i]), prepared(holders[i]));
  return list.data;
}

void lock_together(const WantedLock* locks, int count) {
  if (count == 0) return;
  const Tables tables{locks, count, GetCurrentTimestamp()};
  Try attempt{&tables, 0, 0, 0, InvalidOid, InvalidTransactionId, 0};
  Named busy = named(locks[0].relation);
  const char* said = "";
  ErrorContextCallback callback{error_context_stack, lock_error_context, &busy};
  error_context_stack = &callback;
  for (long length = length_of_try(tables); !try_to_lock(&attempt, length); length = length_of_try(tables)) {
    busy = named(locks[attempt.at].relation);
    check_patience(tables, busy);
    said = say_who_uses(attempt, said);
    leave_time_to_others(Min(length, length_of_try(tables)));
  }
  error_context_stack = callback.previous;
}

void lock_together(const Oid* tables, int count, LOCKMODE mode) {
  auto* locks = static_cast<WantedLock*>(palloc(sizeof(WantedLock) * static_cast<std::size_t>(count + 1)));
  for (int i = 0; i < count; ++i) locks[i] = {tables[i], mode};
  lock_together(locks, count);
}

bool lock_in_order(Oid* tables, int count, LOCKMODE mode) {
  sort_for_locks(tables, count);
  Named busy{"", ""};
  ErrorContextCallback callback{error_context_stack, lock_error_context, &busy};
  error_context_stack = &callback;
  bool is_new = false;
  for (int i = 0; i < count; ++i) {
    busy = named(tables[i]);
    LOCKTAG tag;
    SET_LOCKTAG_RELATION(tag, MyDatabaseId, tables[i]);
    is_new = LockAcquire(&tag, mode, false, false) == LOCKACQUIRE_OK || is_new;
    AcceptInvalidationMessages();
  }
  error_context_stack = callback.previous;
  return is_new;
}

bool is_locked(Oid table, LOCKMODE mode) {
  Relation relation = RelationIdGetRelation(table);
  if (!RelationIsValid(relation)) return false;
  const bool locked = CheckRelationLockedByMe(relation, mode, true);
  RelationClose(relation);
  return locked;
}

void sort_for_locks(Oid* tables, int count) {
  qsort(tables, static_cast<std::size_t>(count), sizeof(Oid), compare_oids);
}

}  // namespace mssql::pg
