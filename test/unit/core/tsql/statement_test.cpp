#include "core/tsql/statement.hpp"

#include <gtest/gtest.h>

namespace mssql::tsql {
namespace {

TEST(SelectStatement, AllParts) {
  const std::string items[] = {"[a]", "[b].ToString()"};
  const std::string conditions[] = {"[a] > 1", "[b] = 2 OR [c] = 3"};
  EXPECT_EQ(select({items, "[dbo].[t]", conditions, "[a]"}),
            "SELECT [a], [b].ToString() FROM [dbo].[t] WHERE ([a] > 1) AND ([b] = 2 OR [c] = 3) ORDER BY [a]");
}

TEST(SelectStatement, WithoutColumnsOrConditions) {
  EXPECT_EQ(select({{}, "(SELECT 1 AS x) AS [q]", {}, {}}), "SELECT 1 FROM (SELECT 1 AS x) AS [q]");
}

TEST(SelectStatement, PartsOfAQueryStandOutside) {
  EXPECT_EQ(select({{}, "(SELECT x FROM c) AS [q]", {}, {}, "WITH c AS (SELECT 1 AS x)", "OPTION (RECOMPILE)"}),
            "WITH c AS (SELECT 1 AS x) SELECT 1 FROM (SELECT x FROM c) AS [q] OPTION (RECOMPILE)");
}

TEST(SessionSettings, LanguageComesBeforeDateFormat) {
  const std::string sql = session_settings();
  EXPECT_LT(sql.find("SET LANGUAGE"), sql.find("SET DATEFORMAT ymd"));
  for (const char* option : {"ANSI_NULLS ON", "ANSI_PADDING ON", "ANSI_WARNINGS ON", "ARITHABORT ON", "CONCAT_NULL_YIELDS_NULL ON",
                             "QUOTED_IDENTIFIER ON", "NUMERIC_ROUNDABORT OFF", "XACT_ABORT OFF", "TEXTSIZE 2147483647", "NOCOUNT OFF", "ARITHIGNORE OFF",
                             "IMPLICIT_TRANSACTIONS OFF"})
    EXPECT_NE(sql.find(std::string("SET ") + option), std::string::npos) << option;
}

TEST(Transactions, Resolve) {
  EXPECT_EQ(resolve(Isolation::automatic, true), Isolation::snapshot);
  EXPECT_EQ(resolve(Isolation::automatic, false), Isolation::read_committed);
  EXPECT_EQ(resolve(Isolation::serializable, true), Isolation::serializable);
  EXPECT_EQ(resolve(Isolation::snapshot, false), Isolation::snapshot);
}

TEST(SessionSettings, RestoreStartsWithWhatSkipsStatements) {
  const std::string sql = restore_session("My]DB");
  EXPECT_EQ(sql.find("SET NOEXEC OFF; "), 0U);
  EXPECT_NE(sql.find("SET ROWCOUNT 0; "), std::string::npos);
  EXPECT_NE(sql.find("USE [My]]DB]; "), std::string::npos);
  EXPECT_TRUE(sql.ends_with(session_settings()));
}

}  // namespace
}  // namespace mssql::tsql
