#include "team.hpp"

#include <csignal>

#include "boundary.hpp"
#include "settings.hpp"
#include "worker_segment.hpp"

namespace mssql::pg {

namespace {

constexpr Size queue_size = 65536;

enum class End : int { none, committed, aborted };

// Message types: PostgreSQL's for what is said, and ours.
constexpr int notice = 78;
constexpr int error = 69;
constexpr char part_of_answer = 'd';
constexpr char end_of_answer = 'c';

shm_mq* requests_of(Shared* shared) { return reinterpret_cast<shm_mq*>(shared->rest()); }
shm_mq* answers_of(Shared* shared) { return reinterpret_cast<shm_mq*>(shared->rest() + queue_size); }

struct Member {
  BackgroundWorkerHandle* worker;
  dsm_segment* segment;
  shm_mq_handle* requests;
  shm_mq_handle* answers;
  bool busy;
};

}  // namespace

struct Team {
  int level;  // of the subtransaction whose abort ends it
  MemoryContext context;
  MemoryContext message;  // the one that next_answer() has answered
  Member keeper;
  int size;
  Member members[FLEXIBLE_ARRAY_MEMBER];
};

namespace {

Team* team = nullptr;

const Member& member_of(const Team* of, int number) { return number == keeper ? of->keeper : of->members[number]; }
Member& member_of(Team* of, int number) { return number == keeper ? of->keeper : of->members[number]; }

// `keepers`: the keeper's segment; 0: it is the keeper.
Member start_member(const WorkerTask& task, dsm_handle keepers) {
  Member member{};
  dsm_segment* made = describe(task, 2 * queue_size);
  Shared* shared = shared_of(made);
  shared->joins_locks = keepers != 0;
  shared->keepers = keepers;
  shm_mq* requests = shm_mq_create(shared->rest(), queue_size);
  shm_mq* answers = shm_mq_create(shared->rest() + queue_size, queue_size);
  shm_mq_set_sender(requests, MyProc);
  shm_mq_set_receiver(answers, MyProc);
  member.segment = made;
  member.requests = shm_mq_attach(requests, made, nullptr);
  member.answers = shm_mq_attach(answers, made, nullptr);
  member.worker = launch(task, made);
  if (member.worker == nullptr) {
    dsm_detach(made);
    return member;
  }
  shm_mq_set_handle(member.requests, member.worker);
  shm_mq_set_handle(member.answers, member.worker);
  dsm_pin_mapping(made);
  return member;
}

// Who works is told to stop.
void tell_end(Member& member, End end) {
  shared_of(member.segment)->answer.store(static_cast<int>(end));
  pid_t pid = 0;
  if (member.busy && GetBackgroundWorkerPid(member.worker, &pid) == BGWH_STARTED) (void)kill(pid, SIGINT);
}

bool is_at_work(const Member& member) {
  pid_t pid = 0;
  return shared_of(member.segment)->at_work.load() && GetBackgroundWorkerPid(member.worker, &pid) == BGWH_STARTED;
}

// The leader's locks are to be released, and its next statement to begin, when no member is in a
// transaction any more: the lock group would keep nothing apart. So it waits, as PostgreSQL does
// for its parallel workers; one that a cancel has not ended in five seconds is terminated.
void wait_for_idleness(const Team* ended) {
  const TimestampTz patience = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), 5000);
  for (int i = 0; i < ended->size; ++i) {
    bool terminated = false;
    while (is_at_work(ended->members[i])) {
      if (!terminated && GetCurrentTimestamp() >= patience) {
        TerminateBackgroundWorker(ended->members[i].worker);
        terminated = true;
      }
      (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 10, PG_WAIT_EXTENSION);
      ResetLatch(MyLatch);
    }
  }
}

// Those that have nothing to do see that the leader has gone.
void dismiss_team(End end) {
  Team* ended = std::exchange(team, nullptr);
  for (int i = 0; i < ended->size; ++i) tell_end(ended->members[i], end);
  wait_for_idleness(ended);
  if (ended->keeper.worker != nullptr) tell_end(ended->keeper, end);
  for (int i = 0; i < ended->size; ++i) dsm_detach(ended->members[i].segment);
  if (ended->keeper.worker != nullptr) dsm_detach(ended->keeper.segment);
  MemoryContextDelete(ended->context);
}

// An error that ends the session goes by everybody.
void note_end_of_session() {
  if (!proc_exit_inprogress) return;
  ErrorData end{};
  end.sqlerrcode = ERRCODE_ADMIN_SHUTDOWN;
  end.message = const_cast<char*>("the session that led the work has ended");
  note_error(team, end);
}

void at_end_of_transaction(XactEvent event, void*) {
  if (team == nullptr) return;
  if (event == XACT_EVENT_ABORT) {
    note_end_of_session();
    dismiss_team(End::aborted);
  } else if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE) {
    dismiss_team(End::committed);
  }
}

