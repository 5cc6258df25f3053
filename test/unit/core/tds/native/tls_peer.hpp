// A TDS server under TLS in a thread, for one login and the requests that follow it. It keeps to
// MS-TDS where servers are stricter than the documents of clients: where only the login is
// encrypted, that is its first packet.
#pragma once

#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "scripted_server.hpp"
#include "test_certificate.hpp"

namespace mssql::tds::scripted {

class TlsPeer {
 public:
  // `encryption` is PRELOGIN's answer (0: login only, 1: all); `granted` the packet size that is
  // given, whatever was asked for.
  TlsPeer(int encryption, int granted)
      : encryption_(encryption),
        granted_(granted),
        context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
        ssl_(nullptr, SSL_free) {
    certificate_.use(context_.get());
    SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), in_ = BIO_new(BIO_s_mem()), out_ = BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_.get());
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    client_ = net::Descriptor(ends[0]);
    server_ = net::Descriptor(ends[1]);
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsPeer() {
    ::shutdown(server_.get(), SHUT_RDWR);
    thread_.join();
  }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  std::unique_ptr<net::Stream> stream() { return net::socket_stream(std::move(client_)); }
  // The whole LOGIN7 message, without headers, and the sizes of the requests' packets. Good when
  // the driver has its answer.
  const std::string& login() const { return login_; }
  const std::vector<std::size_t>& packet_sizes() const { return sizes_; }

 private:
  static constexpr std::size_t longest_encrypted = 16383;

  void serve() {
    std::string body;
    if (!receive_message(body)) return;
    send(packets(prelogin_answer(encryption_)));
    if (!shake_hands() || !receive_login()) return;
    const std::string size = canned::name8(std::to_string(granted_)) + canned::name8("4096");
    say(packets(environment_change(4, size) + login_acknowledgement() + canned::done(canned::final)));
    while (receive_message(body)) say(packets(canned::done(canned::final)));
  }

  bool shake_hands() {
    while (!SSL_is_init_finished(ssl_.get())) {
      std::string wrapped;
      if (!receive_message(wrapped)) return false;
      BIO_write(in_, wrapped.data(), static_cast<int>(wrapped.size()));
      SSL_do_handshake(ssl_.get());
      std::string reply = taken(out_);
      if (reply.empty()) continue;
      reply = packets(reply);
      reply[0] = '\x12';
      send(reply);
    }
    secret_ = true;
    return true;
  }

  bool receive_login() {
    bool last = false;
    if (!receive_packet(login_, last)) return false;
    if (encryption_ == 0) {
      plain_ = taken(in_);
      secret_ = false;
    }
    while (!last)
      if (!receive_packet(login_, last)) return false;
    sizes_.clear();
    return true;
  }

  bool receive_message(std::string& body) {
    body.clear();
    for (bool last = false; !last;)
      if (!receive_packet(body, last)) return false;
    return true;
  }

  bool receive_packet(std::string& body, bool& last) {
    unsigned char header[8];
    if (!receive(header, sizeof(header))) return false;
    const std::size_t size = header[2] * 256u + header[3];
    if (header[0] > 0x12 || size < sizeof(header) || (secret_ && size > longest_encrypted)) return hang_up();
    std::string part(size - sizeof(header), '\0');
    if (!receive(part.data(), part.size())) return false;
    sizes_.push_back(size);
    body += part;
    last = (header[1] & 1) != 0;
    return true;
  }

  bool hang_up() {
    ::shutdown(server_.get(), SHUT_RDWR);
    return false;
  }

  bool receive(void* out, std::size_t size) {
    auto* next = static_cast<char*>(out);
    while (size > 0) {
      const std::size_t count = secret_ ? receive_secret(next, size) : receive_plain(next, size);
      if (count == 0) return false;
      next += count;
      size -= count;
    }
    return true;
  }
  std::size_t receive_plain(char* out, std::size_t size) {
    if (!plain_.empty()) {
      const std::size_t count = plain_.copy(out, size);
      plain_.erase(0, count);
      return count;
    }
    const ssize_t count = ::recv(server_.get(), out, size, 0);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  std::size_t receive_secret(char* out, std::size_t size) {
    for (;;) {
      const int count = SSL_read(ssl_.get(), out, static_cast<int>(size));
      if (count > 0) return static_cast<std::size_t>(count);
      if (SSL_get_error(ssl_.get(), count) != SSL_ERROR_WANT_READ) return 0;
      char cipher[4096];
      const ssize_t came = ::recv(server_.get(), cipher, sizeof(cipher), 0);
      if (came <= 0) return 0;
      BIO_write(in_, cipher, static_cast<int>(came));
    }
  }

  void say(const std::string& bytes) {
    if (!secret_) return send(bytes);
    SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    send(taken(out_));
  }
  void send(const std::string& bytes) {
    [[maybe_unused]] const ssize_t sent = ::send(server_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  static std::string taken(BIO* memory) {
    std::string bytes(BIO_ctrl_pending(memory), '\0');
    if (!bytes.empty()) BIO_read(memory, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }

  int encryption_;
  int granted_;
  Certificate certificate_{"db.example"};
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  BIO* in_{nullptr};
  BIO* out_{nullptr};
  bool secret_{false};
  std::string plain_;
  std::string login_;
  std::vector<std::size_t> sizes_;
  net::Descriptor client_;
  net::Descriptor server_;
  std::thread thread_;
};

}  // namespace mssql::tds::scripted
