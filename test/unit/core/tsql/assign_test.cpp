#include "core/tsql/assign.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "../scalars.hpp"
#include "core/spelling.hpp"

namespace mssql::tsql {
namespace {

// What a value becomes in a column: its declaration and how it is spelled; "-" for none.
std::string assigned(std::string_view column, const Scalar& value) {
  const std::optional<Parameter> parameter = assign(parse_declaration(column), value);
  if (!parameter) return "-";
  if (const auto* text = std::get_if<Text>(&parameter->value))
    return declare(parameter->type) + " " + std::string(text->utf8);
  std::string text = spelled(parameter->type, parameter->value);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return declare(parameter->type) + " " + text;
}

std::string number(std::string_view column, std::string_view text) { return assigned(column, decimal(text)); }
std::string time_in(std::string_view column, const std::string& text) { return assigned(column, moment(text)); }

TEST(Assign, Integers) {
  EXPECT_EQ(assigned("tinyint", std::int64_t{255}), "tinyint 255");
  EXPECT_EQ(assigned("tinyint", std::int64_t{256}), "-");
  EXPECT_EQ(assigned("tinyint", std::int64_t{-1}), "-");
  EXPECT_EQ(assigned("smallint", std::int64_t{-32768}), "smallint -32768");
  EXPECT_EQ(assigned("smallint", std::int64_t{32768}), "-");
  EXPECT_EQ(assigned("int", std::int64_t{2147483648}), "-");
  EXPECT_EQ(assigned("bigint", std::int64_t{INT64_MIN}), "bigint -9223372036854775808");
  EXPECT_EQ(assigned("bit", std::int64_t{1}), "bit 1");
  EXPECT_EQ(assigned("bit", std::int64_t{2}), "-");
}

TEST(Assign, FractionsAreNoIntegers) {
  EXPECT_EQ(number("int", "12.00"), "int 12");
  EXPECT_EQ(number("int", "12.5"), "-");
  EXPECT_EQ(number("bigint", "-9223372036854775808"), "bigint -9223372036854775808");
  EXPECT_EQ(number("bigint", "9223372036854775808"), "-");
  EXPECT_EQ(assigned("int", 12.0), "int 12");
  EXPECT_EQ(assigned("int", 12.5), "-");
  EXPECT_EQ(assigned("bigint", 9223372036854775808.0), "-");
}

TEST(Assign, DecimalsAreRoundedHalfAwayFromZero) {
  EXPECT_EQ(number("decimal(10,2)", "1.005"), "decimal(10,2) 1.01");
  EXPECT_EQ(number("decimal(10,2)", "-1.005"), "decimal(10,2) -1.01");
  EXPECT_EQ(number("decimal(10,2)", "1.00499"), "decimal(10,2) 1");
  EXPECT_EQ(number("decimal(10,2)", "-0.004"), "decimal(10,2) 0");
  EXPECT_EQ(number("decimal(4,2)", "99.99"), "decimal(4,2) 99.99");
  EXPECT_EQ(number("decimal(4,2)", "99.995"), "-");
  EXPECT_EQ(number("decimal(4,2)", "100"), "-");
  EXPECT_EQ(number("decimal(38,38)", "0.1"), "decimal(38,38) 0.1");
  EXPECT_EQ(number("decimal(38,38)", "1"), "-");
  EXPECT_EQ(number("decimal(38,0)", std::string(38, '9')), "decimal(38,0) " + std::string(38, '9'));
  EXPECT_EQ(assigned("decimal(5,1)", std::int64_t{-12}), "decimal(5,1) -12");
  EXPECT_EQ(assigned("decimal(20,4)", 0.1), "decimal(20,4) 0.1");
  EXPECT_EQ(assigned("decimal(38,0)", 1e21), "decimal(38,0) 1" + std::string(21, '0'));
  EXPECT_EQ(assigned("decimal(38,0)", 1e37), "decimal(38,0) 1" + std::string(37, '0'));
  EXPECT_EQ(assigned("decimal(10,2)", 1e-300), "decimal(10,2) 0");
  EXPECT_EQ(assigned("decimal(38,10)", -1.25e-7), "decimal(38,10) -0.000000125");
  EXPECT_EQ(assigned("decimal(38,0)", 1e39), "-");
}

TEST(Assign, MoneyHasFourPlacesAndItsRange) {
  EXPECT_EQ(number("money", "922337203685477.58074"), "money 922337203685477.5807");
  EXPECT_EQ(number("money", "922337203685477.5808"), "-");
  EXPECT_EQ(number("money", "-922337203685477.5808"), "money -922337203685477.5808");
  EXPECT_EQ(number("smallmoney", "214748.36475"), "-");
  EXPECT_EQ(number("smallmoney", "-0.00005"), "smallmoney -0.0001");
}

TEST(Assign, FloatsStayInRange) {
  EXPECT_EQ(assigned("real", 0.1), "real 0.1");
  EXPECT_EQ(assigned("real", 1e39), "-");
  EXPECT_EQ(assigned("real", 1e-50), "-");
  EXPECT_EQ(assigned("float", 1e308), "float 1e+308");
  EXPECT_EQ(number("float", "12.25"), "float 12.25");
  EXPECT_EQ(assigned("float", std::int64_t{3}), "float 3");
}

TEST(Assign, MomentsAreRoundedHalfUp) {
  EXPECT_EQ(time_in("datetime2(3)", "2020-01-01 00:00:00.0005"), "datetime2(3) 2020-01-01 00:00:00.001");
  EXPECT_EQ(time_in("datetime2(3)", "2020-01-01 00:00:00.000499"), "datetime2(3) 2020-01-01 00:00:00");
  EXPECT_EQ(time_in("datetime2(0)", "2020-12-31 23:59:59.5"), "datetime2(0) 2021-01-01 00:00:00");
  EXPECT_EQ(time_in("datetime2(0)", "9999-12-31 23:59:59.5"), "-");
  EXPECT_EQ(time_in("datetime2(7)", "2020-01-01 00:00:00.000001"), "datetime2(7) 2020-01-01 00:00:00.000001");
  EXPECT_EQ(time_in("time(0)", "23:59:59.4"), "time(0) 23:59:59");
  EXPECT_EQ(time_in("time(0)", "23:59:59.5"), "-");
  EXPECT_EQ(time_in("date", "2020-01-01 00:00"), "date 2020-01-01");
  EXPECT_EQ(time_in("date", "2020-01-01 00:00:01"), "-");
}

TEST(Assign, DatetimeHasTicksAndSmalldatetimeMinutes) {
  EXPECT_EQ(time_in("datetime", "2020-01-01 00:00:00.001"), "datetime 2020-01-01 00:00:00");
  EXPECT_EQ(time_in("datetime", "2020-01-01 00:00:00.002"), "datetime 2020-01-01 00:00:00.003");
  EXPECT_EQ(time_in("datetime", "2020-01-01 00:00:00.005"), "datetime 2020-01-01 00:00:00.007");
  EXPECT_EQ(time_in("datetime", "2020-12-31 23:59:59.999"), "datetime 2021-01-01 00:00:00");
  EXPECT_EQ(time_in("datetime", "9999-12-31 23:59:59.999"), "-");
  EXPECT_EQ(time_in("datetime", "1753-01-01"), "datetime 1753-01-01 00:00:00");
  EXPECT_EQ(time_in("datetime", "1752-12-31 23:59:59"), "-");
  EXPECT_EQ(time_in("smalldatetime", "2020-01-01 00:00:29.999"), "smalldatetime 2020-01-01 00:00:00");
  EXPECT_EQ(time_in("smalldatetime", "2020-01-01 00:00:30"), "smalldatetime 2020-01-01 00:01:00");
  EXPECT_EQ(time_in("smalldatetime", "2079-06-06 23:59:29"), "smalldatetime 2079-06-06 23:59:00");
  EXPECT_EQ(time_in("smalldatetime", "2079-06-06 23:59:30"), "-");
  EXPECT_EQ(time_in("smalldatetime", "1899-12-31"), "-");
}

TEST(Assign, TextIsDeclaredAsLongAsItsKind) {
  EXPECT_EQ(assigned("varchar(5)", Text{"abc"}), "varchar(8000) abc");
  EXPECT_EQ(assigned("char(5)", Text{"é"}), "nvarchar(4000) é");
  EXPECT_EQ(assigned("text", Text{""}), "varchar(8000) ");
  EXPECT_EQ(assigned("nvarchar(5)", Text{"abc"}), "nvarchar(4000) abc");
  const std::string longer(8001, 'x');
  EXPECT_EQ(assign(parse_declaration("varchar(5)"), Text{longer})->type.max_length, -1);
  EXPECT_EQ(assign(parse_declaration("nvarchar(5)"), Text{longer})->type.max_length, -1);
  EXPECT_EQ(assigned("int", Text{"5"}), "nvarchar(4000) 5");
  EXPECT_EQ(assigned("varbinary(2)", Binary{"ab"}), "varbinary(8000) 0x6162");
  EXPECT_EQ(assigned("varbinary(2)", std::int64_t{1}), "-");
}

TEST(Assign, NullHasTheTypeOfMostValues) {
  EXPECT_EQ(declare(assign(parse_declaration("varchar(5)"), {})->type), "varchar(8000)");
  EXPECT_EQ(declare(assign(parse_declaration("decimal(5,2)"), {})->type), "decimal(5,2)");
  EXPECT_EQ(declare(assign(parse_declaration("hierarchyid"), {})->type), "nvarchar(4000)");
  EXPECT_EQ(declare(assign(parse_declaration("geometry"), {})->type), "varbinary(8000)");
}

TEST(Assign, WhatIsOnlyRead) {
  for (const char* type : {"rowversion", "sql_variant", "geometry", "geography"}) {
    EXPECT_FALSE(why_not_assigned(parse_declaration(type).type).empty()) << type;
    EXPECT_FALSE(assign(parse_declaration(type), Text{"x"}).has_value()) << type;
  }
  EXPECT_TRUE(why_not_assigned(Type::int_).empty());
}

}  // namespace
}  // namespace mssql::tsql
