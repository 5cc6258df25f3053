#include "core/tds/native/messages.hpp"

#include <gtest/gtest.h>

#include "../cells.hpp"
#include "scripted_server.hpp"

namespace mssql::tds::native {
namespace {

using namespace canned;
using scripted::packets;
using scripted::Server;

std::vector<ServerMessage> heard;

// Reads the tokens of a message, ERROR and INFO, to its end.
struct Reader {
  explicit Reader(const std::string& tokens) : server({packets(tokens)}), messages(environment()) {
    heard.clear();
    Channel channel(server.stream(), Server::environment(), "the test");
    Inbox inbox(channel);
    inbox.start();
    while (!inbox.at_end()) {
      inbox.skip(1);
      messages.read(inbox);
    }
  }
  static Environment environment() {
    Environment out = Server::environment();
    out.info = [](const ServerMessage& message) { heard.push_back(message); };
    return out;
  }

  Server server;
  Messages messages;
};

TEST(MessagesTest, EachPartIsRead) {
  Reader reader(info(5701, "Changed database context."));
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].number, 5701);
  EXPECT_EQ(heard[0].state, 1);
  EXPECT_EQ(heard[0].severity, 0);
  EXPECT_EQ(heard[0].text, "Changed database context.");
  EXPECT_EQ(heard[0].server, "canned");
  EXPECT_EQ(heard[0].procedure, "proc");
  EXPECT_EQ(heard[0].line, 7);
  EXPECT_FALSE(reader.messages.has_error());
}

TEST(MessagesTest, LinesHadTwoBytesOnce) {
  const std::string body = little(18456, 4) + "\x01\x0e" + name16("no") + name8("") + name8("") + little(300, 2);
  const Reader reader("\xaa" + little(body.size(), 2) + body + info(0, "and on it goes"));
  EXPECT_EQ(reader.messages.error().server_number, 18456);
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].text, "and on it goes");
}

// By the severity, whatever the token.
TEST(MessagesTest, SeverityMakesTheError) {
  const struct {
    int severity;
    bool error;
    bool fatal;
  } cases[] = {{0, false, false}, {10, false, false}, {11, true, false}, {19, true, false}, {20, true, true}};
  for (const auto& [severity, error, fatal] : cases) {
    const Reader reader(message('\xab', 50000, severity, "said"));
    EXPECT_EQ(reader.messages.has_error(), error) << severity;
    EXPECT_EQ(reader.messages.has_fatal_error(), fatal) << severity;
    EXPECT_EQ(heard.size(), error ? 0u : 1u) << severity;
  }
}

TEST(MessagesTest, FirstErrorIsTheErrorUntilCleared) {
  Reader reader(error(2627, "first") + error(3621, "second"));
  EXPECT_EQ(reader.messages.error().message, "first");
  EXPECT_NE(reader.messages.error().detail.find("second"), std::string::npos);
  reader.messages.clear();
  EXPECT_FALSE(reader.messages.has_error());
}

}  // namespace
}  // namespace mssql::tds::native
