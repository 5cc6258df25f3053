// ANALYZE: a random sample of the rows of one streaming scan (reservoir sampling, Vitter's
// algorithm Z, as for local tables). A small table is read whole, of a large one some of the pages,
// of everything else that is large some of the rows.

#include "core/tsql/select.hpp"
#include "core/tsql/statement.hpp"
#include "pg/remote/ask.hpp"
#include "row_maker.hpp"
#include "scan.hpp"

namespace mssql::pg {

namespace {

struct Sample {
  HeapTuple* rows;
  int size;  // at most
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

// What one ANALYZE reads, and from where.
struct Source {
  Relation relation;
  TupleDesc descriptor;
  Oid server;
  TableOptions options;
  RemoteTable remote;
  List* attributes;  // attnums (integers)
  List* items;       // what is selected of them
  bool may_cut;      // no extended statistics, whose expressions would look at the whole of a value
  const char* name;
};

bool is_text(Oid type) {
  return type == TEXTOID || type == VARCHAROID || type == BPCHAROID || type == XMLOID || type == JSONOID;
}

// A part of it can be converted, and what is lost of the value nobody looks at: a domain's checks
// would.
bool may_be_cut(const RemoteAttribute& attribute, Oid type) {
  if (!attribute.known || DomainHasConstraints(type)) return false;
  const Oid local = getBaseType(type);
  return local == TEXTOID || local == VARCHAROID || local == BPCHAROID || local == BYTEAOID;
}

// Frames of core's; names are in the server's encoding, in which brackets are what they are in
// UTF-8.
const char* sample_item(const RemoteAttribute& column, tsql::TextForm form) {
  return copy_out(tsql::sample_expression(column.type, column.quoted, form));
}
const char* page_sample(const char* table, double percent) { return copy_out(tsql::page_sample(table, percent)); }
const char* row_sample(const char* column, double share) { return copy_out(tsql::row_sample_condition(column, share)); }

bool has_statistics(Relation relation) { return RelationGetStatExtList(relation) != NIL; }

// Of the tables that it is a partition of or inherits from, whose ANALYZE reads it, too.
bool has_statistics_above(Oid table) {
  if (!has_superclass(table)) return false;
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table));
  Relation inherits = table_open(InheritsRelationId, AccessShareLock);
  SysScanDesc scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, nullptr, 1, &key);
  bool found = false;
  for (HeapTuple tuple = nullptr; !found && (tuple = systable_getnext(scan)) != nullptr;) {
    const Oid above = reinterpret_cast<Form_pg_inherits>(GETSTRUCT(tuple))->inhparent;
    Relation parent = try_relation_open(above, AccessShareLock);
    if (parent == nullptr) continue;
    found = has_statistics(parent) || has_statistics_above(above);
    relation_close(parent, AccessShareLock);
  }
  systable_endscan(scan);
  table_close(inherits, AccessShareLock);
  return found;
}

Source find_source(Relation relation) {
  Source source{};
  source.relation = relation;
  source.descriptor = RelationGetDescr(relation);
  const Oid table_id = RelationGetRelid(relation);
  ForeignTable* table = GetForeignTable(table_id);
  ForeignServer* server = GetForeignServer(table->serverid);
  source.server = server->serverid;
  source.may_cut = !has_statistics(relation) && !has_statistics_above(table_id);
  source.options = table_options(table_id, table, server);
  // A cut may halve a surrogate pair, and a NUL is no reason to have no statistics.
  if (source.options.policy == source::CharacterPolicy::error) {
    source.options.policy = source::CharacterPolicy::replace;
    source.options.text_form = text_form(option_list(server->options), source.options.policy);
  }
  source.remote = describe_remote_table(relation, source.options);
  source.name = psprintf("foreign table \"%s\"", RelationGetRelationName(relation));
  for (int attnum = 1; attnum <= source.descriptor->natts; ++attnum) {
    const Form_pg_attribute attribute = TupleDescAttr(source.descriptor, attnum - 1);
    if (attribute->attisdropped) continue;
    const RemoteAttribute& remote = source.remote.attributes[attnum - 1];
    const bool cut = source.may_cut && may_be_cut(remote, attribute->atttypid);
    source.attributes = lappend_int(source.attributes, attnum);
    source.items = lappend(
        source.items, makeString(pstrdup(cut ? sample_item(remote, source.options.text_form) : remote.expression)));
  }
  return source;
}

// As the table's owner, like every other part of ANALYZE.
Reader* open_reader(const Source& source, const char* sql) {
  const int count = list_length(source.attributes);
  auto* attnums = static_cast<int*>(palloc0(sizeof(int) * static_cast<std::size_t>(std::max(count, 1))));
  for (int i = 0; i < count; ++i) attnums[i] = list_nth_int(source.attributes, i);
  ReaderOptions options;
  options.policy = source.options.policy;
  options.source = source.name;
  options.columns = remote_columns(source.remote, source.attributes);
  return reader_open(source.server, source.relation->rd_rel->relowner, sql, {}, source.descriptor, attnums, count,
                     options);
}

// The one number that a query answers; negative for NULL.
double ask_number(const Source& source, const char* sql) {
  const auto answer = ask_integer(source.server, source.relation->rd_rel->relowner, sql, source.name);
  return static_cast<double>(answer.value_or(-1));
}

