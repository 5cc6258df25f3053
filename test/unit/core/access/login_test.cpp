// From options to a login.
#include "core/access/login.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "../tds/cells.hpp"

namespace mssql::access {
namespace {

using Options = std::vector<Option>;
using tds::thrown_by;

const Options plain_server = {{"host", "sql01"}};

TEST(LoginTest, WhatIsNotSaidHasItsDefault) {
  const Wanted wanted = read_wanted(plain_server, {});
  const source::Login defaults;
  EXPECT_EQ(wanted.login.host, "sql01");
  EXPECT_EQ(wanted.login.port, defaults.port);
  EXPECT_EQ(wanted.login.encrypt, source::Encrypt::require);
  EXPECT_EQ(wanted.login.driver, source::DriverKind::automatic);
  EXPECT_EQ(wanted.login.application_name, "mssql_fdw");
  EXPECT_EQ(wanted.login.connect_timeout, defaults.connect_timeout);
  EXPECT_FALSE(wanted.login.read_only_intent);
  EXPECT_EQ(wanted.isolation, tsql::Isolation::automatic);
  EXPECT_TRUE(wanted.keep);
}

TEST(LoginTest, OptionsByTheirMeaning) {
  const Options server = {{"servername", "a,b"},         {"port", "1500"},        {"database", "shop"},
                          {"driver", "freetds"},         {"encrypt", "Strict"},   {"ca_file", "system"},
                          {"verify_host", "off"},        {"packet_size", "8000"}, {"application_intent", "readonly"},
                          {"isolation", "serializable"}, {"query_timeout", "7"},  {"keep_connections", "off"}};
  const Wanted wanted = read_wanted(server, Options{{"username", "me"}, {"password", "secret"}});
  EXPECT_EQ(wanted.login.host, "a,b");
  EXPECT_EQ(wanted.login.port, 1500);
  EXPECT_EQ(wanted.login.database, "shop");
  EXPECT_EQ(wanted.login.driver, source::DriverKind::freetds);
  EXPECT_EQ(wanted.login.encrypt, source::Encrypt::strict);
  EXPECT_EQ(wanted.login.ca_file, "system");
  EXPECT_FALSE(wanted.login.verify_host);
  EXPECT_EQ(wanted.login.packet_size, 8000);
  EXPECT_TRUE(wanted.login.read_only_intent);
  EXPECT_EQ(wanted.login.query_timeout, 7);
  EXPECT_EQ(wanted.login.username, "me");
  EXPECT_EQ(wanted.login.password, "secret");
  EXPECT_EQ(wanted.isolation, tsql::Isolation::serializable);
  EXPECT_FALSE(wanted.keep);
}

TEST(LoginTest, HostIsNeeded) {
  EXPECT_EQ(thrown_by([] { read_wanted({}, {}); }).sqlstate, "HV00J");
}

TEST(LoginTest, SecretOfTheMapping) {
  EXPECT_FALSE(has_own_secret({}));
  EXPECT_FALSE(has_own_secret(Options{{"username", "me"}}));
  EXPECT_FALSE(has_own_secret(Options{{"password", "secret"}}));
  EXPECT_TRUE(has_own_secret(Options{{"username", "me"}, {"password", "secret"}}));
  EXPECT_TRUE(has_own_secret(Options{{"username", "me"}, {"password_file", "/x"}}));
  EXPECT_TRUE(has_own_secret(Options{{"access_token_file", "/x"}}));
}

// A file that only its owner may read, unless a test says otherwise.
class LoginFileTest : public ::testing::Test {
 protected:
  ~LoginFileTest() override { ::unlink(path_.c_str()); }
  void write(const std::string& content, mode_t mode = 0600) {
    std::ofstream(path_, std::ios::binary) << content;
    ::chmod(path_.c_str(), mode);
  }
  std::string path_ = ::testing::TempDir() + "mssql_fdw_login_test." + std::to_string(::getpid());
};

TEST_F(LoginFileTest, PasswordIsTheFirstLine) {
  write("secret with blanks \r\nnot this\n");
  EXPECT_EQ(read_wanted(plain_server, Options{{"password_file", path_}}).login.password, "secret with blanks ");
  write("\n");
  EXPECT_EQ(thrown_by([&] {
              read_wanted(plain_server, Options{{"password_file", path_}});
            }).detail,
            "Its first line is empty.");
}

TEST_F(LoginFileTest, TokenIsOneWord) {
  const Options mapping = {{"access_token_file", path_}};
  write("abc.def\n");
  EXPECT_EQ(read_wanted(plain_server, mapping).login.access_token, "abc.def");
  for (const char* content : {"two words", "{\"accessToken\": 1}"}) {
    write(content);
    EXPECT_EQ(thrown_by([&] { read_wanted(plain_server, mapping); }).detail, "It holds something else than one token.");
  }
}

TEST_F(LoginFileTest, FilesThatOthersMayReadAreRefused) {
  const Options mapping = {{"password_file", path_}};
  write("secret", 0604);
  EXPECT_EQ(thrown_by([&] { read_wanted(plain_server, mapping); }).detail,
            "The file may be read by others than its owner.");
  ::unlink(path_.c_str());
  EXPECT_EQ(thrown_by([&] { read_wanted(plain_server, mapping); }).sqlstate, "28000");
  EXPECT_EQ(thrown_by([&] {
              read_wanted(plain_server, Options{{"password_file", ::testing::TempDir()}});
            }).detail,
            "It is not a regular file.");
}

}  // namespace
}  // namespace mssql::access
