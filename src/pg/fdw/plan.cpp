// Paths and the plan that one becomes.

#include "planner.hpp"

#include "modify.hpp"

namespace mssql::pg {

namespace {

// What the server filters does not travel; what it does not filter does.
double travelling_rows(PlannerInfo* root, RelOptInfo* relation, double rows, Relids outer) {
  const RemoteRelation* remote = remote_relation(relation);
  if (remote->kind != RemoteRelation::Kind::table || remote->local == NIL || !bms_is_empty(outer)) return rows;
  const Selectivity sent =
      clauselist_selectivity(root, remote->remote, static_cast<int>(relation->relid), JOIN_INNER, nullptr);
  return clamp_row_est(relation->tuples * sent);
}

// The server sorts without being asked to send more, yet not for nothing; and where it knows how
// many rows are wanted, nothing has to be cancelled.
constexpr double sorting = 1.05, ends_by_itself = 0.9;

ForeignPath* create_path(PlannerInfo* root, RelOptInfo* relation, PathTarget* target, double rows, Cost startup,
                         Cost total, List* pathkeys, Relids outer, List* kind) {
  const RemoteRelation::Kind of = remote_relation(relation)->kind;
#if PG_VERSION_NUM >= 180000
  if (target != nullptr)
    return create_foreign_upper_path(root, relation, target, rows, 0, startup, total, pathkeys, nullptr, NIL, kind);
  if (of == RemoteRelation::Kind::join)
    return create_foreign_join_path(root, relation, nullptr, rows, 0, startup, total, pathkeys, outer, nullptr, NIL,
                                    kind);
  return create_foreignscan_path(root, relation, nullptr, rows, 0, startup, total, pathkeys, outer, nullptr, NIL, kind);
#elif PG_VERSION_NUM >= 170000
  if (target != nullptr)
    return create_foreign_upper_path(root, relation, target, rows, startup, total, pathkeys, nullptr, NIL, kind);
  if (of == RemoteRelation::Kind::join)
    return create_foreign_join_path(root, relation, nullptr, rows, startup, total, pathkeys, outer, nullptr, NIL, kind);
  return create_foreignscan_path(root, relation, nullptr, rows, startup, total, pathkeys, outer, nullptr, NIL, kind);
#else
  if (target != nullptr)
    return create_foreign_upper_path(root, relation, target, rows, startup, total, pathkeys, nullptr, kind);
  if (of == RemoteRelation::Kind::join)
    return create_foreign_join_path(root, relation, nullptr, rows, startup, total, pathkeys, outer, nullptr, kind);
  return create_foreignscan_path(root, relation, nullptr, rows, startup, total, pathkeys, outer, nullptr, kind);
#endif
}

Node* column_node(RelOptInfo* relation, Form_pg_attribute attribute) {
  return reinterpret_cast<Node*>(makeVar(static_cast<int>(relation->relid), attribute->attnum, attribute->atttypid,
                                         attribute->atttypmod, attribute->attcollation, 0));
}

// The attributes that the query needs of a table, and they as nodes.
List* needed_attributes(RelOptInfo* relation, List* checked_here, Oid table, List** nodes) {
  Bitmapset* used = nullptr;
  pull_varattnos(reinterpret_cast<Node*>(relation->reltarget->exprs), relation->relid, &used);
  pull_varattnos(reinterpret_cast<Node*>(checked_here), relation->relid, &used);
  const bool whole_row = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, used);
  List* attributes = NIL;
  Relation opened = table_open(table, NoLock);
  TupleDesc descriptor = RelationGetDescr(opened);
  for (int attnum = 1; attnum <= descriptor->natts; ++attnum) {
    const Form_pg_attribute attribute = TupleDescAttr(descriptor, attnum - 1);
    if (attribute->attisdropped) continue;
    if (!whole_row && !bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, used)) continue;
    attributes = lappend_int(attributes, attnum);
    *nodes = lappend(*nodes, column_node(relation, attribute));
  }
  table_close(opened, NoLock);
  return attributes;
}

