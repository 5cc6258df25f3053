#include "core/tsql/functions.hpp"

#include <gtest/gtest.h>

namespace mssql::tsql {
namespace {

TEST(Functions, AreFoundByNameArgumentsAndField) {
  const Function* month = find_function("date_trunc month(timestamp without time zone)");
  ASSERT_NE(month, nullptr);
  EXPECT_EQ(declare(month->result), "datetime2(0)");
  EXPECT_EQ(find_function("length(text)")->result.type, Type::int_);
  for (const char* unknown :
       {"length(bytea)", "lower(text)", "date_trunc month(timestamp with time zone)", "", "date_trunc"})
    EXPECT_EQ(find_function(unknown), nullptr) << unknown;
}

std::string formed(std::string_view name, std::string_view declaration, int digits = 0) {
  const std::optional<Formed> result = decimal_function(name, "c", parse_declaration(declaration), digits);
  return result ? result->text + " is " + declare(result->type) : "-";
}

// Rounding may carry into a digit more, for which the argument has to have room before.
TEST(Functions, OfDecimals) {
  EXPECT_EQ(formed("abs", "decimal(10,2)"), "CAST(ABS(c) AS decimal(10,2)) is decimal(10,2)");
  EXPECT_EQ(formed("floor", "decimal(3,2)"), "CAST(FLOOR(CAST(c AS decimal(4,2))) AS decimal(2,0)) is decimal(2,0)");
  EXPECT_EQ(formed("ceil", "decimal(3,2)"), "CAST(CEILING(CAST(c AS decimal(4,2))) AS decimal(2,0)) is decimal(2,0)");
  EXPECT_EQ(formed("round", "decimal(3,2)", 1),
            "CAST(ROUND(CAST(c AS decimal(4,2)), 1) AS decimal(3,1)) is decimal(3,1)");
  EXPECT_EQ(formed("trunc", "decimal(3,2)", 1),
            "CAST(ROUND(CAST(c AS decimal(4,2)), 1, 1) AS decimal(3,1)) is decimal(3,1)");
  EXPECT_EQ(formed("round", "decimal(10,2)", 4), "CAST(c AS decimal(13,4)) is decimal(13,4)");
  EXPECT_EQ(formed("round", "decimal(10,2)", -1), "-");
  EXPECT_EQ(formed("round", "decimal(38,2)", 1), "-");
  EXPECT_EQ(formed("floor", "decimal(38,2)"), "-");
  EXPECT_EQ(formed("sqrt", "decimal(10,2)"), "-");
}

TEST(Functions, ResultsOfDecimalArithmetic) {
  const auto result = [](char op, std::string_view left, std::string_view right) {
    const std::optional<RemoteType> type = decimal_result(op, parse_declaration(left), parse_declaration(right));
    return type ? declare(*type) : "-";
  };
  EXPECT_EQ(result('+', "decimal(10,2)", "decimal(5,4)"), "decimal(13,4)");
  EXPECT_EQ(result('-', "decimal(10,2)", "decimal(10,2)"), "decimal(11,2)");
  EXPECT_EQ(result('*', "decimal(10,2)", "decimal(5,4)"), "decimal(16,6)");
  EXPECT_EQ(result('+', "decimal(38,2)", "decimal(10,2)"), "-");
  EXPECT_EQ(result('*', "decimal(20,2)", "decimal(18,2)"), "-");
}

TEST(Functions, NumbersAsDecimals) {
  const auto decimal = [](std::string_view declaration) {
    const std::optional<RemoteType> type = as_decimal(parse_declaration(declaration));
    return type ? declare(*type) : "-";
  };
  EXPECT_EQ(decimal("bigint"), "decimal(19,0)");
  EXPECT_EQ(decimal("tinyint"), "decimal(3,0)");
  EXPECT_EQ(decimal("smallmoney"), "decimal(10,4)");
  EXPECT_EQ(decimal("decimal(12,3)"), "decimal(12,3)");
  EXPECT_EQ(decimal("float"), "-");
}

}  // namespace
}  // namespace mssql::tsql
