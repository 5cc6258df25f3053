// The executor's callbacks. A scan sends its query with the first row asked for, and again after
// each rescan.

#include "scan.hpp"

#include "pg/remote/connection.hpp"

namespace mssql::pg {

namespace {

struct ScanState {
  ScanPlan plan;
  Oid server;
  Oid user;
  const char* source;
  RemoteColumn* columns;
  source::CharacterPolicy policy;
  int* attnums;
  int nattributes;
  List* expressions;  // ExprState*, of the parameters
  ConditionSender* senders;
  bool* not_sent;         // by condition: some execution had to leave it out
  MemoryContext context;  // of one execution of the query
  Reader* reader;
  bool done;
};

Oid scanning_user(ForeignScanState* node) {
#if PG_VERSION_NUM >= 160000
  const auto* plan = castNode(ForeignScan, node->ss.ps.plan);
  return OidIsValid(plan->checkAsUser) ? plan->checkAsUser : GetUserId();
#else
  const auto* plan = castNode(ForeignScan, node->ss.ps.plan);
  const RangeTblEntry* entry = exec_rt_fetch(plan->scan.scanrelid, node->ss.ps.state);
  return OidIsValid(entry->checkAsUser) ? entry->checkAsUser : GetUserId();
#endif
}

// The values of @P1, @P2, ...; `usable` is false where the server cannot make the comparison.
std::span<const Parameter> evaluate_parameters(ForeignScanState* node, const ScanState* state, bool* usable) {
  const auto count = static_cast<std::size_t>(list_length(state->expressions));
  auto* parameters = static_cast<Parameter*>(palloc(sizeof(Parameter) * count));
  for (std::size_t i = 0; i < count; ++i) {
    auto* expression = static_cast<ExprState*>(list_nth(state->expressions, static_cast<int>(i)));
    bool isnull = true;
    const Datum value = ExecEvalExpr(expression, node->ss.ps.ps_ExprContext, &isnull);
    usable[i] = send_condition_value(state->senders[i], value, isnull, &parameters[i]);
  }
  return {parameters, count};
}

// The plan's query without the conditions that are left out.
const char* query_without(const ScanPlan& plan, const bool* left_out) {
  List* conditions = NIL;
  for (int i = 0; i < list_length(plan.conditions); ++i) {
    if (!left_out[i]) conditions = lappend(conditions, list_nth(plan.conditions, i));
  }
  if (list_length(conditions) == list_length(plan.conditions)) return plan.sql;
  return deparse_select(plan.items, plan.source, conditions);
}

// The query without the conditions whose parameters cannot be sent; those are in the plan's qual as
// well.
const char* usable_query(ScanState* state, const bool* usable) {
  const ScanPlan& plan = state->plan;
  auto* left_out =
      static_cast<bool*>(palloc0(sizeof(bool) * static_cast<std::size_t>(list_length(plan.conditions) + 1)));
  int parameter = 0;
  for (int i = 0; i < list_length(plan.conditions); ++i) {
    for (const int end = list_nth_int(plan.condition_ends, i); parameter < end; ++parameter)
      left_out[i] = left_out[i] || !usable[parameter];
    state->not_sent[i] = state->not_sent[i] || left_out[i];
  }
  return query_without(plan, left_out);
}

void open(ForeignScanState* node, ScanState* state) {
  // The parameters may be computed by anything, even by a query on the same server: before the
  // session is taken.
  MemoryContext old = MemoryContextSwitchTo(state->context);
  const char* sql = state->plan.sql;
  std::span<const Parameter> parameters;
  const int count = list_length(state->expressions);
  if (count > 0) {
    auto* usable = static_cast<bool*>(palloc0(sizeof(bool) * static_cast<std::size_t>(count)));
    parameters = evaluate_parameters(node, state, usable);
    sql = usable_query(state, usable);
  }
  ReaderOptions options;
  options.policy = state->policy;
  options.source = state->source;
  options.columns = state->columns;
  state->reader =
      reader_open(state->server, state->user, sql, parameters, node->ss.ss_ScanTupleSlot->tts_tupleDescriptor,
                  state->attnums, state->nattributes, options);
  MemoryContextSwitchTo(old);
}

void close(ScanState* state) {
  if (state->reader != nullptr) reader_close(state->reader);
  state->reader = nullptr;
  MemoryContextReset(state->context);
}

ConditionSender* condition_senders(const ScanPlan& plan, List* expressions) {
  const auto count = static_cast<std::size_t>(list_length(expressions));
  auto* senders = static_cast<ConditionSender*>(palloc(sizeof(ConditionSender) * std::max<std::size_t>(count, 1)));
  for (int i = 0; i < list_length(expressions); ++i)
    senders[i] =
        choose_condition_sender(exprType(static_cast<Node*>(list_nth(expressions, i))), compared_column(plan, i));
  return senders;
}

}  // namespace

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

void BeginForeignScan(ForeignScanState* node, int flags) {
  if ((flags & EXEC_FLAG_EXPLAIN_ONLY) != 0) return;
  const auto* plan = castNode(ForeignScan, node->ss.ps.plan);
  auto* state = static_cast<ScanState*>(palloc0(sizeof(ScanState)));
  node->fdw_state = state;
  state->plan = unpack_plan(plan->fdw_private);
  state->user = scanning_user(node);

  Relation relation = node->ss.ss_currentRelation;
  ForeignTable* table = GetForeignTable(RelationGetRelid(relation));
  ForeignServer* server = GetForeignServer(table->serverid);
  state->server = server->serverid;
  state->source = psprintf("foreign table \"%s\"", RelationGetRelationName(relation));
  const TableOptions options = table_options(RelationGetRelid(relation), table, server);
  state->policy = options.policy;
  const RemoteTable remote = describe_remote_table(relation, options);
  state->columns = remote_columns(remote, state->plan.attributes);
  state->nattributes = list_length(state->plan.attributes);
  state->attnums = static_cast<int*>(palloc0(sizeof(int) * static_cast<std::size_t>(std::max(state->nattributes, 1))));
  for (int i = 0; i < state->nattributes; ++i) state->attnums[i] = list_nth_int(state->plan.attributes, i);
  state->expressions = ExecInitExprList(plan->fdw_exprs, reinterpret_cast<PlanState*>(node));
  state->senders = condition_senders(state->plan, plan->fdw_exprs);
  state->not_sent = static_cast<bool*>(
      palloc0(sizeof(bool) * static_cast<std::size_t>(std::max(list_length(state->plan.conditions), 1))));
  state->context = AllocSetContextCreate(node->ss.ps.state->es_query_cxt, "mssql_fdw scan", ALLOCSET_DEFAULT_SIZES);
}

TupleTableSlot* IterateForeignScan(ForeignScanState* node) {
  auto* state = static_cast<ScanState*>(node->fdw_state);
  TupleTableSlot* slot = node->ss.ss_ScanTupleSlot;
  ExecClearTuple(slot);
  if (state->done) return slot;
  if (state->reader == nullptr) open(node, state);
  // Columns that nobody asked for stay NULL. The values live in the per-tuple context, which is the
  // current one.
  std::memset(slot->tts_isnull, true, sizeof(bool) * static_cast<std::size_t>(slot->tts_tupleDescriptor->natts));
  if (reader_next(state->reader, slot->tts_values, slot->tts_isnull)) {
    ExecStoreVirtualTuple(slot);
  } else {
    state->done = true;
    report_messages(DEBUG1);
  }
  return slot;
}

void ReScanForeignScan(ForeignScanState* node) {
  auto* state = static_cast<ScanState*>(node->fdw_state);
  if (state == nullptr) return;
  state->done = false;
  close(state);
}

void EndForeignScan(ForeignScanState* node) {
  auto* state = static_cast<ScanState*>(node->fdw_state);
  if (state != nullptr) close(state);
}

List* conditions_not_sent(const ForeignScanState* node) {
  const auto* state = static_cast<const ScanState*>(node->fdw_state);
  List* conditions = NIL;
  for (int i = 0; state != nullptr && i < list_length(state->plan.conditions); ++i) {
    if (!state->not_sent[i]) continue;
    conditions = lappend(conditions, psprintf("%s: a value has no such comparison in T-SQL",
                                              strVal(list_nth(state->plan.conditions, i))));
  }
  return conditions;
}

const char* sent_query(const ForeignScanState* node) {
  const auto* state = static_cast<const ScanState*>(node->fdw_state);
  return state == nullptr ? unpack_plan(castNode(ForeignScan, node->ss.ps.plan)->fdw_private).sql
                          : query_without(state->plan, state->not_sent);
}

}  // namespace mssql::pg
