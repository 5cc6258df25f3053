#include "core/tds/net/keepalive.hpp"

#include <gtest/gtest.h>

#include <netinet/tcp.h>

#include "../drivers.hpp"
#include "core/tds/net/descriptor.hpp"

namespace mssql::tds::net {
namespace {

using access::connect;
using namespace drivers;

int option(int socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  ::getsockopt(socket, level, name, &value, &size);
  return value;
}

TEST(KeepAliveTest, SilenceIsProbedAndUnheardDataBounded) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  keep_alive(socket.get());
  EXPECT_EQ(option(socket.get(), SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(socket.get(), IPPROTO_TCP, TCP_KEEPIDLE), 30);
  EXPECT_EQ(option(socket.get(), IPPROTO_TCP, TCP_KEEPINTVL), 10);
  EXPECT_EQ(option(socket.get(), IPPROTO_TCP, TCP_USER_TIMEOUT), 60'000);
  keep_alive(-1);
}

// FreeTDS opens sockets of its own.
class KeepAliveOfDriversTest : public SessionTest {};

// The option of the connection to `port` that this process has.
int socket_option(int port, int level, int name) {
  for (int socket = 3; socket < 200; ++socket) {
    sockaddr_in peer{};
    socklen_t size = sizeof(peer);
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.sin_family != AF_INET ||
        ntohs(peer.sin_port) != port)
      continue;
    return option(socket, level, name);
  }
  return -1;
}

TEST_P(KeepAliveOfDriversTest, ConnectionIsProbed) {
  CannedServer server({});
  const auto session = connect(login_to(server.port()), test_environment);
  EXPECT_EQ(socket_option(server.port(), SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(socket_option(server.port(), IPPROTO_TCP, TCP_KEEPIDLE), 30);
  EXPECT_EQ(socket_option(server.port(), IPPROTO_TCP, TCP_KEEPINTVL), 10);
  EXPECT_EQ(socket_option(server.port(), IPPROTO_TCP, TCP_USER_TIMEOUT), 60'000);
}

INSTANTIATE_TEST_SUITE_P(Drivers, KeepAliveOfDriversTest, both_drivers, driver_name);

}  // namespace
}  // namespace mssql::tds::net
