// The choice of the driver, and what needs no driver.
#include "session.hpp"

#include <algorithm>
#include <vector>

#include "freetds/driver.hpp"
#include "native/driver.hpp"

namespace mssql::tds {

namespace {

std::unique_ptr<Session> connect_to_one(const Login& login, const Environment& environment) {
  if (login.driver == DriverKind::freetds) return std::make_unique<freetds::Driver>(login, environment);
  return std::make_unique<native::Driver>(login, environment);
}

// Whether another host may do better: this one is not to be reached, or does not open the database now (a secondary replica, a mirror).
bool is_worth_another_host(const Error& error) noexcept {
  constexpr std::int32_t cannot_open_database = 4060;
  if (error.is_interruption()) return false;
  if (error.server_number == cannot_open_database) return true;
  const std::string_view state = error.sqlstate;
  return state == sqlstate::cannot_connect || state == sqlstate::connection_failure || state == sqlstate::cannot_connect_now;
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

}  // namespace

std::unique_ptr<Session> connect(const Login& login, const Environment& environment) {
  const std::vector<std::string> hosts = split_hosts(login.host);
  Login one = login;
  std::string tried;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    one.host = hosts[i];
    try {
      return connect_to_one(one, environment);
    } catch (const Error& error) {
      if (hosts.size() == 1 || !is_worth_another_host(error)) throw;
      tried += (tried.empty() ? "" : "\n") + error.message + (error.detail.empty() ? "" : ": " + error.detail);
    }
  }
  throw Error(sqlstate::cannot_connect, "could not connect to any host of \"" + login.host + "\"", tried);
}

std::string driver_version() { return native::driver_description() + ", " + freetds::library_version(); }

void Session::begin_transaction(IsolationLevel level) {
  static constexpr const char* names[] = {"", "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "SNAPSHOT"};
  std::string sql;
  if (level != IsolationLevel::unchanged) sql = std::string("SET TRANSACTION ISOLATION LEVEL ") + names[static_cast<std::size_t>(level)] + "; ";
  run(*this, sql + "BEGIN TRANSACTION");
}

void Session::commit_transaction() { run(*this, "COMMIT TRANSACTION"); }

void Session::roll_back_transaction() { run(*this, "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"); }

std::int64_t run(Session& session, std::string_view sql, std::span<const Parameter> parameters) {
  session.execute(sql, parameters);
  while (session.next_result()) {
  }
  return session.rows_affected();
}

}  // namespace mssql::tds
