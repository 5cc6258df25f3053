// Request parsing, MS-TDS 2.2.6.6 (RPC), 2.2.6.7 (batch), 2.2.6.9 (transaction manager).
#include "requests.hpp"

#include "types_decode.hpp"
#include "unicode.hpp"

namespace tds_server {

namespace {

constexpr std::uint8_t next_call = 0xFF, next_call_before_7_2 = 0x80, no_execution = 0xFE;

// MS-TDS 2.2.6.6: ProcID.
std::string special_procedure(unsigned id) {
  static constexpr const char* names[] = {
      "sp_cursor",          "sp_cursoropen",  "sp_cursorprepare", "sp_cursorexecute", "sp_cursorprepexec",
      "sp_cursorunprepare", "sp_cursorfetch", "sp_cursoroption",  "sp_cursorclose",   "sp_executesql",
      "sp_prepare",         "sp_execute",     "sp_prepexec",      "sp_prepexecrpc",   "sp_unprepare"};
  if (id < 1 || id > std::size(names)) throw ProtocolError("undefined ProcID");
  return names[id - 1];
}

bool at_separator(Source& in, const Dialect& dialect) {
  const std::uint8_t byte = in.peek();
  return dialect.since_7_2() ? byte == next_call || byte == no_execution : byte == next_call_before_7_2;
}

Parameter read_parameter(Source& in, const Dialect& dialect) {
  constexpr std::uint8_t by_reference = 0x01, encrypted = 0x08;
  Parameter parameter;
  parameter.name = read_byte_string(in);
  const std::uint8_t status = in.u8();
  if ((status & encrypted) != 0) throw ProtocolError("encrypted parameters are not supported");
  parameter.output = (status & by_reference) != 0;
  const ReadType type = read_type_info(in, dialect, Place::parameter);
  parameter.type = type.type;
  parameter.value = read_value(in, type, Place::parameter);
  return parameter;
}

ProcedureCall read_procedure_call(Source& in, const Dialect& dialect) {
  ProcedureCall call;
  const unsigned length = in.u16();
  call.procedure = length == 0xFFFF ? special_procedure(in.u16()) : utf16_to_wtf8(in.bytes(std::size_t{length} * 2));
  in.u16();  // recompile, metadata: nothing that changes a result
  while (!in.at_end() && !at_separator(in, dialect)) call.parameters.push_back(read_parameter(in, dialect));
  return call;
}

// B_VARBYTE: a length in bytes, and UTF-16.
std::string read_name(Source& in) { return utf16_to_wtf8(in.bytes(in.u8())); }

}  // namespace

std::optional<std::uint64_t> read_all_headers(Source& in, const Dialect& dialect) {
  constexpr unsigned transaction_descriptor = 2;
  if (!dialect.since_7_2()) return std::nullopt;
  std::optional<std::uint64_t> descriptor;
  std::size_t total = in.u32();
  if (total < 4) throw ProtocolError("ALL_HEADERS too short");
  total -= 4;
  while (total > 0) {
    const std::size_t length = in.u32();
    if (length < 6 || length > total) throw ProtocolError("bad header length");
    const unsigned type = in.u16();
    const std::string_view data = in.bytes(length - 6);
    if (type == transaction_descriptor) {
      if (data.size() != 12) throw ProtocolError("bad transaction descriptor");
      Source value(std::span(reinterpret_cast<const std::uint8_t*>(data.data()), data.size()));
      descriptor = value.u64();
    }
    total -= length;
  }
  return descriptor;
}

std::string read_batch_text(Source& in) { return utf16_to_wtf8(in.bytes(in.left())); }

std::vector<ProcedureCall> read_procedure_calls(Source& in, const Dialect& dialect) {
  std::vector<ProcedureCall> calls;
  while (!in.at_end()) {
    calls.push_back(read_procedure_call(in, dialect));
    if (!in.at_end()) in.u8();  // the separator
  }
  return calls;
}

TransactionRequest read_transaction_request(Source& in) {
  TransactionRequest request;
  request.type = static_cast<TransactionRequestType>(in.u16());
  switch (request.type) {
    case TransactionRequestType::begin:
      request.isolation = in.u8();
      request.name = read_name(in);
      break;
    case TransactionRequestType::commit:
    case TransactionRequestType::rollback:
      request.name = read_name(in);
      request.begins_another = (in.u8() & 1) != 0;
      if (request.begins_another) {
        request.isolation = in.u8();
        read_name(in);  // the new transaction's, of which nothing speaks again
      }
      break;
    case TransactionRequestType::save: request.name = read_name(in); break;
    default: break;
  }
  if (!in.at_end()) throw ProtocolError("bytes behind a transaction manager request");
  return request;
}

}  // namespace tds_server
