// Shared state of the sessions.
#include "server.hpp"

#include <unistd.h>

#include <fstream>

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
    : options(std::move(given)),
      tls(options.certificate_file, options.key_file, options.certificate_name),
      name(host_name()) {
  options.logins.emplace(lower_case(options.user), options.password);
}

bool Server::accepts(const std::string& user, const std::string& password) const {
  const auto found = options.logins.find(lower_case(user));
  return found != options.logins.end() && found->second == password;
}

bool Server::knows_windows_login(const std::string& account) const {
  return options.windows_logins.contains(lower_case(account));
}

std::optional<std::string> Server::owner_of_token(const std::string& token) const {
  std::ifstream file(options.access_token_file);
  std::string owner, good;
  if (!(file >> owner >> good) || good != token) return std::nullopt;
  return owner;
}

}  // namespace tds_server
