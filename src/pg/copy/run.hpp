// A run of replication from the outside: the lock that keeps a second one away, what other sessions
// see of it, its place in history.
//
// Locks are on the foreign server as an object of this database, with a subobject that no command
// of SQL locks (they lock the whole object, 0): so nobody takes or blocks them but this file.
#pragma once

#include "pg/host/boundary.hpp"

namespace mssql::pg {

// What replicate.progress looks for in pg_locks: objsubid.
inline constexpr std::uint16_t running_lock = 1;  // until the transaction ends: no second run
inline constexpr std::uint16_t speaking_lock =
    2;  // during the call: the session's query text is what show_progress() wrote

// One run per server at a time in this database; an error when another session has one, or in a
// read-only transaction. Until the transaction ends.
void lock_server(Oid server, const char* name);
// The same lock, when whoever has it gives it back.
void wait_for_server(Oid server);

// What a session does for a run, or all of it: until end_run() other sessions see what it says, its
// steps may be called, and names mean what they do for us. To be given to end_run(); an error where
// one is at work already.
int begin_run(Oid server);
void end_run(Oid server, int settings);

// History's tables are the extension's owner's.
Oid history_owner();
// Does something as him. An error leaves the user to be restored by the transaction's abort, as for
// a function that is SECURITY DEFINER.
template <class Body>
void as_history_owner(Body&& body) {
  Oid user = InvalidOid;
  int security = 0;
  GetUserIdAndSecContext(&user, &security);
  SetUserIdAndSecContext(history_owner(), security | SECURITY_LOCAL_USERID_CHANGE);
  body();
  SetUserIdAndSecContext(user, security);
}
// Of a run that stands in history while it works: executes a query of our own that writes there;
// the number that it answers.
std::int64_t write_in_history(const char* sql, int nargs = 0, Oid* types = nullptr, Datum* values = nullptr);
// That it begins, in process `pid`, which the session that calls this works for; its number.
// `arguments`: of the call, as SQL.
std::int64_t begin_history(const char* schema, const char* arguments, int pid);
// The session is called after the run that it works for.
void take_name_of(std::int64_t run);
// Drops what workers of earlier runs have left, but what a run of this call goes on with, or
// another call may; as much at once as a transaction has locks for. Whether there may be more.
bool drop_leftovers(const char* schema, const char* arguments);
// All of it, by a worker, in transactions of its own (pg/host/worker.hpp), until one fails.
void drop_all_leftovers(const char* schema, const char* arguments, bool (*is_quiet)(const ErrorData&) = nullptr);
// Whether an error's detail may have values of rows.
bool shows_values(const ErrorData& error);
// That it ended with an error. Without the detail of errors that values make: history has readers
// who may not see the rows. `schema`: of our own functions, quoted.
void end_history(const char* schema, std::int64_t run, const ErrorData& error);
// Whether history, as it is now, says that the run works.
bool is_running(std::int64_t run);

// What loads, stages and switches is for runs: called one by one, between other statements, or by
// code that a step calls (a default's function, say), the steps would meet what nobody has thought
// of. So each is an error outside of a run, and while another one or a statement is at work.
void begin_step();

// A statement of a run begins, which may call anything. False: it is none, or part of another one;
// else end_step() follows.
bool begin_statement();
void end_step();

// Whether one is at work in this session.
bool in_run();
// Whether it is the run that calls, and not code that one of its steps does.
bool is_run_itself();

// Code of the user's that steps evaluate (triggers, defaults, the functions of checks) finds names
// as in his own statements, until release_settings(level). For what has been parsed before, or
// names nothing that search_path could choose. Without effect outside of a run.
int take_callers_path();

// Whether the source cannot do, or does not let this login do, what it was asked for, so that the
// run does without; not what may pass, nor what has failed here.
bool is_refusal(const ErrorData& error);

// Puts what is being done where other sessions read it, in front of the statement's text in
// pg_stat_activity: they cannot look up the names of a table that is not committed. Does nothing
// outside of a run.
struct Progress {
  const char* phase;
  const char* source;  // null: nothing of a table's
  const char* target;
  int table;  // of `tables`, in load order; 0: not known, or of none
  int tables;
  int chunk{0};  // of `chunks` of the table; 0: it is read as a whole
  int chunks{0};
};
// What workers have done of a run's tables, and what they are to do.
struct Totals {
  std::int64_t rows;  // so far, without what an earlier run has loaded
  std::int64_t bytes;
  std::int64_t estimated_rows;  // as the source's catalog has them: of all, and pages, and of those that are done
  std::int64_t estimated_bytes;
  std::int64_t done_bytes;
  TimestampTz began;
};
void show_progress(const Progress& progress, const Totals* totals = nullptr);

// How often a run says what it is at, where there is nothing else to say.
inline constexpr std::int64_t tell_interval_us = 10 * 1000000;

// Behind each wait for the source from now on: what says how far the load is; null: the run says
// itself that it waits.
void tell_waits(void (*tell)(void*) = nullptr, void* argument = nullptr);

// A notice or a warning of a run, with question marks for what the client's encoding lacks: it must
// not end what it tells of. `detail` and `hint` may be null.
void say(bool warning, const char* message, const char* detail, const char* hint);

}  // namespace mssql::pg
