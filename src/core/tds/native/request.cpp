#include "request.hpp"

#include <string>

#include "../unicode.hpp"

namespace mssql::tds::native {

namespace {

constexpr std::uint16_t procedure_by_number = 0xFFFF;
constexpr std::uint16_t sp_executesql = 10;
constexpr std::uint8_t nvarchar_token = 0xE7, varbinary_token = 0xA5;
constexpr std::uint16_t longest_short_value = 8000;  // bytes
constexpr std::uint16_t max_marker = 0xFFFF;
constexpr std::uint16_t null_short_length = 0xFFFF;

// ALL_HEADERS with the one header that a request must have (2.2.5.3): which transaction it belongs to.
void write_headers(Outbox& outbox, const ServerState& state) {
  constexpr std::uint32_t header_size = 18;
  constexpr std::uint16_t transaction_descriptor = 2;
  outbox.u32(4 + header_size);
  outbox.u32(header_size);
  outbox.u16(transaction_descriptor);
  outbox.u64(state.transaction);
  outbox.u32(1);  // outstanding requests
}

void write_type(Outbox& outbox, bool binary, std::uint16_t length, const ServerState& state) {
  outbox.u8(binary ? varbinary_token : nvarchar_token);
  outbox.u16(length);
  if (!binary) outbox.bytes(std::span(state.collation));
}

// `bytes` are the value as it travels: UTF-16LE, or binary. Beyond 8,000 bytes it is of a (max) type and comes in chunks.
void write_value(Outbox& outbox, bool binary, std::string_view bytes, const ServerState& state) {
  if (bytes.size() <= longest_short_value) {
    write_type(outbox, binary, longest_short_value, state);
    outbox.u16(static_cast<std::uint16_t>(bytes.size()));
    outbox.bytes(bytes);
    return;
  }
  write_type(outbox, binary, max_marker, state);
  outbox.u64(bytes.size());
  outbox.u32(static_cast<std::uint32_t>(bytes.size()));
  outbox.bytes(bytes);
  outbox.u32(0);
}

void write_name(Outbox& outbox, std::string_view ascii) {
  outbox.u8(static_cast<std::uint8_t>(ascii.size()));
  outbox.text(ascii);
  outbox.u8(0);  // an input parameter
}

void write_text(Outbox& outbox, std::string_view name, std::string_view utf8, const ServerState& state) {
  std::string utf16;
  utf8_to_utf16le(utf8, utf16);
  write_name(outbox, name);
  write_value(outbox, false, utf16, state);
}

void write_argument(Outbox& outbox, const Argument& argument, const ServerState& state) {
  if (!argument.null && !argument.binary) return write_text(outbox, argument.name, argument.bytes, state);
  write_name(outbox, argument.name);
  if (argument.null) {
    write_type(outbox, argument.binary, longest_short_value, state);
    outbox.u16(null_short_length);
  } else {
    write_value(outbox, true, argument.bytes, state);
  }
}

}  // namespace

void send_batch(Outbox& outbox, std::string_view sql, const ServerState& state) {
  outbox.begin(PacketType::batch);
  write_headers(outbox, state);
  outbox.text(sql);
  outbox.end();
}

void send_call(Outbox& outbox, std::string_view sql, std::span<const Argument> arguments, const ServerState& state) {
  std::string declarations;
  for (const Argument& argument : arguments) declarations += (declarations.empty() ? "" : ", ") + argument.name + ' ' + argument.declaration;
  outbox.begin(PacketType::rpc);
  write_headers(outbox, state);
  outbox.u16(procedure_by_number);
  outbox.u16(sp_executesql);
  outbox.u16(0);  // option flags
  write_text(outbox, {}, sql, state);
  write_text(outbox, {}, declarations, state);
  for (const Argument& argument : arguments) write_argument(outbox, argument, state);
  outbox.end();
}

void send_attention(Outbox& outbox) {
  outbox.begin(PacketType::attention);
  outbox.end();
}

}  // namespace mssql::tds::native
