#include "core/tds/native/login7.hpp"

#include <gtest/gtest.h>

#include "../cells.hpp"
#include "core/tds/codec/cell.hpp"
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
std::string sent(const Login& login, std::size_t packet_size = 4096, const LoginProof& proof = {}) {
  scripted::Server server({});
  Channel channel(server.stream(), scripted::Server::environment(), "the test");
  Outbox outbox(channel);
  outbox.packet_size(packet_size);
  send_login(outbox, login, 32767, proof);
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

TEST(Login7Test, ServerIsCalledByItsName) {
  Login login = someone();
  login.instance = "PROD";
  EXPECT_EQ(value(sent(login), 52), canned::utf16("db.example\\PROD"));
  login.instance.clear();
  login.tls_name = "db.database.windows.net";  // host is a tunnel's
  EXPECT_EQ(value(sent(login), 52), canned::utf16("db.database.windows.net"));
  login.route = "node.example\\MI1";
  EXPECT_EQ(value(sent(login), 52), canned::utf16("node.example\\MI1"));
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

TEST(Login7Test, StrictLoginIsOfTds8) {
  Login login = someone();
  login.encrypt = Encrypt::strict;
  EXPECT_EQ(number(sent(login), 4, 4), 0x08000000u);
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

// MS-TDS 2.2.6.4: fIntSecurity is the highest bit of OptionFlags2, ibSSPI and cbSSPI stand at 78,
// cbSSPILong at 90.
TEST(Login7Test, SecurityTokenStandsInForThePassword) {
  EXPECT_EQ(number(sent(someone()), 25, 1) & 0x80, 0u);
  const std::string token = "\x60\x82 a token";
  const std::string message = sent(someone(), 4096, {token, {}});
  EXPECT_EQ(number(message, 25, 1) & 0x80, 0x80u);
  EXPECT_EQ(message.substr(number(message, 78, 2), number(message, 80, 2)), token);
  EXPECT_EQ(number(message, 90, 4), 0u);
  EXPECT_EQ(value(message, 40), "");
  EXPECT_EQ(value(message, 44), "");
  EXPECT_EQ(value(message, 68), canned::utf16("sales"));
  EXPECT_EQ(message.find(canned::utf16("someone")), std::string::npos);
  const std::size_t features = number(message, number(message, 56, 2), 4);
  EXPECT_EQ(features, number(message, 78, 2) + token.size());
  EXPECT_EQ(message.substr(features), std::string("\x0A\x00\x00\x00\x00\xFF", 6));
}

TEST(Login7Test, LongSecurityTokenHasALongLength) {
  for (const std::size_t size : {65534u, 65535u, 65536u, 100'000u}) {
    const std::string token(size, 't');
    const std::string message = sent(someone(), 4096, {token, {}});
    EXPECT_EQ(number(message, 80, 2), std::min<std::size_t>(size, 65535));
    EXPECT_EQ(number(message, 90, 4), size < 65535 ? 0u : size);
    EXPECT_EQ(message.substr(number(message, 78, 2), size), token);
    EXPECT_EQ(number(message, 0, 4), message.size());
  }
  const Thrown thrown = thrown_by([] { sent(someone(), 4096, {std::string(131'000, 't'), {}}); });
  EXPECT_EQ(thrown.sqlstate, "54000");
}

// MS-TDS 2.2.6.4, FEDAUTH with the library "Security Token": options, the token with its length in
// bytes, the nonce.
TEST(Login7Test, AccessTokenIsAFeature) {
  Login login = someone();
  login.username = login.password = "";
  login.access_token = "eyJ.x";
  const std::string nonce(32, 'n');
  const auto features = [&](const TokenEcho& echo) {
    const std::string message = sent(login, 4096, {{}, echo});
    EXPECT_EQ(number(message, 25, 1) & 0x80, 0u);
    return message.substr(number(message, number(message, 56, 2), 4));
  };
  const std::string token = canned::little(10, 4) + canned::utf16("eyJ.x");
  const std::string utf8("\x0A\x00\x00\x00\x00\xFF", 6);
  EXPECT_EQ(features({}), '\x02' + canned::little(15, 4) + '\x02' + token + utf8);
  EXPECT_EQ(features({true, {}}), '\x02' + canned::little(15, 4) + '\x03' + token + utf8);
  EXPECT_EQ(features({true, nonce}), '\x02' + canned::little(47, 4) + '\x03' + token + nonce + utf8);
}

TEST(Login7Test, IntentIsRead) {
  Login login = someone();
  EXPECT_EQ(number(sent(login), 26, 1) & 0x20, 0u);
  login.read_only_intent = true;
  EXPECT_EQ(number(sent(login), 26, 1) & 0x20, 0x20u);
}

TEST(Login7Test, PacketsAreCut) { EXPECT_EQ(sent(someone(), 64), sent(someone())); }

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
