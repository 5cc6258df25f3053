// The connection cache and its part in local transactions; connection.hpp states the contracts.
//
// A connection is used by one local transaction at a time, so its state is that transaction's. Errors in it are of three kinds: those
// of a statement (the caller sees them), those that made the server roll back (found when the next statement asks for the session,
// since an exception block may have gone on), and those of ending a transaction: a commit that fails is an error, an abort is not.

#include "connection.hpp"

#include "../core/tds/decode.hpp"
#include "../core/tsql/statement.hpp"
#include "options.hpp"
#include "reader.hpp"

namespace mssql::pg {

namespace {

struct Connection {
  Oid mapping{InvalidOid};  // the key
  Oid server{InvalidOid};
  Oid user{InvalidOid};
  uint32 server_hash{0};
  uint32 mapping_hash{0};
  std::unique_ptr<tds::Session> session;
  Reader* reader{nullptr};  // streams from the session now
  TimestampTz connected_at{0};
  tds::IsolationLevel isolation{tds::IsolationLevel::unchanged};
  bool keep{true};
  bool invalidated{false};
  std::optional<bool> raw_text;  // unknown until a query wants it
  std::string database;  // where to return to after pass-through statements; empty: not asked yet

  // Of the current transaction.
  bool in_transaction{false};
  bool written{false};
  bool lost{false};     // written, and gone
  bool suspect{false};  // an error was caught, or a pass-through statement ran: the transaction may have ended
  int savepoints{1};    // nesting levels up to this one have a savepoint of their own; 1: none has

  // Of the session.
  bool touched{false};  // a pass-through statement may have changed its database or settings

