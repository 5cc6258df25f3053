// Runs of replication. run.hpp says what for.
//
// _replicate() is C so that history is written by what happened and by nothing else: it calls the
// SQL that does the work, and writes down what that answers. The tables of history belong to the
// extension's owner and take no rows from anybody else, so they are written as that owner, by one
// constant statement.

#include "run.hpp"

#include <unistd.h>

#include <csignal>

#include "pg/host/settings.hpp"
#include "pg/host/team.hpp"
#include "pg/host/worker.hpp"
#include "pg/remote/connection.hpp"
#include "pg/remote/options.hpp"
#include "background.hpp"
#include "constraint_check.hpp"
#include "rate.hpp"
#include "run_lock.hpp"
#include "run_now.hpp"
#include "table_locks.hpp"
#include "workers.hpp"

namespace mssql::pg {

namespace {

// Between the beginning and the end of a run's call: the nesting level of the transaction that it
// began in, whose failure ends it, too. 0: none.
int run_level = 0;

// The same of what it is executing: a step, or a statement of one.
int step_level = 0;

// search_path of who has called the run, as long as that lasts.
const char* callers_path = nullptr;

void set_path(const char* path) {
  (void)set_config_option("search_path", path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, ERROR, false);
}

LOCKTAG server_lock(Oid server, std::uint16_t which) {
  LOCKTAG tag{};
  SET_LOCKTAG_OBJECT(tag, MyDatabaseId, ForeignServerRelationId, server, which);
  return tag;
}

void show_statement_again() {
  pgstat_report_activity(STATE_RUNNING, debug_query_string == nullptr ? "" : debug_query_string);
}

// What the run is at, since when, and when that was told.
struct Doing {
  const char* what;
  TimestampTz began;
  TimestampTz told;
};
Doing doing{};

void do_next(const Progress& progress) {
  const char* what =
      progress.source == nullptr ? progress.phase : psprintf("%s of %s", progress.phase, progress.source);
  const TimestampTz now = GetCurrentTimestamp();
  if (doing.what != nullptr) pfree(const_cast<char*>(doing.what));
  doing = {MemoryContextStrdup(TopTransactionContext, what), now, now};
}

void tell_wait(void*) {
  const TimestampTz now = GetCurrentTimestamp();
  if (is_worker() || doing.what == nullptr || now - doing.told < tell_interval_us) return;
  doing.told = now;
  say(false,
      psprintf("%s: waits for the source, after %.0f s", doing.what, static_cast<double>(now - doing.began) / 1e6),
      nullptr, nullptr);
}

void do_nothing() {
  run_level = 0;
  note_used_server(nullptr);
  doing = {};
  call_behind_waits(nullptr, nullptr);
}

void forget(XactEvent, void*) {
  do_nothing();
  step_level = 0;
}

void forget_failed(SubXactEvent event, SubTransactionId, SubTransactionId, void*) {
  if (event != SUBXACT_EVENT_ABORT_SUB) return;
  if (GetCurrentTransactionNestLevel() <= run_level) do_nothing();
  if (run_level != 0) tell_waits();  // what a load has said it by is gone
  if (GetCurrentTransactionNestLevel() <= step_level) step_level = 0;
}

// What the SQL that does the work answers.
struct Answer {
  Datum values[3];  // the run's row, the rows of its tables, what was lost, or loaded by earlier runs
  Oid types[3];
};

Answer work(FunctionCallInfo fcinfo, MemoryContext context) {
  constexpr int count = 10;
  Oid types[count] = {NAMEOID, NAMEOID, TEXTARRAYOID, TEXTARRAYOID, TEXTOID,
                      TEXTOID, INT4OID, INT8OID,      TEXTOID,      JSONBOID};
  Datum values[count];
  char nulls[count];
  for (int i = 0; i < count; ++i) {
    values[i] = PG_GETARG_DATUM(i);
    nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
  }
  const char* sql =
      psprintf("SELECT r.run, r.tables, r.losses FROM %s._run($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS r",
               own_schema(fcinfo));
  if (SPI_execute_with_args(sql, count, types, values, nulls, false, 1) != SPI_OK_SELECT || SPI_processed != 1) {
    elog(ERROR, "run has no result");
  }
  Answer answer{};
  for (int i = 0; i < 3; ++i) {
    answer.types[i] = SPI_gettypeid(SPI_tuptable->tupdesc, i + 1);
    answer.values[i] = kept_value(context, i + 1);
  }
  return answer;
}

// Runs one of our own functions that write; its answer.
std::int64_t write_as_owner(const char* sql, int nargs, Oid* types, Datum* values) {
  as_history_owner([&] {
    if (SPI_execute_with_args(sql, nargs, types, values, nullptr, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
      elog(ERROR, "history was not written");
  });
  bool isnull = false;
  return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

void say_closing_line(FunctionCallInfo fcinfo, const Answer& answer, std::int64_t id) {
  Oid types[] = {answer.types[0], answer.types[1], answer.types[2], INT8OID};
  Datum values[] = {answer.values[0], answer.values[1], answer.values[2], Int64GetDatum(id)};
  const char* schema = own_schema(fcinfo);
  const char* sql =
      psprintf("SELECT %s._say(false, %s._run_message($2, $3, pg_catalog.clock_timestamp() - ($1).started, $4))",
               schema, schema);
  if (SPI_execute_with_args(sql, lengthof(types), types, values, nullptr, false, 1) != SPI_OK_SELECT)
    elog(ERROR, "run has no closing line");
}

std::int64_t finish_history(const char* schema, std::int64_t run, const Answer& answer) {
  Oid types[] = {INT8OID, answer.types[0], answer.types[1]};
  Datum values[] = {Int64GetDatum(run), answer.values[0], answer.values[1]};
  return write_as_owner(psprintf("SELECT %s._finish_history($1, $2, $3)", schema), lengthof(types), types, values);
}

std::int64_t add_to_history(const char* schema, const Answer& answer) {
  Oid types[] = {answer.types[0], answer.types[1], NAMEOID};
  Datum values[] = {answer.values[0], answer.values[1],
                    DirectFunctionCall1(namein, CStringGetDatum(GetUserNameFromId(GetUserId(), false)))};
  return write_as_owner(psprintf("SELECT %s._write_history($1, $2, $3)", schema), lengthof(types), types, values);
}

std::int64_t write_history(FunctionCallInfo fcinfo, const Answer& answer) {
  const char* schema = own_schema(fcinfo);
  const std::int64_t begun = background_run() != 0 ? background_run() : run_of_workers();
  const std::int64_t id = begun != 0 ? finish_history(schema, begun, answer) : add_to_history(schema, answer);
  say_closing_line(fcinfo, answer, id);
  return id;
}

// Who could empty and fill the table anyway may call it a copy.
void check_may_claim(Oid target) {
  if (pg_class_aclmask(target, GetUserId(), ACL_INSERT | ACL_TRUNCATE, ACLMASK_ALL) == (ACL_INSERT | ACL_TRUNCATE))
    return;
  Relation relation = relation_open(target, AccessShareLock);
  check_owner(relation);
  relation_close(relation, AccessShareLock);
}

// _claim(server, source_schemas, source_names, targets); STRICT.
Datum claim(FunctionCallInfo fcinfo) {
  (void)find_server(NameStr(*PG_GETARG_NAME(0)));
  Datum* targets = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT, &targets, &nulls, &count);
  for (int i = 0; i < count; ++i) {
    if (!nulls[i]) check_may_claim(DatumGetObjectId(targets[i]));
  }
  Oid types[] = {NAMEOID, TEXTARRAYOID, TEXTARRAYOID, REGCLASSARRAYOID};
  Datum values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3)};
  SPI_connect();
  (void)write_as_owner(psprintf("SELECT %s._write_targets($1, $2, $3, $4)", own_schema(fcinfo)), lengthof(types), types,
                       values);
  SPI_finish();
  PG_RETURN_VOID();
}

// As pg_cancel_backend() has it, but for the role that the run is of: its process may have logged
// in as another one.
void check_may_signal(Oid role, const char* what) {
  if (has_privs_of_role(GetUserId(), role)) return;
  if (!superuser_arg(role) && has_privs_of_role(GetUserId(), ROLE_PG_SIGNAL_BACKEND)) return;
  const char* name = GetUserNameFromId(role, true);
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied to %s", what),
                  name == nullptr ? errhint("Its role has been dropped: a superuser may.")
                                  : errhint("It is of role \"%s\".", name)));
}

