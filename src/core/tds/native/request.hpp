// The requests: a batch (MS-TDS 2.2.6.7), remote calls of the procedures that run a statement with
// parameters (2.2.6.6), transaction manager requests, an attention.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/tds/session.hpp"
#include "outbox.hpp"
#include "server_state.hpp"

namespace mssql::tds::native {

// The parameters of a statement, ready to be sent.
struct Arguments {
  std::string declarations;  // "@P1 int, @P2 nvarchar(10)"
  std::string encoded;       // each with its name, type and value
};

// Each is sent as its declared type, so that the server converts nothing; character data, xml and
// sql_variant go as nvarchar and CLR types as varbinary, and the server converts those to what is
// declared. Throws Error: a value is none of its type.
Arguments encode_arguments(std::span<const Parameter> parameters, const ServerState& state);

// All write a whole message; `sql` is valid UTF-8.
void send_batch(Outbox& outbox, std::string_view sql, const ServerState& state,
                std::uint8_t status = packet_status::normal);
void send_executesql(Outbox& outbox, std::string_view sql, const Arguments& arguments, const ServerState& state);
// Runs it too; the handle is the reply's return value.
void send_prepexec(Outbox& outbox, std::string_view sql, const Arguments& arguments, const ServerState& state);
void send_execute(Outbox& outbox, std::int32_t handle, const Arguments& arguments, const ServerState& state);
// Transaction manager requests (2.2.6.9), for a transaction without a name; a savepoint has one, of
// ASCII.
void send_begin(Outbox& outbox, IsolationLevel level, const ServerState& state);
void send_commit(Outbox& outbox, const ServerState& state);
void send_rollback(Outbox& outbox, const ServerState& state, std::string_view savepoint = {});
void send_save(Outbox& outbox, const ServerState& state, std::string_view savepoint);
void send_attention(Outbox& outbox);

}  // namespace mssql::tds::native
