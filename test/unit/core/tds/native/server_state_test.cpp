#include "core/tds/native/server_state.hpp"

#include <gtest/gtest.h>

#include "../cells.hpp"
#include "scripted_server.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;
using canned::little;
using canned::name16;
using canned::name8;
using scripted::Server;

// The state after an ENVCHANGE token, beginning from `state`.
ServerState after(int type, const std::string& values, ServerState state = {}) {
  Server server({scripted::packets(scripted::environment_change(type, values))});
  Channel channel(server.stream(), Server::environment(), "the test");
  Inbox inbox(channel);
  inbox.start();
  inbox.u8();
  read_environment_change(inbox, state);
  EXPECT_TRUE(inbox.at_end());
  return state;
}

std::string route(int protocol, const std::string& host) {
  const std::string value = little(static_cast<std::uint64_t>(protocol), 1) + little(11000, 2) + host;
  return little(value.size(), 2) + value + little(0, 2);
}

TEST(ServerStateTest, PacketSize) {
  EXPECT_EQ(after(4, name8("8000") + name8("4096")).packet_size, 8000u);
  for (const char* size : {"", "511", "32768", "x", "99999999999999999999999"})
    EXPECT_EQ(thrown_by([&] { after(4, name8(size)); }).sqlstate, "08P01") << size;
}

TEST(ServerStateTest, Database) {
  EXPECT_EQ(after(1, name8("pubs") + name8("master")).database, canned::utf16("pubs"));
}

TEST(ServerStateTest, Transactions) {
  ServerState state = after(8, "\x08\x01\x02\x03\x04\x05\x06\x07\x08\x00"s);
  EXPECT_EQ(state.transaction, 0x0807060504030201u);
  EXPECT_EQ(after(9, "\x00\x08\x01\x02\x03\x04\x05\x06\x07\x08"s, state).transaction, 0u);
  EXPECT_EQ(after(10, "\x00\x00"s, state).transaction, 0u);
  EXPECT_EQ(after(8, "\x00"s, state).transaction, state.transaction);
  EXPECT_EQ(after(11, "\x08\x09\x02\x03\x04\x05\x06\x07\x08\x00"s, state).transaction,
            0x0807060504030209u);  // a distributed one, in its place
}

TEST(ServerStateTest, Collation) {
  const ServerState state = after(7, "\x05\x11\x04\xd0\x00\x00\x00"s);
  EXPECT_EQ(state.collation[0], 0x11);
  EXPECT_EQ(state.collation[4], 0);
  EXPECT_EQ(after(7, "\x00\x00"s).collation[0], 0x09);
}

TEST(ServerStateTest, Route) {
  const ServerState state = after(20, route(0, name16("worker.example")));
  EXPECT_EQ(state.route_host, "worker.example");
  EXPECT_EQ(state.route_port, 11000);
  EXPECT_EQ(thrown_by([] { after(20, route(1, name16("worker.example"))); }).sqlstate, "0A000");
}

// They end up in messages, which must be valid UTF-8.
TEST(ServerStateTest, NamesAreAscii) {
  for (const std::string& host :
       {little(1, 2) + "\x00\x00"s, little(1, 2) + "\xff\x00"s, little(1, 2) + "\x0a\x00"s, little(1, 2) + "a\x01"s})
    EXPECT_EQ(thrown_by([&] { after(20, route(0, host)); }).sqlstate, "08P01");
  EXPECT_EQ(thrown_by([] { after(4, "\x01\xff\x00"s); }).sqlstate, "08P01");
}

TEST(ServerStateTest, LengthsThatLieAreRefused) {
  EXPECT_EQ(thrown_by([] { after(4, "\x09" + canned::utf16("8000")); }).sqlstate, "08P01");
  EXPECT_EQ(thrown_by([] { after(8, "\x08\x01"s); }).sqlstate, "08P01");
  EXPECT_EQ(thrown_by([] { after(7, "\x05\x01"s); }).sqlstate, "08P01");
  EXPECT_EQ(thrown_by([] { after(20, "\x05"s); }).sqlstate, "08P01");
}

TEST(ServerStateTest, OtherChangesAreSkipped) {
  EXPECT_EQ(after(1, name8("tempdb") + name8("master")).transaction, 0u);
}

}  // namespace
}  // namespace mssql::tds::native
