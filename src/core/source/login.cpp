#include "login.hpp"

namespace mssql::source {

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

}  // namespace mssql::source
