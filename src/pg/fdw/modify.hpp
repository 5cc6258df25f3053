// Writing foreign tables: what PostgreSQL calls. The parts are modify_plan (what a statement
// writes), written_table (what is known of the table), statement (what is sent, and its answer),
// load (rows in bulk), truncate.
#pragma once

#include "pg/host/boundary.hpp"

namespace mssql::pg {

int IsForeignRelUpdatable(Relation relation);
void AddForeignUpdateTargets(PlannerInfo* root, Index relation, RangeTblEntry* entry, Relation target);
List* PlanForeignModify(PlannerInfo* root, ModifyTable* plan, Index relation, int subplan);

void BeginForeignModify(ModifyTableState* node, ResultRelInfo* target, List* fdw_private, int subplan, int flags);
void BeginForeignInsert(ModifyTableState* node, ResultRelInfo* target);
int GetForeignModifyBatchSize(ResultRelInfo* target);
TupleTableSlot* ExecForeignInsert(EState* estate, ResultRelInfo* target, TupleTableSlot* slot,
                                  TupleTableSlot* plan_slot);
TupleTableSlot** ExecForeignBatchInsert(EState* estate, ResultRelInfo* target, TupleTableSlot** slots,
                                        TupleTableSlot** plan_slots, int* count);
TupleTableSlot* ExecForeignUpdate(EState* estate, ResultRelInfo* target, TupleTableSlot* slot,
                                  TupleTableSlot* plan_slot);
TupleTableSlot* ExecForeignDelete(EState* estate, ResultRelInfo* target, TupleTableSlot* slot,
                                  TupleTableSlot* plan_slot);
void EndForeignModify(EState* estate, ResultRelInfo* target);
void EndForeignInsert(EState* estate, ResultRelInfo* target);
void ExplainForeignModify(ModifyTableState* node, ResultRelInfo* target, List* fdw_private, int subplan,
                          ExplainState* state);
void ExecForeignTruncate(List* relations, DropBehavior behavior, bool restart_identities);

// What the scan of a relation reads, `from`, with the locks that its statement needs: of rows that
// will be updated or deleted, so that nobody changes them in between, and of SELECT FOR UPDATE and
// its like. The text itself where none are needed.
const char* with_row_locks(PlannerInfo* root, const RelOptInfo* relation, const char* from);

}  // namespace mssql::pg
