// When a statement is prepared, and what becomes of its handle.
#include "core/tds/native/driver.hpp"

#include <gtest/gtest.h>

#include "conversation.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;

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
