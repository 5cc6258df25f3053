// Transactions, and what is put before the first statement of one.
#include "core/tds/native/driver.hpp"

#include <gtest/gtest.h>

#include "conversation.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;

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

}  // namespace
}  // namespace mssql::tds::native
