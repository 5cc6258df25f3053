// _row_hash(): the hash of rows that are here, as a load of them would have had it. By a scan of
// the heap, so that nothing of what others have written is evaluated: no policy, no type's
// function, no index.

#include "pg/host/arrays.hpp"
#include "hold.hpp"
#include "row_hash.hpp"
#include "run.hpp"

namespace mssql::pg {

using replicate::Hash128;

namespace {

// Names to attribute numbers of the relation, which may have others than the table that it is a
// partition of.
int* attnums_in(Relation relation, const Elements& columns) {
  auto* attnums = static_cast<int*>(palloc(sizeof(int) * static_cast<std::size_t>(columns.count + 1)));
  for (int i = 0; i < columns.count; ++i) {
    const char* name = NameStr(*DatumGetName(columns.values[i]));
    attnums[i] = get_attnum(RelationGetRelid(relation), name);
    if (attnums[i] <= 0) {
      ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("column \"%s\" of relation \"%s\" does not exist", name,
                                                                RelationGetRelationName(relation))));
    }
    if (TupleDescAttr(RelationGetDescr(relation), attnums[i] - 1)->attgenerated == 'v') {
      ereport(ERROR,
              (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("column \"%s\" of relation \"%s\" has no stored values",
                                                              name, RelationGetRelationName(relation))));
    }
  }
  return attnums;
}

// As SELECT of the columns would have it.
void check_may_select(Relation relation, const Elements& columns) {
  const Oid id = RelationGetRelid(relation);
  check_may_use(RelationGetNamespace(relation));
  if (pg_class_aclcheck(id, GetUserId(), ACL_SELECT) == ACLCHECK_OK) return;
  if (columns.count == 0)
    aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(relation->rd_rel->relkind), RelationGetRelationName(relation));
  for (int i = 0; i < columns.count; ++i) {
    const AttrNumber attnum = get_attnum(id, NameStr(*DatumGetName(columns.values[i])));
    if (attnum > 0 && pg_attribute_aclcheck(id, attnum, GetUserId(), ACL_SELECT) == ACLCHECK_OK) continue;
    aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(relation->rd_rel->relkind), RelationGetRelationName(relation));
  }
}

void check_has_rows(Relation relation) {
  const char kind = relation->rd_rel->relkind;
  if (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_MATVIEW) return;
  ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                  errmsg("rows of \"%s\" cannot be hashed", RelationGetRelationName(relation)),
                  errdetail("It is not a table.")));
}

void check_no_policies(Relation relation) {
  if (check_enable_rls(RelationGetRelid(relation), InvalidOid, false) != RLS_ENABLED) return;
  ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                  errmsg("rows of \"%s\" cannot be hashed because its row-level security applies to you",
                         RelationGetRelationName(relation)),
                  errhint("Run this as the table's owner, or as a role with BYPASSRLS.")));
}

Hash128 hash_by_scan(Relation relation, const Elements& columns) {
  RowHash* hash = make_row_hash(RelationGetDescr(relation), attnums_in(relation, columns), columns.count, true);
  MemoryContext row = AllocSetContextCreate(CurrentMemoryContext, "mssql_fdw row hash", ALLOCSET_DEFAULT_SIZES);
  TupleTableSlot* slot = table_slot_create(relation, nullptr);
  PushActiveSnapshot(GetTransactionSnapshot());
  TableScanDesc scan = table_beginscan(relation, GetActiveSnapshot(), 0, nullptr);
  while (table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
    CHECK_FOR_INTERRUPTS();
    MemoryContext old = MemoryContextSwitchTo(row);
    slot_getallattrs(slot);
    (void)add_to_hash(hash, slot);
    MemoryContextSwitchTo(old);
    MemoryContextReset(row);
  }
  table_endscan(scan);
  PopActiveSnapshot();
  ExecDropSingleTupleTableSlot(slot);
  MemoryContextDelete(row);
  return sum_of(hash);
}

// Its own rows, and those of its partitions.
Hash128 hash_of_table(Oid id, const Elements& columns) {
  Relation relation = try_relation_open(id, AccessShareLock);
  if (relation == nullptr)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("a table was dropped before it was hashed")));
  check_may_select(relation, columns);
  check_has_rows(relation);
  check_no_policies(relation);
  const bool is_divided = relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
  List* members = is_divided ? find_all_inheritors(id, AccessShareLock, nullptr) : list_make1_oid(id);
  Hash128 sum = 0;
  ListCell* cell = nullptr;
  foreach (cell, members) {
    Relation member = relation_open(lfirst_oid(cell), NoLock);
    check_has_rows(member);
    if (member->rd_rel->relkind != RELKIND_PARTITIONED_TABLE) sum += hash_by_scan(member, columns);
    relation_close(member, NoLock);
  }
  relation_close(relation, NoLock);
  return sum;
}

}  // namespace

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// _row_hash(relation regclass, columns name[]) RETURNS uuid; STRICT.
Datum mssql_fdw_row_hash(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    const bool is_step = begin_statement();
    const Elements columns = elements_of(PG_GETARG_ARRAYTYPE_P(1), NAMEOID, NAMEDATALEN, false, "columns");
    const Hash128 sum = hash_of_table(PG_GETARG_OID(0), columns);
    if (is_step) end_step();
    return uuid_of(sum);
  });
}

// _sum_of_hashes(hashes uuid[]) RETURNS uuid; STRICT. NULL where one is.
Datum mssql_fdw_sum_of_hashes(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    ArrayType* hashes = PG_GETARG_ARRAYTYPE_P(0);
    if (array_contains_nulls(hashes)) PG_RETURN_NULL();
    const Elements each = elements_of(hashes, UUIDOID, UUID_LEN, false, "hashes");
    Hash128 sum = 0;
    for (int i = 0; i < each.count; ++i) sum += mssql::replicate::hash_from(DatumGetUUIDP(each.values[i])->data);
    return uuid_of(sum);
  });
}
}
