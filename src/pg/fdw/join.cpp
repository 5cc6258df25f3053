// GetForeignJoinPaths: joins that the server does. PostgreSQL asks only where both sides are of one
// server and user.

#include "planner.hpp"

namespace mssql::pg {

namespace {

bool is_wanted(PlannerInfo* root, RelOptInfo* join, RelOptInfo* outer, RelOptInfo* inner) {
  if (!is_done_there(root) || !bms_is_empty(join->lateral_relids)) return false;
  for (const RelOptInfo* side : {outer, inner}) {
    const RemoteRelation* remote = remote_relation(side);
    if (remote == nullptr || !is_exact(remote)) return false;
    if (remote->kind == RemoteRelation::Kind::table &&
        (remote->table.is_odd || *remote->table.source.with != '\0' || *remote->table.source.option != '\0'))
      return false;
  }
  return remote_relation(outer)->options.policy == remote_relation(inner)->options.policy;
}

// What is computed below an outer join, and may be NULL above.
bool has_placeholders(PlannerInfo* root, const RelOptInfo* join) {
  const Relids relations = join->top_parent_relids != nullptr ? join->top_parent_relids : join->relids;
  ListCell* cell = nullptr;
  foreach (cell, root->placeholder_list) {
    const auto* placeholder = static_cast<PlaceHolderInfo*>(lfirst(cell));
    if (bms_is_subset(placeholder->ph_eval_at, relations)) return true;
  }
  foreach (cell, pull_var_clause(reinterpret_cast<Node*>(join->reltarget->exprs), PVC_INCLUDE_PLACEHOLDERS)) {
    if (IsA(lfirst(cell), PlaceHolderVar)) return true;
  }
  return false;
}

// Whole rows and system columns have no place in a join's rows; nor have the columns of EXISTS.
bool has_all(PlannerInfo* root, const RelOptInfo* join, const RemoteRelation* remote) {
  List* used = pull_var_clause(reinterpret_cast<Node*>(join->reltarget->exprs), PVC_RECURSE_PLACEHOLDERS);
  used = list_concat(used, pull_var_clause(reinterpret_cast<Node*>(remote->local), PVC_RECURSE_PLACEHOLDERS));
  ListCell* cell = nullptr;
  foreach (cell, used) {
    if (!IsA(lfirst(cell), Var) || castNode(Var, lfirst(cell))->varattno <= 0) return false;
  }
  return remote->hidden == nullptr || !bms_overlap(pull_varnos(root, reinterpret_cast<Node*>(used)), remote->hidden);
}

RemoteRelation* describe(JoinType type, RelOptInfo* outer, RelOptInfo* inner) {
  auto* remote = static_cast<RemoteRelation*>(palloc0(sizeof(RemoteRelation)));
  remote->kind = RemoteRelation::Kind::join;
  remote->options = remote_relation(outer)->options;
  remote->join_type = type;
  remote->outer = outer;
  remote->inner = inner;
  const bool hides = type == JOIN_SEMI || type == JOIN_ANTI;
  remote->hidden = bms_union(remote_relation(outer)->hidden, hides ? inner->relids : remote_relation(inner)->hidden);
  remote->adds_nulls = type == JOIN_LEFT || type == JOIN_FULL || remote_relation(outer)->adds_nulls ||
                       remote_relation(inner)->adds_nulls;
  return remote;
}

// The columns of the subqueries of EXISTS within, which a join's own clauses do not see, either.
Relids hidden_before(const RemoteRelation* join) {
  return bms_union(remote_relation(join->outer)->hidden, remote_relation(join->inner)->hidden);
}

// A clause by which rows match has to be sent, and be exact.
bool take_own(PlannerInfo* root, RelOptInfo* join, Node* clause) {
  RemoteRelation* remote = remote_relation(join);
  Relids hidden = remote->hidden;
  remote->hidden = hidden_before(remote);
  bool loose = false;
  const bool sent = why_local(root, join, clause, &loose) == nullptr && !loose;
  remote->hidden = hidden;
  if (sent) remote->on = lappend(remote->on, clause);
  return sent;
}

// Of an inner join what is not sent is checked here, behind it; the others match rows by all
// clauses or by none. False: the server cannot do it.
bool take_clauses(PlannerInfo* root, RelOptInfo* join, List* clauses) {
  const RemoteRelation* remote = remote_relation(join);
  const bool is_inner = remote->join_type == JOIN_INNER;
  ListCell* cell = nullptr;
  foreach (cell, clauses) {
    const auto* restriction = lfirst_node(RestrictInfo, cell);
    const bool is_own = remote->join_type == JOIN_SEMI || !RINFO_IS_PUSHED_DOWN(restriction, join->relids);
    if (is_inner || !is_own) {
      classify(root, join, restriction);
    } else if (!take_own(root, join, reinterpret_cast<Node*>(restriction->clause))) {
      return false;
    }
  }
  // a product without any clause is better made here
  return !is_inner || remote->remote != NIL;
}

// A full join's rows may come of either side alone: neither side can be filtered behind it.
bool has_conditions(const RelOptInfo* side) {
  const RemoteRelation* remote = remote_relation(side);
  if (remote->remote != NIL) return true;
  if (remote->kind != RemoteRelation::Kind::join) return false;
  switch (remote->join_type) {
    case JOIN_SEMI:
    case JOIN_ANTI: return true;
    case JOIN_INNER: return has_conditions(remote->outer) || has_conditions(remote->inner);
    case JOIN_FULL: return false;
    default: return has_conditions(remote->outer);
  }
}

bool take_join(PlannerInfo* root, RelOptInfo* join, RelOptInfo* outer, RelOptInfo* inner, JoinType type,
               List* clauses) {
  RemoteRelation* remote = describe(type, outer, inner);
  join->fdw_private = remote;
  if (type == JOIN_FULL && (has_conditions(outer) || has_conditions(inner))) return false;
  return take_clauses(root, join, clauses) && has_all(root, join, remote);
}

JoinType join_type_of(JoinType type, RelOptInfo** outer, RelOptInfo** inner) {
  if (type != JOIN_RIGHT) return type;
  std::swap(*outer, *inner);
  return JOIN_LEFT;
}

}  // namespace

void GetForeignJoinPaths(PlannerInfo* root, RelOptInfo* join, RelOptInfo* outer, RelOptInfo* inner, JoinType type,
                         JoinPathExtraData* extra) {
  if (join->fdw_private != nullptr || !is_wanted(root, join, outer, inner) || has_placeholders(root, join)) return;
  type = join_type_of(type, &outer, &inner);
  switch (type) {
    case JOIN_INNER:
    case JOIN_LEFT:
    case JOIN_FULL:
    case JOIN_SEMI:
    case JOIN_ANTI: break;
    default: return;
  }
  if (!take_join(root, join, outer, inner, type, extra->restrictlist)) {
    join->fdw_private = nullptr;
    return;
  }
  const auto add = [&](List* pathkeys) {
    add_path(join,
             reinterpret_cast<Path*>(make_path(root, join, nullptr, join->rows, pathkeys, nullptr, PathKind::rows)));
  };
  add(NIL);
  if (root->query_pathkeys != NIL && can_sort(root, join, root->query_pathkeys)) add(root->query_pathkeys);
}

}  // namespace mssql::pg
