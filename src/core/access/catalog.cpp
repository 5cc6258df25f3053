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

std::vector<CatalogAnswer> whole_catalog(source::Session& session) {
  std::vector<CatalogAnswer> answers;
  source::CatalogBudget budget;
  const auto ask = [&](const source::CatalogQuery& query) {
    CatalogAnswer& answer = answers.emplace_back(CatalogAnswer{query.name, {}});
    source::read_catalog(session, query, budget, [&](source::CatalogRow row) {
      answer.rows.push_back(std::move(row));
      return true;
    });
  };
  const tsql::CatalogFeatures features = catalog_features(session);
  ask(tsql::database_query());
  if (answers.front().rows.size() != 1)
    throw Error(sqlstate::fdw_error, "the server's catalog has no current database");
  const source::CatalogRow& database = answers.front().rows.front();
  const bool sizes = database.flag("view_definition") && database.flag("view_database_state");
  ask(tsql::tables_query(features, sizes));
  ask(tsql::columns_query(features));
  ask(tsql::indexes_query(features));
  ask(tsql::foreign_keys_query());
  ask(tsql::checks_query());
  if (features.has("sequences")) ask(tsql::sequences_query(features));
  ask(tsql::programs_query());
  return answers;
}

}  // namespace mssql
