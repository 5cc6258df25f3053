// DB-Library converts none of the values: they leave as UTF-16 or bytes, and the server does the rest.
#include "parameters.hpp"

#include <sybdb.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "../../error.hpp"
#include "../unicode.hpp"

namespace mssql::tds::freetds {

namespace {

// Above these DB-Library's types for short values would cut; the (max) types take over. nvarchar is limited in UTF-16 units, of
// which there are at most as many as bytes of UTF-8.
constexpr std::size_t longest_nvarchar = 4000;
constexpr std::size_t longest_varbinary = 8000;

constexpr std::array<std::string_view, 5> binary_types = {"varbinary", "binary", "image", "rowversion", "timestamp"};

bool is_binary(std::string_view declaration) {
  std::string word(declaration.substr(0, declaration.find_first_of(" (")));
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(binary_types.begin(), binary_types.end(), word) != binary_types.end();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string parse_binary(std::string_view text, const std::string& what) {
  const bool well_formed = text.size() >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && text.size() % 2 == 0 &&
                           std::all_of(text.begin() + 2, text.end(), [](char c) { return hex_digit(c) >= 0; });
  if (!well_formed)
    throw Error(sqlstate::invalid_parameter, what + " is not a binary value", "It must be 0x and pairs of hexadecimal digits.");
  std::string bytes;
  bytes.reserve(text.size() / 2 - 1);
  for (std::size_t i = 2; i < text.size(); i += 2) bytes.push_back(static_cast<char>(hex_digit(text[i]) * 16 + hex_digit(text[i + 1])));
  return bytes;
}

RETCODE add(DBPROCESS* process, const char* name, int type, const std::string& bytes, bool null) {
  auto* data = reinterpret_cast<BYTE*>(const_cast<char*>(bytes.data()));
  return dbrpcparam(process, name, 0, type, -1, null ? 0 : static_cast<DBINT>(bytes.size()), null ? nullptr : data);
}

int text_type(std::size_t size) {
  return size <= longest_nvarchar ? SYBVARCHAR : SYBNTEXT;
}  // SYBVARCHAR goes out as nvarchar
int binary_type(std::size_t size) {
  return size <= longest_varbinary ? SYBVARBINARY : SYBIMAGE;
}

}  // namespace

void check_text(std::string_view text, const std::string& what) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const std::size_t position = find_unstorable(bytes, text.size());
  if (position == text.size()) return;
  if (text[position] == '\0')
    throw Error(sqlstate::invalid_byte_sequence, what + " has a NUL character in it",
                "It stands at byte " + std::to_string(position + 1) + ", and FreeTDS cannot send it.");
  throw Error(sqlstate::invalid_byte_sequence, what + " is not valid UTF-8",
              "The first bad byte is number " + std::to_string(position + 1) + ".");
}

RemoteCall::RemoteCall(std::string_view sql, std::span<const Parameter> parameters) {
  check_text(sql, "statement");
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& parameter = parameters[i];
    const std::string name = "@P" + std::to_string(i + 1);
    const std::string what = "parameter " + std::to_string(i + 1);
    check_text(parameter.declaration, "declaration of " + what);
    Value value{name, {}, !parameter.text.has_value(), is_binary(parameter.declaration)};
    if (!value.null) {
      if (value.binary) {
        value.bytes = parse_binary(*parameter.text, what);
      } else {
        check_text(*parameter.text, what);
        value.bytes = *parameter.text;
      }
    }
    if (!value.null && value.bytes.empty()) {
      statement_ += "DECLARE " + name + ' ' + parameter.declaration + " = " + (value.binary ? "0x" : "N''") + "; ";
      continue;
    }
    declarations_ += (declarations_.empty() ? "" : ", ") + name + ' ' + parameter.declaration;
    values_.push_back(std::move(value));
  }
  statement_ += sql;
}

RETCODE RemoteCall::send(DBPROCESS* process) const {
  dbrpcinit(process, "", DBRPCRESET);  // what a call that failed half-way may have left
  if (dbrpcinit(process, "sp_executesql", 0) != SUCCEED) return FAIL;
  if (add(process, "@stmt", text_type(statement_.size()), statement_, false) != SUCCEED) return FAIL;
  if (!values_.empty() && add(process, "@params", text_type(declarations_.size()), declarations_, false) != SUCCEED) return FAIL;
  for (const Value& value : values_) {
    const int type = value.binary ? binary_type(value.bytes.size()) : text_type(value.bytes.size());
    if (add(process, value.name.c_str(), type, value.bytes, value.null) != SUCCEED) return FAIL;
  }
  return dbrpcsend(process);
}

}  // namespace mssql::tds::freetds
