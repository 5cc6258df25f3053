// From a login to a session that is ready to work: which driver, which host, and what is asked
// before the session is in use. The only place that knows the drivers: a second source is chosen
// here.
#pragma once

#include <memory>
#include <string>

#include "core/tds/session.hpp"
#include "login.hpp"

namespace mssql::access {

// Opens a session with the driver that `login` names. A server that says that it is not available
// now (is_transient_server_error) is asked again within connect_timeout.
std::unique_ptr<tds::Session> connect(const source::Login& login, const source::Environment& environment);

// The drivers behind connect(), for people: "native TDS driver, FreeTDS 1.3.17".
std::string driver_version();

// What a login makes.
struct Link {
  std::unique_ptr<source::Session> session;
  source::Opening opening;  // of each transaction
  source::Waits waits;
  bool keep{true};            // over the end of a transaction
  bool level_guessed{false};  // the server did not say whether SNAPSHOT is allowed
};

// What is asked before the session is in use has the login's patience. Throws Error, also for a
// server that mssql_fdw does not work with.
Link log_in(const Wanted& wanted, const source::Environment& environment);

}  // namespace mssql::access
