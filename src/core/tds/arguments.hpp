// The values of a statement's parameters as every driver takes them: character data, or bytes for
// the binary types.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/source/session.hpp"

namespace mssql::tds {

struct Argument {
  std::string name;         // "@P1"
  std::string declaration;  // of the T-SQL type
  std::string bytes;        // UTF-8, or the bytes of a binary value
  bool null{false};
  bool binary{false};
};

// Throws Error: a value is not valid UTF-8 or has a NUL in it, or a binary value is not 0x and
// pairs of hexadecimal digits.
std::vector<Argument> make_arguments(std::span<const Parameter> parameters);

// Throws Error 22021 when `text` is not valid UTF-8 or has a NUL in it: `what` says what it is
// ("statement", "parameter 3").
void check_text(std::string_view text, const std::string& what);

}  // namespace mssql::tds
