#include "chunks.hpp"

#include "run.hpp"
#include "run_now.hpp"

namespace mssql::pg {

namespace {

struct BoundsQuestion {
  const char* schema;
  const char* source;  // as messages call the table
  Oid server;
  Datum work;
  MemoryContext context;
  Datum bounds;
};

// As the user, whose login it is.
void ask_for_bounds(void* argument) {
  auto* question = static_cast<BoundsQuestion*>(argument);
  const char* server = GetForeignServer(question->server)->servername;
  Oid types[] = {NAMEOID, type_of_work()};
  Datum values[] = {DirectFunctionCall1(namein, CStringGetDatum(server)), question->work};
  SPI_connect();
  if (SPI_execute_with_args(
          psprintf("SELECT %s._range_bounds($1, w.schema, w.name, w.is_memory_optimized, w.rows, w.chunks, w.key, "
                   "w.key_types, w.key_collations) FROM (SELECT ($2).*) AS w",
                   question->schema),
          lengthof(types), types, values, nullptr, false, 1) != SPI_OK_SELECT)
    elog(ERROR, "chunks have no bounds");
  question->bounds = kept_value(question->context, 1);
  SPI_finish();
}

bool can_do_without_bounds(const ErrorData& error, void* argument) {
  if (!is_refusal(error)) return false;
  const auto* question = static_cast<const BoundsQuestion*>(argument);
  say(false,
      psprintf("%s is loaded by one worker, for the source gives no bounds of its chunks: %s", question->source,
               error.message),
      error.detail, nullptr);
  return true;
}

}  // namespace

Oid type_of_work() { return get_rel_type_id(get_relname_relid("_work", get_namespace_oid("replicate", false))); }

Part part_of(const Step& step) {
  if (std::strcmp(step.kind, "load") == 0) return Part::chunk;
  const auto is = [&step](const char* kind) { return std::strcmp(step.kind, kind) == 0; };
  return is("table") || is("stage") || is("stage rows") ? Part::beginning : Part::end;
}

Datum find_bounds(const char* schema, const char* source, Oid server, Datum work) {
  BoundsQuestion question{schema, source, server, work, CurrentMemoryContext, 0};
  if (!in_subtransaction(ask_for_bounds, &question, can_do_without_bounds))
    return PointerGetDatum(construct_empty_array(TEXTOID));
  return question.bounds;
}

void keep_chunk(const char* schema, std::int64_t run, Datum work, const Done& done) {
  Oid types[] = {INT8OID, type_of_work(), get_array_type(ARR_ELEMTYPE(done.outcomes)), INT4OID, INT4OID,
                 OIDOID,  TEXTARRAYOID};
  Datum values[] = {Int64GetDatum(run),
                    work,
                    PointerGetDatum(done.outcomes),
                    Int32GetDatum(done.attempts),
                    Int32GetDatum(done.chunk.number),
                    ObjectIdGetDatum(GetUserId()),
                    done.bounds};
  const char* error = done.failure == nullptr ? "NULL" : quote_literal_cstr(done.failure);
  const char* call = nullptr;
  switch (done.chunk.part) {
    case Part::whole: call = psprintf("_keep_chunk($1, $6, $2, $3, $4, %s)", error); break;
    case Part::beginning: call = "_keep_split($1, $6, $2, $3, $4, $7)"; break;
    case Part::chunk: call = psprintf("_keep_chunk_of_split($1, $2, $3, $4, $5, %s)", error); break;
    case Part::end: call = "_keep_finished($1, $2, $3, $4)"; break;
  }
  const int nargs = done.chunk.part == Part::beginning ? lengthof(types) : lengthof(types) - 1;
  (void)write_in_history(psprintf("SELECT %s.%s", schema, call), nargs, types, values);
}

const KeyRange* range_of_chunk(const char* schema, std::int64_t run, Datum work, Chunk chunk) {
  Oid types[] = {INT8OID, type_of_work(), INT4OID};
  Datum values[] = {Int64GetDatum(run), work, Int32GetDatum(chunk.number)};
  MemoryContext context = CurrentMemoryContext;
  auto* range = static_cast<KeyRange*>(palloc0(sizeof(KeyRange)));
  range->chunk = chunk.number;
  SPI_connect();
  as_history_owner([&] {
    if (SPI_execute_with_args(psprintf("SELECT r.key, r.key_types, r.key_collations, r.lower, r.upper, "
                                       "%s._count_chunks($1, ($2).source)::int FROM %s._chunk_range($1, $2, $3) AS r",
                                       schema, schema),
                              lengthof(types), types, values, nullptr, false, 1) != SPI_OK_SELECT ||
        SPI_processed != 1)
      elog(ERROR, "chunk has no range");
  });
  TextList* const lists[] = {&range->key.columns, &range->key.types, &range->key.collations, &range->lower,
                             &range->upper};
  MemoryContext old = MemoryContextSwitchTo(context);
  for (int i = 0; i < static_cast<int>(lengthof(lists)); ++i) {
    bool isnull = false;
    const Datum texts = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &isnull);
    if (!isnull) *lists[i] = text_list(DatumGetArrayTypeP(texts), "texts");
  }
  bool isnull = false;
  range->chunks = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 6, &isnull));
  MemoryContextSwitchTo(old);
  SPI_finish();
  return range;
}

