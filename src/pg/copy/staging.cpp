// Staging relations and the exchange of files. staging.hpp says what for; constraint_check.cpp
// holds the new rows against constraints.

#include "staging.hpp"

#include "constraint_check.hpp"
#include "staging_match.hpp"
#include "switch_locks.hpp"
#include "table_locks.hpp"
#include "trust.hpp"
#include "workers.hpp"

namespace mssql::pg {

namespace {

const char* staging_name(Oid relation) { return psprintf("pg_temp_%u", relation); }

struct ClassRow {
  HeapTuple tuple;
  Form_pg_class form;
};

ClassRow class_row(Oid relation) {
  HeapTuple tuple = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(relation));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for relation %u", relation);
  return {tuple, reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))};
}

void check_may_stage(Relation table) {
  const Form_pg_class form = table->rd_rel;
  check_owner(table);
  check_trusted(table);
  if (form->relkind == RELKIND_RELATION && !form->relispartition && form->relam == HEAP_TABLE_AM_OID &&
      form->relpersistence != RELPERSISTENCE_TEMP && !IsSystemRelation(table) && !RelationIsMapped(table)) {
    return;
  }
  ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                  errmsg("new rows of \"%s\" cannot be staged", RelationGetRelationName(table)),
                  errdetail("It is not a plain table.")));
}

AttrMap* same_columns(int natts) {
  AttrMap* map = make_attrmap(natts);
  for (int i = 0; i < natts; ++i) map->attnums[i] = static_cast<AttrNumber>(i + 1);
  return map;
}

// Those that one can set (n_distinct, n_distinct_inherited); what else some versions keep there is
// the column's own.
List* set_options(HeapTuple column, TupleDesc catalog) {
  bool isnull = false;
  const Datum options = heap_getattr(column, Anum_pg_attribute_attoptions, catalog, &isnull);
  List* found = NIL;
  ListCell* cell = nullptr;
  foreach (cell, isnull ? NIL : untransformRelOptions(options)) {
    if (std::strncmp(lfirst_node(DefElem, cell)->defname, "n_distinct", 10) == 0) found = lappend(found, lfirst(cell));
  }
  return found;
}

// What a copy of a relation's column lacks: NOT NULL, so that whatever gets into the staging
// relation, by its owner's INSERT too, may go into the table; and how ANALYZE is to look at it.
// Null: nothing.
HeapTuple with_settings(HeapTuple column, HeapTuple original, TupleDesc catalog) {
  Datum values[Natts_pg_attribute] = {};
  bool isnull[Natts_pg_attribute] = {};
  bool replace[Natts_pg_attribute] = {};
  List* options = set_options(original, catalog);
  bool differs = options != NIL;
  for (const int at : {Anum_pg_attribute_attnotnull - 1, Anum_pg_attribute_attstattarget - 1}) {
    bool was_null = false;
    const Datum was = heap_getattr(column, at + 1, catalog, &was_null);
    values[at] = heap_getattr(original, at + 1, catalog, &isnull[at]);
    replace[at] = was_null != isnull[at] || (!was_null && was != values[at]);
    differs = differs || replace[at];
  }
  if (!differs) return nullptr;
  constexpr int at = Anum_pg_attribute_attoptions - 1;
  const Datum present = heap_getattr(column, at + 1, catalog, &isnull[at]);
  values[at] = transformRelOptions(isnull[at] ? 0 : present, options, nullptr, nullptr, false, false);
  isnull[at] = values[at] == 0;
  replace[at] = true;
  return heap_modify_tuple(column, catalog, values, isnull, replace);
}

void take_column_settings(Oid original, Oid staged, int natts) {
  Relation attributes = table_open(AttributeRelationId, RowExclusiveLock);
  for (int i = 1; i <= natts; ++i) {
    HeapTuple from = SearchSysCacheCopy2(ATTNUM, ObjectIdGetDatum(original), Int16GetDatum(i));
    HeapTuple to = SearchSysCacheCopy2(ATTNUM, ObjectIdGetDatum(staged), Int16GetDatum(i));
    if (!HeapTupleIsValid(from) || !HeapTupleIsValid(to))
      elog(ERROR, "cache lookup failed for attribute %d of relation %u", i, staged);
    HeapTuple made = with_settings(to, from, RelationGetDescr(attributes));
    if (made != nullptr) CatalogTupleUpdate(attributes, &made->t_self, made);
    heap_freetuple(from);
    heap_freetuple(to);
  }
  table_close(attributes, RowExclusiveLock);
  CommandCounterIncrement();
}

