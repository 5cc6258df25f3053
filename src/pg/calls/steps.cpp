// _execute(): the steps of a plan in the caller's transaction, and a row for what became of each.

#include "pg/copy/steps.hpp"

#include "pg/copy/run_now.hpp"
#include "pg/host/boundary.hpp"
#include "result_rows.hpp"

namespace mssql::pg {

namespace {

// The outcomes as rows of replicate._outcome.
class OutcomeRows : public StepWitness {
 public:
  OutcomeRows(Tuplestorestate* rows, TupleDesc descriptor) : rows_(rows), descriptor_(descriptor) {}

  void became(const Outcome& outcome) override {
    enum { step, table_id, kind, source, target, state, verb, note, answer, elapsed, count };
    if (descriptor_->natts != count) elog(ERROR, "an outcome has %d columns", descriptor_->natts);
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
    tuplestore_putvalues(rows_, descriptor_, values, nulls);
  }

 private:
  static Datum first_row(const Answer& answer) {
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

  static Datum interval_of(std::int64_t microseconds) {
    auto* interval = static_cast<Interval*>(palloc0(sizeof(Interval)));
    interval->time = microseconds;
    return IntervalPGetDatum(interval);
  }

  Tuplestorestate* rows_;
  TupleDesc descriptor_;
};

Datum execute(FunctionCallInfo fcinfo) {
  ReturnSetInfo* result = materialized_result(fcinfo);
  Tuplestorestate* rows = begin_result(result, result_descriptor(fcinfo));
  ArrayType* steps = PG_GETARG_ARRAYTYPE_P(1);
  const char* schema = own_schema(fcinfo);
  CallersTransaction host(schema, PG_GETARG_DATUM(0), steps);
  OutcomeRows witness(rows, result->setDesc);
  execute_steps(StepList(steps), schema, host, witness);
  return static_cast<Datum>(0);
}

}  // namespace

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// _execute(model jsonb, steps replicate._step[]) RETURNS SETOF replicate._outcome; STRICT.
Datum mssql_fdw_execute(PG_FUNCTION_ARGS) {
  return fence_private([&] { return execute(fcinfo); });
}
}
