// The byte stream under the packets: a socket, with or without TLS (OpenSSL over memory BIOs).
//
// One thread may read while another writes: OpenSSL's objects are used under a lock, the socket is
// not. TLS can start wrapped in PRELOGIN packets (MS-TDS 3.3.5.3) or on the bare socket (TDS 8.0),
// and can end after a packet.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "bytes.hpp"
#include "tls.hpp"

namespace tds_server {

class Transport {
 public:
  // Owns `socket`.
  explicit Transport(int socket);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // At least one byte; 0 at the end of the stream. Throws Disconnected when the socket fails.
  std::size_t read_some(std::span<std::uint8_t> buffer);
  void read_exactly(std::span<std::uint8_t> buffer);
  // Throws Disconnected.
  void write(std::span<const std::uint8_t> bytes);

  // The first byte that the client sent, left unread; -1 when it went away.
  int peek_byte();

  // Handshake inside PRELOGIN packets; afterwards everything is TLS until end_tls().
  void start_wrapped_tls(const TlsContext& context);
  void start_bare_tls(const TlsContext& context);
  // Back to plain bytes, of which some may have come already (ENCRYPT_OFF: only the first packet of
  // the login is encrypted).
  void end_tls();
  bool encrypted() const { return tls_ != nullptr; }

  // Wakes both threads up with an end of stream; callable from any thread.
  void shut_down();
  // Ends our side and waits a little for the client to end its own: close() would destroy a reply
  // not yet read.
  void close_gently();
  // Login must end within this time; 0 takes the limit away.
  void read_timeout(int seconds);

 private:
  std::size_t receive(std::span<std::uint8_t> buffer);
  void send_all(std::span<const std::uint8_t> bytes);
  std::size_t read_tls(std::span<std::uint8_t> buffer);
  void handshake(bool wrapped, const TlsContext& context);
  void feed_handshake(TlsSession& tls, bool wrapped);
  void send_handshake(TlsSession& tls, bool wrapped);

  int socket_;
  std::mutex tls_mutex_;
  std::unique_ptr<TlsSession> tls_;
  std::vector<std::uint8_t> plain_;  // received, and behind the end of TLS
};

}  // namespace tds_server
