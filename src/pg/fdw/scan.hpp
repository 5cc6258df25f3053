// Execution of scans over foreign tables, ANALYZE, and what EXPLAIN VERBOSE shows of a scan.
#pragma once

#include "pg/remote/reader.hpp"
#include "planner.hpp"

namespace mssql::pg {

void BeginForeignScan(ForeignScanState* node, int flags);
TupleTableSlot* IterateForeignScan(ForeignScanState* node);
void ReScanForeignScan(ForeignScanState* node);
void EndForeignScan(ForeignScanState* node);
void ExplainForeignScan(ForeignScanState* node, ExplainState* state);
bool AnalyzeForeignTable(Relation relation, AcquireSampleRowsFunc* acquire_rows, BlockNumber* pages);

// The conditions that the executions so far left out, and why (C strings).
List* conditions_not_sent(const ForeignScanState* node);
// The query without them: what every execution sent, or, before there was one, would send.
const char* sent_query(const ForeignScanState* node);

// The declared types of the attributes (integers, attnums), in their order.
RemoteColumn* remote_columns(const RemoteTable& table, List* attributes);

}  // namespace mssql::pg
