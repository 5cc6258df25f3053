// Locks on several tables at once, beside sessions that use them in any order.
#pragma once

#include "pg/host/postgres.hpp"

namespace mssql::pg {

// Takes the locks on all tables and sequences, until the transaction ends. Who uses one for long
// must not keep others from it, nor from the other tables: it waits for a short time, gives back
// what it got, and leaves whoever has come meanwhile as much time before it tries again, longer
// each time. When a try has failed it says whom it waits for, unless these are the same still.
// Sessions that use several of the tables may deadlock with it: where what a try has locked is the
// reason, that try has failed, no more; where it is what the transaction had locked before, 40P01
// ends it. lock_timeout bounds the whole of it: 55P03 names the table. What goes with an exchange
// of files, which is indexes and rows of the catalog, is locked, too: with AccessExclusiveLock, and
// always of a sequence.
struct WantedLock {
  Oid relation;
  LOCKMODE mode;
};
void lock_together(const WantedLock* locks, int count);
void lock_together(const Oid* tables, int count, LOCKMODE mode);

// Takes the locks one after the other, in the order of sort_for_locks(). Answers whether any of
// them is new: what had been looked up before may be out of date.
bool lock_in_order(Oid* tables, int count, LOCKMODE mode);

// Who has what a lock of the mode would have to wait for: "4711, 4712".
const char* users_of(const LOCKTAG& tag, LOCKMODE mode);

// Whether this transaction has the lock on the table, or a stronger one.
bool is_locked(Oid table, LOCKMODE mode);

void sort_for_locks(Oid* tables, int count);

}  // namespace mssql::pg