// _cancel(run bigint) RETURNS boolean; STRICT.
Datum cancel(FunctionCallInfo fcinfo) {
  Oid types[] = {INT8OID};
  Datum values[] = {PG_GETARG_DATUM(0)};
  SPI_connect();
  as_history_owner([&] {
    run_now(psprintf("SELECT w.role, w.pid FROM %s._process_of_run($1) AS w (role, pid)", own_schema(fcinfo)),
            lengthof(types), types, values, 1);
  });
  const bool found = SPI_processed > 0;
  const Oid role = found ? oid_of(SPI_tuptable, 0, 1) : InvalidOid;
  const int pid = found ? static_cast<int>(oid_of(SPI_tuptable, 0, 2)) : 0;
  SPI_finish();
  if (!found) PG_RETURN_BOOL(false);
  check_may_signal(role, "cancel the run");
  PG_RETURN_BOOL(kill(pid, SIGINT) == 0);
}

// Of what a run has left, by its number: InvalidOid where it is no role any more.
Oid role_of_run(std::int64_t run) {
  Oid types[] = {INT8OID};
  Datum values[] = {Int64GetDatum(run)};
  SPI_connect();
  as_history_owner([&] {
    run_now(
        "SELECT coalesce((SELECT pg_catalog.max(c.role) FROM replicate._chunks AS c WHERE c.kept_by "
        "OPERATOR(pg_catalog.=) $1), (SELECT o.oid FROM replicate._runs AS r JOIN pg_catalog.pg_roles AS o ON "
        "o.rolname OPERATOR(pg_catalog.=) r.role WHERE r.id OPERATOR(pg_catalog.=) $1))",
        lengthof(types), types, values, 1);
  });
  const Oid role = SPI_processed > 0 ? oid_of(SPI_tuptable, 0, 1) : InvalidOid;
  SPI_finish();
  return role;
}

