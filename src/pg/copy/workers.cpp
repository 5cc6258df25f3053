#include "workers.hpp"

#include <algorithm>

#include "background.hpp"
#include "outcome.hpp"
#include "pg/host/boundary.hpp"
#include "pg/host/settings.hpp"
#include "pg/host/team.hpp"
#include "run.hpp"
#include "run_lock.hpp"
#include "run_now.hpp"

namespace mssql::pg {

namespace {

// The phases of a plan (src/sql/plan/tables.sql) that workers do.
constexpr int prepare_phase = 35;
constexpr int table_phase = 40;
constexpr int load_phase = 60;

// The leader's, as long as it has a team; a worker's since its first request.
std::int64_t number = 0;

// What a worker is asked for: behind it stand, aligned, the steps' numbers in the plan and the
// array of the steps; or, to begin the run's history, the call's arguments as SQL.
struct Request {
  std::int64_t run;  // 0: to be begun
  Share share;
  int nsteps;
  Size size;  // of the array, or of the text

  static Size numbers_at() { return MAXALIGN(sizeof(Request)); }
  Size array_at() const { return numbers_at() + MAXALIGN(sizeof(int) * static_cast<Size>(nsteps)); }
};

// What workers are told when they are started.
const char* message_of(const char* schema, Oid server) { return psprintf("%s\n%u", schema, server); }

// ------------------------------------------------------------------------------------ the leader

void ask_for(Team* team, int member, const Request& request, const int* numbers, const void* rest) {
  StringInfoData message;
  initStringInfo(&message);
  enlargeStringInfo(&message, static_cast<int>(request.array_at() + request.size));
  message.len = static_cast<int>(request.array_at() + request.size);
  std::memset(message.data, 0, request.array_at());
  std::memcpy(message.data, &request, sizeof(request));
  if (request.nsteps > 0)
    std::memcpy(message.data + Request::numbers_at(), numbers, sizeof(int) * static_cast<Size>(request.nsteps));
  std::memcpy(message.data + request.array_at(), rest, request.size);
  ask(team, member, message.data, static_cast<Size>(message.len));
  pfree(message.data);
}

std::int64_t ask_to_begin(Team* team, const char* arguments) {
  const Request request{0, {0, 0}, 0, std::strlen(arguments) + 1};
  ask_for(team, 0, request, nullptr, arguments);
  std::int64_t begun = 0;
  for (;;) {
    const TeamAnswer answer = next_answer(team);
    if (answer.done) return begun;
    std::memcpy(&begun, answer.bytes, sizeof(begun));
  }
}

// The leader's nesting level when the run began.
int level = 0;

void forget_run(XactEvent event, void*) {
  if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE) number = 0;
}

void forget_failed_run(SubXactEvent event, SubTransactionId, SubTransactionId, void*) {
  if (event == SUBXACT_EVENT_ABORT_SUB && GetCurrentTransactionNestLevel() <= level) number = 0;
}

void tell_missing(int started, int jobs) {
  const char* message = started == 0 ? "no background workers could be started: the run works alone"
                                     : psprintf("%d of %d background workers could be started", started, jobs);
  say(false, message, nullptr, "More may be allowed by max_worker_processes.");
}

// Ids of the tables, the largest first.
Datum tables_by_size(const char* schema, Datum model) {
  Oid types[] = {JSONBOID};
  MemoryContext context = CurrentMemoryContext;
  SPI_connect();
  if (SPI_execute_with_args(psprintf("SELECT %s._tables_by_size($1)", schema), 1, types, &model, nullptr, false, 1) !=
          SPI_OK_SELECT ||
      SPI_processed != 1) {
    elog(ERROR, "tables have no order");
  }
  const Datum ids = kept_value(context, 1);
  SPI_finish();
  return ids;
}

// ------------------------------------------------------------------------------------ the worker

const char* own_functions = nullptr;
Oid server_of_run = InvalidOid;

// Only its own part of the run is this process's.
class MembersTransaction : public CallersTransaction {
 public:
  using CallersTransaction::CallersTransaction;
  void claim() override {}
  void check_names() override {}
};

// Outcomes are told when they are committed.
class PendingOutcomes : public StepWitness {
 public:
  PendingOutcomes(MemoryContext context, const int* numbers)
      : context_(context), numbers_(numbers), descriptor_(outcome_descriptor()) {}

