// The moments of the source that the workers of a run, and its leader, read at.

#include <algorithm>

#include "moment.hpp"
#include "pg/remote/connection.hpp"
#include "run.hpp"
#include "run_now.hpp"
#include "table_steps.hpp"
#include "worker_requests.hpp"

namespace mssql::pg {

namespace {

struct OwnMoment {
  Oid server;
  Datum work;
  bool sees;
};

void begin_own_moment(void* argument) {
  auto* moment = static_cast<OwnMoment*>(argument);
  moment->sees = begin_moment(moment->server, moment->work);
}

}  // namespace

// Whether all of them answer yes. `table`: any of the run's.
bool RunOfWorkers::ask_all(Wanted wanted, const Table& table) {
  Team* team = present_team();
  const void* work = DatumGetPointer(table.work);
  Request request{};
  request.wanted = wanted;
  request.run = run_of_workers();
  request.work_size = VARSIZE_ANY(work);
  for (int member = 0; member < size_of(team); ++member) ask_for(team, member, request, work, nullptr);
  bool all = true;
  for (int waiting = size_of(team); waiting > 0;) {
    const TeamAnswer answer = next_answer(team, totals_.began == 0 ? nullptr : tell_progress, this);
    if (answer.done) {
      --waiting;
    } else {
      all = *answer.bytes != 0 && all;
    }
  }
  return all;
}

// Where all that is written has been seen before the first of several readers begins, and nothing
// is until behind the last, all see the same.
void RunOfWorkers::begin_one_moment(bool can_prove, const Table& table) {
  const Oid server = task_.server;
  const bool leads = has_own();
  const bool is_behind = leads && task_.leader_reads;  // it sees an earlier moment, its transaction's
  const bool alone = size_of(present_team()) == 1 && !leads;
  // A transaction that has read before is not to be lost for a question.
  const bool asks = can_prove && !alone && !task_.leader_reads;
  const char* before = asks ? log_end(server) : nullptr;
  if (before != nullptr && !is_all_seen(server)) before = nullptr;
  if (before == nullptr && !task_.leader_reads) end_reading(server, GetUserId());  // it may be lost
  moment_ = Moment::each_chunk;
  if (!ask_all(Wanted::begin_moment, table)) return;
  OwnMoment own{server, table.work, true};
  raised_transient = false;
  const auto is_left = [](const ErrorData& error, void*) { return is_left_to_load(error); };
  if (leads && !is_behind && !in_subtransaction(begin_own_moment, &own, is_left)) return;
  if (!own.sees) return;
  const char* after = before == nullptr ? nullptr : log_end(server);
  if (before != nullptr && after == nullptr)
    return end_reading(server, GetUserId());  // what has just begun may be lost
  const bool same = after != nullptr && std::strcmp(before, after) == 0;
  moment_ = alone || same ? Moment::one : Moment::each_worker;
}

// Under SNAPSHOT isolation each worker reads all that it reads at one moment, and if it can be all
// of them.
void RunOfWorkers::begin_moments() {
  Oid types[] = {JSONBOID};
  SPI_connect();
  if (SPI_execute_with_args("SELECT $1 ->> 'isolation' OPERATOR(pg_catalog.=) 'snapshot', $1 ->> 'logged' "
                            "OPERATOR(pg_catalog.=) 'true'",
                            1, types, &model_, nullptr, true, 1) != SPI_OK_SELECT)
    elog(ERROR, "run has no isolation level");
  const bool is_snapshot = is_true(SPI_tuptable, 0, 1);
  const bool can_prove = is_true(SPI_tuptable, 0, 2);
  SPI_finish();
  // By another table each time, for a login may not read one, or it is locked: for no long time.
  const TimestampTz last = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), 5000);
  for (int i = 0; is_snapshot && ntables_ > 0 && i < 3 && moment_ != Moment::one; ++i) {
    if (i == 0 || GetCurrentTimestamp() < last) begin_one_moment(can_prove, tables_[i % ntables_]);
  }
  if (is_snapshot && ntables_ > 0 && moment_ == Moment::each_chunk) (void)ask_all(Wanted::end_moment, tables_[0]);
  if (!task_.leader_reads && !has_own()) end_reading(task_.server, GetUserId());
  if (task_.one_moment && ntables_ > 0 && moment_ != Moment::one) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("the copy would not be of one moment"),
                    errdetail("It cannot be proved that nothing was written at the source while the workers began."),
                    errhint("With jobs => 0 one session reads all of it.")));
  }
}

void RunOfWorkers::end_moments() {
  if (moment_ != Moment::each_chunk && !ask_all(Wanted::end_moment, tables_[0])) moment_ = Moment::each_chunk;
  if (nresumed_ > 0) moment_ = Moment::each_chunk;
  if (task_.one_moment && ntables_ > 0 && moment_ != Moment::one) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("the copy would not be of one moment"),
                    errdetail("A worker has lost its transaction at the source."), errhint("Try again.")));
  }
  const char* said = "a moment a chunk";
  if (moment_ == Moment::each_worker) said = "a moment a worker";
  if (moment_ == Moment::one) said = "one moment";
  witness_.became({1, 0, "consistency", nullptr, nullptr, "done", nullptr, said, nullptr, 0});
}

}  // namespace mssql::pg
