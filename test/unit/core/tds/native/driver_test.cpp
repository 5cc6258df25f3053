// What a broken or hostile server says, and what becomes of the session; conversations as they
// should be are in connect_test.cpp.
#include "core/tds/native/driver.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "../../scalars.hpp"
#include "../cells.hpp"
#include "scripted_server.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;
using namespace canned;
using scripted::packets;
using scripted::Server;

// A session that is logged in and whose requests are answered by `messages`.
struct Conversation {
  explicit Conversation(const std::vector<std::string>& messages, std::size_t piece = 1 << 20)
      : server(all(messages), piece), driver(server.stream(), login(), Server::environment()) {}

  static std::vector<std::string> all(const std::vector<std::string>& messages) {
    std::vector<std::string> out = scripted::login();
    out.insert(out.end(), messages.begin(), messages.end());
    return out;
  }
  static Login login() {
    Login login;
    login.host = "scripted";
    login.username = "someone";
    login.encrypt = Encrypt::off;
    return login;
  }
  // Runs a request to its end.
  Thrown request() {
    return thrown_by([&] {
      driver.execute("SELECT 1", {});
      Row row;
      rows = 0;
      while (driver.next_result())
        while (driver.fetch(row)) ++rows;
    });
  }

  Server server;
  Driver driver;
  int rows{0};
};

const std::string one_column = metadata({{"a", intn_type(4)}});
const std::string one_row = row(value8(little(1, 4)));

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

// What a session may not survive: the caller gets an error and the connection is closed.
TEST(NativeDriverTest, WhatIsOutOfPlaceEndsTheConnection) {
  const std::string no_metadata = "\x81\xff\xff"s;
  for (const std::string& reply :
       {one_row + done(canned::final),                                       // a row outside a result
        one_column + one_row + one_column + one_row + done(canned::final),   // a result inside another
        one_column + one_row + no_metadata + one_row + done(canned::final),  // rows that lose their columns
        "\xe4" + little(0xFFFFFFFF, 4) + "x",                                // tokens without measure
        "\xae\x01" + little(0xFFFFFFFF, 4) + "x", "\x01"s}) {
    Conversation conversation({packets(reply)});
    EXPECT_NE(conversation.request().sqlstate, "");
    EXPECT_FALSE(conversation.driver.alive());
    EXPECT_FALSE(conversation.driver.busy());
  }
}

// It would be taken for the answer to the next request.
TEST(NativeDriverTest, ReplyThatGoesOnBehindItsEndIsNoticed) {
  Conversation conversation(
      {packets(done(canned::final) + one_column + one_row + done(canned::final)), packets(done(canned::final))});
  EXPECT_EQ(conversation.request().sqlstate, "");
  EXPECT_EQ(conversation.request().sqlstate, "08P01");
  EXPECT_EQ(conversation.rows, 0);
  EXPECT_FALSE(conversation.driver.alive());
}

TEST(NativeDriverTest, CountsDoNotOverflow) {
  const std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  Conversation conversation(
      {packets(done(more | count_flag, largest) + done(more | count_flag, 5) + done(count_flag, ~0ull))});
  EXPECT_EQ(conversation.request().sqlstate, "");
  EXPECT_EQ(conversation.driver.rows_affected(), std::numeric_limits<std::int64_t>::max());
}

// Of an INSERT whose trigger selects and assigns: 0xC1 is a SELECT, 0xC3 an INSERT (MS-TDS 2.2.7.6,
// CurCmd).
TEST(NativeDriverTest, WhatIsSelectedIsNotAffected) {
  const auto count = [](int command, int rows, char token) {
    return token + little(more | count_flag, 2) + little(static_cast<std::uint64_t>(command), 2) +
           little(static_cast<std::uint64_t>(rows), 8);
  };
  Conversation conversation({packets(count(0xC1, 100, '\xff') + one_column + one_row + count(0xC1, 1, '\xff') +
                                     count(0xC3, 3, '\xff') + count(0xC2, 4, '\xfd') + done(canned::final))});
  EXPECT_EQ(conversation.request().sqlstate, "");
  EXPECT_EQ(conversation.driver.rows_affected(), 7);
}

