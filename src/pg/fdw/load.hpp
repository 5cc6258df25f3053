// Rows of INSERT and COPY in bulk: one statement for as many as come, which is open between them.
// It ends where somebody else wants the session, where a row has values for other columns, and with
// the local statement. What the server has against its rows is said then, or while others follow.
#pragma once

#include "written_table.hpp"

namespace mssql::pg {

class Load;

// Lives in the current memory context; no load is open yet.
Load* make_load(WrittenTable* table);
// Whether rows with values for these columns can be loaded: the driver knows how, and the server
// need not read any of them from text.
bool can_load(Load* load, const Bitmapset* columns);
void load_row(Load* load, const Bitmapset* columns, TupleTableSlot* slot);
// Whether the loads so far were worth their while: of rows of many shapes they are not.
bool is_worth_loading(const Load* load);
// Ends the load, if one is open.
void end_load(Load* load);
// What is under way, for messages; null: no load.
const char* load_statement(const Load* load);

}  // namespace mssql::pg
