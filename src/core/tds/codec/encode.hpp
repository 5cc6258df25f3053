// Text to MS-TDS wire bytes (column.hpp): the inverse of decode_to_text(), for the parameters that a
// client sends.
//
// The spelling is canonical (session.hpp, Parameter) and the value must be one of the type's:
// nothing is rounded or cut, for the server would round by its own rules what we had rounded by
// ours.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/types.hpp"
#include "column.hpp"

namespace mssql::tds {

// How values of a type travel when nothing is converted: character data as text, CLR types and
// rowversion as binary.
WireType wire_type(Type type) noexcept;
// Bytes of every decimal that is sent, with its sign. Fewer would do for most; but this is what the
// clients send that everybody uses, and Babelfish reads no other size in a bulk load.
inline constexpr std::size_t decimal_size = 17;

// The value of a hexadecimal digit, -1 for all else.
int hex_digit(char c) noexcept;

// Appends the bytes of `text` to `out`, for every type but those of WireType::text, xml and binary.
// Throws Error 22P02 when it is no value of the type, 22003 or 22008 when it is one that the type
// cannot hold exactly; `what` names it ("parameter 3").
void encode_text(const RemoteType& type, std::string_view text, const std::string& what, std::string& out);

}  // namespace mssql::tds
