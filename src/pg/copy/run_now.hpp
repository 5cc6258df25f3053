// Queries of our own SQL functions that are to see what is committed now.
#pragma once

#include "pg/host/postgres.hpp"

namespace mssql::pg {

// In a snapshot of now, whatever the transaction's isolation: as PostgreSQL's own checks of foreign
// keys. SPI is connected.
void run_now(const char* sql, int nargs, Oid* types, Datum* values, long limit);

// The same for a query that evaluates code of the user's, in which names are found as in his own
// statements: its own are qualified, so that it means the same whatever those are. By parallel
// workers where PostgreSQL plans them, and with the memory of maintenance, as PostgreSQL's own
// check of a foreign key: all of them together.
void run_users_code_now(const char* sql);

// Of the result; columns count from 1.
bool is_true(SPITupleTable* table, std::uint64_t row, int column);  // false: NULL, too
const char* text_of(SPITupleTable* table, std::uint64_t row, int column);
Oid oid_of(SPITupleTable* table, std::uint64_t row, int column);
// A value of SPI's first row that is no NULL and of variable length, copied into `context`.
Datum kept_value(MemoryContext context, int column);

// The schema of the function that is called, quoted: its queries name their functions by it.
const char* own_schema(FunctionCallInfo fcinfo);

}  // namespace mssql::pg
