// What a statement writes, found when it is planned. Nothing here connects.

#include "modify_plan.hpp"

#include "core/tsql/dml.hpp"
#include "modify.hpp"
#include "pg/remote/options.hpp"

namespace mssql::pg {

namespace {

TableOptions options_of(Relation relation) {
  ForeignTable* table = GetForeignTable(RelationGetRelid(relation));
  return table_options(RelationGetRelid(relation), table, GetForeignServer(table->serverid));
}

bool is_key(Oid relation, AttrNumber attnum) {
  return boolean_option(OptionContext::column, option_list(GetForeignColumnOptions(relation, attnum)), "key", false);
}

// The rewritten target list has what the statement gives, and defaults that are here; what is left
// to DEFAULT and has none here is not in it, and has the server's.
List* named_columns(PlannerInfo* root) {
  List* named = NIL;
  ListCell* cell = nullptr;
  foreach (cell, root->parse->targetList) {
    const auto* entry = lfirst_node(TargetEntry, cell);
    if (!entry->resjunk) named = lappend_int(named, entry->resno);
  }
  return named;
}

void add_used(List* expressions, Index relation, Bitmapset** used) {
  pull_varattnos(reinterpret_cast<Node*>(expressions), relation, used);
}

// What RETURNING, the checks of a view and triggers look at behind the write.
List* returned_columns(const ModifyTable* plan, Relation target, Index relation, int subplan) {
  Bitmapset* used = nullptr;
  if (plan->returningLists != NIL)
    add_used(static_cast<List*>(list_nth(plan->returningLists, subplan)), relation, &used);
  if (plan->withCheckOptionLists != NIL)
    add_used(static_cast<List*>(list_nth(plan->withCheckOptionLists, subplan)), relation, &used);
  const TriggerDesc* triggers = target->trigdesc;
  const bool row_is_wanted =
      triggers != nullptr && ((plan->operation == CMD_INSERT && triggers->trig_insert_after_row) ||
                              (plan->operation == CMD_UPDATE && triggers->trig_update_after_row));
  if (row_is_wanted || bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, used)) return all_attributes(target);
  List* returned = NIL;
  for (int attnum = 1; attnum <= RelationGetNumberOfAttributes(target); ++attnum) {
    if (TupleDescAttr(RelationGetDescr(target), attnum - 1)->attisdropped) continue;
    if (bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, used)) returned = lappend_int(returned, attnum);
  }
  return returned;
}

// RETURNING whose columns are all constants still has to know whether there was a row; that the
// count tells.
bool reads_rows(const Plan* subplan) {
  return subplan != nullptr && !IsA(subplan, Result) && !IsA(subplan, ValuesScan);
}

const char* locked(const char* from, bool exclusive) { return copy_out(tsql::locked_table(from, exclusive)); }

bool is_query(const RelOptInfo* relation, PlannerInfo* root) {
  const ForeignTable* table = GetForeignTable(planner_rt_fetch(relation->relid, root)->relid);
  return option_value(OptionContext::table, option_list(table->options), "query").has_value();
}

}  // namespace

List* pack_modify_plan(const ModifyPlan& plan) {
  return list_make3(plan.named, plan.returned, list_make2_int(plan.skips_duplicates ? 1 : 0, plan.many ? 1 : 0));
}

ModifyPlan unpack_modify_plan(List* fdw_private) {
  List* flags = static_cast<List*>(lthird(fdw_private));
  return {static_cast<List*>(linitial(fdw_private)), static_cast<List*>(lsecond(fdw_private)), linitial_int(flags) != 0,
          lsecond_int(flags) != 0};
}

List* all_attributes(Relation relation) {
  constexpr char virtual_column = 'v';  // PostgreSQL 18's generated columns that are computed when they are read
  List* attributes = NIL;
  for (int attnum = 1; attnum <= RelationGetNumberOfAttributes(relation); ++attnum) {
    const Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), attnum - 1);
    if (!attribute->attisdropped && attribute->attgenerated != virtual_column)
      attributes = lappend_int(attributes, attnum);
  }
  return attributes;
}

