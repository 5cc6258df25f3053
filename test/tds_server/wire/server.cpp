// Shared state of the sessions.
#include "server.hpp"

#include <unistd.h>

namespace tds_server {

namespace {

std::string host_name() {
  char name[65] = "";
  gethostname(name, sizeof name - 1);
  std::string text = name;
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

}  // namespace

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

Server::Server(Options given)
    : options(std::move(given)), tls(options.certificate_file, options.key_file, options.certificate_name), name(host_name()) {
  options.logins.emplace(lower_case(options.user), options.password);
}

bool Server::accepts(const std::string& user, const std::string& password) const {
  const auto found = options.logins.find(lower_case(user));
  return found != options.logins.end() && found->second == password;
}

}  // namespace tds_server
