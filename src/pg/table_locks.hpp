// Locks on several tables at once, beside sessions that use them in any order.
#pragma once

#include "postgres.hpp"

namespace mssql::pg {

// Takes the lock on all tables, until the transaction ends. It waits for one table at a time and holds none of the others meanwhile: who
// uses one for long keeps nobody from the others, and sessions that use several cannot deadlock with it. Tables that are never unused all
// at once would make that endless, so after some attempts it keeps what it gets, says so, and waits for the others as LOCK TABLE does.
// lock_timeout bounds the whole of it: 55P03 names the table.
void lock_together(const Oid* tables, int count, LOCKMODE mode);

// The order in which tables are locked that are locked one by one.
void sort_for_locks(Oid* tables, int count);

}  // namespace mssql::pg