List* columns_in(List* nodes) { return pull_var_clause(reinterpret_cast<Node*>(nodes), PVC_RECURSE_PLACEHOLDERS); }

// What a scan of no table has in its rows.
List* scanned_targets(RelOptInfo* relation, List* checked_here) {
  const RemoteRelation* remote = remote_relation(relation);
  if (remote->kind == RemoteRelation::Kind::grouped) return remote->targets;
  List* targets = add_to_flat_tlist(NIL, columns_in(relation->reltarget->exprs));
  return add_to_flat_tlist(targets, columns_in(checked_here));
}

// The plan's clauses: those of the server, and those that are checked here, with why.
struct Clauses {
  List* sent;     // that the relation does not have of its own
  List* here;     // clauses
  List* reasons;  // strings, by `here`
  List* recheck;  // all that the server checks
};

void add_clause(PlannerInfo* root, RelOptInfo* relation, const RestrictInfo* restriction, Clauses* clauses) {
  const RemoteRelation* remote = remote_relation(relation);
  auto* clause = reinterpret_cast<Node*>(restriction->clause);
  bool loose = list_member_ptr(remote->rechecked, clause);
  const char* why = nullptr;
  if (!list_member_ptr(remote->remote, clause)) {
    why = why_restriction_local(root, relation, restriction, &loose);
    if (why == nullptr && !list_member_ptr(remote->local, clause)) clauses->sent = lappend(clauses->sent, clause);
    if (why == nullptr && list_member_ptr(remote->local, clause)) why = "";
  }
  if (why == nullptr) clauses->recheck = lappend(clauses->recheck, clause);
  if (why == nullptr && !loose) return;
  clauses->here = lappend(clauses->here, clause);
  clauses->reasons = lappend(clauses->reasons, makeString(pstrdup(why == nullptr ? "" : why)));
}

Clauses clauses_of(PlannerInfo* root, RelOptInfo* relation, List* restrictions) {
  Clauses clauses{};
  const RemoteRelation* remote = remote_relation(relation);
  if (remote->kind != RemoteRelation::Kind::table) {
    clauses.here = list_concat_copy(remote->local, remote->rechecked);
    clauses.reasons = list_copy(remote->local_reasons);
    for (int i = list_length(clauses.reasons); i < list_length(clauses.here); ++i)
      clauses.reasons = lappend(clauses.reasons, makeString(pstrdup("")));
    return clauses;
  }
  ListCell* cell = nullptr;
  foreach (cell, restrictions) {
    const auto* restriction = lfirst_node(RestrictInfo, cell);
    if (!restriction->pseudoconstant) add_clause(root, relation, restriction, &clauses);
  }
  return clauses;
}

List* describe_parameters(List* parameters, ScanPlan* plan) {
  List* expressions = NIL;
  ListCell* cell = nullptr;
  foreach (cell, parameters) {
    const auto* parameter = static_cast<RemoteParameter*>(lfirst(cell));
    expressions = lappend(expressions, parameter->expression);
    plan->types = lappend(plan->types, makeString(const_cast<char*>(declaration_of(parameter->type))));
    const tsql::Bound& bound = parameter->bound;
    const int number = static_cast<int>(bound.op) * 4 + (bound.next ? 1 : 0) + (bound.loose ? 2 : 0);
    plan->bounds = lappend_int(plan->bounds, parameter->compared ? number : -1);
  }
  return expressions;
}

// The counts of LIMIT and OFFSET are the last parameters, where they are any.
void find_counts(const Question& question, List* parameters, ScanPlan* plan) {
  int number = 0;
  ListCell* cell = nullptr;
  foreach (cell, parameters) {
    const auto* parameter = static_cast<RemoteParameter*>(lfirst(cell));
    ++number;
    if (question.limit != nullptr && parameter->expression == reinterpret_cast<Expr*>(question.limit))
      plan->limit = number;
    if (question.offset != nullptr && parameter->expression == reinterpret_cast<Expr*>(question.offset))
      plan->offset = number;
  }
}

