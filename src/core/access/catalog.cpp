#include "catalog.hpp"

#include "core/error.hpp"

namespace mssql {

tsql::CatalogFeatures catalog_features(source::Session& session) {
  tsql::CatalogFeatures features;
  source::CatalogBudget budget;
  source::read_catalog(session, tsql::features_query(), budget, [&](const source::CatalogRow& row) {
    features.add(row.text("view"), row["column"].value_or(""));
    return true;
  });
  return features;
}

WholeCatalog::WholeCatalog(source::Session& session) : session_(&session), features_(catalog_features(session)) {
  queries_.push_back(tsql::database_query());
}

bool WholeCatalog::next(CatalogRows& rows) {
  constexpr std::size_t most = 1000;
  rows.rows.clear();
  while (rows.rows.empty()) {
    if (!reader_) {
      if (queries_.empty()) return false;
      query_ = queries_.back().name;
      reader_.emplace(*session_, std::move(queries_.back()), budget_);
      queries_.pop_back();
    }
    while (rows.rows.size() < most) {
      std::optional<source::CatalogRow> row = reader_->next();
      if (!row) {
        reader_.reset();
        break;
      }
      reader_->keep();
      rows.rows.push_back(std::move(*row));
    }
    rows.is_database = query_ == "database";
    if (!rows.is_database) continue;
    if (rows.rows.size() != 1) throw Error(sqlstate::fdw_error, "the server's catalog has no current database");
    ask_further(rows.rows.front());
  }
  rows.query = query_;
  return true;
}

void WholeCatalog::ask_further(const source::CatalogRow& database) {
  const bool sizes = database.flag("view_definition") && database.flag("view_database_state");
  queries_.push_back(tsql::programs_query());
  if (features_.has("sequences")) queries_.push_back(tsql::sequences_query(features_));
  queries_.push_back(tsql::checks_query());
  queries_.push_back(tsql::foreign_keys_query());
  queries_.push_back(tsql::indexes_query(features_));
  queries_.push_back(tsql::columns_query(features_));
  queries_.push_back(tsql::tables_query(features_, sizes));
}

}  // namespace mssql
