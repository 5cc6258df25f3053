#include "table_steps.hpp"

#include <cstdlib>

#include "run.hpp"

namespace mssql::pg {

namespace {

// Nothing but its own part of the run is done here.
class TableHost : public CallersTransaction {
 public:
  TableHost(const char* schema, ArrayType* array, const StepList& steps, Part part, const KnownRows& known)
      : CallersTransaction(schema, 0, array), list_(steps), part_(part), known_(known) {}

  int next(int i) override {
    if (part_ == Part::whole) return i;
    while (i < list_.count() && part_of(list_.at(i)) != part_) ++i;
    return i;
  }
  Answer execute(const Step& step, bool may_fail) override {
    const Answer answer = CallersTransaction::execute(step, may_fail);
    if (part_ == Part::whole && std::strcmp(step.kind, "load") == 0 && is_known(answer)) raise_unchanged(known_);
    return answer;
  }
  void claim() override {}
  void check_names() override {}

 private:
  // Of a load: rows, bytes and hash.
  bool is_known(const Answer& answer) const {
    if (known_.hash == nullptr || answer.nrows != 1 || answer.ncolumns != 3) return false;
    const char* const* loaded = answer.rows[0];
    return loaded[0] != nullptr && std::strtoll(loaded[0], nullptr, 10) == known_.rows && loaded[2] != nullptr &&
           std::strcmp(loaded[2], known_.hash) == 0;
  }

  const StepList& list_;
  Part part_;
  const KnownRows& known_;
};

// Outcomes are told when they stand.
class PendingOutcomes : public StepWitness {
 public:
  explicit PendingOutcomes(MemoryContext context) : context_(context), descriptor_(outcome_descriptor()) {}

  void became(const Outcome& outcome) override { keep(outcome_row(descriptor_, outcome)); }
  void became(HeapTuple row) override { keep(row); }
  List* rows() const { return rows_; }

 private:
  void keep(HeapTuple row) {
    MemoryContext old = MemoryContextSwitchTo(context_);
    rows_ = lappend(rows_, heap_copytuple(row));
    MemoryContextSwitchTo(old);
  }

  MemoryContext context_;
  TupleDesc descriptor_;
  List* rows_ = NIL;
};

}  // namespace

KnownRows known_rows(Datum work) {
  HeapTupleHeader row = DatumGetHeapTupleHeader(work);
  bool isnull = false;
  const Datum hash = GetAttributeByName(row, "known_hash", &isnull);
  if (isnull) return {};
  const std::int64_t rows = DatumGetInt64(GetAttributeByName(row, "known_rows", &isnull));
  const std::int64_t run = DatumGetInt64(GetAttributeByName(row, "known_run", &isnull));
  return {rows, DatumGetCString(DirectFunctionCall1(uuid_out, hash)), run};
}

// No SQLSTATE that anything else has: it is between the frames of a worker only.
static constexpr int unchanged_state = MAKE_SQLSTATE('M', 'F', '0', '0', '1');

void raise_unchanged(const KnownRows& known) {
  ereport(ERROR, (errcode(unchanged_state),
                  errmsg("unchanged since run " INT64_FORMAT ": the hash of all rows is the same, " INT64_FORMAT " %s",
                         known.run, known.rows, known.rows == 1 ? "row" : "rows")));
  pg_unreachable();
}

bool is_unchanged(const ErrorData& error) { return error.sqlerrcode == unchanged_state; }

List* execute_table_steps(const char* schema, ArrayType* steps, Part part, const Share& share, MemoryContext context,
                          const KnownRows& known) {
  const StepList list(steps);
  TableHost host(schema, steps, list, part, known);
  PendingOutcomes outcomes(context);
  execute_steps(list, schema, host, outcomes, &share);
  return outcomes.rows();
}

ArrayType* array_of_outcomes(const List* rows) {
  TupleDesc descriptor = outcome_descriptor();
  auto* values = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<std::size_t>(list_length(rows) + 1)));
  for (int i = 0; i < list_length(rows); ++i)
    values[i] = heap_copy_tuple_as_datum(static_cast<HeapTuple>(list_nth(rows, i)), descriptor);
  return construct_array(values, list_length(rows), descriptor->tdtypeid, -1, false, TYPALIGN_DOUBLE);
}

bool can_be_set_aside(const ErrorData& error) {
  switch (ERRCODE_TO_CATEGORY(error.sqlerrcode)) {
    case ERRCODE_OPERATOR_INTERVENTION:
    case ERRCODE_INSUFFICIENT_RESOURCES:
    case ERRCODE_SYSTEM_ERROR:
    case ERRCODE_INTERNAL_ERROR: return false;
    default:
      return error.sqlerrcode != ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION &&
             error.sqlerrcode != ERRCODE_T_R_STATEMENT_COMPLETION_UNKNOWN;
  }
}

bool is_left_to_load(const ErrorData& error) {
  return ERRCODE_TO_CATEGORY(error.sqlerrcode) != ERRCODE_OPERATOR_INTERVENTION &&
         (raised_transient || can_be_set_aside(error));
}

HeapTuple outcome_of_set_aside(ArrayType* steps, const ErrorData& error) {
  const Step step = StepList(steps).at(0);
  if (is_unchanged(error)) {
    return outcome_row(outcome_descriptor(), {1, step.table_id, "table", step.source, step.target, "skipped", unchanged,
                                              error.message, nullptr, 0});
  }
  const char* line = error.context == nullptr ? "" : pnstrdup(error.context, std::strcspn(error.context, "\n"));
  const char* detail = error.detail == nullptr ? "" : error.detail;
  const char* hint = error.hint == nullptr ? "" : error.hint;
  StringInfoData said;
  initStringInfo(&said);
  for (const char* part : {shows_values(error) ? "" : detail, hint, line}) {
    if (*part != '\0') appendStringInfo(&said, "%s%s", said.len == 0 ? "" : " ", part);
  }
  const char* cells[] = {said.data, detail, hint};
  const char** rows[] = {cells};
  const Answer answer{rows, 1, lengthof(cells), nullptr, nullptr};
  return outcome_row(outcome_descriptor(), {1, step.table_id, "table", step.source, step.target, "failed", set_aside,
                                            error.message, &answer, 0});
}

}  // namespace mssql::pg