  bool alive() const noexcept { return session != nullptr && session->alive(); }
};

// Few and long-lived; entries are reused, never removed.
std::vector<Connection*>* connections = nullptr;
std::vector<std::string>* messages = nullptr;
constexpr std::size_t most_messages = 1000;

// Set while a transaction is being aborted: the user's cancel is what brought us here, so only time ends a wait.
TimestampTz abort_deadline = 0;
constexpr int abort_patience_ms = 5000;

void wait(int socket, short events, int milliseconds) { wait_for_socket(socket, events, milliseconds, abort_deadline != 0); }

bool stop_waiting() { return abort_deadline != 0 ? GetCurrentTimestamp() >= abort_deadline : interrupted(); }

void keep_message(const ServerMessage& message) {
  fence_quiet([&] {
    if (messages == nullptr) messages = new std::vector<std::string>();
    if (messages->size() < most_messages) messages->push_back(message.text);
  });
}

// What login, USE and SET say (5701, 5703) is no news to anybody; what an aborted statement said is over.
void forget_messages() {
  if (messages != nullptr) messages->clear();
}

// The single integer that a query answers; nothing for no row or NULL. Core only.
std::optional<std::int64_t> ask_integer(tds::Session& session, std::string_view sql) {
  session.execute(sql);
  std::optional<std::int64_t> answer;
  if (session.next_result()) {
    Row row;
    if (session.fetch(row) && !row[0].is_null()) answer = tds::decode_integer(session.columns()[0], row[0]);
    while (session.fetch(row)) continue;
  }
  while (session.next_result()) continue;
  return answer;
}

std::string ask_text(tds::Session& session, std::string_view sql) {
  session.execute(sql);
  std::string answer;
  if (session.next_result()) {
    Row row;
    if (session.fetch(row) && !row[0].is_null()) {
      tds::decode_to_text(session.columns()[0], row[0], tds::CharacterPolicy::error, answer);
    }
    while (session.fetch(row)) continue;
  }
  while (session.next_result()) continue;
  return answer;
}

tds::IsolationLevel level_of(tsql::Isolation isolation) {
  switch (isolation) {
    case tsql::Isolation::snapshot: return tds::IsolationLevel::snapshot;
    case tsql::Isolation::repeatable_read: return tds::IsolationLevel::repeatable_read;
    case tsql::Isolation::serializable: return tds::IsolationLevel::serializable;
    case tsql::Isolation::automatic:
    case tsql::Isolation::read_committed: break;
  }
  return tds::IsolationLevel::read_committed;
}

// Logs in. Core only; the password lives no longer than this frame.
void log_in(Connection& connection, OptionList server_options, OptionList mapping_options) {
  connection.session = tds::connect(make_login(server_options, mapping_options), {stop_waiting, keep_message, wait});
  tds::Session& session = *connection.session;
  tds::run(session, tsql::session_settings());
  const auto wanted = static_cast<tsql::Isolation>(choice_option(OptionContext::server, server_options, "isolation", 0));
  const bool allowed = wanted == tsql::Isolation::automatic && ask_integer(session, tsql::snapshot_state_query()) == 1;
  connection.isolation = level_of(tsql::resolve(wanted, allowed));
  connection.keep = boolean_option(OptionContext::server, server_options, "keep_connections", true);
  connection.raw_text.reset();
  connection.database.clear();
  connection.touched = false;
}

void close(Connection& connection) noexcept {
  if (connection.reader != nullptr) reader_detach(connection.reader);
  connection.reader = nullptr;
  fence_quiet([&] { connection.session.reset(); });
  connection.invalidated = false;
}

// After this the connection is between transactions.
void finish(Connection& connection) noexcept {
  connection.in_transaction = connection.written = connection.lost = connection.suspect = false;
  connection.savepoints = 1;
  if (!connection.alive() || connection.invalidated || !connection.keep) close(connection);
}

// Before a transaction is ended or undone: a pass-through statement may have switched execution off. Core only.
void prepare_to_end(Connection& connection) {
  if (connection.touched) tds::run(*connection.session, tsql::resume_execution());
}

// The nesting level of the remote transaction; nothing when the session gives no such answer (SET SHOWPLAN_TEXT ON, say). Core only.
std::optional<std::int64_t> remote_nesting(tds::Session& session) { return ask_integer(session, "SELECT CAST(@@TRANCOUNT AS int)"); }

// Begins the remote transaction. False when the session turned out to be dead, or of no use any more, and it was idle. Core only.
bool begin_on(Connection& connection, bool idle_before) {
  try {
    if (connection.session->busy()) connection.session->cancel();
    if (connection.touched) tds::run(*connection.session, tsql::restore_session(connection.database));
    connection.session->begin_transaction(connection.isolation);
    if (connection.touched && remote_nesting(*connection.session) != 1) return false;
  } catch (const Error& error) {
    // Caught here to log in once more: nothing has been done over this session yet.
    if (!idle_before || error.is_interruption() || connection.session->alive()) throw;
    return false;
  }
  connection.touched = false;
  forget_messages();
  return true;
}

// Whether the remote transaction, which had begun, still stands. Core only.
bool still_there(Connection& connection) {
  if (!connection.alive()) return false;
  tds::Session& session = *connection.session;
  if (session.busy()) session.cancel();
  if (!session.alive()) return false;
  if (!connection.suspect) return true;
  bool there = false;
  try {
    there = remote_nesting(session).value_or(0) > 0;
  } catch (const Error& error) {
    if (error.is_interruption() || session.alive()) throw;
  }
  connection.suspect = !there;
  return there;
}

// For messages; the server may have been dropped meanwhile.
const char* server_name(const Connection& connection) {
  ForeignServer* server = GetForeignServerExtended(connection.server, FSV_MISSING_OK);
  return server != nullptr ? server->servername : "?";
}

[[noreturn]] void raise_lost(const Connection& connection) {
  ereport(ERROR, (errcode(ERRCODE_T_R_STATEMENT_COMPLETION_UNKNOWN),
                  errmsg("remote transaction on server \"%s\" was lost", server_name(connection)),
                  errdetail("The server ended it (deadlock, severe error, a COMMIT or ROLLBACK in a statement), or the connection broke."),
                  errhint("Roll back the local transaction and try again.")));
}

void commit(Connection& connection) {
  if (!connection.in_transaction) return;
  if (connection.reader != nullptr) {
    reader_detach(connection.reader);
    connection.reader = nullptr;
  }
  if (!connection.written) {
    // Nothing depends on the end of a transaction that only read: a connection that broke meanwhile is just closed.
    fence_quiet([&] {
      if (connection.alive() && connection.session->busy()) connection.session->cancel();
      if (connection.alive()) connection.session->roll_back_transaction();
    });
    if (connection.alive() && connection.session->busy()) close(connection);
    return finish(connection);
  }
  if (connection.lost || !connection.alive()) raise_lost(connection);
  if (connection.session->busy()) connection.session->cancel();
  // A pass-through BEGIN TRANSACTION nests: only the outermost COMMIT commits.
  std::optional<std::int64_t> nesting;
  prepare_to_end(connection);
  do {
    connection.session->commit_transaction();
    nesting = remote_nesting(*connection.session);
  } while (nesting.value_or(0) > 0);
  if (!nesting) {
    close(connection);
    raise_lost(connection);
  }
  finish(connection);
}

void roll_back(Connection& connection) noexcept {
  if (!connection.in_transaction) return;
  if (connection.reader != nullptr) reader_detach(connection.reader);
  connection.reader = nullptr;
  bool done = false;
  fence_quiet([&] {
    if (connection.alive() && connection.session->busy()) connection.session->cancel();
    if (!connection.alive()) return;
    prepare_to_end(connection);
    connection.session->roll_back_transaction();
    done = !connection.touched || remote_nesting(*connection.session) == 0;
  });
  // Dropping the session makes the server roll back as well.
  if (!done) close(connection);
  finish(connection);
}

void roll_back_to_savepoint(Connection& connection, int level) noexcept {
  if (!connection.in_transaction) return;
  connection.suspect = true;
  const bool wrote_inside = connection.savepoints >= level;
  // The session must be free for a rollback. Else a cursor from outside that was read here streams on.
  if (connection.reader != nullptr && (wrote_inside || reader_belongs_to(connection.reader, CurTransactionResourceOwner))) {
    reader_detach(connection.reader);
    connection.reader = nullptr;
    if (connection.alive()) connection.session->cancel();
  }
  if (!wrote_inside) return;
  connection.savepoints = level - 1;
  connection.lost = true;
  fence_quiet([&] {
    if (!connection.alive()) return;
    prepare_to_end(connection);
    tds::run(*connection.session, "ROLLBACK TRANSACTION s" + std::to_string(level));
    connection.lost = false;
  });
}

void on_transaction_end(XactEvent event, void*) {
  switch (event) {
    case XACT_EVENT_PRE_PREPARE:
    case XACT_EVENT_PRE_COMMIT:
      fence([&] {
        for (Connection* connection : *connections) {
          if (event == XACT_EVENT_PRE_PREPARE && connection->written) {
            ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                            errmsg("cannot PREPARE a transaction that has written over mssql_fdw"),
                            errdetail("A SQL Server session cannot hold a transaction for a later COMMIT PREPARED.")));
          }
          commit(*connection);
        }
      });
      break;
    case XACT_EVENT_ABORT:
      abort_deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), abort_patience_ms);
      for (Connection* connection : *connections) roll_back(*connection);
      abort_deadline = 0;
      forget_messages();
      forget_kept_error();
      break;
    default:
      forget_kept_error();
      break;
  }
}

