// Parameters, prepared statements and transactions of either driver, as a server takes them.
#include "core/tds/session.hpp"

#include <gtest/gtest.h>

#include "../scalars.hpp"
#include "server_of_environment.hpp"

namespace mssql::tds {
namespace {

using namespace std::string_literals;
using namespace drivers;

TEST_P(ServerTest, ParametersArriveExactly) {
  const auto session = open();
  std::string wide;
  for (int i = 0; i < 5000; ++i) wide += "漢";
  const auto echo = [&](std::string declaration, std::optional<std::string> text) {
    return ask(*session, "SELECT CAST(@P1 AS " + declaration + ")",
               std::vector<Parameter>{text ? parameter(declaration, *text) : null_parameter(declaration)});
  };
  EXPECT_EQ(echo("int", "-2147483648"), "-2147483648");
  EXPECT_EQ(echo("decimal(38,10)", "9999999999999999999999999999.9999999999"),
            "9999999999999999999999999999.9999999999");
  EXPECT_EQ(echo("nvarchar(max)", wide), wide);
  EXPECT_EQ(echo("nvarchar(max)", std::string(9000, 'x')), std::string(9000, 'x'));
  EXPECT_EQ(echo("nvarchar(10)", "it's 😀"), "it's 😀");
  EXPECT_EQ(echo("nvarchar(10)", ""), "");
  EXPECT_EQ(echo("nvarchar(10)", std::nullopt), "NULL");
  EXPECT_EQ(echo("varbinary(10)", "\0\xff\x10"s), "\\x00ff10");
  EXPECT_EQ(echo("varbinary(10)", ""), "\\x");
  EXPECT_EQ(ask(*session, "SELECT DATALENGTH(@P1)",
                std::vector<Parameter>{parameter("varbinary(max)", std::string(10000, 'a'))}),
            "10000");
}

// Every type at its ends, as the server understands it and as it comes back.
TEST_P(ServerTest, ParametersOfEveryType) {
  const auto session = open();
  const std::pair<const char*, const char*> values[] = {
      {"bit", "1"},
      {"tinyint", "255"},
      {"smallint", "-32768"},
      {"bigint", "-9223372036854775808"},
      {"decimal(5,5)", "-0.12345"},
      {"decimal(18,0)", "999999999999999999"},
      {"decimal(28,28)", "0.0000000000000000000000000001"},
      {"money", "-922337203685477.5808"},
      {"smallmoney", "214748.3647"},
      {"real", "0.1"},
      {"float", "1.7976931348623157e+308"},
      {"date", "0001-01-01"},
      {"date", "9999-12-31"},
      {"time(0)", "23:59:59"},
      {"time(7)", "23:59:59.999999"},
      {"smalldatetime", "2079-06-06T23:59:00"},
      {"datetime", "1753-01-01T00:00:00"},
      {"datetime", "9999-12-31T23:59:59.997"},
      {"datetime2(3)", "0001-01-01T00:00:00.001"},
      {"datetime2(7)", "9999-12-31T23:59:59.999999"},
      {"datetimeoffset(0)", "2020-02-29T00:00:00+14:00"},
      {"datetimeoffset(7)", "2020-02-29T23:59:59.999999-00:30"},
      {"uniqueidentifier", "00112233-4455-6677-8899-aabbccddeeff"},
      {"binary(4)", "abcd"},
      {"varchar(20)", "it's"},
      {"xml", "<a>b</a>"},
  };
  for (const auto& [declaration, text] : values) {
    const std::vector<Parameter> parameters = {parameter(declaration, text)};
    const std::string literal = "'" + std::string(text == "it's"s ? "it''s" : text) + "'";
    const std::string value = "CAST(" + literal + " AS " + declaration + ")";
    if (declaration != "xml"s) {
      EXPECT_EQ(ask(*session, "SELECT CASE WHEN @P1 = " + value + " THEN 'same' ELSE 'other' END", parameters), "same")
          << declaration << ' ' << text;
    }
    EXPECT_EQ(ask(*session, "SELECT @P1", parameters), ask(*session, "SELECT " + value)) << declaration;
    const std::vector<Parameter> null = {null_parameter(declaration)};
    EXPECT_EQ(ask(*session, "SELECT CASE WHEN @P1 IS NULL THEN 'NULL' ELSE 'value' END", null), "NULL") << declaration;
  }
}

// The second run of a statement prepares it where the driver does that; whatever becomes of the
// handle, the answers are right.
TEST_P(ServerTest, StatementsAreRunAgainAndAgain) {
  const auto session = open();
  const auto number = [](int n) { return std::vector<Parameter>{{{Type::int_}, std::int64_t{n}}}; };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(*session, "SELECT @P1 + 1", number(i)), std::to_string(i + 1));
  EXPECT_EQ(ask(*session, "SELECT @P1 + 1", std::vector<Parameter>{null_parameter("int")}), "NULL");
  EXPECT_EQ(ask(*session, "SELECT @P1 + 1", std::vector<Parameter>{parameter("decimal(3,1)", "0.5")}), "1.5");
  // More statements than are kept
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < 100; ++i)
      ASSERT_EQ(ask(*session, "SELECT @P1 - " + std::to_string(i), number(2 * i)), std::to_string(i));
  // An error in one, and one whose rows are not all read
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(error_of([&] { ask(*session, "SELECT 1 / @P1", number(0)); }).server_number, 8134);
    session->execute("SELECT n FROM (SELECT @P1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) AS t", number(1));
    Row row;
    EXPECT_TRUE(session->next_result() && session->fetch(row));
    session->cancel();
  }
  EXPECT_EQ(ask(*session, "SELECT 1 / @P1", number(1)), "1");
}

