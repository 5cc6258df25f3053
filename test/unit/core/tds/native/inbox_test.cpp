#include "core/tds/native/inbox.hpp"

#include <gtest/gtest.h>

#include "../cells.hpp"
#include "scripted_server.hpp"

namespace mssql::tds::native {
namespace {

using scripted::packets;
using scripted::Server;

// An inbox whose channel says `messages` in pieces of `piece` bytes.
struct Line {
  explicit Line(std::vector<std::string> messages, std::size_t piece = 1 << 20)
      : server(std::move(messages), piece),
        channel(server.stream(), Server::environment(), "the test"),
        inbox(channel) {
    inbox.start();
  }
  Server server;
  Channel channel;
  Inbox inbox;
};

std::string counted(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 7 + (i >> 8));
  return bytes;
}

TEST(InboxTest, ValuesLieInOnePieceWhereverPacketsEnd) {
  const std::string body = counted(3000);
  for (const std::size_t payload : {1, 2, 3, 7, 100, 4088})
    for (const std::size_t piece : {1, 5, 64, 1 << 20}) {
      Line line({packets(body, payload)}, piece);
      std::string read;
      for (std::size_t size = 1; read.size() < body.size(); size = size * 3 % 251) {
        const std::size_t part = std::min(size, body.size() - read.size());
        line.inbox.mark();
        read += line.inbox.bytes(part);
        EXPECT_EQ(line.inbox.marked_size() >= part, true);
      }
      EXPECT_EQ(read, body);
      EXPECT_TRUE(line.inbox.at_end());
      line.inbox.rest();
    }
}

TEST(InboxTest, WhatIsMarkedStaysUntilTheMarkMoves) {
  const std::string body = counted(300'000);
  Line line({packets(body, 32'000)}, 10'000);
  line.inbox.mark();
  line.inbox.skip(1);
  EXPECT_EQ(line.inbox.bytes(body.size() - 1), body.substr(1));
  EXPECT_EQ(std::string(reinterpret_cast<char*>(line.inbox.marked()), line.inbox.marked_size()), body);
  line.inbox.rewind();
  EXPECT_EQ(line.inbox.bytes(body.size()), body);
  line.inbox.rest();
}

TEST(InboxTest, NumbersAndText) {
  Line line({packets(std::string("\x01\x02\x03\x12\x34\x04\x05\x06\x07", 9) + canned::utf16("ab") +
                     std::string("\x00\xd8", 2))});
  EXPECT_EQ(line.inbox.u8(), 1);
  EXPECT_EQ(line.inbox.u16(), 0x0302);
  EXPECT_EQ(line.inbox.u16_big_endian(), 0x1234);
  EXPECT_EQ(line.inbox.u32(), 0x07060504u);
  EXPECT_EQ(line.inbox.text(3), "ab\xEF\xBF\xBD");
}

TEST(InboxTest, ReadingBehindTheMessageFails) {
  Line line({packets("ab"), packets("cd")});
  EXPECT_EQ(thrown_by([&] { line.inbox.need(3); }).sqlstate, "08006");
}

TEST(InboxTest, MessagesAreReadOneByOne) {
  Line line({packets("ab"), packets("cd")});
  line.inbox.skip(2);
  EXPECT_TRUE(line.inbox.at_end());
  line.inbox.start();
  EXPECT_EQ(line.inbox.bytes(2), "cd");
}

TEST(InboxTest, WhatIsLeftOfAMessageIsNoticed) {
  Line line({packets("abc")});
  line.inbox.skip(2);
  EXPECT_EQ(thrown_by([&] { line.inbox.rest(); }).sqlstate, "08P01");
  Line half({packets("abc", 2).substr(0, 10)});
  half.inbox.skip(2);
  half.inbox.rest();  // that more packets are due shows when they do not come
  Line next({packets("abc") + packets("def")});
  next.inbox.skip(3);
  EXPECT_EQ(thrown_by([&] { next.inbox.rest(); }).sqlstate, "08P01");
}

TEST(InboxTest, GarbageIsNoPacket) {
  Line type({"HTTP/1.1 400 Bad Request\r\n"});
  EXPECT_EQ(thrown_by([&] { type.inbox.need(1); }).sqlstate, "08P01");
  Line size({std::string("\x04\x01\x00\x07\x00\x00\x00\x00", 8)});
  EXPECT_EQ(thrown_by([&] { size.inbox.need(1); }).sqlstate, "08P01");
}

// A stream of them would otherwise fill the memory while nothing comes of it.
TEST(InboxTest, EmptyPacketsInTheMiddleAreRefused) {
  const std::string empty("\x04\x00\x00\x08\x00\x00\x00\x00", 8);
  Line line({empty + packets("ab")});
  EXPECT_EQ(thrown_by([&] { line.inbox.need(1); }).sqlstate, "08P01");
  Line last({std::string("\x04\x00\x00\x09\x00\x00\x00\x00x", 9) + packets("")});
  last.inbox.skip(1);
  EXPECT_TRUE(last.inbox.at_end());
}

TEST(InboxTest, SessionNumberComesFromTheHeader) {
  Line line({packets("ab", 4088, 777)});
  line.inbox.skip(2);
  EXPECT_EQ(line.inbox.session_number(), 777);
}

TEST(InboxTest, InterruptionLeavesTheBytes) {
  Line line({packets("abcdef", 2)}, 5);
  line.inbox.mark();
  line.server.interrupt_at(3);
  EXPECT_THROW(line.inbox.need(6), Error);
  line.server.interrupt_at(0);
  line.inbox.rewind();
  EXPECT_EQ(line.inbox.bytes(6), "abcdef");
}

}  // namespace
}  // namespace mssql::tds::native
