#include "table_locks.hpp"

namespace mssql::pg {

namespace {

constexpr int pause_ms = 20;
constexpr int attempts = 5;

struct Tables {
  const Oid* ids;
  int count;
  LOCKMODE mode;
  TimestampTz began;
};

// The first table that somebody uses; `count` when all are locked now. `held` is locked already, and stays so.
int lock_free_ones(const Tables& tables, int held) {
  for (int i = 0; i < tables.count; ++i) {
    if (i == held || ConditionalLockRelationOid(tables.ids[i], tables.mode)) continue;
    for (int j = 0; j < i; ++j) {
      if (j != held) UnlockRelationOid(tables.ids[j], tables.mode);
    }
    return i;
  }
  return tables.count;
}

const char* name_of(Oid table) {
  const char* name = get_rel_name(table);
  return name == nullptr ? "" : name;
}

void lock_error_context(void* name) {
  errcontext("wait for table \"%s\", which other sessions use; nothing has been changed", static_cast<const char*>(name));
}

// As LOCK TABLE does.
void wait_for(Oid table, LOCKMODE mode) {
  // the catalog is not to be asked in the midst of an error
  ErrorContextCallback callback{error_context_stack, lock_error_context, const_cast<char*>(name_of(table))};
  error_context_stack = &callback;
  LockRelationOid(table, mode);
  error_context_stack = callback.previous;
}

void check_patience(const Tables& tables, Oid busy) {
  if (LockTimeout <= 0 || !TimestampDifferenceExceeds(tables.began, GetCurrentTimestamp(), LockTimeout)) return;
  ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE), errmsg("canceling statement due to lock timeout"),
                  errdetail("Other sessions use table \"%s\" or others of the run all the time; nothing has been changed.", name_of(busy)),
                  errhint("Run again with a longer lock_timeout, or at a time with fewer readers.")));
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

void say_that_others_wait(const Tables& tables, const List* busy) {
  StringInfoData detail;
  initStringInfo(&detail);
  ListCell* cell = nullptr;
  foreach (cell, busy) {
    const Oid table = lfirst_oid(cell);
    appendStringInfo(&detail, "%stable \"%s\" (%s)", detail.len == 0 ? "" : ", ", name_of(table), users_of(table, tables.mode));
  }
  ErrorContextCallback* stack = std::exchange(error_context_stack, nullptr);
  ereport(NOTICE, (errmsg("waiting for tables in use with the other ones of the run locked"),
                   errdetail("There was no moment at which all of them were unused. In use, by these processes: %s.", detail.data),
                   errhint("lock_timeout bounds the wait.")));
  error_context_stack = stack;
}

// Keeps what it gets.
void lock_one_by_one(const Tables& tables, int held) {
  List* busy = NIL;
  for (int i = 0; i < tables.count; ++i) {
    if (i != held && !ConditionalLockRelationOid(tables.ids[i], tables.mode)) busy = lappend_oid(busy, tables.ids[i]);
  }
  if (busy != NIL) say_that_others_wait(tables, busy);
  ListCell* cell = nullptr;
  foreach (cell, busy) {
    check_patience(tables, lfirst_oid(cell));
    wait_for(lfirst_oid(cell), tables.mode);
  }
}

int compare_oids(const void* a, const void* b) {
  const Oid left = *static_cast<const Oid*>(a);
  const Oid right = *static_cast<const Oid*>(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

}  // namespace

void lock_together(const Oid* ids, int count, LOCKMODE mode) {
  const Tables tables{ids, count, mode, GetCurrentTimestamp()};
  int held = -1;
  for (int attempt = 1; attempt < attempts; ++attempt) {
    const int busy = lock_free_ones(tables, held);
    if (busy == count) return;
    if (held >= 0) UnlockRelationOid(ids[held], mode);
    check_patience(tables, ids[busy]);
    pg_usleep(pause_ms * 1000L);
    CHECK_FOR_INTERRUPTS();
    wait_for(ids[busy], mode);
    held = busy;
  }
  lock_one_by_one(tables, held);
}

void sort_for_locks(Oid* tables, int count) {
  qsort(tables, static_cast<std::size_t>(count), sizeof(Oid), compare_oids);
}

}  // namespace mssql::pg
