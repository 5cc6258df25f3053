#include "core/tsql/rules.hpp"

#include <gtest/gtest.h>

#include "../scalars.hpp"
#include "core/spelling.hpp"

namespace mssql::tsql {
namespace {

constexpr Operator all_operators[] = {Operator::equal,      Operator::not_equal, Operator::less,
                                      Operator::less_equal, Operator::greater,   Operator::greater_equal};

std::string pushed(const RemoteType& type) {
  std::string names;
  for (Operator op : all_operators) {
    std::string_view why;
    const bool may = may_push(op, type, why);
    if (may) names += std::string(tsql_name(op)) + " ";
    if (!may) {
      EXPECT_FALSE(why.empty()) << type_name(type.type);
    }
  }
  return names;
}

// A number of another kind than the column's stays one.
Scalar value_beside(const RemoteType& type, std::string_view text) {
  const bool integral =
      type.type == Type::tinyint || type.type == Type::smallint || type.type == Type::int_ || type.type == Type::bigint;
  return integral && text.find('.') != std::string_view::npos ? Scalar{decimal(text)} : scalar(type, text);
}

// What stands behind "c = "; "-": no value is equal.
std::string beside_equal(const RemoteType& type, const Scalar& value) {
  const std::string sql = comparison("c", {Operator::equal}, type, value);
  return sql == "c <> c" ? "-" : sql.substr(4);
}

std::string written_as(const Bound& bound, const RemoteType& type, const Scalar& value) {
  std::string scratch;
  const Decision decision = push_parameter(bound, type, value, scratch);
  if (const auto* decided = std::get_if<bool>(&decision)) return *decided ? "always" : "never";
  const Parameter& parameter = std::get<Pushed>(decision).parameter;
  return declare(parameter.type) + " " + spelled(parameter.type, parameter.value);
}

std::string constant(std::string_view declaration, std::string_view text) {
  const RemoteType type = parse_declaration(declaration);
  return beside_equal(type, value_beside(type, text));
}

TEST(Rules, Operators) {
  for (Operator op : all_operators) {
    Operator found{};
    ASSERT_TRUE(find_operator(tsql_name(op), found));
    EXPECT_EQ(found, op);
    EXPECT_EQ(commuted(commuted(op)), op);
  }
  EXPECT_EQ(commuted(Operator::less), Operator::greater);
  EXPECT_EQ(commuted(Operator::equal), Operator::equal);
  Operator ignored{};
  for (const char* name : {"", "!=", "~~", "<<", "=="}) EXPECT_FALSE(find_operator(name, ignored)) << name;
}

TEST(Rules, WhichComparisonsOfWhichTypes) {
  const char* const all = "= <> < <= > >= ";
  for (const RemoteType& type : {RemoteType{Type::bit, 1, 1, 0},
                                 {Type::tinyint, 1, 3, 0},
                                 {Type::bigint, 8, 19, 0},
                                 {Type::decimal, 17, 38, 38},
                                 {Type::money, 8, 19, 4},
                                 {Type::date, 3, 10, 0},
                                 {Type::time, 5, 15, 6},
                                 {Type::datetime, 8, 23, 3},
                                 {Type::smalldatetime, 4, 16, 0},
                                 {Type::datetime2, 8, 26, 6},
                                 {Type::datetimeoffset, 10, 33, 6},
                                 {Type::rowversion, 8, 0, 0},
                                 {Type::binary, 4, 0, 0}})
    EXPECT_EQ(pushed(type), all) << type_name(type.type);
  for (Type type : {Type::time, Type::datetime2, Type::datetimeoffset}) EXPECT_EQ(pushed({type, 8, 27, 7}), all);
  EXPECT_EQ(pushed({Type::uniqueidentifier, 16, 0, 0}), "= <> ");
  for (Type type : {Type::real, Type::float_}) EXPECT_EQ(pushed({type, 8, 0, 0}), all);
  for (Type type :
       {Type::char_, Type::varchar, Type::text, Type::nchar, Type::nvarchar, Type::ntext, Type::varbinary, Type::image,
        Type::xml, Type::sql_variant, Type::hierarchyid, Type::geometry, Type::geography, Type::udt})
    EXPECT_EQ(pushed({type, 8, 0, 0}), "") << type_name(type);
}

TEST(PushConstant, Numbers) {
  EXPECT_EQ(constant("bit", "1"), "CAST(1 AS bit)");
  EXPECT_EQ(constant("bit", "0"), "CAST(0 AS bit)");
  EXPECT_EQ(constant("int", "-2147483648"), "-2147483648");
  EXPECT_EQ(constant("int", "2147483648"), "2147483648");
  EXPECT_EQ(constant("tinyint", "255"), "255");
  EXPECT_EQ(constant("tinyint", "-1"), "-1");
  EXPECT_EQ(constant("smallint", "32768"), "32768");
  EXPECT_EQ(constant("bigint", "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(constant("bigint", "1.5"), "-");
  EXPECT_EQ(constant("decimal(10,2)", "12.50"), "CAST(12.5 AS decimal(10,2))");
  EXPECT_EQ(constant("decimal(10,2)", "12.345"), "CAST(12.345 AS decimal(5,3))");
  EXPECT_EQ(constant("decimal(10,2)", "-123456789.5"), "CAST(-123456789.5 AS decimal(10,1))");
  EXPECT_EQ(constant("decimal(38,2)", "1.234"), "-");  // the two have no common type with room for both
  EXPECT_EQ(constant("decimal(10,2)", "1.50000000000000000000000000000000000000000000000"),
            "CAST(1.5 AS decimal(10,2))");
  EXPECT_EQ(constant("decimal(38,37)", "1.50000000000000000000000000000000000000000000001"), "-");
  EXPECT_EQ(constant("money", "-0.0001"), "CAST(-0.0001 AS money)");
  EXPECT_EQ(constant("money", "922337203685477.5807"), "CAST(922337203685477.5807 AS money)");
  EXPECT_EQ(constant("money", "922337203685477.5808"), "CAST(922337203685477.5808 AS decimal(19,4))");
  EXPECT_EQ(constant("smallmoney", "-214748.3648"), "CAST(-214748.3648 AS smallmoney)");
  EXPECT_EQ(constant("smallmoney", "214748.4"), "CAST(214748.4 AS decimal(10,4))");
  EXPECT_EQ(constant("smallmoney", "0.00001"), "CAST(0.00001 AS decimal(5,5))");
}

TEST(PushConstant, Dates) {
  EXPECT_EQ(constant("date", "2020-02-29"), "CAST('2020-02-29' AS date)");
  EXPECT_EQ(constant("date", "2020-01-01 12:00:00"), "-");
  EXPECT_EQ(constant("time(7)", "23:59:59.999999"), "CAST('23:59:59.999999' AS time(7))");
  EXPECT_EQ(constant("time(0)", "12:00:00.5"), "CAST('12:00:00.5' AS time(1))");
  EXPECT_EQ(constant("datetime2(3)", "2020-01-01 12:00:00"), "CAST('2020-01-01T12:00:00' AS datetime2(3))");
  EXPECT_EQ(constant("datetime2(3)", "2020-01-01 12:00:00.123456"),
            "CAST('2020-01-01T12:00:00.123456' AS datetime2(6))");
  EXPECT_EQ(constant("datetime2(3)", "2020-01-01"), "CAST('2020-01-01T00:00:00' AS datetime2(3))");
  EXPECT_EQ(constant("datetimeoffset(7)", "2020-01-01 12:00:00.5+05:30"),
            "CAST('2020-01-01T12:00:00.5+05:30' AS datetimeoffset(7))");
  EXPECT_EQ(constant("datetimeoffset(7)", "2020-01-01 12:00:00-08:00"),
            "CAST('2020-01-01T12:00:00-08:00' AS datetimeoffset(7))");
  EXPECT_EQ(constant("datetimeoffset(7)", "9999-12-31 23:00:00+00:00"),
            "CAST('9999-12-31T23:00:00+00:00' AS datetimeoffset(7))");
}

TEST(PushConstant, LegacyDatetimeHoldsTicksOnly) {
  EXPECT_EQ(constant("datetime", "2020-01-01 12:00:00"), "CAST('2020-01-01T12:00:00' AS datetime)");
  EXPECT_EQ(constant("datetime", "2020-01-01 12:00:00.003"), "CAST('2020-01-01T12:00:00.003' AS datetime)");
  EXPECT_EQ(constant("datetime", "2020-01-01 12:00:00.5"), "CAST('2020-01-01T12:00:00.500' AS datetime)");
  EXPECT_EQ(constant("datetime", "2020-01-01 12:00:00.001"), "CAST('2020-01-01T12:00:00.001' AS datetime2(3))");
  EXPECT_EQ(constant("datetime", "2020-01-01 12:00:00.003333"), "CAST('2020-01-01T12:00:00.001' AS datetime2(3))");
  EXPECT_EQ(constant("datetime", "1752-12-31 00:00:00"), "CAST('1752-12-31T00:00:00' AS datetime2(0))");
  EXPECT_EQ(constant("smalldatetime", "2020-01-01 12:34:00"), "CAST('2020-01-01T12:34:00' AS smalldatetime)");
  EXPECT_EQ(constant("smalldatetime", "2020-01-01 12:34:56"), "CAST('2020-01-01T12:34:56' AS datetime2(0))");
  EXPECT_EQ(constant("smalldatetime", "1800-01-01 00:00:00"), "CAST('1800-01-01T00:00:00' AS datetime2(0))");
}

TEST(PushConstant, OfAListInTheColumnsOwnType) {
  const auto item = [](std::string_view declaration, std::string_view text) {
    const RemoteType type = parse_declaration(declaration);
    return push_list_item(type, value_beside(type, text));
  };
  EXPECT_EQ(item("decimal(10,2)", "12.50"), "CAST(12.5 AS decimal(10,2))");
  EXPECT_EQ(item("int", "-5"), "-5");
  EXPECT_EQ(item("rowversion", "\1\2\3\4\5\6\7\xd1"), "0x01020304050607d1");
  EXPECT_EQ(item("smalldatetime", "2079-06-06 23:59:00"), "CAST('2079-06-06T23:59:00' AS smalldatetime)");
  EXPECT_EQ(item("smalldatetime", "2079-06-07 00:00:00"), std::nullopt);
  EXPECT_EQ(item("decimal(10,2)", "12.345"), std::nullopt);
  EXPECT_EQ(item("int", "3000000000"), std::nullopt);
  EXPECT_EQ(item("datetime", "2020-01-01 00:00:00.001"), std::nullopt);
}

// PostgreSQL puts a value that begins another before it.
TEST(Rules, TwoTypesAreComparedInOneThatHoldsBoth) {
  const auto may = [](std::string_view left, std::string_view right) {
    return may_compare(parse_declaration(left), parse_declaration(right));
  };
  EXPECT_TRUE(may("int", "bigint"));
  EXPECT_TRUE(may("decimal(20,2)", "decimal(10,10)"));
  EXPECT_FALSE(may("decimal(38,2)", "decimal(10,4)"));
  EXPECT_TRUE(may("money", "int"));
  EXPECT_TRUE(may("datetime", "datetime2(3)"));
  EXPECT_FALSE(may("datetime", "datetimeoffset(3)"));
  EXPECT_TRUE(may("binary(8)", "rowversion"));
  EXPECT_FALSE(may("binary(4)", "binary(8)"));
  EXPECT_TRUE(may("real", "float"));
  EXPECT_FALSE(may("real", "int"));
}

TEST(Rules, BinaryOfAnotherLength) {
  const RemoteType two{Type::binary, 2, 0, 0};
  const auto bound = [&](Operator op, std::string_view bytes) { return written_as({op}, two, Binary{bytes}); };
  EXPECT_EQ(bound(Operator::less, "\1"), "binary(2) 0x0100");
  EXPECT_EQ(bound(Operator::greater, "\1"), "binary(2) 0x00ff");
  EXPECT_EQ(bound(Operator::less, "\1\2\3"), "binary(2) 0x0103");
  EXPECT_EQ(bound(Operator::greater, "\1\2\3"), "binary(2) 0x0102");
  EXPECT_EQ(bound(Operator::greater, ""), "always");
  EXPECT_EQ(bound(Operator::less_equal, ""), "never");
  EXPECT_EQ(bound(Operator::less, "\xff\xff\1"), "always");
  EXPECT_EQ(bound(Operator::not_equal, "\1"), "always");
}

TEST(Rules, ValuesThatTheTypeHasNot) {
  EXPECT_TRUE(decide_beyond({Operator::less}, true));
  EXPECT_FALSE(decide_beyond({Operator::less}, false));
  EXPECT_FALSE(decide_beyond({Operator::greater_equal}, true));
  EXPECT_TRUE(decide_beyond({Operator::greater_equal}, false));
  EXPECT_FALSE(decide_beyond({Operator::equal}, true));
  EXPECT_TRUE(decide_beyond({Operator::not_equal}, false));
  EXPECT_EQ(decided_comparison("[c]", true), "[c] = [c]");
  EXPECT_EQ(decided_comparison("[c]", false), "[c] <> [c]");
}

TEST(PushConstant, BinaryAndUuid) {
  EXPECT_EQ(constant("rowversion", "\1\2\3\4\5\6\7\xd1"), "0x01020304050607d1");
  EXPECT_EQ(constant("rowversion", "\7\xd1"), "-");
  EXPECT_EQ(constant("binary(2)", "\7\xd1"), "0x07d1");
  EXPECT_EQ(constant("uniqueidentifier", "00112233-4455-6677-8899-aabbccddeeff"),
            "CAST('00112233-4455-6677-8899-aabbccddeeff' AS uniqueidentifier)");
}

// A local numeric over a column of integers, and the other way round.
TEST(PushConstant, NumbersOfAnotherKind) {
  const RemoteType integer{Type::int_, 4, 10, 0}, hundredths{Type::decimal, 9, 10, 2};
  EXPECT_EQ(beside_equal(integer, decimal("-5")), "-5");
  EXPECT_EQ(beside_equal(integer, decimal("5.0")), "5");
  EXPECT_EQ(beside_equal(integer, decimal("9223372036854775807")), "9223372036854775807");
  EXPECT_EQ(beside_equal(integer, decimal("-9223372036854775808")), "-9223372036854775808");
  EXPECT_EQ(beside_equal(integer, decimal("9223372036854775808")), "-");
  EXPECT_EQ(beside_equal(hundredths, std::int64_t{-7}), "CAST(-7 AS decimal(10,2))");
  EXPECT_EQ(beside_equal(hundredths, std::int64_t{INT64_MIN}), "CAST(-9223372036854775808 AS decimal(19,0))");
  EXPECT_EQ(beside_equal({Type::money, 8, 19, 4}, std::int64_t{7}), "CAST(7 AS money)");
}

// The server can seek, and value after value makes the same statement.
TEST(Rules, ParametersHaveTheColumnsTypeWhereItHoldsThem) {
  const auto parameter = [](std::string_view declaration, std::string_view text) {
    const RemoteType type = parse_declaration(declaration);
    return written_as({Operator::equal}, type, value_beside(type, text));
  };
  EXPECT_EQ(parameter("bit", "1"), "bit 1");
  EXPECT_EQ(parameter("tinyint", "7"), "tinyint 7");
  EXPECT_EQ(parameter("tinyint", "300"), "bigint 300");
  EXPECT_EQ(parameter("decimal(10,2)", "7"), "decimal(10,2) 7");
  EXPECT_EQ(parameter("decimal(10,2)", "7.001"), "decimal(4,3) 7.001");
  EXPECT_EQ(parameter("money", "7.5"), "money 7.5");
  EXPECT_EQ(parameter("smallmoney", "300000"), "decimal(10,4) 300000");
  EXPECT_EQ(parameter("money", "9223372036854775807"), "decimal(19,0) 9223372036854775807");
  EXPECT_EQ(parameter("date", "2020-01-02"), "date 2020-01-02");
  EXPECT_EQ(parameter("time(3)", "10:11:12.500000"), "time(3) 10:11:12.5");
  EXPECT_EQ(parameter("time(3)", "10:11:12.000500"), "time(4) 10:11:12.0005");
  EXPECT_EQ(parameter("datetime2(0)", "2020-01-02 03:04:05.000000"), "datetime2(0) 2020-01-02T03:04:05");
  EXPECT_EQ(parameter("datetime2(0)", "2020-01-02 03:04:05.000001"), "datetime2(6) 2020-01-02T03:04:05.000001");
  EXPECT_EQ(parameter("datetime", "2020-01-02 03:04:05.007000"), "datetime 2020-01-02T03:04:05.007");
  EXPECT_EQ(parameter("datetime", "2020-01-02 03:04:05.001000"), "datetime2(3) 2020-01-02T03:04:05.001");
  EXPECT_EQ(parameter("smalldatetime", "2020-01-02 03:04:00.000000"), "smalldatetime 2020-01-02T03:04:00");
  EXPECT_EQ(parameter("smalldatetime", "2020-01-02 03:04:05.000000"), "datetime2(0) 2020-01-02T03:04:05");
  EXPECT_EQ(parameter("datetimeoffset(3)", "2020-01-02 03:04:05.000000 +00:00"),
            "datetimeoffset(3) 2020-01-02T03:04:05+00:00");
  EXPECT_EQ(parameter("binary(2)", "\1\2"), "binary(2) 0x0102");
  EXPECT_EQ(parameter("binary(2)", "\1"), "never");
  EXPECT_EQ(parameter("rowversion", "\1\2\3\4\5\6\7\x8"), "binary(8) 0x0102030405060708");
}

// A bound between two values of the column's type goes to the one that gives the same rows: up for
// < and >=, down for <= and >.
TEST(Rules, BoundsAreRoundedToTheColumnsType) {
  const auto rounded = [](std::string_view declaration, std::string_view text) {
    std::string both;
    for (const Operator op : {Operator::less, Operator::greater}) {
      const RemoteType type = parse_declaration(declaration);
      const std::string typed = written_as({op}, type, value_beside(type, text));
      both += (both.empty() ? "" : " | ") + typed;
      const Operator same = op == Operator::less ? Operator::greater_equal : Operator::less_equal;
      EXPECT_EQ(written_as({same}, type, value_beside(type, text)), typed);
    }
    return both;
  };
  EXPECT_EQ(rounded("datetime", "2020-01-02 03:04:05.001"),
            "datetime 2020-01-02T03:04:05.003 | datetime 2020-01-02T03:04:05");
  EXPECT_EQ(rounded("datetime", "2020-01-02 03:04:05.005"),
            "datetime 2020-01-02T03:04:05.007 | datetime 2020-01-02T03:04:05.003");
  EXPECT_EQ(rounded("datetime", "2020-01-02 03:04:05.0075"),
            "datetime 2020-01-02T03:04:05.010 | datetime 2020-01-02T03:04:05.007");
  EXPECT_EQ(rounded("datetime", "2019-12-31 23:59:59.998"),
            "datetime 2020-01-01T00:00:00 | datetime 2019-12-31T23:59:59.997");
  EXPECT_EQ(rounded("datetime", "9999-12-31 23:59:59.998"),
            "datetime2(3) 9999-12-31T23:59:59.998 | datetime 9999-12-31T23:59:59.997");
  for (const char* beyond : {"9999-12-31 23:59:59.9975", "9999-12-31 23:59:59.999999"})
    EXPECT_EQ(rounded("datetime", beyond), "datetime2(3) 9999-12-31T23:59:59.998 | datetime 9999-12-31T23:59:59.997");
  EXPECT_EQ(rounded("datetime", "1700-01-01 00:00:00.001"),
            "datetime2(3) 1700-01-01T00:00:00.001 | datetime2(3) 1700-01-01T00:00:00.001");
  EXPECT_EQ(rounded("smalldatetime", "2020-02-28 23:59:30"),
            "smalldatetime 2020-02-29T00:00:00 | smalldatetime 2020-02-28T23:59:00");
  EXPECT_EQ(rounded("smalldatetime", "2079-06-06 23:59:30"),
            "datetime2(0) 2079-06-06T23:59:30 | smalldatetime 2079-06-06T23:59:00");
  EXPECT_EQ(rounded("smalldatetime", "1800-01-01 00:00:30"),
            "datetime2(0) 1800-01-01T00:00:30 | datetime2(0) 1800-01-01T00:00:30");
  EXPECT_EQ(rounded("datetime2(3)", "2020-01-02 03:04:05.0005"),
            "datetime2(3) 2020-01-02T03:04:05.001 | datetime2(3) 2020-01-02T03:04:05");
  EXPECT_EQ(rounded("datetime2(0)", "2020-01-02 03:04:05.5"),
            "datetime2(0) 2020-01-02T03:04:06 | datetime2(0) 2020-01-02T03:04:05");
  EXPECT_EQ(rounded("time(0)", "23:59:59.5"), "time(1) 23:59:59.5 | time(0) 23:59:59");
  EXPECT_EQ(rounded("datetimeoffset(0)", "2020-01-02 03:04:05.5 +00:00"),
            "datetimeoffset(0) 2020-01-02T03:04:06+00:00 | datetimeoffset(0) 2020-01-02T03:04:05+00:00");
  EXPECT_EQ(rounded("decimal(10,2)", "12.341"), "decimal(10,2) 12.35 | decimal(10,2) 12.34");
  EXPECT_EQ(rounded("decimal(10,2)", "-12.341"), "decimal(10,2) -12.34 | decimal(10,2) -12.35");
  EXPECT_EQ(rounded("decimal(10,2)", "-0.001"), "decimal(10,2) 0 | decimal(10,2) -0.01");
  EXPECT_EQ(rounded("decimal(4,2)", "99.999"), "decimal(5,3) 99.999 | decimal(4,2) 99.99");
  EXPECT_EQ(rounded("decimal(10,2)", "0.3333333333333333333333333333333333333333333333"),
            "decimal(10,2) 0.34 | decimal(10,2) 0.33");
  EXPECT_EQ(rounded("money", "1.00001"), "money 1.0001 | money 1");
}

std::string text_of(const Bound& bound, const RemoteType& type, const Scalar& value) {
  const std::string written = written_as(bound, type, value);
  return written.substr(written.find(' ') == std::string::npos ? 0 : written.find(' ') + 1);
}

TEST(Rules, LooseBoundsAreTwoDaysOut) {
  const auto written = [](std::string_view declaration, Operator op, std::string_view text) {
    std::string sql;
    for (const Bound& bound : loose_bounds_of(op)) {
      const RemoteType type = parse_declaration(declaration);
      sql += std::string(tsql_name(bound.op)) + text_of(bound, type, value_beside(type, text)) + " ";
    }
    return sql;
  };
  EXPECT_EQ(written("datetime2(7)", Operator::greater, "2020-03-01 12:00:00"), ">=2020-02-28T12:00:00 ");
  EXPECT_EQ(written("datetime", Operator::less, "2020-12-30 12:00:00.001"), "<=2021-01-01T12:00:00 ");
  EXPECT_EQ(written("date", Operator::equal, "2020-01-01"), ">=2019-12-30 <=2020-01-03 ");
  EXPECT_EQ(written("date", Operator::less_equal, "9999-12-30"), "<=always ");
  EXPECT_EQ(written("date", Operator::greater_equal, "0001-01-02"), ">=always ");
  EXPECT_EQ(written("date", Operator::not_equal, "2020-01-01"), "");
}

// Of datetime2(7) and its like six digits come here: c > v, seen from here, is c >= v + 1
// microsecond there.
TEST(Rules, BoundsOfTypesThatAreCut) {
  const auto written = [](std::string_view declaration, Operator op, std::string_view text) {
    const RemoteType type = parse_declaration(declaration);
    std::string sql;
    for (const Bound& bound : bounds_of(op, type)) {
      sql +=
          (sql.empty() ? "" : " ") + std::string(tsql_name(bound.op)) + text_of(bound, type, value_beside(type, text));
    }
    return sql;
  };
  const char* moment = "2020-12-31 23:59:59.999999";
  EXPECT_EQ(written("datetime2(7)", Operator::less, moment), "<2020-12-31T23:59:59.999999");
  EXPECT_EQ(written("datetime2(7)", Operator::greater_equal, moment), ">=2020-12-31T23:59:59.999999");
  EXPECT_EQ(written("datetime2(7)", Operator::greater, moment), ">=2021-01-01T00:00:00");
  EXPECT_EQ(written("datetime2(7)", Operator::less_equal, moment), "<2021-01-01T00:00:00");
  EXPECT_EQ(written("datetime2(7)", Operator::equal, moment), ">=2020-12-31T23:59:59.999999 <2021-01-01T00:00:00");
  EXPECT_EQ(written("datetime2(7)", Operator::not_equal, moment), "<2020-12-31T23:59:59.999999 >=2021-01-01T00:00:00");
  EXPECT_EQ(written("datetime2(6)", Operator::greater, moment), ">2020-12-31T23:59:59.999999");
  EXPECT_EQ(written("time(7)", Operator::greater, "12:00:00"), ">=12:00:00.000001");
  EXPECT_EQ(written("time(7)", Operator::greater, "23:59:59.999999"), ">=never");
  EXPECT_EQ(written("datetimeoffset(7)", Operator::greater, "2020-01-01 00:00:00 +05:30"),
            ">=2020-01-01T00:00:00.000001+05:30");
  EXPECT_EQ(written("datetime2(7)", Operator::greater, "9999-12-31 23:59:59.999999"), ">=never");
}

}  // namespace
}  // namespace mssql::tsql
