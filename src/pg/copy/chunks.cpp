#include "chunks.hpp"

#include "run.hpp"
#include "run_now.hpp"

namespace mssql::pg {

Oid type_of_work() { return get_rel_type_id(get_relname_relid("_work", get_namespace_oid("replicate", false))); }

void keep_chunk(const char* schema, std::int64_t run, Datum work, ArrayType* outcomes, int attempts) {
  Oid types[] = {INT8OID, type_of_work(), get_array_type(ARR_ELEMTYPE(outcomes)), INT4OID};
  Datum values[] = {Int64GetDatum(run), work, PointerGetDatum(outcomes), Int32GetDatum(attempts)};
  (void)write_in_history(psprintf("SELECT %s._keep_chunk($1, $2, $3, $4)", schema), lengthof(types), types, values);
}

void forget_chunk(const char* schema, std::int64_t run, Datum work) {
  Oid types[] = {INT8OID, type_of_work()};
  Datum values[] = {Int64GetDatum(run), work};
  (void)write_in_history(psprintf("SELECT %s._forget_chunk($1, ($2).source)", schema), lengthof(types), types, values);
}

KeptList find_kept(const char* schema, std::int64_t run, const Datum* work, int count) {
  enum { table_id = 1, outcomes, message, detail };
  MemoryContext context = CurrentMemoryContext;
  const Oid type = type_of_work();
  ArrayType* array = construct_array(const_cast<Datum*>(work), count, type, -1, false, TYPALIGN_DOUBLE);
  Oid types[] = {INT8OID, get_array_type(type)};
  Datum values[] = {Int64GetDatum(run), PointerGetDatum(array)};
  KeptList found{nullptr, 0};
  SPI_connect();
  as_history_owner([&] {
    run_now(psprintf("SELECT k.table_id, k.outcomes, k.message, k.detail FROM %s._kept($1, $2) AS k", schema),
            lengthof(types), types, values, 0);
  });
  MemoryContext old = MemoryContextSwitchTo(context);
  found.tables = static_cast<Kept*>(palloc(sizeof(Kept) * (SPI_processed + 1)));
  for (; found.count < static_cast<int>(SPI_processed); ++found.count) {
    HeapTuple row = SPI_tuptable->vals[found.count];
    bool isnull = false;
    const Datum kept = SPI_getbinval(row, SPI_tuptable->tupdesc, outcomes, &isnull);
    found.tables[found.count] = {
        static_cast<int>(oid_of(SPI_tuptable, static_cast<std::uint64_t>(found.count), table_id)),
        isnull ? nullptr : DatumGetArrayTypePCopy(kept), SPI_getvalue(row, SPI_tuptable->tupdesc, message),
        SPI_getvalue(row, SPI_tuptable->tupdesc, detail)};
  }
  MemoryContextSwitchTo(old);
  SPI_finish();
  return found;
}

}  // namespace mssql::pg