// Notes whose place an index of the staging relation takes, where the staging relation itself has
// that.
void stand_for(Oid staged, Oid original) {
  Relation classes = table_open(RelationRelationId, RowExclusiveLock);
  const ClassRow row = class_row(staged);
  row.form->relrewrite = original;
  CatalogTupleUpdate(classes, &row.tuple->t_self, row.tuple);
  heap_freetuple(row.tuple);
  table_close(classes, RowExclusiveLock);
  CommandCounterIncrement();
}

struct IndexToBuild {
  Oid staging;
  IndexStmt* statement;
  Oid made;
};

void build_index(void* argument) {
  auto* index = static_cast<IndexToBuild*>(argument);
#if PG_VERSION_NUM >= 160000
  index->made = DefineIndex(index->staging, index->statement, InvalidOid, InvalidOid, InvalidOid, -1, false, false,
                            true, false, true)
                    .objectId;
#else
  index->made =
      DefineIndex(index->staging, index->statement, InvalidOid, InvalidOid, InvalidOid, false, false, true, false, true)
          .objectId;
#endif
  CommandCounterIncrement();
}

// generateClonedIndexStmt() leaves out the collation that is the type's own, for which DefineIndex
// takes the column's.
void name_collations(Relation index, IndexStmt* statement) {
  ListCell* cell = nullptr;
  foreach (cell, statement->indexParams) {
    const Oid collation = index->rd_indcollation[foreach_current_index(cell)];
    if (!OidIsValid(collation)) continue;
    HeapTuple tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
    if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for collation %u", collation);
    const auto* form = reinterpret_cast<const FormData_pg_collation*>(GETSTRUCT(tuple));
    lfirst_node(IndexElem, cell)->collation =
        list_make2(makeString(get_namespace_name(form->collnamespace)), makeString(pstrdup(NameStr(form->collname))));
    ReleaseSysCache(tuple);
  }
}

// Before PostgreSQL 17 ANALYZE asks relcache for the targets of statistics, which does not read the
// columns of an index anew that is of this transaction.
void show_settings(Relation from, Relation to) {
#if PG_VERSION_NUM < 170000
  for (int i = 0; i < RelationGetNumberOfAttributes(from); ++i) {
    TupleDescAttr(RelationGetDescr(to), i)->attstattarget = TupleDescAttr(RelationGetDescr(from), i)->attstattarget;
  }
#else
  (void)from;
  (void)to;
#endif
}

void finish_index(Oid index, Oid built) {
  Relation old_one = index_open(index, NoLock);
  Relation new_one = index_open(built, NoLock);
  check_staged_index(old_one, new_one);
  take_column_settings(index, built, RelationGetNumberOfAttributes(old_one));
  show_settings(old_one, new_one);
  index_close(new_one, NoLock);
  index_close(old_one, NoLock);
}

// The same index over the staging relation. Its file is what counts: that it enforces a constraint
// is a matter of the old one, and one that is not valid enforces nothing.
void build_staged_index(Oid table, Oid index, Oid staging, int natts) {
  Relation relation = index_open(index, AccessShareLock);
  if (relation->rd_index->indisexclusion) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("exclusion constraint \"%s\" cannot be staged", RelationGetRelationName(relation))));
  }
  IndexStmt* statement = generateClonedIndexStmt(nullptr, relation, same_columns(natts), nullptr);
  statement->idxname = const_cast<char*>(staging_name(index));
  name_collations(relation, statement);
  statement->idxcomment = nullptr;
  statement->primary = statement->isconstraint = statement->deferrable = statement->initdeferred = false;
  if (!relation->rd_index->indisvalid) statement->unique = false;
  // Without a name default_tablespace would choose.
  const Oid tablespace = relation->rd_rel->reltablespace;
  statement->tableSpace = get_tablespace_name(OidIsValid(tablespace) ? tablespace : MyDatabaseTableSpace);
  index_close(relation, NoLock);
  const StandIn stand_ins[] = {{staging_name(index), get_rel_name(index)}, {staging_name(table), get_rel_name(table)}};
  IndexToBuild built{staging, statement, InvalidOid};
  say_in_errors(stand_ins, lengthof(stand_ins), build_index, &built);
  finish_index(index, built.made);
  stand_for(built.made, index);
}

