// The connection cache and its part in local transactions; connection.hpp states the contracts.
//
// A connection is used by one local transaction at a time. Errors in it are of three kinds: those
// of a statement (the caller sees them), those that made the server roll back (found when the next
// statement asks for the session, since an exception block may have gone on), and those of ending a
// transaction: a commit that fails is an error, an abort is not.

#include "connection.hpp"

#include <cmath>

#include "core/access/connect.hpp"
#include "core/source/transaction.hpp"
#include "core/tsql/session.hpp"
#include "options.hpp"

namespace mssql::pg {

namespace {

using source::Transaction;

// The socket, as PostgreSQL counts those that are not its own. Neither function raises.
class ExternalDescriptor {
 public:
  ExternalDescriptor() = default;
  ExternalDescriptor(ExternalDescriptor&& other) noexcept : held_(std::exchange(other.held_, false)) {}
  ExternalDescriptor& operator=(ExternalDescriptor&& other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~ExternalDescriptor() {
    if (held_) ReleaseExternalFD();
  }
  static ExternalDescriptor acquire() {
    ExternalDescriptor descriptor;
    descriptor.held_ = AcquireExternalFD();
    if (descriptor.held_) return descriptor;
    throw Error("53000", "could not connect to SQL Server", "There are too many open files on the local server.",
                "Raise the server's max_files_per_process and/or \"ulimit -n\" limits.");
  }

 private:
  bool held_{false};
};

struct Link {
  ExternalDescriptor descriptor;
  access::Link remote;
};

struct Connection {
  Oid mapping{InvalidOid};  // the key
  Oid server{InvalidOid};
  Oid user{InvalidOid};
  uint32 server_hash{0};
  uint32 mapping_hash{0};
  Link link;
  TimestampTz connected_at{0};
  Transaction transaction;
  bool reused{false};       // the session is older than the transaction
  bool limited{false};      // a statement of others may have limited the rows, and nobody has taken that back
  Holder* holder{nullptr};  // of the session now
  bool invalidated{false};

