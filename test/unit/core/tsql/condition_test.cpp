#include "core/tsql/condition.hpp"

#include <gtest/gtest.h>

namespace mssql::tsql {
namespace {

TEST(Condition, EachTestHasAForm) {
  EXPECT_EQ(form_of(tsql::Test::holds), "? = 1");
  EXPECT_EQ(form_of(tsql::Test::fails), "? = 0");
  EXPECT_EQ(form_of(tsql::Test::is_true), "(? = 1 AND ? IS NOT NULL)");
  EXPECT_EQ(form_of(tsql::Test::is_not_true), "(? = 0 OR ? IS NULL)");
  EXPECT_EQ(form_of(tsql::Test::is_false), "(? = 0 AND ? IS NOT NULL)");
  EXPECT_EQ(form_of(tsql::Test::is_not_false), "(? = 1 OR ? IS NULL)");
  EXPECT_EQ(form_of(tsql::Test::is_null), "? IS NULL");
  EXPECT_EQ(form_of(tsql::Test::is_not_null), "? IS NOT NULL");
}

}  // namespace
}  // namespace mssql::tsql
