// The executor's callbacks. A scan sends its query with the first row asked for, and again after
// each rescan.

#include "scan.hpp"

#include "pg/remote/connection.hpp"
#include "remote_text.hpp"
#include "row_maker.hpp"

namespace mssql::pg {

namespace {

struct ScanState {
  ScanPlan plan;
  const char* sql;  // where all comparisons are sent
  Oid server;
  Oid user;
  const char* source;
  source::CharacterPolicy policy;
  RowMaker rows;
  List* expressions;  // ExprState*, of the parameters
  ParameterSender* senders;
  Verdict* last;          // by parameter: what became of its comparison in some execution that did not send it
  MemoryContext context;  // of one execution of the query
  Reader* reader;
  bool done;
  bool is_measured;  // by EXPLAIN ANALYZE
  RemoteWork work;
};

// The table, or one of those that are joined: all are of one server, and read as one user.
Index first_table(const ForeignScan* plan) {
  return plan->scan.scanrelid > 0 ? plan->scan.scanrelid : static_cast<Index>(bms_next_member(plan->fs_relids, -1));
}

RangeTblEntry* first_entry(ForeignScanState* node) {
  const auto* plan = castNode(ForeignScan, node->ss.ps.plan);
  EState* state = node->ss.ps.state;
  int table = static_cast<int>(first_table(plan));
  // from 16 on there are outer joins among them
  while (exec_rt_fetch(static_cast<Index>(table), state)->rtekind != RTE_RELATION)
    table = bms_next_member(plan->fs_relids, table);
  return exec_rt_fetch(static_cast<Index>(table), state);
}

Oid scanning_user(ForeignScanState* node) {
#if PG_VERSION_NUM >= 160000
  const auto* plan = castNode(ForeignScan, node->ss.ps.plan);
  return OidIsValid(plan->checkAsUser) ? plan->checkAsUser : GetUserId();
#else
  const RangeTblEntry* entry = first_entry(node);
  return OidIsValid(entry->checkAsUser) ? entry->checkAsUser : GetUserId();
#endif
}

// LIMIT NULL is none; a negative one is an error in PostgreSQL's words. False: no row is wanted.
bool check_count(const ScanPlan& plan, int number, Parameter* parameter) {
  if (number != plan.limit && number != plan.offset) return true;
  const bool is_limit = number == plan.limit;
  if (is_null(parameter->value)) parameter->value = is_limit ? INT64_MAX / 2 : std::int64_t{0};
  const std::int64_t count = std::get<std::int64_t>(parameter->value);
  if (count < 0) {
    ereport(ERROR, (errcode(is_limit ? ERRCODE_INVALID_ROW_COUNT_IN_LIMIT_CLAUSE
                                     : ERRCODE_INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE),
                    errmsg("%s must not be negative", is_limit ? "LIMIT" : "OFFSET")));
  }
  return !is_limit || count > 0;
}

// Without parameters there are no marks.
const char* statement_of(const ScanPlan& plan, const Verdict* verdicts) {
  return plan.types == NIL ? plan.sql : plain_text(plan.sql, verdicts);
}

struct Values {
  std::span<const Parameter> parameters;  // @P1, @P2, ...
  const char* sql;
  bool wants_rows;
};

Values evaluate_parameters(ForeignScanState* node, const ScanState* state) {
  const auto count = static_cast<std::size_t>(list_length(state->expressions));
  auto* parameters = static_cast<Parameter*>(palloc(sizeof(Parameter) * count));
  auto* verdicts = static_cast<Verdict*>(palloc0(sizeof(Verdict) * count));
  bool all_sent = true;
  bool wants_rows = true;
  for (std::size_t i = 0; i < count; ++i) {
    auto* expression = static_cast<ExprState*>(list_nth(state->expressions, static_cast<int>(i)));
    bool isnull = true;
    const Datum value = ExecEvalExpr(expression, node->ss.ps.ps_ExprContext, &isnull);
    verdicts[i] = send_parameter(state->senders[i], value, isnull, &parameters[i]);
    wants_rows = check_count(state->plan, static_cast<int>(i) + 1, &parameters[i]) && wants_rows;
    if (verdicts[i] == Verdict::sent) continue;
    all_sent = false;
    state->last[i] = verdicts[i];
  }
  return {{parameters, count}, all_sent ? state->sql : plain_text(state->plan.sql, verdicts), wants_rows};
}

// The parameters may be computed by anything, even by a query on the same server: before the
// session is taken. False: there are no rows to ask for.
bool open(ForeignScanState* node, ScanState* state) {
  MemoryContext old = MemoryContextSwitchTo(state->context);
  Values values{{}, state->sql, true};
  if (state->expressions != NIL) values = evaluate_parameters(node, state);
  if (values.wants_rows) {
    ReaderOptions options;
    options.policy = state->policy;
    options.source = state->source;
    options.keeps_locks = state->plan.locks;
    options.columns = state->rows.columns;
    if (state->is_measured) options.work = &state->work;
    state->reader = reader_open(state->server, state->user, values.sql, values.parameters, state->rows.descriptor,
                                state->rows.attnums, state->rows.ncolumns, options);
  }
  MemoryContextSwitchTo(old);
  return values.wants_rows;
}

void close(ScanState* state) {
  if (state->reader != nullptr) reader_close(state->reader);
  state->reader = nullptr;
  MemoryContextReset(state->context);
}

ParameterSender* parameter_senders(const ScanPlan& plan, List* expressions) {
  const auto count = static_cast<std::size_t>(list_length(expressions));
  auto* senders = static_cast<ParameterSender*>(palloc(sizeof(ParameterSender) * std::max<std::size_t>(count, 1)));
  for (int i = 0; i < list_length(expressions); ++i) {
    const int bound = list_nth_int(plan.bounds, i);
    const tsql::Bound beside{static_cast<tsql::Operator>(std::max(bound, 0) / 4), (bound & 1) != 0, (bound & 2) != 0};
    senders[i] = {choose_sender(exprType(static_cast<Node*>(list_nth(expressions, i)))), bound >= 0,
                  parse_declaration(strVal(list_nth(plan.types, i))), beside};
  }
  return senders;
}

const char* name_of_source(ForeignScanState* node) {
  if (node->ss.ss_currentRelation != nullptr)
    return psprintf("foreign table \"%s\"", RelationGetRelationName(node->ss.ss_currentRelation));
  StringInfoData out;
  initStringInfo(&out);
  const auto* plan = castNode(ForeignScan, node->ss.ps.plan);
  for (int table = -1; (table = bms_next_member(plan->fs_relids, table)) >= 0;) {
    const RangeTblEntry* entry = exec_rt_fetch(static_cast<Index>(table), node->ss.ps.state);
    if (entry->rtekind != RTE_RELATION) continue;
    appendStringInfo(&out, "%s\"%s\"", out.len == 0 ? "foreign tables " : ", ", get_rel_name(entry->relid));
  }
  return out.data;
}

}  // namespace

void BeginForeignScan(ForeignScanState* node, int flags) {
  if ((flags & EXEC_FLAG_EXPLAIN_ONLY) != 0) return;
  const auto* plan = castNode(ForeignScan, node->ss.ps.plan);
  auto* state = static_cast<ScanState*>(palloc0(sizeof(ScanState)));
  node->fdw_state = state;
  state->plan = unpack_plan(plan->fdw_private);
  state->sql = statement_of(state->plan, nullptr);
  state->user = scanning_user(node);

  const Oid table_id = first_entry(node)->relid;
  ForeignTable* table = GetForeignTable(table_id);
  ForeignServer* server = GetForeignServer(table->serverid);
  state->server = server->serverid;
  state->is_measured = node->ss.ps.state->es_instrument != 0;
  state->source = name_of_source(node);
  const TableOptions options = table_options(table_id, table, server);
  state->policy = options.policy;
  state->rows = make_row_maker(node, state->plan, options);
  state->expressions = ExecInitExprList(plan->fdw_exprs, reinterpret_cast<PlanState*>(node));
  state->senders = parameter_senders(state->plan, plan->fdw_exprs);
  state->last =
      static_cast<Verdict*>(palloc0(sizeof(Verdict) * static_cast<std::size_t>(list_length(plan->fdw_exprs) + 1)));
  state->context = AllocSetContextCreate(node->ss.ps.state->es_query_cxt, "mssql_fdw scan", ALLOCSET_DEFAULT_SIZES);
}

TupleTableSlot* IterateForeignScan(ForeignScanState* node) {
  auto* state = static_cast<ScanState*>(node->fdw_state);
  TupleTableSlot* slot = node->ss.ss_ScanTupleSlot;
  ExecClearTuple(slot);
  if (state->done) return slot;
  if (state->reader == nullptr && !open(node, state)) {
    state->done = true;
    return slot;
  }
  // The values live in the per-tuple context, which is the current one.
  if (make_row(state->rows, state->reader, slot)) {
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

List* comparisons_not_sent(const ForeignScanState* node) {
  const auto* state = static_cast<const ScanState*>(node->fdw_state);
  List* comparisons = NIL;
  for (int i = 0; state != nullptr && i < list_length(state->plan.types); ++i) {
    if (state->last[i] == Verdict::sent) continue;
    comparisons = lappend(comparisons, psprintf("%s: a value has no such comparison in T-SQL, and it is %s",
                                                comparison_of(state->plan.sql, i),
                                                state->last[i] == Verdict::always ? "true of all" : "true of none"));
  }
  return comparisons;
}

const RemoteWork* measured_work(const ForeignScanState* node) {
  const auto* state = static_cast<const ScanState*>(node->fdw_state);
  return state != nullptr && state->is_measured ? &state->work : nullptr;
}

const char* sent_query(const ForeignScanState* node) {
  const auto* state = static_cast<const ScanState*>(node->fdw_state);
  const auto* plan = castNode(ForeignScan, node->ss.ps.plan);
  return statement_of(unpack_plan(plan->fdw_private), state == nullptr ? nullptr : state->last);
}

}  // namespace mssql::pg
