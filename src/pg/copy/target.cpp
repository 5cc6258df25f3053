#include "target.hpp"

#include "constraint_check.hpp"
#include "key_range.hpp"
#include "trust.hpp"
#include "writer.hpp"

namespace mssql::pg {

struct Target {
  Relation table;
  Relation relation;  // that the rows go into: the table, or its staging relation, which has its columns and no more
  Oid staging;        // InvalidOid: none
  int* attnums;       // of the columns that are loaded
  bool* loaded;       // by attribute
  EState* estate;
  ResultRelInfo* result;  // the table's
  int ndefaults;          // attributes that are not loaded, and have a value that is computed
  int* default_attributes;
  ExprState** defaults;
};

namespace {

// INSERT on the table or on each column, as COPY FROM asks for, and no policy that would have to be
// applied row by row.
void check_may_load(Relation target, const int* attnums, int ncolumns) {
  const Oid relid = RelationGetRelid(target);
  if (target->rd_rel->relkind != RELKIND_RELATION) {
    ereport(ERROR,
            (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("cannot load into \"%s\"", RelationGetRelationName(target)),
             errdetail("It is not a plain table.")));
  }
  if (pg_class_aclcheck(relid, GetUserId(), ACL_INSERT) != ACLCHECK_OK) {
    for (int i = 0; i < ncolumns; ++i) {
      if (pg_attribute_aclcheck(relid, static_cast<AttrNumber>(attnums[i]), GetUserId(), ACL_INSERT) != ACLCHECK_OK) {
        aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, RelationGetRelationName(target));
      }
    }
  }
  if (check_enable_rls(relid, InvalidOid, false) == RLS_ENABLED) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("cannot load into \"%s\" because its row-level security applies to you",
                           RelationGetRelationName(target)),
                    errhint("Run this as the table's owner, or as a role with BYPASSRLS.")));
  }
}

// What a load would pass by, and what it would disturb: a table that is not staged has to be as
// new; or as workers have made it, who load a chunk each (chunks.hpp).
void check_new(Relation target) {
  const TriggerDesc* triggers = target->trigdesc;
  const bool fires =
      triggers != nullptr && (triggers->trig_insert_before_row || triggers->trig_insert_after_row ||
                              triggers->trig_insert_before_statement || triggers->trig_insert_after_statement);
  if (!fires && !target->rd_rel->relhasindex && !target->rd_rel->relispartition &&
      (has_new_file(target) || loaded_range() != nullptr)) {
    CheckTableNotInUse(target, "load into");
    return;
  }
  ereport(ERROR,
          (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
           errmsg("cannot load into \"%s\" as it is", RelationGetRelationName(target)),
           errdetail("Only an empty table that is new in this transaction, without indexes, foreign keys and triggers, "
                     "is loaded directly."),
           errhint("Use replicate_table().")));
}

// Rows are written past its indexes, and nobody else has a place in it yet.
void check_empty(Relation target, Relation staging) {
  if (!staging->rd_rel->relhasindex && (loaded_range() != nullptr || RelationGetNumberOfBlocks(staging) == 0)) return;
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("what was staged for \"%s\" does not fit it", RelationGetRelationName(target)),
                  errdetail("It has rows or indexes already.")));
}

// Names to attribute numbers; the loaded ones are marked.
int* find_columns(Relation relation, const Datum* columns, int ncolumns, bool* loaded) {
  TupleDesc descriptor = RelationGetDescr(relation);
  auto* attnums = static_cast<int*>(palloc(sizeof(int) * static_cast<std::size_t>(ncolumns + 1)));
  for (int i = 0; i < ncolumns; ++i) {
    const char* name = NameStr(*DatumGetName(columns[i]));
    const int attnum = get_attnum(RelationGetRelid(relation), name);
    if (attnum <= 0) {
      ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("column \"%s\" of relation \"%s\" does not exist", name,
                                                                RelationGetRelationName(relation))));
    }
    if (loaded[attnum - 1]) {
      ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN), errmsg("column \"%s\" specified more than once", name)));
    }
    if (TupleDescAttr(descriptor, attnum - 1)->attgenerated != '\0') {
      ereport(ERROR,
              (errcode(ERRCODE_INVALID_COLUMN_REFERENCE), errmsg("cannot load into generated column \"%s\"", name)));
    }
    loaded[attnum - 1] = true;
    attnums[i] = attnum;
  }
  return attnums;
}