  void became(const Outcome& outcome) override {
    MemoryContext old = MemoryContextSwitchTo(context_);
    Outcome known = outcome;
    known.step = numbers_[outcome.step - 1] + 1;
    rows_ = lappend(rows_, outcome_row(descriptor_, known));
    MemoryContextSwitchTo(old);
  }
  void became(HeapTuple row) override { rows_ = lappend(rows_, row); }

  List* rows() const { return rows_; }

 private:
  MemoryContext context_;
  const int* numbers_;
  TupleDesc descriptor_;
  List* rows_ = NIL;
};

struct Work {
  Request request;
  const int* numbers;
  const char* rest;
  MemoryContext context;
  List* outcomes;
};

void begin_run_of(void* argument) {
  const auto* work = static_cast<const Work*>(argument);
  number = begin_history(own_functions, work->rest, leader_pid());
  note_own_number(number);
  hold_run(number);
}

void do_steps(void* argument) {
  auto* work = static_cast<Work*>(argument);
  const int settings = begin_run(server_of_run);
  const int held = hold_settings(false);
  auto* array = reinterpret_cast<ArrayType*>(const_cast<char*>(work->rest));
  MembersTransaction host(own_functions, 0, array);
  PendingOutcomes outcomes(work->context, work->numbers);
  execute_steps(StepList(array), own_functions, host, outcomes, &work->request.share);
  release_settings(held);
  end_run(server_of_run, settings);
  hold_run(number);  // code that was called may have said pg_advisory_unlock_all()
  work->outcomes = outcomes.rows();
}

void discard_leftovers(void*) { drop_leftovers(own_functions); }

void hold(void*) { hold_run(number); }

void take_up(std::int64_t run) {
  number = run;
  take_name_of(number);
  (void)in_starters_transaction(hold, nullptr);
}

void handle(const char* bytes, Size size) {
  MemoryContext context = AllocSetContextCreate(TopMemoryContext, "mssql_fdw request", ALLOCSET_DEFAULT_SIZES);
  MemoryContext old = MemoryContextSwitchTo(context);
  const char* message = static_cast<const char*>(std::memcpy(palloc(size), bytes, size));
  Work work{};
  std::memcpy(&work.request, message, sizeof(Request));
  work.numbers = reinterpret_cast<const int*>(message + Request::numbers_at());
  work.rest = message + work.request.array_at();
  work.context = context;
  const bool begins = work.request.run == 0;
  if (!begins && number != work.request.run) take_up(work.request.run);
  const bool goes_on = !begins || in_starters_transaction(discard_leftovers, nullptr) == nullptr;
  if (goes_on && in_starters_transaction(begins ? begin_run_of : do_steps, &work) == nullptr) {
    if (begins) {
      take_name_of(number);
      answer_part(reinterpret_cast<const char*>(&number), sizeof(number));
    }
    ListCell* cell = nullptr;
    foreach (cell, work.outcomes) {
      const auto* row = static_cast<HeapTuple>(lfirst(cell));
      answer_part(reinterpret_cast<const char*>(row->t_data), row->t_len);
    }
  }
  pgstat_report_activity(STATE_IDLE, nullptr);
  MemoryContextSwitchTo(old);
  MemoryContextDelete(context);
}

void discard(void*) {
  (void)write_in_history(psprintf("SELECT %s._discard_staging(" INT64_FORMAT ")", own_functions, number));
}

void write_end(void* argument) {
  const auto* end = static_cast<const TeamEnd*>(argument);
  ErrorData error{};
  error.sqlerrcode = end->sqlstate;
  error.message = const_cast<char*>(end->error);
  error.detail = const_cast<char*>(end->detail);
  error.hint = const_cast<char*>(end->hint);
  error.context = const_cast<char*>(end->context);
  if (end->sqlstate == 0) {
    error.sqlerrcode = ERRCODE_TRANSACTION_ROLLBACK;
    error.message = pstrdup("the transaction of the run was rolled back");
  }
  end_history(own_functions, number, error);
}

// What is written is written once: the run of a background worker has been ended by that.
void clean_up(TeamEnd end) {
  number = end.number;
  in_peace(hold, nullptr);
  wait_for_others();
  in_peace(write_end, &end);
  in_peace(discard, nullptr);
}

// It is history's owner's, so that it goes with the run whatever the user does, and the user may
// make tables in it, whatever rights he has on the database.
void make_staging_schema(const char* name) {
  const char* run = psprintf("replicate_" INT64_FORMAT, number);
  const Size length = std::strlen(run);
  if (number == 0 || std::strncmp(name, run, length) != 0 || (name[length] != '\0' && name[length] != '_'))
    elog(ERROR, "schema %s is not one of this run", name);
  (void)write_in_history(psprintf("SELECT %s._create_staging_schema(%s, %s, " INT64_FORMAT ")", own_functions,
                                  quote_literal_cstr(name), quote_literal_cstr(GetUserNameFromId(GetUserId(), false)),
                                  number));
}

void work_for(Datum argument) {
  const char* message = join_team(argument);
  const char* const end_of_schema = std::strchr(message, '\n');
  own_functions = pnstrdup(message, static_cast<Size>(end_of_schema - message));
  server_of_run = static_cast<Oid>(std::strtoul(end_of_schema + 1, nullptr, 10));
  const TeamEnd end = serve_team(handle);
  if (end.cleans_up) clean_up(end);
}

}  // namespace

