// The connection cache: one session per user mapping, kept over transactions, closed when server or
// mapping change.
//
// The first use in a local transaction begins a remote one (core/source/transaction.hpp), which
// ends with the local one: commit, or rollback on abort. It begins with a reset, so that nothing a
// statement has set in one transaction is seen in the next; sessions that cannot be reset are
// closed instead. One session serves all scans of a transaction, so they see one snapshot and their
// own writes; when a second scan wants the session while a first still holds it, the first gives
// way: it reads its remaining rows into a tuplestore (reader.hpp).
//
// A remote transaction that wrote and was lost (deadlock victim, cut connection) makes every later
// use, and the local commit, fail. One that only read is begun anew with a warning, for its later
// reads may see newer data; in a run of replicate, and in a local transaction that is REPEATABLE
// READ or stronger, that is an error, too.
#pragma once

#include "core/source/session.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

// Who reads from a session now. Only one can.
class Holder {
 public:
  // Another wants the session: reads away what is left.
  virtual void give_way() = 0;
  // The transaction or the session ends: lets go of it.
  virtual void detach() noexcept = 0;
  // Whether it ends with this resource owner, that of a subtransaction: a cursor from outside of it
  // does not.
  virtual bool belongs_to(ResourceOwner owner) const noexcept = 0;

 protected:
  ~Holder() = default;
};

// What a session is wanted for.
struct Use {
  bool pass_through{false};  // a statement that may be anything; else one of ours, to which the session is made clean
  bool whole{false};  // a part of a run: yields to others' locks, and losing the transaction is an error from here on
  bool begins_with_request{false};  // the transaction may begin with the request that comes next; begin_with() says so
  bool writes{false};               // a statement of ours that writes; else a SELECT
  bool keeps_locks{false};          // losing the transaction is an error from here on: rows that it reads are locked
};

// For how long what is a part of a run waits for a lock of others at the source, from now on; 0:
// without end.
void limit_lock_waits(double seconds);

// A cached session that is in a transaction and not busy. Connects when it must. Throws Error or
// ereports.
source::Session& acquire(Oid server, Oid user, const Use& use);
// After an error of the first request: whether the session was an old one that turned out to be
// dead, and nothing has been done over it, so that another may be acquired.
bool may_start_over(const source::Session& session);
// The holder of the session from now on; acquire() makes it give way. Null: none.
void hold(source::Session& session, Holder* holder);

// Runs `sql` in a session of its own, outside of any transaction; rows affected. ereports 25001
// where the session of the current transaction could have locked what it needs.
std::int64_t run_alone(Oid server, Oid user, const char* sql);

// False: nothing has happened, and another session has to be acquired. Core only.
template <class Request>
bool try_first(source::Session& session, Request& request) {
  try {
    request(session);
  } catch (const Error& error) {
    if (error.is_interruption() || !may_start_over(session)) throw;
    return false;
  }
  return true;
}

// acquire(), with what is then done at once: request(session), which calls core only. It spares a
// round trip to begin the transaction. Called twice where the first session turns out to be dead.
template <class Request>
source::Session& begin_with(Oid server, Oid user, Use use, Request&& request) {
  use.begins_with_request = true;
  for (;;) {
    source::Session& session = acquire(server, user, use);
    if (try_first(session, request)) return session;
  }
}

// The isolation level at which the session that is there reads, as SQL Server calls it in lower
// case; null: there is none.
const char* level_of(Oid server, Oid user);
// From here on, or no longer, transactions that have only read outlive the local one that commits,
// so that what the next one reads is of the same moment; end_reading() and the process end them.
void keep_reading(bool keeps);
// How many transactions this process has begun.
int transactions_begun();
// Whether the session is in a transaction.
bool is_reading(Oid server, Oid user);
// Ends the transaction of a session that has only read in it, and that nobody reads from: the
// server need keep nothing for it any more. The next use begins another one.
void end_reading(Oid server, Oid user);

// Raises what the server said on the side (PRINT, warnings) since the last call, at this level.
void report_messages(int level);

// Closes the cached sessions of a server (InvalidOid: of all); true when one was closed. A session
// that is in use by the current transaction stays, with a warning.
bool disconnect(Oid server);

struct ConnectionInfo {
  Oid server;
  Oid user;  // InvalidOid: PUBLIC
  int spid;
  bool in_transaction;
  bool valid;                  // false: closed at the end of the transaction, for its server or mapping has changed
  const char* remote_version;  // palloc'd
  TimestampTz connected_at;
};
// The open sessions: ConnectionInfo*.
List* list_connections();

}  // namespace mssql::pg
