// What passes from a catalog's answer, and what does not.
#include "core/source/catalog.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "answering_session.hpp"
#include "core/error.hpp"
#include "core/tsql/catalog.hpp"

namespace mssql::source {
namespace {

using namespace tsql;

std::vector<CatalogQuery> every_query() {
  return {features_query(),
          database_query(),
          tables_query({}, false),
          columns_query({}),
          indexes_query({}),
          foreign_keys_query(),
          checks_query(),
          sequences_query({}),
          programs_query(),
          schema_query("dbo"),
          count_query("dbo", "t", false)};
}

const CatalogColumn* column_of(const CatalogQuery& query, std::string_view name) {
  for (const CatalogColumn& column : query.columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

std::optional<std::string> read(const CatalogQuery& query, std::string_view name,
                                const std::optional<std::string>& text) {
  return catalog_cell(query, *column_of(query, name), text);
}

TEST(CatalogCell, TakesWhatServersSend) {
  const CatalogQuery columns = columns_query({});
  EXPECT_EQ(read(columns, "column", "a\"]; --\nb"), "a\"]; --\nb");
  EXPECT_EQ(read(columns, "seed", "-0012"), "-12");
  EXPECT_EQ(read(columns, "seed", "-0"), "0");
  EXPECT_EQ(read(columns, "seed", std::string(38, '9')), std::string(38, '9'));
  EXPECT_EQ(read(columns, "seed", std::nullopt), std::nullopt);
  EXPECT_EQ(read(columns, "is_nullable", "1"), "true");
  EXPECT_EQ(read(columns, "is_nullable", "false"), "false");
  EXPECT_EQ(read(columns, "max_length", "-1"), "-1");
  EXPECT_EQ(read(foreign_keys_query(), "delete_action", "SET_NULL"), "SET_NULL");
  EXPECT_EQ(read(database_query(), "product_version", "16.0.1000.6"), "16.0.1000.6");
}

TEST(CatalogCell, AKindOfIndexOfLaterServersIsNoError) {
  EXPECT_EQ(read(indexes_query({}), "type_desc", "VECTOR"), "VECTOR");
  EXPECT_EQ(read(indexes_query({}), "type_desc", "'; DROP TABLE x"), "OTHER");
}

// Nothing but names, comments and expressions, which are quoted and parsed, may be any text.
TEST(CatalogCell, RefusesHostileText) {
  const std::string hostile[] = {"CASCADE; DROP TABLE x; --",
                                 "'",
                                 "\"",
                                 "1; SELECT 1",
                                 "0x10",
                                 "1e9",
                                 "NaN",
                                 "Infinity",
                                 "+1",
                                 " 1",
                                 "1 ",
                                 "--1",
                                 "-",
                                 "",
                                 std::string("1\0", 2),
                                 "1\n",
                                 std::string(16384, '1'),
                                 "/*",
                                 "NO ACTION",
                                 "cascade"};
  for (const CatalogQuery& query : every_query()) {
    for (const CatalogColumn& column : query.columns) {
      if (column.kind == CatalogKind::name || column.kind == CatalogKind::text ||
          column.kind == CatalogKind::expression || column.open)
        continue;
      for (const std::string& text : hostile)
        EXPECT_THROW(catalog_cell(query, column, text), Error) << query.name << "." << column.name << ": " << text;
    }
  }
}

TEST(CatalogCell, RefusesNamesThatCannotBe) {
  const CatalogQuery query = checks_query();
  EXPECT_THROW(read(query, "table", ""), Error);
  EXPECT_THROW(read(query, "table", std::string("a\0b", 3)), Error);
  EXPECT_THROW(read(query, "table", std::string(129, 'x')), Error);
  EXPECT_THROW(read(query, "table", std::nullopt), Error);
  EXPECT_EQ(read(query, "table", std::string(128, 'x')), std::string(128, 'x'));
}

TEST(CatalogCell, ErrorsNameTheColumnAndNothingUnprintable) {
  try {
    read(foreign_keys_query(), "delete_action", "X\n\x1b[2J" + std::string(500, 'y'));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.detail.find("\"delete_action\" of foreign_keys"), std::string::npos) << error.detail;
    EXPECT_LT(error.detail.size(), 200u);
    for (const char c : error.detail) EXPECT_GE(c, ' ');
  }
}

constexpr CatalogColumn some_columns[] = {{"table", CatalogKind::name}, {"rows", CatalogKind::integer, true}};

std::string read_all(AnsweringSession& session) {
  CatalogBudget budget;
  std::string rows;
  read_catalog(session, {"some", "SELECT ...", some_columns}, budget, [&](const CatalogRow& row) {
    rows += row.text("table") + "=" + row["rows"].value_or("NULL") + ";";
    return true;
  });
  return rows;
}

TEST(ReadCatalog, ColumnsAreFoundByTheirNames) {
  AnsweringSession in_order({"table", "rows"}, {{"a", "1"}, {"b", std::nullopt}});
  EXPECT_EQ(read_all(in_order), "a=1;b=NULL;");
  AnsweringSession elsewhere({"rows", "more", "table"}, {{"1", "x", "a"}, {std::nullopt, "'", "b"}});
  EXPECT_EQ(read_all(elsewhere), "a=1;b=NULL;");
  EXPECT_TRUE(elsewhere.is_read());
}

TEST(ReadCatalog, AMissingColumnIsNamed) {
  AnsweringSession session({"table", "row"}, {{"a", "1"}});
  try {
    read_all(session);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.detail, "The answer to \"some\" has no column \"rows\".");
  }
}

TEST(ReadCatalog, WhatIsKeptIsCounted) {
  constexpr CatalogColumn one[] = {{"comment", CatalogKind::text}};
  const std::string megabytes(std::size_t{50} << 20, 'x');
  for (const bool keeps : {false, true}) {
    AnsweringSession session({"comment"}, {{megabytes}, {megabytes}, {megabytes}});
    CatalogBudget left;
    const auto read = [&] { read_catalog(session, {"some", "", one}, left, [&](const CatalogRow&) { return keeps; }); };
    if (keeps) {
      EXPECT_THROW(read(), Error);
    } else {
      EXPECT_NO_THROW(read());
    }
  }
  CatalogBudget budget;
  EXPECT_NO_THROW(budget.take(std::size_t{100} << 20));
  EXPECT_THROW(budget.take(std::size_t{30} << 20), Error);
}

TEST(CatalogRow, CellsByName) {
  const CatalogRow row(some_columns, {"a", "99999999999"});
  EXPECT_EQ(row.text("table"), "a");
  EXPECT_EQ(row.integer("rows"), 2147483647);
  EXPECT_THROW(row["row"], Error);
}

}  // namespace
}  // namespace mssql::source
