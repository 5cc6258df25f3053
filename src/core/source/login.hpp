// Who logs in, where, and how: what a driver is told.
#pragma once

#include <cstdint>
#include <string>

#include "core/error.hpp"

namespace mssql::source {

// `automatic` is native.
enum class DriverKind : std::uint8_t { automatic, native, freetds };
// Whether character data goes through a client library's conversion, which fails on what is no
// valid UTF-16.
constexpr bool converts_text(DriverKind driver) noexcept { return driver == DriverKind::freetds; }
enum class Encrypt : std::uint8_t { off, request, require, strict };

struct Login {
  DriverKind driver{DriverKind::automatic};
  std::string host;  // or several, separated by commas: the first that lets us in
  int port{1433};
  std::string instance;  // SQL Server Browser name; then port is ignored
  std::string route;     // host\instance, as a server has said to go there: what the login says again
  std::string database;
  std::string
      username;  // DOMAIN\user: a Windows account; empty: access_token, or the program's own Kerberos credentials
  std::string password;
  std::string access_token;  // of Entra ID, ASCII; then there is no username
  std::string server_spn;    // whom a Kerberos ticket is for; empty: MSSQLSvc/host:port
  Encrypt encrypt{Encrypt::require};
  std::string ca_file;
  bool verify_host{true};  // matters only with ca_file
  std::string tls_name;    // what the server is called where `host` is the address of a tunnel; empty: host
  std::string application_name{"mssql_fdw"};
  bool read_only_intent{false};
  int connect_timeout{
      15};  // seconds, for the whole login at one host, and for further tries while it is not available; 0: none
  int query_timeout{0};  // seconds without a byte from the server; 0: none
  int packet_size{0};    // 0: the driver's choice
};

// For messages: "sql01", port 1433, or its instance where it has one.
std::string place(const Login& login);
// The connection to the server at `where` is closed because it has been silent for that long:
// 08006.
Error silence_error(const std::string& where, int seconds);

}  // namespace mssql::source
