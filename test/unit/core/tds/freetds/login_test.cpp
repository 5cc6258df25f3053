// What FreeTDS is told of a login, and what it is not asked to do at all.
#include "core/tds/freetds/login.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "../drivers.hpp"

namespace mssql::tds {
namespace {

using access::connect;
using access::driver_version;
using namespace drivers;

class FreeTdsTest : public ::testing::Test {
 protected:
  void SetUp() override { driver = DriverKind::freetds; }
};

TEST_F(FreeTdsTest, ValuesThatWouldChangeTheConfigurationAreRefused) {
  for (const std::string host : {"", "a b", "a#b", "a;b", "a\nport = 1", "[x]", "a=b", "a/b"}) {
    Login login = login_to(1433);
    login.host = host;
    EXPECT_STREQ(error_of([&] { freetds::config_text(login, 1433); }).sqlstate, "22023") << host;
  }
  Login login = login_to(1433);
  login.ca_file = "/tmp/a\nencryption = off";
  EXPECT_STREQ(error_of([&] { freetds::config_text(login, 1433); }).sqlstate, "22023");
  login.ca_file = "/no/such/file.pem";
  EXPECT_NE(error_of([&] { freetds::config_text(login, 1433); }).message.find("/no/such/file.pem"), std::string::npos);
  login.ca_file.clear();
  login.username = "x\ty";
  EXPECT_STREQ(error_of([&] { connect(login, test_environment); }).sqlstate, "22023");
}

TEST_F(FreeTdsTest, HostThatHoldsAnInstanceGetsAHint) {
  Login login = login_to(1433);
  login.host = "sql01\\PROD";
  EXPECT_NE(error_of([&] { connect(login, test_environment); }).hint.find("\"instance\""), std::string::npos);
}

TEST_F(FreeTdsTest, AnotherNameInTheCertificateIsRefused) {
  Login login = login_to(1433);
  login.tls_name = "db.example";
  EXPECT_STREQ(error_of([&] { connect(login, test_environment); }).sqlstate, "0A000");
}

TEST_F(FreeTdsTest, ConfigurationSaysEverythingAndNoPassword) {
  const std::string text = freetds::config_text(login_to(4711), 4711);
  EXPECT_EQ(text,
            "[127.0.0.1]\n\thost = 127.0.0.1\n\tport = 4711\n\ttds version = 7.4\n\tclient charset = UTF-8\n\tuse "
            "utf-16 = yes\n"
            "\ttext size = 2147483647\n\tencryption = off\n");
}

TEST_F(FreeTdsTest, ACertificateThatIsWantedIsRequired) {
  Login login = login_to(4711);
  login.encrypt = Encrypt::request;
  EXPECT_NE(freetds::config_text(login, 4711).find("encryption = request\n"), std::string::npos);
  login.ca_file = "system";
  EXPECT_NE(freetds::config_text(login, 4711).find("encryption = require\n"), std::string::npos);
}

TEST_F(FreeTdsTest, OverlongLoginTextIsRefused) {
  Login login = login_to(1433);
  login.password = std::string(129, 'x');
  const Error error = error_of([&] { connect(login, test_environment); });
  EXPECT_STREQ(error.sqlstate, "22023");
  EXPECT_EQ((error.message + error.detail).find("xxx"), std::string::npos);
}

TEST_F(FreeTdsTest, LibraryVersion) {
  EXPECT_EQ(freetds::parse_library_version("freetds v1.3.17").minor, 3);
  EXPECT_EQ(freetds::parse_library_version("freetds v1.5.9").minor, 5);
  EXPECT_EQ(freetds::parse_library_version("freetds v2").major, 2);
  EXPECT_EQ(freetds::parse_library_version("nonsense").major, 0);
  EXPECT_GT(freetds::parse_library_version(driver_version()).major, 0) << driver_version();
}

TEST_F(FreeTdsTest, VariablesOfTheEnvironmentDoNotMatterAndStay) {
  ::setenv("TDSPORT", "1", 1);
  ::setenv("TDSVER", "5.0", 1);
  CannedServer server({});
  EXPECT_TRUE(connect(login_to(server.port()), test_environment)->alive());
  EXPECT_STREQ(std::getenv("TDSPORT"), "1");
  ::unsetenv("TDSPORT");
  ::unsetenv("TDSVER");
}

}  // namespace
}  // namespace mssql::tds
