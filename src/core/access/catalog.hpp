// The catalog of a server's database: which questions are asked, in which order, and what is asked
// only of servers that can answer it.
#pragma once

#include <optional>
#include <vector>

#include "core/source/catalog.hpp"
#include "core/tsql/catalog.hpp"

namespace mssql {

// What the server has of what not every server has.
tsql::CatalogFeatures catalog_features(source::Session& session);

// Some rows of one query's answer.
struct CatalogRows {
  std::string_view query;
  bool is_database{false};  // the one row of the database itself
  std::vector<source::CatalogRow> rows;
};

// All that replication wants to know, the database first, which has one row, then a query after the
// other. Throws Error.
class WholeCatalog {
 public:
  explicit WholeCatalog(source::Session& session);
  WholeCatalog(const WholeCatalog&) = delete;
  WholeCatalog& operator=(const WholeCatalog&) = delete;

  // False: there are no more.
  bool next(CatalogRows& rows);

 private:
  void ask_further(const source::CatalogRow& database);

  source::Session* session_;
  tsql::CatalogFeatures features_;
  source::CatalogBudget budget_;
  std::vector<source::CatalogQuery> queries_;  // that are left, the next one last
  std::string_view query_;
  std::optional<source::CatalogReader> reader_;
};

}  // namespace mssql
