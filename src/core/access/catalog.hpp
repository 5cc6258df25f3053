// The catalog of a server's database: which questions are asked, in which order, and what is asked
// only of servers that can answer it.
#pragma once

#include <vector>

#include "core/source/catalog.hpp"
#include "core/tsql/catalog.hpp"

namespace mssql {

// What the server has of what not every server has.
tsql::CatalogFeatures catalog_features(source::Session& session);

struct CatalogAnswer {
  std::string_view name;  // of the query
  std::vector<source::CatalogRow> rows;
};

// All that replication wants to know, the database first, which has one row. Throws Error.
std::vector<CatalogAnswer> whole_catalog(source::Session& session);

}  // namespace mssql
