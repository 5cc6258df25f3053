#include "exclusive_locks.hpp"

namespace mssql::pg {

namespace {

constexpr int pause_ms = 20;

// The first table that somebody uses; `count` when all are locked now. `held` is locked already, and stays so.
int lock_free_ones(const Oid* tables, int count, int held) {
  for (int i = 0; i < count; ++i) {
    if (i == held || ConditionalLockRelationOid(tables[i], AccessExclusiveLock)) continue;
    for (int j = 0; j < i; ++j) {
      if (j != held) UnlockRelationOid(tables[j], AccessExclusiveLock);
    }
    return i;
  }
  return count;
}

void lock_error_context(void* table) {
  const char* name = get_rel_name(*static_cast<Oid*>(table));
  errcontext("switch of %s, which other sessions use; nothing has been changed", name == nullptr ? "a table" : name);
}

// Waits for one table as LOCK TABLE does.
void wait_for(Oid table) {
  ErrorContextCallback callback{error_context_stack, lock_error_context, &table};
  error_context_stack = &callback;
  LockRelationOid(table, AccessExclusiveLock);
  error_context_stack = callback.previous;
}

void check_patience(TimestampTz began, Oid table) {
  if (LockTimeout <= 0 || !TimestampDifferenceExceeds(began, GetCurrentTimestamp(), LockTimeout)) return;
  ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE), errmsg("canceling statement due to lock timeout"),
                  errdetail("Other sessions use table \"%s\" or others of the run all the time; nothing has been changed.", get_rel_name(table)),
                  errhint("Run again with a longer lock_timeout, or at a time with fewer readers.")));
}

}  // namespace

void lock_exclusively(const Oid* tables, int count) {
  const TimestampTz began = GetCurrentTimestamp();
  int held = -1;
  for (int busy = lock_free_ones(tables, count, held); busy < count; busy = lock_free_ones(tables, count, held)) {
    if (held >= 0) UnlockRelationOid(tables[held], AccessExclusiveLock);
    check_patience(began, tables[busy]);
    pg_usleep(pause_ms * 1000L);
    CHECK_FOR_INTERRUPTS();
    wait_for(tables[busy]);
    held = busy;
  }
}

}  // namespace mssql::pg