void on_subtransaction_end(SubXactEvent event, SubTransactionId, SubTransactionId, void*) {
  const int level = GetCurrentTransactionNestLevel();
  if (event == SUBXACT_EVENT_PRE_COMMIT_SUB) {
    // SQL Server has no RELEASE: what the savepoint would undo now belongs to the level above, whose own savepoint is older.
    for (Connection* connection : *connections) connection->savepoints = std::min(connection->savepoints, level - 1);
  } else if (event == SUBXACT_EVENT_ABORT_SUB) {
    abort_deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), abort_patience_ms);
    for (Connection* connection : *connections) roll_back_to_savepoint(*connection, level);
    abort_deadline = 0;
  }
}

void on_catalog_change(Datum, int cache, uint32 hash) {
  for (Connection* connection : *connections) {
    const uint32 own = cache == FOREIGNSERVEROID ? connection->server_hash : connection->mapping_hash;
    if (hash != 0 && hash != own) continue;
    if (connection->in_transaction) {
      connection->invalidated = true;
    } else {
      close(*connection);
    }
  }
}

void on_exit(int, Datum) {
  abort_deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), abort_patience_ms);
  for (Connection* connection : *connections) close(*connection);
}

void prepare_cache() {
  if (connections != nullptr) return;
  RegisterXactCallback(on_transaction_end, nullptr);
  RegisterSubXactCallback(on_subtransaction_end, nullptr);
  CacheRegisterSyscacheCallback(FOREIGNSERVEROID, on_catalog_change, 0);
  CacheRegisterSyscacheCallback(USERMAPPINGOID, on_catalog_change, 0);
  before_shmem_exit(on_exit, 0);
  connections = new std::vector<Connection*>();
}

