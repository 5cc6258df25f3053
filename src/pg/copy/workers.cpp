#include "workers.hpp"

#include <algorithm>

#include "background.hpp"
#include "chunks.hpp"
#include "model.hpp"
#include "pg/host/rows.hpp"
#include "run.hpp"
#include "run_lock.hpp"
#include "run_now.hpp"
#include "table_steps.hpp"
#include "worker_requests.hpp"

namespace mssql::pg {

namespace {

// The phases of a plan (src/sql/plan/tables.sql) that workers do.
constexpr int prepare_phase = 35;
constexpr int table_phase = 40;
constexpr int load_phase = 60;

// The leader's, as long as it has a team; a worker's since its first request.
std::int64_t number = 0;

const char* reason_of(const TakeoverAnswer& answer) {
  if (answer.became == Takeover::failed) return psprintf("Taking it over has failed: %s", answer.error);
  return answer.became == Takeover::locked ? "Somebody has a lock on it."
                                           : "Its rows have been changed, or are another run's by now.";
}

// Of all workers.
WorkersTask task_of_run{};

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

// It is history's owner's, so that it goes with the run whatever the user does, and the user may
// make tables in it, whatever rights he has on the database.
void make_staging_schema(const char* schema, const char* name) {
  const char* run = psprintf("replicate_" INT64_FORMAT, number);
  const Size length = std::strlen(run);
  if (number == 0 || std::strncmp(name, run, length) != 0 || (name[length] != '\0' && name[length] != '_'))
    elog(ERROR, "schema %s is not one of this run", name);
  (void)write_in_history(psprintf("SELECT %s._create_staging_schema(%s, %s, " INT64_FORMAT ")", schema,
                                  quote_literal_cstr(name), quote_literal_cstr(GetUserNameFromId(GetUserId(), false)),
                                  number));
}

}  // namespace

void start_workers(const WorkersTask& task, const char* arguments, int jobs) {
  if (IsolationUsesXactSnapshot()) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("background workers can load tables for a transaction at READ COMMITTED only"),
                    errhint("Begin another one, or use jobs => 0.")));
  }
  if (TransactionIdIsValid(GetTopTransactionIdIfAny())) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("background workers would not see what this transaction has changed"),
                    errdetail("What was rolled back to a savepoint counts, too."),
                    errhint("Commit before you call this, or use jobs => 0.")));
  }
  static bool registered = false;
  if (!std::exchange(registered, true)) {
    RegisterXactCallback(forget_run, nullptr);
    RegisterSubXactCallback(forget_failed_run, nullptr);
  }
  Team* team = start_team({"mssql_fdw_work_for_run", "mssql_fdw worker", message_of(task)}, "mssql_fdw keeper", jobs);
  const int started = team == nullptr ? 0 : size_of(team);
  if (started < jobs) tell_missing(started, jobs);
  if (team == nullptr) return;
  level = GetCurrentTransactionNestLevel();
  task_of_run = task;
  number = background_run() != 0 ? background_run() : ask_to_begin(team, arguments);
  note_number(team, number);
  background_run() != 0 ? ask_to_take_up(team, number) : hold_run_now(number);
}

void end_run_of_workers() { number = 0; }

void take_run(std::int64_t run) { number = run; }
std::int64_t run_of_workers() { return number; }
bool is_worker() { return in_run_of_workers() && present_team() == nullptr; }

Oid staging_namespace() { return get_namespace_oid(psprintf("replicate_" INT64_FORMAT, number), true); }

RunOfWorkers::RunOfWorkers(const char* schema, Datum model, ArrayType* array, StepList& steps, StepWitness& witness)
    : CallersTransaction(schema, model, array),
      task_(task_of_run),
      list_(steps),
      witness_(witness),
      context_(CurrentMemoryContext),
      outcome_(outcome_descriptor()) {}

// Those that are loaded, with all that makes them whole beside what is there.
bool RunOfWorkers::is_of_workers(const Step& step) const {
  return (step.phase == table_phase || step.phase == load_phase) && table_of(step.table_id) >= 0;
}

int RunOfWorkers::table_of(int table_id) const { return table_id > 0 && table_id < nids_ ? table_of_[table_id] : -1; }