  source::Session* session() const noexcept { return link.remote.session.get(); }
  bool in_transaction() const noexcept { return transaction.state() != Transaction::State::idle; }
};

// Few and long-lived; entries are reused, never removed.
std::vector<Connection*>* connections = nullptr;
std::vector<std::string>* messages = nullptr;
constexpr std::size_t most_messages = 1000;

bool keeps_reading = false;
int begun = 0;

// What the server has to undo takes it longer than an attention.
constexpr int undo_seconds = 30;

// Set while a transaction is being aborted: the user's cancel is what brought us here, so only time
// ends a wait.
TimestampTz abort_deadline = 0;

// How what is a part of a run takes locks.
source::Locking locking_of_runs{true, -1};

enum class Activity : std::uint8_t { query, connect, end };
Activity activity = Activity::query;

uint32 wait_event() {
#if PG_VERSION_NUM >= 170000
  static uint32 events[3] = {0, 0, 0};
  static constexpr const char* names[3] = {"MssqlFdwQuery", "MssqlFdwConnect", "MssqlFdwEndTransaction"};
  uint32& event = events[static_cast<std::size_t>(activity)];
  if (event == 0) event = WaitEventExtensionNew(names[static_cast<std::size_t>(activity)]);
  return event;
#else
  return PG_WAIT_EXTENSION;
#endif
}

void wait(int socket, short events, int milliseconds) { wait_for_socket(socket, events, milliseconds, wait_event()); }

bool stop_waiting() { return abort_deadline != 0 ? GetCurrentTimestamp() >= abort_deadline : interrupted(); }

void begin_abort() {
  activity = Activity::end;
  abort_deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), undo_seconds * 1000);
}

void end_abort() {
  abort_deadline = 0;
  activity = Activity::query;
}

// What login, USE and SET LANGUAGE say (5701, 5703) is no news to anybody, nor is, beside an error,
// that its statement has been terminated (3621).
void keep_message(const ServerMessage& message) {
  if (message.number == 5701 || message.number == 5703 || message.number == 3621) return;
  fence_quiet([&] {
    if (messages == nullptr) messages = new std::vector<std::string>();
    if (messages->size() < most_messages) messages->push_back(message.text);
  });
}

void forget_messages() {
  if (messages != nullptr) messages->clear();
}

// Core only; the password lives no longer than this frame.
Link log_in(const Account& account) {
  const access::Wanted wanted = access::read_wanted(account.server_options, account.mapping_options);
  Link link;
  link.descriptor = ExternalDescriptor::acquire();
  link.remote = access::log_in(wanted, {stop_waiting, keep_message, wait});
  return link;
}

void let_holder_go(Connection& connection) noexcept {
  if (connection.holder != nullptr) std::exchange(connection.holder, nullptr)->detach();
}

void close(Connection& connection) noexcept {
  let_holder_go(connection);
  fence_quiet([&] { connection.link = Link(); });
  connection.invalidated = false;
}

void connect(Connection& connection, const Account& account) {
  close(connection);
  connection.connected_at = GetCurrentTimestamp();
  activity = Activity::connect;
  connection.link = log_in(account);
  activity = Activity::query;
  connection.reused = false;
  if (connection.link.remote.level_guessed) {
    ereport(WARNING, (errmsg("server \"%s\" is read at READ COMMITTED isolation", account.server->servername),
                      errdetail("The login does not see whether the database allows SNAPSHOT isolation."),
                      errhint("Set the server option \"isolation\".")));
  }
}

// After this the connection is between transactions.
void finish(Connection& connection) noexcept {
  const bool spent =
      connection.transaction.unclean() && connection.session() != nullptr && !connection.session()->resets();
  connection.transaction.finish();
  connection.limited = false;
  const bool keep = connection.link.remote.keep && !connection.invalidated && !spent &&
                    connection.session() != nullptr && connection.session()->alive();
  if (!keep) return close(connection);
  connection.session()->limit(connection.link.remote.waits);
}

// Whether the session, idle since the last transaction, is there yet. Core only.
bool wakes_up(Connection& connection) {
  if (connection.session() == nullptr || !connection.session()->alive()) return false;
  try {
    connection.session()->catch_up();
  } catch (const Error& error) {
    if (error.is_interruption() || connection.session()->alive()) throw;
  }
  return connection.session()->alive();
}

// False when the session, idle before, turned out to be dead. Core only.
bool begin_on(Connection& connection, const source::Locking& locking, bool now) {
  try {
    source::Opening opening = connection.link.remote.opening;
    opening.locking = locking;
    connection.transaction.begin(*connection.session(), opening);
    if (now) connection.session()->settle();
  } catch (const Error& error) {
    connection.transaction.finish();
    // Caught here to log in once more: nothing has been done over this session yet. One that has
    // failed to begin is of no use.
    const bool died = !connection.session()->alive();
    close(connection);
    if (!connection.reused || !died || error.is_interruption()) throw;
    return false;
  }
  return true;
}

void begin(Connection& connection, const Account& account, const source::Locking& locking, bool now) {
  ++begun;
  connection.reused = wakes_up(connection);
  if (connection.reused && begin_on(connection, locking, now)) return forget_messages();
  connect(connection, account);
  begin_on(connection, locking, now);
  forget_messages();
}

// For messages; the server may have been dropped meanwhile.
const char* server_name(const Connection& connection) {
  ForeignServer* server = GetForeignServerExtended(connection.server, FSV_MISSING_OK);
  return server != nullptr ? server->servername : "?";
}

[[noreturn]] void raise_lost(const Connection& connection) {
  ereport(ERROR, (errcode(ERRCODE_T_R_STATEMENT_COMPLETION_UNKNOWN),
                  errmsg("remote transaction on server \"%s\" was lost", server_name(connection)),
                  errdetail("The server ended it (deadlock, severe error, a COMMIT or ROLLBACK in a statement), or the "
                            "connection broke."),
                  errhint("Roll back the local transaction and try again.")));
}

// A transaction that goes on, or none.
void look_after(Connection& connection) {
  switch (connection.transaction.look(connection.session())) {
    case Transaction::Finding::stands:
    case Transaction::Finding::never_begun: return;
    case Transaction::Finding::lost: raise_lost(connection);
    case Transaction::Finding::begins_anew:
      ereport(WARNING, (errmsg("remote transaction on server \"%s\" was lost and begins anew", server_name(connection)),
                        errdetail("It had only read; later reads may see newer data.")));
  }
}

// The end of a transaction that only read, or of one that is aborted: nothing depends on how it
// goes.
void roll_back(Connection& connection) noexcept {
  if (!connection.in_transaction()) return;
  let_holder_go(connection);
  bool done = false;
  fence_quiet([&] { done = connection.transaction.roll_back(connection.session()); });
  // Dropping the session makes the server roll back as well.
  if (!done) close(connection);
  finish(connection);
}

// What it reads next is of the same moment.
void stay(Connection& connection) noexcept {
  let_holder_go(connection);
  connection.transaction.let_go();
}

void commit(Connection& connection) {
  if (!connection.in_transaction()) return;
  if (!connection.transaction.touched()) return keeps_reading ? stay(connection) : roll_back(connection);
  let_holder_go(connection);
  if (!connection.transaction.commit(connection.session())) raise_lost(connection);
  finish(connection);
}

void roll_back_to_savepoint(Connection& connection, int level) noexcept {
  if (!connection.in_transaction()) return;
  // The session must be free for a rollback. Else a cursor from outside that was read here streams
  // on.
  const bool ends_holder = connection.holder != nullptr && (connection.transaction.wrote_inside(level) ||
                                                            connection.holder->belongs_to(CurTransactionResourceOwner));
  if (ends_holder) let_holder_go(connection);
  fence_quiet([&] {
    if (ends_holder && connection.session() != nullptr) connection.session()->cancel();
    connection.transaction.roll_back_to(connection.session(), level);
  });
}

void refuse_to_prepare(const Connection& connection) {
  if (!connection.transaction.touched() && !connection.transaction.whole()) return;
  ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                  errmsg(connection.transaction.touched()
                             ? "cannot PREPARE a transaction that has written over mssql_fdw"
                             : "cannot PREPARE a transaction that has run a function of replicate"),
                  connection.transaction.touched()
                      ? errdetail("A SQL Server session cannot hold a transaction for a later COMMIT PREPARED.")
                      : errdetail("It would keep the tables of the run locked until COMMIT PREPARED.")));
}