// What relcache knows of the files' age, by which it is decided what goes to the write-ahead log. A
// file that a worker has committed is none of this transaction's.
void exchange_ages(Oid old_id, Oid new_id) {
  Relation old_one = relation_open(old_id, NoLock);
  Relation new_one = relation_open(new_id, NoLock);
  const bool is_new = new_one->rd_createSubid != InvalidSubTransactionId;
  const SubTransactionId created = old_one->rd_createSubid;
  if (!is_new) old_one->rd_createSubid = InvalidSubTransactionId;
  new_one->rd_createSubid = created;
#if PG_VERSION_NUM >= 160000
  std::swap(old_one->rd_newRelfilelocatorSubid, new_one->rd_newRelfilelocatorSubid);
  std::swap(old_one->rd_firstRelfilelocatorSubid, new_one->rd_firstRelfilelocatorSubid);
  if (is_new) RelationAssumeNewRelfilelocator(old_one);
#else
  std::swap(old_one->rd_newRelfilenodeSubid, new_one->rd_newRelfilenodeSubid);
  std::swap(old_one->rd_firstRelfilenodeSubid, new_one->rd_firstRelfilenodeSubid);
  if (is_new) RelationAssumeNewRelfilenode(old_one);
#endif
  relation_close(old_one, NoLock);
  relation_close(new_one, NoLock);
}

// Who owns which TOAST table is a dependency, too.
void own_toast(Oid table, Oid toast) {
  if (!OidIsValid(toast)) return;
  if (deleteDependencyRecordsFor(RelationRelationId, toast, false) != 1)
    elog(ERROR, "expected one dependency of TOAST table %u", toast);
  ObjectAddress owner;
  ObjectAddress owned;
  ObjectAddressSet(owner, RelationRelationId, table);
  ObjectAddressSet(owned, RelationRelationId, toast);
  recordDependencyOn(&owned, &owner, DEPENDENCY_INTERNAL);
}

// Files, and what pg_class says of what is in them. Both relations are exclusively locked.
void exchange_files(Oid old_id, Oid new_id) {
  Relation classes = table_open(RelationRelationId, RowExclusiveLock);
  const ClassRow old_row = class_row(old_id);
  const ClassRow new_row = class_row(new_id);
  Form_pg_class a = old_row.form;
  Form_pg_class b = new_row.form;
  if (a->relpersistence != b->relpersistence || a->relam != b->relam)
    elog(ERROR, "staging relation %u is of another kind", new_id);
  std::swap(a->relfilenode, b->relfilenode);
  std::swap(a->reltablespace, b->reltablespace);
  std::swap(a->reltoastrelid, b->reltoastrelid);
  std::swap(a->relfrozenxid, b->relfrozenxid);
  std::swap(a->relminmxid, b->relminmxid);
  std::swap(a->relpages, b->relpages);
  std::swap(a->reltuples, b->reltuples);
  std::swap(a->relallvisible, b->relallvisible);
#if PG_VERSION_NUM >= 180000
  std::swap(a->relallfrozen, b->relallfrozen);
#endif
  exchange_ages(old_id, new_id);
  CatalogTupleUpdate(classes, &old_row.tuple->t_self, old_row.tuple);
  CatalogTupleUpdate(classes, &new_row.tuple->t_self, new_row.tuple);
  if (a->reltoastrelid != b->reltoastrelid) {
    own_toast(old_id, a->reltoastrelid);
    own_toast(new_id, b->reltoastrelid);
  }
  table_close(classes, RowExclusiveLock);
#if PG_VERSION_NUM < 170000
  RelationCloseSmgrByOid(old_id);
  RelationCloseSmgrByOid(new_id);
#endif
  CommandCounterIncrement();
}

