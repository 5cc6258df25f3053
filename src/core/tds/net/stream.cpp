#include "stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <utility>

#include "keepalive.hpp"

namespace mssql::tds::net {

namespace {

class SocketStream final : public Stream {
 public:
  explicit SocketStream(Descriptor socket) : socket_(std::move(socket)) {}

  ssize_t receive(std::uint8_t* out, std::size_t size) override { return ::recv(socket_.get(), out, size, 0); }
  ssize_t send(const std::uint8_t* data, std::size_t size) override {
    return ::send(socket_.get(), data, size, MSG_NOSIGNAL);
  }
  bool ready(short events) const noexcept override {
    pollfd state{socket_.get(), events, 0};
    return ::poll(&state, 1, 0) > 0 && state.revents != 0;
  }
  int descriptor() const noexcept override { return socket_.get(); }

 private:
  Descriptor socket_;
};

}  // namespace

std::unique_ptr<Stream> socket_stream(Descriptor socket) {
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  keep_alive(socket.get());
  return std::make_unique<SocketStream>(std::move(socket));
}

}  // namespace mssql::tds::net