void at_end_of_subtransaction(SubXactEvent event, SubTransactionId, SubTransactionId, void*) {
  const int level = GetCurrentTransactionNestLevel();
  if (team == nullptr || team->level < level) return;
  if (event == SUBXACT_EVENT_ABORT_SUB) dismiss_team(End::aborted);
  if (event == SUBXACT_EVENT_COMMIT_SUB) team->level = level - 1;
}

const char* readable(const char* text) { return text == nullptr ? nullptr : for_client(text); }

// What a member said, as the leader's own.
void say_again(StringInfo message) {
  ErrorData said{};
  pq_parse_errornotice(message, &said);
  if (said.elevel > ERROR) said.elevel = ERROR;
  if (said.elevel < ERROR) {
    said.message = const_cast<char*>(readable(said.message));
    said.detail = const_cast<char*>(readable(said.detail));
    said.hint = const_cast<char*>(readable(said.hint));
  }
  ThrowErrorData(&said);
}

[[noreturn]] void raise_ended() {
  ereport(ERROR,
          (errcode(ERRCODE_OPERATOR_INTERVENTION), errmsg("background worker has ended in the middle of its work"),
           errhint("The server's log says why.")));
  pg_unreachable();
}

// One message of a member, if there is one: whether it is an answer.
bool take_message(Team* of, int number, TeamAnswer* answer) {
  Member& member = member_of(of, number);
  for (;;) {
    Size size = 0;
    void* data = nullptr;
    const shm_mq_result result = shm_mq_receive(member.answers, &size, &data, true);
    if (result == SHM_MQ_WOULD_BLOCK) return false;
    if (result == SHM_MQ_DETACHED) raise_ended();
    StringInfoData message;
    MemoryContextReset(of->message);
    MemoryContext old = MemoryContextSwitchTo(of->message);
    initStringInfo(&message);
    MemoryContextSwitchTo(old);
    appendBinaryStringInfo(&message, static_cast<const char*>(data), static_cast<int>(size));
    const int type = pq_getmsgbyte(&message);
    if (type == notice || type == error) say_again(&message);
    if (type == part_of_answer || type == end_of_answer) {
      const bool done = type == end_of_answer;
      if (done) member.busy = false;
      *answer = {number, done, message.data + message.cursor, static_cast<Size>(message.len - message.cursor)};
      return true;
    }
  }
}

// The member's own.
dsm_segment* leaders = nullptr;
shm_mq_handle* requests = nullptr;

planner_hook_type next_planner = nullptr;

bool become_none(int* value, void**, GucSource) {
  *value = 0;
  return true;
}

// Whatever is set in this process, by whatever code: an index build has no workers.
void build_alone() {
  auto* setting = reinterpret_cast<config_int*>(find_setting("max_parallel_maintenance_workers"));
  setting->check_hook = become_none;
  setting->boot_val = setting->reset_val = *setting->variable = 0;
}

PlannedStmt* plan_alone(Query* query, const char* text, int options, ParamListInfo parameters) {
  const auto plan = next_planner == nullptr ? standard_planner : next_planner;
  return plan(query, text, options & ~CURSOR_OPT_PARALLEL_OK, parameters);
}

// The keeper's segment, in which all are counted, as long as they may be in a transaction.
dsm_segment* counted = nullptr;

void leave(dsm_segment* segment, Datum) { --shared_of(segment)->present; }

void be_counted() {
  const dsm_handle keepers = shared_of(leaders)->keepers;
  counted = keepers == 0 ? leaders : dsm_attach(keepers);
  if (counted == nullptr) proc_exit(0);  // the keeper has gone, and so has the leader
  if (keepers != 0) dsm_pin_mapping(counted);
  ++shared_of(counted)->present;
  on_dsm_detach(counted, leave, 0);
}

void send(char type, const char* bytes, Size size) { (void)pq_putmessage(type, bytes, size); }

// False: the leader has gone, who says so before it cancels. A cancel that comes between two
// requests was meant for the first.
bool next_request(Size* size, void** data) {
  Shared* shared = shared_of(leaders);
  shared->at_work = false;
  HOLD_CANCEL_INTERRUPTS();
  const shm_mq_result result = shm_mq_receive(requests, size, data, false);
  QueryCancelPending = false;
  RESUME_CANCEL_INTERRUPTS();
  shared->at_work = true;
  const bool goes_on = result == SHM_MQ_SUCCESS && shared->answer.load() == static_cast<int>(End::none);
  if (!goes_on) shared->at_work = false;
  return goes_on;
}

}  // namespace

