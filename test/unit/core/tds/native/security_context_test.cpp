// What needs no KDC; logins with one are in test/tap/060_kerberos.t.
#include "core/tds/native/security_context.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "../cells.hpp"

namespace mssql::tds::native {
namespace {

// A machine without any Kerberos credentials, nor other mechanisms than MIT's own.
class SecurityContextTest : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("KRB5_CONFIG", "/dev/null", 1);
    ::setenv("KRB5CCNAME", "FILE:/nonexistent/cache", 1);
    ::setenv("KRB5_CLIENT_KTNAME", "FILE:/nonexistent/keytab", 1);
    ::setenv("GSS_MECH_CONFIG", "/dev/null", 1);
  }

  static Login login(const std::string& username, const std::string& password) {
    Login login;
    login.host = "localhost";
    login.username = username;
    login.password = password;
    return login;
  }
};

TEST_F(SecurityContextTest, WhichLoginsAreIntegrated) {
  EXPECT_FALSE(is_integrated(login("sa", "x")));
  EXPECT_FALSE(is_integrated(login("reader@server", "x")));
  EXPECT_TRUE(is_integrated(login("", "")));
  EXPECT_TRUE(is_integrated(login("DOMAIN\\user", "x")));
  Login with_token = login("", "");
  with_token.access_token = "eyJ";
  EXPECT_FALSE(is_integrated(with_token));
}

TEST_F(SecurityContextTest, MissingCredentialsAreNamed) {
  const Thrown thrown = thrown_by([] { make_security_context(login("", ""), 1433); });
  EXPECT_EQ(thrown.sqlstate, "28000");
  EXPECT_EQ(thrown.message, "could not log in with Kerberos");
  EXPECT_NE(thrown.detail.find("GSSAPI reports: "), std::string::npos);
  EXPECT_NE(thrown.detail.find("The service is \"MSSQLSvc/localhost:1433\"."), std::string::npos) << thrown.detail;
  EXPECT_NE(thrown.hint.find("KRB5_CLIENT_KTNAME"), std::string::npos);
}

TEST_F(SecurityContextTest, ServiceCanBeNamed) {
  Login named = login("", "");
  named.server_spn = "MSSQLSvc/cluster.example.org:SALES@EXAMPLE.ORG";
  const Thrown thrown = thrown_by([&] { make_security_context(named, 1433); });
  EXPECT_NE(thrown.detail.find("The service is \"MSSQLSvc/cluster.example.org:SALES@EXAMPLE.ORG\"."), std::string::npos)
      << thrown.detail;
}

TEST_F(SecurityContextTest, WindowsAccountsNeedAMechanismAndAPassword) {
  Thrown thrown = thrown_by([] { make_security_context(login("DOMAIN\\user", "secret"), 1433); });
  EXPECT_EQ(thrown.sqlstate, "28000");
  EXPECT_NE(thrown.hint.find("gss-ntlmssp"), std::string::npos);
  EXPECT_EQ((thrown.message + thrown.detail + thrown.hint).find("secret"), std::string::npos);
  thrown = thrown_by([] { make_security_context(login("DOMAIN\\user", ""), 1433); });
  EXPECT_EQ(thrown.sqlstate, "28000");
  EXPECT_NE(thrown.message.find("password"), std::string::npos);
}

}  // namespace
}  // namespace mssql::tds::native