void RunOfWorkers::find_tables() {
  Oid types[] = {JSONBOID, get_array_type(ARR_ELEMTYPE(steps_)), INT4OID};
  Datum values[] = {model_, PointerGetDatum(steps_), Int32GetDatum(size_of(present_team()))};
  SPI_connect();
  if (SPI_execute_with_args(
          psprintf("SELECT w, w.table_id, w.code, w.source, w.chunks, w.rows, w.bytes FROM %s._work($1, $2, $3) AS w",
                   schema_),
          lengthof(types), types, values, nullptr, false, 0) != SPI_OK_SELECT)
    elog(ERROR, "tables have no order");
  MemoryContext old = MemoryContextSwitchTo(context_);
  tables_ = static_cast<Table*>(palloc0(sizeof(Table) * (SPI_processed + 1)));
  for (std::uint64_t i = 0; i < SPI_processed; ++i) {
    bool isnull = false;
    Table& table = tables_[ntables_++];
    const char* code = text_of(SPI_tuptable, i, 3);
    table.own = code != nullptr;
    if (table.own) {
      say(false, psprintf("%s is loaded by this session itself, for the %s", text_of(SPI_tuptable, i, 4), code),
          nullptr, nullptr);
    }
    table.work =
        PointerGetDatum(PG_DETOAST_DATUM_COPY(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull)));
    table.table_id = static_cast<int>(oid_of(SPI_tuptable, i, 2));
    table.chunks = static_cast<int>(oid_of(SPI_tuptable, i, 5));
    table.estimated_rows = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 6, &isnull));
    table.estimated_bytes = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 7, &isnull));
    nids_ = Max(nids_, table.table_id + 1);
  }
  table_of_ = static_cast<int*>(palloc(sizeof(int) * static_cast<std::size_t>(nids_ + 1)));
  std::fill(table_of_, table_of_ + nids_, -1);
  for (int i = 0; i < ntables_; ++i) table_of_[tables_[i].table_id] = i;
  MemoryContextSwitchTo(old);
  SPI_finish();
}

void RunOfWorkers::find_steps() {
  for (int i = 0; i < list_.count(); ++i) {
    const Step step = list_.at(i);
    const bool loads = std::strcmp(step.kind, "load") == 0;
    if (loads) ++nloads_;
    if (!is_of_workers(step)) continue;
    Table& table = tables_[table_of(step.table_id)];
    if (loads) {
      table.number = nloads_;
      table.source = step.source;
      table.target = step.target;
    }
    const Size size = sizeof(int) * static_cast<Size>(table.nsteps + 1);
    table.steps = static_cast<int*>(table.steps == nullptr ? palloc(size) : repalloc(table.steps, size));
    table.steps[table.nsteps++] = i;
  }
}

void RunOfWorkers::find_work() {
  MemoryContext old = MemoryContextSwitchTo(context_);
  find_tables();
  find_steps();
  if (!task_.one_moment) find_kept_tables();
  MemoryContextSwitchTo(old);
}

// What an earlier run has left of them.
void RunOfWorkers::find_kept_tables() {
  auto* work = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<std::size_t>(ntables_ + 1)));
  int count = 0;
  for (int i = 0; i < ntables_; ++i) {
    if (!tables_[i].own) work[count++] = tables_[i].work;
  }
  const KeptList found = find_kept(schema_, number, work, count);
  const char* hint = "options => '{\"resume\": false}' loads all anew.";
  for (int i = 0; i < found.count; ++i) {
    const Kept& kept = found.tables[i];
    Table& table = tables_[table_of(kept.table_id)];
    if (kept.outcomes == nullptr) {
      say(false, kept.message, kept.detail, nullptr);
      continue;
    }
    show_progress({"resume", table.source, table.target, table.number, nloads_});
    const TakeoverAnswer answer = ask_to_take_over(present_team(), number, kept.loaded_by, table.work);
    if (answer.became != Takeover::taken) {
      const char* taken = is_known(table) ? "read" : "loaded";
      say(false, psprintf("what an earlier run has left of %s is %s anew", table.source, taken), reason_of(answer),
          nullptr);
    } else {
      ++nresumed_;
      take_kept(&table, kept);
      tell_kept(&table, kept);
      say(false,
          psprintf("table %d of %d: %s -> %s: %s", table.number, nloads_, table.source, table.target, kept.message),
          nullptr, std::exchange(hint, nullptr));
    }
  }
}

