#include "arguments.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/error.hpp"
#include "core/tds/codec/encode.hpp"
#include "core/tds/codec/unicode.hpp"

namespace mssql::tds {

namespace {

constexpr std::array<std::string_view, 5> binary_types = {"varbinary", "binary", "image", "rowversion", "timestamp"};

bool is_binary(std::string_view declaration) {
  std::string word(declaration.substr(0, declaration.find_first_of(" (")));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(binary_types.begin(), binary_types.end(), word) != binary_types.end();
}

std::string parse_binary(std::string_view text, const std::string& what) {
  const bool well_formed = text.size() >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') &&
                           text.size() % 2 == 0 &&
                           std::all_of(text.begin() + 2, text.end(), [](char c) { return hex_digit(c) >= 0; });
  if (!well_formed)
    throw Error(sqlstate::invalid_parameter, what + " is not a binary value",
                "It must be 0x and pairs of hexadecimal digits.");
  std::string bytes;
  bytes.reserve(text.size() / 2 - 1);
  for (std::size_t i = 2; i < text.size(); i += 2)
    bytes.push_back(static_cast<char>(hex_digit(text[i]) * 16 + hex_digit(text[i + 1])));
  return bytes;
}

}  // namespace

void check_text(std::string_view text, const std::string& what) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const std::size_t position = find_unstorable(bytes, text.size());
  if (position == text.size()) return;
  if (text[position] == '\0')
    throw Error(sqlstate::invalid_byte_sequence, what + " has a NUL character in it",
                "It stands at byte " + std::to_string(position + 1) + ", and no text of PostgreSQL's can have one.");
  throw Error(sqlstate::invalid_byte_sequence, what + " is not valid UTF-8",
              "The first bad byte is number " + std::to_string(position + 1) + ".");
}

std::vector<Argument> make_arguments(std::span<const Parameter> parameters) {
  std::vector<Argument> arguments;
  arguments.reserve(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& parameter = parameters[i];
    const std::string what = "parameter " + std::to_string(i + 1);
    check_text(parameter.declaration, "declaration of " + what);
    Argument argument{"@P" + std::to_string(i + 1),
                      parameter.declaration,
                      {},
                      !parameter.text.has_value(),
                      is_binary(parameter.declaration)};
    if (!argument.null && !argument.binary) check_text(*parameter.text, what);
    if (!argument.null) argument.bytes = argument.binary ? parse_binary(*parameter.text, what) : *parameter.text;
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

}  // namespace mssql::tds
