#include "core/tds/native/login7.hpp"

#include <gtest/gtest.h>

#include "../cells.hpp"
#include "core/tds/cell.hpp"
#include "scripted_server.hpp"

namespace mssql::tds::native {
namespace {

Login someone() {
  Login login;
  login.host = "db.example";
  login.username = "someone";
  login.password = "secr\xC3\xA9t";
  login.database = "sales";
  login.application_name = "a test";
  return login;
}

// The message, without the headers of its packets.
std::string sent(const Login& login, std::size_t packet_size = 4096) {
  scripted::Server server({});
  Channel channel(server.socket(), scripted::Server::environment(), "the test");
  Outbox outbox(channel);
  outbox.packet_size(packet_size);
  send_login(outbox, login, 32767);
  std::string message;
  for (std::string_view heard = server.heard(); !heard.empty();) {
    const std::size_t size = static_cast<std::uint8_t>(heard[2]) << 8 | static_cast<std::uint8_t>(heard[3]);
    EXPECT_EQ(heard[0], 0x10);
    EXPECT_LE(size, packet_size);
    EXPECT_EQ(heard[1] == 1, size == heard.size());
    message += heard.substr(8, size - 8);
    heard.remove_prefix(size);
  }
  return message;
}

std::size_t number(const std::string& message, std::size_t at, std::size_t size) {
  return read_little_endian(reinterpret_cast<const std::uint8_t*>(message.data()) + at, size);
}

// The value that the offset and length at `at` name.
std::string value(const std::string& message, std::size_t at) {
  return message.substr(number(message, at, 2), number(message, at + 2, 2) * 2);
}

TEST(Login7Test, ValuesAreWhereTheOffsetsSay) {
  const std::string message = sent(someone());
  EXPECT_EQ(number(message, 0, 4), message.size());
  EXPECT_EQ(number(message, 4, 4), 0x74000004u);
  EXPECT_EQ(number(message, 8, 4), 32767u);
  EXPECT_EQ(value(message, 40), canned::utf16("someone"));
  EXPECT_EQ(value(message, 48), canned::utf16("a test"));
  EXPECT_EQ(value(message, 52), canned::utf16("db.example"));
  EXPECT_EQ(value(message, 60), canned::utf16("mssql_fdw"));
  EXPECT_EQ(value(message, 68), canned::utf16("sales"));
}

TEST(Login7Test, PasswordIsObscured) {
  const std::string message = sent(someone());
  std::string password = value(message, 44);
  EXPECT_EQ(message.find(canned::utf16("secr")), std::string::npos);
  for (char& c : password) {
    const auto byte = static_cast<std::uint8_t>(static_cast<std::uint8_t>(c) ^ 0xA5);
    c = static_cast<char>(byte << 4 | byte >> 4);
  }
  EXPECT_EQ(password, canned::utf16("secr") + std::string("\xE9\x00t\x00", 4));
}

TEST(Login7Test, ExtensionPointsToTheFeatures) {
  const std::string message = sent(someone());
  EXPECT_EQ(number(message, 58, 2), 4u);
  const std::size_t features = number(message, number(message, 56, 2), 4);
  EXPECT_EQ(message.substr(features), std::string("\x0A\x00\x00\x00\x00\xFF", 6));
}

TEST(Login7Test, IntentIsRead) {
  Login login = someone();
  EXPECT_EQ(number(sent(login), 26, 1) & 0x20, 0u);
  login.read_only_intent = true;
  EXPECT_EQ(number(sent(login), 26, 1) & 0x20, 0x20u);
}

TEST(Login7Test, PacketsAreCut) {
  EXPECT_EQ(sent(someone(), 64), sent(someone()));
}

TEST(Login7Test, LongTextsAreRefused) {
  Login login = someone();
  login.password = std::string(128, 'p');
  EXPECT_EQ(value(sent(login), 44).size(), 256u);
  login.password += 'p';
  const Thrown thrown = thrown_by([&] { sent(login); });
  EXPECT_EQ(thrown.sqlstate, "22023");
  EXPECT_NE(thrown.message.find("\"password\""), std::string::npos);
  EXPECT_EQ(thrown.message.find("ppp"), std::string::npos);
}

}  // namespace
}  // namespace mssql::tds::native