// Into the schema of the run, whose workers commit before it ends.
void put_aside(Oid staging) {
  Relation relation = table_open(staging, NoLock);
  ObjectAddresses* moved = new_object_addresses();
  AlterTableNamespaceInternal(relation, RelationGetNamespace(relation), staging_namespace(), moved);
  free_object_addresses(moved);
  table_close(relation, NoLock);
  CommandCounterIncrement();
}

void drop_staging(Oid staging) {
  const ObjectAddress leftover{RelationRelationId, staging, 0};
  performDeletion(&leftover, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
  CommandCounterIncrement();
}

// What ANALYZE has found in the staging relation, or in an index's expressions. Where it was not
// asked, what is known of the old rows is better than nothing.
void take_statistics(Oid old_id, Oid new_id, int natts) {
  Relation statistics = table_open(StatisticRelationId, RowExclusiveLock);
  for (int i = 1; i <= natts; ++i) {
    HeapTuple found =
        SearchSysCacheCopy3(STATRELATTINH, ObjectIdGetDatum(new_id), Int16GetDatum(i), BoolGetDatum(false));
    if (!HeapTupleIsValid(found)) continue;
    HeapTuple present = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(old_id), Int16GetDatum(i), BoolGetDatum(false));
    if (HeapTupleIsValid(present)) {
      CatalogTupleDelete(statistics, &present->t_self);
      ReleaseSysCache(present);
    }
    reinterpret_cast<Form_pg_statistic>(GETSTRUCT(found))->starelid = old_id;
    CatalogTupleInsert(statistics, found);
    heap_freetuple(found);
  }
  table_close(statistics, RowExclusiveLock);
}

// Which of the staging relation's indexes takes the place of `index`; InvalidOid: none.
Oid staged_index(List* staged, Oid index) {
  ListCell* cell = nullptr;
  foreach (cell, staged) {
    const ClassRow row = class_row(lfirst_oid(cell));
    const bool found = row.form->relrewrite == index;
    heap_freetuple(row.tuple);
    if (found) return lfirst_oid(cell);
  }
  return InvalidOid;
}

// That leave_index_out() was asked is noted as a dependency, which is over when the transaction, or
// its part, is; where a worker has committed it, the index is its user's to drop all the same.
void drop_left_out(Oid index, Oid staging) {
  if (deleteDependencyRecordsForSpecific(RelationRelationId, staging, DEPENDENCY_AUTO, RelationRelationId, index) ==
      0) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("index \"%s\" was made during the run", get_rel_name(index)), errhint("Run again.")));
  }
  CommandCounterIncrement();
  const ObjectAddress address{RelationRelationId, index, 0};
  performDeletion(&address, DROP_RESTRICT, 0);
}

// The number of their columns.
int lock_indexes(Oid index, Oid staged) {
  Relation old_one = index_open(index, AccessExclusiveLock);
  Relation new_one = index_open(staged, AccessExclusiveLock);
  check_staged_index(old_one, new_one);
  const int natts = RelationGetNumberOfAttributes(old_one);
  index_close(new_one, NoLock);
  index_close(old_one, NoLock);
  return natts;
}

void exchange_indexes(Relation table, Relation staging) {
  List* staged = RelationGetIndexList(staging);
  ListCell* cell = nullptr;
  foreach (cell, RelationGetIndexList(table)) {
    const Oid index = lfirst_oid(cell);
    const Oid other = staged_index(staged, index);
    if (!OidIsValid(other)) {
      drop_left_out(index, RelationGetRelid(staging));
      continue;
    }
    const int natts = lock_indexes(index, other);
    exchange_files(index, other);
    take_statistics(index, other, natts);
  }
}

