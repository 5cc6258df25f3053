#include "request.hpp"

#include <optional>

#include "core/tds/codec/cell.hpp"
#include "core/tds/codec/encode.hpp"
#include "core/tds/codec/unicode.hpp"
#include "type_info.hpp"

namespace mssql::tds::native {

namespace {

// MS-TDS 2.2.6.6
constexpr std::uint16_t procedure_by_number = 0xFFFF;
enum class Procedure : std::uint16_t { executesql = 10, execute = 12, prepexec = 13 };

// MS-TDS 2.2.6.9
enum class TransactionRequest : std::uint16_t { begin = 5, commit = 7, rollback = 8, save = 9 };

// ALL_HEADERS with the one header that a request must have (2.2.5.3): which transaction it belongs
// to.
void write_headers(Outbox& outbox, const ServerState& state) {
  constexpr std::uint32_t header_size = 18;
  constexpr std::uint16_t transaction_descriptor = 2;
  outbox.u32(4 + header_size);
  outbox.u32(header_size);
  outbox.u16(transaction_descriptor);
  outbox.u64(state.transaction);
  outbox.u32(1);  // outstanding requests
}

// The type of a value that is sent as characters or bytes: it depends on the value alone.
RemoteType short_or_long(bool binary, std::size_t size) {
  const bool is_short = size <= static_cast<std::size_t>(longest_short_value);
  return binary ? varbinary_for(is_short) : nvarchar_for(is_short);
}

void append_argument(const std::string& name, const Parameter& parameter, const ServerState& state, std::string& out) {
  constexpr char input = 0;
  out += static_cast<char>(name.size());
  utf8_to_utf16le(name, out);
  out += input;
  std::string value;
  if (!is_null(parameter.value)) Target(parameter.type, "parameter " + name).encode(parameter.value, value);
  const WireType wire = wire_type(parameter.type.type);
  const bool characters = wire == WireType::text || wire == WireType::xml;
  const RemoteType sent =
      characters || wire == WireType::binary ? short_or_long(wire == WireType::binary, value.size()) : parameter.type;
  append_type_info(sent, state, out);
  is_null(parameter.value) ? append_null(sent, out) : append_value(sent, value, out);
}

void write_text(Outbox& outbox, std::string_view utf8, const ServerState& state) {
  std::string utf16;
  utf8_to_utf16le(utf8, utf16);
  const RemoteType type = short_or_long(false, utf16.size());
  std::string parameter(2, '\0');  // no name; an input parameter
  append_type_info(type, state, parameter);
  append_value(type, utf16, parameter);
  outbox.bytes(parameter);
}

// An int without a name: a handle, or room for one.
void write_handle(Outbox& outbox, std::optional<std::int32_t> handle, const ServerState& state) {
  constexpr char output = 1;
  const RemoteType type{Type::int_, 4, 0, 0};
  std::string parameter(1, '\0');
  parameter += handle ? '\0' : output;
  append_type_info(type, state, parameter);
  std::string bytes;
  if (handle) append_little_endian(static_cast<std::uint32_t>(*handle), 4, bytes);
  handle ? append_value(type, bytes, parameter) : append_null(type, parameter);
  outbox.bytes(parameter);
}

void begin_call(Outbox& outbox, Procedure procedure, const ServerState& state) {
  outbox.begin(PacketType::rpc);
  write_headers(outbox, state);
  outbox.u16(procedure_by_number);
  outbox.u16(static_cast<std::uint16_t>(procedure));
  outbox.u16(0);  // option flags
}

void begin_transaction_request(Outbox& outbox, TransactionRequest request, const ServerState& state) {
  outbox.begin(PacketType::transaction);
  write_headers(outbox, state);
  outbox.u16(static_cast<std::uint16_t>(request));
}

// B_VARBYTE: unlike names elsewhere, its length counts bytes. `name` is ASCII.
void write_name(Outbox& outbox, std::string_view name) {
  outbox.u8(static_cast<std::uint8_t>(2 * name.size()));
  outbox.text(name);
}

// Ends a transaction, or goes back to a savepoint, and begins none.
void send_end(Outbox& outbox, TransactionRequest request, const ServerState& state, std::string_view name) {
  begin_transaction_request(outbox, request, state);
  write_name(outbox, name);
  outbox.u8(0);  // flags
  outbox.end();
}

}  // namespace

Arguments encode_arguments(std::span<const Parameter> parameters, const ServerState& state) {
  Arguments arguments;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string name = "@P" + std::to_string(i + 1);
    arguments.declarations += (i == 0 ? "" : ", ") + name + ' ' + declare(parameters[i].type);
    append_argument(name, parameters[i], state, arguments.encoded);
  }
  return arguments;
}

void send_batch(Outbox& outbox, std::string_view sql, const ServerState& state, std::uint8_t status) {
  outbox.begin(PacketType::batch, status);
  write_headers(outbox, state);
  outbox.text(sql);
  outbox.end();
}

void send_executesql(Outbox& outbox, std::string_view sql, const Arguments& arguments, const ServerState& state) {
  begin_call(outbox, Procedure::executesql, state);
  write_text(outbox, sql, state);
  write_text(outbox, arguments.declarations, state);
  outbox.bytes(arguments.encoded);
  outbox.end();
}

void send_prepexec(Outbox& outbox, std::string_view sql, const Arguments& arguments, const ServerState& state) {
  begin_call(outbox, Procedure::prepexec, state);
  write_handle(outbox, std::nullopt, state);
  write_text(outbox, arguments.declarations, state);
  write_text(outbox, sql, state);
  outbox.bytes(arguments.encoded);
  outbox.end();
}

void send_execute(Outbox& outbox, std::int32_t handle, const Arguments& arguments, const ServerState& state) {
  begin_call(outbox, Procedure::execute, state);
  write_handle(outbox, handle, state);
  outbox.bytes(arguments.encoded);
  outbox.end();
}

void send_begin(Outbox& outbox, IsolationLevel level, const ServerState& state) {
  begin_transaction_request(outbox, TransactionRequest::begin, state);
  outbox.u8(static_cast<std::uint8_t>(level));
  write_name(outbox, {});
  outbox.end();
}

void send_commit(Outbox& outbox, const ServerState& state) { send_end(outbox, TransactionRequest::commit, state, {}); }

void send_rollback(Outbox& outbox, const ServerState& state, std::string_view savepoint) {
  send_end(outbox, TransactionRequest::rollback, state, savepoint);
}

void send_save(Outbox& outbox, const ServerState& state, std::string_view savepoint) {
  begin_transaction_request(outbox, TransactionRequest::save, state);
  write_name(outbox, savepoint);
  outbox.end();
}

void send_attention(Outbox& outbox) {
  outbox.begin(PacketType::attention);
  outbox.end();
}

}  // namespace mssql::tds::native
