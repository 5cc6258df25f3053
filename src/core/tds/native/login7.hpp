// The LOGIN7 message (MS-TDS 2.2.6.4), and the SSPI messages (2.2.6.8) that may have to follow it.
#pragma once

#include <string>
#include <string_view>

#include "core/tds/session.hpp"
#include "outbox.hpp"
#include "prelogin.hpp"

namespace mssql::tds::native {

// What a login says in the place of username and password.
struct LoginProof {
  std::string sspi;  // the first token of an integrated login; empty: it is none
  TokenEcho echo;    // goes with login.access_token
};

// Sends it. `packet_size` is what is asked for. Throws Error 22023 when a value is longer than the
// protocol allows.
void send_login(Outbox& outbox, const Login& login, std::size_t packet_size, const LoginProof& proof = {});

// Sends the next token of an integrated login.
void send_sspi(Outbox& outbox, std::string_view token);

}  // namespace mssql::tds::native
