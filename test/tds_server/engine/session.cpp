// Connection, settings, databases and what the binder may ask of a session.
#include "session.hpp"

#include <algorithm>
#include <cstdlib>

#include "databases.hpp"
#include "errors.hpp"
#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server {

std::unique_ptr<Engine> open_engine(const std::string& pg_conninfo, const std::string& database,
                                    const std::string& login) {
  return std::make_unique<engine::Session>(pg_conninfo, database.empty() ? "master" : database, login);
}

}  // namespace tds_server

namespace tds_server::engine {

Session::Session(std::string conninfo, const std::string& database, std::string login)
    : conninfo_(std::move(conninfo)), login_(std::move(login)) {
  try {
    ensure_cluster(conninfo_);
    connect(database);
  } catch (const PgError& failure) {
    throw error(17142, "The test server's PostgreSQL does not answer: " + failure.message, 14, 1);
  }
  login_database_ = catalog_->database();
  frames_.emplace_back();
}

Session::~Session() = default;

// Opens the PostgreSQL database that stands for a SQL Server database. Throws 4060 when there is
// none.
Session::Visited Session::open(const std::string& database) {
  Backend finder(with_database(conninfo_, "master"));
  const Rows rows = finder.run(
      "SELECT datname, name, info ->> 'collation' FROM tds_meta.databases() WHERE name = $1 OR tds_meta.fold(name) = "
      "tds_meta.fold($1) "
      "ORDER BY name = $1 DESC LIMIT 1",
      {to_stored_text(database)});
  std::string pg_name = stored_database(database), name = database;
  const bool marked = rows.size() > 0;
  if (marked) {
    pg_name = rows.get(0, 0);
    name = from_stored_text(rows.get(0, 1));
  }
  Visited result;
  try {
    result.backend = std::make_unique<Backend>(with_database(conninfo_, pg_name));
  } catch (const PgError&) {
    throw error(4060, "Cannot open database \"" + database + "\" requested by the login. The login failed.", 11, 1);
  }
  if (!marked) adopt_database(*result.backend, name);
  result.backend->run(
      "SET client_min_messages = error; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = "
      "'postgres'; SET "
      "extra_float_digits = 1; SET bytea_output = 'hex';"
      "SET search_path = pg_catalog; SET standard_conforming_strings = on; SET jit = off; SET synchronous_commit = "
      "off; SET "
      "client_connection_check_interval = '1s';"
      "SET tds.login = " +
      pg_literal(login_));
  introduce_to(*result.backend);
  const Rows collation = result.backend->run("SELECT collation_name FROM tds_meta.settings");
  result.catalog = std::make_unique<Catalog>(*result.backend);
  result.catalog->set_database(name, collation.get(0, 0));
  return result;
}

void Session::connect(const std::string& database) {
  Visited fresh = open(database);
  {
    const std::lock_guard<std::mutex> lock(backend_mutex_);
    catalog_ = std::move(fresh.catalog);
    backend_.swap(fresh.backend);
  }
  visited_.clear();
  apply_settings();
}

std::string Session::other_database(const std::vector<Name>& names) {
  std::string other;
  bool here = false;
  for (const Name& name : names) {
    const bool named = name.size() >= 3 && !name[name.size() - 3].empty();
    const std::string& schema = name.size() >= 2 ? name[name.size() - 2] : name[0];
    const bool system = equals_ignoring_case(schema, "sys") || equals_ignoring_case(schema, "information_schema") ||
                        equals_ignoring_case(name.back(), "spt_values");
    if (!named || catalog_->same(name[name.size() - 3], catalog_->database()) ||
        (system && equals_ignoring_case(name[name.size() - 3], "master")) ||
        equals_ignoring_case(name[name.size() - 3], "tempdb")) {
      here = here || !system;
    } else if (!other.empty() && !catalog_->same(other, name[name.size() - 3])) {
      throw not_supported("a statement over two databases");
    } else {
      other = name[name.size() - 3];
    }
  }
  if (!other.empty() && here) throw not_supported("a statement over two databases");
  if (!other.empty() && trancount_ > 0) throw not_supported("another database's tables inside a transaction");
  return other;
}

void Session::visit(const std::string& database) {
  const std::string home = catalog_->database();
  auto found = visited_.find(fold(database));
  if (found == visited_.end()) {
    found = visited_.emplace(fold(database), open(database)).first;
  }
  Visited target = std::move(found->second);
  visited_.erase(found);
  {
    const std::lock_guard<std::mutex> lock(backend_mutex_);
    backend_.swap(target.backend);
    catalog_.swap(target.catalog);
  }
  visited_[fold(home)] = std::move(target);
  catalog_->invalidate();
}

// PostgreSQL's settings go with a transaction that is rolled back, SQL Server's do not.
void Session::apply_settings() { backend_->run(settings_sql()); }

std::string Session::settings_sql() const {
  const long long timeout = settings_.lock_timeout;
  return "SET lock_timeout = " + std::to_string(timeout < 0 ? 0 : std::max(timeout, 1LL)) +
         "; SET application_name = " + pg_literal(application_name());
}

// The catalog views of all sessions read it:
// tds:<session><K for Kerberos, N for NTLM>/<LOCK_TIMEOUT>/<DEADLOCK_PRIORITY>:<program>
std::string Session::application_name() const {
  const char* scheme = client_.scheme == AuthScheme::kerberos ? "K" : client_.scheme == AuthScheme::ntlm ? "N" : "";
  return "tds:" + std::to_string(client_.spid) + scheme + "/" + std::to_string(settings_.lock_timeout) + "/" +
         std::to_string(settings_.deadlock_priority) + ":" + to_stored_text(client_.application);
}

void Session::introduce(const Client& client) {
  client_ = client;
  introduce_to(*backend_);
}

void Session::introduce_to(Backend& backend) const {
  backend.run("SET application_name = " + pg_literal(application_name()) +
              "; SET tds.host = " + pg_literal(to_stored_text(client_.host)) +
              "; SET tds.app = " + pg_literal(to_stored_text(client_.application)));
}

void Session::cancel() {
  const std::lock_guard<std::mutex> lock(backend_mutex_);
  cancelled_ = true;
  if (backend_) backend_->cancel();
}

void Session::reset(bool keep_transaction) {
  if (impersonating_) {
    throw error(18059,
                "The connection has been dropped because the principal that opened it subsequently assumed a new "
                "security context, and then "
                "tried to reset the connection under its impersonated security context. This scenario is not "
                "supported. See \"Impersonation "
                "Overview\" in Books Online.",
                20);
  }
  try {
    bulk_.reset();
    bulk_home_.clear();
    if (trancount_ > 0 && !keep_transaction) rollback_transaction();
    session_context_.clear();
    const std::string isolation = settings_.isolation;  // which no reset resets
    settings_ = Settings();
    settings_.isolation = isolation;
    frames_.clear();
    frames_.emplace_back();
    prepared_.clear();
    caught_.clear();
    scope_identity_.clear();
    last_identity_.clear();
    rowcount_ = 0;
    if (catalog_->database() != login_database_) {
      connect(login_database_);
    } else {
      backend_->run("DISCARD TEMP");
      catalog_->set_database(catalog_->database(), catalog_->collation());
      apply_settings();
    }
  } catch (const PgError&) {
    // The next statement will tell.
  }
}

// ---- SET

namespace {

long long number_of(const std::string& option, const std::string& value) {
  const bool is_number = !value.empty() && value.find_first_not_of("0123456789", value[0] == '-') == std::string::npos;
  if (!is_number) throw not_supported("SET " + option + " " + value);
  return std::atoll(value.c_str());
}

int priority_of(const std::string& value) {
  if (value == "LOW") return -5;
  if (value == "NORMAL") return 0;
  if (value == "HIGH") return 5;
  const long long number = number_of("DEADLOCK_PRIORITY", value);
  if (number < -10 || number > 10) throw not_supported("SET DEADLOCK_PRIORITY " + value);
  return static_cast<int>(number);
}

}  // namespace

void Session::set_option(const SetOption& option) {
  std::string value = option.value;
  if (!option.variable.empty()) {
    const Variable* found = variable(option.variable);
    if (found == nullptr) throw undeclared_variable(option.variable);
    value = upper(found->value.bytes);
  }
  const bool on = value == "ON";
  for (const std::string& name : option.options) {
    if (name == "NOCOUNT") settings_.nocount = on;
    if (name == "XACT_ABORT") settings_.xact_abort = on;
    if (name == "IMPLICIT_TRANSACTIONS") settings_.implicit_transactions = on;
    if (name == "FMTONLY") settings_.fmtonly = on;
    if (name == "PARSEONLY" || name == "NOEXEC") settings_.parseonly = on;
    if (name == "QUOTED_IDENTIFIER") settings_.quoted_identifier = on;
    if (name == "ROWCOUNT") settings_.rowcount = std::atoll(value.c_str());
    if (name == "TEXTSIZE")
      settings_.textsize =
          std::atoll(value.c_str()) <= 0 ? (value == "-1" ? 2147483647 : 4096) : std::atoll(value.c_str());
    if (name == "LOCK_TIMEOUT") settings_.lock_timeout = number_of(name, value);
    if (name == "DEADLOCK_PRIORITY") settings_.deadlock_priority = priority_of(value);
    if (name == "LOCK_TIMEOUT" || name == "DEADLOCK_PRIORITY") apply_settings();
    if (name == "CONTEXT_INFO" || name == "DATEFIRST" || name == "LANGUAGE" || name == "DATEFORMAT")
      continue;  // us_english, mdy, 7
  }
  const std::string& first = option.options.front();
  if (first == "TRANSACTION ISOLATION LEVEL") {
    static constexpr std::string_view kLevels[] = {"READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SNAPSHOT",
                                                   "SERIALIZABLE"};
    if (std::find(std::begin(kLevels), std::end(kLevels), value) == std::end(kLevels))
      throw error(102, "Incorrect syntax near '" + value + "'.", 15);
    if (value == "SNAPSHOT" && trancount_ > 0 && settings_.isolation != "SNAPSHOT") {
      throw error(3951, "Transaction failed in database '" + catalog_->database() +
                            "' because the statement was run under snapshot isolation but the transaction did not "
                            "start in snapshot isolation. "
                            "You cannot change the isolation level of the transaction to snapshot after the "
                            "transaction has started unless the "
                            "transaction was originally started under snapshot isolation level.");
    }
    settings_.isolation = value;
  } else if (first == "IDENTITY_INSERT") {
    const TablePtr table = catalog_->find_table(option.table);
    if (!table)
      throw error(1088,
                  "Cannot find the object \"" + display_name(option.table) +
                      "\" because it does not exist or you do not have permissions.",
                  16, 11);
    if (table->identity_sequence.empty()) {
      throw error(8106, "Table '" + display_name(option.table) +
                            "' does not have the identity property. Cannot perform SET operation.");
    }
    if (on) {
      if (!settings_.identity_insert.empty() && settings_.identity_insert != table->target) {
        throw error(8107, "IDENTITY_INSERT is already ON for table '" + settings_.identity_insert +
                              "'. Cannot perform SET operation for table '" + display_name(option.table) + "'.");
      }
      settings_.identity_insert = table->target;
    } else if (settings_.identity_insert == table->target) {
      settings_.identity_insert.clear();
    }
  }
}

// ---- databases

void Session::use(const std::string& database, ResultSink& sink) {
  const std::string from = catalog_->database();
  if (!catalog_->same(from, database)) {
    if (trancount_ > 0) throw not_supported("USE inside a transaction");
    const auto settle = [&](std::string& identity) {
      if (identity.empty() || identity[0] == '\'') return;
      const Rows rows = backend_->run("SELECT " + identity);
      identity = "'" + rows.get(0, 0) + "'::numeric";
    };
    settle(scope_identity_);
    settle(last_identity_);
    try {
      connect(database);
    } catch (const EngineError& failure) {
      if (failure.message.number != 4060) throw;
      throw error(911, "Database '" + database + "' does not exist. Make sure that the name is entered correctly.");
    }
    settings_.identity_insert.clear();
  }
  sink.database_changed(from, catalog_->database());
}

void Session::create_database(const CreateDatabase& statement) {
  if (trancount_ > 0)
    throw error(226, "CREATE DATABASE statement not allowed within multi-statement transaction.", 16, 6);
  if (!statement.collation.empty() && !is_known_collation(statement.collation))
    throw error(448, "Invalid collation '" + statement.collation + "'.");
  const Rows rows = backend_->run("SELECT tds.db_id($1)", {to_stored_text(statement.name)});
  const auto exists = [&] {
    return error(1801, "Database '" + statement.name + "' already exists. Choose a different database name.", 16, 3);
  };
  if (!rows.null(0, 0)) throw exists();
  try {
    make_database(conninfo_, statement.name, statement.collation);
  } catch (const PgError& failure) {
    if (failure.sqlstate == "42P04") throw exists();
    throw;
  }
}

void Session::alter_database(const AlterDatabase& statement) {
  const std::string name = statement.name.empty() ? catalog_->database() : statement.name;
  const Rows rows = backend_->run(
      "SELECT datname, oid FROM tds_meta.databases() WHERE tds_meta.fold(name) = tds_meta.fold($1) ORDER BY name = $1 "
      "DESC LIMIT 1",
      {to_stored_text(name)});
  if (rows.size() == 0) {
    throw error(5011,
                "User does not have permission to alter database '" + name +
                    "', the database does not exist, or the database is not in a state that allows access checks.",
                14, 5);
  }
  const std::string pg_name = rows.get(0, 0);
  const auto set = [&](const std::string& key, const std::string& value) {
    mark_database(*backend_, pg_name, key, value);
  };
  for (const auto& [option, value] : statement.options) {
    if (option == "ALLOW_SNAPSHOT_ISOLATION") set("snapshot", value == "ON" ? "1" : "0");
    if (option == "READ_COMMITTED_SNAPSHOT") set("rcsi", value == "ON" ? "1" : "0");
    if (option == "RECOVERY") set("recovery", value);
    if (option == "COMPATIBILITY_LEVEL") set("compat", value);
    if (option == "READ_ONLY") set("readonly", "1");
    if (option == "READ_WRITE") set("readonly", "0");
    if (option == "SINGLE_USER") {
      backend_->run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datid = " + rows.get(0, 1) +
                    " AND pid <> pg_backend_pid() AND application_name LIKE 'tds:%'");
    }
    if (option == "NAME") {
      if (catalog_->same(name, catalog_->database())) throw not_supported("renaming the current database");
      backend_->run("ALTER DATABASE " + pg_identifier(pg_name) + " RENAME TO " + pg_identifier(stored_database(value)));
      mark_database(*backend_, stored_database(value), "name", to_stored_text(value));
    }
    if (option == "CHANGE_TRACKING") throw not_supported("change tracking");
    if (option == "COLLATE") throw not_supported("changing a database's collation");
  }
}

