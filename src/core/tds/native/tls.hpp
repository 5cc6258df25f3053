// A TLS client that does no input or output of its own: bytes go in and out through memory, so that
// waiting stays with the channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace mssql::tds::native {

struct TlsOptions {
  std::string host;        // for SNI, and the name in the certificate
  std::string ca_file;     // empty: any certificate is taken; "system": the system's trust store; else a PEM file
  bool verify_host{true};  // matters only with ca_file
  bool strict{false};      // TDS 8.0: ALPN "tds/8.0"
  bool login_only{false};  // plain bytes follow the login, which TLS 1.3's late session tickets would be mixed with
};

// For a server that is heard, or only suspected, to have no version of TLS that is safe.
inline constexpr const char* old_tls_advice =
    "TLS 1.2 or later is needed. SQL Server 2008 to 2014, and old versions of Windows, speak it after an update only.";

class Tls {
 public:
  // Throws Error 22023 for a ca_file that cannot be read.
  explicit Tls(const TlsOptions& options);
  ~Tls();

  // One step; true when the handshake is complete. Throws Error 08001 with OpenSSL's reason, or the
  // certificate's fault in words.
  bool handshake();
  void feed(std::span<const std::uint8_t> cipher);
  // What is to be sent; taken out.
  std::string take_output();
  // Decrypted bytes; 0: more must be fed first. Throws Error 08006.
  std::size_t read(std::uint8_t* out, std::size_t size);
  bool ended() const noexcept { return ended_; }  // the server said goodbye
  void write(std::span<const std::uint8_t> plain);

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool ended_{false};
};

}  // namespace mssql::tds::native
