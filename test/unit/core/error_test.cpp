#include "core/error.hpp"

#include <gtest/gtest.h>

namespace mssql {
namespace {

TEST(Error, CarriesFiveCharactersOfSqlstate) {
  const Error error("22008", "message", "Detail.", "Hint.");
  EXPECT_STREQ(error.sqlstate, "22008");
  EXPECT_STREQ(error.what(), "message");
  EXPECT_EQ(error.detail, "Detail.");
  EXPECT_EQ(error.hint, "Hint.");
  EXPECT_EQ(error.server_number, 0);
  EXPECT_FALSE(error.is_interruption());
}

TEST(Error, SurvivesAShortOrLongSqlstate) {
  EXPECT_STREQ(Error("XX", "m").sqlstate, "XX");
  EXPECT_STREQ(Error("1234567", "m").sqlstate, "12345");
}

TEST(Error, InterruptionIsMarked) { EXPECT_TRUE(Error::interrupted().is_interruption()); }

TEST(Error, FromServerKeepsTextAndDescribesPlace) {
  ServerMessage message;
  message.number = 2627;
  message.severity = 14;
  message.state = 1;
  message.line = 3;
  message.procedure = "p";
  message.text = "Violation of PRIMARY KEY constraint 'PK'.\r\n";
  const Error error = Error::from_server(message);
  EXPECT_STREQ(error.sqlstate, "23505");
  EXPECT_EQ(error.message, "Violation of PRIMARY KEY constraint 'PK'.");
  EXPECT_EQ(error.detail, "SQL Server error 2627, severity 14, state 1, procedure p, line 3.");
  EXPECT_EQ(error.server_number, 2627);
}

TEST(Error, FromServerLeavesOutWhatIsUnknown) {
  ServerMessage message;
  message.number = 99999;
  message.severity = 16;
  const Error error = Error::from_server(message);
  EXPECT_STREQ(error.sqlstate, "HV000");
  EXPECT_EQ(error.message, "SQL Server reported an error without a text");
  EXPECT_EQ(error.detail, "SQL Server error 99999, severity 16, state 0.");
}

TEST(ServerErrors, MapToSqlstates) {
  const std::pair<int, const char*> expected[] = {
      {2627, "23505"},  {2601, "23505"},  {547, "23503"},        {515, "23502"},   {1205, "40P01"}, {3960, "40001"},
      {1222, "55P03"},  {18456, "28P01"}, {18452, "28000"},      {4060, "3D000"},  {911, "3D000"},  {208, "42P01"},
      {207, "42703"},   {229, "42501"},   {230, "42501"},        {262, "42501"},   {297, "42501"},  {300, "42501"},
      {916, "42501"},   {102, "42601"},   {105, "42601"},        {156, "42601"},   {170, "42601"},  {319, "42601"},
      {2714, "42P07"},  {2812, "42883"},  {245, "22P02"},        {8114, "22P02"},  {8169, "22P02"}, {220, "22003"},
      {8115, "22003"},  {232, "22003"},   {8134, "22012"},       {8152, "22001"},  {2628, "22001"}, {242, "22008"},
      {1105, "53100"},  {9002, "53100"},  {701, "53200"},        {3902, "25P01"},  {3903, "25P01"}, {3952, "55000"},
      {40501, "53000"}, {10928, "53000"}, {40613, "57P03"},      {49918, "53000"}, {101, "42601"},  {33557097, "HV000"},
      {0, "HV000"},     {-1, "HV000"},    {2147483647, "HV000"},
  };
  for (const auto& [number, sqlstate] : expected) EXPECT_STREQ(sqlstate_of_server_error(number), sqlstate) << number;
}

TEST(ServerErrors, OnlyAPersonOrATimeoutCancels) {
  for (int number = 0; number < 60000; ++number) EXPECT_STRNE(sqlstate_of_server_error(number), "57014") << number;
}

TEST(ServerErrors, WhatATransactionCannotDoHasAHint) {
  for (int number : {226, 3952, 3964, 7391, 7420}) {
    const Error error = Error::from_server(ServerMessage{number, 1, 16, 1, "no", "", ""});
    EXPECT_NE(error.hint.find("isolation"), std::string::npos) << number;
  }
  EXPECT_NE(Error::from_server(ServerMessage{1222, 1, 16, 1, "no", "", ""}).hint.find("source_lock_timeout"),
            std::string::npos);
  EXPECT_EQ(Error::from_server(ServerMessage{208, 1, 16, 1, "no", "", ""}).hint, "");
}

TEST(ServerErrors, TellTransientFromPermanent) {
  for (int number :
       {1204, 1205, 1222, 3960, 4221, 8628, 40197, 40501, 40613, 42109, 49918, 49919, 49920, 10928, 10929, 41302})
    EXPECT_TRUE(is_transient_server_error(number)) << number;
  for (int number : {0, 208, 2627, 547, 18456, 4060, 8152, 9002, 40532, 42108, 33557097})
    EXPECT_FALSE(is_transient_server_error(number)) << number;
  for (int number : {1205, 4014})
    EXPECT_TRUE(Error::from_server(ServerMessage{number, 1, 16, 1, "no", "", ""}).is_transient()) << number;
  EXPECT_FALSE(Error::from_server(ServerMessage{208, 1, 16, 1, "no", "", ""}).is_transient());
  EXPECT_TRUE(Error(sqlstate::connection_failure, "lost").is_transient());
  EXPECT_TRUE(Error(sqlstate::cannot_connect, "refused").is_transient());
  EXPECT_FALSE(Error(sqlstate::out_of_memory, "out of memory").is_transient());
  EXPECT_FALSE(Error::interrupted().is_transient());
}

}  // namespace
}  // namespace mssql
