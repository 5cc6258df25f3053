#include "hold.hpp"

#include "pg/host/arrays.hpp"
#include "pg/host/boundary.hpp"
#include "constraint_check.hpp"
#include "run_now.hpp"
#include "run.hpp"
#include "table_locks.hpp"
#include "trust.hpp"

namespace mssql::pg {

namespace {

// Who may not write to a table, or refer to it, keeps nobody from it.
void check_may_hold(Oid table) {
  constexpr AclMode any = ACL_INSERT | ACL_UPDATE | ACL_DELETE | ACL_TRUNCATE | ACL_REFERENCES;
  if (owns(table) || pg_class_aclmask(table, GetUserId(), any, ACLMASK_ANY) != 0) return;
  if (pg_attribute_aclcheck_all(table, GetUserId(), ACL_REFERENCES, ACLMASK_ANY) == ACLCHECK_OK) return;
  aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(get_rel_relkind(table)), get_rel_name(table));
}

bool exists(Oid table) { return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(table)); }

// As SELECT FOR KEY SHARE: a name is part of a key. With the newer tuples that others have not
// committed yet. False: it is another one by now.
bool lock_row(Relation schemas, ItemPointerData row) {
  HeapTupleData tuple{};
  tuple.t_self = row;
  Buffer buffer = InvalidBuffer;
  TM_FailureData failure;
  const TM_Result result = heap_lock_tuple(schemas, &tuple, GetCurrentCommandId(false), LockTupleKeyShare,
                                           LockWaitBlock, true, &buffer, &failure);
  ReleaseBuffer(buffer);
  return result == TM_Ok;
}

void hold_schemas(ArrayType* names) {
  const Elements schemas = elements_of(names, NAMEOID, NAMEDATALEN, false, "schemas");
  for (int i = 0; i < schemas.count; ++i) {
    const Oid schema = get_namespace_oid(NameStr(*DatumGetName(schemas.values[i])), true);
    if (!OidIsValid(schema)) continue;
    check_may_use(schema);
    hold_schema(schema);
  }
}

void hold_tables(ArrayType* relations) {
  const Oids tables = oids_of(relations, "relations");
  sort_for_locks(tables.ids, tables.count);
  for (int i = 0; i < tables.count; ++i) {
    // What is gone is found by its name
    if (!exists(tables.ids[i])) continue;
    check_may_use(get_rel_namespace(tables.ids[i]));
    check_may_hold(tables.ids[i]);
    hold_table(tables.ids[i]);
  }
}

// _hold(schemas name[], relations oid[], targets text[], model jsonb); STRICT.
Datum hold(FunctionCallInfo fcinfo) {
  PreventCommandIfReadOnly("replication");
  hold_tables(PG_GETARG_ARRAYTYPE_P(1));
  hold_schemas(PG_GETARG_ARRAYTYPE_P(0));
  Oid types[] = {OIDARRAYOID, TEXTARRAYOID, JSONBOID};
  Datum values[] = {PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3)};
  SPI_connect();
  run_now(psprintf("SELECT %s._check_held($1, $2, $3)", own_schema(fcinfo)), lengthof(types), types, values, 0);
  SPI_finish();
  PG_RETURN_VOID();
}

// By a query, for the executor counts in parallel, unless it is asked for one row only. It goes by
// the name, which is held.
std::int64_t count_by_query(Relation relation) {
  hold_schema(RelationGetNamespace(relation));
  const char* name =
      quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)), RelationGetRelationName(relation));
  const char* only = relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE ? "" : "ONLY ";
  SPI_connect();
  if (SPI_execute(psprintf("SELECT pg_catalog.count(*) FROM %s%s", only, name), false, 0) != SPI_OK_SELECT)
    elog(ERROR, "table was not counted");
  bool isnull = false;
  const std::int64_t count = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
  SPI_finish();
  return count;
}

std::int64_t count_by_scan(Relation relation) {
  TupleTableSlot* slot = table_slot_create(relation, nullptr);
  PushActiveSnapshot(GetTransactionSnapshot());
  TableScanDesc scan = table_beginscan(relation, GetActiveSnapshot(), 0, nullptr);
  std::int64_t count = 0;
  while (table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
    CHECK_FOR_INTERRUPTS();
    ++count;
  }
  table_endscan(scan);
  PopActiveSnapshot();
  ExecDropSingleTupleTableSlot(slot);
  return count;
}

bool belong_to_trusted(List* relations) {
  ListCell* cell = nullptr;
  foreach (cell, relations) {
    HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(cell)));
    if (!HeapTupleIsValid(tuple)) return false;
    const Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relowner;
    ReleaseSysCache(tuple);
    if (!is_trusted(owner)) return false;
  }
  return true;
}

