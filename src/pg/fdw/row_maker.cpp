#include "row_maker.hpp"

namespace mssql::pg {

namespace {

void allocate(RowMaker* maker, int ncolumns) {
  const auto count = static_cast<std::size_t>(std::max(ncolumns, 1));
  maker->ncolumns = ncolumns;
  maker->attnums = static_cast<int*>(palloc0(sizeof(int) * count));
  maker->values = static_cast<Datum*>(palloc0(sizeof(Datum) * count));
  maker->isnull = static_cast<bool*>(palloc0(sizeof(bool) * count));
}

RowMaker of_table(ForeignScanState* node, const ScanPlan& plan, const TableOptions& options) {
  RowMaker maker{};
  allocate(&maker, list_length(plan.attributes));
  maker.descriptor = node->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
  const RemoteTable remote = describe_remote_table(node->ss.ss_currentRelation, options);
  maker.columns = remote_columns(remote, plan.attributes);
  for (int i = 0; i < maker.ncolumns; ++i) maker.attnums[i] = list_nth_int(plan.attributes, i);
  return maker;
}

// The table of a range table entry, read once.
struct Described {
  Index entry;
  RemoteTable table;
};

const RemoteTable& describe_entry(ForeignScanState* node, Index number, List** described) {
  ListCell* cell = nullptr;
  foreach (cell, *described) {
    const auto* known = static_cast<Described*>(lfirst(cell));
    if (known->entry == number) return known->table;
  }
  const RangeTblEntry* entry = exec_rt_fetch(number, node->ss.ps.state);
  ForeignTable* table = GetForeignTable(entry->relid);
  Relation relation = table_open(entry->relid, NoLock);  // locked by the executor
  auto* found = static_cast<Described*>(palloc(sizeof(Described)));
  const TableOptions options = table_options(entry->relid, table, GetForeignServer(table->serverid));
  *found = {number, describe_remote_table(relation, options)};
  table_close(relation, NoLock);
  *described = lappend(*described, found);
  return found->table;
}

// The column of a table that a target is, as it travels; else its type comes with the rows.
RemoteColumn describe_target(ForeignScanState* node, const TargetEntry* target, List** described) {
  if (!IsA(target->expr, Var)) return {};
  const auto* column = castNode(Var, target->expr);
  const RemoteTable& table = describe_entry(node, static_cast<Index>(column->varno), described);
  const RemoteAttribute& attribute = table.attributes[column->varattno - 1];
  return {attribute.known, attribute.type, attribute.raw_text};
}

RowMaker of_targets(ForeignScanState* node, const ScanPlan& plan) {
  const auto* scan = castNode(ForeignScan, node->ss.ps.plan);
  TupleDesc tuple = node->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
  int extra = 0;
  ListCell* cell = nullptr;
  foreach (cell, plan.averages) extra += lfirst_int(cell);
  RowMaker maker{};
  allocate(&maker, tuple->natts + extra);
  maker.averages = extra > 0 ? plan.averages : NIL;
  maker.descriptor = extra > 0 ? CreateTemplateTupleDesc(maker.ncolumns) : tuple;
  maker.columns =
      static_cast<RemoteColumn*>(palloc0(sizeof(RemoteColumn) * static_cast<std::size_t>(std::max(maker.ncolumns, 1))));
  List* described = NIL;
  int at = 0;
  for (int i = 0; i < tuple->natts; ++i) {
    maker.columns[at] = describe_target(node, list_nth_node(TargetEntry, scan->fdw_scan_tlist, i), &described);
    if (extra > 0)
      TupleDescCopyEntry(maker.descriptor, static_cast<AttrNumber>(at + 1), tuple, static_cast<AttrNumber>(i + 1));
    ++at;
    if (list_nth_int(plan.averages, i) == 1)
      TupleDescInitEntry(maker.descriptor, static_cast<AttrNumber>(++at), "count", INT8OID, -1, 0);
  }
  for (int i = 0; i < maker.ncolumns; ++i) maker.attnums[i] = i + 1;
  return maker;
}

// As PostgreSQL's own final functions divide.
Datum average(Datum sum, Datum count) {
  return DirectFunctionCall2(numeric_div, sum, DirectFunctionCall1(int8_numeric, count));
}

void fill(const RowMaker& maker, TupleTableSlot* slot) {
  int at = 0;
  for (int i = 0; i < slot->tts_tupleDescriptor->natts; ++i, ++at) {
    slot->tts_isnull[i] = maker.isnull[at];
    slot->tts_values[i] = maker.values[at];
    if (list_nth_int(maker.averages, i) == 0) continue;
    ++at;
    if (!slot->tts_isnull[i]) slot->tts_values[i] = average(slot->tts_values[i], maker.values[at]);
  }
}

}  // namespace

RowMaker make_row_maker(ForeignScanState* node, const ScanPlan& plan, const TableOptions& options) {
  const bool is_table = castNode(ForeignScan, node->ss.ps.plan)->scan.scanrelid > 0;
  return is_table ? of_table(node, plan, options) : of_targets(node, plan);
}

bool make_row(const RowMaker& maker, Reader* reader, TupleTableSlot* slot) {
  if (maker.averages != NIL) {
    if (!reader_next(reader, maker.values, maker.isnull)) return false;
    fill(maker, slot);
    return true;
  }
  // Columns that nobody asked for stay NULL.
  std::memset(slot->tts_isnull, true, sizeof(bool) * static_cast<std::size_t>(slot->tts_tupleDescriptor->natts));
  return reader_next(reader, slot->tts_values, slot->tts_isnull);
}

RemoteColumn* remote_columns(const RemoteTable& table, List* attributes) {
  const int count = list_length(attributes);
  auto* columns =
      static_cast<RemoteColumn*>(palloc0(sizeof(RemoteColumn) * static_cast<std::size_t>(std::max(count, 1))));
  for (int i = 0; i < count; ++i) {
    const RemoteAttribute& attribute = table.attributes[list_nth_int(attributes, i) - 1];
    columns[i] = {attribute.known, attribute.type, attribute.raw_text};
  }
  return columns;
}

}  // namespace mssql::pg
