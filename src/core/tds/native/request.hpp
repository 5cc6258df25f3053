// The requests: a batch (MS-TDS 2.2.6.7), a remote call of sp_executesql (2.2.6.6).
#pragma once

#include <span>
#include <string_view>

#include "../arguments.hpp"
#include "outbox.hpp"
#include "server_state.hpp"

namespace mssql::tds::native {

// Both write a whole message; `sql` and the arguments are valid UTF-8.
void send_batch(Outbox& outbox, std::string_view sql, const ServerState& state);
void send_call(Outbox& outbox, std::string_view sql, std::span<const Argument> arguments, const ServerState& state);
void send_attention(Outbox& outbox);

}  // namespace mssql::tds::native
