#include "core/tsql/session.hpp"

#include <gtest/gtest.h>

namespace mssql::tsql {
namespace {

TEST(SessionStatements, WarehousesAreRefused) {
  for (const int edition : {2, 3, 4, 5, 8, 9, 12}) EXPECT_TRUE(refused_edition(edition).empty()) << edition;
  for (const int edition : {6, 11}) EXPECT_FALSE(refused_edition(edition).empty()) << edition;
}

TEST(SessionStatements, LanguageComesBeforeDateFormat) {
  const std::string sql = session_settings();
  EXPECT_LT(sql.find("SET LANGUAGE"), sql.find("SET DATEFORMAT ymd"));
  for (const char* option :
       {"ANSI_NULLS ON", "ANSI_PADDING ON", "ANSI_WARNINGS ON", "ARITHABORT ON", "CONCAT_NULL_YIELDS_NULL ON",
        "QUOTED_IDENTIFIER ON", "NUMERIC_ROUNDABORT OFF", "XACT_ABORT OFF", "TEXTSIZE 2147483647", "NOCOUNT OFF",
        "ARITHIGNORE OFF", "IMPLICIT_TRANSACTIONS OFF"})
    EXPECT_NE(sql.find(std::string("SET ") + option), std::string::npos) << option;
}

TEST(SessionStatements, IsolationIsResolved) {
  EXPECT_EQ(resolve(Isolation::automatic, true), Isolation::snapshot);
  EXPECT_EQ(resolve(Isolation::automatic, false), Isolation::read_committed);
  EXPECT_EQ(resolve(Isolation::serializable, true), Isolation::serializable);
  EXPECT_EQ(resolve(Isolation::snapshot, false), Isolation::snapshot);
}

TEST(SessionStatements, OpeningIsALineThatGoesOn) {
  using source::IsolationLevel;
  EXPECT_EQ(opening_statements({"SET LANGUAGE us_english", IsolationLevel::read_committed, true}),
            "SET LANGUAGE us_english; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN TRANSACTION; ");
  EXPECT_EQ(opening_statements({"", IsolationLevel::unchanged, true}), "BEGIN TRANSACTION; ");
  EXPECT_EQ(opening_statements({"SET LANGUAGE us_english", IsolationLevel::snapshot, false}),
            "SET LANGUAGE us_english; SET TRANSACTION ISOLATION LEVEL SNAPSHOT; ");
  EXPECT_EQ(opening_statements({"", IsolationLevel::unchanged, true, source::Locking{true, 300000}}),
            "SET DEADLOCK_PRIORITY LOW; SET LOCK_TIMEOUT 300000; BEGIN TRANSACTION; ");
  EXPECT_EQ(opening_statements({"", IsolationLevel::unchanged, false, source::Locking{}}),
            "SET DEADLOCK_PRIORITY NORMAL; SET LOCK_TIMEOUT -1; ");
  EXPECT_EQ(use_database("a]b") + unprepare(7), "USE [a]]b]; EXEC sp_unprepare 7; ");
}

TEST(SessionStatements, BulkLoadDeclaresItsColumns) {
  const LoadedColumn columns[] = {{"a", parse_declaration("int")}, {"b]", parse_declaration("nvarchar(20)")}};
  EXPECT_EQ(insert_bulk("[dbo].[t]", columns, false),
            "INSERT BULK [dbo].[t] ([a] int, [b]]] nvarchar(20)) WITH (CHECK_CONSTRAINTS, FIRE_TRIGGERS, KEEP_NULLS)");
}

}  // namespace
}  // namespace mssql::tsql
