#include "core/tsql/statement.hpp"

#include <gtest/gtest.h>

namespace mssql::tsql {
namespace {

TEST(Statement, TableReference) {
  EXPECT_EQ(table_reference("dbo", "a]b", false), "[dbo].[a]]b]");
  EXPECT_EQ(table_reference("dbo", "t", true), "[dbo].[t] WITH (SNAPSHOT)");
}

TEST(SelectStatement, AllParts) {
  const std::string items[] = {"[a]", "[b].ToString()"};
  const std::string conditions[] = {"[a] > 1", "[b] = 2 OR [c] = 3"};
  EXPECT_EQ(select({items, "[dbo].[t]", conditions, "[a]"}),
            "SELECT [a], [b].ToString() FROM [dbo].[t] WHERE ([a] > 1) AND ([b] = 2 OR [c] = 3) ORDER BY [a]");
}

TEST(SelectStatement, WithoutColumnsOrConditions) {
  EXPECT_EQ(select({{}, derived_table("SELECT 1 AS x"), {}, {}}), "SELECT 1 FROM (SELECT 1 AS x) AS [q]");
}

TEST(SelectStatement, PartsOfAQueryStandOutside) {
  EXPECT_EQ(select({{}, "(SELECT x FROM c) AS [q]", {}, {}, "WITH c AS (SELECT 1 AS x)", "OPTION (RECOMPILE)"}),
            "WITH c AS (SELECT 1 AS x) SELECT 1 FROM (SELECT x FROM c) AS [q] OPTION (RECOMPILE)");
}

TEST(Sampling, RowCountsComeFromTheCatalog) {
  const std::string sql = row_count_query("[d'o].[t]", false);
  EXPECT_EQ(sql,
            "SELECT CAST(SUM(p.rows) AS bigint) FROM sys.partitions AS p WHERE p.object_id = OBJECT_ID(N'[d''o].[t]') "
            "AND p.index_id IN (0, 1)");
  EXPECT_TRUE(row_count_query("[d'o].[t]", true)
                  .starts_with(sql + " AND OBJECTPROPERTY(OBJECT_ID(N'[d''o].[t]'), 'IsUserTable') = 1"));
}

TEST(Sampling, PagesAndRows) {
  EXPECT_EQ(page_sample("[dbo].[t]", 12.5), "[dbo].[t] TABLESAMPLE SYSTEM (12.500000 PERCENT)");
  EXPECT_EQ(page_sample("[dbo].[t]", 1e-4), "[dbo].[t] TABLESAMPLE SYSTEM (0.000100 PERCENT)");
  EXPECT_EQ(row_sample_condition("[a]", 0.5),
            "(CHECKSUM(NEWID(), CASE WHEN [a] IS NULL THEN 0 ELSE 1 END) & 2147483647) < 1073741823");
}

}  // namespace
}  // namespace mssql::tsql
