// _execute(): the steps of a plan, and a row for what became of each.

#include "pg/copy/outcome.hpp"
#include "pg/copy/run.hpp"
#include "pg/copy/run_now.hpp"
#include "pg/copy/workers.hpp"
#include "pg/host/boundary.hpp"
#include "pg/host/team.hpp"
#include "result_rows.hpp"

namespace mssql::pg {

namespace {

// The outcomes as rows of replicate._outcome.
class OutcomeRows : public StepWitness {
 public:
  OutcomeRows(Tuplestorestate* rows, TupleDesc descriptor) : rows_(rows), descriptor_(descriptor) {}

  void became(const Outcome& outcome) override { tuplestore_puttuple(rows_, outcome_row(descriptor_, outcome)); }
  void became(HeapTuple row) override { tuplestore_puttuple(rows_, row); }

 private:
  Tuplestorestate* rows_;
  TupleDesc descriptor_;
};

// Whoever could call it meanwhile would have the workers do what he likes.
void check_is_run_itself() {
  if (is_run_itself() && present_team() != nullptr) return;
  ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE), errmsg("steps cannot be executed by code that a run calls")));
}

Datum execute(FunctionCallInfo fcinfo) {
  ReturnSetInfo* result = materialized_result(fcinfo);
  Tuplestorestate* rows = begin_result(result, result_descriptor(fcinfo));
  ArrayType* steps = PG_GETARG_ARRAYTYPE_P(1);
  const char* schema = own_schema(fcinfo);
  StepList list(steps);
  OutcomeRows witness(rows, result->setDesc);
  if (in_run_of_workers()) {
    check_is_run_itself();
    RunOfWorkers host(schema, PG_GETARG_DATUM(0), steps, list, witness);
    execute_steps(list, schema, host, witness);
  } else {
    CallersTransaction host(schema, PG_GETARG_DATUM(0), steps);
    execute_steps(list, schema, host, witness);
  }
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