// A TOAST table is called after its table.
void name_toast(Oid table) {
  const ClassRow row = class_row(table);
  const Oid toast = row.form->reltoastrelid;
  if (!OidIsValid(toast)) return;
  const Oid index = toast_get_valid_index(toast, NoLock);
  RenameRelationInternal(toast, psprintf("pg_toast_%u", table), true, false);
  RenameRelationInternal(index, psprintf("pg_toast_%u_index", table), true, true);
  CommandCounterIncrement();
  ResetRelRewrite(toast);
  CommandCounterIncrement();
}

// For the cumulative statistics the table has been emptied and filled, or analyzed: then autovacuum
// has no reason to do it again. As with ANALYZE itself a rollback does not take the latter back.
void count_rows(Relation table, bool analyzed) {
  const auto rows = static_cast<PgStat_Counter>(Max(table->rd_rel->reltuples, 0));
  if (analyzed) {
#if PG_VERSION_NUM >= 180000
    pgstat_report_analyze(table, rows, 0, true, GetCurrentTimestamp());
#else
    pgstat_report_analyze(table, rows, 0, true);
#endif
    return;
  }
  pgstat_count_truncate(table);
  if (rows > 0) pgstat_count_heap_insert(table, rows);
}

void switch_table(Oid id, bool analyzed) {
  Relation table = table_open(id, NoLock);
  check_unused(table);
  CheckTableForSerializableConflictIn(table);
  const Oid staging = staging_of(id);
  const int natts = RelationGetNumberOfAttributes(table);
  Relation other = open_staging(table, staging, AccessExclusiveLock);
  exchange_indexes(table, other);
  table_close(other, NoLock);
  table_close(table, NoLock);
  exchange_files(id, staging);
  take_statistics(id, staging, natts);
  drop_staging(staging);
  name_toast(id);
  table = table_open(id, NoLock);
  RelationClearMissing(table);
  count_rows(table, analyzed);
  table_close(table, NoLock);
  CommandCounterIncrement();
}

void check_staged(Oid id) {
  Relation table = table_open(id, ShareUpdateExclusiveLock);
  check_may_stage(table);
  table_close(open_staging(table, staging_of(id), NoLock), NoLock);
  table_close(table, NoLock);
}

void check_index_of(Oid table, Oid index) {
  if (IndexGetRelation(index, true) == table) return;
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                  errmsg("relation %u is no index of table \"%s\"", index, get_rel_name(table))));
}

}  // namespace

bool owns(Oid relation) {
#if PG_VERSION_NUM >= 160000
  return object_ownercheck(RelationRelationId, relation, GetUserId());
#else
  return pg_class_ownercheck(relation, GetUserId());
#endif
}

bool owns_sequence(Oid relation) { return get_rel_relkind(relation) == RELKIND_SEQUENCE && owns(relation); }

void check_owner(Relation relation) {
  if (owns(RelationGetRelid(relation))) return;
  aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(relation->rd_rel->relkind), RelationGetRelationName(relation));
}

void check_unused(Relation table) {
  if (table->rd_refcnt > 1) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
                    errmsg("cannot refresh \"%s\" because it is being used by active queries in this session",
                           RelationGetRelationName(table)),
                    errhint("Close the cursor that reads it.")));
  }
  CheckTableNotInUse(table, "refresh");
}

Relation open_staging(Relation table, Oid staging, LOCKMODE mode) {
  if (!OidIsValid(staging)) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("table \"%s\" has not been staged", RelationGetRelationName(table))));
  }
  Relation relation = table_open(staging, mode);
  check_staging(table, relation);
  return relation;
}

Oid staging_of(Oid table) {
  const Oid schema = in_run_of_workers() ? staging_namespace() : get_rel_namespace(table);
  const Oid found = get_relname_relid(staging_name(table), schema);
  if (!OidIsValid(found)) return InvalidOid;
  const ClassRow row = class_row(found);
  const bool ours = row.form->relrewrite == table;
  heap_freetuple(row.tuple);
  return ours ? found : InvalidOid;
}