void Session::drop_databases(const Drop& statement) {
  if (trancount_ > 0) throw error(574, "DROP DATABASE statement cannot be used inside a user transaction.", 16, 0);
  for (const Name& parts : statement.names) {
    const std::string& name = parts.back();
    const Rows rows = backend_->run(
        "SELECT datname, id FROM tds_meta.databases() WHERE tds_meta.fold(name) = tds_meta.fold($1) ORDER BY name = $1 "
        "DESC LIMIT 1",
        {to_stored_text(name)});
    if (rows.size() == 0) {
      if (statement.if_exists) continue;
      throw error(3701,
                  "Cannot drop the database '" + name + "', because it does not exist or you do not have permission.",
                  11, 1);
    }
    if (rows.number(0, 1) <= 4)
      throw error(3708, "Cannot drop the database '" + name + "' because it is a system database.");
    if (catalog_->same(name, catalog_->database()))
      throw error(3702, "Cannot drop database \"" + name + "\" because it is currently in use.", 16, 4);
    try {
      backend_->run("DROP DATABASE " + pg_identifier(rows.get(0, 0)));
    } catch (const PgError& failure) {
      if (failure.sqlstate == "55006")
        throw error(3702, "Cannot drop database \"" + name + "\" because it is currently in use.", 16, 3);
      throw;
    }
  }
}

