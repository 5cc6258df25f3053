#include "outcome.hpp"

#include <cstdlib>

#include "pg/host/rows.hpp"

namespace mssql::pg {

namespace {

enum { step, table_id, kind, source, target, state, verb, note, answer, elapsed, count };

Datum first_row(const Answer& answer) {
  const auto n = static_cast<std::size_t>(answer.ncolumns);
  auto* texts = static_cast<Datum*>(palloc(sizeof(Datum) * (n + 1)));
  auto* nulls = static_cast<bool*>(palloc(sizeof(bool) * (n + 1)));
  for (int i = 0; i < answer.ncolumns; ++i) {
    const char* text = answer.rows[0][i];
    nulls[i] = text == nullptr;
    texts[i] = text == nullptr ? 0 : CStringGetTextDatum(text);
  }
  int dims[] = {answer.ncolumns};
  int bounds[] = {1};
  return PointerGetDatum(construct_md_array(texts, nulls, 1, dims, bounds, TEXTOID, -1, false, TYPALIGN_INT));
}

Datum interval_of(std::int64_t microseconds) {
  auto* interval = static_cast<Interval*>(palloc0(sizeof(Interval)));
  interval->time = microseconds;
  return IntervalPGetDatum(interval);
}

}  // namespace

TupleDesc outcome_descriptor() {
  const Oid relation = get_relname_relid("_outcome", get_namespace_oid("replicate", false));
  return lookup_rowtype_tupdesc_copy(get_rel_type_id(relation), -1);
}

HeapTuple outcome_row(TupleDesc descriptor, const Outcome& outcome) {
  if (descriptor->natts != count) elog(ERROR, "an outcome has %d columns", descriptor->natts);
  Datum values[count] = {};
  bool nulls[count] = {};
  values[step] = Int32GetDatum(outcome.step);
  values[table_id] = Int32GetDatum(outcome.table_id);
  nulls[table_id] = outcome.table_id == 0;
  const char* texts[] = {outcome.kind, outcome.source, outcome.target, outcome.outcome, outcome.verb, outcome.note};
  for (int i = 0; i < static_cast<int>(lengthof(texts)); ++i) {
    nulls[kind + i] = texts[i] == nullptr;
    if (texts[i] != nullptr) values[kind + i] = CStringGetTextDatum(texts[i]);
  }
  nulls[answer] = outcome.answer == nullptr || outcome.answer->nrows == 0;
  if (!nulls[answer]) values[answer] = first_row(*outcome.answer);
  values[elapsed] = interval_of(outcome.elapsed_us);
  return heap_form_tuple(descriptor, values, nulls);
}

Amount loaded_by(TupleDesc descriptor, HeapTupleHeader outcome) {
  HeapTupleData row = tuple_of(outcome);
  const auto column = [&](int number, bool* isnull) { return heap_getattr(&row, number + 1, descriptor, isnull); };
  bool isnull = false;
  const Datum kind_of = column(kind, &isnull);
  if (isnull || std::strcmp(TextDatumGetCString(kind_of), "load") != 0) return {};
  const Datum answers = column(answer, &isnull);
  if (isnull) return {};
  Datum* texts = nullptr;
  bool* nulls = nullptr;
  int ntexts = 0;
  deconstruct_array(DatumGetArrayTypeP(answers), TEXTOID, -1, false, TYPALIGN_INT, &texts, &nulls, &ntexts);
  const auto number = [&](int i) -> std::int64_t {
    return i < ntexts && !nulls[i] ? std::strtoll(TextDatumGetCString(texts[i]), nullptr, 10) : 0;
  };
  return {number(0), number(1)};
}

}  // namespace mssql::pg
