#include "connect.hpp"

#include <poll.h>

#include <algorithm>
#include <random>
#include <vector>

#include "core/source/ask.hpp"
#include "core/tds/freetds/driver.hpp"
#include "core/tds/native/driver.hpp"
#include "core/tds/net/deadline.hpp"

namespace mssql::access {

using source::Environment;
using source::Login;
using tds::net::Clock;
using tds::net::Deadline;

namespace {

std::unique_ptr<tds::Session> open(const Login& login, const Environment& environment) {
  if (login.driver == source::DriverKind::freetds) return std::make_unique<tds::freetds::Driver>(login, environment);
  return std::make_unique<tds::native::Driver>(login, environment);
}

// What a server says does not tell which server says it.
std::unique_ptr<tds::Session> connect_to_one(const Login& login, const Environment& environment) {
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
std::unique_ptr<tds::Session> connect_to_any(const Login& login, const Environment& environment) {
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
  const auto until = Clock::now() + std::chrono::milliseconds(milliseconds);
  for (;;) {
    if (environment.interrupted != nullptr && environment.interrupted()) throw Error::interrupted();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return;
    const int slice = static_cast<int>(std::min<long long>(left, slice_ms));
    if (environment.wait != nullptr)
      environment.wait(-1, 0, slice);
    else
      ::poll(nullptr, 0, slice);
  }
}

source::IsolationLevel level_of(tsql::Isolation isolation) {
  switch (isolation) {
    case tsql::Isolation::snapshot: return source::IsolationLevel::snapshot;
    case tsql::Isolation::repeatable_read: return source::IsolationLevel::repeatable_read;
    case tsql::Isolation::serializable: return source::IsolationLevel::serializable;
    case tsql::Isolation::automatic:
    case tsql::Isolation::read_committed: break;
  }
  return source::IsolationLevel::read_committed;
}

// Whether the database allows SNAPSHOT isolation, where the login sees that. Throws Error for a
// server that mssql_fdw does not work with.
std::optional<std::int64_t> ask_snapshot_state(source::Session& session) {
  const std::string question = tsql::server_facts_query();
  const source::Answer facts = source::ask_row(session, question, 2);
  const std::int64_t edition = source::integer_of(facts[1], question).value_or(0);
  const std::string_view refused = tsql::refused_edition(edition);
  if (refused.empty()) return source::integer_of(facts[0], question);
  throw Error(sqlstate::feature_not_supported, "mssql_fdw does not work with " + std::string(refused),
              "The server's EngineEdition is " + std::to_string(edition) + ".",
              "It works with SQL Server, Azure SQL Database and Azure SQL Managed Instance.");
}

}  // namespace

std::unique_ptr<tds::Session> connect(const Login& login, const Environment& environment) {
  constexpr int second_ms = 1000;
  constexpr int ages_ms = 24 * 3600 * second_ms;
  const Deadline deadline = Deadline::in_seconds(login.connect_timeout);
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

std::string driver_version() { return tds::native::driver_description() + ", " + tds::freetds::library_version(); }

Link log_in(const Wanted& wanted, const Environment& environment) {
  const Login& login = wanted.login;
  Link link;
  link.session = connect(login, environment);
  link.waits.statement = login.query_timeout;
  link.session->limit({login.query_timeout > 0 ? login.query_timeout : login.connect_timeout, link.waits.attention});
  link.opening.settings = tsql::session_settings();
  const std::optional<std::int64_t> snapshot_state = ask_snapshot_state(*link.session);
  link.opening.level = level_of(tsql::resolve(wanted.isolation, snapshot_state == 1));
  link.level_guessed = wanted.isolation == tsql::Isolation::automatic && !snapshot_state;
  link.keep = wanted.keep;
  link.session->limit(link.waits);
  return link;
}

}  // namespace mssql::access
