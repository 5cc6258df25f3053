#include "background.hpp"

#include "pg/host/worker.hpp"
#include "run.hpp"
#include "run_lock.hpp"

namespace mssql::pg {

namespace {

std::int64_t number = 0;

// What a worker does, from the message that start_in_background() writes.
struct Work {
  char* schema;
  Oid server;
  char* arguments;
  const char* statement;
  ErrorData* error;
};

Work parse(const char* message) {
  Work work{};
  const char* const end_of_schema = std::strchr(message, '\n');
  const char* const end_of_server = std::strchr(end_of_schema + 1, '\n');
  work.schema = pnstrdup(message, static_cast<Size>(end_of_schema - message));
  work.server = static_cast<Oid>(std::strtoul(end_of_schema + 1, nullptr, 10));
  work.arguments = pstrdup(end_of_server + 1);
  return work;
}

void select(const char* sql) {
  SPI_connect();
  if (SPI_execute(sql, false, 0) != SPI_OK_SELECT) elog(ERROR, "query of our own failed");
  SPI_finish();
}

void begin(void* argument) {
  const auto* work = static_cast<const Work*>(argument);
  const ForeignServer* server = GetForeignServerExtended(work->server, FSV_MISSING_OK);
  if (server == nullptr) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("the server is not there for a background worker"),
                    errdetail("It was made in this transaction, or has been dropped."),
                    errhint("Commit before you call this.")));
  }
  lock_server(work->server, server->servername);
  number = begin_history(work->schema, work->arguments, MyProcPid);
  hold_run(number);
  take_name_of(number);
}

// Another run may have come between the transaction before and this one.
void run(void* argument) {
  hold_run_now(number);
  wait_for_server(static_cast<const Work*>(argument)->server);
  select(static_cast<const Work*>(argument)->statement);
}

void end_as_failed(void* argument) {
  const auto* work = static_cast<const Work*>(argument);
  const ErrorData& error = *work->error;
  end_history(work->schema, number, error);
}

// Who has called was told that it was cancelled.
ErrorData* not_awaited() {
  auto* error = static_cast<ErrorData*>(palloc0(sizeof(ErrorData)));
  error->sqlerrcode = ERRCODE_QUERY_CANCELED;
  error->message = pstrdup("canceled before it began, with the statement that called it");
  return error;
}

void show(const char* statement) {
  debug_query_string = statement;
  pgstat_report_activity(STATE_RUNNING, statement);
}

void work_on(Datum argument) {
  Work work = parse(open_task(argument));
  work.error = in_starters_transaction(begin, &work);
  if (work.error != nullptr) {
    (void)answer_failed(*work.error);
    return;
  }
  work.statement = psprintf("SELECT %s._replicate(%s)", work.schema, work.arguments);
  if (answer_begun(number)) {
    drop_all_leftovers(work.schema, work.arguments);  // who has called waits no more: he may be reading them
    show(psprintf("%s /* run " INT64_FORMAT " */", work.statement, number));
    work.error = in_starters_transaction(run, &work);
  } else {
    work.error = not_awaited();
  }
  if (work.error != nullptr) in_peace(end_as_failed, &work);
  pgstat_report_activity(STATE_IDLE, nullptr);
}

}  // namespace

const char* arguments_as_sql(FunctionCallInfo fcinfo) {
  StringInfoData sql;
  initStringInfo(&sql);
  for (int i = 0; i < PG_NARGS(); ++i) {
    const Oid type = get_fn_expr_argtype(fcinfo->flinfo, i);
    if (i > 0) appendStringInfoString(&sql, ", ");
    if (PG_ARGISNULL(i)) {
      appendStringInfo(&sql, "NULL::%s", format_type_be_qualified(type));
      continue;
    }
    Oid output = InvalidOid;
    bool is_varlena = false;
    getTypeOutputInfo(type, &output, &is_varlena);
    appendStringInfo(&sql, "%s::%s", quote_literal_cstr(OidOutputFunctionCall(output, PG_GETARG_DATUM(i))),
                     format_type_be_qualified(type));
  }
  return sql.data;
}

std::int64_t start_in_background(const char* schema, Oid server, const char* arguments) {
  const WorkerTask task{"mssql_fdw_run_in_background", "mssql_fdw run",
                        psprintf("%s\n%u\n%s", schema, server, arguments)};
  return start_worker(task);
}

std::int64_t background_run() { return number; }

}  // namespace mssql::pg

extern "C" {

// _has_died(run bigint) RETURNS boolean; STRICT: of one that works as far as the caller's
// snapshot knows.
Datum mssql_fdw_has_died(PG_FUNCTION_ARGS) {
  using namespace mssql::pg;
  return fence_private(
      [&]() -> Datum { PG_RETURN_BOOL(!is_held(PG_GETARG_INT64(0)) && is_running(PG_GETARG_INT64(0))); });
}

MSSQL_FDW_EXPORT void mssql_fdw_run_in_background(Datum argument) {
  mssql::pg::fence([&] { mssql::pg::work_on(argument); });
}
}
