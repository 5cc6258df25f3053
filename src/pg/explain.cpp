// EXPLAIN VERBOSE: the whole T-SQL text, and for each clause that is not in it, why.

#include "scan.hpp"

namespace mssql::pg {

void ExplainForeignScan(ForeignScanState* node, ExplainState* state) {
  if (!state->verbose) return;
  auto* scan = castNode(ForeignScan, node->ss.ps.plan);
  const ScanPlan plan = unpack_plan(scan->fdw_private);
  ExplainPropertyText("Remote SQL", plan.sql, state);

  // Clauses and reasons run side by side: GetForeignPlan() made both lists.
  List* context = set_deparse_context_plan(state->deparse_cxt, reinterpret_cast<Plan*>(scan), NIL);
  List* lines = NIL;
  for (int i = 0; i < std::min(list_length(scan->scan.plan.qual), list_length(plan.reasons)); ++i) {
    const char* reason = strVal(list_nth(plan.reasons, i));
    if (*reason == '\0') continue;
    const char* clause = deparse_expression(static_cast<Node*>(list_nth(scan->scan.plan.qual, i)), context, false, false);
    const char* line = psprintf("%s: %s", clause, reason);
    if (state->format == EXPLAIN_FORMAT_TEXT) {
      ExplainPropertyText("Not Pushed", line, state);
    } else {
      lines = lappend(lines, const_cast<char*>(line));
    }
  }
  if (lines != NIL) ExplainPropertyList("Not Pushed", lines, state);
}

}  // namespace mssql::pg
