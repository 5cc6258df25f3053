// A row of the executor's as it is written: which columns get a value, and the values as
// parameters.
#pragma once

#include "written_table.hpp"

namespace mssql::pg {

// Of INSERT: the columns that the statement names, and any other one that has a value here, by a
// local default or a trigger; what is left has the server's default. An identity gets a value only
// where there is one. `named`: attnums. ereports 428C9 for a value that only the server can give.
Bitmapset* inserted_columns(const WrittenTable* table, const Bitmapset* named, TupleTableSlot* slot);

// Appends the parameters of one row, in the order of the attnums, to `parameters`, which has room.
// ereports class 22 for what a column cannot hold.
void append_values(WrittenTable* table, const Bitmapset* columns, TupleTableSlot* slot, Parameter* parameters,
                   std::size_t* count);

// Whether one of the columns has text in a code page.
bool has_narrow_text(const WrittenTable* table, const Bitmapset* columns);

// ereports where a column of the key does not tell rows apart.
void check_keys(const WrittenTable* table, List* keys);
// Appends the parameters of a key, one a column; its columns stand in `slot` at `places`. ereports
// 22004 for NULL.
void append_key(const WrittenTable* table, List* keys, const AttrNumber* places, TupleTableSlot* slot,
                Parameter* parameters, std::size_t* count);

}  // namespace mssql::pg
