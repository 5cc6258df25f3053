// What a worker of a run, and its keeper, does for the leader (workers.hpp).

#include <algorithm>
#include <cmath>
#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "background.hpp"
#include "chunks.hpp"
#include "moment.hpp"
#include "pg/host/boundary.hpp"
#include "pg/host/settings.hpp"
#include "pg/host/team.hpp"
#include "pg/remote/connection.hpp"
#include "rate.hpp"
#include "run.hpp"
#include "run_lock.hpp"
#include "table_steps.hpp"
#include "worker_requests.hpp"

namespace mssql::pg {

const char* message_of(const WorkersTask& task) {
  return psprintf("%s\n%u\n%d\n%d\n%g\n%g\n%g", task.schema, task.server, task.continues, task.one_moment,
                  task.retry_budget, task.max_rate, task.lock_timeout);
}

WorkersTask parse(const char* message) {
  const char* const end_of_schema = std::strchr(message, '\n');
  char* end = nullptr;
  WorkersTask task{};
  task.schema = pnstrdup(message, static_cast<Size>(end_of_schema - message));
  task.server = static_cast<Oid>(std::strtoul(end_of_schema + 1, &end, 10));
  task.continues = std::strtol(end + 1, &end, 10) != 0;
  task.one_moment = std::strtol(end + 1, &end, 10) != 0;
  task.retry_budget = std::strtod(end + 1, &end);
  task.max_rate = std::strtod(end + 1, &end);
  task.lock_timeout = std::strtod(end + 1, nullptr);
  return task;
}

namespace {

// ------------------------------------------------------------------------------------ the worker

WorkersTask own{};

struct Work {
  Request request;
  Datum work;
  const char* rest;
  MemoryContext context;
  int attempts;
  const char* failure;  // of the last attempt that failed; null: none has
  List* outcomes;

