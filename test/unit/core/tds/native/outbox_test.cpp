#include "core/tds/native/outbox.hpp"

#include <gtest/gtest.h>

#include "../cells.hpp"
#include "scripted_server.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;
using scripted::Server;

// An outbox whose packets have 12 bytes: four beside the header.
struct Line {
  Line() : server({}), channel(server.stream(), Server::environment(), "the test"), outbox(channel) {
    outbox.packet_size(12);
  }
  const std::string& sent() const { return server.heard(); }

  Server server;
  Channel channel;
  Outbox outbox;
};

TEST(OutboxTest, MessageIsCutIntoNumberedPackets) {
  Line line;
  line.outbox.begin(PacketType::batch, packet_status::reset);
  EXPECT_TRUE(line.outbox.in_message());
  line.outbox.bytes("abcdefghi"s);
  line.outbox.end();
  EXPECT_FALSE(line.outbox.in_message());
  EXPECT_EQ(line.sent(), "\x01\x08\0\x0c\0\0\x01\0"s +
                             "abcd"  // the reset is the first packet's
                             "\x01\x00\0\x0c\0\0\x02\0"s +
                             "efgh" + "\x01\x01\0\x09\0\0\x03\0"s + "i");
}

// A message that ends with its packet has no empty one behind it.
TEST(OutboxTest, FullPacketIsTheLast) {
  Line line;
  line.outbox.begin(PacketType::rpc);
  line.outbox.bytes("abcd"s);
  EXPECT_EQ(line.sent(), "");
  line.outbox.end();
  EXPECT_EQ(line.sent(), "\x03\x01\0\x0c\0\0\x01\0"s + "abcd");
}

TEST(OutboxTest, EachMessageCountsFromOne) {
  Line line;
  for (int i = 0; i < 2; ++i) {
    line.outbox.begin(PacketType::attention);
    line.outbox.end();
  }
  EXPECT_EQ(line.sent(), "\x06\x01\0\x08\0\0\x01\0"s + "\x06\x01\0\x08\0\0\x01\0"s);
}

TEST(OutboxTest, AbandonedMessageIsToBeForgotten) {
  Line line;
  line.outbox.begin(PacketType::bulk);
  line.outbox.bytes("abcdef"s);
  line.outbox.abandon();
  EXPECT_FALSE(line.outbox.in_message());
  EXPECT_EQ(line.sent(), "\x07\x00\0\x0c\0\0\x01\0"s + "abcd" + "\x07\x03\0\x0a\0\0\x02\0"s + "ef");
}

TEST(OutboxTest, NumbersAndText) {
  Line line;
  line.outbox.packet_size(100);
  line.outbox.begin(PacketType::batch);
  line.outbox.u8(0x01);
  line.outbox.u16(0x0302);
  line.outbox.u32(0x07060504);
  line.outbox.u64(0x0f0e0d0c0b0a0908);
  line.outbox.u16_big_endian(0x1011);
  line.outbox.text("a\xe2\x82\xac");
  line.outbox.end();
  EXPECT_EQ(line.sent().substr(8),
            "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11"s + "a\0\xac\x20"s);
}

TEST(OutboxTest, TextThatIsNoneLeavesNothing) {
  Line line;
  line.outbox.begin(PacketType::batch);
  EXPECT_EQ(thrown_by([&] { line.outbox.text("ab\xff"); }).sqlstate, "22021");
  line.outbox.end();
  EXPECT_EQ(line.sent(), "\x01\x01\0\x08\0\0\x01\0"s);
}

}  // namespace
}  // namespace mssql::tds::native
