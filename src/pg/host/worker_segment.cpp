#include "worker_segment.hpp"

#include "boundary.hpp"

namespace mssql::pg {

namespace {

// To be another one whenever what is shared means something else.
constexpr std::uint64_t layout = 0x6D737166'00000000 + 1 * 65536 + sizeof(Shared);

void set(const char* name, const char* value) {
  (void)set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SET, true, ERROR, false);
}

// What is the starter's statement's alone. His transaction may write, whatever his default says,
// and a worker has to see what others have committed.
void set_settings_of_workers() {
  for (const char* name : {"statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"}) {
    if (GetConfigOption(name, true, false) != nullptr) set(name, "0");
  }
  set("default_transaction_read_only", "off");
  set("default_transaction_isolation", "read committed");
}

Oid starters_user = InvalidOid;
int starters_context = 0;

struct Body {
  void (*body)(void*);
  void* argument;
};

void run_as_starter(void* argument) {
  const auto* body = static_cast<const Body*>(argument);
  SetUserIdAndSecContext(starters_user, starters_context);
  body->body(body->argument);
}

}  // namespace

dsm_segment* describe(const WorkerTask& task, Size rest) {
  const Size message_size = std::strlen(task.message) + 1;
  const Size settings_size = EstimateGUCStateSpace();
  dsm_segment* made = dsm_create(sizeof(Shared) + MAXALIGN(message_size) + MAXALIGN(settings_size) + rest, 0);
  auto* shared = new (dsm_segment_address(made)) Shared{};
  shared->layout = layout;
  shared->database = MyDatabaseId;
  shared->authenticated_user = GetAuthenticatedUserId();
  GetUserIdAndSecContext(&shared->user, &shared->security_context);
  shared->starter = MyProc;
  shared->starter_pid = MyProcPid;
  shared->message_size = message_size;
  shared->settings_size = settings_size;
  std::memcpy(shared->message(), task.message, message_size);
  SerializeGUCState(settings_size, shared->settings());
  return made;
}

BackgroundWorkerHandle* launch(const WorkerTask& task, dsm_segment* made) {
  BackgroundWorker worker{};
  worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
  worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
  worker.bgw_restart_time = BGW_NEVER_RESTART;
  worker.bgw_notify_pid = MyProcPid;
  worker.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(made));
  put_text(worker.bgw_library_name, sizeof(worker.bgw_library_name), "mssql_fdw");
  put_text(worker.bgw_function_name, sizeof(worker.bgw_function_name), task.entry);
  put_text(worker.bgw_name, sizeof(worker.bgw_name), task.name);
  put_text(worker.bgw_type, sizeof(worker.bgw_type), task.name);
  BackgroundWorkerHandle* handle = nullptr;
  return RegisterDynamicBackgroundWorker(&worker, &handle) ? handle : nullptr;
}

void put_text(char* target, Size room, const char* text) {
  const int length =
      text == nullptr ? 0 : pg_mbcliplen(text, static_cast<int>(std::strlen(text)), static_cast<int>(room) - 1);
  if (length > 0) std::memcpy(target, text, static_cast<Size>(length));
  target[length] = '\0';
}

void put_error(Shared* shared, const ErrorData& error) {
  shared->sqlstate = error.sqlerrcode;
  put_text(shared->error, sizeof(shared->error), error.message);
  put_text(shared->detail, sizeof(shared->detail), error.detail);
  put_text(shared->hint, sizeof(shared->hint), error.hint);
  put_text(shared->context, sizeof(shared->context), error.context);
}

dsm_segment* attach_to(Datum argument) {
  pqsignal(SIGTERM, die);
  BackgroundWorkerUnblockSignals();
  CurrentResourceOwner = ResourceOwnerCreate(nullptr, "mssql_fdw worker");
  dsm_segment* segment = dsm_attach(DatumGetUInt32(argument));
  if (segment == nullptr) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("who started this worker has gone")));
  }
  dsm_pin_mapping(segment);
  Shared* shared = shared_of(segment);
  if (shared->layout != layout) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("the library has been replaced since the session began that started this worker"),
                    errhint("Connect again.")));
  }
  shared->worker_pid = MyProcPid;
  return segment;
}

const char* connect_as_starter(dsm_segment* segment) {
  Shared* shared = shared_of(segment);
  MemoryContextSwitchTo(TopMemoryContext);
  const char* message = pstrdup(shared->message());
  // Before the first lock, as a parallel worker does it.
  if (shared->joins_locks && !BecomeLockGroupMember(shared->starter, shared->starter_pid)) proc_exit(0);
  BackgroundWorkerInitializeConnectionByOid(shared->database, shared->authenticated_user, 0);
  StartTransactionCommand();
  RestoreGUCState(shared->settings());
  set_settings_of_workers();
  CommitTransactionCommand();
  // What it says goes to the log or to who has started it, never to a client.
  SetClientEncoding(GetDatabaseEncoding());
  starters_user = shared->user;
  starters_context = shared->security_context;
  MemoryContextSwitchTo(TopMemoryContext);
  return message;
}

// Deferred triggers are to run as he, too, so the user is his until the transaction has ended, and
// not before it begins, which PostgreSQL does not expect.
ErrorData* in_starters_transaction(void (*body)(void*), void* argument, bool (*is_quiet)(const ErrorData&)) {
  Oid user = InvalidOid;
  int context = 0;
  GetUserIdAndSecContext(&user, &context);
  Body as_starter{body, argument};
  ErrorData* error = in_transaction(run_as_starter, &as_starter, is_quiet);
  SetUserIdAndSecContext(user, context);
  return error;
}

void in_peace(void (*body)(void*), void* argument) {
  const uint32 before = QueryCancelHoldoffCount;
  HOLD_CANCEL_INTERRUPTS();
  (void)in_starters_transaction(body, argument);
  QueryCancelHoldoffCount = before;  // an error has set it to 0
}

}  // namespace mssql::pg
