// The seam inside the SQL Server stand-in: wire/ speaks MS-TDS, engine/ runs T-SQL on PostgreSQL
// over libpq.
//
// wire/ owns sockets, TLS, login, tokens and the byte encoding of every type; it knows no SQL.
// engine/ owns the T-SQL subset, the sys.* catalogs and storage; it knows no TDS byte.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tds_server {

// SQL Server's own types, as sys.types names them (timestamp is rowversion).
enum class SqlType : std::uint8_t {
  bit,
  tinyint,
  smallint,
  int_,
  bigint,
  decimal,
  numeric,
  money,
  smallmoney,
  real,
  float_,
  date,
  time,
  smalldatetime,
  datetime,
  datetime2,
  datetimeoffset,
  char_,
  varchar,
  text,
  nchar,
  nvarchar,
  ntext,
  binary,
  varbinary,
  image,
  timestamp,
  uniqueidentifier,
  xml,
  sql_variant,
  hierarchyid,
  geometry,
  geography,
};

// A declared type. max_length is in bytes as in sys.columns (nvarchar(n) is 2n), -1 for (max) and
// xml.
struct TypeInfo {
  SqlType type{SqlType::int_};
  int max_length{4};
  std::uint8_t precision{0};
  std::uint8_t scale{0};
  std::string collation;  // name as in sys.columns.collation_name; empty where the type has none
};

struct ColumnInfo {
  std::string name;  // UTF-8, empty for an unnamed expression
  TypeInfo type;
  bool nullable{true};
  bool identity{false};
  bool computed{false};
};

// A value in canonical form, independent of storage and wire:
//   bit            "0" / "1"                     integers        decimal digits, '-' when negative
//   decimal, money plain digits with all of the scale's places, e.g. "-1.5000"
//   real, float    shortest text that reads back to the same bits
//   date           "YYYY-MM-DD"                  time(n)         "hh:mm:ss" plus '.' and n digits when n > 0
//   smalldatetime  "YYYY-MM-DD hh:mm:00"         datetime        "YYYY-MM-DD hh:mm:ss.mmm"
//   datetime2(n)   as date, blank, time(n)       datetimeoffset  as datetime2(n), blank, "+hh:mm" / "-hh:mm" (local time, then offset)
//   character      WTF-8: UTF-8 in which a lone surrogate is its 3-byte form; may hold NUL bytes
//   binary, timestamp, hierarchyid               the raw bytes (for hierarchyid: what SQL Server would send)
//   geometry, geography                          the raw CLR serialization bytes
//   uniqueidentifier  "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX", upper case
//   sql_variant    `bytes` is the canonical form of the base type, `variant` says which
struct Value {
  bool null{true};
  std::string bytes;
  std::shared_ptr<const TypeInfo> variant;  // only for sql_variant
};

// An ERROR (severity > 10) or INFO token.
struct Message {
  std::int32_t number{0};
  std::uint8_t state{1};
  std::uint8_t severity{16};
  std::string text;
  std::string procedure;
  std::int32_t line{1};
};

// Raised by the engine for a failure that ends the call it happens in.
struct EngineError {
  Message message;
};

struct Parameter {
  std::string name;  // with '@'; empty when positional
  TypeInfo type;
  Value value;
  bool output{false};
};

// DONE's CurCmd, MS-TDS 2.2.7.6.
enum class Command : std::uint16_t {
  none = 0x00,
  select = 0xC1,
  select_into = 0xC2,
  insert = 0xC3,
  delete_ = 0xC4,
  update = 0xC5,
  ddl = 0xC6,
  begin = 0xD4,
  commit = 0xD5,
  rollback = 0xD2,
  bulk = 0xF0,
};

// Where the engine sends what one call produces, in order. Every member may block on the network.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  virtual void columns(std::span<const ColumnInfo> columns) = 0;  // starts a result set
  // One row; borrowed until the call returns. False: stop producing (attention or broken
  // connection).
  virtual bool row(std::span<const Value> values) = 0;
  virtual void done(Command command, std::optional<std::uint64_t> rows) = 0;  // ends a statement
  virtual void message(const Message& message) = 0;  // info or error; an error does not end the batch by itself
  virtual void database_changed(std::string_view from, std::string_view to) = 0;  // USE, ENVCHANGE 1
  virtual void return_value(const Parameter& value) = 0;                          // output parameters
  virtual void return_status(std::int32_t status) = 0;
};

struct BulkColumn {
  std::string name;
  TypeInfo type;
};

// How a login was proven.
enum class AuthScheme : std::uint8_t { sql, kerberos, ntlm };

// Who is at the other end: what @@SPID, HOST_NAME(), APP_NAME() and sys.dm_exec_connections answer.
struct Client {
  int spid{51};
  std::string host;
  std::string application;
  AuthScheme scheme{AuthScheme::sql};
};

// One session: one libpq connection to the PostgreSQL database that stands for the SQL Server
// database. Calls come from one thread, except cancel().
class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::string database() const = 0;
  virtual std::string default_collation() const = 0;  // of the current database
  virtual void introduce(const Client& client) = 0;

  // Runs a T-SQL batch. Errors of single statements go to the sink as messages; whatever ends the
  // batch does too.
  virtual void batch(std::string_view tsql, ResultSink& sink) = 0;
  // A procedure call (RPC by name): sp_executesql, sp_prepare, sp_prepexec, sp_execute,
  // sp_unprepare, sp_columns, sp_describe_first_result_set, ... Unknown names give error 2812.
  virtual void call(std::string_view procedure, std::span<const Parameter> parameters, ResultSink& sink) = 0;

  // Transaction manager requests (MS-TDS 2.2.6.9); return the new nesting level (0: no
  // transaction).
  virtual int begin(std::uint8_t isolation) = 0;
  virtual int commit() = 0;
  virtual int rollback() = 0;
  virtual bool in_transaction() const = 0;

  // INSERT BULK: begin checks table and columns (EngineError 208, 207 ...), rows arrive by
  // bulk_row, bulk_end returns how many.
  virtual void bulk_begin(std::string_view insert_bulk_statement) = 0;
  virtual void bulk_row(std::span<const BulkColumn> columns, std::span<const Value> values) = 0;
  virtual std::uint64_t bulk_end() = 0;
  virtual void bulk_abort() = 0;

  // sp_reset_connection and the RESETCONNECTION packet bits, one of which spares the transaction.
  // EngineError 18059: the session is under EXECUTE AS, which ends it.
  virtual void reset(bool keep_transaction) = 0;
  // Stops the running statement; callable from another thread.
  virtual void cancel() = 0;
};

// Opens a session on `database` (empty: master). Throws EngineError 4060 when there is no such
// database.
std::unique_ptr<Engine> open_engine(const std::string& pg_conninfo, const std::string& database,
                                    const std::string& login);

}  // namespace tds_server
