// Values to MS-TDS wire bytes (column.hpp), for parameters and rows that a client sends: the
// inverse of the decoder.
//
// A value must be one of the type's: nothing is rounded or cut, for the server would round by its
// own rules what we had rounded by ours.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/scalar.hpp"
#include "core/types.hpp"
#include "column.hpp"

namespace mssql::tds {

// How values of a type travel when nothing is converted: character data as text, CLR types and
// rowversion as binary.
WireType wire_type(Type type) noexcept;
// Bytes of every decimal that is sent, with its sign. Fewer would do for most; but this is what the
// clients send that everybody uses, and Babelfish reads no other size in a bulk load.
inline constexpr std::size_t decimal_size = 17;

struct Target;
using EncodeFunction = void (*)(const Target& target, const Scalar& value, std::string& out);

// One parameter or column that takes values, with the way that its type needs.
struct Target {
  Target(const RemoteType& column_type, std::string name);

  // Appends the bytes of a value that is not NULL; text becomes UTF-16LE. Throws Error 22003 or
  // 22008 when the type cannot hold it exactly, 22021 for text that is not valid UTF-8 or has a NUL
  // in it.
  void encode(const Scalar& value, std::string& out) const { function(*this, value, out); }

  RemoteType type;
  std::string what;  // names it in errors: "parameter @P1"
  EncodeFunction function;
};

}  // namespace mssql::tds