// Objects that one call drops: each takes several locks.
constexpr int most_discarded = 500;

// _discard(run bigint) RETURNS boolean; STRICT.
Datum discard(FunctionCallInfo fcinfo) {
  PreventCommandIfReadOnly("replicate_discard()");
  const std::int64_t run = PG_GETARG_INT64(0);
  check_may_signal(role_of_run(run), "discard what the run has left");
  if (is_held(run)) {
    const bool running = is_running(run);
    ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
                    running ? errmsg("run " INT64_FORMAT " is at work", run)
                            : errmsg("run " INT64_FORMAT " has ended, and is being cleaned up behind", run),
                    running ? errhint("SELECT replicate_cancel(" INT64_FORMAT ") ends it.", run)
                            : errhint("Try again in a few seconds.")));
  }
  const std::int64_t dropped = write_in_history(
      psprintf("SELECT %s._discard_staging(" INT64_FORMAT ", %d)", own_schema(fcinfo), run, most_discarded));
  if (dropped >= most_discarded) {
    say(false, psprintf("run " INT64_FORMAT " has left more than can be dropped at once", run), nullptr,
        psprintf("SELECT replicate_discard(" INT64_FORMAT ") again, in a transaction of its own.", run));
  }
  PG_RETURN_BOOL(dropped > 0);
}

// Whether its options say {"wait": false}.
bool goes_on_alone(Jsonb* options) {
  JsonbValue value;
  return JB_ROOT_IS_OBJECT(options) && getKeyJsonValueFromContainer(&options->root, "wait", 4, &value) != nullptr &&
         value.type == jbvBool && !value.val.boolean;
}

// Code that PostgreSQL restricts (an index's function, say) must not begin what outlives it.
void check_may_start_workers() {
  PreventCommandIfReadOnly("replication");
  if (!InSecurityRestrictedOperation()) return;
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("cannot start background workers within security-restricted operation")));
}