TEST_P(ServerTest, Transactions) {
  const auto session = open();
  const auto rows = [&] { return ask(*session, "SELECT COUNT(*) FROM #transactions"); };
  run(*session, "CREATE TABLE #transactions (n int)");
  for (const IsolationLevel level : {IsolationLevel::read_committed, IsolationLevel::repeatable_read,
                                     IsolationLevel::serializable, IsolationLevel::unchanged}) {
    session->begin_transaction(level);
    EXPECT_EQ(ask(*session, "SELECT @@TRANCOUNT"), "1");
    run(*session, "INSERT INTO #transactions VALUES (1)");
    session->roll_back_transaction();
    EXPECT_EQ(ask(*session, "SELECT @@TRANCOUNT"), "0");
    EXPECT_EQ(rows(), "0");
  }
  session->roll_back_transaction();  // there is none any more
  session->begin_transaction(IsolationLevel::read_committed);
  run(*session, "INSERT INTO #transactions VALUES (1)");
  session->commit_transaction();
  session->roll_back_transaction();
  EXPECT_EQ(rows(), "1");
  session->begin_transaction(IsolationLevel::unchanged);
  run(*session, "BEGIN TRANSACTION");
  session->commit_transaction();
  EXPECT_EQ(ask(*session, "SELECT @@TRANCOUNT"), "1");
  session->commit_transaction();
  EXPECT_EQ(error_of([&] { session->commit_transaction(); }).server_number, 3902);
  EXPECT_TRUE(session->alive());
}

TEST_P(ServerTest, HandleThatIsLostIsNoError) {
  const auto session = open();
  const auto number = [](int n) { return std::vector<Parameter>{{{Type::int_}, std::int64_t{n}}}; };
  run(*session, "BEGIN TRANSACTION");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(*session, "SELECT @P1 * 7", number(i)), std::to_string(7 * i));
  for (int handle = 1; handle < 20; ++handle)
    error_of([&] { run(*session, "EXEC sp_unprepare " + std::to_string(handle)); });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(*session, "SELECT @P1 * 7", number(i)), std::to_string(7 * i));
  EXPECT_EQ(ask(*session, "SELECT @@TRANCOUNT"), "1");
  run(*session, "ROLLBACK TRANSACTION");
}

INSTANTIATE_TEST_SUITE_P(Drivers, ServerTest, both_drivers, driver_name);

}  // namespace
}  // namespace mssql::tds
