#include "worker.hpp"

#include <atomic>

namespace mssql::pg {

namespace {

enum class Answer : int { none, begun, failed };

// In shared memory, as long as starter or worker has it mapped; behind it stand the message and the
// settings.
struct Shared {
  Oid database;
  Oid authenticated_user;
  Oid user;
  int security_context;
  PGPROC* starter;
  std::atomic<int> answer;
  std::int64_t number;
  int sqlstate;
  char error[1024];
  char detail[1024];
  char hint[1024];
  Size message_size;
  Size settings_size;

  char* message() { return reinterpret_cast<char*>(this + 1); }
  char* settings() { return message() + MAXALIGN(message_size); }
};
static_assert(std::atomic<int>::is_always_lock_free);

// The worker's, as long as the starter waits.
dsm_segment* segment = nullptr;

Shared* shared_of(dsm_segment* mapped) { return static_cast<Shared*>(dsm_segment_address(mapped)); }

// What fits of it, in whole characters.
template <std::size_t Room>
void put(char (&target)[Room], const char* text) {
  const int length = text == nullptr ? 0 : pg_mbcliplen(text, static_cast<int>(std::strlen(text)), Room - 1);
  if (length > 0) std::memcpy(target, text, static_cast<Size>(length));
  target[length] = '\0';
}

dsm_segment* describe(const WorkerTask& task) {
  const Size message_size = std::strlen(task.message) + 1;
  const Size settings_size = EstimateGUCStateSpace();
  dsm_segment* made = dsm_create(sizeof(Shared) + MAXALIGN(message_size) + settings_size, 0);
  auto* shared = new (dsm_segment_address(made)) Shared{};
  shared->database = MyDatabaseId;
  shared->authenticated_user = GetAuthenticatedUserId();
  GetUserIdAndSecContext(&shared->user, &shared->security_context);
  shared->starter = MyProc;
  shared->message_size = message_size;
  shared->settings_size = settings_size;
  std::memcpy(shared->message(), task.message, message_size);
  SerializeGUCState(settings_size, shared->settings());
  return made;
}

[[noreturn]] void raise_no_room() {
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES), errmsg("could not start a background worker"),
                  errhint("More may be allowed by max_worker_processes.")));
  pg_unreachable();
}

BackgroundWorkerHandle* launch(const WorkerTask& task, dsm_segment* made) {
  BackgroundWorker worker{};
  worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
  worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
  worker.bgw_restart_time = BGW_NEVER_RESTART;
  worker.bgw_notify_pid = MyProcPid;
  worker.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(made));
  put(worker.bgw_library_name, "mssql_fdw");
  put(worker.bgw_function_name, task.entry);
  put(worker.bgw_name, task.name);
  put(worker.bgw_type, task.name);
  BackgroundWorkerHandle* handle = nullptr;
  if (!RegisterDynamicBackgroundWorker(&worker, &handle)) raise_no_room();
  return handle;
}

Answer answer_of(Shared* shared) { return static_cast<Answer>(shared->answer.load()); }

[[noreturn]] void raise(const Shared& shared) {
  ereport(ERROR, (errcode(shared.sqlstate), errmsg_internal("%s", shared.error),
                  shared.detail[0] != '\0' ? errdetail_internal("%s", shared.detail) : 0,
                  shared.hint[0] != '\0' ? errhint("%s", shared.hint) : 0));
  pg_unreachable();
}

void answer(Answer what) {
  Shared* shared = shared_of(segment);
  shared->answer.store(static_cast<int>(what));
  SetLatch(&shared->starter->procLatch);
  dsm_detach(std::exchange(segment, nullptr));
}

}  // namespace

std::int64_t start_worker(const WorkerTask& task) {
  dsm_segment* made = describe(task);
  Shared* shared = shared_of(made);
  BackgroundWorkerHandle* handle = launch(task, made);
  pid_t pid = 0;
  for (bool ended = false; answer_of(shared) == Answer::none;) {
    if (ended) {
      ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("background worker ended before it began"),
                      errhint("The server's log says why.")));
    }
    ended = GetBackgroundWorkerPid(handle, &pid) == BGWH_STOPPED;
    if (ended) continue;  // it may have answered meanwhile
    (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 100, PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
  }
  if (answer_of(shared) == Answer::failed) raise(*shared);
  const std::int64_t number = shared->number;
  dsm_detach(made);
  return number;
}

bool is_worker(int pid) {
  const PGPROC* process = BackendPidGetProc(pid);
  if (process == nullptr || process->databaseId != MyDatabaseId) return false;
#if PG_VERSION_NUM >= 180000
  return !process->isRegularBackend;
#else
  return process->isBackgroundWorker;
#endif
}

const char* open_task(Datum argument) {
  pqsignal(SIGTERM, die);
  pqsignal(SIGHUP, SignalHandlerForConfigReload);
  BackgroundWorkerUnblockSignals();
  CurrentResourceOwner = ResourceOwnerCreate(nullptr, "mssql_fdw worker");
  segment = dsm_attach(DatumGetUInt32(argument));
  if (segment == nullptr) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("who started this worker has gone")));
  }
  dsm_pin_mapping(segment);
  Shared* shared = shared_of(segment);
  MemoryContextSwitchTo(TopMemoryContext);
  const char* message = pstrdup(shared->message());
  BackgroundWorkerInitializeConnectionByOid(shared->database, shared->authenticated_user, 0);
  SetClientEncoding(GetDatabaseEncoding());
  StartTransactionCommand();
  RestoreGUCState(shared->settings());
  CommitTransactionCommand();
  SetUserIdAndSecContext(shared->user, shared->security_context);
  MemoryContextSwitchTo(TopMemoryContext);
  return message;
}

void answer_begun(std::int64_t number) {
  shared_of(segment)->number = number;
  answer(Answer::begun);
}

void answer_failed(const ErrorData& error) {
  Shared* shared = shared_of(segment);
  shared->sqlstate = error.sqlerrcode;
  put(shared->error, error.message);
  put(shared->detail, error.detail);
  put(shared->hint, error.hint);
  answer(Answer::failed);
}

}  // namespace mssql::pg