// Its rows may be here already, which is seen when all of them have been read.
bool RunOfWorkers::is_known(const Table& table) { return known_rows(table.work).hash != nullptr; }

// It is there, and chunks of it may be loaded.
void RunOfWorkers::begin_chunks(Table* table, int chunks) {
  table->stage = Stage::loading;
  table->chunks = table->open = chunks;
  table->next = 1;
  table->began = GetCurrentTimestamp();
  table->loaded = static_cast<bool*>(MemoryContextAllocZero(context_, sizeof(bool) * static_cast<Size>(chunks + 1)));
}

void RunOfWorkers::take_kept(Table* table, const Kept& kept) {
  table->stage = Stage::done;
  if (kept.chunks == 0) return;
  begin_chunks(table, kept.chunks);
  Datum* numbers = nullptr;
  int count = 0;
  deconstruct_array(kept.loaded, INT4OID, sizeof(int32), true, TYPALIGN_INT, &numbers, nullptr, &count);
  for (int i = 0; i < count; ++i) {
    const int chunk = DatumGetInt32(numbers[i]);
    if (chunk < 1 || chunk > table->chunks || table->loaded[chunk])
      elog(ERROR, "chunk %d of %d of %s is loaded", chunk, table->chunks, table->source);
    table->loaded[chunk] = true;
    --table->open;
  }
}

void RunOfWorkers::start(int member, const Asked& asked) {
  const ArrayType* array = list_.select(asked.steps, asked.nsteps);
  const Table* table = asked.table;
  const void* work = table == nullptr ? nullptr : DatumGetPointer(table->work);
  Request request{};
  request.run = number;
  request.chunk = asked.chunk;
  request.share = {table == nullptr ? 0 : table->number, nloads_, asked.chunk.number,
                   table == nullptr ? 0 : table->chunks};
  request.work_size = work == nullptr ? 0 : VARSIZE_ANY(work);
  request.size = VARSIZE(array);
  if (asked_ == nullptr) {
    const Size size = sizeof(Asked) * static_cast<Size>(size_of(present_team()));
    asked_ = static_cast<Asked*>(MemoryContextAllocZero(context_, size));
  }
  asked_[member] = asked;
  ask_for(present_team(), member, request, work, array);
  ++working_;
}

// What comes next of the largest table that has something left to be asked for. False: none has
// now.
bool RunOfWorkers::start_next(int member) {
  for (Table* table = tables_; table < tables_ + ntables_; ++table) {
    Chunk chunk{Part::whole, 0};
    if (table->own) continue;
    if (table->stage == Stage::untouched) {
      if (table->chunks > 1) chunk.part = Part::beginning;
      table->stage = Stage::busy;
    } else if (table->stage == Stage::loading) {
      while (table->next <= table->chunks && table->loaded[table->next]) ++table->next;
      if (table->next <= table->chunks) {
        chunk = {Part::chunk, table->next++};
      } else if (table->open == 0) {
        chunk.part = Part::end;
        table->stage = Stage::busy;
      } else {
        continue;
      }
    } else {
      continue;
    }
    start(member, {table->steps, table->nsteps, table, chunk});
    return true;
  }
  return false;
}

void RunOfWorkers::became_done(const Asked& asked) {
  Table* table = asked.table;
  if (table == nullptr || table->stage == Stage::aside) return;
  switch (asked.chunk.part) {
    case Part::beginning: begin_chunks(table, count_chunks(schema_, number, table->work)); break;
    case Part::chunk:
      table->loaded[asked.chunk.number] = true;
      totals_.done_bytes += table->estimated_bytes / table->chunks;
      if (--table->open == 0 && !is_known(*table)) tell_chunks_loaded(*table);
      break;
    case Part::whole: totals_.done_bytes += table->estimated_bytes; [[fallthrough]];
    case Part::end:
      table->stage = Stage::done;
      if (asked.chunk.part == Part::end && is_known(*table)) tell_chunks_loaded(*table);
      break;
  }
  show_workers();
}

// The estimates, of what workers are to load.
void RunOfWorkers::count_totals() {
  totals_.began = told_ = GetCurrentTimestamp();
  for (const Table* table = tables_; table < tables_ + ntables_; ++table) {
    if (table->stage != Stage::done && !table->own) count_open(*table, 1);
  }
}

