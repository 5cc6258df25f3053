#include "core/tsql/catalog.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace mssql::tsql {
namespace {

// What SQL Server 2022 has, and what 2012 has.
CatalogFeatures newest() {
  CatalogFeatures features;
  for (const char* column : {"temporal_type", "is_memory_optimized", "is_external", "is_node", "is_edge", "ledger_type",
                             "is_dropped_ledger_table"})
    features.add("tables", column);
  for (const char* column : {"is_hidden", "is_masked", "encryption_type", "graph_type", "is_dropped_ledger_column"})
    features.add("columns", column);
  features.add("sequences", "last_used_value");
  features.add("security_predicates", "");
  features.add("dm_db_partition_stats", "");
  return features;
}

CatalogFeatures oldest() {
  CatalogFeatures features;
  for (const char* view : {"tables", "columns", "sequences", "dm_db_partition_stats"}) features.add(view, "");
  return features;
}

std::vector<CatalogQuery> all_queries(const CatalogFeatures& features) {
  return {features_query(),
          database_query(),
          tables_query(features, true),
          columns_query(features),
          indexes_query(features),
          foreign_keys_query(),
          checks_query(),
          sequences_query(features),
          programs_query(),
          generated_columns_query(features),
          schema_query("dbo"),
          count_query("dbo", "t", true)};
}

std::string all_text() {
  std::string sql;
  for (const CatalogFeatures& features : {newest(), oldest()})
    for (const CatalogQuery& query : all_queries(features)) sql += query.sql + "\n";
  return sql;
}

// The aliases of the outermost select list, in order.
std::vector<std::string> aliases(const std::string& sql) {
  std::vector<std::string> out;
  int depth = 0;
  for (std::size_t i = 0; i < sql.size() && sql.compare(i, 6, "\nFROM ") != 0; ++i) {
    depth += sql[i] == '(' ? 1 : sql[i] == ')' ? -1 : 0;
    if (depth == 0 && sql.compare(i, 5, " AS [") == 0) out.push_back(sql.substr(i + 5, sql.find(']', i) - i - 5));
  }
  return out;
}

TEST(CatalogQueries, SelectTheColumnsThatTheyDeclare) {
  for (const CatalogFeatures& features : {newest(), oldest()}) {
    for (const CatalogQuery& query : all_queries(features)) {
      std::vector<std::string> declared;
      for (const source::CatalogColumn& column : query.columns) declared.emplace_back(column.name);
      EXPECT_EQ(aliases(query.sql), declared) << query.name;
    }
  }
}

TEST(CatalogQueries, AskNoServerForWhatItLacks) {
  for (const CatalogQuery& query : all_queries(oldest())) {
    if (query.name == "features") continue;
    for (const char* word : {"temporal_type,", ".temporal_type", ".is_memory_optimized", ".is_external", ".is_node",
                             ".ledger_type", ".is_hidden", ".is_masked", "encryption_type", "graph_type",
                             "dropped_ledger_", "last_used_value", "security_predicates"}) {
      EXPECT_EQ(query.sql.find(word), std::string::npos) << query.name << ": " << word;
    }
  }
}

TEST(CatalogQueries, AreWellFormedAndReadOnly) {
  const std::string sql = all_text();
  EXPECT_EQ(std::count(sql.begin(), sql.end(), '('), std::count(sql.begin(), sql.end(), ')'));
  EXPECT_EQ(std::count(sql.begin(), sql.end(), '\'') % 2, 0);
  EXPECT_EQ(sql.find(';'), std::string::npos);
  EXPECT_EQ(sql.find("NOLOCK"), std::string::npos);
}

// Names of sys views are case-sensitive in a database with such a collation.
TEST(CatalogQueries, SysNamesAreLowerCase) {
  const std::string sql = all_text();
  for (std::size_t at = sql.find("sys."); at != std::string::npos; at = sql.find("sys.", at + 1))
    for (std::size_t i = at; i < sql.size() && sql[i] != ' '; ++i)
      EXPECT_FALSE(sql[i] >= 'A' && sql[i] <= 'Z') << sql.substr(at, 30);
}

}  // namespace
}  // namespace mssql::tsql
