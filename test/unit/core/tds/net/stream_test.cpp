#include "core/tds/net/stream.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <cerrno>

#include "tcp_pair.hpp"

namespace mssql::tds::net {
namespace {

struct Connected {
  Connected() {
    ::fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK);
    stream = socket_stream(std::move(pair.ours));
  }
  TcpPair pair;
  std::unique_ptr<Stream> stream;
};

int option(int socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  ::getsockopt(socket, level, name, &value, &size);
  return value;
}

TEST(StreamTest, SocketIsProbedAndDoesNotWaitForMore) {
  const Connected connected;
  EXPECT_EQ(option(connected.stream->descriptor(), SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(connected.stream->descriptor(), IPPROTO_TCP, TCP_NODELAY), 1);
}

TEST(StreamTest, BytesGoBothWaysAndNothingWaits) {
  const Connected connected;
  std::uint8_t byte = 'a';
  EXPECT_EQ(connected.stream->receive(&byte, 1), -1);
  EXPECT_TRUE(errno == EAGAIN || errno == EWOULDBLOCK);
  EXPECT_FALSE(connected.stream->ready(POLLIN));
  EXPECT_TRUE(connected.stream->ready(POLLOUT));
  EXPECT_EQ(connected.stream->send(&byte, 1), 1);
  char heard = 0;
  EXPECT_EQ(::recv(connected.pair.theirs.get(), &heard, 1, 0), 1);
  EXPECT_EQ(heard, 'a');
  EXPECT_EQ(::send(connected.pair.theirs.get(), "b", 1, 0), 1);
  pollfd ready{connected.stream->descriptor(), POLLIN, 0};
  ::poll(&ready, 1, 5000);
  EXPECT_TRUE(connected.stream->ready(POLLIN));
  EXPECT_EQ(connected.stream->receive(&byte, 1), 1);
  EXPECT_EQ(byte, 'b');
}

// No signal comes of it either.
TEST(StreamTest, EndIsReadyAndReadsAsNothing) {
  Connected connected;
  connected.pair.theirs = Descriptor();
  pollfd ready{connected.stream->descriptor(), POLLIN, 0};
  ::poll(&ready, 1, 5000);
  EXPECT_TRUE(connected.stream->ready(POLLIN | POLLRDHUP));
  std::uint8_t byte = 'a';
  EXPECT_EQ(connected.stream->receive(&byte, 1), 0);
  // The first is answered by a reset
  ssize_t sent = 1;
  for (int i = 0; i < 100 && sent == 1; ++i, ::usleep(10'000)) sent = connected.stream->send(&byte, 1);
  EXPECT_EQ(sent, -1);
}

}  // namespace
}  // namespace mssql::tds::net
