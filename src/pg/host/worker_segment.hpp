// What a worker and who has started it share: the rows of worker.cpp and team.cpp only.
#pragma once

#include <atomic>

#include "worker.hpp"

namespace mssql::pg {

// At the beginning of a segment of dynamic shared memory, which lives as long as one of the two has
// it mapped. A session that is older than the library on disk has workers of the new one: `layout`
// tells them. Behind it stand the message, the settings, and what a team's member has besides.
struct Shared {
  std::uint64_t layout;
  Oid database;
  Oid authenticated_user;
  Oid user;
  int security_context;
  PGPROC* starter;
  int starter_pid;
  std::atomic<int> worker_pid;  // 0: it has not come yet
  bool joins_locks;             // of the starter, as a parallel worker does
  std::atomic<int> answer;
  std::int64_t number;
  dsm_handle keepers;                       // of a team: its keeper's segment; 0: it is this one
  std::atomic<int> present;                 // in that: how many there are, and the keeper
  std::atomic<std::int64_t> shared_number;  // in that: the work's own, for all of its members
  std::atomic<bool> at_work;                // on a request
  int sqlstate;
  char error[1024];
  char detail[1024];
  char hint[1024];
  char context[1024];
  Size message_size;
  Size settings_size;

  char* message() { return reinterpret_cast<char*>(this + 1); }
  char* settings() { return message() + MAXALIGN(message_size); }
  char* rest() { return settings() + MAXALIGN(settings_size); }
};
static_assert(std::atomic<int>::is_always_lock_free);

inline Shared* shared_of(dsm_segment* mapped) { return static_cast<Shared*>(dsm_segment_address(mapped)); }

// The starter's side. `rest`: the size of what else the segment holds.
dsm_segment* describe(const WorkerTask& task, Size rest);
// Null where there is no room for a worker.
BackgroundWorkerHandle* launch(const WorkerTask& task, dsm_segment* made);

void put_error(Shared* shared, const ErrorData& error);

// The worker's side, in this order.
dsm_segment* attach_to(Datum argument);
const char* connect_as_starter(dsm_segment* segment);  // the message

}  // namespace mssql::pg
