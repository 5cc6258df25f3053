// What the leader of a run (workers.hpp) asks its workers and its keeper for (worker_process.cpp).
#pragma once

#include "pg/host/team.hpp"
#include "workers.hpp"

namespace mssql::pg {

// What a worker is asked for: behind it stand, aligned, the table's work (chunks.hpp), and the
// array of its steps; or, under SNAPSHOT isolation, to see from now on the source as it is now, or
// to see it so no longer, and whether it has all the time: a bool. The keeper begins the run's
// history: then it is the call's arguments as SQL; or it takes up one that has begun; or it takes
// over what an earlier run has left of a table.
struct Request {
  Wanted wanted;
  std::int64_t run;  // 0: to be begun
  Share share;
  Chunk chunk;
  std::int64_t loaded_by;  // the run that has left what is taken over
  Size work_size;          // 0: the steps are no table's
  Size size;               // of the array, or of the text; 0: none

  static Size work_at() { return MAXALIGN(sizeof(Request)); }
  Size array_at() const { return work_at() + MAXALIGN(work_size); }
};

// `work` and `rest`: what stands behind it.
void ask_for(Team* team, int member, const Request& request, const void* work, const void* rest);

// The keeper, each waited for. The number of the run that it has begun.
std::int64_t ask_to_begin(Team* team, const char* arguments);
void ask_to_take_up(Team* team, std::int64_t run);

struct TakeoverAnswer {
  Takeover became;
  char error[512];  // where it has failed
};
TakeoverAnswer ask_to_take_over(Team* team, std::int64_t run, std::int64_t loaded_by, Datum work);

// The process leads, or works for, this run from now on.
void take_run(std::int64_t run);

// What workers are told when they are started.
const char* message_of(const WorkersTask& task);
WorkersTask parse(const char* message);

}  // namespace mssql::pg
