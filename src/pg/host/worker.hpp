// Dynamic background workers: the same user with the same rights and settings, in a session of its
// own, which outlives the statement that has started it.
#pragma once

#include "postgres.hpp"

namespace mssql::pg {

// What a worker is started with, and what it answers when it has begun or could not.
struct WorkerTask {
  const char* entry;    // its main function, a symbol of this library: void (Datum)
  const char* name;     // in pg_stat_activity.backend_type
  const char* message;  // for open_task()
};

// Starts a worker and waits until it has begun: what it has given to answer_begun(). Raises the
// error that kept it from that; 53000 where there is no room for a worker.
std::int64_t start_worker(const WorkerTask& task);

// Whether the process is a worker of this database. By what runs now: pg_stat_activity is what a
// transaction has seen first.
bool is_worker(int pid);

// The worker's side. Connects as who has started it, with his settings; the message.
const char* open_task(Datum argument);
// Lets the starter go on, with a number or with an error. Once.
void answer_begun(std::int64_t number);
void answer_failed(const ErrorData& error);

}  // namespace mssql::pg