bool are_chunks_known(const char* schema, std::int64_t run, Datum work) {
  Oid types[] = {INT8OID, type_of_work()};
  Datum values[] = {Int64GetDatum(run), work};
  return write_in_history(psprintf("SELECT %s._is_known($1, $2)", schema), lengthof(types), types, values) > 0;
}

int count_chunks(const char* schema, std::int64_t run, Datum work) {
  Oid types[] = {INT8OID, type_of_work()};
  Datum values[] = {Int64GetDatum(run), work};
  return static_cast<int>(
      write_in_history(psprintf("SELECT %s._count_chunks($1, ($2).source)", schema), lengthof(types), types, values));
}

KeptList find_kept(const char* schema, std::int64_t run, const Datum* work, int count) {
  enum { table_id = 1, loaded_by, outcomes, message, detail, chunks, loaded };
  MemoryContext context = CurrentMemoryContext;
  const Oid type = type_of_work();
  ArrayType* array = construct_array(const_cast<Datum*>(work), count, type, -1, false, TYPALIGN_DOUBLE);
  Oid types[] = {INT8OID, OIDOID, get_array_type(type)};
  Datum values[] = {Int64GetDatum(run), ObjectIdGetDatum(GetUserId()), PointerGetDatum(array)};
  KeptList found{nullptr, 0};
  SPI_connect();
  as_history_owner([&] {
    run_now(psprintf("SELECT k.table_id, k.loaded_by, k.outcomes, k.message, k.detail, coalesce(k.chunks, 0), k.loaded "
                     "FROM %s._kept($1, $2, $3) AS k",
                     schema),
            lengthof(types), types, values, 0);
  });
  MemoryContext old = MemoryContextSwitchTo(context);
  found.tables = static_cast<Kept*>(palloc(sizeof(Kept) * (SPI_processed + 1)));
  for (; found.count < static_cast<int>(SPI_processed); ++found.count) {
    HeapTuple row = SPI_tuptable->vals[found.count];
    bool isnull = false;
    const Datum kept = SPI_getbinval(row, SPI_tuptable->tupdesc, outcomes, &isnull);
    bool none = false;
    const Datum run_of_chunk = SPI_getbinval(row, SPI_tuptable->tupdesc, loaded_by, &none);
    found.tables[found.count] = {
        static_cast<int>(oid_of(SPI_tuptable, static_cast<std::uint64_t>(found.count), table_id)),
        DatumGetInt64(run_of_chunk),
        isnull ? nullptr : DatumGetArrayTypePCopy(kept),
        SPI_getvalue(row, SPI_tuptable->tupdesc, message),
        SPI_getvalue(row, SPI_tuptable->tupdesc, detail),
        DatumGetInt32(SPI_getbinval(row, SPI_tuptable->tupdesc, chunks, &none)),
        DatumGetArrayTypePCopy(SPI_getbinval(row, SPI_tuptable->tupdesc, loaded, &none))};
  }
  MemoryContextSwitchTo(old);
  SPI_finish();
  return found;
}

// As the user: his code may be part of a query over his table.
static std::int64_t count_of(const char* schema, Oid relation) {
  Oid types[] = {REGCLASSOID};
  Datum values[] = {ObjectIdGetDatum(relation)};
  SPI_connect();
  run_now(psprintf("SELECT %s._count_rows($1)", schema), lengthof(types), types, values, 1);
  bool isnull = false;
  const Datum count = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
  SPI_finish();
  return DatumGetInt64(count);
}

