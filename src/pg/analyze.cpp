// ANALYZE: a random sample of the rows of one streaming scan (reservoir sampling, Vitter's algorithm Z, as for local tables).

#include "scan.hpp"

namespace mssql::pg {

namespace {

struct Sample {
  HeapTuple* rows;
  int size;   // at most
  int count;
  double seen;
  double to_skip;
  ReservoirStateData random;
};

// Whether the row that was just read belongs to the sample, and in which place.
bool choose_place(Sample* sample, int* place) {
  ++sample->seen;
  if (sample->count < sample->size) {
    *place = sample->count++;
    return true;
  }
  if (sample->to_skip < 0) sample->to_skip = reservoir_get_next_S(&sample->random, sample->seen - 1, sample->size);
  if (--sample->to_skip >= 0) return false;
#if PG_VERSION_NUM >= 150000
  const double fraction = sampler_random_fract(&sample->random.randstate);
#else
  const double fraction = sampler_random_fract(sample->random.randstate);
#endif
  *place = static_cast<int>(sample->size * fraction);
  heap_freetuple(sample->rows[*place]);
  return true;
}

List* live_attributes(TupleDesc descriptor) {
  List* attributes = NIL;
  for (int attnum = 1; attnum <= descriptor->natts; ++attnum) {
    if (!TupleDescAttr(descriptor, attnum - 1)->attisdropped) attributes = lappend_int(attributes, attnum);
  }
  return attributes;
}

Reader* open_whole_table(Relation relation, TupleDesc descriptor) {
  const Oid table_id = RelationGetRelid(relation);
  ForeignTable* table = GetForeignTable(table_id);
  ForeignServer* server = GetForeignServer(table->serverid);
  const TableOptions table_settings = table_options(table_id, table, server);
  const RemoteTable remote = describe_remote_table(relation, table_settings);
  List* attributes = live_attributes(descriptor);
  const int count = list_length(attributes);
  auto* attnums = static_cast<int*>(palloc0(sizeof(int) * static_cast<std::size_t>(std::max(count, 1))));
  List* items = NIL;
  for (int i = 0; i < count; ++i) {
    attnums[i] = list_nth_int(attributes, i);
    items = lappend(items, makeString(pstrdup(remote.attributes[attnums[i] - 1].expression)));
  }
  ReaderOptions options;
  options.policy = table_settings.policy;
  options.source = psprintf("foreign table \"%s\"", RelationGetRelationName(relation));
  options.columns = remote_columns(remote, attributes);
  // As its owner, like every other part of ANALYZE.
  const char* sql = deparse_select(items, remote.from, NIL);
  return reader_open(server->serverid, relation->rd_rel->relowner, sql, nullptr, descriptor, attnums, count, options);
}

int acquire_rows_in_fence(Relation relation, int level, HeapTuple* rows, int size, double* total, double* dead) {
  TupleDesc descriptor = RelationGetDescr(relation);
  const auto natts = static_cast<std::size_t>(std::max(descriptor->natts, 1));
  auto* values = static_cast<Datum*>(palloc0(sizeof(Datum) * natts));
  auto* isnull = static_cast<bool*>(palloc0(sizeof(bool) * natts));
  std::memset(isnull, true, sizeof(bool) * natts);
  Sample sample{};
  sample.rows = rows;
  sample.size = size;
  sample.to_skip = -1;
  reservoir_init_selection_state(&sample.random, size);

  Reader* reader = open_whole_table(relation, descriptor);
  MemoryContext one_row = AllocSetContextCreate(CurrentMemoryContext, "mssql_fdw analyze", ALLOCSET_DEFAULT_SIZES);
  for (;;) {
    MemoryContext old = MemoryContextSwitchTo(one_row);
    const bool more = reader_next(reader, values, isnull);
    MemoryContextSwitchTo(old);
    if (!more) break;
    int place = 0;
    if (choose_place(&sample, &place)) rows[place] = heap_form_tuple(descriptor, values, isnull);
    MemoryContextReset(one_row);
  }
  reader_close(reader);
  MemoryContextDelete(one_row);
  *total = sample.seen;
  *dead = 0;
  ereport(level, (errmsg("\"%s\": foreign table contains %.0f rows; %d rows in sample", RelationGetRelationName(relation), sample.seen,
                         sample.count)));
  return sample.count;
}

int acquire_rows(Relation relation, int level, HeapTuple* rows, int size, double* total, double* dead) {
  return fence([&] { return acquire_rows_in_fence(relation, level, rows, size, total, dead); });
}

}  // namespace

bool AnalyzeForeignTable(Relation relation, AcquireSampleRowsFunc* acquire_rows_function, BlockNumber* pages) {
  *acquire_rows_function = acquire_rows;
  // Only its being more than nothing counts: planning goes by rows.
  *pages = std::max<BlockNumber>(relation->rd_rel->relpages > 0 ? static_cast<BlockNumber>(relation->rd_rel->relpages) : 1, 1);
  return true;
}

}  // namespace mssql::pg
