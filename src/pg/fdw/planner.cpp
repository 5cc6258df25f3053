// GetForeignRelSize, GetForeignPaths, GetForeignPlan. None connects, unless the table has
// use_remote_estimate.

#include "planner.hpp"

#include "modify.hpp"
#include "pg/remote/ask.hpp"

namespace mssql::pg {

bool pushdown_enabled = true;

namespace {

// Kept in RelOptInfo.fdw_private while a relation is planned.
struct PlannedRelation {
  TableOptions options;
  RemoteTable table;
  List* remote;          // RestrictInfo* that are in the SQL
  List* rechecked;       // those of them that are checked here as well
  List* local;           // RestrictInfo* that are not
  List* local_reasons;   // strings, by `local`
  List* conditions;      // strings, by `remote`
  List* condition_ends;  // integers, by `remote`
  List* parameters;      // ConditionParameter*
};

void classify(PlannedRelation* planned, RelOptInfo* relation) {
  ConditionContext context{&planned->table, relation->relid, NIL, false, false};
  ListCell* cell = nullptr;
  foreach (cell, relation->baserestrictinfo) {
    auto* restriction = lfirst_node(RestrictInfo, cell);
    StringInfoData sql;
    initStringInfo(&sql);
    const char* why =
        pushdown_enabled ? deparse_condition(restriction->clause, &context, &sql) : "mssql_fdw.pushdown is off";
    if (why != nullptr) {
      planned->local = lappend(planned->local, restriction);
      planned->local_reasons = lappend(planned->local_reasons, makeString(pstrdup(why)));
      continue;
    }
    planned->remote = lappend(planned->remote, restriction);
    if (context.rechecked) planned->rechecked = lappend(planned->rechecked, restriction);
    planned->conditions = lappend(planned->conditions, makeString(sql.data));
    planned->condition_ends = lappend_int(planned->condition_ends, list_length(context.parameters));
  }
  planned->parameters = context.parameters;
}

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

List* clauses_of(List* restrictions) { return extract_actual_clauses(restrictions, false); }

// The attributes that the query needs of this relation.
List* needed_attributes(const PlannedRelation* planned, RelOptInfo* relation, TupleDesc descriptor) {
  Bitmapset* used = nullptr;
  pull_varattnos(reinterpret_cast<Node*>(relation->reltarget->exprs), relation->relid, &used);
  pull_varattnos(reinterpret_cast<Node*>(clauses_of(planned->local)), relation->relid, &used);
  pull_varattnos(reinterpret_cast<Node*>(clauses_of(planned->rechecked)), relation->relid, &used);
  const bool whole_row = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, used);
  List* attributes = NIL;
  for (int attnum = 1; attnum <= descriptor->natts; ++attnum) {
    if (TupleDescAttr(descriptor, attnum - 1)->attisdropped) continue;
    if (whole_row || bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, used))
      attributes = lappend_int(attributes, attnum);
  }
  return attributes;
}

List* select_items(const PlannedRelation* planned, List* attributes) {
  List* items = NIL;
  ListCell* cell = nullptr;
  foreach (cell, attributes) {
    items = lappend(items, makeString(pstrdup(planned->table.attributes[lfirst_int(cell) - 1].expression)));
  }
  return items;
}

ForeignPath* make_path(PlannerInfo* root, RelOptInfo* relation, Cost startup, Cost total) {
  const double rows = relation->rows;
  Relids outer = relation->lateral_relids;
#if PG_VERSION_NUM >= 180000
  return create_foreignscan_path(root, relation, nullptr, rows, 0, startup, total, NIL, outer, nullptr, NIL, NIL);
#elif PG_VERSION_NUM >= 170000
  return create_foreignscan_path(root, relation, nullptr, rows, startup, total, NIL, outer, nullptr, NIL, NIL);
#else
  return create_foreignscan_path(root, relation, nullptr, rows, startup, total, NIL, outer, nullptr, NIL);
#endif
}

}  // namespace

List* pack_plan(const ScanPlan& plan) {
  List* texts = list_make4(makeString(pstrdup(plan.sql)), makeString(pstrdup(plan.source.with)),
                           makeString(pstrdup(plan.source.from)), makeString(pstrdup(plan.source.option)));
  List* packed = list_make5(texts, plan.attributes, plan.reasons, plan.items, plan.conditions);
  packed = lappend(packed, plan.condition_ends);
  packed = lappend(packed, plan.parameter_types);
  return lappend(packed, plan.parameter_bounds);
}

ScanPlan unpack_plan(List* fdw_private) {
  const auto list = [&](int n) { return static_cast<List*>(list_nth(fdw_private, n)); };
  const auto text = [&](int n) -> const char* { return strVal(list_nth(list(0), n)); };
  ScanPlan plan{};
  plan.sql = text(0);
  plan.source = {text(1), text(2), text(3)};
  plan.attributes = list(1);
  plan.reasons = list(2);
  plan.items = list(3);
  plan.conditions = list(4);
  plan.condition_ends = list(5);
  plan.parameter_types = list(6);
  plan.parameter_bounds = list(7);
  return plan;
}

