// The bytes of a bulk load; how a server answers them is in driver_bulk_test.cpp
// and ../session_bulk_test.cpp.
#include "core/tds/native/bulk_load.hpp"

#include <gtest/gtest.h>

#include "../../scalars.hpp"
#include "../canned_server.hpp"
#include "../cells.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;
using namespace canned;

BulkColumn bulk_column(const char* name, const char* declaration) { return {name, parse_declaration(declaration)}; }

// One value of one column, without the token.
std::string encoded(const char* declaration, std::string_view text) {
  BulkLoad load("[t]", std::vector<BulkColumn>{bulk_column("c", declaration)});
  const Scalar row[] = {parameter(declaration, text).value};
  return std::string(load.encode(row).substr(1));
}

TEST(BulkLoadTest, StatementAndMetadata) {
  const std::vector<BulkColumn> columns = {bulk_column("a]b", "int"), bulk_column("t", "varchar(20)"),
                                           bulk_column("v", "varbinary(max)"), bulk_column("d", "decimal(10,2)"),
                                           bulk_column("x", "xml")};
  const BulkLoad load("[s].[t]", columns);
  EXPECT_EQ(
      load.statement(),
      "INSERT BULK [s].[t] ([a]]b] int, [t] nvarchar(4000), [v] varbinary(max), [d] decimal(10,2), [x] nvarchar(max))"
      " WITH (CHECK_CONSTRAINTS, FIRE_TRIGGERS, KEEP_NULLS)");
  const std::string head = little(0, 4) + little(9, 2);
  EXPECT_EQ(load.metadata(ServerState{}), "\x81" + little(5, 2) + head + intn_type(4) + name8("a]b") + head +
                                              nvarchar_type(8000) + name8("t") + head + varbinary_type(-1) +
                                              name8("v") + head + "\x6a\x11\x0a\x02" + name8("d") + head +
                                              nvarchar_type(-1) + name8("x"));
  EXPECT_EQ(BulkLoad::end(), done(canned::final));
}

TEST(BulkLoadTest, TextIsShortWhereTheColumnIs) {
  const auto sent = [](const char* declaration) {
    const std::string statement = BulkLoad("[t]", std::vector<BulkColumn>{bulk_column("c", declaration)}).statement();
    return statement.substr(21, statement.find(") WITH") - 21);
  };
  EXPECT_EQ(sent("nvarchar(4000)"), "nvarchar(4000)");
  EXPECT_EQ(sent("varchar(4000)"), "nvarchar(4000)");
  EXPECT_EQ(sent("varchar(4001)"), "nvarchar(max)");
  EXPECT_EQ(sent("nvarchar(max)"), "nvarchar(max)");
  EXPECT_EQ(sent("ntext"), "nvarchar(max)");
  EXPECT_EQ(sent("sql_variant"), "nvarchar(4000)");
  EXPECT_EQ(sent("binary(8000)"), "varbinary(8000)");
  EXPECT_EQ(sent("image"), "varbinary(max)");
  EXPECT_EQ(sent("geometry"), "varbinary(max)");
}

TEST(BulkLoadTest, Rows) {
  EXPECT_EQ(encoded("bit", "1"), value8("\1"));
  EXPECT_EQ(encoded("bigint", "7"), value8(little(7, 8)));
  EXPECT_EQ(encoded("decimal(10,2)", "0.07"), value8("\1" + little(7, 8) + little(0, 8)));
  EXPECT_EQ(encoded("datetime2(3)", "0001-01-02 00:00:00.005"), value8(little(5, 4) + little(1, 3)));
  EXPECT_EQ(encoded("nvarchar(5)", "a\xC3\xA9"), value16("a\0\xE9\0"s));
  EXPECT_EQ(encoded("nvarchar(5)", ""), value16(""));
  EXPECT_EQ(encoded("nvarchar(max)", "ab"), little(4, 8) + little(4, 4) + utf16("ab") + little(0, 4));
  EXPECT_EQ(encoded("nvarchar(max)", ""), little(0, 8) + little(0, 4));
  EXPECT_EQ(encoded("varbinary(3)", "\0\1"s), value16("\0\1"s));
  BulkLoad load("[t]", std::vector<BulkColumn>{bulk_column("i", "int"), bulk_column("s", "nvarchar(5)"),
                                               bulk_column("m", "varbinary(max)")});
  const Scalar nulls[] = {{}, {}, {}};
  EXPECT_EQ(load.encode(nulls), "\xd1"s + null8 + null16 + std::string(8, '\xff'));
  EXPECT_EQ(load.rows(), 1);
}

TEST(BulkLoadTest, BadValuesAreRefused) {
  const auto state = [](const char* declaration, std::string_view text) {
    return thrown_by([&] { encoded(declaration, text); }).sqlstate;
  };
  EXPECT_EQ(state("bit", "2"), "22003");
  EXPECT_EQ(state("decimal(2,1)", "10.0"), "22003");
  EXPECT_EQ(state("float", "inf"), "22003");
  EXPECT_EQ(state("real", "nan"), "22003");
  EXPECT_EQ(state("datetime", "1752-12-31"), "22008");
  EXPECT_EQ(state("nvarchar(5)", "\xff"), "22021");
  EXPECT_EQ(state("nvarchar(5)", std::string(4001, 'x')), "22001");
  EXPECT_EQ(state("varbinary(5)", std::string(8001, 'x')), "22001");
  EXPECT_EQ(state("rowversion", std::string(8, 'x')), "22023");
  EXPECT_EQ(thrown_by([] { encoded("tinyint", "256"); }).message,
            "value of column \"c\" is out of range for type tinyint: \"256\"");
}

TEST(BulkLoadTest, RowThatFailsLeavesNothing) {
  BulkLoad load("[t]", std::vector<BulkColumn>{bulk_column("a", "int"), bulk_column("b", "int")});
  const Scalar good = std::int64_t{1};
  const Scalar bad_row[] = {good, std::int64_t{1} << 40};
  const Scalar good_row[] = {good, good};
  EXPECT_NE(thrown_by([&] { load.encode(bad_row); }).sqlstate, "");
  EXPECT_EQ(thrown_by([&] { load.encode(std::span(good_row).first(1)); }).sqlstate, "22023");
  EXPECT_EQ(load.encode(good_row), "\xd1" + value8(little(1, 4)) + value8(little(1, 4)));
  EXPECT_EQ(load.rows(), 1);
}

TEST(BulkLoadTest, NamesAreChecked) {
  EXPECT_EQ(thrown_by([] { BulkLoad("[t]", {}); }).sqlstate, "22023");
  EXPECT_EQ(thrown_by([] { BulkLoad("[t]", std::vector<BulkColumn>{{std::string(129, 'x'), {}}}); }).sqlstate, "42622");
  EXPECT_EQ(thrown_by([] { BulkLoad("[t]", std::vector<BulkColumn>{{"\xff", {}}}); }).sqlstate, "22021");
}

}  // namespace
}  // namespace mssql::tds::native
