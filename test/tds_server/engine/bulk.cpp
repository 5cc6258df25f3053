#include "bulk.hpp"

#include <algorithm>
#include <cstdlib>

#include "errors.hpp"
#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server::engine {
namespace {

constexpr std::size_t kFlushBytes = 1 << 16;
constexpr std::string_view kHeader("PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0", 19);

}  // namespace

BulkLoad::BulkLoad(Catalog& catalog, const InsertBulk& statement, bool staged) : catalog_(catalog) {
  table_ = catalog.find_table(statement.table);
  if (!table_) throw invalid_object(display_name(statement.table));
  if (table_->kind != "U" || table_->system) throw error(4602, "Bulk load is only possible into a table.");
  const auto has = [&](std::string_view option) {
    return std::find(statement.options.begin(), statement.options.end(), option) != statement.options.end();
  };
  keep_nulls_ = has("KEEP_NULLS");
  keep_identity_ = has("KEEP_IDENTITY") || has("KEEPIDENTITY");
  std::string names;
  const auto add = [&](const Column* column) {
    // What the server generates is read from the wire and dropped; an identity column that the
    // client names keeps its values.
    const bool stored = !column->computed() && !column->rowversion &&
                        (!column->identity || keep_identity_ || !statement.columns.empty());
    columns_.push_back(stored ? column : nullptr);
    if (stored) names += (names.empty() ? "" : ", ") + pg_identifier(column->stored);
  };
  if (statement.columns.empty()) {
    for (const Column& column : table_->columns) add(&column);
  }
  for (const auto& [name, type] : statement.columns) {
    const Column* column = table_->find(name, catalog.case_sensitive());
    if (column == nullptr) throw invalid_column(name);
    add(column);
  }
  if (names.empty()) throw error(4819, "Cannot bulk load. The bulk data stream was incorrectly specified.");
  has_default_.resize(columns_.size(), false);
  defaults_.resize(columns_.size());
  if (!keep_nulls_) {
    // A NULL takes the column's default, evaluated once.
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i] == nullptr || !columns_[i]->has_default) continue;
      const Rows expr = catalog.backend().run(
          "SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND "
          "a.attnum = d.adnum "
          "WHERE d.adrelid = $1::regclass AND a.attname = $2",
          {table_->target, columns_[i]->stored});
      if (expr.size() == 0) continue;
      bool stopped = false;
      catalog.backend().copy_out(
          "SELECT " + expr.get(0, 0),
          [&](const char* data, std::size_t size) {
            const int length = size <= 4 ? -1 : static_cast<int>(size) - 4;
            defaults_[i] = decode(columns_[i]->type, data + 4, length);
            return true;
          },
          &stopped);
      has_default_[i] = true;
    }
  }
  names_ = names;
  if (staged) {
    staged_ = "pg_temp.tds_bulk";
    catalog.backend().run("DROP TABLE IF EXISTS pg_temp.tds_bulk; CREATE TEMP TABLE tds_bulk AS SELECT " + names +
                          " FROM " + table_->target + " WITH NO DATA");
  }
  catalog.backend().copy_in_begin("COPY " + (staged ? staged_ : table_->target) + " (" + names +
                                  ") FROM STDIN (FORMAT binary)");
  open_ = true;
  buffer_ = kHeader;
}

void BulkLoad::row(std::span<const BulkColumn> columns, std::span<const Value> values) {
  if (values.size() != columns_.size())
    throw error(4819, "Cannot bulk load. The bulk data stream was incorrectly specified.");
  const auto fields = static_cast<std::uint16_t>(
      std::count_if(columns_.begin(), columns_.end(), [](const Column* column) { return column != nullptr; }));
  buffer_ += static_cast<char>(fields >> 8);
  buffer_ += static_cast<char>(fields & 0xFF);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Column* column = columns_[i];
    if (column == nullptr) continue;
    if (values[i].null) {
      encode(buffer_, column->type, has_default_[i] ? defaults_[i] : Value{});
      continue;
    }
    const Value stored = convert_value(values[i], columns[i].type, column->type);
    if (column->identity) {
      const long long number = std::atoll(stored.bytes.c_str());
      lowest_ = identity_seen_ ? std::min(lowest_, number) : number;
      highest_ = identity_seen_ ? std::max(highest_, number) : number;
      identity_seen_ = true;
    }
    encode(buffer_, column->type, stored);
  }
  ++rows_;
  flush(false);
}

void BulkLoad::flush(bool force) {
  if (buffer_.empty() || (!force && buffer_.size() < kFlushBytes)) return;
  catalog_.backend().copy_in_data(buffer_);
  buffer_.clear();
}

std::uint64_t BulkLoad::finish() {
  buffer_ += "\xFF\xFF";
  flush(true);
  open_ = false;
  const std::uint64_t rows = catalog_.backend().copy_in_end();
  if (identity_seen_) {
    const std::string& sequence = table_->identity_sequence;
    catalog_.backend().run(
        "SELECT setval(" + pg_literal(sequence) + ", x.v) FROM (SELECT CASE WHEN p.seqincrement > 0 THEN " +
        std::to_string(highest_) + " ELSE " + std::to_string(lowest_) +
        " END AS v, p.seqincrement AS inc, s.last_value, s.is_called FROM pg_sequence AS p, " + sequence +
        " AS s WHERE p.seqrelid = " + pg_literal(sequence) +
        "::regclass) AS x WHERE CASE WHEN x.inc > 0 THEN x.v > x.last_value OR NOT x.is_called ELSE x.v < x.last_value "
        "OR NOT x.is_called END");
  }
  return rows;
}

void BulkLoad::drop_staged() {
  if (!staged_.empty()) catalog_.backend().run("DROP TABLE IF EXISTS " + staged_);
}

void BulkLoad::abandon() noexcept {
  if (!open_) return;
  open_ = false;
  catalog_.backend().copy_in_abort();
}

}  // namespace tds_server::engine