// `sign`: -1: not to be loaded any more.
void RunOfWorkers::count_open(const Table& table, int sign) {
  const auto open = [&](std::int64_t estimate) {
    return table.loaded == nullptr ? estimate : estimate / table.chunks * table.open;
  };
  totals_.estimated_rows += sign * open(table.estimated_rows);
  totals_.estimated_bytes += sign * open(table.estimated_bytes);
}

void RunOfWorkers::add_loaded(HeapTupleHeader outcome, Table* table) {
  const Amount loaded = loaded_by(outcome_, outcome);
  totals_.rows += loaded.rows;
  totals_.bytes += loaded.bytes;
  if (table == nullptr) return;
  table->rows += loaded.rows;
  table->bytes += loaded.bytes;
}

// One line for all of them: there may be thousands.
void RunOfWorkers::tell_chunks_loaded(const Table& table) {
  say(false,
      psprintf("table %d of %d: %s -> %s: %s, in chunks", table.number, nloads_, table.source, table.target,
               amount_of(schema_, table.rows, table.bytes, GetCurrentTimestamp() - table.began)),
      nullptr, nullptr);
}

void RunOfWorkers::show_workers() { show_progress({"workers", nullptr, nullptr, 0, nloads_}, &totals_); }

// What other sessions see in replicate.progress.
void RunOfWorkers::tell_progress(void* argument) {
  auto* run = static_cast<RunOfWorkers*>(argument);
  const TimestampTz now = GetCurrentTimestamp();
  if (now - run->told_ < tell_interval_us) return;
  run->told_ = now;
  const auto is_done = [](const Table& table) { return table.stage == Stage::done; };
  const auto done = std::count_if(run->tables_, run->tables_ + run->ntables_, is_done);
  pgstat_clear_backend_activity_snapshot();  // else they are as this transaction has seen them first
  SPI_connect();
  as_history_owner([&] {
    run_now(
        psprintf("SELECT p.message, p.detail FROM %s._workers_progress(%d) AS p", run->schema_, static_cast<int>(done)),
        0, nullptr, nullptr, 1);
  });
  if (SPI_processed > 0) say(false, text_of(SPI_tuptable, 0, 1), text_of(SPI_tuptable, 0, 2), nullptr);
  SPI_finish();
}

// What became of a step of a table: by its number, and the table's, in this plan. Of one that is
// aside, nothing more.
void RunOfWorkers::tell(HeapTupleHeader outcome, const Asked& asked) {
  enum { step, table_id, verb = 6, note, answer, count = 16 };
  if (asked.table != nullptr && asked.table->stage == Stage::aside) return;
  HeapTupleData row = tuple_of(outcome);
  Datum values[count];
  bool nulls[count];
  if (outcome_->natts > count) elog(ERROR, "an outcome has %d columns", outcome_->natts);
  heap_deform_tuple(&row, outcome_, values, nulls);
  const int at = DatumGetInt32(values[step]);
  if (at < 1 || at > asked.nsteps) elog(ERROR, "step %d of %d has an outcome", at, asked.nsteps);
  values[step] = Int32GetDatum(asked.steps[at - 1] + 1);
  if (!nulls[table_id]) values[table_id] = Int32GetDatum(asked.table == nullptr ? 0 : asked.table->table_id);
  const char* said = nulls[verb] ? "" : TextDatumGetCString(values[verb]);
  if (std::strcmp(said, set_aside) == 0)
    become_aside(asked.table, TextDatumGetCString(values[note]), DatumGetArrayTypeP(values[answer]));
  if (std::strcmp(said, unchanged) == 0) become_unchanged(asked.table, TextDatumGetCString(values[note]));
  witness_.became(heap_form_tuple(outcome_, values, nulls));
}

// What has failed for all tables is the run's failure. `told`: see outcome_of_set_aside().
void RunOfWorkers::become_aside(Table* table, const char* error, ArrayType* told) {
  if (!table->own) count_open(*table, -1);
  table->stage = Stage::aside;
  const TextList texts = text_list(told, "texts");
  const auto text = [&](int i) { return *texts.items[i] == '\0' ? nullptr : texts.items[i]; };
  say(true, psprintf("%s is set aside: %s", table->source, error), text(1), text(2));
  ++naside_;
  if (++nfailed_ < ntables_) return;
  ereport(ERROR, (errcode(ERRCODE_FDW_ERROR), errmsg("no table could be loaded"),
                  errdetail_internal("%s: %s", table->source, error)));
}

