// Both drivers as connect() gives them, against prepared bytes (canned_server.hpp): the parameter
// of such tests, whom they log in, and what they look at. A file of tests derives its own suite.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "canned_server.hpp"
#include "core/access/connect.hpp"
#include "core/tds/codec/decode.hpp"
#include "core/tds/codec/unicode.hpp"

namespace mssql::tds::drivers {

using canned::CannedServer;
using canned::own_requests;
using canned::Reply;

inline bool stop_now = false;
inline std::optional<std::chrono::steady_clock::time_point> stop_at;
inline std::vector<ServerMessage> heard;

inline bool interrupted() { return stop_now || (stop_at && std::chrono::steady_clock::now() >= *stop_at); }
inline void listen_to(const ServerMessage& message) { heard.push_back(message); }
inline const Environment test_environment{interrupted, listen_to};

inline DriverKind driver = DriverKind::automatic;

inline Login login_to(int port) {
  Login login;
  login.driver = driver;
  login.host = "127.0.0.1";
  login.port = port;
  login.username = "someone";
  login.password = "secret";
  login.encrypt = Encrypt::off;
  return login;
}

inline std::string bytes_of(const Cell& cell) { return {reinterpret_cast<const char*>(cell.data), cell.size}; }

inline Error error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error;
  }
  return Error("00000", "no error");
}

inline double seconds_of(const std::function<void()>& act) {
  const auto start = std::chrono::steady_clock::now();
  act();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// A socket that accepts connections (the kernel does) and never says a word.
class MuteServer {
 public:
  MuteServer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~MuteServer() { ::close(socket_); }
  void open() const { EXPECT_EQ(::listen(socket_, 8), 0); }
  int port() const { return port_; }

 private:
  int socket_;
  int port_{0};
};

// Runs with each driver.
class SessionTest : public ::testing::TestWithParam<DriverKind> {
 protected:
  void SetUp() override {
    driver = GetParam();
    own_requests = driver == DriverKind::freetds ? 2 : 0;  // SET TEXTSIZE of FreeTDS, the question for @@SPID
    stop_now = false;
    heard.clear();
  }
};

inline std::string driver_name(const ::testing::TestParamInfo<DriverKind>& info) {
  return info.param == DriverKind::native ? "Native" : "FreeTds";
}
inline const auto both_drivers = ::testing::Values(DriverKind::native, DriverKind::freetds);

// Runs `act` with a session to a server that has these replies.
inline void with_replies(std::vector<Reply> replies, const std::function<void(Session&)>& act) {
  CannedServer server(std::move(replies));
  const auto session = access::connect(login_to(server.port()), test_environment);
  act(*session);
}

// What the driver delivers, as UTF-8.
inline std::string text_of(const Session& session, Row row, std::size_t column) {
  std::string scratch;
  Column described = session.columns()[column];
  if (described.encoding == Encoding::utf8) return bytes_of(row[column]);  // NULs and all
  std::string out;
  if (described.encoding == Encoding::utf16le)
    utf16le_to_utf8(row[column].data, row[column].size, out);
  else
    code_page_to_utf8(described.code_page, row[column].data, row[column].size, out);
  return out;
}

// Reads every cell of a row as the extension does.
inline void decode_all(const Session& session, Row row) {
  std::string out;
  for (std::size_t i = 0; i < row.size(); ++i)
    if (!row[i].is_null()) decode_to_text(session.columns()[i], row[i], CharacterPolicy::error, out);
}

inline Row first_row(Session& session) {
  session.execute("x");
  Row row;
  EXPECT_TRUE(session.next_result());
  EXPECT_TRUE(session.fetch(row));
  return row;
}

}  // namespace mssql::tds::drivers
