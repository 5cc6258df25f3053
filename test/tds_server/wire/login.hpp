// LOGIN7, MS-TDS 2.2.6.4.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "dialect.hpp"

namespace tds_server {

// FEDAUTH of a login with an access token.
struct FederatedLogin {
  unsigned library{0};  // 1: security token
  bool echo{false};     // what the client heard of FEDAUTHREQUIRED
  std::string token;
  std::string nonce;  // what follows the token
};

struct LoginRequest {
  Dialect dialect;
  std::uint32_t packet_size{0};
  std::string host;
  std::string user;
  std::string password;
  std::string application;
  std::string server;  // as the client calls us
  std::string language;
  std::string database;
  bool integrated{false};  // fIntSecurity
  std::string sspi;        // its first token
  std::optional<FederatedLogin> federated;
  bool read_only_intent{false};
  bool asks_features{false};  // sent a feature extension block: FEATUREEXTACK is due
};

// Throws ProtocolError when a field lies outside the packet.
LoginRequest parse_login(std::span<const std::uint8_t> payload);

}  // namespace tds_server
