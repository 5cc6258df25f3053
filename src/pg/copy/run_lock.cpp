#include "run_lock.hpp"

#include "background.hpp"
#include "run.hpp"
#include "workers.hpp"

namespace mssql::pg {

namespace {

// What src/sql/run/run.sql looks for in pg_locks: _lock_of_run().
LOCKTAG lock_of(std::int64_t run) {
  const Oid runs = get_relname_relid("_runs", get_namespace_oid("replicate", false));
  const auto bits = static_cast<std::uint64_t>(run);
  LOCKTAG tag{};
  SET_LOCKTAG_OBJECT(tag, MyDatabaseId, runs, static_cast<std::uint32_t>(bits), static_cast<std::uint16_t>(bits >> 32));
  return tag;
}

LOCKTAG held{};

// PostgreSQL releases a session's locks only where a transaction is open.
void release(int, Datum) { LockRelease(&held, ExclusiveLock, true); }

}  // namespace

void hold_run(std::int64_t run) {
  held = lock_of(run);
  (void)LockAcquire(&held, ExclusiveLock, true, false);
  before_shmem_exit(release, 0);
}

void hold_run_now(std::int64_t run) {
  const LOCKTAG tag = lock_of(run);
  (void)LockAcquire(&tag, ExclusiveLock, false, false);
}

// Its own locks do not keep a process from another one.
bool is_held(std::int64_t run) {
  if (RecoveryInProgress() || run == background_run() || run == run_of_workers()) return true;
  const LOCKTAG tag = lock_of(run);
  if (LockAcquire(&tag, ShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL) return true;
  LockRelease(&tag, ShareLock, false);
  return false;
}

}  // namespace mssql::pg
