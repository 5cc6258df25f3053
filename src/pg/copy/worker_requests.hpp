// What the leader of a run (workers.hpp) asks its workers and its keeper for (worker_process.cpp).
#pragma once

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

// What the keeper answers of what it is to take over.
struct TakeoverAnswer {
  Takeover became;
  char error[512];  // where it has failed
};

// The process leads, or works for, this run from now on.
void take_run(std::int64_t run);

// What workers are told when they are started.
const char* message_of(const WorkersTask& task);
WorkersTask parse(const char* message);

}  // namespace mssql::pg