// Its arguments are looked at here, for the error is the caller's.
Datum replicate_in_background(FunctionCallInfo fcinfo, Oid server) {
  check_may_start_workers();
  const char* schema = own_schema(fcinfo);
  const char* arguments = arguments_as_sql(fcinfo);
  MemoryContext context = CurrentMemoryContext;
  SPI_connect();
  if (SPI_execute(psprintf("SELECT %s._check_background(%s)", schema, arguments), false, 1) != SPI_OK_SELECT)
    elog(ERROR, "arguments were not checked");
  const std::int64_t number = start_in_background(schema, server, arguments);
  if (SPI_execute(psprintf("SELECT %s._begun(" INT64_FORMAT ")", schema, number), false, 1) != SPI_OK_SELECT ||
      SPI_processed != 1)
    elog(ERROR, "run in the background has no answer");
  const Datum answer = kept_value(context, 1);
  SPI_finish();
  return answer;
}

struct RunOptions {
  double retry_budget_s;
  double max_rate;        // bytes a second; 0: as fast as it can
  double lock_timeout_s;  // at the source; 0: none
  bool continues;         // without the tables that cannot be loaded
  bool one_moment;        // or else an error
};

// Of _replicate(); chunk_rows, verify and options follow it.
enum { jobs_argument = 6 };

// Wrong ones are to cost no workers.
RunOptions checked_options(FunctionCallInfo fcinfo) {
  Oid types[] = {INT4OID, INT8OID, TEXTOID, JSONBOID};
  Datum values[lengthof(types)];
  char nulls[lengthof(types)];
  for (int i = 0; i < static_cast<int>(lengthof(types)); ++i) {
    values[i] = PG_GETARG_DATUM(jobs_argument + i);
    nulls[i] = PG_ARGISNULL(jobs_argument + i) ? 'n' : ' ';
  }
  const char* schema = own_schema(fcinfo);
  SPI_connect();
  if (SPI_execute_with_args(
          psprintf("SELECT o.retry_budget, o.max_rate, o.source_lock_timeout, "
                   "o.on_error OPERATOR(pg_catalog.=) 'continue', o.consistency OPERATOR(pg_catalog.=) 'require', "
                   "%s._check_run_arguments($1, $2, $3) FROM pg_catalog.jsonb_to_record(%s._checked_options($4)) AS o "
                   "(retry_budget pg_catalog.float8, max_rate pg_catalog.float8, source_lock_timeout "
                   "pg_catalog.float8, on_error pg_catalog.text, consistency pg_catalog.text)",
                   schema, schema),
          lengthof(types), types, values, nulls, false, 1) != SPI_OK_SELECT ||
      SPI_processed != 1) {
    elog(ERROR, "arguments were not checked");
  }
  const auto number = [](int column) {
    bool isnull = false;
    return DatumGetFloat8(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &isnull));
  };
  const auto is = [](int column) {
    bool isnull = false;
    return DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &isnull));
  };
  const RunOptions options{number(1), number(2) * 1024 * 1024, number(3), is(4), is(5)};
  SPI_finish();
  return options;
}

struct Call {
  FunctionCallInfo fcinfo;
  MemoryContext context;
  Oid server;
  RunOptions options;
  bool reads;       // its transaction has read from the source before
  bool may_choose;  // how many workers it has, when it knows what there is to do
  Answer answer;
  Datum positions;  // replicate._positions[]; 0: none
  Oid positions_type;
};

// The one that is at work.
Call* present_call = nullptr;

// What its tables are copies of is the run's word, as history is.
void write_positions(const Call& call, std::int64_t id) {
  if (call.positions == 0) return;
  Oid types[] = {INT8OID, call.positions_type};
  Datum values[] = {Int64GetDatum(id), call.positions};
  (void)write_as_owner(psprintf("SELECT %s._write_positions($1, $2)", own_schema(call.fcinfo)), lengthof(types), types,
                       values);
}

