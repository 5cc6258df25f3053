// ACCESS EXCLUSIVE on several tables at once, beside sessions that read them in any order.
#pragma once

#include "postgres.hpp"

namespace mssql::pg {

// Takes the lock on all tables, until the transaction ends. It waits for one table at a time and holds none of the others meanwhile: a long
// reader of one keeps nobody from the others, and readers that join them cannot deadlock with it. lock_timeout bounds the whole of it:
// 55P03 names the table.
void lock_exclusively(const Oid* tables, int count);

}  // namespace mssql::pg
