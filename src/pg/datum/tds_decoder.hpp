// The row decoder of SQL Server: a converter (datum.hpp) for each column.
#pragma once

#include "core/tds/session.hpp"
#include "row_decoder.hpp"

namespace mssql::pg {

// As row_decoder.hpp has it; the number of columns is right.
RowDecoder* make_tds_decoder(const tds::Session& session, const RowTarget& target);

}  // namespace mssql::pg
