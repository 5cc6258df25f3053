// Which questions a server's catalog is asked, and in which order; what passes of the answers is
// in ../source/catalog_test.cpp, the T-SQL of the questions in ../tsql/catalog_test.cpp.
#include "core/access/catalog.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../source/answering_session.hpp"
#include "core/error.hpp"

namespace mssql {
namespace {

using source::AnsweringSession;
using source::CatalogQuery;

// A server that has these of the views and columns that not every one has: view, column. Each query
// is answered by its columns and no row, but for the features and the database.
struct Server {
  std::vector<AnsweringSession::Cells> features{};
  std::string rights{"1"};
  std::size_t databases{1};

  AnsweringSession::Answer operator()(std::string_view sql) const {
    AnsweringSession::Answer answer;
    for (const CatalogQuery& query : queries()) {
      if (query.sql != sql) continue;
      for (const source::CatalogColumn& column : query.columns) answer.names.emplace_back(column.name);
      if (query.name == "features") answer.rows = features;
      if (query.name == "database") answer.rows.assign(databases, database(query));
      return answer;
    }
    ADD_FAILURE() << sql;
    return answer;
  }

  std::vector<CatalogQuery> queries() const {
    const tsql::CatalogFeatures known = catalog();
    return {tsql::features_query(),          tsql::database_query(),     tsql::tables_query(known, false),
            tsql::tables_query(known, true), tsql::columns_query(known), tsql::indexes_query(known),
            tsql::foreign_keys_query(),      tsql::checks_query(),       tsql::sequences_query(known),
            tsql::programs_query()};
  }
  tsql::CatalogFeatures catalog() const {
    tsql::CatalogFeatures known;
    for (const auto& row : features) known.add(*row[0], row[1].value_or(""));
    return known;
  }
  AnsweringSession::Cells database(const CatalogQuery& query) const {
    AnsweringSession::Cells cells;
    for (const source::CatalogColumn& column : query.columns)
      cells.emplace_back(column.kind == source::CatalogKind::flag ? rights : "1");
    return cells;
  }
};

// Reads it all; which questions were asked.
std::string questions(const Server& server) {
  AnsweringSession session(server);
  WholeCatalog catalog(session);
  CatalogRows rows;
  while (catalog.next(rows)) EXPECT_FALSE(rows.rows.empty());
  std::string names;
  for (const std::string& sql : session.asked) {
    const std::vector<CatalogQuery> queries = server.queries();
    const auto query = std::find_if(queries.begin(), queries.end(), [&](const auto& each) { return each.sql == sql; });
    if (query != queries.end()) names += std::string(names.empty() ? "" : " ") + std::string(query->name);
  }
  return names;
}

TEST(CatalogFeaturesTest, AreViewsAndTheirColumns) {
  AnsweringSession session(Server{{{"sequences", std::nullopt}, {"tables", "is_external"}}});
  const tsql::CatalogFeatures features = catalog_features(session);
  EXPECT_TRUE(features.has("sequences"));
  EXPECT_TRUE(features.has("tables.is_external"));
  EXPECT_FALSE(features.has("tables.is_node"));
}

TEST(WholeCatalogTest, QuestionsHaveAnOrder) {
  const std::string all = "features database tables columns indexes foreign_keys checks programs";
  EXPECT_EQ(questions(Server{}), all);
  const std::string with_sequences = "features database tables columns indexes foreign_keys checks sequences programs";
  EXPECT_EQ(questions(Server{{{"sequences", std::nullopt}}}), with_sequences);
}

TEST(WholeCatalogTest, SizesAreAskedForByWhoMay) {
  for (const bool may : {false, true}) {
    const Server server{{{"dm_db_partition_stats", std::nullopt}}, may ? "1" : "0"};
    AnsweringSession session(server);
    WholeCatalog catalog(session);
    CatalogRows rows;
    while (catalog.next(rows)) continue;
    EXPECT_EQ(session.asked[2], tsql::tables_query(server.catalog(), may).sql);
  }
}

TEST(WholeCatalogTest, WithoutADatabaseThereIsNone) {
  for (const std::size_t databases : {0, 2}) {
    AnsweringSession session(Server{{}, "1", databases});
    WholeCatalog catalog(session);
    CatalogRows rows;
    EXPECT_THROW(catalog.next(rows), Error);
  }
}

TEST(WholeCatalogTest, RowsComeInParts) {
  const Server server{};
  AnsweringSession session([&](std::string_view sql) {
    AnsweringSession::Answer answer = server(sql);
    const CatalogQuery programs = tsql::programs_query();
    if (sql == programs.sql) answer.rows.assign(2500, {"function", "dbo", "f"});
    return answer;
  });
  WholeCatalog catalog(session);
  CatalogRows rows;
  std::size_t programs = 0, parts = 0;
  while (catalog.next(rows)) {
    EXPECT_EQ(rows.is_database, rows.query == "database");
    if (rows.query != "programs") continue;
    programs += rows.rows.size();
    ++parts;
  }
  EXPECT_EQ(programs, 2500u);
  EXPECT_EQ(parts, 3u);
}

}  // namespace
}  // namespace mssql
