// Token writers, MS-TDS 2.2.7.
#include "tokens.hpp"

#include <algorithm>
#include <stdexcept>

#include "types_encode.hpp"
#include "unicode.hpp"

namespace tds_server {

namespace {

namespace reply {
constexpr unsigned return_status = 0x79, col_metadata = 0x81, error = 0xAA, info = 0xAB, return_value = 0xAC,
                   login_ack = 0xAD, feature_ack = 0xAE, row = 0xD1, nbc_row = 0xD2, env_change = 0xE3, sspi = 0xED;
}

constexpr std::size_t message_limit = 8000;  // characters: PRINT writes the longest messages

void append_byte_text(ByteBuffer& out, std::string_view text, std::size_t limit = 255) {
  const std::string_view cut = cut_utf16(text, limit);
  out.u8(static_cast<unsigned>(utf16_length(cut)));
  append_utf16(out, cut);
}

void append_word_text(ByteBuffer& out, std::string_view text, std::size_t limit) {
  const std::string_view cut = cut_utf16(text, limit);
  out.u16(static_cast<unsigned>(utf16_length(cut)));
  append_utf16(out, cut);
}

// Tokens whose second field is the length of the rest.
template <typename Body>
void append_with_length(ByteBuffer& out, unsigned token, Body body) {
  out.u8(token);
  const std::size_t start = out.size();
  out.u16(0);
  body();
  out.patch_u16(start, static_cast<unsigned>(out.size() - start - 2));
}

void append_user_type(ByteBuffer& out, const WireType& wire, const Dialect& dialect) {
  if (dialect.since_7_2())
    out.u32(user_type(wire));
  else
    out.u16(user_type(wire));
}

// COLMETADATA flags, MS-TDS 2.2.7.4.
unsigned column_flags(const ReplyColumn& column) {
  constexpr unsigned nullable = 0x01, case_sensitive = 0x02, updatable_unknown = 0x08, identity = 0x10, computed = 0x20;
  unsigned flags = 0;
  if (column.info.nullable) flags |= nullable;
  if (column.wire.collation != nullptr && column.wire.collation->case_sensitive) flags |= case_sensitive;
  if (column.info.identity) flags |= identity;
  if (column.info.computed) flags |= computed;
  if (!column.info.identity && !column.info.computed && column.wire.type.type != SqlType::timestamp)
    flags |= updatable_unknown;
  return flags;
}

// The table that text, ntext and image come from; this server does not know it and sends one empty
// part.
void append_table_name(ByteBuffer& out, const Dialect& dialect) {
  if (dialect.since_7_2()) out.u8(1);
  out.u16(0);
}

// Bytes that an NBCROW saves for this row; negative when the bitmap costs more than the NULLs.
int saved_by_bitmap(std::span<const ReplyColumn> columns, std::span<const Value> values) {
  int saved = -static_cast<int>((columns.size() + 7) / 8);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (values[i].null) saved += null_size(columns[i].wire);
  }
  return saved;
}

void append_null_bitmap(ByteBuffer& out, std::span<const Value> values) {
  const std::size_t size = (values.size() + 7) / 8;
  std::uint8_t* bitmap = out.grow(size);
  std::fill_n(bitmap, size, std::uint8_t{0});
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].null) bitmap[i / 8] = static_cast<std::uint8_t>(bitmap[i / 8] | 1u << (i % 8));
  }
}

// LOGINACK carries the version in the other byte order than LOGIN7, MS-TDS 2.2.7.14.
std::uint32_t acknowledged_version(const Dialect& dialect) {
  if (dialect.strict()) return 0x08000000;
  if (dialect.since_7_4()) return 0x74000004;
  if (dialect.since_7_3b()) return 0x730B0003;
  if (dialect.since_7_3()) return 0x730A0003;
  if (dialect.since_7_2()) return 0x72090002;
  return 0x71000001;
}

}  // namespace

void append_done(ByteBuffer& out, const Done& done, const Dialect& dialect) {
  out.u8(static_cast<unsigned>(done.token));
  out.u16(done.flags);
  out.u16(static_cast<unsigned>(done.command));
  if (dialect.since_7_2())
    out.u64(done.rows);
  else
    out.u32(static_cast<std::uint32_t>(done.rows));
}

void append_message(ByteBuffer& out, const Message& message, const std::string& server, const Dialect& dialect) {
  append_with_length(out, message.severity > 10 ? reply::error : reply::info, [&] {
    out.u32(static_cast<std::uint32_t>(message.number));
    out.u8(message.state);
    out.u8(message.severity);
    append_word_text(out, message.text, message_limit);
    append_byte_text(out, server, 128);
    append_byte_text(out, message.procedure, 128);
    if (dialect.since_7_2())
      out.u32(static_cast<std::uint32_t>(message.line));
    else
      out.u16(static_cast<unsigned>(message.line));
  });
}

