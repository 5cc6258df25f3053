// Characters that travel as their bytes behind a byte order mark, so that no client library
// converts them.
#pragma once

#include "column.hpp"

namespace mssql::tds {

// For a column that was selected as raw text: makes it a text column, to be read through
// unwrap_raw_text(). False where it came as something else than bytes.
bool adopt_raw_text(Column& column);
// The cell behind its mark; the column's encoding becomes the one that the mark tells. NULL stays
// NULL. Throws Error without a mark.
Cell unwrap_raw_text(Column& column, const Cell& cell);

}  // namespace mssql::tds
