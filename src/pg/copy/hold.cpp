#include "hold.hpp"

#include "pg/host/arrays.hpp"
#include "pg/host/boundary.hpp"
#include "constraint_check.hpp"
#include "run_now.hpp"
#include "table_locks.hpp"

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

// As SELECT FOR KEY SHARE: a name is part of a key. With the newer tuples that others have not committed yet. False: it is another one by now.
bool lock_row(Relation schemas, ItemPointerData row) {
  HeapTupleData tuple{};
  tuple.t_self = row;
  Buffer buffer = InvalidBuffer;
  TM_FailureData failure;
  const TM_Result result =
      heap_lock_tuple(schemas, &tuple, GetCurrentCommandId(false), LockTupleKeyShare, LockWaitBlock, true, &buffer, &failure);
  ReleaseBuffer(buffer);
  return result == TM_Ok;
}

void hold_schemas(ArrayType* names) {
  const Elements schemas = elements_of(names, NAMEOID, NAMEDATALEN, false, "schemas");
  for (int i = 0; i < schemas.count; ++i) {
    const Oid schema = get_namespace_oid(NameStr(*DatumGetName(schemas.values[i])), true);
    if (OidIsValid(schema)) hold_schema(schema);
  }
}

void hold_tables(ArrayType* relations) {
  const Oids tables = oids_of(relations, "relations");
  sort_for_locks(tables.ids, tables.count);
  for (int i = 0; i < tables.count; ++i) {
    // What is gone is found by its name
    if (!exists(tables.ids[i])) continue;
    check_may_hold(tables.ids[i]);
    hold_table(tables.ids[i]);
  }
}

// _hold(schemas name[], relations oid[], targets text[], tables jsonb); STRICT.
Datum hold(FunctionCallInfo fcinfo) {
  hold_tables(PG_GETARG_ARRAYTYPE_P(1));
  hold_schemas(PG_GETARG_ARRAYTYPE_P(0));
  Oid types[] = {OIDARRAYOID, TEXTARRAYOID, JSONBOID};
  Datum values[] = {PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3)};
  SPI_connect();
  run_now(psprintf("SELECT %s._check_held($1, $2, $3)", own_schema(fcinfo)), lengthof(types), types, values, 0);
  SPI_finish();
  PG_RETURN_VOID();
}

// A view, and the policies of a table, are code; any other count is none.
void hold_counted(Oid id) {
  Relation relation = try_relation_open(id, AccessShareLock);
  if (relation == nullptr) ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("a table was dropped before it was counted")));
  if (relation->rd_rel->relkind == RELKIND_VIEW || relation->rd_rel->relrowsecurity) check_trusted(relation);
  hold_schema(RelationGetNamespace(relation));
  relation_close(relation, NoLock);
}

}  // namespace

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

// _hold_counted(relation oid) RETURNS void
Datum mssql_fdw_hold_counted(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    hold_counted(PG_GETARG_OID(0));
    PG_RETURN_VOID();
  });
}

}