List* key_attributes(Relation relation) {
  List* keys = NIL;
  ListCell* cell = nullptr;
  foreach (cell, all_attributes(relation)) {
    if (is_key(RelationGetRelid(relation), static_cast<AttrNumber>(lfirst_int(cell))))
      keys = lappend_int(keys, lfirst_int(cell));
  }
  return keys;
}

// A child of an inheritance tree may have a column of this name and another type.
const char* key_name(Form_pg_attribute attribute) {
  return psprintf("mssql_fdw_key_%d_%u_%d_%u", attribute->attnum, attribute->atttypid, attribute->atttypmod,
                  attribute->attcollation);
}

void raise_no_key(Relation relation) {
  ereport(ERROR, (errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
                  errmsg("foreign table \"%s\" has no key, by which a row could be updated or deleted",
                         RelationGetRelationName(relation)),
                  errhint("Set the option \"key\" on the columns of the remote primary key, as IMPORT FOREIGN SCHEMA "
                          "does: ALTER FOREIGN TABLE %s ALTER COLUMN ... OPTIONS (ADD key 'true');",
                          quote_identifier(RelationGetRelationName(relation)))));
  pg_unreachable();
}

void check_updatable(Relation relation) {
  if (options_of(relation).updatable) return;
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("foreign table \"%s\" is not updatable", RelationGetRelationName(relation)),
                  errdetail("It shows the rows of a query or a view, or the option \"updatable\" says so.")));
}

int IsForeignRelUpdatable(Relation relation) {
  if (!options_of(relation).updatable) return 0;
  return (1 << CMD_INSERT) | (1 << CMD_UPDATE) | (1 << CMD_DELETE);
}

void AddForeignUpdateTargets(PlannerInfo* root, Index relation, RangeTblEntry*, Relation target) {
  check_updatable(target);
  List* keys = key_attributes(target);
  if (keys == NIL) raise_no_key(target);
  ListCell* cell = nullptr;
  foreach (cell, keys) {
    const Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(target), lfirst_int(cell) - 1);
    Var* var = makeVar(static_cast<int>(relation), attribute->attnum, attribute->atttypid, attribute->atttypmod,
                       attribute->attcollation, 0);
    add_row_identity_var(root, var, relation, key_name(attribute));
  }
}

List* PlanForeignModify(PlannerInfo* root, ModifyTable* plan, Index relation, int subplan) {
  const RangeTblEntry* entry = planner_rt_fetch(relation, root);
  Relation target = table_open(entry->relid, NoLock);
  ModifyPlan modify{};
  if (plan->operation == CMD_INSERT) modify.named = named_columns(root);
  modify.returned = returned_columns(plan, target, relation, subplan);
  // PostgreSQL refuses DO UPDATE, and DO NOTHING with a conflict target, for want of an index here
  modify.skips_duplicates = plan->onConflictAction == ONCONFLICT_NOTHING;
  modify.many = reads_rows(outerPlan(&plan->plan));
  table_close(target, NoLock);
  return pack_modify_plan(modify);
}

const char* with_row_locks(PlannerInfo* root, const RelOptInfo* relation, const char* from) {
  const bool is_target = bms_is_member(static_cast<int>(relation->relid), root->all_result_relids) &&
                         root->parse->commandType != CMD_INSERT;
  const PlanRowMark* mark = get_plan_rowmark(root->rowMarks, relation->relid);
  const LockClauseStrength strength = mark == nullptr ? LCS_NONE : mark->strength;
  if ((!is_target && strength == LCS_NONE) || is_query(relation, root)) return from;
  return locked(from, is_target || strength == LCS_FORNOKEYUPDATE || strength == LCS_FORUPDATE);
}

}  // namespace mssql::pg
