// What stands in the messages of a logged-in client: SQL batch, RPC and transaction manager
// requests (MS-TDS 2.2.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../engine.hpp"
#include "bytes.hpp"
#include "dialect.hpp"

namespace tds_server {

// ALL_HEADERS, MS-TDS 2.2.5.3; from TDS 7.2 on. Nothing when the client sent no transaction
// descriptor.
std::optional<std::uint64_t> read_all_headers(Source& in, const Dialect& dialect);

// The rest of the message as text.
std::string read_batch_text(Source& in);

struct ProcedureCall {
  std::string procedure;
  std::vector<Parameter> parameters;
};
// All calls of one RPC message. Throws ProtocolError.
std::vector<ProcedureCall> read_procedure_calls(Source& in, const Dialect& dialect);

enum class TransactionRequestType : std::uint16_t {
  dtc_address = 0,
  propagate = 1,
  begin = 5,
  promote = 6,
  commit = 7,
  rollback = 8,
  save = 9
};
struct TransactionRequest {
  TransactionRequestType type{};
  std::uint8_t isolation{0};
  std::string name;
  bool begins_another{false};  // commit or rollback, then begin with `isolation`
};
TransactionRequest read_transaction_request(Source& in);

}  // namespace tds_server