Team* start_team(const WorkerTask& task, const char* keepers_name, int wanted) {
  static bool registered = false;
  if (!std::exchange(registered, true)) {
    RegisterXactCallback(at_end_of_transaction, nullptr);
    RegisterSubXactCallback(at_end_of_subtransaction, nullptr);
  }
  const bool is_member = MyProc->lockGroupLeader != nullptr && MyProc->lockGroupLeader != MyProc;
  if (team != nullptr || is_member) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
                    errmsg("background workers cannot be started by one, nor by a transaction that has some")));
  }
  MemoryContext context = AllocSetContextCreate(TopMemoryContext, "mssql_fdw team", ALLOCSET_SMALL_SIZES);
  MemoryContext old = MemoryContextSwitchTo(context);
  auto* made = static_cast<Team*>(palloc0(offsetof(Team, members) + sizeof(Member) * static_cast<Size>(wanted)));
  made->level = GetCurrentTransactionNestLevel();
  made->context = context;
  made->message = AllocSetContextCreate(context, "mssql_fdw message", ALLOCSET_DEFAULT_SIZES);
  team = made;
  BecomeLockGroupLeader();
  made->keeper = start_member({task.entry, keepers_name, task.message}, 0);
  while (made->keeper.worker != nullptr && made->size < wanted) {
    made->members[made->size] = start_member(task, dsm_segment_handle(made->keeper.segment));
    if (made->members[made->size].worker == nullptr) break;
    ++made->size;
  }
  MemoryContextSwitchTo(old);
  if (made->size > 0) return made;
  dismiss_team(End::aborted);
  return nullptr;
}

Team* present_team() { return team; }
int size_of(const Team* of) { return of->size; }
bool is_idle(const Team* of, int member) { return !member_of(of, member).busy; }

// A message to a queue that has no receiver yet may be slept over: since PostgreSQL 15
// shm_mq_sendv() looks who the receiver is before it counts what it has written, and one that comes
// in between finds nothing, and is not woken. Of the other queue the leader is the receiver before
// the member begins.
void ask(Team* of, int member, const char* request, Size size) {
  Member& asked = member_of(of, member);
  if (shm_mq_wait_for_attach(asked.requests) != SHM_MQ_SUCCESS) raise_ended();
  asked.busy = true;
#if PG_VERSION_NUM >= 150000
  if (shm_mq_send(asked.requests, size, request, false, true) != SHM_MQ_SUCCESS) raise_ended();
#else
  if (shm_mq_send(asked.requests, size, request, false) != SHM_MQ_SUCCESS) raise_ended();
#endif
}

TeamAnswer next_answer(Team* of, void (*tell)(void*), void* argument) {
  TeamAnswer answer{};
  for (;;) {
    if (tell != nullptr) tell(argument);
    for (int i = keeper; i < of->size; ++i) {
      if (take_message(of, i, &answer)) return answer;
    }
    (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | (tell == nullptr ? 0 : WL_TIMEOUT), 1000,
                    PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
  }
}

void note_error(Team* of, const ErrorData& error) {
  if (of->keeper.worker != nullptr) put_error(shared_of(of->keeper.segment), error);
}

void note_number(Team* of, std::int64_t number) { shared_of(of->keeper.segment)->number = number; }

const char* join_team(Datum argument) {
  leaders = attach_to(argument);
  Shared* shared = shared_of(leaders);
  be_counted();
  shm_mq_set_receiver(requests_of(shared), MyProc);
  shm_mq_set_sender(answers_of(shared), MyProc);
  requests = shm_mq_attach(requests_of(shared), leaders, nullptr);
  pq_redirect_to_shm_mq(leaders, shm_mq_attach(answers_of(shared), leaders, nullptr));
  next_planner = planner_hook;
  planner_hook = plan_alone;
  build_alone();
  return connect_as_starter(leaders);
}

bool is_keeper() { return counted == leaders; }

TeamEnd serve_team(void (*handle)(const char* request, Size size)) {
  Size size = 0;
  void* data = nullptr;
  while (next_request(&size, &data)) {
    handle(static_cast<const char*>(data), size);
    send(end_of_answer, "", 0);
  }
  Shared* shared = shared_of(leaders);
  const bool committed = shared->answer.load() == static_cast<int>(End::committed);
  const bool cleans_up = is_keeper() && shared->number != 0;
  return {cleans_up,     committed,      shared->number, shared->sqlstate,
          shared->error, shared->detail, shared->hint,   shared->context};
}

void answer_part(const char* bytes, Size size) { send(part_of_answer, bytes, size); }

bool pause(double seconds) {
  const Shared* shared = shared_of(leaders);
  const auto leads = [shared] { return shared->answer.load() == static_cast<int>(End::none); };
  const TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), static_cast<std::int64_t>(seconds * 1000));
  HOLD_CANCEL_INTERRUPTS();
  while (leads() && !QueryCancelPending && GetCurrentTimestamp() < end) {
    (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 100, PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
  }
  RESUME_CANCEL_INTERRUPTS();
  return leads();
}

void wait_for_others() {
  HOLD_CANCEL_INTERRUPTS();
  while (shared_of(counted)->present.load() > 1) {
    (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 10, PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
  }
  RESUME_CANCEL_INTERRUPTS();
}

void note_own_number(std::int64_t number) { shared_of(leaders)->number = number; }
std::atomic<std::int64_t>* shared_number() { return &shared_of(counted)->shared_number; }
int leader_pid() { return shared_of(leaders)->starter_pid; }

}  // namespace mssql::pg
