// Bulk load as SQL Server's own tools do it: an INSERT BULK statement, then a BULK_LOAD message
// (MS-TDS 2.2.6.1) with COLMETADATA, a ROW token a row, and DONE. This is the text and the bytes;
// the driver sends them. FreeTDS has none: DB-Library's bcp cuts values that are too long without a
// word, cannot be told '' from NULL, and calls abort() when it is misused.
//
// Constraints are checked, triggers fire and NULLs stay NULL, as with INSERT; an identity column
// that is named keeps its values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tds/codec/encode.hpp"
#include "core/tds/session.hpp"
#include "server_state.hpp"

namespace mssql::tds::native {

class BulkLoad {
 public:
  // Throws Error 22023 when there are no columns, or one that the server fills; whether table and
  // columns exist is the server's to say.
  BulkLoad(std::string_view table, std::span<const BulkColumn> columns, bool locks_table = false);

  const std::string& statement() const noexcept { return statement_; }
  std::string metadata(const ServerState& state) const;
  // The row as it is sent, good until the next call. Throws Error, and then the row does not count,
  // when it has another number of values, or one cannot be a value of its column.
  std::string_view encode(std::span<const Scalar> row);
  static std::string end();
  std::int64_t rows() const noexcept { return rows_; }

 private:
  struct Loaded {
    Target target;  // of the table's type
    RemoteType sent;
    std::string name;  // UTF-16LE
  };

  std::string statement_;
  std::vector<Loaded> columns_;
  std::string row_;
  std::string value_;
  std::int64_t rows_{0};
};

}  // namespace mssql::tds::native
