// From an accepted socket to a logged-in session: PRELOGIN, TLS, LOGIN7 and the reply to it.
#pragma once

#include <memory>
#include <optional>

#include "../engine.hpp"
#include "dialect.hpp"
#include "packet.hpp"
#include "server.hpp"

namespace tds_server {

struct LoggedIn {
  std::unique_ptr<Engine> engine;
  Dialect dialect;
};

// Nothing when the login was refused; the client has been told. Throws ProtocolError, Disconnected.
std::optional<LoggedIn> log_in(Transport& transport, PacketWriter& writer, Server& server, int spid);

}  // namespace tds_server
