#include "type_info.hpp"

#include <cstdint>

#include "core/error.hpp"
#include "core/tds/codec/cell.hpp"
#include "core/tds/codec/encode.hpp"

namespace mssql::tds::native {

namespace {

// MS-TDS 2.2.5.4.2, 2.2.5.4.3
namespace token {
constexpr std::uint8_t guid = 0x24, intn = 0x26, date = 0x28, time = 0x29, datetime2 = 0x2A, datetimeoffset = 0x2B,
                       bitn = 0x68, decimaln = 0x6A, floatn = 0x6D, moneyn = 0x6E, datetimen = 0x6F, varbinary = 0xA5,
                       nvarchar = 0xE7;
}

void append_bytes(std::string& out, std::initializer_list<int> bytes) {
  for (const int byte : bytes) out += static_cast<char>(byte);
}

}  // namespace

bool is_framed_by_length(const RemoteType& sent) noexcept {
  return sent.type == Type::nvarchar || sent.type == Type::varbinary;
}

RemoteType nvarchar_for(bool is_short) noexcept { return {Type::nvarchar, is_short ? longest_short_value : -1, 0, 0}; }
RemoteType varbinary_for(bool is_short) noexcept {
  return {Type::varbinary, is_short ? longest_short_value : -1, 0, 0};
}

void append_type_info(const RemoteType& sent, const ServerState& state, std::string& out) {
  switch (wire_type(sent.type)) {
    case WireType::bit: return append_bytes(out, {token::bitn, 1});
    case WireType::tinyint: return append_bytes(out, {token::intn, 1});
    case WireType::smallint: return append_bytes(out, {token::intn, 2});
    case WireType::int_: return append_bytes(out, {token::intn, 4});
    case WireType::bigint: return append_bytes(out, {token::intn, 8});
    case WireType::real: return append_bytes(out, {token::floatn, 4});
    case WireType::float_: return append_bytes(out, {token::floatn, 8});
    case WireType::smallmoney: return append_bytes(out, {token::moneyn, 4});
    case WireType::money: return append_bytes(out, {token::moneyn, 8});
    case WireType::decimal:
      return append_bytes(out, {token::decimaln, static_cast<int>(decimal_size), sent.precision, sent.scale});
    case WireType::date: return append_bytes(out, {token::date});
    case WireType::time: return append_bytes(out, {token::time, sent.scale});
    case WireType::datetime2: return append_bytes(out, {token::datetime2, sent.scale});
    case WireType::datetimeoffset: return append_bytes(out, {token::datetimeoffset, sent.scale});
    case WireType::smalldatetime: return append_bytes(out, {token::datetimen, 4});
    case WireType::datetime: return append_bytes(out, {token::datetimen, 8});
    case WireType::uniqueidentifier: return append_bytes(out, {token::guid, 16});
    case WireType::text:
    case WireType::xml:
    case WireType::binary:
    case WireType::variant:
    case WireType::udt: break;
  }
  if (!is_framed_by_length(sent)) throw Error(sqlstate::internal, "type " + declare(sent) + " is not sent as itself");
  append_bytes(out, {sent.type == Type::nvarchar ? token::nvarchar : token::varbinary});
  append_little_endian(sent.max_length < 0 ? max_marker : static_cast<std::uint16_t>(sent.max_length), 2, out);
  if (sent.type == Type::nvarchar) out.append(reinterpret_cast<const char*>(state.collation), sizeof(state.collation));
}

void append_value(const RemoteType& sent, std::string_view bytes, std::string& out) {
  if (!is_framed_by_length(sent)) {
    append_little_endian(bytes.size(), 1, out);
  } else if (sent.max_length >= 0) {
    append_little_endian(bytes.size(), 2, out);
  } else {
    append_little_endian(bytes.size(), 8, out);
    if (!bytes.empty()) append_little_endian(bytes.size(), 4, out);
  }
  out += bytes;
  if (is_framed_by_length(sent) && sent.max_length < 0) append_little_endian(0, 4, out);
}

void append_null(const RemoteType& sent, std::string& out) {
  if (!is_framed_by_length(sent)) {
    append_little_endian(0, 1, out);
  } else if (sent.max_length >= 0) {
    append_little_endian(null_short_length, 2, out);
  } else {
    append_little_endian(null_chunks, 8, out);
  }
}

}  // namespace mssql::tds::native
