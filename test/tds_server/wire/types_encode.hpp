// Values of engine.hpp to the bytes of a ROW (MS-TDS 2.2.5.5, 2.2.7.19).
#pragma once

#include <string>
#include <vector>

#include "wire_type.hpp"

namespace tds_server {

// One value with its length prefix, NULL included. Throws std::invalid_argument when the value is
// not in its type's canonical form; `out` is then undefined past its old end.
void append_value(ByteBuffer& out, const WireType& type, const Value& value, const Dialect& dialect);

// How many bytes a NULL of that type takes in a ROW token.
int null_size(const WireType& type);

}  // namespace tds_server