// _note_positions(positions anyarray) RETURNS void; STRICT. By the run itself, for
// write_positions().
Datum note_positions(FunctionCallInfo fcinfo) {
  if (!is_run_itself() || present_call == nullptr) elog(ERROR, "there is no run whose positions these could be");
  MemoryContext old = MemoryContextSwitchTo(present_call->context);
  present_call->positions = PointerGetDatum(PG_GETARG_ARRAYTYPE_P_COPY(0));
  MemoryContextSwitchTo(old);
  present_call->positions_type = get_fn_expr_argtype(fcinfo->flinfo, 0);
  PG_RETURN_VOID();
}

// Others see what it waits for: that workers come, and who keeps history writes.
void start_workers_of(const Call& call, int jobs) {
  FunctionCallInfo fcinfo = call.fcinfo;
  const int settings = take_callers_path();
  show_progress({"workers", nullptr, nullptr, 0, 0});
  const RunOptions& options = call.options;
  const NullableDatum given = std::exchange(fcinfo->args[jobs_argument], {Int32GetDatum(jobs), false});
  const char* arguments = arguments_as_sql(fcinfo);
  fcinfo->args[jobs_argument] = given;
  start_workers({own_schema(fcinfo), call.server, options.retry_budget_s, options.max_rate, options.lock_timeout_s,
                 options.continues, options.one_moment, call.reads},
                arguments, jobs);
  show_progress({"catalog", nullptr, nullptr, 0, 0});
  release_settings(settings);
}

// Whether the call is a statement of its own, whose transaction nobody goes on with, and workers
// may be started for it.
bool is_by_itself() {
  return !IsTransactionBlock() && !IsSubTransaction() && !IsolationUsesXactSnapshot() && !XactReadOnly &&
         !TransactionIdIsValid(GetTopTransactionIdIfAny()) && !InSecurityRestrictedOperation();
}

bool may_choose_workers() {
  if (!in_run()) return is_by_itself();
  return is_run_itself() && present_call != nullptr && present_call->may_choose;
}

// _start_workers(jobs int) RETURNS void; STRICT. In a run that may choose.
Datum start_chosen_workers(FunctionCallInfo fcinfo) {
  if (!in_run() || !may_choose_workers()) elog(ERROR, "workers are not chosen here");
  present_call->may_choose = false;
  start_workers_of(*present_call, PG_GETARG_INT32(0));
  PG_RETURN_VOID();
}

void do_run(void* argument) {
  auto* call = static_cast<Call*>(argument);
  FunctionCallInfo fcinfo = call->fcinfo;
  call->reads = is_reading(call->server, GetUserId());
  call->may_choose = PG_ARGISNULL(jobs_argument) && is_by_itself();
  const int jobs = PG_ARGISNULL(jobs_argument) ? 0 : PG_GETARG_INT32(jobs_argument);
  const int settings = begin_run(call->server);
  if (jobs > 0) start_workers_of(*call, jobs);
  begin_rate(call->options.max_rate, nullptr);
  present_call = call;
  SPI_connect();
  call->answer = work(fcinfo, call->context);
  write_positions(*call, write_history(fcinfo, call->answer));
  SPI_finish();
  end_run(call->server, settings);
  end_run_of_workers();
  present_call = nullptr;
}

// The transaction's lock of a run goes with it, and code that the run has called may have released
// the session's: pg_advisory_unlock_all().
void note_failure(const ErrorData& error) {
  present_call = nullptr;
  if (present_team() != nullptr) note_error(present_team(), error);
  if (background_run() != 0) hold_run(background_run());
}

// _replicate(server, target_schema, include, exclude, only_table, on_existing, jobs, chunk_rows,
// verify, options). It has no SET clause, nor has what calls it: they would hide the caller's
// search_path.
Datum replicate(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(0)) ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("server must not be null")));
  ForeignServer* server = find_server(NameStr(*PG_GETARG_NAME(0)));
  if (background_run() == 0 && !PG_ARGISNULL(9) && goes_on_alone(PG_GETARG_JSONB_P(9)))
    return replicate_in_background(fcinfo, server->serverid);
  Call call{fcinfo, CurrentMemoryContext, server->serverid, {}, false, false, {}, 0, InvalidOid};
  lock_server(server->serverid, server->servername);
  if (!PG_ARGISNULL(jobs_argument) && PG_GETARG_INT32(jobs_argument) > 0) check_may_start_workers();
  call.options = checked_options(fcinfo);
  tell_error(do_run, &call, note_failure);
  return call.answer.values[1];
}