Connection& find_connection(const Access& access) {
  Connection* unused = nullptr;
  for (Connection* connection : *connections) {
    if (connection->mapping == access.mapping->umid) return *connection;
    if (connection->session == nullptr && !connection->in_transaction) unused = connection;
  }
  if (unused == nullptr) {
    connections->push_back(nullptr);
    unused = connections->back() = new Connection();
  }
  unused->mapping = access.mapping->umid;
  unused->server = access.server->serverid;
  unused->user = access.mapping->userid;
  unused->server_hash = GetSysCacheHashValue1(FOREIGNSERVEROID, ObjectIdGetDatum(unused->server));
  unused->mapping_hash = GetSysCacheHashValue1(USERMAPPINGOID, ObjectIdGetDatum(unused->mapping));
  return *unused;
}

Connection& connection_of(const tds::Session& session) {
  for (Connection* connection : *connections) {
    if (connection->session.get() == &session) return *connection;
  }
  throw Error(sqlstate::internal, "session is not in the connection cache");
}

void begin(Connection& connection, const Access& access) {
  bool begun = false;
  if (connection.alive()) begun = begin_on(connection, true);
  if (!begun) {
    close(connection);
    connection.connected_at = GetCurrentTimestamp();
    log_in(connection, access.server_options, access.mapping_options);
    begin_on(connection, false);
  }
  connection.in_transaction = true;
  connection.savepoints = 1;
}

}  // namespace

tds::Session& acquire(Oid server, Oid user) {
  prepare_cache();
  const Access access = find_access(server, user);
  require_password(access, user);
  Connection& connection = find_connection(access);
  if (connection.lost) raise_lost(connection);
  // Should reading away fail, the reader has let go and says so itself when it is asked for a row.
  if (connection.reader != nullptr) reader_give_way(std::exchange(connection.reader, nullptr));
  if (connection.in_transaction) {
    if (still_there(connection)) return *connection.session;
    if (connection.written) {
      connection.lost = true;
      raise_lost(connection);
    }
    ereport(WARNING, (errmsg("remote transaction on server \"%s\" was lost and begins anew", server_name(connection)),
                      errdetail("It had only read; later reads may see newer data.")));
    finish(connection);
  } else if (connection.invalidated) {
    close(connection);
  }
  begin(connection, access);
  return *connection.session;
}

bool gives_raw_text(tds::Session& session) {
  if (!session.converts_text()) return false;
  Connection& connection = connection_of(session);
  if (!connection.raw_text) connection.raw_text = ask_integer(session, raw_text_probe()) == 1;
  return *connection.raw_text;
}

void set_active_reader(tds::Session& session, Reader* reader) { connection_of(session).reader = reader; }

void mark_written(tds::Session& session) {
  Connection& connection = connection_of(session);
  if (connection.database.empty()) connection.database = ask_text(session, "SELECT DB_NAME()");
  std::string sql;
  for (int level = connection.savepoints + 1; level <= GetCurrentTransactionNestLevel(); ++level) {
    sql += "SAVE TRANSACTION s" + std::to_string(level) + "; ";
  }
  if (!sql.empty()) tds::run(session, sql);
  connection.savepoints = GetCurrentTransactionNestLevel();
  connection.written = connection.touched = connection.suspect = true;
}

void report_messages(int level) {
  if (messages == nullptr) return;
  // Index by index: an ereport may not return, and must not leave an iterator or a copy behind.
  for (std::size_t i = 0; i < messages->size(); ++i) {
    const char* text = copy_out((*messages)[i]);
    ereport(level, (errmsg("%s", displayable(text))));
  }
  messages->clear();
}

bool disconnect(Oid server) {
  if (connections == nullptr) return false;
  bool closed = false;
  for (Connection* connection : *connections) {
    if (connection->session == nullptr || (OidIsValid(server) && connection->server != server)) continue;
    if (connection->in_transaction) {
      ereport(WARNING, (errmsg("cannot close connection for server \"%s\" because it is still in use", server_name(*connection))));
      continue;
    }
    close(*connection);
    closed = true;
  }
  return closed;
}

List* list_connections() {
  List* list = NIL;
  if (connections == nullptr) return list;
  for (Connection* connection : *connections) {
    if (connection->session == nullptr) continue;
    auto* info = static_cast<ConnectionInfo*>(palloc0(sizeof(ConnectionInfo)));
    info->server = connection->server;
    info->user = connection->user;
    info->spid = connection->session->spid();
    info->in_transaction = connection->in_transaction;
    info->valid = !connection->invalidated && connection->alive();
    info->remote_version = copy_out(connection->session->server_version());
    info->connected_at = connection->connected_at;
    list = lappend(list, info);
  }
  return list;
}

}  // namespace mssql::pg