bool Session::snapshot_allowed() {
  const Rows rows = backend_->run(
      "SELECT coalesce(info ->> 'snapshot', '0') = '1' FROM tds_meta.databases() WHERE datname = current_database()");
  return rows.size() > 0 && rows.flag(0, 0);
}

// ---- what expressions ask

const Variable* Session::variable(std::string_view name) const {
  const auto& variables = frames_.back().variables;
  const auto found = variables.find(fold(name));
  return found == variables.end() ? nullptr : &found->second;
}

Typed Session::constant(SqlType type, std::string bytes) const {
  Typed value;
  value.type = type == SqlType::nvarchar ? make_character(SqlType::nvarchar, 128) : make_type(type);
  value.constant = make_value(std::move(bytes));
  if (is_character(value.type.type)) value.type.collation = catalog_->collation();
  value.sql = sql_literal(value.type, *value.constant);
  value.nullable = false;
  return value;
}

Typed Session::null_of(const TypeInfo& type) const {
  Typed value;
  value.type = type;
  value.constant = Value{};
  value.sql = sql_literal(type, Value{});
  return value;
}

std::optional<Typed> Session::global(std::string_view name) const {
  const auto integer = [&](long long number) { return constant(SqlType::int_, std::to_string(number)); };
  if (name == "@@rowcount") return integer(static_cast<long long>(rowcount_));
  if (name == "@@error") return integer(last_error_);
  if (name == "@@trancount") return integer(trancount_);
  if (name == "@@spid") return constant(SqlType::smallint, std::to_string(client_.spid));
  if (name == "@@nestlevel") return integer(nesting_);
  if (name == "@@fetch_status") return integer(-1);
  if (name == "@@datefirst") return constant(SqlType::tinyint, "7");
  if (name == "@@textsize") return integer(settings_.textsize);
  if (name == "@@lock_timeout") return integer(settings_.lock_timeout);
  if (name == "@@max_precision") return constant(SqlType::tinyint, "38");
  if (name == "@@max_connections") return integer(32767);
  if (name == "@@microsoftversion") return integer(268436456);
  if (name == "@@langid") return constant(SqlType::smallint, "0");
  if (name == "@@procid") return integer(0);
  if (name == "@@options") return integer(5496 + (settings_.nocount ? 512 : 0) + (settings_.xact_abort ? 16384 : 0));
  if (name == "@@servername") return constant(SqlType::nvarchar, "TDSSERVER");
  if (name == "@@servicename") return constant(SqlType::nvarchar, "MSSQLSERVER");
  if (name == "@@language") return constant(SqlType::nvarchar, "us_english");
  if (name == "@@version") {
    Typed value = constant(
        SqlType::nvarchar,
        "Microsoft SQL Server 2022 (RTM) - 16.0.1000.6 (X64) \n\tOct  8 2022 05:58:25 \n\tCopyright (C) 2022 Microsoft "
        "Corporation\n\tDeveloper Edition (64-bit) on Linux (tds_server test stand-in)");
    value.type = make_character(SqlType::nvarchar, 300);
    value.type.collation = catalog_->collation();
    return value;
  }
  if (name == "@@dbts") {
    Typed value;
    value.type = make_binary(SqlType::varbinary, 8);
    value.sql = "int8send(tds.last_rowversion())";
    return value;
  }
  if (name == "@@identity") {
    Typed value = null_of(make_decimal(38, 0, SqlType::numeric));
    if (last_identity_.empty()) return value;
    value.constant.reset();
    value.sql = "(" + last_identity_ + ")::numeric";
    return value;
  }
  return std::nullopt;
}