void append_env_text(ByteBuffer& out, EnvChange kind, std::string_view now, std::string_view before) {
  append_with_length(out, reply::env_change, [&] {
    out.u8(static_cast<unsigned>(kind));
    append_byte_text(out, now);
    append_byte_text(out, before);
  });
}

void append_env_collation(ByteBuffer& out, const CollationBytes& bytes) {
  append_with_length(out, reply::env_change, [&] {
    out.u8(static_cast<unsigned>(EnvChange::collation));
    out.u8(static_cast<unsigned>(bytes.size()));
    out.bytes(bytes.data(), bytes.size());
    out.u8(0);
  });
}

void append_env_transaction(ByteBuffer& out, EnvChange kind, std::uint64_t transaction) {
  append_with_length(out, reply::env_change, [&] {
    out.u8(static_cast<unsigned>(kind));
    if (kind != EnvChange::begin) out.u8(0);
    out.u8(8);
    out.u64(transaction);
    if (kind == EnvChange::begin) out.u8(0);
  });
}

// MS-TDS 2.2.7.9, type 20: TCP, the port, the server.
void append_env_route(ByteBuffer& out, std::string_view server, unsigned port) {
  append_with_length(out, reply::env_change, [&] {
    out.u8(static_cast<unsigned>(EnvChange::routing));
    const std::size_t start = out.size();
    out.u16(0);
    out.u8(0);
    out.u16(port);
    append_word_text(out, server, 1024);
    out.patch_u16(start, static_cast<unsigned>(out.size() - start - 2));
    out.u16(0);
  });
}

void append_env_reset(ByteBuffer& out) {
  append_with_length(out, reply::env_change, [&] {
    out.u8(static_cast<unsigned>(EnvChange::reset));
    out.u8(0);
    out.u8(0);
  });
}

void append_login_ack(ByteBuffer& out, const Dialect& dialect) {
  static constexpr std::string_view program("Microsoft SQL Server\0\0", 22);
  append_with_length(out, reply::login_ack, [&] {
    const std::uint32_t version = acknowledged_version(dialect);
    out.u8(1);  // T-SQL
    out.u16_big(version >> 16);
    out.u16_big(version & 0xFFFF);
    append_byte_text(out, program);
    out.u8(server_major);
    out.u8(server_minor);
    out.u16_big(server_build);
  });
}

void append_sspi(ByteBuffer& out, std::string_view token) {
  append_with_length(out, reply::sspi, [&] { out.bytes(token); });
}

void append_feature_ack(ByteBuffer& out, bool utf8, const std::optional<std::string>& federated) {
  constexpr unsigned access_token = 0x02, utf8_support = 0x0A, terminator = 0xFF;
  out.u8(reply::feature_ack);
  if (federated) {
    out.u8(access_token);
    out.u32(static_cast<std::uint32_t>(federated->size()));
    out.bytes(*federated);
  }
  if (utf8) {
    out.u8(utf8_support);
    out.u32(1);
    out.u8(1);
  }
  out.u8(terminator);
}

void append_col_metadata(ByteBuffer& out, std::span<const ReplyColumn> columns, const std::string& database,
                         const Dialect& dialect) {
  out.u8(reply::col_metadata);
  out.u16(static_cast<unsigned>(columns.size()));
  for (const ReplyColumn& column : columns) {
    append_user_type(out, column.wire, dialect);
    out.u16(column_flags(column));
    append_type_info(out, column.wire, database);
    if (column.wire.prefix == Prefix::text_pointer) append_table_name(out, dialect);
    append_byte_text(out, column.info.name);
  }
}

void append_row(ByteBuffer& out, std::span<const ReplyColumn> columns, std::span<const Value> values,
                const Dialect& dialect) {
  if (values.size() != columns.size()) throw std::invalid_argument("row and columns differ in number");
  const bool bitmap = dialect.since_7_3b() && saved_by_bitmap(columns, values) > 0;
  out.u8(bitmap ? reply::nbc_row : reply::row);
  if (bitmap) append_null_bitmap(out, values);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!(bitmap && values[i].null)) append_value(out, columns[i].wire, values[i], dialect);
  }
}

void append_return_status(ByteBuffer& out, std::int32_t status) {
  out.u8(reply::return_status);
  out.u32(static_cast<std::uint32_t>(status));
}

void append_return_value(ByteBuffer& out, unsigned ordinal, const Parameter& value, const std::string& database,
                         const Dialect& dialect) {
  constexpr unsigned is_output = 0x01;
  const WireType wire = wire_type(value.type, true, dialect);
  out.u8(reply::return_value);
  out.u16(ordinal);
  append_byte_text(out, value.name);
  out.u8(is_output);
  append_user_type(out, wire, dialect);
  out.u16(0);
  append_type_info(out, wire, database);
  append_value(out, wire, value.value, dialect);
}

}  // namespace tds_server