ComparedColumn compared_column(const ScanPlan& plan, int parameter) {
  const int bound = list_nth_int(plan.parameter_bounds, parameter);
  const tsql::Bound beside{static_cast<tsql::Operator>(bound / 4), (bound & 1) != 0, (bound & 2) != 0};
  return {strVal(list_nth(plan.parameter_types, parameter)), beside};
}

void GetForeignRelSize(PlannerInfo* root, RelOptInfo* relation, Oid table) {
  auto* planned = static_cast<PlannedRelation*>(palloc0(sizeof(PlannedRelation)));
  relation->fdw_private = planned;
  ForeignTable* foreign_table = GetForeignTable(table);
  ForeignServer* server = GetForeignServer(foreign_table->serverid);
  planned->options = table_options(table, foreign_table, server);
  Relation opened = table_open(table, NoLock);  // locked by the planner
  planned->table = describe_remote_table(opened, planned->options);
  table_close(opened, NoLock);
  classify(planned, relation);

  set_baserel_size_estimates(root, relation);  // for the width
  double rows = relation->tuples;
  if (planned->options.use_remote_estimate && !planned->table.is_query) {
    // The server's own row count; a view has none.
    const char* question = row_count_query(planned->table.source.from, false);
    const auto answer = ask_integer(server->serverid, user_of(root, relation), question, "the row estimate");
    if (answer) rows = static_cast<double>(*answer);
  }
  // Zero is an empty table, and before PostgreSQL 14 a table without statistics.
  if (relation->pages == 0 && rows <= 0) rows = default_rows(relation);
  relation->tuples = rows;
  set_baserel_size_estimates(root, relation);
}

void GetForeignPaths(PlannerInfo* root, RelOptInfo* relation, Oid) {
  const auto* planned = static_cast<PlannedRelation*>(relation->fdw_private);
  // What the server filters does not travel; what it does not filter does.
  const Selectivity remote =
      clauselist_selectivity(root, planned->remote, static_cast<int>(relation->relid), JOIN_INNER, nullptr);
  const double travelling = clamp_row_est(relation->tuples * remote);
  const Cost startup = planned->options.startup_cost + relation->baserestrictcost.startup;
  const Cost total =
      startup + travelling * (planned->options.tuple_cost + cpu_tuple_cost + relation->baserestrictcost.per_tuple);
  add_path(relation, reinterpret_cast<Path*>(make_path(root, relation, startup, total)));
}

ForeignScan* GetForeignPlan(PlannerInfo* root, RelOptInfo* relation, Oid table, ForeignPath*, List* targets,
                            List* clauses, Plan* outer_plan) {
  const auto* planned = static_cast<PlannedRelation*>(relation->fdw_private);
  ScanPlan plan{};
  List* local = NIL;
  List* recheck = NIL;
  ListCell* cell = nullptr;
  foreach (cell, clauses) {
    auto* restriction = lfirst_node(RestrictInfo, cell);
    if (restriction->pseudoconstant) continue;
    if (list_member_ptr(planned->remote, restriction)) {
      recheck = lappend(recheck, restriction->clause);
      if (!list_member_ptr(planned->rechecked, restriction)) continue;
      local = lappend(local, restriction->clause);
      plan.reasons = lappend(plan.reasons, makeString(pstrdup("")));
      continue;
    }
    // Clauses that came after classify() are join clauses of a lateral reference.
    const char* why = "only comparisons of a column with a constant can be sent";
    for (int i = 0; i < list_length(planned->local); ++i) {
      if (list_nth(planned->local, i) == restriction) why = strVal(list_nth(planned->local_reasons, i));
    }
    local = lappend(local, restriction->clause);
    plan.reasons = lappend(plan.reasons, makeString(pstrdup(why)));
  }

  Relation opened = table_open(table, NoLock);
  plan.attributes = needed_attributes(planned, relation, RelationGetDescr(opened));
  table_close(opened, NoLock);
  plan.items = select_items(planned, plan.attributes);
  plan.source = planned->table.source;
  plan.source.from = with_row_locks(root, relation, plan.source.from);
  plan.conditions = planned->conditions;
  plan.condition_ends = planned->condition_ends;
  plan.sql = deparse_select(plan.items, plan.source, plan.conditions);
  List* parameters = NIL;
  foreach (cell, planned->parameters) {
    const auto* parameter = static_cast<ConditionParameter*>(lfirst(cell));
    parameters = lappend(parameters, parameter->expression);
    const ComparedColumn& beside = parameter->beside;
    plan.parameter_types = lappend(plan.parameter_types, makeString(pstrdup(beside.remote_type)));
    const int flags = (beside.bound.next ? 1 : 0) + (beside.bound.loose ? 2 : 0);
    plan.parameter_bounds = lappend_int(plan.parameter_bounds, static_cast<int>(beside.bound.op) * 4 + flags);
  }
  return make_foreignscan(targets, local, relation->relid, parameters, pack_plan(plan), NIL, recheck, outer_plan);
}

}  // namespace mssql::pg