void start_workers(const char* schema, Oid server, const char* arguments, int jobs) {
  if (IsolationUsesXactSnapshot()) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("background workers can load tables for a transaction at READ COMMITTED only"),
                    errhint("Begin another one, or use jobs => 0.")));
  }
  if (TransactionIdIsValid(GetTopTransactionIdIfAny())) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("background workers would not see what this transaction has changed"),
                    errhint("Commit before you call this, or use jobs => 0.")));
  }
  static bool registered = false;
  if (!std::exchange(registered, true)) {
    RegisterXactCallback(forget_run, nullptr);
    RegisterSubXactCallback(forget_failed_run, nullptr);
  }
  Team* team = start_team({"mssql_fdw_work_for_run", "mssql_fdw worker", message_of(schema, server)}, jobs);
  const int started = team == nullptr ? 0 : size_of(team);
  if (started < jobs) tell_missing(started, jobs);
  if (team == nullptr) return;
  level = GetCurrentTransactionNestLevel();
  number = background_run() != 0 ? background_run() : ask_to_begin(team, arguments);
  note_number(team, number);
  if (background_run() == 0) hold_run_now(number);
}

void end_run_of_workers() { number = 0; }

std::int64_t run_of_workers() { return number; }

Oid staging_namespace() { return get_namespace_oid(psprintf("replicate_" INT64_FORMAT, number), true); }

RunOfWorkers::RunOfWorkers(const char* schema, Datum model, ArrayType* array, const StepList& steps,
                           StepWitness& witness)
    : CallersTransaction(schema, model, array), list_(steps), witness_(witness), context_(CurrentMemoryContext) {}

// Those that are loaded, with all that makes them whole beside what is there.
bool RunOfWorkers::is_of_workers(const Step& step) const {
  return (step.phase == table_phase || step.phase == load_phase) && table_of(step.table_id) >= 0;
}

int RunOfWorkers::table_of(int table_id) const { return table_id > 0 && table_id < nids_ ? table_of_[table_id] : -1; }

void RunOfWorkers::find_tables() {
  Datum* ids = nullptr;
  bool* nulls = nullptr;
  deconstruct_array(DatumGetArrayTypeP(tables_by_size(schema_, model_)), INT4OID, sizeof(int32), true, TYPALIGN_INT,
                    &ids, &nulls, &ntables_);
  for (int i = 0; i < ntables_; ++i) nids_ = Max(nids_, DatumGetInt32(ids[i]) + 1);
  tables_ = static_cast<Table*>(palloc0(sizeof(Table) * static_cast<std::size_t>(ntables_ + 1)));
  table_of_ = static_cast<int*>(palloc(sizeof(int) * static_cast<std::size_t>(nids_ + 1)));
  std::fill(table_of_, table_of_ + nids_, -1);
  for (int i = 0; i < ntables_; ++i) {
    tables_[i].table_id = DatumGetInt32(ids[i]);
    table_of_[tables_[i].table_id] = i;
  }
}

