#include "switch_locks.hpp"

#include "pg/host/arrays.hpp"
#include "run_now.hpp"
#include "table_locks.hpp"

namespace mssql::pg {

namespace {

void lock_readers_out(const SwitchRequest& request, Datum tables) {
  Oid types[] = {OIDARRAYOID, OIDARRAYOID, OIDARRAYOID};
  Datum values[] = {tables, request.refilled, request.sequences};
  run_now(psprintf("SELECT l.relation FROM %s._locked_by_switch($1, $2, $3) AS l (relation)", request.schema), 3, types,
          values, 0);
  const int count = static_cast<int>(SPI_processed);
  auto* locked = static_cast<Oid*>(palloc(sizeof(Oid) * static_cast<std::size_t>(count + 1)));
  for (int i = 0; i < count; ++i) locked[i] = oid_of(SPI_tuptable, static_cast<std::uint64_t>(i), 1);
  sort_for_locks(locked, count);
  lock_together(locked, count, AccessExclusiveLock);
}

// Nothing else that _can_stage() asks for can have changed, for the tables were locked against
// changes; a publication may take in all tables without a lock on any.
void check_unpublished(const SwitchRequest& request, Datum tables) {
  Oid types[] = {OIDARRAYOID};
  run_now(psprintf("SELECT p.relation FROM %s._published($1) AS p (relation)", request.schema), 1, types, &tables, 1);
  if (SPI_processed == 0) return;
  ereport(ERROR,
          (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
           errmsg("table \"%s\" has got into a publication during the run", get_rel_name(oid_of(SPI_tuptable, 0, 1))),
           errdetail("Its subscribers would not be told of the new rows. Nothing has been changed."),
           errhint("Run again: a published table is emptied and refilled.")));
}

}  // namespace

void lock_for_switch(const SwitchRequest& request) {
  SPI_connect();
  const Datum tables = oid_array(request.tables, request.ntables);
  lock_readers_out(request, tables);
  check_unpublished(request, tables);
  SPI_finish();
}

}  // namespace mssql::pg
