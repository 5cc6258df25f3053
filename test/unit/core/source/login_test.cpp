#include "core/source/login.hpp"

#include <gtest/gtest.h>

namespace mssql::source {
namespace {

TEST(PlaceTest, IsAPortOrAnInstance) {
  Login login;
  login.host = "sql01";
  login.port = 11433;
  EXPECT_EQ(place(login), "\"sql01\", port 11433");
  login.instance = "PROD";
  EXPECT_EQ(place(login), "\"sql01\", instance \"PROD\"");
}

TEST(SilenceErrorTest, NamesServerTimeAndOption) {
  const Error error = silence_error("\"sql01\", port 1433", 30);
  EXPECT_STREQ(error.sqlstate, "08006");
  EXPECT_EQ(error.message, "connection to server at \"sql01\", port 1433 was lost: the server was silent for 30 s");
  EXPECT_NE(error.hint.find("\"query_timeout\""), std::string::npos);
}

TEST(DriverKindTest, OnlyFreeTdsConvertsText) {
  EXPECT_TRUE(converts_text(DriverKind::freetds));
  EXPECT_FALSE(converts_text(DriverKind::native));
  EXPECT_FALSE(converts_text(DriverKind::automatic));
}

}  // namespace
}  // namespace mssql::source