std::optional<Typed> Session::session_function(std::string_view name, const std::vector<Typed>& args) const {
  const auto text = [&](const std::string& value, int units) {
    Typed result = constant(SqlType::nvarchar, value);
    result.type = make_character(SqlType::nvarchar, units);
    result.type.collation = catalog_->collation();
    return result;
  };
  if (name == "scope_identity" && args.empty()) {
    Typed value = null_of(make_decimal(38, 0, SqlType::numeric));
    if (scope_identity_.empty()) return value;
    value.constant.reset();
    value.sql = "(" + scope_identity_ + ")::numeric";
    return value;
  }
  if (name == "xact_state" && args.empty())
    return constant(SqlType::smallint, trancount_ == 0 ? "0" : doomed_ ? "-1" : "1");
  if (name == "rowcount_big" && args.empty()) return constant(SqlType::bigint, std::to_string(rowcount_));
  if (name == "db_name" && args.empty()) return text(catalog_->database(), 128);
  if (name == "session_context" && args.size() == 1 && args[0].constant) {
    const auto found = session_context_.find(fold(args[0].constant->bytes));
    if (found == session_context_.end() || found->second.null) return null_of(make_character(SqlType::nvarchar, 4000));
    return text(found->second.bytes, 4000);
  }
  if (name == "current_transaction_id" && args.empty()) return constant(SqlType::bigint, "1");
  if (name.rfind("error_", 0) == 0 && args.empty() && !caught_.empty()) {
    const Message& message = caught_.back().message;
    if (name == "error_number") return constant(SqlType::int_, std::to_string(message.number));
    if (name == "error_severity") return constant(SqlType::int_, std::to_string(message.severity));
    if (name == "error_state") return constant(SqlType::int_, std::to_string(message.state));
    if (name == "error_line") return constant(SqlType::int_, std::to_string(message.line));
    if (name == "error_message") return text(message.text, 4000);
    if (name == "error_procedure")
      return message.procedure.empty() ? null_of(make_character(SqlType::nvarchar, 128)) : text(message.procedure, 128);
  }
  return std::nullopt;
}

}  // namespace tds_server::engine