// Before any of several is committed: one that is known to be lost leaves nothing of the others.
void look_before_commit(Connection& connection) {
  if (!connection.transaction.touched()) return;
  let_holder_go(connection);
  look_after(connection);
}

void before_end(XactEvent event) {
  if (event == XACT_EVENT_PRE_PREPARE) {
    for (Connection* connection : *connections) refuse_to_prepare(*connection);
  }
  activity = Activity::end;
  for (Connection* connection : *connections) look_before_commit(*connection);
  for (Connection* connection : *connections) commit(*connection);
  activity = Activity::query;
}

void on_transaction_end(XactEvent event, void*) {
  switch (event) {
    case XACT_EVENT_PRE_PREPARE:
    case XACT_EVENT_PRE_COMMIT: fence([&] { before_end(event); }); break;
    case XACT_EVENT_ABORT:
      begin_abort();
      for (Connection* connection : *connections) roll_back(*connection);
      end_abort();
      forget_messages();
      forget_kept_error();
      break;
    default: forget_kept_error(); break;
  }
}

void on_subtransaction_end(SubXactEvent event, SubTransactionId, SubTransactionId, void*) {
  const int level = GetCurrentTransactionNestLevel();
  if (event == SUBXACT_EVENT_PRE_COMMIT_SUB) {
    for (Connection* connection : *connections) connection->transaction.release(level);
  } else if (event == SUBXACT_EVENT_ABORT_SUB) {
    begin_abort();
    for (Connection* connection : *connections) roll_back_to_savepoint(*connection, level);
    end_abort();
  }
}

