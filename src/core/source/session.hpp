// The seam to a source: one logged-in connection. Its drivers stand behind it; nothing of a
// protocol or a client library leaks through.
//
// One request runs at a time. Every function may throw Error; after a connection loss alive() is
// false and the session is only good for destruction. Blocking waits poll Environment::interrupted
// at least once a second.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/scalar.hpp"
#include "core/types.hpp"
#include "row.hpp"

namespace mssql::source {

// What the host program lends to a session. Plain function pointers, called from inside
// client-library callbacks: they must not throw or longjmp.
struct Environment {
  bool (*interrupted)(){nullptr};  // true: give up the wait, Error::interrupted() follows; async-signal-safe
  void (*info)(const ServerMessage& message){nullptr};  // what is no error: PRINT, warnings
  // Waits until the socket is ready for one of `events` (those of poll(2)), `milliseconds` are over
  // (-1: never) or the program is wanted.
  void (*wait)(int socket, short events, int milliseconds){nullptr};  // null: poll(2)
};

// As MS-TDS 2.2.6.9 numbers them.
enum class IsolationLevel : std::uint8_t {
  unchanged,
  read_uncommitted,
  read_committed,
  repeatable_read,
  serializable,
  snapshot
};

// How a session meets the locks of others.
struct Locking {
  bool yields{false};           // it is the victim of a deadlock, not who is in it with it
  std::int32_t timeout_ms{-1};  // for how long it waits for a lock; -1: without end

  bool operator==(const Locking&) const = default;
};

// What goes before a statement of ours: the session as it was after its login, the settings, and a
// transaction.
struct Opening {
  std::string settings;  // statements
  IsolationLevel level{IsolationLevel::unchanged};
  bool begins{true};                 // a transaction; false: the one under way goes on
  std::optional<Locking> locking{};  // nothing: unchanged
};

// How long the server may be silent, in seconds; 0: as long as it likes.
struct Waits {
  int statement{0};
  int attention{5};  // SqlClient's patience; longer where the server has something to undo
};

struct BulkColumn {
  std::string name;
  RemoteType type;
};

class Session {
 public:
  virtual ~Session() = default;

  // Sends a batch, or with parameters a call in which they are @P1, @P2, ...; types that are the
  // same for every value make the same statement every time. A pending result is cancelled first.
  // Errors of the server surface here or in next_result() and fetch(), whichever reads them.
  virtual void execute(std::string_view sql, std::span<const Parameter> parameters = {}) = 0;

  // Moves to the next result set that has columns; false when the request is complete.
  virtual bool next_result() = 0;
  virtual std::size_t column_count() const = 0;
  virtual std::string_view column_name(std::size_t column) const = 0;
  // The next row, borrowed until the next call; false after the last. A cut connection throws: it
  // never ends a result.
  virtual bool fetch(Row& row) = 0;
  // Appends a cell of the row that was fetched last, which is not NULL, as UTF-8: for answers to
  // questions (ask.hpp). Characters that are none become U+FFFD.
  virtual void append_text(std::size_t column, const Cell& cell, std::string& out) const = 0;
  // Rows affected by all statements of the request that reported a count, but for SELECTs, which
  // FreeTDS cannot tell from the others; valid once next_result() was false.
  virtual std::int64_t rows_affected() const = 0;

  // Transactions, each function a request of its own.
  virtual void begin_transaction(IsolationLevel level) = 0;
  virtual void
  commit_transaction() = 0;  // fails on the server (3902) when the transaction is gone, which a caller must hear of
  virtual void
  roll_back_transaction() = 0;  // quiet when the server has rolled back already (deadlock victim, severe errors)
  virtual void save_transaction(std::string_view savepoint) = 0;  // a plain identifier
  virtual void roll_back_to(std::string_view savepoint) = 0;
  // Rolls back what has only read. A driver may go on without the server's answer; catch_up() then
  // hears it, as the next request does.
  virtual void leave_transaction() { roll_back_transaction(); }
  virtual void catch_up() {}
  // Which one there is, 0 for none, as far as the server tells of its own accord; nothing: it has
  // to be asked.
  virtual std::optional<std::uint64_t> transaction() const noexcept { return std::nullopt; }
  // Asks it. Nothing: the session gives no answer (SET NOEXEC ON, say).
  virtual std::optional<bool> ask_whether_in_transaction() = 0;

  // Whether the session can be made as after its login. Where it cannot, what a statement has set
  // stays, and open() only says the settings and begins. In a transaction that the server does not
  // tell of open() takes back the database, and says the settings.
  virtual bool resets() const noexcept { return false; }
  // May wait for the next request and go with it: a batch then takes no round trip more. A failure
  // of either is the request's.
  virtual void open(const Opening& opening) = 0;
  virtual void settle() {}  // does at once what open() has put off
  // The transaction that open() begins is not known to have begun, so that nothing has been done in
  // it.
  virtual bool awaits_begin() const noexcept { return false; }

  // Bulk load into `table` (quoted, may be qualified), as INSERT does it: constraints are checked,
  // triggers fire, NULLs stay NULL. Values for an identity column need SET IDENTITY_INSERT ON.
  // Between begin and end the session may be busy; a row that is refused leaves nothing behind, and
  // the load goes on without it; after an error of the server's and after cancel() it is over. It
  // is one statement of the caller's transaction, or without one a transaction of its own. A driver
  // that has no bulk load refuses it: 0A000. `locks_table`: others wait until it is over.
  virtual bool loads_rows() const noexcept { return false; }
  virtual void bulk_begin(std::string_view table, std::span<const BulkColumn> columns, bool locks_table);
  virtual void bulk_row(std::span<const Scalar> row);
  virtual std::int64_t bulk_end();  // rows stored

  virtual void limit(const Waits& waits) = 0;

  // Ends the running request: attention and a bounded drain; where that fails the connection is
  // dropped (alive() false).
  virtual void cancel() noexcept = 0;
  virtual bool busy() const noexcept = 0;  // a request's results are not all read
  virtual bool alive() const noexcept = 0;

  virtual int spid() const noexcept = 0;                         // the number of the session on the server
  virtual std::string_view server_version() const noexcept = 0;  // "16.0.1000", empty when unknown
};

// Runs `sql` and throws away what it returns; rows affected.
std::int64_t run(Session& session, std::string_view sql, std::span<const Parameter> parameters = {});

}  // namespace mssql::source
