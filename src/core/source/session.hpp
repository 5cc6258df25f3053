// The seam to SQL Server: one logged-in connection. Drivers stand behind it; nothing of a client
// library leaks through.
//
// One request runs at a time. Every function may throw Error; after a connection loss alive() is
// false and the session is only good for destruction. Blocking waits poll Environment::interrupted
// at least once a second.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/scalar.hpp"
#include "core/types.hpp"
#include "core/tds/codec/column.hpp"

namespace mssql::tds {

// `automatic` is native.
enum class DriverKind : std::uint8_t { automatic, native, freetds };
// Whether character data goes through a client library's conversion, which fails on what is no
// valid UTF-16.
constexpr bool converts_text(DriverKind driver) noexcept { return driver == DriverKind::freetds; }
enum class Encrypt : std::uint8_t { off, request, require, strict };
// For a login under `strict` that is not answered: older servers take the first bytes of TLS for
// the beginning of a long packet.
inline constexpr const char* tds8_advice =
    "TDS 8.0 came with SQL Server 2022; for older ones set the server option \"encrypt\" to \"require\".";

struct Login {
  DriverKind driver{DriverKind::automatic};
  std::string host;  // or several, separated by commas: the first that lets us in
  int port{1433};
  std::string instance;  // SQL Server Browser name; then port is ignored
  std::string route;     // host\instance, as a server has said to go there: what the login says again
  std::string database;
  std::string
      username;  // DOMAIN\user: a Windows account; empty: access_token, or the program's own Kerberos credentials
  std::string password;
  std::string access_token;  // of Entra ID, ASCII; then there is no username
  std::string server_spn;    // whom a Kerberos ticket is for; empty: MSSQLSvc/host:port
  Encrypt encrypt{Encrypt::require};
  std::string ca_file;
  bool verify_host{true};  // matters only with ca_file
  std::string tls_name;    // what the server is called where `host` is the address of a tunnel; empty: host
  std::string application_name{"mssql_fdw"};
  bool read_only_intent{false};
  int connect_timeout{
      15};  // seconds, for the whole login at one host, and for further tries while it is not available; 0: none
  int query_timeout{0};  // seconds without a byte from the server; 0: none
  int packet_size{0};    // 0: the driver's choice
};

// What the host program lends to a session. Plain function pointers, called from inside
// client-library callbacks: they must not throw or longjmp.
struct Environment {
  bool (*interrupted)(){nullptr};  // true: give up the wait, Error::interrupted() follows; async-signal-safe
  void (*info)(const ServerMessage& message){nullptr};  // INFO tokens (severity <= 10): PRINT, warnings
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

// What goes before a statement of ours: the session as it was after its login, the settings, and a
// transaction.
struct Opening {
  std::string settings;  // T-SQL statements
  IsolationLevel level{IsolationLevel::unchanged};
  bool begins{true};  // a transaction; false: the one under way goes on
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

  // Sends a batch, or with parameters a call (sp_executesql and its like) in which they are @P1,
  // @P2, ...; types that are the same for every value make the same statement every time. A pending
  // result is cancelled first. Errors of the server surface here or in
  // next_result() and fetch(), whichever reads them.
  virtual void execute(std::string_view sql, std::span<const Parameter> parameters = {}) = 0;

  // Moves to the next result set that has columns; false when the request is complete.
  virtual bool next_result() = 0;
  virtual std::span<const Column> columns() const = 0;
  // The next row, borrowed until the next call; false after the last. A cut connection throws: it
  // never ends a result.
  virtual bool fetch(Row& row) = 0;
  // Rows affected by all statements of the request that reported a count, but for SELECTs, which
  // FreeTDS cannot tell from the others; valid once next_result() was false.
  virtual std::int64_t rows_affected() const = 0;

  // Transactions, each function a request of its own: statements here, where a driver has nothing
  // better.
  virtual void begin_transaction(IsolationLevel level);
  virtual void
  commit_transaction();  // fails on the server (3902) when the transaction is gone, which a caller must hear of
  virtual void
  roll_back_transaction();  // quiet when the server has rolled back already (deadlock victim, severe errors)
  virtual void save_transaction(std::string_view savepoint);  // a plain identifier
  virtual void roll_back_to(std::string_view savepoint);
  // Rolls back what has only read. A driver may go on without the server's answer; catch_up() then
  // hears it, as the next request does.
  virtual void leave_transaction() { roll_back_transaction(); }
  virtual void catch_up() {}
  // Which one there is, 0 for none, as far as the server tells of its own accord; nothing: it has
  // to be asked.
  virtual std::optional<std::uint64_t> transaction() const noexcept { return std::nullopt; }

  // Whether the session can be made as after its login. Where it cannot, what a statement has set
  // stays, and open() only says the settings and begins. In a transaction that the server does not
  // tell of open() takes back the database, and says the settings.
  virtual bool resets() const noexcept { return false; }
  // May wait for the next request and go with it: a batch then takes no round trip more. A failure
  // of either is the request's.
  virtual void open(const Opening& opening);
  virtual void settle() {}  // does at once what open() has put off
  // The transaction that open() begins is not known to have begun, so that nothing has been done in
  // it.
  virtual bool awaits_begin() const noexcept { return false; }

  virtual void limit(const Waits& waits) = 0;

  // Ends the running request: attention and a bounded drain; where that fails the connection is
  // dropped (alive() false).
  virtual void cancel() noexcept = 0;
  virtual bool busy() const noexcept = 0;  // a request's results are not all read
  virtual bool alive() const noexcept = 0;

  // Bulk load into `table` (quoted, may be qualified), as INSERT does it: constraints are checked,
  // triggers fire, NULLs stay NULL. Values for an identity column need SET IDENTITY_INSERT ON.
  // Between begin and end the session may be busy; a row that is refused leaves nothing behind, and
  // the load goes on without it; after an error of the server's and after cancel() it is over. It
  // is one statement of the caller's transaction, or without one a transaction of its own. A driver
  // that has no bulk load refuses it: 0A000.
  virtual void bulk_begin(std::string_view table, std::span<const BulkColumn> columns);
  virtual void bulk_row(std::span<const Scalar> row);
  virtual std::int64_t bulk_end();  // rows stored

  virtual int spid() const noexcept = 0;                         // @@SPID
  virtual std::string_view server_version() const noexcept = 0;  // "16.0.1000", empty when unknown
};

// Opens a session with the driver that `login` names. A server that says that it is not available
// now (is_transient_server_error) is asked again within connect_timeout.
std::unique_ptr<Session> connect(const Login& login, const Environment& environment);

// For messages: "sql01", port 1433, or its instance where it has one.
std::string place(const Login& login);
// The connection to the server at `where` is closed because it has been silent for that long:
// 08006.
Error silence_error(const std::string& where, int seconds);

// T-SQL that does what `opening` says, but for the reset; another statement may follow on the same
// line.
std::string opening_statements(const Opening& opening);

// The drivers behind connect(), for people: "native TDS driver, FreeTDS 1.3.17".
std::string driver_version();

// Runs `sql` and throws away what it returns; rows affected.
std::int64_t run(Session& session, std::string_view sql, std::span<const Parameter> parameters = {});

}  // namespace mssql::tds
