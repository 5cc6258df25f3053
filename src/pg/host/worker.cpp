#include <csignal>

#include "worker_segment.hpp"

namespace mssql::pg {

namespace {

enum class Answer : int { none, begun, failed, not_awaited };

// The worker's, as long as the starter waits.
dsm_segment* segment = nullptr;

[[noreturn]] void raise_no_room() {
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES), errmsg("could not start a background worker"),
                  errhint("More may be allowed by max_worker_processes.")));
  pg_unreachable();
}

Answer answer_of(Shared* shared) { return static_cast<Answer>(shared->answer.load()); }

[[noreturn]] void raise(const Shared& shared) {
  ereport(ERROR, (errcode(shared.sqlstate), errmsg_internal("%s", shared.error),
                  shared.detail[0] != '\0' ? errdetail_internal("%s", shared.detail) : 0,
                  shared.hint[0] != '\0' ? errhint("%s", shared.hint) : 0));
  pg_unreachable();
}

// Whether it is the first.
bool set_answer(Shared* shared, Answer answer) {
  int none = static_cast<int>(Answer::none);
  return shared->answer.compare_exchange_strong(none, static_cast<int>(answer));
}

bool answer(Answer what) {
  Shared* shared = shared_of(segment);
  const bool is_awaited = set_answer(shared, what);
  if (is_awaited) SetLatch(&shared->starter->procLatch);
  dsm_detach(std::exchange(segment, nullptr));
  return is_awaited;
}

// The starter's segment goes, by an error or not.
void stop_waiting(dsm_segment* made, Datum) {
  Shared* shared = shared_of(made);
  if (set_answer(shared, Answer::not_awaited) && shared->worker_pid != 0) (void)kill(shared->worker_pid, SIGINT);
}

// Of a lock group PostgreSQL tells the leader.
void check_not_waited_for(int worker) {
  const int self = MyProc->lockGroupLeader == nullptr ? MyProcPid : MyProc->lockGroupLeader->pid;
  const Datum blocking = DirectFunctionCall1(pg_blocking_pids, Int32GetDatum(worker));
  Datum* pids = nullptr;
  int count = 0;
  deconstruct_array(DatumGetArrayTypeP(blocking), INT4OID, sizeof(int32), true, TYPALIGN_INT, &pids, nullptr, &count);
  for (int i = 0; i < count; ++i) {
    if (DatumGetInt32(pids[i]) != self) continue;
    ereport(ERROR, (errcode(ERRCODE_T_R_DEADLOCK_DETECTED), errmsg("background worker waits for this transaction"),
                    errhint("Commit before you call this.")));
  }
}

}  // namespace

std::int64_t start_worker(const WorkerTask& task) {
  dsm_segment* made = describe(task, 0);
  Shared* shared = shared_of(made);
  BackgroundWorkerHandle* handle = launch(task, made);
  if (handle == nullptr) raise_no_room();
  on_dsm_detach(made, stop_waiting, 0);
  pid_t pid = 0;
  for (bool ended = false; answer_of(shared) == Answer::none;) {
    if (ended) {
      ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("background worker ended before it began"),
                      errdetail("It could not connect as this session has."),
                      errhint("The server's log says why; the role may have lost LOGIN, or its right to connect.")));
    }
    ended = GetBackgroundWorkerPid(handle, &pid) == BGWH_STOPPED;
    if (ended) continue;  // it may have answered meanwhile
    (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 100, PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
    if (shared->worker_pid != 0) check_not_waited_for(shared->worker_pid);
  }
  if (answer_of(shared) == Answer::failed) raise(*shared);
  const std::int64_t number = shared->number;
  dsm_detach(made);
  return number;
}

const char* open_task(Datum argument) {
  segment = attach_to(argument);
  return connect_as_starter(segment);
}

bool answer_begun(std::int64_t number) {
  shared_of(segment)->number = number;
  return answer(Answer::begun);
}

bool answer_failed(const ErrorData& error) {
  put_error(shared_of(segment), error);
  return answer(Answer::failed);
}

}  // namespace mssql::pg