  ArrayType* steps() const { return reinterpret_cast<ArrayType*>(const_cast<char*>(rest)); }
  const char* source() const { return StepList(steps()).at(0).source; }
};

void show_table(const char* phase, const Work& work) {
  const Step step = StepList(work.steps()).at(0);
  const Share& share = work.request.share;
  show_progress(
      {phase, step.source, step.target, share.number, share.tables, share.chunk, share.chunk == 0 ? 0 : share.chunks});
}

struct TableLoad {
  Work* work;
  Part part;
  KnownRows known;
};

void execute_steps_of_table(void* argument) {
  const auto* load = static_cast<const TableLoad*>(argument);
  Work& work = *load->work;
  if (load->part == Part::end && load->known.hash != nullptr &&
      are_chunks_known(own.schema, run_of_workers(), work.work))
    raise_unchanged(load->known);
  work.outcomes =
      execute_table_steps(own.schema, work.steps(), load->part, work.request.share, work.context, load->known);
}

// Keeps what the table's outcome is instead of those of its steps.
bool is_left_alone(const ErrorData& error, void* argument) {
  if (!is_unchanged(error)) return false;
  auto* work = static_cast<const TableLoad*>(argument)->work;
  HeapTuple row = outcome_of_set_aside(work->steps(), error);
  MemoryContext old = MemoryContextSwitchTo(work->context);
  work->outcomes = list_make1(heap_copytuple(row));
  MemoryContextSwitchTo(old);
  return true;
}

// False: the rows are here already, and what has been loaded is gone. The transaction goes on, for
// at the source it may be the one in which all is read.
bool load_table(Work* work, Part part) {
  const KnownRows known = work->request.work_size > 0 ? known_rows(work->work) : KnownRows{};
  TableLoad load{work, part, known};
  if (known.hash == nullptr || part == Part::beginning || part == Part::chunk) {
    execute_steps_of_table(&load);
    return true;
  }
  return in_subtransaction(execute_steps_of_table, &load, is_left_alone);
}

void do_steps(void* argument) {
  auto* work = static_cast<Work*>(argument);
  const Request& request = work->request;
  const int settings = begin_run(own.server);
  const int held = hold_settings(false);
  const Part part = request.chunk.part;
  const bool goes_on = part == Part::chunk || part == Part::end;
  const KeyRange* range = goes_on ? range_of_chunk(own.schema, run_of_workers(), work->work, request.chunk) : nullptr;
  load_range(part == Part::chunk ? range : nullptr);
  if (load_table(work, part) && request.work_size > 0) {
    if (part == Part::beginning) show_table("bounds", *work);
    const Datum bounds = part == Part::beginning ? find_bounds(own.schema, work->source(), own.server, work->work) : 0;
    keep_chunk(own.schema, run_of_workers(), work->work,
               {request.chunk, work->attempts, work->failure, array_of_outcomes(work->outcomes), bounds});
  }
  release_settings(held);
  end_run(own.server, settings);
}

// The attempts at what a worker has been asked for.
struct Attempts {
  int made;
  TimestampTz give_up;  // 0: none has failed
  double pause_s;       // before the next one; 0: there is none
  bool sets_aside;      // the last one has failed, and the run goes on without the table
};
Attempts attempts{};

// Twice as long each time, up to a minute, and less by chance: many clients have met the same
// error.
double next_pause() {
  const double longest = std::min(60.0, std::ldexp(1.0, std::min(attempts.made - 1, 6)));
  return longest * (0.5 + 0.5 * static_cast<double>(random()) / RAND_MAX);
}

// Whether it is tried again instead of told.
bool may_pass(const ErrorData&) {
  const TimestampTz now = GetCurrentTimestamp();
  attempts.pause_s = 0;
  if (!raised_transient || own.retry_budget <= 0 || own.one_moment) return false;
  if (attempts.give_up == 0)
    attempts.give_up = TimestampTzPlusMilliseconds(now, static_cast<std::int64_t>(own.retry_budget * 1000));
  const double pause_s = next_pause();
  if (TimestampTzPlusMilliseconds(now, static_cast<std::int64_t>(pause_s * 1000)) >= attempts.give_up) return false;
  attempts.pause_s = pause_s;
  return true;
}

// What is not to end the run.
bool is_kept(const ErrorData& error) {
  if (may_pass(error)) return true;
  attempts.sets_aside = own.continues && can_be_set_aside(error);
  return attempts.sets_aside;
}

struct Failure {
  Work* work;
  const ErrorData* error;
  bool goes_on;  // the leader is there still
};

// And waits for the next one: in a transaction, so that others see that.
void tell_failure(void* argument) {
  auto* failure = static_cast<Failure*>(argument);
  const Share& share = failure->work->request.share;
  const char* chunk = share.chunk == 0 ? "" : psprintf(", chunk %d of %d,", share.chunk, share.chunks);
  say(true,
      psprintf("attempt %d at %s%s has failed, the next one is in %.1f s: %s", attempts.made, failure->work->source(),
               chunk, attempts.pause_s, failure->error->message),
      failure->error->detail, failure->error->hint);
  const int settings = begin_run(own.server);
  show_table("retry", *failure->work);
  failure->goes_on = pause(attempts.pause_s);
  end_run(own.server, settings);
}

void tell_end(void* argument) {
  const auto* failure = static_cast<const Failure*>(argument);
  HeapTuple row = outcome_of_set_aside(failure->work->steps(), *failure->error);
  MemoryContext old = MemoryContextSwitchTo(failure->work->context);
  failure->work->outcomes = list_make1(heap_copytuple(row));
  MemoryContextSwitchTo(old);
}

// False: it has failed, which the leader knows.
bool do_work(Work& work) {
  for (attempts = {};;) {
    work.attempts = ++attempts.made;
    attempts.pause_s = 0;
    raised_transient = false;
    const ErrorData* error = in_starters_transaction(do_steps, &work, work.request.work_size > 0 ? is_kept : nullptr);
    if (error == nullptr) return true;
    Failure failure{&work, error, false};
    if (attempts.sets_aside) return in_starters_transaction(tell_end, &failure) == nullptr;
    if (attempts.pause_s == 0) return false;
    work.failure = error->message;
    if (in_starters_transaction(tell_failure, &failure) != nullptr || !failure.goes_on) return false;
  }
}

// The transaction at the source in which all is read; 0: each table, or chunk, in one of its own.
int moments_transaction = 0;

void see_moment(void* argument) {
  moments_transaction = 0;
  const int settings = begin_run(own.server);
  show_progress({"moment", nullptr, nullptr, 0, 0});
  const bool sees = begin_moment(own.server, static_cast<const Work*>(argument)->work);
  if (sees) moments_transaction = transactions_begun();
  keep_reading(sees);
  end_run(own.server, settings);
}

void leave_moment(void*) {
  keep_reading(false);
  end_reading(own.server, GetUserId());
}

void look_at_moment(Work& work) {
  const bool begins = work.request.wanted == Wanted::begin_moment;
  raised_transient = false;
  const ErrorData* error = in_starters_transaction(begins ? see_moment : leave_moment, &work, is_left_to_load);
  if (error != nullptr && !is_left_to_load(*error)) return;
  const bool sees = error == nullptr && moments_transaction != 0 && transactions_begun() == moments_transaction;
  answer_part(reinterpret_cast<const char*>(&sees), sizeof(sees));
}

void work_on(Work& work) {
  if (run_of_workers() != work.request.run) {
    take_run(work.request.run);
    take_name_of(run_of_workers());
    begin_rate(own.max_rate, shared_number());
    limit_lock_waits(own.lock_timeout);
  }
  if (work.request.wanted != Wanted::steps) return look_at_moment(work);
  if (!do_work(work)) return;
  ListCell* cell = nullptr;
  foreach (cell, work.outcomes) {
    const auto* row = static_cast<HeapTuple>(lfirst(cell));
    answer_part(reinterpret_cast<const char*>(row->t_data), row->t_len);
  }
}

// ------------------------------------------------------------------------------------ the keeper

void hold(void*) { hold_run(run_of_workers()); }

void begin(void* argument) {
  take_run(begin_history(own.schema, static_cast<const Work*>(argument)->rest, leader_pid()));
  note_own_number(run_of_workers());
  hold_run(run_of_workers());
}

struct Taking {
  std::int64_t loaded_by;
  Datum work;
  bool waits;
  Takeover became;
};

void take(void* argument) {
  auto* taking = static_cast<Taking*>(argument);
  taking->became = take_over(own.schema, run_of_workers(), taking->loaded_by, taking->work, taking->waits);
}

// Who has a lock on one may have them on all: he is waited for once.
void take_over_for(const Work& work) {
  static bool waits = true;
  pgstat_report_activity(STATE_RUNNING, "/* mssql_fdw */ takes over what an earlier run has left");
  Taking taking{work.request.loaded_by, work.work, waits, Takeover::differs};
  const ErrorData* error = in_starters_transaction(take, &taking, [](const ErrorData&) { return true; });
  TakeoverAnswer answer{taking.became, ""};
  if (error != nullptr) {
    answer.became = error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ? Takeover::locked : Takeover::failed;
    put_text(answer.error, sizeof(answer.error), error->message);
  }
  waits = waits && answer.became != Takeover::locked;
  answer_part(reinterpret_cast<const char*>(&answer), sizeof(answer));
}

void begin_run_of(Work& work) {
  if (in_starters_transaction(begin, &work) != nullptr) return;
  take_name_of(run_of_workers());
  drop_all_leftovers(own.schema, work.rest, [](const ErrorData&) { return true; });  // the run does without
  const std::int64_t run = run_of_workers();
  answer_part(reinterpret_cast<const char*>(&run), sizeof(run));
}

void keep(Work& work) {
  if (work.request.run == 0) {
    begin_run_of(work);
  } else if (run_of_workers() != work.request.run) {
    take_run(work.request.run);
    take_name_of(run_of_workers());
    (void)in_starters_transaction(hold, nullptr);
  } else {
    take_over_for(work);
  }
}

// What a large table has left with malloc().
void return_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

void handle(const char* bytes, Size size) {
  MemoryContext context = AllocSetContextCreate(TopMemoryContext, "mssql_fdw request", ALLOCSET_DEFAULT_SIZES);
  MemoryContext old = MemoryContextSwitchTo(context);
  const char* message = static_cast<const char*>(std::memcpy(palloc(size), bytes, size));
  Work work{};
  std::memcpy(&work.request, message, sizeof(Request));
  work.work = PointerGetDatum(message + Request::work_at());
  work.rest = message + work.request.array_at();
  work.context = context;
  is_keeper() ? keep(work) : work_on(work);
  pgstat_report_activity(STATE_IDLE, nullptr);
  MemoryContextSwitchTo(old);
  MemoryContextDelete(context);
  return_memory();
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
  end_history(own.schema, run_of_workers(), error);
}

struct Leaving {
  bool keeps;
  bool more;
};

void leave(void* argument) {
  auto* leaving = static_cast<Leaving*>(argument);
  leaving->more = write_in_history(psprintf("SELECT %s._clean_up(" INT64_FORMAT ", %s)", own.schema, run_of_workers(),
                                            leaving->keeps ? "true" : "false")) > 0;
}

void drop_orphans(void* argument) {
  *static_cast<bool*>(argument) = write_in_history(psprintf("SELECT %s._discard_orphans()", own.schema)) > 0;
}

// Of what is others', who may go on making it, this much is dropped behind a run.
constexpr int most_batches = 10;

// What is written is written once: the run of a background worker has been ended by that.
void clean_up(TeamEnd end) {
  pgstat_report_activity(STATE_RUNNING, "/* mssql_fdw */ cleans up behind a run");
  wait_for_others();
  if (!end.committed) in_peace(write_end, &end);
  for (Leaving leaving{!end.committed && end.sqlstate != 0, true}; leaving.more;) {
    leaving.more = false;
    QueryCancelPending = false;
    (void)in_starters_transaction(leave, &leaving);  // not in peace: its lock_timeout is a cancel
  }
  bool more = true;
  for (int i = 0; more && i < most_batches; ++i) {
    more = false;
    QueryCancelPending = false;
    (void)in_starters_transaction(drop_orphans, &more);
  }
}

void work_for(Datum argument) {
  own = parse(join_team(argument));
  const TeamEnd end = serve_team(handle);
  if (end.cleans_up) clean_up(end);
}

}  // namespace

}  // namespace mssql::pg

extern "C" {

MSSQL_FDW_EXPORT void mssql_fdw_work_for_run(Datum argument) {
  mssql::pg::fence([&] { mssql::pg::work_for(argument); });
}
}
