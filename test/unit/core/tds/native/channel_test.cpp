// What travels under TLS and what does not, against a server that hangs up where real ones do.
#include "core/tds/native/channel.hpp"

#include <gtest/gtest.h>

#include "../cells.hpp"
#include "core/tds/native/driver.hpp"
#include "tls_peer.hpp"

namespace mssql::tds::native {
namespace {

using scripted::TlsPeer;

// A Kerberos ticket of somebody in very many groups.
class LongTicket final : public SecurityContext {
 public:
  std::string step(std::string_view) override { return std::string(20'000, 't'); }
  bool complete() const noexcept override { return true; }
  void verify() const override {}
};

Login to_peer(Encrypt encrypt) {
  Login login;
  login.host = "db.example";
  login.username = "someone";
  login.encrypt = encrypt;
  return login;
}

TEST(EncryptionTest, OnlyTheFirstPacketOfALoginIsEncrypted) {
  TlsPeer peer(0, 4096);
  Login login = to_peer(Encrypt::request);
  login.username.clear();
  const Thrown thrown = thrown_by([&] {
    Driver driver(peer.stream(), login, {}, std::make_unique<LongTicket>());
    EXPECT_EQ(driver.spid(), 51);
    driver.execute("SELECT 1", {});
    EXPECT_FALSE(driver.next_result());
  });
  EXPECT_EQ(thrown.message + thrown.detail, "");
  EXPECT_NE(peer.login().find(std::string(20'000, 't')), std::string::npos);
}

TEST(EncryptionTest, AllOfALongLoginIsEncryptedWithTheSession) {
  TlsPeer peer(1, 4096);
  Login login = to_peer(Encrypt::require);
  login.username.clear();
  const Thrown thrown = thrown_by([&] { Driver(peer.stream(), login, {}, std::make_unique<LongTicket>()); });
  EXPECT_EQ(thrown.message + thrown.detail, "");
}

// Whoever is on the way could add an answer to what the server says in clear, before TLS begins.
TEST(EncryptionTest, NothingThatCameInClearIsAnAnswerUnderTls) {
  scripted::Server server({scripted::packets(scripted::prelogin_answer(1)) +
                           scripted::packets(scripted::login_acknowledgement() + canned::done(canned::final))});
  const Thrown thrown =
      thrown_by([&] { Driver(server.stream(), to_peer(Encrypt::require), scripted::Server::environment()); });
  EXPECT_EQ(thrown.sqlstate, "08001");
  EXPECT_NE(thrown.detail.find("It goes on behind its end."), std::string::npos) << thrown.detail;
}

// 32767 is what some servers grant, and then they hang up on it.
TEST(EncryptionTest, PacketsUnderTlsAreShort) {
  TlsPeer peer(1, 32767);
  const Thrown thrown = thrown_by([&] {
    Driver driver(peer.stream(), to_peer(Encrypt::require), {});
    driver.execute("SELECT '" + std::string(100'000, 'x') + "'", {});
    EXPECT_FALSE(driver.next_result());
  });
  EXPECT_EQ(thrown.message + thrown.detail, "");
  ASSERT_FALSE(peer.packet_sizes().empty());
  EXPECT_EQ(peer.packet_sizes()[0], 16383u);
}

std::size_t asked_packet_size(Encrypt encrypt, int option) {
  scripted::Server server(scripted::login());
  Login login = to_peer(encrypt);
  login.packet_size = option;
  Driver driver(server.stream(), login, scripted::Server::environment());
  const std::string& heard = server.heard();
  const std::size_t message = heard.find("\x10\x01") + 8;
  return read_little_endian(reinterpret_cast<const std::uint8_t*>(heard.data()) + message + 8, 4);
}

TEST(EncryptionTest, PacketSizeIsAskedForByTheEncryptionThatMayCome) {
  EXPECT_EQ(asked_packet_size(Encrypt::off, 0), 32767u);
  EXPECT_EQ(asked_packet_size(Encrypt::off, 20000), 20000u);
  EXPECT_EQ(asked_packet_size(Encrypt::request, 0), 16383u);
  EXPECT_EQ(asked_packet_size(Encrypt::request, 20000), 16383u);
  EXPECT_EQ(asked_packet_size(Encrypt::request, 512), 512u);
}

// Some peers take a header that comes alone for a message. A socket that keeps what was sent
// together shows it.
TEST(EncryptionTest, WrappedTlsIsSentInOnePiece) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  const net::Descriptor server(ends[1]);
  Channel channel(net::socket_stream(net::Descriptor(ends[0])), {[] { return true; }, nullptr, nullptr}, "the test");
  EXPECT_EQ(thrown_by([&] {
              channel.start_tls({"db.example", {}, true, false, false}, Channel::Wrapping::prelogin);
            }).sqlstate,
            "57014");
  std::uint8_t packet[8192];
  const ssize_t size = ::recv(server.get(), packet, sizeof(packet), 0);
  ASSERT_GT(size, 8);
  EXPECT_EQ(packet[2] << 8 | packet[3], size);
}

}  // namespace
}  // namespace mssql::tds::native