bool have_untrusted_indexes(List* relations, const char* schema) {
  Oid* ids = static_cast<Oid*>(palloc(list_length(relations) * sizeof(Oid)));
  ListCell* cell = nullptr;
  int count = 0;
  foreach (cell, relations) ids[count++] = lfirst_oid(cell);
  Oid types[] = {OIDARRAYOID};
  Datum values[] = {oid_array(ids, count)};
  SPI_connect();
  run_now(psprintf("SELECT FROM %s._untrusted_indexes($1) AS i", schema), lengthof(types), types, values, 1);
  const bool found = SPI_processed > 0;
  SPI_finish();
  return found;
}

// The relation, with its partitions.
List* members_of(Relation relation) {
  const Oid id = RelationGetRelid(relation);
  return relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE ? find_all_inheritors(id, AccessShareLock, nullptr)
                                                                : list_make1_oid(id);
}

// Those who have written what a planner evaluates to count the rows: keys above a partition, too.
bool are_trusted(Relation relation, List* members, const char* schema) {
  return belong_to_trusted(members) && !have_untrusted_indexes(members, schema) &&
         (!relation->rd_rel->relispartition || belong_to_trusted(get_partition_ancestors(RelationGetRelid(relation))));
}

// A view, a foreign table and policies are code, and no others need it to be counted: what a
// planner would evaluate of them is left alone.
std::int64_t count_untrusted(Relation relation, List* members) {
  if (relation->rd_rel->relrowsecurity) check_trusted(relation);
  std::int64_t count = 0;
  ListCell* cell = nullptr;
  foreach (cell, members) {
    Relation member = relation_open(lfirst_oid(cell), NoLock);
    const char kind = member->rd_rel->relkind;
    if (kind == RELKIND_RELATION || kind == RELKIND_MATVIEW) {
      count += count_by_scan(member);
    } else if (kind != RELKIND_PARTITIONED_TABLE) {
      check_trusted(member);
      count += count_by_query(member);
    }
    relation_close(member, NoLock);
  }
  return count;
}

// A scan passes policies by.
void check_unfiltered(Relation relation) {
  if (check_enable_rls(RelationGetRelid(relation), InvalidOid, true) != RLS_ENABLED) return;
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("row-level security hides rows of table \"%s\"", RelationGetRelationName(relation))));
}

// `schema`: of our own functions; null: nothing is to be written for it, as a hold on a name is.
std::int64_t count_rows(Oid id, const char* schema) {
  Relation relation = try_relation_open(id, AccessShareLock);
  if (relation == nullptr)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("a table was dropped before it was counted")));
  check_may_use(RelationGetNamespace(relation));
  if (!may_read(id))
    aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(relation->rd_rel->relkind), RelationGetRelationName(relation));
  if (schema == nullptr) check_unfiltered(relation);
  List* members = members_of(relation);
  const std::int64_t count = schema != nullptr && are_trusted(relation, members, schema)
                                 ? count_by_query(relation)
                                 : count_untrusted(relation, members);
  relation_close(relation, NoLock);
  return count;
}

}  // namespace

bool may_use(Oid schema) {
#if PG_VERSION_NUM >= 160000
  return object_aclcheck(NamespaceRelationId, schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK;
#else
  return pg_namespace_aclcheck(schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK;
#endif
}

void check_may_use(Oid schema) {
  if (!may_use(schema)) aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_SCHEMA, get_namespace_name(schema));
}

void hold_schema(Oid schema) {
  if (RecoveryInProgress()) return;
  Relation schemas = table_open(NamespaceRelationId, RowShareLock);
  for (bool locked = false; !locked;) {
    CHECK_FOR_INTERRUPTS();
    AcceptInvalidationMessages();
    HeapTuple tuple = SearchSysCacheCopy1(NAMESPACEOID, ObjectIdGetDatum(schema));
    if (!HeapTupleIsValid(tuple)) break;
    locked = lock_row(schemas, tuple->t_self);
    heap_freetuple(tuple);
  }
  table_close(schemas, NoLock);
}

void hold_table(Oid table) {
  LockRelationOid(table, ShareUpdateExclusiveLock);
  if (!exists(table)) return;
  list_free(find_all_inheritors(table, ShareUpdateExclusiveLock, nullptr));
  hold_schema(get_rel_namespace(table));
}

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

Datum mssql_fdw_hold(PG_FUNCTION_ARGS) {
  return fence_private([&] { return hold(fcinfo); });
}

// _scan_rows(relation regclass) RETURNS bigint
Datum mssql_fdw_scan_rows(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum { PG_RETURN_INT64(count_rows(PG_GETARG_OID(0), nullptr)); });
}

// _count_rows(relation regclass) RETURNS bigint
Datum mssql_fdw_count_rows(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    const bool is_step = begin_statement();
    const std::int64_t count = count_rows(PG_GETARG_OID(0), own_schema(fcinfo));
    if (is_step) end_step();
    PG_RETURN_INT64(count);
  });
}
}
