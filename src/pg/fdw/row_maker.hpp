// From the columns of a remote query to the scan's tuple: they are the table's attributes, or the
// targets of a join or a grouped query, of which an average comes as the sum and the count.
#pragma once

#include "pg/remote/reader.hpp"
#include "planner.hpp"

namespace mssql::pg {

struct RowMaker {
  TupleDesc descriptor;  // what the columns become
  RemoteColumn* columns;
  int* attnums;
  int ncolumns;
  List* averages;  // by target; NIL: the descriptor is the tuple's
  Datum* values;   // by attribute of the descriptor
  bool* isnull;
};
RowMaker make_row_maker(ForeignScanState* node, const ScanPlan& plan, const TableOptions& options);
// False: there is no row more.
bool make_row(const RowMaker& maker, Reader* reader, TupleTableSlot* slot);

// The declared types of the attributes (integers, attnums), in their order.
RemoteColumn* remote_columns(const RemoteTable& table, List* attributes);

}  // namespace mssql::pg