// The rest is planned without it, too.
void RunOfWorkers::become_unchanged(Table* table, const char* why) {
  count_open(*table, -1);
  table->stage = Stage::aside;
  table->same = true;
  ++naside_;
  say(false, psprintf("table %d of %d: %s -> %s: %s", table->number, nloads_, table->source, table->target, why),
      nullptr, nullptr);
}

void RunOfWorkers::tell_kept(Table* table, const Kept& kept) {
  Datum* rows = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(kept.outcomes, ARR_ELEMTYPE(kept.outcomes), -1, false, TYPALIGN_DOUBLE, &rows, &nulls, &count);
  const Asked asked{table->steps, table->nsteps, table, {Part::whole, 0}};
  Amount loaded{};
  for (int i = 0; i < count; ++i) {
    const HeapTupleHeader outcome = DatumGetHeapTupleHeader(rows[i]);
    const Amount part = loaded_by(outcome_, outcome);
    loaded = {loaded.rows + part.rows, loaded.bytes + part.bytes};
    tell(outcome, asked);
  }
  const char* cells[] = {psprintf(INT64_FORMAT, loaded.rows), psprintf(INT64_FORMAT, loaded.bytes)};
  const char** row = cells;
  const Answer answer{&row, 1, 2, nullptr, nullptr};
  witness_.became({table->steps[0] + 1, table->table_id, "resume", table->source, table->target, "done", nullptr,
                   kept.message, &answer, 0});
}

void RunOfWorkers::take_answer() {
  const TeamAnswer answer = next_answer(present_team(), totals_.began == 0 ? nullptr : tell_progress, this);
  const Asked& asked = asked_[answer.member];
  if (answer.done) {
    --working_;
    became_done(asked);
    return;
  }
  auto* outcome = static_cast<HeapTupleHeader>(std::memcpy(palloc(answer.size), answer.bytes, answer.size));
  add_loaded(outcome, asked.table);
  tell(outcome, asked);
}

void RunOfWorkers::prepare(int i) {
  show_progress({"staging schema", nullptr, nullptr, 0, 0});
  start(0, {&i, 1, nullptr, {Part::whole, 0}});
  while (working_ > 0) take_answer();
}

namespace {

struct OwnLoad {
  const char* schema;
  ArrayType* steps;
  Share share;
  MemoryContext context;
  List* outcomes;
};

void do_own_load(void* argument) {
  auto* load = static_cast<OwnLoad*>(argument);
  load->outcomes = execute_table_steps(load->schema, load->steps, Part::whole, load->share, load->context, {});
}

bool is_set_aside(const ErrorData& error, void* argument) {
  if (!can_be_set_aside(error) || ERRCODE_TO_CATEGORY(error.sqlerrcode) == ERRCODE_CONNECTION_EXCEPTION) return false;
  auto* load = static_cast<OwnLoad*>(argument);
  load->outcomes = list_make1(outcome_of_set_aside(load->steps, error));
  return true;
}

}  // namespace

bool RunOfWorkers::has_own() const {
  return std::any_of(tables_, tables_ + ntables_, [](const Table& table) { return table.own; });
}

void RunOfWorkers::load_own(Table* table) {
  OwnLoad load{schema_, list_.select(table->steps, table->nsteps), {table->number, nloads_, 0, 0}, context_, NIL};
  if (task_.continues) {
    (void)in_subtransaction(do_own_load, &load, is_set_aside);
  } else {
    do_own_load(&load);
  }
  const Asked asked{table->steps, table->nsteps, table, {Part::whole, 0}};
  ListCell* cell = nullptr;
  foreach (cell, load.outcomes) tell(static_cast<HeapTuple>(lfirst(cell))->t_data, asked);
  if (table->stage != Stage::aside) table->stage = Stage::done;
}

void RunOfWorkers::load_tables() {
  show_progress({"workers", nullptr, nullptr, 0, 0});
  find_work();
  show_progress({"moment", nullptr, nullptr, 0, nloads_});
  count_totals();
  begin_moments();
  Team* team = present_team();
  show_workers();
  for (bool more = ntables_ > 0; more;) {
    for (int member = 0; member < size_of(team) && more; ++member) more = !is_idle(team, member) || start_next(member);
    more = working_ > 0;
    if (more) take_answer();
  }
  for (Table* table = tables_; table < tables_ + ntables_; ++table) {
    if (table->own) load_own(table);
    if (table->stage != Stage::done && table->stage != Stage::aside)
      elog(ERROR, "%d of %d chunks of %s are open", table->open, table->chunks, table->source);
  }
  end_moments();
}

