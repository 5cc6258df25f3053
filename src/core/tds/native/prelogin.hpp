// The first exchange of a connection: PRELOGIN (MS-TDS 2.2.6.5), which settles how the rest is
// encrypted.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/tds/session.hpp"
#include "inbox.hpp"
#include "outbox.hpp"

namespace mssql::tds::native {

enum class Encryption : std::uint8_t { none, login_only, whole_session };

// What the server wants to hear again from a login with an access token (MS-TDS 2.2.6.4, FEDAUTH).
struct TokenEcho {
  bool required{false};  // its FEDAUTHREQUIRED was 1
  std::string nonce;     // its NONCEOPT, 32 bytes; empty: none
};

struct Agreement {
  Encryption encryption{Encryption::none};
  TokenEcho echo;
};

// Asks and answers. Throws Error 08001 when server and client do not agree; without
// `login.access_token` the server is not asked about one.
Agreement negotiate(Outbox& outbox, Inbox& inbox, const Login& login);

// The value of an option in a PRELOGIN answer; nothing when it is not there. Throws Error 08P01
// when the answer is malformed.
std::optional<std::span<const std::uint8_t>> find_prelogin_option(std::span<const std::uint8_t> answer,
                                                                  std::uint8_t option);

}  // namespace mssql::tds::native
