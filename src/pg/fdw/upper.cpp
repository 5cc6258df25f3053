// GetForeignUpperPaths: GROUP BY with aggregates, DISTINCT, the order of these, LIMIT.

#include "planner.hpp"

namespace mssql::pg {

namespace {

// Not NULL, where the relation that something is made of has exactly its rows.
RemoteRelation* exact_input(RelOptInfo* input) {
  RemoteRelation* remote = remote_relation(input);
  return remote != nullptr && is_exact(remote) ? remote : nullptr;
}

// -----------------------------------------------------------------------------------------------
// groups

// Whether a value can be a group's: compared there as here, and the same text each time it is
// written.
bool can_group(PlannerInfo* root, RelOptInfo* grouped, Node* node) {
  Deparser deparser = deparser_of(root, grouped);
  deparser.aggregates = false;
  RemoteValue value{};
  if (is_outside(node, &deparser) || deparse_value(node, &deparser, &value) != nullptr || deparser.parameters != NIL)
    return false;
  if (is_text_type(value.local)) return value.local != BPCHAROID && get_collation_isdeterministic(exprCollation(node));
  if (value.type.type == Type::datetimeoffset) return false;  // has an offset beside the moment that is equal
  std::string_view why;
  return tsql::may_push(tsql::Operator::equal, value.type, why) &&
         tsql::bounds_of(tsql::Operator::equal, value.type).size() == 1;
}

// Whether the server can give the value in a row of a group.
bool can_give(PlannerInfo* root, RelOptInfo* grouped, Node* node) {
  Deparser deparser = deparser_of(root, grouped);
  RemoteValue value{};
  if (is_average(node)) return why_no_average(castNode(Aggref, node), &deparser) == nullptr;
  return !is_outside(node, &deparser) && deparse_value(node, &deparser, &value) == nullptr && !deparser.loose;
}

// The aggregates in an expression that is computed here. False: one of them cannot be sent.
bool take_aggregates(PlannerInfo* root, RelOptInfo* grouped, Node* node) {
  RemoteRelation* remote = remote_relation(grouped);
  ListCell* cell = nullptr;
  foreach (cell, pull_var_clause(node, PVC_INCLUDE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS)) {
    auto* part = static_cast<Node*>(lfirst(cell));
    if (!IsA(part, Aggref)) continue;  // of a group
    if (!can_give(root, grouped, part)) return false;
    remote->targets = add_to_flat_tlist(remote->targets, list_make1(part));
  }
  return true;
}

void add_group(RemoteRelation* remote, Node* node, Index reference) {
  TargetEntry* target = makeTargetEntry(reinterpret_cast<Expr*>(node),
                                        static_cast<AttrNumber>(list_length(remote->targets) + 1), nullptr, false);
  target->ressortgroupref = reference;
  remote->targets = lappend(remote->targets, target);
}

bool take_targets(PlannerInfo* root, RelOptInfo* grouped) {
  RemoteRelation* remote = remote_relation(grouped);
  const PathTarget* target = grouped->reltarget;
  int i = 0;
  ListCell* cell = nullptr;
  foreach (cell, target->exprs) {
    auto* node = static_cast<Node*>(lfirst(cell));
    const Index reference = get_pathtarget_sortgroupref(target, i++);
    if (reference != 0 && get_sortgroupref_clause_noerr(reference, root->parse->groupClause) != nullptr) {
      if (!can_group(root, grouped, node)) return false;
      add_group(remote, node, reference);
    } else if (can_give(root, grouped, node)) {
      remote->targets = add_to_flat_tlist(remote->targets, list_make1(node));
    } else if (!take_aggregates(root, grouped, node)) {
      return false;
    }
  }
  return true;
}

bool take_having(PlannerInfo* root, RelOptInfo* grouped, List* having) {
  RemoteRelation* remote = remote_relation(grouped);
  ListCell* cell = nullptr;
  foreach (cell, having) {
    auto* clause = static_cast<Node*>(lfirst(cell));
    bool loose = false;
    const char* why = why_local(root, grouped, clause, &loose);
    if (why == nullptr && !loose) {
      remote->having = lappend(remote->having, clause);
      continue;
    }
    if (!take_aggregates(root, grouped, clause)) return false;
    remote->local = lappend(remote->local, clause);
    remote->local_reasons = lappend(remote->local_reasons, makeString(pstrdup(why == nullptr ? "" : why)));
  }
  return true;
}

RemoteRelation* describe_groups(RelOptInfo* input, RelOptInfo* grouped) {
  auto* remote = static_cast<RemoteRelation*>(palloc0(sizeof(RemoteRelation)));
  remote->kind = RemoteRelation::Kind::grouped;
  remote->options = remote_relation(input)->options;
  remote->input = input;
  grouped->fdw_private = remote;
  return remote;
}

double count_groups(PlannerInfo* root, RelOptInfo* input, const RemoteRelation* remote) {
  List* groups = NIL;
  ListCell* cell = nullptr;
  foreach (cell, remote->targets) {
    const auto* target = lfirst_node(TargetEntry, cell);
    if (remote->is_distinct || target->ressortgroupref > 0) groups = lappend(groups, target->expr);
  }
  return groups == NIL ? 1 : estimate_num_groups(root, groups, input->rows, nullptr, nullptr);
}

void add_grouped_path(PlannerInfo* root, RelOptInfo* input, RelOptInfo* grouped) {
  const double rows = count_groups(root, input, remote_relation(grouped));
  add_path(grouped,
           reinterpret_cast<Path*>(make_path(root, grouped, grouped->reltarget, rows, NIL, nullptr, PathKind::rows)));
}

bool is_scanned(const RelOptInfo* input) {
  const RemoteRelation* remote = remote_relation(input);
  const bool is_plain = remote->kind == RemoteRelation::Kind::table;
  return remote->kind != RemoteRelation::Kind::grouped && (!is_plain || bms_is_empty(input->lateral_relids));
}

// Whether the statement says that rows are grouped: aggregates that nobody looks at are not in it.
bool is_grouped(const Query* query, const RelOptInfo* grouped) {
  const RemoteRelation* remote = remote_relation(grouped);
  return query->groupClause != NIL ||
         contain_agg_clause(reinterpret_cast<Node*>(get_tlist_exprs(remote->targets, true))) ||
         contain_agg_clause(reinterpret_cast<Node*>(remote->having));
}

void group(PlannerInfo* root, RelOptInfo* input, RelOptInfo* grouped, const GroupPathExtraData* extra) {
  const Query* query = root->parse;
  if (query->groupingSets != NIL || extra->patype != PARTITIONWISE_AGGREGATE_NONE || !is_scanned(input)) return;
  (void)describe_groups(input, grouped);
  auto* having = reinterpret_cast<List*>(extra->havingQual);
  if (!take_targets(root, grouped) || !take_having(root, grouped, having) || !is_grouped(query, grouped)) {
    grouped->fdw_private = nullptr;
    return;
  }
  add_grouped_path(root, input, grouped);
}

// All its columns make a group, and nothing else is there.
void make_distinct(PlannerInfo* root, RelOptInfo* input, RelOptInfo* distinct) {
  const Query* query = root->parse;
  if (query->hasDistinctOn || query->groupClause != NIL || query->hasAggs || query->hasWindowFuncs ||
      query->hasTargetSRFs || !is_scanned(input))
    return;
  RemoteRelation* remote = describe_groups(input, distinct);
  remote->is_distinct = true;
  distinct->reltarget = root->upper_targets[UPPERREL_DISTINCT];
  ListCell* cell = nullptr;
  foreach (cell, distinct->reltarget->exprs) {
    auto* node = static_cast<Node*>(lfirst(cell));
    if (!can_group(root, distinct, node)) {
      distinct->fdw_private = nullptr;
      return;
    }
    add_group(remote, node, get_pathtarget_sortgroupref(distinct->reltarget, list_length(remote->targets)));
  }
  if (remote->targets != NIL) add_grouped_path(root, input, distinct);
}

// --------------------------------------------------------------------------------- order and limit

// What is ordered, or limited: a table's and a join's paths have their order already.
struct Ordered {
  RelOptInfo* relation;
  List* pathkeys;
};

// Between the stages: which relation's rows an upper one has, in an order that the server can give.
void note_order(RelOptInfo* output, RelOptInfo* input) {
  auto* remote = static_cast<RemoteRelation*>(palloc0(sizeof(RemoteRelation)));
  remote->kind = RemoteRelation::Kind::ordered;
  remote->input = input;
  output->fdw_private = remote;
}

void order(PlannerInfo* root, RelOptInfo* input, RelOptInfo* ordered) {
  if (root->parse->hasTargetSRFs || !can_sort(root, input, root->sort_pathkeys)) return;
  note_order(ordered, input);
  if (remote_relation(input)->kind != RemoteRelation::Kind::grouped) return;  // GetForeignPaths() has one
  const double rows = count_groups(root, remote_relation(input)->input, remote_relation(input));
  add_path(ordered, reinterpret_cast<Path*>(make_path(root, input, root->upper_targets[UPPERREL_ORDERED], rows,
                                                      root->sort_pathkeys, nullptr, PathKind::rows)));
}

// A count that is computed here; SQL Server takes no FETCH of 0 rows, and PostgreSQL is to complain
// of a negative one itself.
bool is_countable(PlannerInfo* root, RelOptInfo* relation, Node* node) {
  if (node == nullptr) return true;
  if (IsA(node, Const))
    return castNode(Const, node)->constisnull || DatumGetInt64(castNode(Const, node)->constvalue) > 0;
  const Deparser deparser = deparser_of(root, relation);
  return is_outside(node, &deparser);
}

void limit(PlannerInfo* root, RelOptInfo* input, RelOptInfo* final, const FinalPathExtraData* extra) {
  const Query* query = root->parse;
  PathTarget* target = root->upper_targets[UPPERREL_FINAL];
  // what is not read would not be computed, either
  if (contain_volatile_functions(reinterpret_cast<Node*>(target->exprs))) return;
  if (!extra->limit_needed || query->hasTargetSRFs || query->limitOption == LIMIT_OPTION_WITH_TIES) return;
  Ordered what{input, NIL};
  if (remote_relation(input)->kind == RemoteRelation::Kind::ordered) {
    what = {remote_relation(input)->input, root->sort_pathkeys};
  } else if (root->sort_pathkeys != NIL) {
    return;
  }
  if (exact_input(what.relation) == nullptr || query->hasWindowFuncs ||
      (query->distinctClause != NIL && !remote_relation(what.relation)->is_distinct))
    return;
  const bool has_groups = query->groupClause != NIL || query->hasAggs || query->groupingSets != NIL ||
                          root->hasHavingQual || query->distinctClause != NIL;
  if (has_groups != (remote_relation(what.relation)->kind == RemoteRelation::Kind::grouped)) return;
  if (!is_countable(root, what.relation, query->limitCount) || !is_countable(root, what.relation, query->limitOffset))
    return;
  const double all = has_groups
                         ? count_groups(root, remote_relation(what.relation)->input, remote_relation(what.relation))
                         : what.relation->rows;
  constexpr double share = 0.1;  // of rows that a count which is not known yet leaves, as PostgreSQL guesses
  const double rows = extra->limit_tuples > 0        ? Min(extra->limit_tuples, all)
                      : query->limitCount != nullptr ? clamp_row_est(all * share)
                                                     : all;
  add_path(final, reinterpret_cast<Path*>(make_path(root, what.relation, root->upper_targets[UPPERREL_FINAL], rows,
                                                    what.pathkeys, nullptr, PathKind::limited)));
}

}  // namespace

void GetForeignUpperPaths(PlannerInfo* root, UpperRelationKind stage, RelOptInfo* input, RelOptInfo* output,
                          void* extra) {
  if (!is_done_there(root) || output->fdw_private != nullptr || input->fdw_private == nullptr) return;
  const bool is_ordered = remote_relation(input)->kind == RemoteRelation::Kind::ordered;
  if (!is_ordered && exact_input(input) == nullptr) return;
  switch (stage) {
    case UPPERREL_GROUP_AGG: return group(root, input, output, static_cast<GroupPathExtraData*>(extra));
    case UPPERREL_DISTINCT: return make_distinct(root, input, output);
    case UPPERREL_ORDERED: return order(root, input, output);
    case UPPERREL_FINAL: return limit(root, input, output, static_cast<FinalPathExtraData*>(extra));
    default: return;
  }
}

}  // namespace mssql::pg
