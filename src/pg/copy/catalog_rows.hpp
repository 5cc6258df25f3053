// Rows of a catalog query (core/tsql/catalog) as checked text, for code that is core-only: RAII and
// no backend.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/source/ask.hpp"
#include "core/tds/codec/decode.hpp"
#include "core/source/session.hpp"
#include "core/tsql/catalog.hpp"

namespace mssql::pg {

// Cells by the names of the query's columns.
class CatalogRow {
 public:
  CatalogRow(std::span<const tsql::CatalogColumn> columns, std::vector<std::optional<std::string>> cells)
      : columns_(columns), cells_(std::move(cells)) {}

  std::span<const tsql::CatalogColumn> columns() const { return columns_; }
  const std::optional<std::string>& cell(std::size_t i) const { return cells_[i]; }
  const std::optional<std::string>& operator[](std::string_view name) const {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].name == name) return cells_[i];
    }
    throw Error(sqlstate::internal, "no catalog column \"" + std::string(name) + "\"");
  }
  // Of a cell that is not nullable.
  const std::string& text(std::string_view name) const { return *(*this)[name]; }
  int integer(std::string_view name) const { return std::atoi(text(name).c_str()); }
  bool flag(std::string_view name) const { return text(name) == "true"; }

 private:
  std::span<const tsql::CatalogColumn> columns_;
  std::vector<std::optional<std::string>> cells_;
};

// How much of what a server says of its database is kept: twice as much would fill jsonb, and
// without a bound a server that never ends fills the memory. Names of columns stand in each row.
class CatalogBudget {
 public:
  void check(std::size_t bytes) const {
    if (bytes <= left_) return;
    throw Error(sqlstate::program_limit, "the server's catalog is too large",
                "Its rows take more than " + std::to_string(most >> 20) + " MB.",
                "It has what the login may see: let it see less. IMPORT FOREIGN SCHEMA keeps what LIMIT TO names.");
  }
  void take(std::size_t bytes) {
    check(bytes);
    left_ -= bytes;
  }

 private:
  static constexpr std::size_t most = std::size_t{120} << 20;
  std::size_t left_ = most;
};

// Calls visit(CatalogRow) for each row of the answer. It is counted in `budget`, unless visit()
// answers that it has kept nothing of it: false. Characters that are none (NUL, lone surrogates)
// are U+FFFD. Throws Error, also for what the query's columns do not allow.
template <class Visit>
void for_each_catalog_row(tds::Session& session, const tsql::CatalogQuery& query, CatalogBudget& budget,
                          Visit&& visit) {
  session.execute(query.sql);
  if (session.next_result()) {
    Row row;
    const auto columns = session.columns();
    tds::require_columns(session, query.name, query.columns.size());
    while (session.fetch(row)) {
      std::vector<std::optional<std::string>> cells(row.size());
      std::size_t bytes = 0;
      for (std::size_t i = 0; i < row.size(); ++i) {
        std::optional<std::string> text;
        // Drivers give characters of one byte or of two: the budget is of what is kept
        const std::size_t width = columns[i].encoding == Encoding::utf16le ? 2 : 1;
        bytes += row[i].size / width + query.columns[i].name.size();
        budget.check(bytes);
        if (!row[i].is_null()) tds::decode_to_text(columns[i], row[i], tds::CharacterPolicy::replace, text.emplace());
        cells[i] = tsql::catalog_cell(query, query.columns[i], text);
      }
      if (visit(CatalogRow(query.columns, std::move(cells)))) budget.take(bytes);
    }
  }
  while (session.next_result()) continue;
}

// What the server has of what not every server has.
inline tsql::CatalogFeatures catalog_features(tds::Session& session) {
  tsql::CatalogFeatures features;
  CatalogBudget budget;
  for_each_catalog_row(session, tsql::features_query(), budget, [&](const CatalogRow& row) {
    features.add(row.text("view"), row["column"].value_or(""));
    return true;
  });
  return features;
}

// U+FFFD: the text had characters that are none.
inline bool is_damaged(std::string_view text) { return text.find("\xEF\xBF\xBD") != std::string_view::npos; }

}  // namespace mssql::pg
