#include "run_lock.hpp"

#include "run_now.hpp"

namespace mssql::pg {

namespace {

// What src/sql/run/run.sql looks for in pg_locks: _process_of_run(). A session's locks of the
// default method go when a transaction aborts; those of the method of advisory locks go with
// pg_advisory_unlock_all(), which code that a run calls may say. So a process that works has both.
LOCKTAG lock_of(std::int64_t run, LOCKMETHODID method) {
  const Oid runs = get_relname_relid("_runs", get_namespace_oid("replicate", false));
  const auto bits = static_cast<std::uint64_t>(run);
  LOCKTAG tag{};
  SET_LOCKTAG_OBJECT(tag, MyDatabaseId, runs, static_cast<std::uint32_t>(bits), static_cast<std::uint16_t>(bits >> 32));
  tag.locktag_lockmethodid = static_cast<std::uint8_t>(method);
  return tag;
}

}  // namespace

void hold_run(std::int64_t run) {
  const LOCKTAG tag = lock_of(run, USER_LOCKMETHOD);
  (void)LockAcquire(&tag, ShareLock, true, false);
}

void hold_run_now(std::int64_t run) {
  const LOCKTAG tag = lock_of(run, DEFAULT_LOCKMETHOD);
  (void)LockAcquire(&tag, ShareLock, false, false);
}

// Trying to take it would tell a process of the holder's lock group nothing.
bool is_held(std::int64_t run) {
  if (RecoveryInProgress()) return true;
  const LOCKTAG tag = lock_of(run, DEFAULT_LOCKMETHOD);
  Oid types[] = {OIDOID, OIDOID, OIDOID, INT2OID};
  Datum values[] = {ObjectIdGetDatum(tag.locktag_field1), ObjectIdGetDatum(tag.locktag_field2),
                    ObjectIdGetDatum(tag.locktag_field3), Int16GetDatum(static_cast<int16>(tag.locktag_field4))};
  SPI_connect();
  run_now(
      "SELECT FROM pg_catalog.pg_locks AS l WHERE l.locktype OPERATOR(pg_catalog.=) 'object' "
      "AND l.database OPERATOR(pg_catalog.=) $1 AND l.classid OPERATOR(pg_catalog.=) $2 "
      "AND l.objid OPERATOR(pg_catalog.=) $3 AND l.objsubid OPERATOR(pg_catalog.=) $4 AND l.granted",
      lengthof(types), types, values, 1);
  const bool held_by_any = SPI_processed > 0;
  SPI_finish();
  return held_by_any;
}

}  // namespace mssql::pg
