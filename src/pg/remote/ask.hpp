// A question to a source whose answer is one number: for planning and ANALYZE.
#pragma once

#include <optional>

#include "pg/host/boundary.hpp"

namespace mssql::pg {

// The integer that `sql` (in the server's encoding) answers; nothing: NULL, or no row. `what` is
// the question, for the context of errors. Throws Error or ereports.
std::optional<std::int64_t> ask_integer(Oid server, Oid user, const char* sql, const char* what);

}  // namespace mssql::pg