void RunOfWorkers::find_steps() {
  int loads = 0;
  for (int i = 0; i < list_.count(); ++i) {
    const Step step = list_.at(i);
    if (!is_of_workers(step)) continue;
    Table& table = tables_[table_of(step.table_id)];
    if (std::strcmp(step.kind, "load") == 0) table.number = ++loads;
    const Size size = sizeof(int) * static_cast<Size>(table.nsteps + 1);
    table.steps = static_cast<int*>(table.steps == nullptr ? palloc(size) : repalloc(table.steps, size));
    table.steps[table.nsteps++] = i;
  }
}

void RunOfWorkers::find_work() {
  MemoryContext old = MemoryContextSwitchTo(context_);
  find_tables();
  find_steps();
  MemoryContextSwitchTo(old);
}

void RunOfWorkers::start(int member, const int* steps, int nsteps, int table) {
  const ArrayType* array = list_.select(steps, nsteps);
  const Request request{number, {table, ntables_}, nsteps, VARSIZE(array)};
  ask_for(present_team(), member, request, steps, array);
  ++working_;
}

void RunOfWorkers::take_answer() {
  const TeamAnswer answer = next_answer(present_team());
  if (answer.done) {
    --working_;
    return;
  }
  HeapTupleData row{};
  row.t_len = static_cast<uint32>(answer.size);
  row.t_data = static_cast<HeapTupleHeader>(std::memcpy(palloc(answer.size), answer.bytes, answer.size));
  ItemPointerSetInvalid(&row.t_self);
  witness_.became(&row);
}

void RunOfWorkers::prepare(int i) {
  show_progress({"staging schema", nullptr, nullptr, 0, 0});
  start(0, &i, 1, 0);
  while (working_ > 0) take_answer();
}

void RunOfWorkers::load_tables() {
  find_work();
  Team* team = present_team();
  show_progress({"workers", nullptr, nullptr, 0, ntables_});
  for (int next = 0; next < ntables_ || working_ > 0;) {
    for (int member = 0; member < size_of(team) && next < ntables_; ++member) {
      if (!is_idle(team, member)) continue;
      start(member, tables_[next].steps, tables_[next].nsteps, tables_[next].number);
      ++next;
    }
    take_answer();
  }
}

bool RunOfWorkers::done_elsewhere(const Step& step, int i) {
  if (step.phase == prepare_phase) {
    prepare(i);
    return true;
  }
  if (step.phase != table_phase && step.phase != load_phase) return false;
  if (!std::exchange(loaded_, true)) load_tables();
  return is_of_workers(step);
}

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// _make_staging_schema(name) RETURNS void; STRICT.
Datum mssql_fdw_make_staging_schema(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    begin_step();
    make_staging_schema(NameStr(*PG_GETARG_NAME(0)));
    end_step();
    PG_RETURN_VOID();
  });
}

// _drop_staging_schemas() RETURNS void: the run's.
Datum mssql_fdw_drop_staging_schemas(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    begin_step();
    if (in_run_of_workers())
      (void)write_in_history(
          psprintf("SELECT %s._discard_staging(" INT64_FORMAT ")", own_schema(fcinfo), run_of_workers()));
    end_step();
    PG_RETURN_VOID();
  });
}

// _drop_leftovers() RETURNS void
Datum mssql_fdw_drop_leftovers(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    drop_leftovers(own_schema(fcinfo));
    PG_RETURN_VOID();
  });
}

// _is_worked_on(run bigint) RETURNS boolean; STRICT.
Datum mssql_fdw_is_worked_on(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum { PG_RETURN_BOOL(is_held(PG_GETARG_INT64(0))); });
}

// _run_of_workers() RETURNS bigint
Datum mssql_fdw_run_of_workers(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    if (!in_run_of_workers()) PG_RETURN_NULL();
    PG_RETURN_INT64(run_of_workers());
  });
}

MSSQL_FDW_EXPORT void mssql_fdw_work_for_run(Datum argument) {
  mssql::pg::fence([&] { mssql::pg::work_for(argument); });
}
}