// Of the activity's text PostgreSQL shows the beginning: a list of many tables is left out, so that
// the rest can be read.
void append_word(StringInfo text, const char* word) {
  constexpr int behind = sizeof(", null, 2147483647, 2147483647, 2147483647, 2147483647] */");
  const int before = text->len;
  if (word != nullptr) escape_json(text, word);
  if (word != nullptr && text->len + behind <= pgstat_track_activity_query_size) return;
  text->len = before;
  appendStringInfoString(text, "null");
}

// The same of what a narrow text has no room for.
void append_totals(StringInfo text, const Totals& totals) {
  const int before = text->len;
  appendStringInfo(text, ", " INT64_FORMAT ", " INT64_FORMAT ", " INT64_FORMAT, totals.rows, totals.bytes,
                   totals.estimated_rows);
  appendStringInfo(text, ", " INT64_FORMAT ", " INT64_FORMAT ", " INT64_FORMAT, totals.estimated_bytes,
                   totals.done_bytes, totals.began);
  if (text->len + static_cast<int>(sizeof("] */")) > pgstat_track_activity_query_size) text->len = before;
}

}  // namespace

Oid history_owner() {
  const Oid runs = get_relname_relid("_runs", get_namespace_oid("replicate", false));
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(runs));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "table of runs is missing");
  const Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relowner;
  ReleaseSysCache(tuple);
  return owner;
}

int begin_run(Oid server) {
  static bool registered = false;
  if (!std::exchange(registered, true)) {
    RegisterXactCallback(forget, nullptr);
    RegisterSubXactCallback(forget_failed, nullptr);
  }
  if (run_level != 0)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE), errmsg("a run of replication cannot begin another one")));
  const LOCKTAG tag = server_lock(server, speaking_lock);
  (void)LockAcquire(&tag, ShareUpdateExclusiveLock, false, false);
  run_level = GetCurrentTransactionNestLevel();
  const ForeignServer* used = GetForeignServerExtended(server, FSV_MISSING_OK);
  note_used_server(used == nullptr ? nullptr : used->servername);
  callers_path = MemoryContextStrdup(TopTransactionContext, namespace_search_path);
  tell_waits();
  show_progress({"catalog", nullptr, nullptr, 0, 0});
  const int settings = NewGUCNestLevel();
  set_path("pg_catalog, pg_temp");
  prefer_lz4();
  bound_maintenance_work_mem();
  return settings;
}

void end_run(Oid server, int settings) {
  release_settings(settings);
  do_nothing();
  show_statement_again();
  const LOCKTAG tag = server_lock(server, speaking_lock);
  LockRelease(&tag, ShareUpdateExclusiveLock, false);
}

// The run that has the server, where history has it already; else 0.
static std::int64_t run_of_server(Oid server) {
  Oid types[] = {OIDOID};
  Datum values[] = {ObjectIdGetDatum(server)};
  SPI_connect();
  as_history_owner([&] {
    run_now(
        "SELECT r.id FROM replicate._runs AS r JOIN pg_catalog.pg_locks AS l ON l.pid OPERATOR(pg_catalog.=) r.pid "
        "WHERE r.status OPERATOR(pg_catalog.=) 'running' AND l.locktype OPERATOR(pg_catalog.=) 'object' "
        "AND l.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_foreign_server'::pg_catalog.regclass "
        "AND l.objid OPERATOR(pg_catalog.=) $1 AND l.objsubid OPERATOR(pg_catalog.=) 1 AND l.granted",
        lengthof(types), types, values, 1);
  });
  bool isnull = false;
  const std::int64_t run =
      SPI_processed == 0 ? 0 : DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
  SPI_finish();
  return run;
}