void on_catalog_change(Datum, int cache, uint32 hash) {
  for (Connection* connection : *connections) {
    const uint32 own = cache == FOREIGNSERVEROID ? connection->server_hash : connection->mapping_hash;
    if (hash != 0 && hash != own) continue;
    if (connection->in_transaction()) {
      connection->invalidated = true;
    } else {
      close(*connection);
    }
  }
}

void on_exit(int, Datum) {
  begin_abort();
  for (Connection* connection : *connections) close(*connection);
}

// Each registration allocates and may fail; what was done before it is not done again.
void prepare_cache() {
  static int done = 0;
  if (connections == nullptr) connections = new std::vector<Connection*>();
  if (done < 1) RegisterXactCallback(on_transaction_end, nullptr), done = 1;
  if (done < 2) RegisterSubXactCallback(on_subtransaction_end, nullptr), done = 2;
  if (done < 3) CacheRegisterSyscacheCallback(FOREIGNSERVEROID, on_catalog_change, 0), done = 3;
  if (done < 4) CacheRegisterSyscacheCallback(USERMAPPINGOID, on_catalog_change, 0), done = 4;
  if (done < 5) before_shmem_exit(on_exit, 0), done = 5;
}

// Core only.
Connection& new_connection() {
  connections->reserve(connections->size() + 1);
  connections->push_back(new Connection());
  return *connections->back();
}

Connection& find_connection(const Account& account) {
  Connection* unused = nullptr;
  for (Connection* connection : *connections) {
    if (connection->mapping == account.mapping->umid) return *connection;
    if (connection->session() == nullptr && !connection->in_transaction()) unused = connection;
  }
  if (unused == nullptr) unused = &new_connection();
  unused->mapping = account.mapping->umid;
  unused->server = account.server->serverid;
  unused->user = account.mapping->userid;
  unused->server_hash = GetSysCacheHashValue1(FOREIGNSERVEROID, ObjectIdGetDatum(unused->server));
  unused->mapping_hash = GetSysCacheHashValue1(USERMAPPINGOID, ObjectIdGetDatum(unused->mapping));
  return *unused;
}

Connection& connection_of(const source::Session& session) {
  for (Connection* connection : *connections) {
    if (connection->session() == &session) return *connection;
  }
  throw Error(sqlstate::internal, "session is not in the connection cache");
}

// Before a statement of ours.
void clean(Connection& connection, const Use& use) {
  connection.transaction.clean(*connection.session());
  if (!use.writes || !connection.limited || connection.session()->resets()) return;
  source::run(*connection.session(), tsql::no_row_limit);
  connection.limited = false;
}

}  // namespace

void limit_lock_waits(double seconds) {
  locking_of_runs.timeout_ms = seconds == 0 ? -1 : static_cast<std::int32_t>(std::lround(seconds * 1000));
}

source::Session& acquire(Oid server, Oid user, const Use& use) {
  prepare_cache();
  activity = Activity::query;
  const Account account = find_account(server, user);
  Connection& connection = find_connection(account);
  // Should reading away fail, the holder has let go and says so itself when it is asked for a row.
  if (connection.holder != nullptr) std::exchange(connection.holder, nullptr)->give_way();
  const bool whole = use.whole || use.keeps_locks || IsolationUsesXactSnapshot();
  const source::Locking locking = use.whole ? locking_of_runs : source::Locking{};
  if (connection.in_transaction()) {
    if (IsolationUsesXactSnapshot()) connection.transaction.keep_whole();
    look_after(connection);
  } else if (connection.invalidated) {
    close(connection);
  }
  const bool writes = use.pass_through || use.writes;
  if (!connection.in_transaction()) begin(connection, account, locking, writes || !use.begins_with_request);
  connection.transaction.take_locks(*connection.session(), locking);
  if (whole) connection.transaction.keep_whole();
  if (!use.pass_through) clean(connection, use);
  if (use.pass_through) connection.limited = true;
  if (writes) {
    using Writer = Transaction::Writer;
    connection.session()->limit({connection.link.remote.waits.statement, undo_seconds});
    connection.transaction.write(*connection.session(), GetCurrentTransactionNestLevel(),
                                 use.pass_through ? Writer::others : Writer::ours);
  }
  return *connection.session();
}

