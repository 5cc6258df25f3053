// Characters that travel as their bytes behind a byte order mark (types.hpp, TextForm::raw), so
// that no client library converts them.
#pragma once

#include "column.hpp"

namespace mssql::tds {

// Whether a result column holds raw text; then it becomes a text column, to be read through
// unwrap_raw_text().
bool adopt_raw_text(Column& column);
// The cell behind its mark; the column's encoding becomes the one that the mark tells. NULL stays
// NULL. Throws Error without a mark.
Cell unwrap_raw_text(Column& column, const Cell& cell);

}  // namespace mssql::tds