TEST(NativeDriverTest, ErrorsWithoutEndAreNotKept) {
  std::string reply;
  for (int i = 0; i < 5000; ++i) reply += error(50000 + i, "error number " + std::to_string(i));
  Conversation conversation({packets(reply + done(error_flag))});
  const Thrown thrown = conversation.request();
  EXPECT_EQ(thrown.message, "error number 0");
  EXPECT_LT(thrown.detail.size(), 10'000u);
  EXPECT_TRUE(conversation.driver.alive());
}

// No wait happens in it: the server always has something to say.
TEST(NativeDriverTest, FloodCanBeInterrupted) {
  static bool stop;
  stop = false;
  Environment environment = Server::environment();
  environment.interrupted = [] { return stop; };
  environment.info = [](const ServerMessage&) { stop = true; };
  std::vector<std::string> messages = scripted::login();
  std::string flood;
  for (int i = 0; i < 3000; ++i) flood += info(1, std::string(100, 'x'));
  messages.push_back(packets(flood + done(canned::final), 30'000));
  messages.push_back(packets(done(attention_flag)));
  Server server(messages);
  Driver driver(server.stream(), Conversation::login(), environment);
  driver.execute("SELECT 1", {});
  try {
    driver.next_result();
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(error.is_interruption());
  }
  EXPECT_TRUE(driver.alive());
  stop = false;
  EXPECT_FALSE(driver.busy());
}

TEST(NativeDriverTest, InterruptionAnywhereLeavesASession) {
  const std::string reply = one_column + one_row + one_row + done(canned::final);
  for (int wait = 1; wait < 25; ++wait) {
    Conversation conversation({packets(reply, 7), packets(done(attention_flag)), packets(reply)}, 4);
    conversation.server.interrupt_at(wait);
    const Thrown thrown = conversation.request();
    conversation.server.interrupt_at(0);
    ASSERT_TRUE(conversation.driver.alive()) << wait;
    if (thrown.sqlstate.empty()) break;
    EXPECT_EQ(conversation.request().sqlstate, "") << wait;
    EXPECT_EQ(conversation.rows, 2);
  }
}

// What is said before a bulk load's rows go out: to INSERT BULK.
std::vector<std::string> bulk_replies(const std::vector<std::string>& then) {
  std::vector<std::string> out = {packets(done(canned::final))};
  out.insert(out.end(), then.begin(), then.end());
  return out;
}

const std::vector<BulkColumn> text_column = {{"t", {Type::nvarchar, -1, 0, 0}}};

// Rows of a kilobyte; the socket pair holds a few hundred.
Thrown load(Driver& driver, int rows) {
  return thrown_by([&] {
    const std::string text(500, 'x');
    const Scalar cells[] = {Text{text}};
    driver.bulk_begin("[t]", text_column);
    for (int i = 0; i < rows; ++i) driver.bulk_row(cells);
    EXPECT_EQ(driver.bulk_end(), rows);
  });
}

// Of the last packet that the server has heard: its type and status.
std::string last_packets(const std::string& heard, std::size_t count) {
  std::vector<std::string> headers;
  for (std::size_t at = 0; at + 8 <= heard.size();
       at += static_cast<unsigned char>(heard[at + 2]) << 8 | static_cast<unsigned char>(heard[at + 3]))
    headers.push_back(heard.substr(at, 2));
  std::string out;
  for (std::size_t i = headers.size() - std::min(count, headers.size()); i < headers.size(); ++i) out += headers[i];
  return out;
}
const std::string ignored_and_attention = "\x07\x03\x06\x01";

TEST(NativeDriverTest, BulkLoadIsOneMessage) {
  Conversation conversation(bulk_replies({packets(done(count_flag, 3))}));
  EXPECT_EQ(load(conversation.driver, 3).sqlstate, "");
  EXPECT_FALSE(conversation.driver.busy());
  const std::string& heard = conversation.server.heard();
  EXPECT_NE(heard.find(utf16("INSERT BULK [t] ([t] nvarchar(max))")), std::string::npos);
  const std::string value = little(1000, 8) + little(1000, 4) + utf16(std::string(500, 'x')) + little(0, 4);
  EXPECT_NE(heard.find(row(value) + row(value) + row(value) + done(canned::final)), std::string::npos);
  EXPECT_EQ(last_packets(heard, 1), "\x07\x01");
}

TEST(NativeDriverTest, ServerFailsABulkLoadAtItsEnd) {
  Conversation conversation(
      bulk_replies({packets(error(547, "no such parent") + done(error_flag)), packets(done(canned::final))}));
  EXPECT_EQ(load(conversation.driver, 3).message, "no such parent");
  EXPECT_TRUE(conversation.driver.alive());
  EXPECT_FALSE(conversation.driver.busy());
  EXPECT_EQ(conversation.request().sqlstate, "");
}

// The rest of the rows is not sent, and the session goes on.
TEST(NativeDriverTest, ServerFailsABulkLoadBeforeItsEnd) {
  const std::string complaint = error(4863, "truncated") + done(error_flag);
  for (const std::size_t piece : {std::size_t{1} << 20, std::size_t{5}}) {
    Conversation conversation(bulk_replies({packets(complaint), packets(done(error_flag)),
                                            packets(done(attention_flag)), packets(done(canned::final))}),
                              piece);
    EXPECT_EQ(load(conversation.driver, 100'000).message, "truncated");
    EXPECT_LT(conversation.server.heard().size(), 10'000'000u);
    EXPECT_EQ(last_packets(conversation.server.heard(), 2), ignored_and_attention);
    EXPECT_TRUE(conversation.driver.alive());
    EXPECT_EQ(conversation.request().sqlstate, "");
  }
}

TEST(NativeDriverTest, ServerStopsReadingABulkLoad) {
  Conversation conversation(bulk_replies({packets(error(9002, "the log is full") + done(error_flag))}));
  conversation.driver.bulk_begin("[t]", text_column);
  const std::string text(500, 'x');
  const Scalar cells[] = {Text{text}};
  conversation.server.stop_reading();
  const Thrown thrown = thrown_by([&] {
    for (;;) conversation.driver.bulk_row(cells);
  });
  EXPECT_EQ(thrown.message, "the log is full");
  EXPECT_FALSE(conversation.driver.alive());
  EXPECT_FALSE(conversation.driver.busy());
}

TEST(NativeDriverTest, TalkativeServerDoesNotEndABulkLoad) {
  static int heard;
  heard = 0;
  Environment environment = Server::environment();
  environment.info = [](const ServerMessage&) { ++heard; };
  std::vector<std::string> messages = Conversation::all(bulk_replies({}));
  std::string talk;
  for (int i = 0; i < 500; ++i) talk += info(1, "a trigger says something");
  talk += one_column + one_row + one_row + done(more);
  messages.push_back(packets(talk + done(count_flag, 1000)));
  Server server(messages, 50);
  Driver driver(server.stream(), Conversation::login(), environment);
  EXPECT_EQ(load(driver, 1000).sqlstate, "");
  EXPECT_EQ(heard, 500);
}

TEST(NativeDriverTest, BulkLoadIsCalledOff) {
  Conversation conversation(
      bulk_replies({packets(done(error_flag)), packets(done(attention_flag)), packets(done(canned::final))}));
  conversation.driver.bulk_begin("[t]", text_column);
  EXPECT_TRUE(conversation.driver.busy());
  conversation.driver.cancel();
  EXPECT_FALSE(conversation.driver.busy());
  EXPECT_TRUE(conversation.driver.alive());
  EXPECT_EQ(last_packets(conversation.server.heard(), 2), ignored_and_attention);
  EXPECT_EQ(thrown_by([&] { conversation.driver.bulk_end(); }).sqlstate, "XX000");
  EXPECT_EQ(conversation.request().sqlstate, "");
}

// Wherever it comes, in the middle of a packet too, the server can make out the end of the message.
TEST(NativeDriverTest, InterruptionOfABulkLoadLeavesASession) {
  int interrupted = 0;
  for (int wait = 1; wait < 12; ++wait) {
    Conversation conversation(bulk_replies({packets(done(attention_flag)), packets(done(canned::final))}));
    const std::string text(500, 'x');
    const Scalar cells[] = {Text{text}};
    conversation.driver.bulk_begin("[t]", text_column);
    conversation.server.interrupt_at(wait);
    const Thrown thrown = thrown_by([&] {
      for (int i = 0; i < 1000; ++i) conversation.driver.bulk_row(cells);
      conversation.driver.bulk_end();
    });
    conversation.server.interrupt_at(0);
    EXPECT_NE(thrown.sqlstate, "");
    interrupted += thrown.sqlstate == "57014";
    if (thrown.sqlstate != "57014") continue;
    ASSERT_TRUE(conversation.driver.alive()) << wait;
    EXPECT_EQ(last_packets(conversation.server.heard(), 2), ignored_and_attention) << wait;
    EXPECT_EQ(conversation.request().sqlstate, "") << wait;
  }
  EXPECT_GT(interrupted, 0);
}

TEST(NativeDriverTest, RowThatFailsDoesNotEndABulkLoad) {
  Conversation conversation(bulk_replies({packets(done(count_flag, 1))}));
  const std::string good = "x";
  const std::string bad = "\xff";
  const Scalar good_row[] = {Text{good}};
  const Scalar bad_row[] = {Text{bad}};
  conversation.driver.bulk_begin("[t]", text_column);
  EXPECT_EQ(thrown_by([&] { conversation.driver.bulk_row(bad_row); }).sqlstate, "22021");
  conversation.driver.bulk_row(good_row);
  EXPECT_EQ(conversation.driver.bulk_end(), 1);
}

// An index that ignores duplicates takes fewer rows than come.
TEST(NativeDriverTest, BulkLoadCountsTheRowsThatAreStored) {
  Conversation conversation(bulk_replies({packets(done(count_flag, 1))}));
  const std::string value = "x";
  const Scalar row[] = {Text{value}};
  conversation.driver.bulk_begin("[t]", text_column);
  for (int i = 0; i < 3; ++i) conversation.driver.bulk_row(row);
  EXPECT_EQ(conversation.driver.bulk_end(), 1);
}

// RETURNVALUE (MS-TDS 2.2.7.19) of an int.
std::string return_value(int value) {
  return "\xac" + little(0, 2) + name8("") + little(1, 1) + little(0, 4) + little(0, 2) + intn_type(4) +
         value8(little(static_cast<std::uint64_t>(value), 4));
}
const std::string procedure_end = done(canned::final, 0, '\xfe');
const std::string rows_of_a_call = one_column + one_row + done(more | count_flag, 1, '\xff');
std::string prepared_as(int handle) { return packets(rows_of_a_call + return_value(handle) + procedure_end); }
const std::string just_rows = packets(rows_of_a_call + procedure_end);
std::string unknown_handle(int handle) {
  return packets(error(8179, "Could not find prepared statement with handle " + std::to_string(handle) + ".") +
                 done(error_flag, 0, '\xfe'));
}

// Runs a statement with a parameter to its end.
Thrown call(Driver& driver, std::string_view sql = "SELECT @P1", const char* declaration = "int") {
  return thrown_by([&] { run(driver, sql, std::vector<Parameter>{parameter(declaration, "1")}); });
}

// The procedures that were called, by number.
std::string calls(Server& server) {
  std::string out;
  const std::string& heard = server.heard();
  for (std::size_t at = heard.find("\xff\xff"); at != std::string::npos; at = heard.find("\xff\xff", at + 1)) {
    if (static_cast<unsigned char>(heard[at + 2]) > 15 || heard[at + 3] != 0)
      continue;  // a length in the middle of something
    out += (out.empty() ? "" : " ") + std::to_string(heard[at + 2]);
    if (heard[at + 2] == 12)
      out += ":" + std::to_string(static_cast<unsigned char>(heard[at + 11]));  // behind flags, name, status and type
  }
  return out;
}

TEST(NativeDriverTest, SecondRunPreparesAndLaterOnesNameTheHandle) {
  Conversation conversation({just_rows, prepared_as(7), just_rows, just_rows, just_rows});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(call(conversation.driver).sqlstate, "");
  EXPECT_EQ(call(conversation.driver, "SELECT @P1", "bigint").sqlstate, "");  // another statement
  EXPECT_EQ(calls(conversation.server), "10 13 12:7 12:7 10");
}

TEST(NativeDriverTest, LostHandleIsPreparedAgain) {
  const std::string other_context = packets(
      error(586, "The prepared statement handle 7 is not valid in this context.") + done(error_flag, 0, '\xfe'));
  for (const std::string& reply : {unknown_handle(7), other_context}) {
    Conversation conversation({just_rows, prepared_as(7), reply, prepared_as(9), just_rows});
    for (int i = 0; i < 4; ++i) EXPECT_EQ(call(conversation.driver).sqlstate, "") << i;
    EXPECT_EQ(calls(conversation.server), "10 13 12:7 13 12:9");
  }
}

// The server may have done something already, or it is about another handle, or the transaction is
// gone.
TEST(NativeDriverTest, LostHandleOfOthersIsAnError) {
  const std::string complaint =
      error(8179, "Could not find prepared statement with handle 7.") + done(error_flag, 0, '\xfe');
  for (const std::string& reply :
       {packets(done(more | count_flag, 1, '\xff') + complaint), unknown_handle(8), unknown_handle(17),
        unknown_handle(71), packets(scripted::environment_change(8, "\x08" + little(5, 8) + "\0"s) + complaint)}) {
    Conversation conversation({just_rows, prepared_as(7), reply, just_rows});
    call(conversation.driver);
    call(conversation.driver);
    EXPECT_EQ(call(conversation.driver).message.substr(0, 14), "Could not find");
    EXPECT_EQ(call(conversation.driver).sqlstate, "");
    EXPECT_EQ(calls(conversation.server), "10 13 12:7 12:7");
  }
  // It comes once only
  Conversation conversation({just_rows, prepared_as(7), unknown_handle(7), unknown_handle(7)});
  call(conversation.driver);
  call(conversation.driver);
  EXPECT_EQ(call(conversation.driver).message.substr(0, 14), "Could not find");
}

// A reader that stops early never gets a handle, and each request for one would leave one behind.
TEST(NativeDriverTest, HandleThatNeverComesIsNotAskedForAgain) {
  const std::string cut = packets(rows_of_a_call + done(attention_flag));
  Conversation conversation({cut, cut, cut, cut, cut});
  for (int i = 0; i < 5; ++i) {
    conversation.driver.execute("SELECT @P1", std::vector<Parameter>{parameter("int", "1")});
    EXPECT_TRUE(conversation.driver.next_result());
    conversation.driver.cancel();
    ASSERT_TRUE(conversation.driver.alive());
  }
  EXPECT_EQ(calls(conversation.server), "10 13 13 10 10");
}

// Found in a database, a table may be another one in the next.
TEST(NativeDriverTest, HandleBelongsToItsDatabase) {
  const std::string change =
      packets(scripted::environment_change(1, name8("other") + name8("master")) + done(canned::final));
  Conversation conversation({just_rows, prepared_as(7), change, just_rows});
  call(conversation.driver);
  call(conversation.driver);
  EXPECT_EQ(conversation.request().sqlstate, "");
  EXPECT_EQ(call(conversation.driver).sqlstate, "");
  EXPECT_EQ(calls(conversation.server), "10 13 10");
}

// The error of a call before which handles have to be given back; `answer` is what the server says
// to that.
Thrown call_with_surplus(const std::string& answer) {
  constexpr int statements = static_cast<int>(PreparedStatements::most_statements) + 15;
  std::vector<std::string> replies;
  for (int i = 0; i < statements; ++i) replies.insert(replies.end(), {just_rows, prepared_as(i + 1)});
  replies.insert(replies.end(), {just_rows, answer, just_rows});
  Conversation conversation(replies);
  for (int i = 0; i < statements; ++i)
    for (int run = 0; run < 2; ++run)
      EXPECT_EQ(call(conversation.driver, "SELECT @P1 + " + std::to_string(i)).sqlstate, "");
  EXPECT_EQ(call(conversation.driver).sqlstate, "");
  return call(conversation.driver);
}

TEST(NativeDriverTest, TransactionLostWithAHandleIsAnError) {
  const std::string complaint = error(8179, "Could not find prepared statement with handle 1.") + done(error_flag);
  EXPECT_EQ(call_with_surplus(packets(complaint)).sqlstate, "");
  const std::string change = scripted::environment_change(8, "\x08" + little(5, 8) + "\0"s);
  EXPECT_EQ(call_with_surplus(packets(change + complaint)).message.substr(0, 14), "Could not find");
}

// Transaction manager requests (MS-TDS 2.2.6.9): the transaction's number comes from the server,
// and goes with what follows.
TEST(NativeDriverTest, TransactionsAreRequests) {
  const std::string begun = scripted::environment_change(8, "\x08" + little(5, 8) + "\0"s);
  const std::string ended = scripted::environment_change(10, "\0\x08"s + little(5, 8));
  const std::string silence = packets(done(canned::final));
  Conversation conversation({packets(begun + done(canned::final)), packets(ended + done(canned::final)), silence});
  const auto request = [](int type, int level, int transaction) {
    const std::string headers = little(22, 4) + little(18, 4) + little(2, 2) +
                                little(static_cast<std::uint64_t>(transaction), 8) + little(1, 4);
    const std::string body = headers + little(static_cast<std::uint64_t>(type), 2) + static_cast<char>(level) + '\0';
    return "\x0e\x01\0\x22"s + std::string(4, '\0') + body;
  };
  const auto sent = [&](const std::string& message) {
    std::string heard = conversation.server.heard();
    for (std::size_t at = heard.find("\x0e\x01\0\x22"s); at != std::string::npos;
         at = heard.find("\x0e\x01\0\x22"s, at + 1))
      heard.replace(at + 4, 4, 4, '\0');  // process, packet number, window
    return heard.find(message) != std::string::npos;
  };
  conversation.driver.begin_transaction(IsolationLevel::snapshot);
  EXPECT_TRUE(sent(request(5, 5, 0)));
  conversation.driver.roll_back_transaction();
  EXPECT_TRUE(sent(request(8, 0, 5)));
  conversation.driver.roll_back_transaction();  // nothing that the driver knows of
  EXPECT_TRUE(sent(utf16("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION")));
}

// The length of a name counts bytes here, and is not the characters' that names have elsewhere.
TEST(NativeDriverTest, NamesOfSavepointsAreCountedInBytes) {
  const std::string answer = packets(done(canned::final));
  Conversation conversation({answer, answer});
  conversation.driver.save_transaction("abc");
  conversation.driver.roll_back_to("abc");
  const std::string& heard = conversation.server.heard();
  const std::string rollback = little(8, 2) + '\6' + utf16("abc") + '\0';
  EXPECT_NE(heard.find(little(9, 2) + '\6' + utf16("abc")), std::string::npos);
  EXPECT_TRUE(heard.ends_with(rollback));
}

// ENVCHANGE of a transaction, MS-TDS 2.2.7.9.
const std::string transaction_begun = scripted::environment_change(8, "\x08" + little(5, 8) + "\0"s);
const std::string transaction_over = scripted::environment_change(10, "\0\x08"s + little(5, 8));
const std::string reset_done = scripted::environment_change(18, "\0\0"s);
const std::string opened = reset_done + done(more) + transaction_begun + done(more);
const std::string silence = packets(done(canned::final));
const Opening opening{"SET LANGUAGE us_english", IsolationLevel::snapshot, true};
const std::string opening_text =
    utf16("SET LANGUAGE us_english; SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION; ");

// Type, status and transaction of each request, and whether an opening comes with it: "1 9 0
// opening".
std::string requests(Server& server) {
  std::string out;
  const std::string& heard = server.heard();
  for (std::size_t at = 0; at < heard.size();) {
    const std::size_t size =
        static_cast<unsigned char>(heard[at + 2]) * 256u + static_cast<unsigned char>(heard[at + 3]);
    const std::string body = heard.substr(at + 8, size - 8);
    const int type = heard[at];
    if (type == 1 || type == 3 || type == 14) {
      out += (out.empty() ? "" : ", ") + std::to_string(type) + ' ' + std::to_string(heard[at + 1]) + ' ' +
             std::to_string(body[10]);
      if (body.find(opening_text) != std::string::npos) out += " opening";
    }
    at += size;
  }
  return out;
}

TEST(NativeDriverTest, TransactionBeginsWithTheFirstBatch) {
  Conversation conversation({packets(opened + one_column + one_row + done(count_flag, 1)), silence});
  conversation.driver.open(opening);
  EXPECT_TRUE(conversation.driver.awaits_begin());
  EXPECT_EQ(conversation.request().sqlstate, "");
  EXPECT_EQ(conversation.rows, 1);
  EXPECT_EQ(conversation.driver.rows_affected(), 1);
  EXPECT_FALSE(conversation.driver.awaits_begin());
  EXPECT_EQ(conversation.driver.transaction(), 5u);
  EXPECT_EQ(conversation.request().sqlstate, "");
  EXPECT_EQ(requests(conversation.server), "1 9 0 opening, 1 1 5");
}

TEST(NativeDriverTest, ParametersWaitForTheTransaction) {
  Conversation conversation({packets(opened + done(canned::final)), just_rows});
  conversation.driver.open(opening);
  EXPECT_EQ(call(conversation.driver).sqlstate, "");
  EXPECT_EQ(requests(conversation.server), "1 9 0 opening, 3 1 5");
}

// A batch that does not compile runs nothing of itself; one that fails later has begun the
// transaction.
TEST(NativeDriverTest, FirstBatchThatFails) {
  const std::string complaint = error(208, "Invalid object name.") + done(error_flag);
  Conversation compiled({packets(opened + complaint), silence});
  compiled.driver.open(opening);
  EXPECT_EQ(compiled.request().sqlstate, "42P01");
  EXPECT_FALSE(compiled.driver.awaits_begin());
  EXPECT_EQ(compiled.request().sqlstate, "");
  EXPECT_EQ(requests(compiled.server), "1 9 0 opening, 1 1 5");
  Conversation refused({packets(reset_done + complaint), packets(opened + done(canned::final))});
  refused.driver.open(opening);
  EXPECT_EQ(refused.request().sqlstate, "42P01");
  EXPECT_TRUE(refused.driver.awaits_begin());
  EXPECT_EQ(refused.request().sqlstate, "");
  EXPECT_FALSE(refused.driver.awaits_begin());
  EXPECT_EQ(requests(refused.server), "1 9 0 opening, 1 9 0 opening");
}

// Nothing was done: the caller can say the same to another session.
TEST(NativeDriverTest, FirstBatchOverADeadConnection) {
  for (const std::string& last_words :
       {""s, packets(message('\xaa', 18059, 20, "The connection has been dropped.") + done(error_flag))}) {
    std::vector<std::string> replies = {packets(opened + done(canned::final)),
                                        packets(transaction_over + done(canned::final))};
    if (!last_words.empty()) replies.push_back(last_words);
    Conversation conversation(replies);
    conversation.driver.open(opening);
    EXPECT_EQ(conversation.request().sqlstate, "");
    conversation.driver.leave_transaction();
    conversation.driver.open(opening);
    EXPECT_NE(conversation.request().sqlstate, "");
    EXPECT_TRUE(conversation.driver.awaits_begin());
    EXPECT_FALSE(conversation.driver.alive());
  }
}

TEST(NativeDriverTest, TransactionThatIsNotUsedIsNotBegun) {
  Conversation conversation({silence});
  conversation.driver.open(opening);
  conversation.driver.roll_back_transaction();
  EXPECT_FALSE(conversation.driver.awaits_begin());
  conversation.driver.open(opening);
  conversation.driver.leave_transaction();
  EXPECT_EQ(requests(conversation.server), "");
}

TEST(NativeDriverTest, ReadingIsLeftWithoutWaiting) {
  for (const std::string& answer :
       {packets(transaction_over + done(canned::final)), packets(error(3903, "No transaction.") + done(error_flag))}) {
    Conversation conversation(
        {packets(opened + done(canned::final)), answer, packets(one_column + one_row + done(count_flag, 1)), silence});
    conversation.driver.open(opening);
    EXPECT_EQ(conversation.request().sqlstate, "");
    const int waits = conversation.server.waits();
    conversation.driver.leave_transaction();
    EXPECT_EQ(conversation.server.waits(), waits);
    EXPECT_FALSE(conversation.driver.busy());
    EXPECT_TRUE(conversation.driver.alive());
    conversation.driver.cancel();  // there is nothing to call off
    EXPECT_EQ(conversation.request().sqlstate, "");
    EXPECT_EQ(conversation.rows, 1);
    EXPECT_EQ(conversation.request().sqlstate, "");
  }
}

TEST(NativeDriverTest, ConnectionThatEndsBehindARollbackIsNoticed) {
  Conversation conversation({packets(opened + done(canned::final)), packets(transaction_over + done(canned::final))});
  conversation.driver.open(opening);
  EXPECT_EQ(conversation.request().sqlstate, "");
  conversation.driver.leave_transaction();
  conversation.driver.catch_up();
  EXPECT_TRUE(conversation.driver.alive());
  EXPECT_EQ(conversation.driver.transaction(), 0u);
  EXPECT_EQ(conversation.request().sqlstate, "08006");
}

// A reset drops prepared statements on the server.
TEST(NativeDriverTest, ResetThatKeepsTheTransaction) {
  Conversation conversation({packets(opened + done(canned::final)), just_rows, prepared_as(7),
                             packets(reset_done + done(canned::final)), just_rows});
  conversation.driver.open(opening);
  EXPECT_EQ(conversation.request().sqlstate, "");
  EXPECT_EQ(call(conversation.driver).sqlstate, "");
  EXPECT_EQ(call(conversation.driver).sqlstate, "");
  conversation.driver.open({opening.settings, opening.level, false});
  EXPECT_FALSE(conversation.driver.awaits_begin());
  EXPECT_EQ(call(conversation.driver).sqlstate, "");
  EXPECT_EQ(calls(conversation.server), "10 13 10");
  EXPECT_EQ(requests(conversation.server), "1 9 0 opening, 3 1 5, 3 1 5, 1 17 5, 3 1 5");
}

// It knows no reset that keeps a transaction which it does not tell of.
TEST(NativeDriverTest, DatabaseIsTakenBackWithoutAReset) {
  const auto change_to = [](std::string_view name) { return scripted::environment_change(1, name8(name) + name8("")); };
  std::vector<std::string> messages = {
      scripted::login()[0],
      packets(change_to("ho]me") + scripted::login_acknowledgement() + done(canned::final)),
      silence,
      packets(change_to("pubs") + done(canned::final)),
      packets(change_to("ho]me") + done(canned::final)),
      silence};
  Server server(messages);
  Driver driver(server.stream(), Conversation::login(), Server::environment());
  driver.open(opening);
  run(driver, "SELECT 1");
  run(driver, "USE pubs");
  for (int i = 0; i < 2; ++i) {
    driver.open({opening.settings, opening.level, false});
    run(driver, "SELECT 2");
  }
  const std::string way_home = utf16("USE [ho]]me]; SET LANGUAGE");
  const std::size_t first = server.heard().find(way_home);
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(server.heard().find(way_home, first + 1), std::string::npos);  // it is at home
}

// What a reset takes back is not what is sent later: the database and the collation are those of
// the login again.
TEST(NativeDriverTest, ResetForgetsTheSession) {
  const std::string collation("\x05\x11\x04\xd0\x00\x00\x00", 7);  // Japanese
  const std::string changes =
      scripted::environment_change(1, name8("pubs") + name8("")) + scripted::environment_change(7, collation);
  Conversation conversation({packets(opened + done(canned::final)), packets(changes + done(canned::final)),
                             packets(reset_done + done(canned::final)), just_rows, prepared_as(7), just_rows});
  Driver& driver = conversation.driver;
  driver.open(opening);
  EXPECT_EQ(conversation.request().sqlstate, "");
  EXPECT_EQ(conversation.request().sqlstate, "");
  driver.open({opening.settings, opening.level, false});
  const std::size_t before = conversation.server.heard().size();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call(driver).sqlstate, "") << i;
  EXPECT_EQ(calls(conversation.server), "10 13 12:7");  // of one database
  EXPECT_EQ(conversation.server.heard().find("\x11\x04\xd0\x00\x00"s, before), std::string::npos);
  EXPECT_EQ(driver.transaction(), 5u);
}

// A batch that begins a transaction and is called off may have begun it, though the driver has not
// heard so.
TEST(NativeDriverTest, LeavesWhatACancelMayHaveBegun) {
  for (const bool told : {false, true}) {
    const std::string acknowledged = packets((told ? transaction_begun : "") + done(attention_flag));
    const std::string answer = packets(transaction_over + done(canned::final));
    Conversation conversation({acknowledged, answer, packets(opened + one_column + one_row + done(count_flag, 1))});
    Driver& driver = conversation.driver;
    driver.open(opening);
    driver.execute("SELECT 1", {});
    driver.cancel();
    ASSERT_TRUE(driver.alive());
    driver.leave_transaction();
    const bool asked = conversation.server.heard().find(utf16("IF @@TRANCOUNT > 0 ROLLBACK")) != std::string::npos;
    EXPECT_EQ(asked, !told);
    driver.open(opening);
    EXPECT_EQ(conversation.request().sqlstate, "");
    EXPECT_EQ(conversation.rows, 1);
    EXPECT_EQ(requests(conversation.server),
              told ? "1 9 0 opening, 14 1 5, 1 9 0 opening" : "1 9 0 opening, 1 1 0, 1 9 0 opening");
  }
}

// SqlClient calls these a severe error, whose results are to be discarded; MS-TDS 2.2.7.6 has 0x100
// in the place of 2 then.
TEST(NativeDriverTest, ResultThatIsCutShortIsNoResult) {
  constexpr int server_error = 0x100;
  const std::string end = done(canned::final);
  for (const std::string& cut :
       {done(server_error | count_flag, 2), done(server_error | more) + end, done(error_flag | more) + end,
        done(error_flag), done(error_flag, 0, '\xff') + done(canned::final, 0, '\xfe')}) {
    Conversation conversation({packets(one_column + one_row + one_row + cut)});
    const Thrown thrown = conversation.request();
    EXPECT_NE(thrown.message.find("failed without an error message"), std::string::npos) << thrown.message;
    EXPECT_FALSE(conversation.driver.alive());
  }
  Conversation heard({packets(error(50000, "why") + done(error_flag | more) + end)});
  EXPECT_EQ(heard.request().message, "why");
}

TEST(NativeDriverTest, LastWordsAreHeard) {
  std::string cut = packets(one_column + one_row + message('\xaa', 596, 21, "the session is in the kill state"));
  cut[1] = 0;  // it is not the last packet
  Conversation conversation({cut});
  const Thrown thrown = conversation.request();
  EXPECT_EQ(thrown.sqlstate, "08006");
  EXPECT_NE(thrown.detail.find("the session is in the kill state"), std::string::npos) << thrown.detail;
}

TEST(NativeDriverTest, HandlesOutOfUseAreGivenBack) {
  std::vector<std::string> replies;
  constexpr int kept = static_cast<int>(PreparedStatements::most_statements);
  for (int i = 0; i < kept + 15; ++i) replies.insert(replies.end(), {just_rows, prepared_as(i + 1)});
  replies.insert(replies.end(), {just_rows, unknown_handle(1), just_rows});
  Conversation conversation(replies);
  for (int i = 0; i < kept + 15; ++i)
    for (int run = 0; run < 2; ++run)
      ASSERT_EQ(call(conversation.driver, "SELECT @P1 + " + std::to_string(i)).sqlstate, "");
  EXPECT_EQ(call(conversation.driver, "SELECT @P1").sqlstate, "");
  EXPECT_EQ(conversation.server.heard().find(utf16("sp_unprepare")), std::string::npos);
  EXPECT_EQ(call(conversation.driver, "SELECT 1 + @P1").sqlstate, "");
  EXPECT_NE(conversation.server.heard().find(utf16("EXEC sp_unprepare 1; EXEC sp_unprepare 2; ")), std::string::npos);
  EXPECT_NE(conversation.server.heard().find(utf16("EXEC sp_unprepare 16; ")), std::string::npos);
  EXPECT_EQ(conversation.server.heard().find(utf16("EXEC sp_unprepare 17; ")), std::string::npos);
}

}  // namespace
}  // namespace mssql::tds::native
