#include "core/tsql/key_range.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/error.hpp"

namespace mssql::tsql {
namespace {

const KeyColumn id{"[Id]", parse_declaration("int"), ""};
const KeyColumn day{"[d]", parse_declaration("datetime2(3)"), ""};
const KeyColumn name{"[n]]]", parse_declaration("varchar(20)"), "Cyrillic_General_CI_AS"};

std::vector<std::string_view> bound(std::initializer_list<std::string_view> values) { return values; }

TEST(KeyRange, OneColumn) {
  const KeyColumn key[] = {id};
  const auto one = bound({"5"});
  const auto nine = bound({"-9"});
  EXPECT_EQ(range_condition(key, one, std::nullopt), "[Id] >= CONVERT(int, N'5')");
  EXPECT_EQ(range_condition(key, std::nullopt, nine), "[Id] < CONVERT(int, N'-9')");
  EXPECT_EQ(range_condition(key, one, nine), "[Id] >= CONVERT(int, N'5') AND [Id] < CONVERT(int, N'-9')");
}

TEST(KeyRange, ColumnsAreComparedAsARow) {
  const KeyColumn key[] = {id, day, name};
  const auto lower = bound({"1", "2020-01-02 03:04:05.678", "O'B"});
  const std::string d = "CONVERT(datetime2(3), N'2020-01-02 03:04:05.678', 121)";
  const std::string n = "CONVERT(varchar(20), N'O''B' COLLATE Cyrillic_General_CI_AS)";
  EXPECT_EQ(range_condition(key, lower, std::nullopt),
            "[Id] >= CONVERT(int, N'1') AND ([Id] > CONVERT(int, N'1') OR [d] >= " + d + " AND ([d] > " + d +
                " OR [n]]] >= " + n + "))");
  EXPECT_EQ(range_condition(key, std::nullopt, lower),
            "[Id] <= CONVERT(int, N'1') AND ([Id] < CONVERT(int, N'1') OR [d] <= " + d + " AND ([d] < " + d +
                " OR [n]]] < " + n + "))");
}

TEST(KeyRange, WhatIsNoNameOfACollationIsNotWritten) {
  const KeyColumn key[] = {{"[k]", parse_declaration("nvarchar(9)"), "x); DROP TABLE t --"}};
  EXPECT_EQ(range_condition(key, bound({"a"}), std::nullopt), "[k] >= CONVERT(nvarchar(9), N'a')");
}

TEST(KeyRange, ABoundOfMoreColumnsThanTheKeyIsRefused) {
  const KeyColumn key[] = {id};
  EXPECT_THROW(range_condition(key, bound({"1", "2"}), std::nullopt), Error);
  EXPECT_THROW(range_condition(key, std::nullopt, bound({})), Error);
}

TEST(KeyRange, ABoundMayBeShorterThanTheKey) {
  const KeyColumn key[] = {id, day};
  EXPECT_EQ(range_condition(key, bound({"1"}), std::nullopt), "[Id] >= CONVERT(int, N'1')");
}

TEST(KeyRange, Bounds) {
  const KeyColumn key[] = {id, day};
  EXPECT_EQ(bounds_query(key, "[dbo].[t] TABLESAMPLE SYSTEM (1 PERCENT)", 8),
            "SELECT CONVERT(nvarchar(4000), b.[k0]), CONVERT(nvarchar(4000), b.[k1], 121) FROM (SELECT s.[k0], s.[k1], "
            "ROW_NUMBER() OVER (ORDER BY s.[k0], s.[k1]) AS [n], COUNT_BIG(*) OVER () AS [rows] FROM (SELECT [Id] AS "
            "[k0], [d] AS [k1] FROM [dbo].[t] TABLESAMPLE SYSTEM (1 PERCENT)) AS s) AS b WHERE b.[n] > 1 AND (b.[n] - "
            "1) * 8 / b.[rows] <> (b.[n] - 2) * 8 / b.[rows] ORDER BY b.[n]");
}

TEST(KeyRange, TypesWithATextOfTheirOwn) {
  for (const char* type : {"int", "bigint", "decimal(9,2)", "uniqueidentifier", "nvarchar(5)", "money", "binary(8)",
                           "date", "datetimeoffset(7)"})
    EXPECT_TRUE(can_bound(parse_declaration(type).type)) << type;
  for (const char* type : {"bit", "float", "sql_variant", "xml", "hierarchyid", "rowversion"})
    EXPECT_FALSE(can_bound(parse_declaration(type).type)) << type;
}

}  // namespace
}  // namespace mssql::tsql