void lock_server(Oid server, const char* name) {
  PreventCommandIfReadOnly("replication");
  const LOCKTAG tag = server_lock(server, running_lock);
  if (LockAcquire(&tag, ShareUpdateExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL) return;
  const char* users = users_of(tag, ShareUpdateExclusiveLock);
  const std::int64_t run = run_of_server(server);
  const char* by = run == 0 ? "By process" : psprintf("By run " INT64_FORMAT ", process", run);
  const char* end = run == 0 ? "pg_cancel_backend()" : psprintf("SELECT replicate_cancel(" INT64_FORMAT ")", run);
  ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE), errmsg("server \"%s\" is being replicated by another session", name),
                  *users == '\0' ? 0 : errdetail("%s %s.", by, users),
                  errhint("replicate.progress shows the session and how far it is; %s ends it.", end)));
}

void wait_for_server(Oid server) {
  const LOCKTAG tag = server_lock(server, running_lock);
  (void)LockAcquire(&tag, ShareUpdateExclusiveLock, false, false);
}

std::int64_t write_in_history(const char* sql, int nargs, Oid* types, Datum* values) {
  SPI_connect();
  const std::int64_t number = write_as_owner(sql, nargs, types, values);
  SPI_finish();
  return number;
}

std::int64_t begin_history(const char* schema, const char* arguments, int pid) {
  return write_in_history(psprintf("SELECT %s._begin_history(%s, %s, %d)", schema,
                                   quote_literal_cstr(GetUserNameFromId(GetUserId(), false)), arguments, pid));
}

void take_name_of(std::int64_t run) {
  const char* name = psprintf("mssql_fdw run " INT64_FORMAT, run);
  (void)set_config_option("application_name", name, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SET, true, ERROR, false);
}

bool drop_leftovers(const char* schema, const char* arguments) {
  return write_in_history(psprintf("SELECT %s._discard_leftovers(%s, %s)", schema,
                                   quote_literal_cstr(GetUserNameFromId(GetUserId(), false)), arguments)) > 0;
}

void drop_all_leftovers(const char* schema, const char* arguments, bool (*is_quiet)(const ErrorData&)) {
  struct Leftovers {
    const char* schema;
    const char* arguments;
    bool more;
  } left{schema, arguments, true};
  const auto drop_some = [](void* argument) {
    auto* some = static_cast<Leftovers*>(argument);
    some->more = drop_leftovers(some->schema, some->arguments);
  };
  while (left.more && in_starters_transaction(drop_some, &left, is_quiet) == nullptr) continue;
}

bool shows_values(const ErrorData& error) {
  const int category = ERRCODE_TO_CATEGORY(error.sqlerrcode);
  return category == ERRCODE_DATA_EXCEPTION || category == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION;
}

void end_history(const char* schema, std::int64_t run, const ErrorData& error) {
  const auto literal = [](const char* text) {
    return text == nullptr || *text == '\0' ? "NULL" : quote_literal_cstr(text);
  };
  (void)write_in_history(psprintf("SELECT %s._end_history(" INT64_FORMAT ", %s, %s, %s, %s, %s)", schema, run,
                                  literal(unpack_sql_state(error.sqlerrcode)), literal(error.message),
                                  literal(shows_values(error) ? nullptr : error.detail), literal(error.hint),
                                  literal(error.context)));
}

bool is_running(std::int64_t run) {
  Oid types[] = {INT8OID};
  Datum values[] = {Int64GetDatum(run)};
  SPI_connect();
  as_history_owner([&] {
    run_now(
        "SELECT FROM replicate._runs AS r WHERE r.id OPERATOR(pg_catalog.=) $1 AND r.status OPERATOR(pg_catalog.=) "
        "'running'",
        lengthof(types), types, values, 1);
  });
  const bool running = SPI_processed > 0;
  SPI_finish();
  return running;
}

bool in_run() { return run_level != 0 && !InSecurityRestrictedOperation(); }

bool is_run_itself() { return in_run() && step_level == 0; }

bool begin_statement() {
  if (run_level == 0 || step_level != 0) return false;
  step_level = GetCurrentTransactionNestLevel();
  return true;
}

void begin_step() {
  if (!in_run()) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("a step of replication cannot be called outside of a run"),
                    errhint("Use replicate_all() or replicate_table().")));
  }
  if (begin_statement()) return;
  ereport(ERROR,
          (errcode(ERRCODE_OBJECT_IN_USE), errmsg("a step of replication cannot be called by code that a run calls")));
}

