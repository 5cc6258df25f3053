// Logins: peers that are no SQL Server, routes, security tokens.
#include "core/tds/native/driver.hpp"

#include <gtest/gtest.h>

#include "conversation.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;

TEST(NativeDriverTest, LogsInOverAConnection) {
  Conversation conversation({packets(one_column + one_row + one_row + done(count_flag, 2))});
  EXPECT_EQ(conversation.driver.spid(), 51);
  EXPECT_EQ(conversation.driver.server_version(), "16.0.1");
  EXPECT_EQ(conversation.request().sqlstate, "");
  EXPECT_EQ(conversation.rows, 2);
  EXPECT_EQ(conversation.driver.rows_affected(), 2);
  EXPECT_TRUE(conversation.driver.alive());
}

TEST(NativeDriverTest, RoutedConnectionIsRefused) {
  const std::string value = little(0, 1) + little(1433, 2) + name16("other.example");
  std::vector<std::string> messages = {
      scripted::login()[0], packets(scripted::environment_change(20, little(value.size(), 2) + value + little(0, 2)) +
                                    scripted::login_acknowledgement() + done(canned::final))};
  Server server(messages);
  const Thrown thrown = thrown_by([&] { Driver(server.stream(), Conversation::login(), Server::environment()); });
  EXPECT_EQ(thrown.sqlstate, "08001");
  EXPECT_NE(thrown.message.find("elsewhere"), std::string::npos);
}

// The error of a login whose server says just that, and hangs up.
Thrown login_to(const std::vector<std::string>& said, Encrypt encrypt = Encrypt::require) {
  Server server(said);
  Login login = Conversation::login();
  login.encrypt = encrypt;
  return thrown_by([&] { Driver(server.stream(), login, Server::environment()); });
}

TEST(NativeDriverTest, PeersThatSpeakNoTdsAreNamed) {
  const std::pair<std::string, const char*> peers[] = {
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "an HTTP server"},
      {"SSH-2.0-OpenSSH_9.2\r\n", "an SSH server"},
      {"E\0\0\0\x5aSFATAL\0VFATAL\0C0A000\0"s, "a PostgreSQL server"},
      {"EFATAL:  unsupported frontend protocol"s, "a PostgreSQL server"},
      {"J\0\0\0\x0a"
       "8.0.36\0"s,
       "a MySQL or MariaDB server"},
      {"\x15\x03\x01\0\x02\x02\x46"s, "TLS from the first byte"},
      {"what is this?", "A packet has type 119"},
  };
  for (const auto& [said, name] : peers) {
    const Thrown thrown = login_to({said});
    EXPECT_EQ(thrown.sqlstate, "08001");
    EXPECT_NE(thrown.detail.find(name), std::string::npos) << thrown.message << ' ' << thrown.detail;
    EXPECT_NE(thrown.hint, "");
  }
  EXPECT_NE(login_to({}).hint.find("PostgreSQL"), std::string::npos);  // it hangs up without a word
  EXPECT_NE(login_to({}, Encrypt::strict).hint.find("SQL Server 2022"), std::string::npos);
  // TLS 1.0 is all that it speaks, and that with a reset
  EXPECT_NE(login_to({packets(scripted::prelogin_answer(1))}).hint.find("TLS 1.2"), std::string::npos);
}

TEST(NativeDriverTest, SqlServer2000IsNamed) {
  const std::string said = "\xab" + little(4 + 1 + 1 + 2 + 2 * 2 + 1 + 1 + 2, 2) + little(5701, 4) + "\x02" + '\0' +
                           name16("hi") + name8("") + name8("") + little(1, 2);  // the line has two bytes there
  const std::string version = '\x01' + "\x71\x00\x00\x01"s + name8("Microsoft SQL Server") + "\x08\x00\x07\xf7"s;
  const Thrown thrown = login_to({packets(scripted::prelogin_answer(2)),
                                  packets(said + "\xad" + little(version.size(), 2) + version + done(canned::final))},
                                 Encrypt::off);
  EXPECT_EQ(thrown.sqlstate, "0A000");
  EXPECT_NE(thrown.message.find("SQL Server 2000"), std::string::npos) << thrown.message;
  EXPECT_NE(thrown.hint.find("freetds"), std::string::npos);
}

TEST(NativeDriverTest, RouteMayComeWithoutAnAcknowledgement) {
  const std::string value = little(0, 1) + little(11000, 2) + name16("node.example\\MI1");
  const Thrown thrown = login_to(
      {scripted::login()[0],
       packets(scripted::environment_change(20, little(value.size(), 2) + value + little(0, 2)) + done(canned::final))},
      Encrypt::off);
  EXPECT_EQ(thrown.sqlstate, "08001");
  EXPECT_NE(thrown.message.find("elsewhere"), std::string::npos) << thrown.message;
}

// Kerberos as far as the driver can see: says `tokens` one after the other, and is complete then.
class FakeSecurity final : public SecurityContext {
 public:
  FakeSecurity(std::vector<std::string> tokens, std::string* heard, bool proven = true)
      : tokens_(std::move(tokens)), heard_(heard), proven_(proven) {}

