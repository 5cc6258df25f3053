// What all sessions share: the command line, certificate, accounts, faults, recorded replies and
// counters.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "faults.hpp"
#include "prelogin.hpp"
#include "replay.hpp"
#include "statistics.hpp"
#include "tls.hpp"

namespace tds_server {

struct Options {
  std::string listen{"127.0.0.1"};
  int port{1433};
  std::string port_file;
  std::string pg_conninfo;
  std::string user{"sa"};
  std::string password;
  std::map<std::string, std::string> logins;  // further ones, by name in lower case
  std::set<std::string> windows_logins;       // accounts that may log in by SSPI, in lower case: domain\user
  std::string access_token_file;              // a line of "user token"; empty: no access tokens
  std::string certificate_file;
  std::string key_file;
  std::string certificate_name{"localhost"};
  EncryptMode encrypt{EncryptMode::login};
  std::size_t packet_size_max{32767};
};

struct Server {
  Options options;
  TlsContext tls;
  std::string name;  // @@SERVERNAME
  Faults faults;
  Replay replay;
  Statistics statistics;

  explicit Server(Options given);
  // Login names are case-insensitive, passwords are not.
  bool accepts(const std::string& user, const std::string& password) const;
  bool knows_windows_login(const std::string& account) const;
  // Whose access token it is; nothing when it is nobody's. The file is read each time.
  std::optional<std::string> owner_of_token(const std::string& token) const;
};

std::string lower_case(std::string text);

}  // namespace tds_server