Datum RunOfWorkers::ids_of(bool (*is_meant)(const Table& table)) const {
  auto* ids = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<std::size_t>(ntables_ + 1)));
  int count = 0;
  for (const Table* table = tables_; table < tables_ + ntables_; ++table) {
    if (is_meant(*table)) ids[count++] = Int32GetDatum(table->table_id);
  }
  return PointerGetDatum(construct_array(ids, count, INT4OID, 4, true, TYPALIGN_INT));
}

// The plan is made again without the tables that are aside, for many of its steps are about several
// tables.
void RunOfWorkers::plan_rest() {
  Oid types[] = {JSONBOID, INT4ARRAYOID, INT4ARRAYOID};
  Datum values[] = {model_, ids_of([](const Table& table) { return table.stage == Stage::aside; }),
                    ids_of([](const Table& table) { return table.same; })};
  SPI_connect();
  if (SPI_execute_with_args(psprintf("SELECT ARRAY(SELECT t FROM %s._tables_without($1, $2) AS t), ($1 ->> "
                                     "'rows')::pg_catalog.int4, $1 || pg_catalog.jsonb_build_object('same', $3)",
                                     schema_),
                            lengthof(types), types, values, nullptr, false, 1) != SPI_OK_SELECT)
    elog(ERROR, "tables are not without others");
  replace_rows(static_cast<int>(oid_of(SPI_tuptable, 0, 2)), DatumGetArrayTypeP(kept_value(context_, 1)));
  values[0] = model_ = kept_value(context_, 3);
  if (SPI_execute_with_args(psprintf("SELECT ARRAY(SELECT s FROM %s._plan($1, $1 ->> 'verify') AS s)", schema_), 1,
                            types, values, nullptr, false, 1) != SPI_OK_SELECT)
    elog(ERROR, "there is no plan of the rest");
  MemoryContext old = MemoryContextSwitchTo(context_);
  steps_ = DatumGetArrayTypeP(kept_value(context_, 1));
  list_ = StepList(steps_);
  MemoryContextSwitchTo(old);
  SPI_finish();
}

int RunOfWorkers::first_table_step() const {
  int i = 0;
  while (i < list_.count() && list_.at(i).phase < table_phase) ++i;
  return i;
}

int RunOfWorkers::next(int i) {
  for (; i < list_.count(); ++i) {
    const Step step = list_.at(i);
    if (step.phase == prepare_phase) {
      prepare(i);
      continue;
    }
    if (step.phase != table_phase && step.phase != load_phase) break;
    if (!std::exchange(loaded_, true)) {
      load_tables();
      if (naside_ > 0) {
        plan_rest();
        return next(first_table_step());
      }
    }
    if (!is_of_workers(step)) break;
  }
  return i;
}

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// _make_staging_schema(name) RETURNS void; STRICT.
Datum mssql_fdw_make_staging_schema(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    begin_step();
    make_staging_schema(own_schema(fcinfo), NameStr(*PG_GETARG_NAME(0)));
    end_step();
    PG_RETURN_VOID();
  });
}

// _drop_staging_schemas() RETURNS void: the run's, where they are empty.
Datum mssql_fdw_drop_staging_schemas(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    begin_step();
    if (in_run_of_workers())
      (void)write_in_history(
          psprintf("SELECT %s._drop_empty_staging(" INT64_FORMAT ")", own_schema(fcinfo), run_of_workers()));
    end_step();
    PG_RETURN_VOID();
  });
}

// _is_worked_on(run bigint) RETURNS boolean; STRICT.
Datum mssql_fdw_is_worked_on(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum { PG_RETURN_BOOL(is_held(PG_GETARG_INT64(0))); });
}

// _workers() RETURNS int: how many this session leads.
Datum mssql_fdw_workers(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum { PG_RETURN_INT32(present_team() == nullptr ? 0 : size_of(present_team())); });
}

// _run_of_workers() RETURNS bigint
Datum mssql_fdw_run_of_workers(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    if (!in_run_of_workers()) PG_RETURN_NULL();
    PG_RETURN_INT64(run_of_workers());
  });
}
}
