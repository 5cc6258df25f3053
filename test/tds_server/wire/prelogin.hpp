// PRELOGIN, MS-TDS 2.2.6.5: version and encryption are negotiated before the login.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "bytes.hpp"

namespace tds_server {

// The server's setting. off: plain unless the client insists; login: SQL Server's default, the
// login packet is always encrypted; full: the whole session must be; not_supported: no TLS at all.
enum class EncryptMode : std::uint8_t { off, login, full, not_supported };

// The ENCRYPTION option's values.
enum class Encryption : std::uint8_t { off = 0, on = 1, not_supported = 2, required = 3 };

enum class TlsExtent : std::uint8_t { none, login_packet, session, refuse };

struct EncryptionAnswer {
  Encryption reply;
  TlsExtent extent;
};

// What the client asked for.
struct PreloginRequest {
  Encryption encryption{Encryption::not_supported};
  bool token_asked{false};  // FEDAUTHREQUIRED
  std::string nonce;        // NONCEOPT
};

// The answer to FEDAUTHREQUIRED; a nonce of 32 bytes, or none.
struct TokenOffer {
  bool required{false};
  std::string nonce;
};

// Throws ProtocolError.
PreloginRequest parse_prelogin(std::span<const std::uint8_t> payload);
EncryptionAnswer answer_encryption(EncryptMode mode, Encryption client);
void append_prelogin(ByteBuffer& out, Encryption encryption, const std::optional<TokenOffer>& offer);

}  // namespace tds_server
