// The choice of the driver, and what needs no driver.
#include "core/source/session.hpp"

#include <poll.h>

#include <algorithm>
#include <random>
#include <vector>

#include "core/tds/freetds/driver.hpp"
#include "core/tds/native/driver.hpp"
#include "core/tds/net/deadline.hpp"

namespace mssql::tds {

namespace {

std::unique_ptr<Session> open(const Login& login, const Environment& environment) {
  if (login.driver == DriverKind::freetds) return std::make_unique<freetds::Driver>(login, environment);
  return std::make_unique<native::Driver>(login, environment);
}

// What a server says does not tell which server says it.
std::unique_ptr<Session> connect_to_one(const Login& login, const Environment& environment) {
  try {
    return open(login, environment);
  } catch (const Error& error) {
    if (error.server_number == 0) throw;
    Error named = error;
    named.detail += (named.detail.empty() ? "" : "\n") + ("The server is " + place(login) + ".");
    throw named;
  }
}

// Whether another host may do better: this one is not to be reached, or does not open the database
// now (a secondary replica, a mirror).
bool is_worth_another_host(const Error& error) noexcept {
  constexpr std::int32_t cannot_open_database = 4060;
  if (error.is_interruption()) return false;
  if (error.server_number == cannot_open_database || is_transient_server_error(error.server_number)) return true;
  const std::string_view state = error.sqlstate;
  return state == sqlstate::cannot_connect || state == sqlstate::connection_failure ||
         state == sqlstate::cannot_connect_now;
}

std::vector<std::string> split_hosts(std::string_view list) {
  std::vector<std::string> hosts;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    hosts.emplace_back(list.substr(at, end - at));
    at = end + 1;
  }
  return hosts;
}

// The first host that lets us in.
std::unique_ptr<Session> connect_to_any(const Login& login, const Environment& environment) {
  const std::vector<std::string> hosts = split_hosts(login.host);
  Login one = login;
  std::string tried;
  std::int32_t transient = 0;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    one.host = hosts[i];
    try {
      return connect_to_one(one, environment);
    } catch (const Error& error) {
      if (hosts.size() == 1 || !is_worth_another_host(error)) throw;
      tried += (tried.empty() ? "" : "\n") + error.message + (error.detail.empty() ? "" : ": " + error.detail);
      if (is_transient_server_error(error.server_number)) transient = error.server_number;
    }
  }
  Error error(sqlstate::cannot_connect, "could not connect to any host of \"" + login.host + "\"", tried);
  error.server_number = transient;
  throw error;
}

// Pauses between tries that double, each shortened by chance so that many clients do not come back
// at once.
class Backoff {
 public:
  int next_ms() {
    longest_ms_ = std::min(longest_ms_ * 2, 8000);
    return std::uniform_int_distribution<int>(longest_ms_ / 2, longest_ms_)(random_);
  }

 private:
  std::minstd_rand random_{std::random_device{}()};
  int longest_ms_{250};
};

void pause(int milliseconds, const Environment& environment) {
  constexpr int slice_ms = 200;
  const auto until = net::Clock::now() + std::chrono::milliseconds(milliseconds);
  for (;;) {
    if (environment.interrupted != nullptr && environment.interrupted()) throw Error::interrupted();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - net::Clock::now()).count();
    if (left <= 0) return;
    const int slice = static_cast<int>(std::min<long long>(left, slice_ms));
    if (environment.wait != nullptr)
      environment.wait(-1, 0, slice);
    else
      ::poll(nullptr, 0, slice);
  }
}

}  // namespace

std::unique_ptr<Session> connect(const Login& login, const Environment& environment) {
  constexpr int second_ms = 1000;
  constexpr int ages_ms = 24 * 3600 * second_ms;
  const net::Deadline deadline = net::Deadline::in_seconds(login.connect_timeout);
  Login one = login;
  for (Backoff backoff;;) {
    int pause_ms = 0;
    try {
      return connect_to_any(one, environment);
    } catch (const Error& error) {
      if (error.is_interruption() || !is_transient_server_error(error.server_number)) throw;
      pause_ms = backoff.next_ms();
      if (deadline.slice(ages_ms) <= pause_ms) throw;
    }
    pause(pause_ms, environment);
    if (login.connect_timeout > 0) one.connect_timeout = deadline.slice(ages_ms) / second_ms + 1;
  }
}

std::string place(const Login& login) {
  return "\"" + login.host + "\", " +
         (login.instance.empty() ? "port " + std::to_string(login.port) : "instance \"" + login.instance + "\"");
}

Error silence_error(const std::string& where, int seconds) {
  return Error(
      sqlstate::connection_failure,
      "connection to server at " + where + " was lost: the server was silent for " + std::to_string(seconds) + " s",
      "It is closed now.", "See the server option \"query_timeout\".");
}

std::string driver_version() { return native::driver_description() + ", " + freetds::library_version(); }

std::string opening_statements(const Opening& opening) {
  static constexpr const char* names[] = {
      "", "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "SNAPSHOT"};
  std::string sql = opening.settings.empty() ? "" : opening.settings + "; ";
  if (opening.level != IsolationLevel::unchanged)
    sql += std::string("SET TRANSACTION ISOLATION LEVEL ") + names[static_cast<std::size_t>(opening.level)] + "; ";
  return opening.begins ? sql + "BEGIN TRANSACTION; " : sql;
}

void Session::begin_transaction(IsolationLevel level) { run(*this, opening_statements({{}, level, true})); }

void Session::open(const Opening& opening) { run(*this, opening_statements(opening)); }

void Session::save_transaction(std::string_view savepoint) { run(*this, "SAVE TRANSACTION " + std::string(savepoint)); }

void Session::roll_back_to(std::string_view savepoint) { run(*this, "ROLLBACK TRANSACTION " + std::string(savepoint)); }

void Session::commit_transaction() { run(*this, "COMMIT TRANSACTION"); }

void Session::roll_back_transaction() { run(*this, "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"); }

namespace {

[[noreturn]] void refuse_bulk_load() {
  throw Error(sqlstate::feature_not_supported, "this driver does not load rows",
              "FreeTDS cuts values that are too long without a word, and cannot tell an empty value from NULL.",
              "Set the server option \"driver\" to \"native\".");
}

}  // namespace

void Session::bulk_begin(std::string_view, std::span<const BulkColumn>) { refuse_bulk_load(); }

void Session::bulk_row(std::span<const Scalar>) { refuse_bulk_load(); }

std::int64_t Session::bulk_end() { refuse_bulk_load(); }

std::int64_t run(Session& session, std::string_view sql, std::span<const Parameter> parameters) {
  session.execute(sql, parameters);
  while (session.next_result()) {
  }
  return session.rows_affected();
}

}  // namespace mssql::tds
