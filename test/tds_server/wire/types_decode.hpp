// TYPE_INFO and values that a client sends (RPC parameters, bulk rows) to engine.hpp's types and
// canonical values.
#pragma once

#include "../engine.hpp"
#include "bytes.hpp"
#include "dialect.hpp"

namespace tds_server {

// What stands before a value's bytes in what clients send.
enum class ReadPrefix : std::uint8_t { fixed, byte, word, long_, plp, variant };

struct ReadType {
  TypeInfo type;
  ReadPrefix prefix{ReadPrefix::fixed};
  int width{0};         // of ReadPrefix::fixed
  int code_page{1252};  // of char, varchar and text
};

// Where a value stands: text, ntext and image have a text pointer in bulk rows only.
enum class Place : std::uint8_t { parameter, bulk_row };

// Throws ProtocolError for undefined tokens and for types that this server does not take
// (table-valued parameters).
ReadType read_type_info(Source& in, const Dialect& dialect, Place place);
Value read_value(Source& in, const ReadType& type, Place place);

std::string read_byte_string(Source& in);  // B_VARCHAR
std::string read_word_string(Source& in);  // US_VARCHAR

}  // namespace tds_server