// LIMIT NULL is none.
Node* count_node(Node* node) {
  return node != nullptr && IsA(node, Const) && castNode(Const, node)->constisnull ? nullptr : node;
}

}  // namespace

bool is_done_there(const PlannerInfo* root) {
  return pushdown_enabled && root->parse->commandType == CMD_SELECT && root->rowMarks == NIL &&
         root->qual_security_level == 0;
}

List* pack_plan(const ScanPlan& plan) {
  List* packed = list_make5(makeString(pstrdup(plan.sql)), plan.attributes, plan.averages, plan.reasons, plan.types);
  return lappend(lappend(packed, plan.bounds), list_make3_int(plan.limit, plan.offset, plan.locks ? 1 : 0));
}

ScanPlan unpack_plan(List* fdw_private) {
  const auto list = [&](int n) { return static_cast<List*>(list_nth(fdw_private, n)); };
  return {strVal(list_nth(fdw_private, 0)),
          list(1),
          list(2),
          list(3),
          list(4),
          list(5),
          linitial_int(list(6)),
          lsecond_int(list(6)),
          lthird_int(list(6)) == 1};
}

ForeignPath* make_path(PlannerInfo* root, RelOptInfo* relation, PathTarget* target, double rows, List* pathkeys,
                       Relids outer, PathKind kind) {
  const RemoteRelation* remote = remote_relation(relation);
  const TableOptions& options = remote->options;
  const double travelling = travelling_rows(root, relation, rows, outer);
  const Cost startup =
      options.startup_cost * (kind == PathKind::limited ? ends_by_itself : 1) + relation->baserestrictcost.startup;
  Cost run = travelling * (options.tuple_cost + cpu_tuple_cost + relation->baserestrictcost.per_tuple);
  if (pathkeys != NIL) run *= sorting;
  return create_path(root, relation, target, rows, startup, startup + run, pathkeys, outer,
                     list_make1_int(static_cast<int>(kind)));
}

ForeignScan* GetForeignPlan(PlannerInfo* root, RelOptInfo* relation, Oid table, ForeignPath* path, List* targets,
                            List* restrictions, Plan* outer_plan) {
  const RemoteRelation* remote = remote_relation(relation);
  const bool is_table = remote->kind == RemoteRelation::Kind::table;
  const bool limited = linitial_int(path->fdw_private) == static_cast<int>(PathKind::limited);
  const Clauses clauses = clauses_of(root, relation, restrictions);
  ScanPlan plan{};
  Question question{NIL, clauses.sent, path->path.pathkeys, nullptr, nullptr};
  List* scan_targets = NIL;
  if (is_table) {
    plan.attributes = needed_attributes(relation, clauses.here, table, &question.items);
  } else {
    scan_targets = scanned_targets(relation, clauses.here);
    question.items = get_tlist_exprs(scan_targets, true);
    ListCell* cell = nullptr;
    foreach (cell, question.items)
      plan.averages = lappend_int(plan.averages, is_average(static_cast<Node*>(lfirst(cell))) ? 1 : 0);
  }
  if (limited) {
    question.limit = count_node(root->parse->limitCount);
    question.offset = count_node(root->parse->limitOffset);
  }
  Deparser deparser = deparser_of(root, relation);
  plan.sql = deparse_question(root, relation, question, &deparser);
  plan.reasons = clauses.reasons;
  plan.locks = is_table && with_row_locks(root, relation, remote->table.source.from) != remote->table.source.from;
  List* expressions = describe_parameters(deparser.parameters, &plan);
  find_counts(question, deparser.parameters, &plan);
  return make_foreignscan(targets, clauses.here, is_table ? relation->relid : 0, expressions, pack_plan(plan),
                          scan_targets, is_table ? clauses.recheck : NIL, outer_plan);
}

}  // namespace mssql::pg
