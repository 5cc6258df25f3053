// Bulk loads, as a server takes them.
#include "core/tds/session.hpp"

#include <gtest/gtest.h>

#include "../scalars.hpp"
#include "server_of_environment.hpp"

namespace mssql::tds {
namespace {

using namespace std::string_literals;
using namespace canned;
using namespace drivers;

// Loads rows of one or more columns; nothing: NULL.
std::int64_t load(Session& session, std::string_view table, const std::vector<BulkColumn>& columns,
                  const std::vector<std::vector<std::optional<std::string>>>& rows) {
  session.bulk_begin(table, columns, false);
  for (const auto& row : rows) {
    std::vector<Scalar> values;
    for (std::size_t i = 0; i < row.size(); ++i) values.push_back(row[i] ? scalar(columns[i].type, *row[i]) : Scalar{});
    session.bulk_row(values);
  }
  return session.bulk_end();
}

class LoadServerTest : public ServerTest {};

TEST_P(LoadServerTest, OnlyTheNativeDriverLoads) {
  const auto session = open();
  run(*session, "CREATE TABLE #one (n int)");
  const auto load_one = [&] { load(*session, "#one", {{"n", {Type::int_}}}, {{"1"}}); };
  EXPECT_STREQ(error_of(load_one).sqlstate, GetParam() == DriverKind::freetds ? "0A000" : "00000");
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #one"), GetParam() == DriverKind::freetds ? "0" : "1");
}

INSTANTIATE_TEST_SUITE_P(Drivers, LoadServerTest, both_drivers, driver_name);

class BulkServerTest : public ServerTest {};

TEST_P(BulkServerTest, ManyRows) {
  const auto session = open();
  run(*session,
      "CREATE TABLE #bulk (id int NOT NULL PRIMARY KEY, t nvarchar(100), d decimal(10,2), b varbinary(10), w "
      "datetime)");
  const std::vector<BulkColumn> columns = {{"id", {Type::int_, 4, 0, 0}},
                                           {"t", {Type::nvarchar, 200, 0, 0}},
                                           {"d", {Type::decimal, 9, 10, 2}},
                                           {"b", {Type::varbinary, 10, 0, 0}},
                                           {"w", {Type::datetime, 8, 0, 0}}};
  const int rows = 2500;
  session->bulk_begin("#bulk", columns, false);
  const DateTime new_year = moment("2020-01-01");
  for (int i = 1; i <= rows; ++i) {
    const std::string id = little(i, 4), text = "it's \\\n " + std::to_string(i);
    const Scalar values[] = {std::int64_t{i}, i % 7 == 0 ? Scalar{} : Text{text}, Decimal{static_cast<unsigned>(i), 2},
                             i % 5 == 0 ? Scalar{} : Binary{id}, DateTime{std::int64_t{1'000'000} * i, new_year.days}};
    session->bulk_row(values);
  }
  EXPECT_EQ(session->bulk_end(), rows);
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #bulk"), "2500");
  EXPECT_EQ(ask(*session, "SELECT t FROM #bulk WHERE id = 1234"), "it's \\\n 1234");
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #bulk WHERE t IS NULL"), "357");
  EXPECT_EQ(ask(*session, "SELECT d FROM #bulk WHERE id = 2500"), "25.00");
  EXPECT_EQ(ask(*session, "SELECT w FROM #bulk WHERE id = 61"), "2020-01-01 00:01:01.000");
}

TEST_P(BulkServerTest, EveryType) {
  const auto session = open();
  const std::string wide(9000, 'w');
  std::string wide_in_hex;
  for (std::size_t i = 0; i < wide.size(); ++i) wide_in_hex += "77";
  const struct {
    const char* declaration;
    std::string value;
    std::string text;
  } values[] = {
      {"bit", "1", "true"},
      {"tinyint", "255", "255"},
      {"smallint", "-32768", "-32768"},
      {"bigint", "1", "1"},
      {"decimal(38,4)", "-1.5", "-1.5000"},
      {"money", "1.5", "1.5000"},
      {"smallmoney", "1.5", "1.5000"},
      {"real", "1", "1"},
      {"float", "1", "1"},
      {"date", "0001-01-01", "0001-01-01"},
      {"time(3)", "00:00:01.001", "00:00:01.001"},
      {"smalldatetime", "1900-01-02 01:01:00", "1900-01-02 01:01:00"},
      {"datetime", "1900-01-02 00:00:01", "1900-01-02 00:00:01.000"},
      {"datetime2(0)", "0001-01-02 00:00:01", "0001-01-02 00:00:01"},
      {"datetimeoffset(0)", "0001-01-02 01:00:00 +01:00", "0001-01-02 01:00:00 +01:00"},
      {"uniqueidentifier", "00112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeeff"},
      {"char(5)", "it's", "it's "},
      {"varchar(20)", "gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
      {"varchar(max)", wide, wide},
      {"nchar(3)", "\xE6\xBC\xA2", "\xE6\xBC\xA2  "},
      {"nvarchar(10)", "", ""},
      {"nvarchar(max)", "\xF0\x9F\x98\x80" + wide, "\xF0\x9F\x98\x80" + wide},
      {"binary(4)", "\1", "\\x01000000"},
      {"varbinary(10)", "", "\\x"},
      {"varbinary(max)", wide, "\\x" + wide_in_hex},
      {"xml", "<a>b</a>", "<a>b</a>"},
  };
  for (const auto& value : values) {
    run(*session, "CREATE TABLE #every (c " + std::string(value.declaration) + " NULL)");
    EXPECT_EQ(load(*session, "#every", {{"c", parse_declaration(value.declaration)}}, {{value.value}, {std::nullopt}}),
              2)
        << value.declaration;
    EXPECT_EQ(ask(*session, "SELECT c FROM #every WHERE c IS NOT NULL"), value.text) << value.declaration;
    EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #every WHERE c IS NULL"), "1") << value.declaration;
    run(*session, "DROP TABLE #every");
  }
}

TEST_P(BulkServerTest, KeepsTheTablesRules) {
  const auto session = open();
  run(*session, "CREATE TABLE #rules (id int IDENTITY(10,1) PRIMARY KEY, n int NULL DEFAULT 7 UNIQUE)");
  const BulkColumn id = {"id", {Type::int_, 4, 0, 0}};
  const BulkColumn n = {"n", {Type::int_, 4, 0, 0}};
  EXPECT_EQ(load(*session, "#rules", {n}, {{"1"}, {std::nullopt}}), 2);
  EXPECT_EQ(ask(*session, "SELECT MIN(id) FROM #rules"), "10");
  EXPECT_EQ(ask(*session, "SELECT COUNT(n) FROM #rules"), "1");  // the default is not taken
  run(*session, "SET IDENTITY_INSERT #rules ON");
  EXPECT_EQ(load(*session, "#rules", {id, n}, {{"100", "5"}}), 1);
  run(*session, "SET IDENTITY_INSERT #rules OFF");
  EXPECT_EQ(ask(*session, "SELECT n FROM #rules WHERE id = 100"), "5");

  // What the server refuses is refused as a whole, and the session goes on
  std::vector<std::vector<std::optional<std::string>>> rows;
  for (int i = 1000; i < 4000; ++i) rows.push_back({std::to_string(i)});
  rows[1500] = rows[1499];
  const Error duplicate = error_of([&] { load(*session, "#rules", {n}, rows); });
  EXPECT_STREQ(duplicate.sqlstate, "23505") << duplicate.message;
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #rules"), "3");
  EXPECT_EQ(error_of([&] { load(*session, "#no_such_table", {n}, {{"1"}}); }).server_number, 208);
  EXPECT_EQ(error_of([&] { load(*session, "#rules", {{"no such column", n.type}}, {{"1"}}); }).server_number, 207);
  EXPECT_EQ(load(*session, "#rules", {n}, {}), 0);
}

TEST_P(BulkServerTest, IsThePartOfACallersTransaction) {
  const auto session = open();
  run(*session, "CREATE TABLE #part (n int)");
  const std::vector<BulkColumn> columns = {{"n", {Type::int_}}};
  session->begin_transaction(IsolationLevel::unchanged);
  EXPECT_EQ(load(*session, "#part", columns, {{"1"}, {"2"}}), 2);
  EXPECT_EQ(ask(*session, "SELECT @@TRANCOUNT"), "1");
  session->roll_back_transaction();
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #part"), "0");
  EXPECT_EQ(load(*session, "#part", columns, {{"3"}}), 1);
  EXPECT_EQ(ask(*session, "SELECT @@TRANCOUNT"), "0");
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #part"), "1");
}

TEST_P(BulkServerTest, IsCalledOff) {
  const auto session = open();
  run(*session, "CREATE TABLE #off (t nvarchar(max))");
  const std::vector<BulkColumn> columns = {{"t", {Type::nvarchar, -1, 0, 0}}};
  const std::string text(5000, 'x');
  const Scalar values[] = {Text{text}};
  session->bulk_begin("#off", columns, false);
  for (int i = 0; i < 2000; ++i) session->bulk_row(values);
  session->cancel();
  ASSERT_TRUE(session->alive());
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #off"), "0");
  EXPECT_EQ(load(*session, "#off", columns, {{"again"}}), 1);
}

INSTANTIATE_TEST_SUITE_P(Drivers, BulkServerTest, ::testing::Values(DriverKind::native), driver_name);

}  // namespace
}  // namespace mssql::tds
