// What a server may say while rows are on their way to it.
#include "core/tds/native/driver.hpp"

#include <gtest/gtest.h>

#include "conversation.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;

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
    driver.bulk_begin("[t]", text_column, false);
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
  conversation.driver.bulk_begin("[t]", text_column, false);
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
  conversation.driver.bulk_begin("[t]", text_column, false);
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
    conversation.driver.bulk_begin("[t]", text_column, false);
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
  conversation.driver.bulk_begin("[t]", text_column, false);
  EXPECT_EQ(thrown_by([&] { conversation.driver.bulk_row(bad_row); }).sqlstate, "22021");
  conversation.driver.bulk_row(good_row);
  EXPECT_EQ(conversation.driver.bulk_end(), 1);
}

// An index that ignores duplicates takes fewer rows than come.
TEST(NativeDriverTest, BulkLoadCountsTheRowsThatAreStored) {
  Conversation conversation(bulk_replies({packets(done(count_flag, 1))}));
  const std::string value = "x";
  const Scalar row[] = {Text{value}};
  conversation.driver.bulk_begin("[t]", text_column, false);
  for (int i = 0; i < 3; ++i) conversation.driver.bulk_row(row);
  EXPECT_EQ(conversation.driver.bulk_end(), 1);
}

}  // namespace
}  // namespace mssql::tds::native
