// EXPLAIN VERBOSE: the whole T-SQL text, and for each clause that is not in it, why. EXPLAIN
// ANALYZE: the comparisons that were decided here at run time, and what came over the wire.

#include "scan.hpp"

namespace mssql::pg {

namespace {

// A line each, or one list where the format has lists.
void explain_lines(const char* label, List* lines, ExplainState* state) {
  if (lines != NIL && state->format != EXPLAIN_FORMAT_TEXT) ExplainPropertyList(label, lines, state);
  ListCell* cell = nullptr;
  foreach (cell, lines) {
    if (state->format == EXPLAIN_FORMAT_TEXT) ExplainPropertyText(label, static_cast<char*>(lfirst(cell)), state);
  }
}

// How much came, and how long that took: as PostgreSQL's own times, not without TIMING.
void explain_work(const RemoteWork& work, ExplainState* state) {
  ExplainPropertyInteger("Remote Rows", nullptr, work.rows, state);
  ExplainPropertyInteger("Remote Bytes", nullptr, work.bytes, state);
  if (state->timing) ExplainPropertyFloat("Remote Time", "ms", INSTR_TIME_GET_MILLISEC(work.time), 3, state);
}

}  // namespace

void ExplainForeignScan(ForeignScanState* node, ExplainState* state) {
  explain_lines("Not Sent", comparisons_not_sent(node), state);
  if (!state->verbose) return;
  if (const RemoteWork* work = measured_work(node)) explain_work(*work, state);
  auto* scan = castNode(ForeignScan, node->ss.ps.plan);
  const ScanPlan plan = unpack_plan(scan->fdw_private);
  ExplainPropertyText("Remote SQL", sent_query(node), state);

  // Clauses and reasons run side by side: GetForeignPlan() made both lists.
  List* context = set_deparse_context_plan(state->deparse_cxt, reinterpret_cast<Plan*>(scan), NIL);
  List* lines = NIL;
  for (int i = 0; i < std::min(list_length(scan->scan.plan.qual), list_length(plan.reasons)); ++i) {
    const char* reason = strVal(list_nth(plan.reasons, i));
    if (*reason == '\0') continue;
    const char* clause =
        deparse_expression(static_cast<Node*>(list_nth(scan->scan.plan.qual, i)), context, false, false);
    lines = lappend(lines, psprintf("%s: %s", clause, reason));
  }
  explain_lines("Not Pushed", lines, state);
}

}  // namespace mssql::pg
