// Bulk load as SQL Server's own tools do it: an INSERT BULK statement, then a BULK_LOAD message
// (MS-TDS 2.2.6.1) with COLMETADATA, a ROW token a row, and DONE. This is the text and the bytes;
// the driver sends them.
//
// Constraints are checked, triggers fire and NULLs stay NULL, as with INSERT; an identity column
// that is named keeps its values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/source/session.hpp"
#include "server_state.hpp"

namespace mssql::tds::native {

class BulkLoad {
 public:
  // Throws Error 22023 when there are no columns, or one that the server fills; whether table and
  // columns exist is the server's to say.
  BulkLoad(std::string_view table, std::span<const BulkColumn> columns);

  const std::string& statement() const noexcept { return statement_; }
  std::string metadata(const ServerState& state) const;
  // The row as it is sent, good until the next call. Throws Error, and then the row does not count,
  // when it has another number of cells, or a cell cannot be a value of its column.
  std::string_view encode(Row row);
  static std::string end();
  std::int64_t rows() const noexcept { return rows_; }

 private:
  struct Target {
    Column column;    // of the cells
    RemoteType type;  // of the table's column
    RemoteType sent;
  };

  void append_cell(const Target& target, const Cell& cell);
  void append_bytes(const Target& target, std::string_view bytes);

  std::string statement_;
  std::vector<Target> targets_;
  std::string row_;
  std::string value_;
  std::string scratch_;
  std::int64_t rows_{0};
};

}  // namespace mssql::tds::native
