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

// The comparisons that some execution did not send, and why (C strings).
List* comparisons_not_sent(const ForeignScanState* node);
// What the executions of EXPLAIN ANALYZE have read; null: there were none.
const RemoteWork* measured_work(const ForeignScanState* node);
// The query as some execution sent it, or, before there was one, would send.
const char* sent_query(const ForeignScanState* node);

}  // namespace mssql::pg
