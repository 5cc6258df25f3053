// How a session begins, with either driver: what is said of a server that is not there, does not
// answer or does not let us in.
#include "core/access/connect.hpp"

#include <gtest/gtest.h>

#include "../tds/drivers.hpp"
#include "../tds/server_of_environment.hpp"

namespace mssql::tds {
namespace {

using access::connect;
using namespace drivers;

class LoginTest : public SessionTest {};

TEST_P(LoginTest, RefusedPortIsNamed) {
  const MuteServer closed;
  const Error error = error_of([&] { connect(login_to(closed.port()), test_environment); });
  EXPECT_STREQ(error.sqlstate, "08001");
  EXPECT_NE(error.message.find("port " + std::to_string(closed.port()) + " failed: Connection refused"),
            std::string::npos)
      << error.message;
}

TEST_P(LoginTest, UnknownHostIsNamed) {
  Login login = login_to(1433);
  login.host = "no-such-host.invalid";
  const Error error = error_of([&] { connect(login, test_environment); });
  EXPECT_STREQ(error.sqlstate, "08001");
  EXPECT_NE(error.message.find("could not resolve host name \"no-such-host.invalid\""), std::string::npos)
      << error.message;
}

TEST_P(LoginTest, MuteServerEndsAtConnectTimeout) {
  const MuteServer mute;
  mute.open();
  Login login = login_to(mute.port());
  login.connect_timeout = 1;
  const double seconds = seconds_of([&] {
    const Error error = error_of([&] { connect(login, test_environment); });
    EXPECT_STREQ(error.sqlstate, "08001");
    EXPECT_NE(error.message.find("timeout expired"), std::string::npos) << error.message;
  });
  EXPECT_GE(seconds, 0.9);
  EXPECT_LT(seconds, 10);
}

TEST(NativeLoginTest, AServerThatMayBeTooOldForStrictIsToldSo) {
  const MuteServer mute;
  mute.open();
  Login login = login_to(mute.port());
  login.driver = DriverKind::native;
  login.encrypt = Encrypt::strict;
  login.connect_timeout = 1;
  const Error error = error_of([&] { connect(login, test_environment); });
  EXPECT_NE(error.hint.find("TDS 8.0"), std::string::npos) << error.hint;
}

TEST_P(LoginTest, LoginToMuteServerCanBeInterrupted) {
  const MuteServer mute;
  mute.open();
  Login login = login_to(mute.port());
  login.connect_timeout = 0;
  stop_now = true;
  EXPECT_TRUE(error_of([&] { connect(login, test_environment); }).is_interruption());
}

TEST_P(LoginTest, NothingIsSentInTheClearUnasked) {
  CannedServer server({});
  Login login = login_to(server.port());
  login.encrypt = Login().encrypt;
  EXPECT_STREQ(error_of([&] { connect(login, test_environment); }).sqlstate, "08001");
  EXPECT_EQ(server.logins(), 0);
}

INSTANTIATE_TEST_SUITE_P(Drivers, LoginTest, both_drivers, driver_name);

class LoginServerTest : public ServerTest {};

TEST_P(LoginServerTest, SessionKnowsItself) {
  const auto session = open();
  EXPECT_GT(session->spid(), 0);
  EXPECT_FALSE(session->server_version().empty());
  EXPECT_EQ(ask(*session, "SELECT CAST(@@SPID AS int)"), std::to_string(session->spid()));
}

TEST_P(LoginServerTest, WrongPassword) {
  login_.password = "certainly wrong";
  const Error error = error_of([&] { open(); });
  EXPECT_STREQ(error.sqlstate, "28P01");
  EXPECT_EQ((error.message + error.detail + error.hint).find("certainly"), std::string::npos);
  EXPECT_NE(error.detail.find("The server is \"" + login_.host + "\", port " + std::to_string(login_.port)),
            std::string::npos)
      << error.detail;
}

TEST_P(LoginServerTest, WrongDatabase) {
  login_.database = "no such database";
  EXPECT_STREQ(error_of([&] { open(); }).sqlstate, "3D000");
}

TEST_P(LoginServerTest, ManySessions) {
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < 10; ++i) sessions.push_back(open());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(*sessions[i], "SELECT " + std::to_string(i)), std::to_string(i));
}

INSTANTIATE_TEST_SUITE_P(Drivers, LoginServerTest, both_drivers, driver_name);

}  // namespace
}  // namespace mssql::tds
