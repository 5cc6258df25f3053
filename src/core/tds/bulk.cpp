// T-SQL literals and multi-row INSERTs.
#include "bulk.hpp"

#include "core/error.hpp"
#include "core/tds/codec/decode.hpp"
#include "core/tds/codec/encode.hpp"
#include "arguments.hpp"

namespace mssql::tds {

namespace {

constexpr std::size_t date_length = 10;  // yyyy-mm-dd

void append_binary(const Cell& cell, std::string& out) {
  static constexpr char digits[] = "0123456789ABCDEF";
  out += "0x";
  for (std::size_t i = 0; i < cell.size; ++i) {
    out += digits[cell.data[i] >> 4];
    out += digits[cell.data[i] & 15];
  }
}

}  // namespace

void append_name(std::string_view name, std::string& out) {
  out += '[';
  for (const char c : name) {
    out += c;
    if (c == ']') out += c;
  }
  out += ']';
}

void check_bulk(std::string_view table, std::span<const BulkColumn> columns) {
  if (columns.empty()) throw Error(sqlstate::invalid_parameter, "a bulk load needs at least one column");
  check_text(table, "table name");
  for (const BulkColumn& column : columns) check_text(column.name, "column name");
}

void check_width(Row row, std::size_t columns) {
  if (row.size() != columns)
    throw Error(sqlstate::invalid_parameter, "a row of the bulk load has " + std::to_string(row.size()) +
                                                 " values instead of " + std::to_string(columns));
}

Column column_of_cells(const BulkColumn& column) {
  const WireType type = wire_type(column.type.type);
  const bool text = type == WireType::text || type == WireType::xml;
  return {
      column.name,       type, text ? Encoding::utf8 : Encoding::none, 0, column.type.max_length, column.type.precision,
      column.type.scale, true};
}

void append_literal(std::string_view text, std::string& out) {
  // The first part is nvarchar(max), or the sum of the parts would be cut at 4,000 characters
  const bool broken = text.find("\\\n") != std::string_view::npos || text.find("\\\r") != std::string_view::npos;
  if (broken) out += "CAST(N'' AS nvarchar(max)) + ";
  out += "N'";
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '\'') out += '\'';
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '\n' || text[i + 1] == '\r')) out += "' + N'";
  }
  out += '\'';
}

BulkStatement::BulkStatement(std::string_view table, std::span<const BulkColumn> columns) {
  check_bulk(table, columns);
  head_ = "INSERT INTO " + std::string(table) + " (";
  for (const BulkColumn& column : columns) {
    if (!columns_.empty()) head_ += ", ";
    append_name(column.name, head_);
    columns_.push_back(column_of_cells(column));
  }
  head_ += ") VALUES ";
}

void BulkStatement::add(Row row) {
  check_width(row, columns_.size());
  std::string text = rows_ == 0 ? "(" : ",(";
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) text += ',';
    if (row[i].is_null()) {
      text += "NULL";
    } else if (columns_[i].type == WireType::binary) {
      append_binary(row[i], text);
    } else {
      value_.clear();
      decode_to_text(columns_[i], row[i], CharacterPolicy::error, value_);
      // With a blank between date and time these two types are read by SET DATEFORMAT; with a T
      // they are not
      const bool old_type = columns_[i].type == WireType::datetime || columns_[i].type == WireType::smalldatetime;
      if (old_type && value_.size() > date_length && value_[date_length] == ' ') value_[date_length] = 'T';
      append_literal(value_, text);
    }
  }
  text_ += text + ')';  // only now: a row that failed leaves nothing behind
  ++rows_;
}

std::string BulkStatement::take() {
  std::string statement = head_ + text_;
  text_.clear();
  rows_ = 0;
  return statement;
}

void BulkBySql::bulk_begin(std::string_view table, std::span<const BulkColumn> columns) {
  BulkStatement bulk(table, columns);
  begin_transaction(IsolationLevel::unchanged);
  bulk_ = std::move(bulk);
  bulk_rows_ = 0;
}

BulkStatement& BulkBySql::under_way() {
  if (!bulk_) throw Error(sqlstate::internal, "no bulk load is under way");
  return *bulk_;
}

void BulkBySql::bulk_row(Row row) {
  BulkStatement& bulk = under_way();
  bulk.add(row);
  if (bulk.full()) send();
}

std::int64_t BulkBySql::bulk_end() {
  if (under_way().rows() > 0) send();
  bulk_.reset();
  commit_transaction();
  return bulk_rows_;
}

void BulkBySql::send() {
  const auto rows = static_cast<std::int64_t>(bulk_->rows());
  run(*this, bulk_->take());
  bulk_rows_ += rows;
}

}  // namespace mssql::tds
