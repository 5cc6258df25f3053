// GetForeignRelSize, GetForeignPaths: of one table.

#include "planner.hpp"

#include "pg/remote/ask.hpp"

namespace mssql::pg {

namespace {

// A table that was never analyzed counts as ten pages full of rows, as in postgres_fdw.
double default_rows(const RelOptInfo* relation) {
  constexpr double pages = 10;
  const double width = relation->reltarget->width + static_cast<double>(MAXALIGN(SizeofHeapTupleHeader));
  return pages * BLCKSZ / width;
}

Oid user_of(PlannerInfo* root, RelOptInfo* relation) {
#if PG_VERSION_NUM >= 160000
  (void)root;
  return OidIsValid(relation->userid) ? relation->userid : GetUserId();
#else
  const RangeTblEntry* entry = planner_rt_fetch(relation->relid, root);
  return OidIsValid(entry->checkAsUser) ? entry->checkAsUser : GetUserId();
#endif
}

// Whether a clause of a join can be sent beside a table, with what comes of the others as
// parameters.
bool is_sent(PlannerInfo* root, RelOptInfo* relation, const RestrictInfo* clause) {
  bool loose = false;
  return why_restriction_local(root, relation, clause, &loose) == nullptr;
}

struct Wanted {
  RelOptInfo* relation;
  Expr* column;
  List* done;
};

// For generate_implied_equalities_for_column(): a member of ours that has not been looked at, one
// after the other.
bool is_wanted(PlannerInfo*, RelOptInfo* relation, EquivalenceClass*, EquivalenceMember* member, void* argument) {
  auto* wanted = static_cast<Wanted*>(argument);
  if (!bms_equal(member->em_relids, relation->relids)) return false;
  if (wanted->column != nullptr) return equal(member->em_expr, wanted->column);
  if (list_member(wanted->done, member->em_expr)) return false;
  wanted->column = member->em_expr;
  return true;
}

List* add_parameterization(PlannerInfo* root, RelOptInfo* relation, RestrictInfo* clause, List* all) {
  if (!join_clause_is_movable_to(clause, relation) || !is_sent(root, relation, clause)) return all;
  Relids outer = bms_union(clause->clause_relids, relation->lateral_relids);
  outer = bms_del_member(outer, static_cast<int>(relation->relid));
  if (bms_is_empty(outer)) return all;
  ParamPathInfo* info = get_baserel_parampathinfo(root, relation, outer);
  return list_append_unique_ptr(all, info);
}

// One for each set of other tables whose values this one can be looked up by.
List* find_parameterizations(PlannerInfo* root, RelOptInfo* relation) {
  List* all = NIL;
  ListCell* cell = nullptr;
  foreach (cell, relation->joininfo) all = add_parameterization(root, relation, lfirst_node(RestrictInfo, cell), all);
  if (!relation->has_eclass_joins) return all;
  for (Wanted wanted{relation, nullptr, NIL};; wanted.done = lappend(wanted.done, wanted.column)) {
    wanted.column = nullptr;
    List* clauses =
        generate_implied_equalities_for_column(root, relation, is_wanted, &wanted, relation->lateral_referencers);
    if (wanted.column == nullptr) return all;
    foreach (cell, clauses) all = add_parameterization(root, relation, lfirst_node(RestrictInfo, cell), all);
  }
}

}  // namespace

void GetForeignRelSize(PlannerInfo* root, RelOptInfo* relation, Oid table) {
  auto* remote = static_cast<RemoteRelation*>(palloc0(sizeof(RemoteRelation)));
  relation->fdw_private = remote;
  remote->kind = RemoteRelation::Kind::table;
  ForeignTable* foreign_table = GetForeignTable(table);
  ForeignServer* server = GetForeignServer(foreign_table->serverid);
  remote->options = table_options(table, foreign_table, server);
  Relation opened = table_open(table, NoLock);  // locked by the planner
  remote->table = describe_remote_table(opened, remote->options);
  table_close(opened, NoLock);
  ListCell* cell = nullptr;
  foreach (cell, relation->baserestrictinfo) classify(root, relation, lfirst_node(RestrictInfo, cell));

  set_baserel_size_estimates(root, relation);  // for the width
  double rows = relation->tuples;
  if (remote->options.use_remote_estimate && !remote->table.is_query) {
    // The server's own row count; a view has none.
    const char* question = row_count_query(remote->table.source.from, false);
    const auto answer = ask_integer(server->serverid, user_of(root, relation), question, "the row estimate");
    if (answer) rows = static_cast<double>(*answer);
  }
  // Zero is an empty table, and before PostgreSQL 14 a table without statistics.
  if (relation->pages == 0 && rows <= 0) rows = default_rows(relation);
  relation->tuples = rows;
  set_baserel_size_estimates(root, relation);
}

void GetForeignPaths(PlannerInfo* root, RelOptInfo* relation, Oid) {
  const auto add = [&](double rows, List* pathkeys, Relids outer) {
    add_path(relation,
             reinterpret_cast<Path*>(make_path(root, relation, nullptr, rows, pathkeys, outer, PathKind::rows)));
  };
  add(relation->rows, NIL, relation->lateral_relids);
  if (root->query_pathkeys != NIL && bms_is_empty(relation->lateral_relids) &&
      can_sort(root, relation, root->query_pathkeys))
    add(relation->rows, root->query_pathkeys, nullptr);
  ListCell* cell = nullptr;
  foreach (cell, find_parameterizations(root, relation)) {
    const auto* info = static_cast<ParamPathInfo*>(lfirst(cell));
    add(info->ppi_rows, NIL, info->ppi_req_outer);
  }
}

}  // namespace mssql::pg
