// What a broken or hostile server says, and what becomes of the session. Conversations as they
// should be are in ../session_flow_test.cpp; logins, bulk loads, prepared statements and
// transactions in the files beside this one.
#include "core/tds/native/driver.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "conversation.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;

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

}  // namespace
}  // namespace mssql::tds::native
