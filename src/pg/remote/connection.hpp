// The connection cache: one session per user mapping, kept over transactions, closed when server or
// mapping change.
//
// The first use in a local transaction begins a remote one (core/source/transaction.hpp), which
// ends with the local one: commit, or rollback on abort. It begins with a reset, so that nothing a
// statement has set in one transaction is seen in the next; sessions that cannot be reset are
// closed instead. One session serves all scans of a transaction, so they see one snapshot and their
// own writes; when a second scan wants the session while a first is still streaming, the first
// reads its remaining rows into a tuplestore (reader.hpp).
//
// A remote transaction that wrote and was lost (deadlock victim, cut connection) makes every later
// use, and the local commit, fail. One that only read is begun anew with a warning, for its later
// reads may see newer data; in a run of replicate, and in a local transaction that is REPEATABLE
// READ or stronger, that is an error, too.
#pragma once

#include "core/source/session.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

struct Reader;

// What a session is wanted for.
struct Use {
  bool pass_through{
      false};         // a statement that may be anything; else a SELECT of ours, to which the session is made clean
  bool whole{false};  // a part of a run: losing the transaction is an error from here on
  bool begins_with_statement{
      false};  // the transaction may begin with the SELECT that the caller sends next, which see may_start_over()
};

// A cached session that is in a transaction and not busy. Connects when it must. Throws Error or
// ereports.
tds::Session& acquire(Oid server, Oid user, const Use& use);
// After an error of the first statement: whether the session was an old one that turned out to be
// dead, and nothing has been done over it, so that the caller should acquire() another.
bool may_start_over(const tds::Session& session);
// The reader that streams from the session now; acquire() makes it give way. Null: none.
void set_active_reader(tds::Session& session, Reader* reader);
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
