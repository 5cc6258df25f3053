#include "table_locks.hpp"

#include "pg/host/boundary.hpp"

namespace mssql::pg {

namespace {

constexpr long shortest_try_ms = 250;
constexpr long longest_try_ms = 10000;

struct Tables {
  const Oid* ids;
  int count;
  LOCKMODE mode;
  TimestampTz began;
};

const char* name_of(Oid table) {
  const char* name = get_rel_name(table);
  return name == nullptr ? "" : name;
}

// `name`: of the table, as a const char*. The catalog is not to be asked in the midst of an error.
void lock_error_context(void* name) {
  errcontext("wait for table \"%s\", which other sessions use; nothing has been changed", *static_cast<const char**>(name));
}

long milliseconds_to(TimestampTz moment) { return TimestampDifferenceMilliseconds(GetCurrentTimestamp(), moment); }

// A quarter of the time so far, so that most of the time goes to others; no more than lock_timeout leaves.
long length_of_try(const Tables& tables) {
  const long waited = TimestampDifferenceMilliseconds(tables.began, GetCurrentTimestamp());
  const long length = Min(Max(waited / 4, shortest_try_ms), longest_try_ms);
  return LockTimeout > 0 ? Max(Min(length, LockTimeout - waited), 1) : length;
}

void check_patience(const Tables& tables, const char* busy) {
  if (LockTimeout <= 0 || !TimestampDifferenceExceeds(tables.began, GetCurrentTimestamp(), LockTimeout)) return;
  ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE), errmsg("canceling statement due to lock timeout"),
                  errdetail("Other sessions use table \"%s\" or others of the run all the time; nothing has been changed.", busy),
                  errhint("Run again with a longer lock_timeout, or at a time with fewer readers.")));
}

struct Try {
  const Tables* tables;
  int first;  // before the others: waiting for it holds nothing else
  int at;     // the one that it waited for last
  TimestampTz end;
};

void wait_for(Oid table, LOCKMODE mode, TimestampTz end) {
  const char* left = psprintf("%ld", Max(milliseconds_to(end), 1));
  (void)set_config_option("lock_timeout", left, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, ERROR, false);
  LockRelationOid(table, mode);
}

void lock_all(void* argument) {
  auto* attempt = static_cast<Try*>(argument);
  const Tables& tables = *attempt->tables;
  const int level = NewGUCNestLevel();
  for (int i = 0; i < tables.count; ++i) {
    const int next = i == 0 ? attempt->first : i <= attempt->first ? i - 1 : i;
    if (ConditionalLockRelationOid(tables.ids[next], tables.mode)) continue;
    attempt->at = next;
    wait_for(tables.ids[next], tables.mode, attempt->end);
  }
  AtEOXact_GUC(true, level);
}

bool is_lost_wait(int code) { return code == ERRCODE_LOCK_NOT_AVAILABLE || code == ERRCODE_T_R_DEADLOCK_DETECTED; }

// False: not all of them this time, and none is locked; `busy` is one that was in use.
bool try_to_lock(const Tables& tables, int* busy, long length_ms) {
  Try attempt{&tables, *busy, *busy, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), length_ms)};
  const bool locked = in_subtransaction(lock_all, &attempt, is_lost_wait);
  *busy = attempt.at;
  return locked;
}

int pid_of(const VirtualTransactionId& transaction) {
#if PG_VERSION_NUM >= 170000
  const PGPROC* process = ProcNumberGetProc(transaction.procNumber);
#else
  const PGPROC* process = BackendIdGetProc(transaction.backendId);
#endif
  return process == nullptr ? 0 : process->pid;
}

// Who holds a lock on the table that ours would have to wait for: "4711, 4712".
const char* users_of(Oid table, LOCKMODE mode) {
  LOCKTAG tag;
  SET_LOCKTAG_RELATION(tag, MyDatabaseId, table);
  int count = 0;
  const VirtualTransactionId* holders = GetLockConflicts(&tag, mode, &count);
  StringInfoData list;
  initStringInfo(&list);
  for (int i = 0; i < count; ++i) {
    const int pid = pid_of(holders[i]);
    if (pid != 0) appendStringInfo(&list, "%s%d", list.len == 0 ? "" : ", ", pid);
  }
  return list.data;
}

// False: nobody uses any of them at this moment.
bool say_who_uses(const Tables& tables) {
  StringInfoData detail;
  initStringInfo(&detail);
  for (int i = 0; i < tables.count; ++i) {
    const char* users = users_of(tables.ids[i], tables.mode);
    if (*users != '\0') appendStringInfo(&detail, "%stable \"%s\" (%s)", detail.len == 0 ? "" : ", ", name_of(tables.ids[i]), users);
  }
  if (detail.len == 0) return false;
  ErrorContextCallback* stack = std::exchange(error_context_stack, nullptr);
  ereport(NOTICE, (errmsg("waiting for tables that other sessions use"), errdetail("In use, by these processes: %s.", detail.data),
                   errhint("lock_timeout bounds the wait.")));
  error_context_stack = stack;
  return true;
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

void lock_together(const Oid* ids, int count, LOCKMODE mode) {
  if (count == 0) return;
  const Tables tables{ids, count, mode, GetCurrentTimestamp()};
  int busy = 0;
  const char* named = name_of(ids[0]);
  bool said = false;
  ErrorContextCallback callback{error_context_stack, lock_error_context, static_cast<void*>(&named)};
  error_context_stack = &callback;
  for (long length = length_of_try(tables); !try_to_lock(tables, &busy, length); length = length_of_try(tables)) {
    named = name_of(ids[busy]);
    check_patience(tables, named);
    said = said || say_who_uses(tables);
    leave_time_to_others(Min(length, length_of_try(tables)));
  }
  error_context_stack = callback.previous;
}

bool lock_in_order(Oid* tables, int count, LOCKMODE mode) {
  sort_for_locks(tables, count);
  const char* named = "";
  ErrorContextCallback callback{error_context_stack, lock_error_context, static_cast<void*>(&named)};
  error_context_stack = &callback;
  bool is_new = false;
  for (int i = 0; i < count; ++i) {
    named = name_of(tables[i]);
    LOCKTAG tag;
    SET_LOCKTAG_RELATION(tag, MyDatabaseId, tables[i]);
    is_new = LockAcquire(&tag, mode, false, false) == LOCKACQUIRE_OK || is_new;
    AcceptInvalidationMessages();
  }
  error_context_stack = callback.previous;
  return is_new;
}

void sort_for_locks(Oid* tables, int count) {
  qsort(tables, static_cast<std::size_t>(count), sizeof(Oid), compare_oids);
}

}  // namespace mssql::pg
