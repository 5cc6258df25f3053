#include "core/tds/native/prepared.hpp"

#include <gtest/gtest.h>

namespace mssql::tds::native {
namespace {

using Way = PreparedStatement::Way;

TEST(PreparedTest, AStatementIsItsTextItsDeclarationsAndItsDatabase) {
  PreparedStatements statements;
  statements.use("SELECT @P1", "@P1 int", "a")->learn(5);
  EXPECT_EQ(statements.use("SELECT @P1", "@P1 int", "a")->handle(), 5);
  EXPECT_EQ(statements.use("SELECT @P2", "@P1 int", "a")->handle(), 0);
  EXPECT_EQ(statements.use("SELECT @P1", "@P1 bigint", "a")->handle(), 0);
  EXPECT_EQ(statements.use("SELECT @P1", "@P1 int", "b")->handle(), 0);
}

TEST(PreparedTest, TheSecondUsePrepares) {
  PreparedStatements statements;
  EXPECT_EQ(statements.use("s", "d", "")->way(), Way::execute_sql);
  PreparedStatement* statement = statements.use("s", "d", "");
  EXPECT_EQ(statement->way(), Way::prepare);
  statement->ask();
  statement->learn(1);
  EXPECT_EQ(statements.use("s", "d", "")->way(), Way::execute);
  statement->forget();
  EXPECT_EQ(statements.use("s", "d", "")->way(), Way::prepare);
}

TEST(PreparedTest, TheLeastRecentlyUsedMakesRoom) {
  PreparedStatements statements;
  for (int i = 0; i < 100; ++i) {
    statements.use(std::to_string(i), "", "")->learn(i + 1);
    statements.use("0", "", "");
  }
  EXPECT_EQ(statements.use("0", "", "")->handle(), 1);
  const std::vector<std::int32_t> surplus = statements.take_surplus();
  ASSERT_EQ(surplus.size(), 100 - PreparedStatements::most_statements);
  EXPECT_EQ(surplus.front(), 2);
  EXPECT_TRUE(statements.take_surplus().empty());
}

TEST(PreparedTest, LongStatementsAreNotKept) {
  PreparedStatements statements;
  EXPECT_EQ(statements.use(std::string(PreparedStatements::longest_statement + 1, 'x'), "", ""), nullptr);
}

}  // namespace
}  // namespace mssql::tds::native