namespace {

// What another session waits for may be what this one has locked: then it would wait for ever. One
// that has only read is done with.
void leave_transaction_of(const Account& account) {
  Connection& connection = find_connection(account);
  if (!connection.in_transaction()) return;
  if (connection.transaction.touched() || connection.transaction.whole() || connection.holder != nullptr) {
    ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
                    errmsg("a statement that is not transactional cannot run beside a remote transaction"),
                    errdetail("The current transaction has written on server \"%s\", or reads from it, and may have "
                              "locked what the statement needs.",
                              account.server->servername),
                    errhint("Call mssql_exec(..., transactional => false) in a transaction of its own.")));
  }
  roll_back(connection);
}

// Core only.
std::int64_t run_settled(source::Session& session, const source::Opening& opening, const char* sql) {
  source::run(session, opening.settings);
  return source::run(session, sql);
}

}  // namespace

std::int64_t run_alone(Oid server, Oid user, const char* sql) {
  prepare_cache();
  const Account account = find_account(server, user);
  leave_transaction_of(account);
  forget_messages();
  auto* link = own<Link>(CurrentMemoryContext);
  activity = Activity::connect;
  *link = log_in(account);
  activity = Activity::query;
  const std::int64_t rows = run_settled(*link->remote.session, link->remote.opening, sql);
  *link = Link();
  return rows;
}

bool may_start_over(const source::Session& session) {
  return connection_of(session).reused && session.awaits_begin() && !session.alive();
}

void hold(source::Session& session, Holder* holder) { connection_of(session).holder = holder; }

const char* level_of(Oid server, Oid user) {
  prepare_cache();
  const Connection& connection = find_connection(find_account(server, user));
  if (connection.session() == nullptr) return nullptr;
  switch (connection.link.remote.opening.level) {
    case source::IsolationLevel::unchanged: return nullptr;
    case source::IsolationLevel::read_uncommitted: return "read uncommitted";
    case source::IsolationLevel::read_committed: return "read committed";
    case source::IsolationLevel::repeatable_read: return "repeatable read";
    case source::IsolationLevel::serializable: return "serializable";
    case source::IsolationLevel::snapshot: return "snapshot";
  }
  return nullptr;
}

void keep_reading(bool keeps) { keeps_reading = keeps; }
int transactions_begun() { return begun; }

bool is_reading(Oid server, Oid user) {
  prepare_cache();
  return find_connection(find_account(server, user)).in_transaction();
}

void end_reading(Oid server, Oid user) {
  prepare_cache();
  Connection& connection = find_connection(find_account(server, user));
  if (connection.holder == nullptr && !connection.transaction.touched()) roll_back(connection);
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
    if (connection->session() == nullptr || (OidIsValid(server) && connection->server != server)) continue;
    if (connection->in_transaction()) {
      ereport(WARNING, (errmsg("cannot close connection for server \"%s\" because it is still in use",
                               server_name(*connection))));
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
    if (connection->session() == nullptr) continue;
    auto* info = static_cast<ConnectionInfo*>(palloc0(sizeof(ConnectionInfo)));
    info->server = connection->server;
    info->user = connection->user;
    info->spid = connection->session()->spid();
    info->in_transaction = connection->in_transaction();
    info->valid = !connection->invalidated && connection->session()->alive();
    info->remote_version = copy_out(connection->session()->server_version());
    info->connected_at = connection->connected_at;
    list = lappend(list, info);
  }
  return list;
}

}  // namespace mssql::pg
