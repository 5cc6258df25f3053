// Dynamic background workers: the same user with the same rights and settings, in a session of its
// own, which outlives the statement that has started it. Those that work for a statement and end
// with it are a team (team.hpp).
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
// error that kept it from that; 53000 where there is no room for a worker, 40P01 where it waits for
// this session. After an error it does not begin.
std::int64_t start_worker(const WorkerTask& task);

// The worker's side. Connects as who has started it, with his settings; the message.
const char* open_task(Datum argument);
// Lets the starter go on, with a number or with an error. Once. False: he waits no more, and the
// work is not to begin.
bool answer_begun(std::int64_t number);
bool answer_failed(const ErrorData& error);

// in_transaction() as who has started the worker.
ErrorData* in_starters_transaction(void (*body)(void*), void* argument,
                                   bool (*is_quiet)(const ErrorData& error) = nullptr);
// The same, and no cancel ends it: there is nothing more to cancel.
void in_peace(void (*body)(void*), void* argument);

// For what is told to another process: what of a text fits into its place, in whole characters.
void put_text(char* target, Size room, const char* text);

}  // namespace mssql::pg