// Of a column that the source does not have; null: NULL. As INSERT has it, a domain may refuse
// that.
Expr* missing_value(Relation target, int attnum) {
  auto* expression = reinterpret_cast<Expr*>(build_column_default(target, attnum));
  const Form_pg_attribute column = TupleDescAttr(RelationGetDescr(target), attnum - 1);
  if (expression != nullptr || get_typtype(column->atttypid) != TYPTYPE_DOMAIN) return expression;
  Const* null = makeNullConst(column->atttypid, -1, column->attcollation);
  return reinterpret_cast<Expr*>(coerce_to_domain(reinterpret_cast<Node*>(null), InvalidOid, -1, column->atttypid,
                                                  COERCION_IMPLICIT, COERCE_IMPLICIT_CAST, -1, false));
}

void prepare_defaults(Target* target) {
  TupleDesc descriptor = RelationGetDescr(target->table);
  target->default_attributes =
      static_cast<int*>(palloc0(sizeof(int) * static_cast<std::size_t>(descriptor->natts + 1)));
  target->defaults =
      static_cast<ExprState**>(palloc0(sizeof(ExprState*) * static_cast<std::size_t>(descriptor->natts + 1)));
  for (int i = 0; i < descriptor->natts; ++i) {
    Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (target->loaded[i] || attribute->attisdropped || attribute->attgenerated != '\0') continue;
    Expr* expression = missing_value(target->table, i + 1);
    if (expression == nullptr) continue;
    target->default_attributes[target->ndefaults] = i;
    target->defaults[target->ndefaults] = ExecInitExpr(expression_planner(expression), nullptr);
    ++target->ndefaults;
  }
}

void check_not_null(Relation table, TupleTableSlot* slot) {
  TupleDesc descriptor = RelationGetDescr(table);
  for (int i = 0; i < descriptor->natts; ++i) {
    const Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (!attribute->attnotnull || !slot->tts_isnull[i]) continue;
    ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION),
                    errmsg("null value in column \"%s\" of relation \"%s\" violates not-null constraint",
                           NameStr(attribute->attname), RelationGetRelationName(table)),
                    errtablecol(table, i + 1)));
  }
}

}  // namespace

Target* open_target(Oid table, const Datum* columns, int ncolumns) {
  auto* target = static_cast<Target*>(palloc0(sizeof(Target)));
  target->table = table_open(table, RowExclusiveLock);
  TupleDesc descriptor = RelationGetDescr(target->table);
  target->loaded = static_cast<bool*>(palloc0(sizeof(bool) * static_cast<std::size_t>(descriptor->natts + 1)));
  target->attnums = find_columns(target->table, columns, ncolumns, target->loaded);
  check_may_load(target->table, target->attnums, ncolumns);
  target->staging = staging_of(table);
  if (OidIsValid(target->staging)) {
    check_owner(target->table);
    check_trusted(target->table);
    target->relation = open_staging(target->table, target->staging, RowExclusiveLock);
    check_empty(target->table, target->relation);
  } else {
    check_new(target->table);
    target->relation = target->table;
  }
  return target;
}

void prepare_rows(Target* target) {
  target->estate = CreateExecutorState();
  target->result = makeNode(ResultRelInfo);
  InitResultRelInfo(target->result, target->table, 0, nullptr, 0);
  prepare_defaults(target);
}

Relation rows_of(const Target* target) { return target->relation; }
TupleDesc descriptor_of(const Target* target) { return RelationGetDescr(target->table); }
const int* attnums_of(const Target* target) { return target->attnums; }

void complete_row(Target* target, TupleTableSlot* slot) {
  ExprContext* expression_context = GetPerTupleExprContext(target->estate);
  for (int i = 0; i < target->ndefaults; ++i) {
    const int attribute = target->default_attributes[i];
    slot->tts_values[attribute] = ExecEvalExpr(target->defaults[i], expression_context, &slot->tts_isnull[attribute]);
  }
  ExecStoreVirtualTuple(slot);
  TupleConstr* constraints = RelationGetDescr(target->table)->constr;
  if (constraints == nullptr) return;
  if (constraints->has_generated_stored) ExecComputeStoredGenerated(target->result, target->estate, slot, CMD_INSERT);
  if (target->relation == target->table) {
    ExecConstraints(target->result, slot, target->estate);
  } else if (constraints->has_not_null) {
    check_not_null(target->table, slot);
  }
}

void forget_rows(Target* target) { ResetPerTupleExprContext(target->estate); }

void close_target(Target* target, std::int64_t rows) {
  FreeExecutorState(target->estate);
  if (target->relation != target->table) table_close(target->relation, NoLock);
  table_close(target->table, NoLock);
  if (OidIsValid(target->staging) && loaded_range() == nullptr) note_rows(target->staging, rows);
}

}  // namespace mssql::pg
