#include "row_decoder.hpp"

#include "tds_decoder.hpp"

namespace mssql::pg {

RowDecoder* make_row_decoder(const source::Session& session, const RowTarget& target) {
  const int arrived = static_cast<int>(session.column_count());
  if (arrived != target.ncolumns) {
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("remote query returns a wrong number of columns"),
                    errdetail("Returned: %d, expected: %d.", arrived, target.ncolumns)));
  }
  return make_tds_decoder(dynamic_cast<const tds::Session&>(session), target);
}

}  // namespace mssql::pg
