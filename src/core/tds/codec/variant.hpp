// A sql_variant on the wire (MS-TDS 2.2.5.5.4): base type, properties, value.
#pragma once

#include "column.hpp"

namespace mssql::tds {

// Takes the cell of a WireType::variant column apart: `base` becomes a column of the base type
// under the same name, `value` the part of the cell that holds the value. Throws Error on a base
// type that no sql_variant has, on lengths that do not agree, and on character data of a code page
// beyond ASCII, whose collation id is not resolved here.
void open_variant(const Column& column, const Cell& cell, Column& base, Cell& value);

}  // namespace mssql::tds