Takeover take_over(const char* schema, std::int64_t run, std::int64_t loaded_by, Datum work, bool waits) {
  Oid types[] = {INT8OID, INT8OID, OIDOID, type_of_work(), INT8OID};
  Datum values[] = {Int64GetDatum(run), Int64GetDatum(loaded_by), ObjectIdGetDatum(GetUserId()), work, 0};
  const std::int64_t relation =
      write_in_history(psprintf("SELECT %s._kept_relation($1, $2, $3, $4)", schema), 4, types, values);
  if (relation == 0) return Takeover::differs;
  (void)set_config_option("lock_timeout", waits ? "3s" : "1ms", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true,
                          ERROR, false);
  values[4] = Int64GetDatum(count_of(schema, static_cast<Oid>(relation)));
  const std::int64_t taken =
      write_in_history(psprintf("SELECT %s._take_over($1, $2, $3, $4, $5)", schema), lengthof(types), types, values);
  return taken > 0 ? Takeover::taken : Takeover::differs;
}

}  // namespace mssql::pg

using namespace mssql::pg;

namespace {

// The sequence of a column, say, goes with it; and what is an extension's is not ours to drop: who
// owns a member of one may have moved it here.
bool is_anothers(const ObjectAddress& object, Relation depend) {
  ScanKeyData keys[2];
  ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object.classId));
  ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object.objectId));
  SysScanDesc scan = systable_beginscan(depend, DependDependerIndexId, true, nullptr, 2, keys);
  bool found = false;
  for (HeapTuple row = nullptr; !found && HeapTupleIsValid(row = systable_getnext(scan));) {
    const auto* form = reinterpret_cast<Form_pg_depend>(GETSTRUCT(row));
    if (form->objsubid != 0) continue;  // a column's, of its table
    found = form->deptype == DEPENDENCY_INTERNAL || form->deptype == DEPENDENCY_EXTENSION ||
            (form->deptype == DEPENDENCY_AUTO && object.classId == RelationRelationId &&
             get_rel_relkind(object.objectId) == RELKIND_SEQUENCE);
  }
  systable_endscan(scan);
  return found;
}

// Whether it is in the schema now, as far as nobody has it locked.
bool is_in(const ObjectAddress& object, Oid schema) {
  if (!is_objectclass_supported(object.classId) || get_object_attnum_namespace(object.classId) == InvalidAttrNumber)
    return false;
  const int cache = get_object_catcache_oid(object.classId);
  if (cache == -1) return false;
  HeapTuple tuple = SearchSysCache1(cache, ObjectIdGetDatum(object.objectId));
  if (!HeapTupleIsValid(tuple)) return false;
  bool isnull = false;
  const Datum found = SysCacheGetAttr(cache, tuple, get_object_attnum_namespace(object.classId), &isnull);
  const bool is_there = !isnull && DatumGetObjectId(found) == schema;
  ReleaseSysCache(tuple);
  return is_there;
}

// What depends on a schema without being in it (a default that names it, say) is somebody's own.
// What is in it is locked first, as DROP SCHEMA has it: who has a lock may be moving it away, or
// dropping it.
ObjectAddresses* contents(Oid schema, std::int64_t at_most, std::int64_t* count) {
  ObjectAddresses* found = new_object_addresses();
  Relation depend = table_open(DependRelationId, AccessShareLock);
  ScanKeyData keys[2];
  ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
              ObjectIdGetDatum(NamespaceRelationId));
  ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(schema));
  SysScanDesc scan = systable_beginscan(depend, DependReferenceIndexId, true, nullptr, 2, keys);
  for (HeapTuple row = nullptr; *count < at_most && HeapTupleIsValid(row = systable_getnext(scan));) {
    const auto* form = reinterpret_cast<Form_pg_depend>(GETSTRUCT(row));
    const ObjectAddress object{form->classid, form->objid, form->objsubid};
    if (!is_in(object, schema)) continue;
    AcquireDeletionLock(&object, 0);
    if (!systable_recheck_tuple(scan, row) || is_anothers(object, depend)) {
      ReleaseDeletionLock(&object);
      continue;
    }
    add_exact_object_address(&object, found);
    ++*count;
  }
  systable_endscan(scan);
  table_close(depend, AccessShareLock);
  return found;
}

}  // namespace

extern "C" {

// _drop_contents(schema oid, at_most bigint) RETURNS bigint; STRICT. Its caller is who owns the
// schema.
Datum mssql_fdw_drop_contents(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    std::int64_t count = 0;
    ObjectAddresses* found = contents(PG_GETARG_OID(0), PG_GETARG_INT64(1), &count);
    performMultipleDeletions(found, DROP_CASCADE, PERFORM_DELETION_QUIETLY);
    free_object_addresses(found);
    PG_RETURN_INT64(count);
  });
}
}
