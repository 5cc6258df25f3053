// OpenSSL behind two small classes: the server's certificate and settings, and one connection's TLS
// state.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tds_server {

struct SslContextDelete {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SslDelete {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

class TlsContext {
 public:
  // With empty file names: a self-signed certificate for `common_name` plus localhost and
  // 127.0.0.1, kept in memory.
  TlsContext(const std::string& certificate_file, const std::string& key_file, const std::string& common_name);

  SSL_CTX* in_packets() const { return in_packets_.get(); }  // TDS 7.x: TLS 1.2 at most, as SQL Server
  SSL_CTX* strict() const { return strict_.get(); }          // TDS 8.0: ALPN tds/8.0, TLS 1.3 too

 private:
  std::unique_ptr<SSL_CTX, SslContextDelete> in_packets_;
  std::unique_ptr<SSL_CTX, SslContextDelete> strict_;
};

// The TLS state machine of one connection; does no I/O. Not thread-safe.
class TlsSession {
 public:
  explicit TlsSession(SSL_CTX* context);

  void feed(std::span<const std::uint8_t> received);
  // One step; true when the handshake is complete. Throws Disconnected when it fails.
  bool handshake();
  // Decrypted bytes; 0 when more must be fed. `closed` tells that the peer ended TLS.
  std::size_t read(std::span<std::uint8_t> buffer, bool& closed);
  void write(std::span<const std::uint8_t> bytes);
  // Takes what has to be sent.
  std::vector<std::uint8_t> drain();
  // Takes what was fed and lies behind the records that were read.
  std::vector<std::uint8_t> unread();

 private:
  std::unique_ptr<SSL, SslDelete> ssl_;
  BIO* input_;   // owned by ssl_
  BIO* output_;  // owned by ssl_
};

}  // namespace tds_server
