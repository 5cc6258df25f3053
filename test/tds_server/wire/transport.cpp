// Socket and TLS I/O; MS-TDS 3.3.5.3 for the handshake that travels in PRELOGIN packets.
#include "transport.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tds_server {

namespace {

constexpr std::size_t packet_header = 8;
constexpr std::size_t handshake_packet = 4096;
constexpr std::uint8_t prelogin_type = 0x12;

}  // namespace

Transport::Transport(int socket) : socket_(socket) {
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Transport::~Transport() { close(socket_); }

std::size_t Transport::receive(std::span<std::uint8_t> buffer) {
  if (!plain_.empty()) {
    const std::size_t n = std::min(plain_.size(), buffer.size());
    std::copy_n(plain_.begin(), n, buffer.begin());
    plain_.erase(plain_.begin(), plain_.begin() + static_cast<std::ptrdiff_t>(n));
    return n;
  }
  for (;;) {
    const ssize_t n = recv(socket_, buffer.data(), buffer.size(), 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) throw Disconnected();
  }
}

void Transport::send_all(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Disconnected();
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

std::size_t Transport::read_some(std::span<std::uint8_t> buffer) { return tls_ ? read_tls(buffer) : receive(buffer); }

std::size_t Transport::read_tls(std::span<std::uint8_t> buffer) {
  std::uint8_t received[16 * 1024];
  for (;;) {
    {
      const std::lock_guard lock(tls_mutex_);
      bool closed = false;
      const std::size_t n = tls_->read(buffer, closed);
      if (n > 0 || closed) return n;
    }
    const std::size_t n = receive(received);
    if (n == 0) return 0;
    const std::lock_guard lock(tls_mutex_);
    tls_->feed({received, n});
  }
}

void Transport::read_exactly(std::span<std::uint8_t> buffer) {
  while (!buffer.empty()) {
    const std::size_t n = read_some(buffer);
    if (n == 0) throw Disconnected();
    buffer = buffer.subspan(n);
  }
}

void Transport::write(std::span<const std::uint8_t> bytes) {
  if (!tls_) return send_all(bytes);
  std::vector<std::uint8_t> encrypted;
  {
    const std::lock_guard lock(tls_mutex_);
    tls_->write(bytes);
    encrypted = tls_->drain();
  }
  send_all(encrypted);
}

void Transport::end_tls() {
  plain_ = tls_->unread();
  tls_.reset();
}

int Transport::peek_byte() {
  std::uint8_t byte = 0;
  for (;;) {
    const ssize_t n = recv(socket_, &byte, 1, MSG_PEEK);
    if (n > 0) return byte;
    if (n == 0 || errno != EINTR) return -1;
  }
}

void Transport::start_wrapped_tls(const TlsContext& context) { handshake(true, context); }

void Transport::start_bare_tls(const TlsContext& context) { handshake(false, context); }

void Transport::handshake(bool wrapped, const TlsContext& context) {
  auto tls = std::make_unique<TlsSession>(wrapped ? context.in_packets() : context.strict());
  bool complete = false;
  while (!complete) {
    feed_handshake(*tls, wrapped);
    try {
      complete = tls->handshake();
    } catch (const Disconnected&) {
      send_handshake(*tls, wrapped);  // the alert that tells the client why
      throw;
    }
    send_handshake(*tls, wrapped);
  }
  tls_ = std::move(tls);
}

void Transport::feed_handshake(TlsSession& tls, bool wrapped) {
  std::uint8_t buffer[16 * 1024];
  if (!wrapped) {
    const std::size_t n = receive(buffer);
    if (n == 0) throw Disconnected();
    return tls.feed({buffer, n});
  }
  std::uint8_t header[packet_header];
  read_exactly(header);
  std::size_t left = static_cast<std::size_t>(header[2]) << 8 | header[3];
  if (header[0] != prelogin_type || left < packet_header)
    throw ProtocolError("TLS handshake outside a PRELOGIN packet");
  left -= packet_header;
  while (left > 0) {
    const std::size_t n = std::min(left, sizeof buffer);
    read_exactly({buffer, n});
    tls.feed({buffer, n});
    left -= n;
  }
}

void Transport::send_handshake(TlsSession& tls, bool wrapped) {
  const std::vector<std::uint8_t> bytes = tls.drain();
  if (!wrapped) return send_all(bytes);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t n = std::min(bytes.size() - at, handshake_packet - packet_header);
    const std::size_t length = n + packet_header;
    std::vector<std::uint8_t> packet{prelogin_type,
                                     at + n == bytes.size() ? std::uint8_t{1} : std::uint8_t{0},
                                     static_cast<std::uint8_t>(length >> 8),
                                     static_cast<std::uint8_t>(length),
                                     0,
                                     0,
                                     0,
                                     0};
    packet.insert(packet.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                  bytes.begin() + static_cast<std::ptrdiff_t>(at + n));
    send_all(packet);
    at += n;
  }
}

void Transport::shut_down() { shutdown(socket_, SHUT_RDWR); }

void Transport::close_gently() {
  std::uint8_t ignored[4096];
  shutdown(socket_, SHUT_WR);
  read_timeout(1);
  for (int i = 0; i < 1000; ++i) {
    if (recv(socket_, ignored, sizeof ignored, 0) <= 0) return;
  }
}

void Transport::read_timeout(int seconds) {
  const timeval limit{seconds, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

}  // namespace tds_server