// The rest of a value beyond what the statistics of its type look at (analyze.c: WIDTH_THRESHOLD,
// 1024 bytes) is not kept.
void cut_long_values(TupleDesc descriptor, Datum* values, const bool* isnull) {
  constexpr int most = 1100;
  for (int i = 0; i < descriptor->natts; ++i) {
    const Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (isnull[i] || attribute->attlen != -1) continue;
    auto* value = reinterpret_cast<struct varlena*>(DatumGetPointer(values[i]));
    if (VARSIZE_ANY_EXHDR(value) <= most) continue;
    const Oid type = getBaseType(attribute->atttypid);
    if (is_text(type)) {
      const int size = static_cast<int>(VARSIZE_ANY_EXHDR(value));
      values[i] =
          PointerGetDatum(cstring_to_text_with_len(VARDATA_ANY(value), pg_mbcliplen(VARDATA_ANY(value), size, most)));
    } else if (type == BYTEAOID) {
      values[i] = PointerGetDatum(cstring_to_text_with_len(VARDATA_ANY(value), most));
    }
  }
}

// Reads what `sql` selects, and keeps at most sample->size of the rows.
void read_sample(const Source& source, const char* sql, Sample* sample) {
  const auto natts = static_cast<std::size_t>(std::max(source.descriptor->natts, 1));
  auto* values = static_cast<Datum*>(palloc0(sizeof(Datum) * natts));
  auto* isnull = static_cast<bool*>(palloc0(sizeof(bool) * natts));
  std::memset(isnull, true, sizeof(bool) * natts);
  while (sample->count > 0) heap_freetuple(sample->rows[--sample->count]);
  sample->seen = 0;
  sample->to_skip = -1;
  reservoir_init_selection_state(&sample->random, sample->size);

  Reader* reader = open_reader(source, sql);
  MemoryContext one_row = AllocSetContextCreate(CurrentMemoryContext, "mssql_fdw analyze", ALLOCSET_DEFAULT_SIZES);
  for (;;) {
    MemoryContext old = MemoryContextSwitchTo(one_row);
    const bool more = reader_next(reader, values, isnull);
    if (more && source.may_cut) cut_long_values(source.descriptor, values, isnull);
    MemoryContextSwitchTo(old);
    if (!more) break;
    int place = 0;
    if (choose_place(sample, &place)) sample->rows[place] = heap_form_tuple(source.descriptor, values, isnull);
    MemoryContextReset(one_row);
  }
  reader_close(reader);
  MemoryContextDelete(one_row);
}

const char* select_from(const Source& source, const char* from, List* conditions) {
  return deparse_select(source.items, {source.remote.source.with, from, source.remote.source.option, from}, conditions);
}

double count_rows(const Source& source) {
  List* count = list_make1(makeString(pstrdup(tsql::row_count_item)));
  return ask_number(source, deparse_select(count, source.remote.source, NIL));
}

// Rows that lie together are alike, so that more pages are read than would hold the sample; and
// fewer rows are all read.
constexpr double oversampling = 4;

// Of a table, by its pages. Answers its rows, or a negative number where the pages did not give a
// sample.
double sample_pages(const Source& source, Sample* sample) {
  const double rows =
      source.remote.is_query ? -1 : ask_number(source, row_count_query(source.remote.source.from, true));
  const double wanted = oversampling * sample->size;
  if (rows < 0) return -1;
  if (rows <= wanted) {
    read_sample(source, select_from(source, source.remote.source.from, NIL), sample);
    return sample->seen;
  }
  read_sample(source, select_from(source, page_sample(source.remote.source.from, 100 * wanted / rows), NIL), sample);
  if (sample->seen > 2 * wanted)
    return count_rows(source);  // the count in the catalog is no good, or nothing was left out
  return sample->seen < wanted / oversampling ? -1 : rows;
}

// Of anything, a row at a time. Answers the number of rows.
double sample_rows(const Source& source, Sample* sample) {
  const double rows = count_rows(source);
  List* conditions = NIL;
  if (rows > oversampling * sample->size && source.attributes != NIL) {
    const char* column = source.remote.attributes[linitial_int(source.attributes) - 1].quoted;
    conditions = list_make1(makeString(pstrdup(row_sample(column, 1.1 * sample->size / rows))));
  }
  read_sample(source, select_from(source, source.remote.source.from, conditions), sample);
  return conditions == NIL ? sample->seen : rows;
}

int acquire_rows_in_fence(Relation relation, int level, HeapTuple* rows, int size, double* total, double* dead) {
  const Source source = find_source(relation);
  Sample sample{};
  sample.rows = rows;
  sample.size = size;
  *dead = 0;
  *total = sample_pages(source, &sample);
  if (*total < 0) *total = sample_rows(source, &sample);
  ereport(level, (errmsg("\"%s\": foreign table contains %.0f rows; %.0f rows read, %d rows in sample",
                         RelationGetRelationName(relation), *total, sample.seen, sample.count)));
  return sample.count;
}

int acquire_rows(Relation relation, int level, HeapTuple* rows, int size, double* total, double* dead) {
  return fence([&] { return acquire_rows_in_fence(relation, level, rows, size, total, dead); });
}

}  // namespace

bool AnalyzeForeignTable(Relation relation, AcquireSampleRowsFunc* acquire_rows_function, BlockNumber* pages) {
  *acquire_rows_function = acquire_rows;
  // Only its being more than nothing counts: planning goes by rows.
  *pages = std::max<BlockNumber>(
      relation->rd_rel->relpages > 0 ? static_cast<BlockNumber>(relation->rd_rel->relpages) : 1, 1);
  return true;
}

}  // namespace mssql::pg
