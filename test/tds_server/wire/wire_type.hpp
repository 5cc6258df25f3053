// How a declared type travels: its TYPE_INFO token, length prefix and collation (MS-TDS 2.2.5.4,
// 2.2.5.6).
#pragma once

#include <cstdint>
#include <string>

#include "../engine.hpp"
#include "bytes.hpp"
#include "code_page.hpp"
#include "collation.hpp"
#include "dialect.hpp"

namespace tds_server {

// MS-TDS 2.2.5.4: the type tokens.
namespace token {
constexpr std::uint8_t null = 0x1F, int1 = 0x30, bit = 0x32, int2 = 0x34, int4 = 0x38, datetime4 = 0x3A, float4 = 0x3B,
                       money = 0x3C, datetime = 0x3D, float8 = 0x3E, money4 = 0x7A, int8 = 0x7F, guid = 0x24,
                       intn = 0x26, bitn = 0x68, decimaln = 0x6A, numericn = 0x6C, floatn = 0x6D, moneyn = 0x6E,
                       datetimen = 0x6F, date = 0x28, time = 0x29, datetime2 = 0x2A, datetimeoffset = 0x2B,
                       old_varbinary = 0x25, old_varchar = 0x27, old_binary = 0x2D, old_char = 0x2F, varbinary = 0xA5,
                       varchar = 0xA7, binary = 0xAD, char_ = 0xAF, nvarchar = 0xE7, nchar = 0xEF, xml = 0xF1,
                       udt = 0xF0, text = 0x23, image = 0x22, ntext = 0x63, variant = 0x62, table = 0xF3;
}  // namespace token

// What stands before the bytes of a value.
enum class Prefix : std::uint8_t { none, byte, word, plp, text_pointer, variant };

struct WireType {
  TypeInfo type;  // what is sent: may differ from the declared type for an older client
  std::uint8_t token{0};
  Prefix prefix{Prefix::none};
  int width{0};  // bytes of a value where the type fixes it
  const Collation* collation{nullptr};
  const CodePage* code_page{nullptr};  // of char, varchar and text; none for UTF-8
};

// How `declared` is sent to a client; NOT NULL columns of the old fixed-length types have no length
// byte.
WireType wire_type(const TypeInfo& declared, bool nullable, const Dialect& dialect);

// UserType: 80 for timestamp, 0 for all others that this server knows.
std::uint32_t user_type(const WireType& type);
void append_type_info(ByteBuffer& out, const WireType& type, const std::string& database);

// The token inside a sql_variant, and how many property bytes follow it.
std::uint8_t variant_token(SqlType type);
bool has_collation(SqlType type);
// Whether its text travels in the code page of its collation.
bool is_narrow(SqlType type);

}  // namespace tds_server