void end_step() { step_level = 0; }

bool is_refusal(const ErrorData& error) {
  const int category = ERRCODE_TO_CATEGORY(error.sqlerrcode);
  return !raised_transient &&
         (category == ERRCODE_FDW_ERROR || category == ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION ||
          category == ERRCODE_DATA_EXCEPTION || category == ERRCODE_FEATURE_NOT_SUPPORTED);
}

int take_callers_path() {
  const int level = NewGUCNestLevel();
  if (run_level != 0) set_path(callers_path);
  return level;
}

void tell_waits(void (*tell)(void*), void* argument) {
  call_behind_waits(tell == nullptr ? tell_wait : tell, argument);
}

void show_progress(const Progress& progress, const Totals* totals) {
  if (run_level == 0) return;
  do_next(progress);
  StringInfoData text;
  initStringInfo(&text);
  appendStringInfoString(&text, "/* mssql_fdw: [");
  escape_json(&text, progress.phase);
  for (const char* name : {progress.source, progress.target}) {
    appendStringInfoString(&text, ", ");
    append_word(&text, name);
  }
  appendStringInfo(&text, ", %d, %d, %d, %d", progress.table, progress.tables, progress.chunk, progress.chunks);
  if (totals != nullptr) append_totals(&text, *totals);
  appendStringInfo(&text, "] */ %s", debug_query_string == nullptr ? "" : debug_query_string);
  pgstat_report_activity(STATE_RUNNING, text.data);
  pfree(text.data);
}

void say(bool warning, const char* message, const char* detail, const char* hint) {
  ereport(warning ? WARNING : NOTICE, (errmsg_internal("%s", for_client(message)),
                                       detail != nullptr ? errdetail_internal("%s", for_client(detail)) : 0,
                                       hint != nullptr ? errhint("%s", for_client(hint)) : 0));
}

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

Datum mssql_fdw_replicate(PG_FUNCTION_ARGS) {
  return fence_private([&] { return replicate(fcinfo); });
}

Datum mssql_fdw_note_positions(PG_FUNCTION_ARGS) {
  return fence_private([&] { return note_positions(fcinfo); });
}

Datum mssql_fdw_start_workers(PG_FUNCTION_ARGS) {
  return fence_private([&] { return start_chosen_workers(fcinfo); });
}

// _may_choose_workers() RETURNS boolean: in a run, that one; else, of a call here.
Datum mssql_fdw_may_choose_workers(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  return fence_private([&]() -> Datum { PG_RETURN_BOOL(may_choose_workers()); });
}

// _processors() RETURNS int
Datum mssql_fdw_processors(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  return fence_private([&]() -> Datum { PG_RETURN_INT32(static_cast<int32>(sysconf(_SC_NPROCESSORS_ONLN))); });
}

Datum mssql_fdw_cancel(PG_FUNCTION_ARGS) {
  return fence_private([&] { return cancel(fcinfo); });
}

Datum mssql_fdw_discard(PG_FUNCTION_ARGS) {
  return fence_private([&] { return discard(fcinfo); });
}

// _drop_leftovers(...) RETURNS void; as _replicate().
Datum mssql_fdw_drop_leftovers(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    if (!in_run()) elog(ERROR, "leftovers are dropped by runs only");
    if (IsolationUsesXactSnapshot()) PG_RETURN_VOID();  // what is of use by now cannot be seen
    if (background_run() != 0) PG_RETURN_VOID();        // it might wait for the session that waits for it
    (void)drop_leftovers(own_schema(fcinfo), arguments_as_sql(fcinfo));
    PG_RETURN_VOID();
  });
}

Datum mssql_fdw_claim(PG_FUNCTION_ARGS) {
  return fence([&] { return claim(fcinfo); });
}

Datum mssql_fdw_lock_server(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    ForeignServer* server = find_server(NameStr(*PG_GETARG_NAME(0)));
    lock_server(server->serverid, server->servername);
    PG_RETURN_VOID();
  });
}
}
