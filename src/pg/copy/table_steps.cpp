#include "table_steps.hpp"

#include "run.hpp"

namespace mssql::pg {

namespace {

// Nothing but its own part of the run is done here.
class TableHost : public CallersTransaction {
 public:
  TableHost(const char* schema, ArrayType* array, const StepList& steps, Part part)
      : CallersTransaction(schema, 0, array), list_(steps), part_(part) {}

  int next(int i) override {
    if (part_ == Part::whole) return i;
    while (i < list_.count() && part_of(list_.at(i)) != part_) ++i;
    return i;
  }
  void claim() override {}
  void check_names() override {}

 private:
  const StepList& list_;
  Part part_;
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

List* execute_table_steps(const char* schema, ArrayType* steps, Part part, const Share& share, MemoryContext context) {
  const StepList list(steps);
  TableHost host(schema, steps, list, part);
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
