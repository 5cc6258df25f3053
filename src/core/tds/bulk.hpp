// Bulk load as INSERT statements of many rows.
//
// This is FreeTDS's way: DB-Library's bcp cuts values that are too long without a word, cannot be
// told '' from NULL, and calls abort() when it is misused. The statements go into a transaction,
// nested where the caller has one open; after an error it is left for the caller to roll back.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/source/session.hpp"

namespace mssql::tds {

class BulkStatement {
 public:
  // Throws Error 22023 when there are no columns; whether the table and its columns exist is the
  // server's to say.
  BulkStatement(std::string_view table, std::span<const BulkColumn> columns);

  // Adds a row; throws Error when it has another number of cells, or a cell cannot be a value of
  // its column.
  void add(Row row);
  // Time to send: as many rows as T-SQL takes in one VALUES list (1,000), or a megabyte of text.
  bool full() const noexcept { return rows_ >= most_rows || text_.size() >= most_bytes; }
  std::size_t rows() const noexcept { return rows_; }
  // The statement for the rows added, and none after it.
  std::string take();

 private:
  static constexpr std::size_t most_rows = 1000;
  static constexpr std::size_t most_bytes = 1 << 20;

  std::string head_;
  std::vector<Column> columns_;
  std::string text_;
  std::string value_;
  std::size_t rows_{0};
};

// The bulk load of a driver that has no other: its execute() sends the statements.
class BulkBySql : public Session {
 public:
  void bulk_begin(std::string_view table, std::span<const BulkColumn> columns) final;
  void bulk_row(Row row) final;
  std::int64_t bulk_end() final;

 protected:
  void give_up_bulk() noexcept { bulk_.reset(); }

 private:
  BulkStatement& under_way();
  void send();

  std::optional<BulkStatement> bulk_;
  std::int64_t bulk_rows_{0};
};

// What every bulk load refuses: no columns, names that are no valid text, a row that does not have
// the `columns`.
void check_bulk(std::string_view table, std::span<const BulkColumn> columns);
void check_width(Row row, std::size_t columns);
// What the cells of bulk_row() are.
Column column_of_cells(const BulkColumn& column);
// Appends [name].
void append_name(std::string_view name, std::string& out);
// Appends `text` as an N'...' literal. A backslash before a line end is a line continuation inside
// a T-SQL literal, so the literal is taken apart there.
void append_literal(std::string_view text, std::string& out);

}  // namespace mssql::tds
