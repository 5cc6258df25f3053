#include "core/tsql/dml.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mssql::tsql {
namespace {

const std::string counted = "; SELECT CAST(@@ROWCOUNT AS int) AS [mssql_fdw_rows]";

DmlColumn column(std::string_view name, std::string_view declaration) { return {name, parse_declaration(declaration)}; }

const std::vector<DmlColumn> two = {column("[a]", "int"), column("[b]]]", "varchar(10)")};
const std::vector<DmlColumn> key = {column("[k]", "int")};

TEST(InsertStatement, RowsOfValues) {
  EXPECT_EQ(insert({"[s].[t]", two}), "INSERT INTO [s].[t] ([a], [b]]]) VALUES (@P1, @P2)" + counted);
  EXPECT_EQ(insert({"[s].[t]", two, 3}),
            "INSERT INTO [s].[t] ([a], [b]]]) VALUES (@P1, @P2), (@P3, @P4), (@P5, @P6)" + counted);
  EXPECT_EQ(insert({"[s].[t]", {}}), "INSERT INTO [s].[t] DEFAULT VALUES" + counted);
}

TEST(InsertStatement, WhatHasNoConversionIsCast) {
  const std::vector<DmlColumn> columns = {column("[h]", "hierarchyid"), column("[x]", "xml")};
  EXPECT_EQ(insert({"[t]", columns}), "INSERT INTO [t] ([h], [x]) VALUES (CAST(@P1 AS hierarchyid), @P2)" + counted);
}

TEST(InsertStatement, NumbersOfAnIdentity) {
  EXPECT_EQ(insert({"[t]", key, 1, true}), "SET IDENTITY_INSERT [t] ON; INSERT INTO [t] ([k]) VALUES (@P1)" + counted +
                                               "; SET IDENTITY_INSERT [t] OFF");
}

TEST(InsertStatement, DuplicatesOfTheTableItselfAreSkipped) {
  EXPECT_EQ(insert({"[t]", key, 1, false, true}),
            "DECLARE @mssql_fdw_count int = 0; BEGIN TRY INSERT INTO [t] ([k]) VALUES (@P1); SET @mssql_fdw_count = "
            "@@ROWCOUNT; END TRY BEGIN CATCH IF ERROR_NUMBER() NOT IN (2627, 2601) OR ERROR_PROCEDURE() IS NOT NULL OR "
            "XACT_STATE() <> 1 BEGIN; THROW; END; END CATCH; SELECT CAST(@mssql_fdw_count AS int) AS [mssql_fdw_rows]");
}

TEST(InsertStatement, Returns) {
  EXPECT_EQ(insert({"[t]", key, 1, false, false, {two}}),
            "INSERT INTO [t] ([k]) OUTPUT inserted.[a], inserted.[b]]] VALUES (@P1)");
}

TEST(OutputByVariable, KeepsEachType) {
  const std::vector<DmlColumn> columns = {column("[v]", "rowversion"), column("[c]", "varchar(5000)"),
                                          column("[d]", "varchar(10)"), column("[t]", "text"),
                                          column("[h]", "hierarchyid")};
  EXPECT_EQ(remove({"[t]", {}, key, {columns, TextForm::converted, true}}),
            "DECLARE @mssql_fdw_output TABLE ([mssql_fdw_1] binary(8) NULL, [mssql_fdw_2] nvarchar(max) NULL, "
            "[mssql_fdw_3] nvarchar(10) NULL, [mssql_fdw_4] nvarchar(max) NULL, [mssql_fdw_5] hierarchyid NULL); "
            "DELETE FROM [t] OUTPUT deleted.[v], deleted.[c], deleted.[d], deleted.[t], deleted.[h] INTO "
            "@mssql_fdw_output WHERE [k] = @P1; SELECT [mssql_fdw_1] AS [mssql_fdw_1], [mssql_fdw_2] AS [mssql_fdw_2], "
            "[mssql_fdw_3] AS [mssql_fdw_3], [mssql_fdw_4] AS [mssql_fdw_4], [mssql_fdw_5].ToString() AS "
            "[mssql_fdw_5] FROM @mssql_fdw_output");
}

TEST(UpdateStatement, KeysFollowValues) {
  EXPECT_EQ(update({"[t]", two, key}), "UPDATE [t] SET [a] = @P1, [b]]] = @P2 WHERE [k] = @P3" + counted);
  EXPECT_EQ(update({"[t]", two, key, {key}}),
            "UPDATE [t] SET [a] = @P1, [b]]] = @P2 OUTPUT inserted.[k] WHERE [k] = @P3");
}

TEST(DeleteStatement, ByAllColumnsOfTheKey) {
  EXPECT_EQ(remove({"[t]", {}, two}),
            "DELETE FROM [t] WHERE [a] = @P1 AND [b]]] = @P2 AND CAST([b]]] AS nvarchar(max)) COLLATE "
            "Latin1_General_100_BIN2 = CAST(@P2 AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 AND "
            "DATALENGTH(CAST([b]]] AS nvarchar(max))) = DATALENGTH(CAST(@P2 AS nvarchar(max)))" +
                counted);
}

TEST(KeyConditions, EachTypeAsItTellsRowsApart) {
  const auto condition = [](std::string_view declaration) {
    const std::vector<DmlColumn> columns = {column("[k]", declaration)};
    const std::string sql = remove({"[t]", {}, columns});
    return sql.substr(0, sql.size() - counted.size()).substr(std::string("DELETE FROM [t] WHERE ").size());
  };
  EXPECT_EQ(condition("datetime2(6)"), "[k] = @P1");
  EXPECT_EQ(condition("datetime2(7)"), "[k] >= @P1 AND [k] <= DATEADD(nanosecond, 900, @P1)");
  EXPECT_EQ(condition("varbinary(8)"), "[k] = @P1 AND DATALENGTH([k]) = DATALENGTH(@P1)");
  EXPECT_EQ(condition("binary(8)"), "[k] = @P1");
  EXPECT_EQ(condition("nchar(3)"),
            "[k] = @P1 AND CAST([k] AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 = CAST(@P1 AS nvarchar(max)) "
            "COLLATE Latin1_General_100_BIN2");
  for (const char* type : {"text", "ntext", "image", "xml", "sql_variant", "geometry"})
    EXPECT_EQ(key_match(parse_declaration(type)), KeyMatch::none) << type;
}

TEST(TruncateStatement, KeepsTheIdentityOrNot) {
  EXPECT_EQ(truncate("[s].[t]", false), "TRUNCATE TABLE [s].[t]");
  EXPECT_EQ(truncate("[s].[t']", true),
            "DECLARE @mssql_fdw_rows int, @mssql_fdw_next numeric(38, 0); SELECT TOP (1) @mssql_fdw_rows = 1 FROM "
            "[s].[t'] WITH (TABLOCKX, HOLDLOCK); SELECT @mssql_fdw_next = CAST(i.last_value AS numeric(38, 0)) + "
            "CAST(i.increment_value AS numeric(38, 0)) FROM sys.identity_columns AS i WHERE i.object_id = "
            "OBJECT_ID(N'[s].[t'']'); IF @mssql_fdw_rows = 1 BEGIN TRUNCATE TABLE [s].[t']; IF @mssql_fdw_next IS NOT "
            "NULL DBCC CHECKIDENT (N'[s].[t'']', RESEED, @mssql_fdw_next) WITH NO_INFOMSGS END");
}

TEST(LockedTable, ForUpdateAndForShare) {
  EXPECT_EQ(locked_table("[t]", true), "[t] WITH (UPDLOCK)");
  EXPECT_EQ(locked_table("[t]", false), "[t] WITH (REPEATABLEREAD)");
}

TEST(TableColumnsQuery, NamesTheTableAsALiteral) {
  const std::string sql = table_columns_query("[d'o].[t]");
  EXPECT_NE(sql.find("OBJECT_ID(N'[d''o].[t]')"), std::string::npos);
}

}  // namespace
}  // namespace mssql::tsql