  std::string step(std::string_view token) override {
    heard_->append(token).append("|");
    return next_ < tokens_.size() ? tokens_[next_++] : std::string();
  }
  bool complete() const noexcept override { return next_ == tokens_.size() && !endless(); }
  void verify() const override {
    if (!proven_) throw Error(sqlstate::invalid_authorization, "not proven");
  }

 private:
  bool endless() const { return tokens_.size() > 50; }

  std::vector<std::string> tokens_;
  std::string* heard_;
  bool proven_;
  std::size_t next_{0};
};

std::string sspi(std::string_view token) { return "\xed" + little(token.size(), 2) + std::string(token); }

struct IntegratedLogin {
  // The server's answers to LOGIN7 and to what follows it.
  IntegratedLogin(const std::vector<std::string>& answers, std::vector<std::string> tokens, bool proven = true) {
    std::vector<std::string> messages = {packets(scripted::prelogin_answer(2))};
    messages.insert(messages.end(), answers.begin(), answers.end());
    Server server(messages, 5);
    Login login = Conversation::login();
    login.username.clear();
    thrown = thrown_by([&] {
      Driver(server.stream(), login, Server::environment(),
             std::make_unique<FakeSecurity>(std::move(tokens), &heard, proven));
    });
    said = server.heard();
  }

  Thrown thrown;
  std::string heard;  // by the security context
  std::string said;   // to the server
};

const std::string accepted = scripted::login_acknowledgement() + done(canned::final);

TEST(NativeDriverTest, SecurityTokensGoToAndFro) {
  const IntegratedLogin login({packets(sspi("challenge")), packets(sspi("last") + accepted)}, {"first", "answer", ""});
  EXPECT_EQ(login.thrown.message, "");
  EXPECT_EQ(login.heard, "|challenge|last|");
  EXPECT_NE(login.said.find("first"), std::string::npos);
  const std::string message = "\x11\x01\x00\x0e"s;  // type SSPI, the end of the message, its size
  EXPECT_EQ(login.said.substr(login.said.size() - 14, 4), message);
  EXPECT_TRUE(login.said.ends_with("answer"));
}

TEST(NativeDriverTest, TheServerHasToProveItself) {
  EXPECT_EQ(IntegratedLogin({packets(accepted)}, {"first"}, false).thrown.message, "not proven");
  EXPECT_EQ(IntegratedLogin({packets(accepted)}, {"first"}).thrown.message, "");
}

TEST(NativeDriverTest, RefusalsOfIntegratedLoginsAreTheServers) {
  const IntegratedLogin login({packets(sspi("challenge")), packets(error(18452, "Login failed.") + done(error_flag))},
                              {"first", "answer", ""}, false);
  EXPECT_EQ(login.thrown.sqlstate, "28000");
  EXPECT_EQ(login.thrown.message, "Login failed.");
}

TEST(NativeDriverTest, BadSecurityTokensEndTheLogin) {
  const std::vector<std::string> endless_answers(100, packets(sspi("more")));
  const std::vector<std::string> endless_tokens(100, "and more");
  const IntegratedLogin endless(endless_answers, endless_tokens);
  EXPECT_EQ(endless.thrown.sqlstate, "08001");
  EXPECT_LT(endless.heard.size(), 200u);
  const IntegratedLogin empty({packets(sspi(""))}, {"first", "answer"});
  EXPECT_EQ(empty.thrown.sqlstate, "08001");
  EXPECT_NE(empty.thrown.detail.find("empty security token"), std::string::npos);
  const IntegratedLogin late({packets(sspi("late") + accepted)}, {"first"});
  EXPECT_EQ(late.thrown.sqlstate, "08001");
  EXPECT_NE(late.thrown.detail.find("nobody waits for"), std::string::npos);
  EXPECT_EQ(IntegratedLogin({packets("\xed\xff\xff"s + "cut")}, {"first", "answer"}).thrown.sqlstate, "08001");
  EXPECT_EQ(
      IntegratedLogin({packets(sspi(std::string(65535, 'x'))), packets(accepted)}, {"first", "answer"}).thrown.message,
      "");
}

TEST(NativeDriverTest, NobodyWaitsForASecurityTokenOfASqlLogin) {
  Server server({packets(scripted::prelogin_answer(2)), packets(sspi("challenge") + accepted)});
  EXPECT_EQ(thrown_by([&] { Driver(server.stream(), Conversation::login(), Server::environment()); }).sqlstate,
            "08001");
}

TEST(NativeDriverTest, AccessTokenIsNeverSentInTheClear) {
  Login login = Conversation::login();
  login.username.clear();
  login.access_token = "eyJ";
  for (const Encrypt encrypt : {Encrypt::off, Encrypt::request}) {
    login.encrypt = encrypt;
    Server server(scripted::login());
    const Thrown thrown = thrown_by([&] { Driver(server.stream(), login, Server::environment()); });
    EXPECT_EQ(thrown.sqlstate, "08001");
    EXPECT_NE(thrown.message.find("under TLS only"), std::string::npos);
    EXPECT_EQ(server.heard().find(canned::utf16("eyJ")), std::string::npos);
  }
}

}  // namespace
}  // namespace mssql::tds::native