void stage(Oid id) {
  Relation table = table_open(id, ShareUpdateExclusiveLock);
  check_may_stage(table);
  const Form_pg_class form = table->rd_rel;
  if (OidIsValid(staging_of(id))) drop_staging(staging_of(id));
#if PG_VERSION_NUM >= 150000
  const Oid staging =
      make_new_heap(id, form->reltablespace, form->relam, form->relpersistence, ShareUpdateExclusiveLock);
#else
  const Oid staging = make_new_heap(id, form->reltablespace, form->relpersistence, ShareUpdateExclusiveLock);
#endif
  LockRelationOid(staging, AccessExclusiveLock);
  if (in_run_of_workers()) put_aside(staging);
  take_column_settings(id, staging, RelationGetNumberOfAttributes(table));
  table_close(table, NoLock);
}

// ReorderBufferProcessTXN() goes by relrewrite; it would keep values of a TOAST table that has none
// for a row to come.
void hide_rows(Oid relation, Oid table) {
  if (!in_run_of_workers() || get_rel_namespace(relation) != staging_namespace() || !owns(relation))
    elog(ERROR, "relation %u is not one that a run has made", relation);
  stand_for(relation, table);
  const ClassRow row = class_row(relation);
  const Oid toast = row.form->reltoastrelid;
  heap_freetuple(row.tuple);
  if (OidIsValid(toast)) stand_for(toast, table);
}

void note_rows(Oid staging, std::int64_t rows) {
  Relation relation = table_open(staging, NoLock);
  const BlockNumber pages = RelationGetNumberOfBlocks(relation);
  table_close(relation, NoLock);
  Relation classes = table_open(RelationRelationId, RowExclusiveLock);
  const ClassRow row = class_row(staging);
  row.form->relpages = static_cast<int32>(pages);
  row.form->reltuples = static_cast<float4>(rows);
  CatalogTupleUpdate(classes, &row.tuple->t_self, row.tuple);
  heap_freetuple(row.tuple);
  table_close(classes, RowExclusiveLock);
  CommandCounterIncrement();
}

List* indexes_to_stage(Oid id) {
  check_staged(id);
  Relation table = table_open(id, NoLock);
  List* indexes = RelationGetIndexList(table);
  table_close(table, NoLock);
  return indexes;
}

void stage_index(Oid id, Oid index) {
  check_staged(id);
  check_index_of(id, index);
  Relation table = table_open(id, NoLock);
  const int natts = RelationGetNumberOfAttributes(table);
  table_close(table, NoLock);
  build_staged_index(id, index, staging_of(id), natts);
}

bool leave_index_out(Oid id, Oid index) {
  check_staged(id);
  check_index_of(id, index);
  Relation relation = index_open(index, AccessShareLock);
  const bool enforces = relation->rd_index->indisunique && relation->rd_index->indisvalid;
  index_close(relation, NoLock);
  if (enforces) return false;
  const ObjectAddress staging{RelationRelationId, staging_of(id), 0};
  const ObjectAddress left_out{RelationRelationId, index, 0};
  recordDependencyOn(&staging, &left_out, DEPENDENCY_AUTO);
  CommandCounterIncrement();
  return true;
}

// Who reads what workers have committed, pg_dump say, is waited for before others have to wait.
static void lock_committed(const SwitchRequest& request) {
  for (int i = 0; i < request.ntables; ++i) {
    const Oid staging = staging_of(request.tables[i]);
    if (OidIsValid(staging)) LockRelationOid(staging, AccessExclusiveLock);
  }
}

void lock_writers(const SwitchRequest& request) {
  if (in_run_of_workers()) lock_committed(request);
  lock_writers_out(request);
}

List* switch_tables(const SwitchRequest& request) {
  sort_for_locks(request.tables, request.ntables);
  if (in_run_of_workers()) lock_committed(request);
  for (int i = 0; i < request.ntables; ++i) check_staged(request.tables[i]);
  List* violated = check_constraints(request);
  lock_for_switch(request);
  List* violations = release_constraints(violated);
  for (int i = 0; i < request.ntables; ++i) switch_table(request.tables[i], request.analyzed);
  return violations;
}

}  // namespace mssql::pg
