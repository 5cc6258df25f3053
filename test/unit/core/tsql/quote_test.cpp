#include "core/tsql/quote.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace mssql::tsql {
namespace {

template <class Body>
std::string sqlstate_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.sqlstate;
  }
  return "";
}

TEST(QuoteName, BracketsAreDoubled) {
  EXPECT_EQ(quote_name("Users"), "[Users]");
  EXPECT_EQ(quote_name("a]b[c"), "[a]]b[c]");
  EXPECT_EQ(quote_name("]"), "[]]]");
  EXPECT_EQ(quote_name(" 'x\".\n"), "[ 'x\".\n]");
  EXPECT_EQ(quote_name("dbo", "Größe"), "[dbo].[Größe]");
}

TEST(QuoteName, LengthCountsUtf16Units) {
  std::string emoji;
  for (int i = 0; i < 64; ++i) emoji += "\U0001F600";
  EXPECT_EQ(quote_name(emoji).size(), 64u * 4 + 2);
  EXPECT_EQ(sqlstate_of([&] { quote_name(emoji + "x"); }), "42622");
  EXPECT_EQ(sqlstate_of([] { quote_name(std::string(129, 'x')); }), "42622");
  EXPECT_EQ(quote_name(std::string(128, ']')).size(), 258u);
}

TEST(QuoteName, PeopleAreShownAnyName) {
  EXPECT_EQ(in_brackets("a]b"), "[a]]b]");
  EXPECT_EQ(in_brackets(""), "[]");
  EXPECT_EQ(in_brackets(std::string(200, '?')).size(), 202u);
}

TEST(QuoteName, RefusesEmptyAndNul) {
  EXPECT_EQ(sqlstate_of([] { quote_name(""); }), "42602");
  EXPECT_EQ(sqlstate_of([] { quote_name(std::string_view("a\0b", 3)); }), "42602");
  EXPECT_EQ(sqlstate_of([] { quote_name("", "t"); }), "42602");
}

TEST(QuoteLiteral, QuotesAreDoubled) {
  EXPECT_EQ(quote_literal(""), "N''");
  EXPECT_EQ(quote_literal("it's"), "N'it''s'");
  EXPECT_EQ(quote_literal("'); DROP TABLE t; --"), "N'''); DROP TABLE t; --'");
  EXPECT_EQ(quote_literal("a\\b\nc"), "N'a\\b\nc'");
  EXPECT_EQ(sqlstate_of([] { quote_literal(std::string_view("\0", 1)); }), "22P05");
}

TEST(QuoteLiteral, BackslashBeforeALineBreakSurvives) {
  EXPECT_EQ(quote_literal("a\\\nb"), "(N'a\\'+N'\nb')");
  EXPECT_EQ(quote_literal("a\\\r\nb"), "(N'a\\'+N'\r\nb')");
  EXPECT_EQ(quote_literal("a\\\rb"), "N'a\\\rb'");
  EXPECT_EQ(quote_literal("\\"), "N'\\'");
  const std::string longer = std::string(4000, 'x') + "\\\n";
  EXPECT_TRUE(quote_literal(longer).starts_with("(CAST(N'' AS nvarchar(max))+N'xxx"));
}

TEST(ParseQualifiedName, TwoParts) {
  const auto check = [](std::string_view text, std::string_view schema, std::string_view name) {
    const QualifiedName parsed = parse_qualified_name(text);
    EXPECT_EQ(parsed.schema, schema) << text;
    EXPECT_EQ(parsed.name, name) << text;
  };
  check("Users", "dbo", "Users");
  check("Sales.Orders", "Sales", "Orders");
  check("[sch.ema].[ta]]ble]", "sch.ema", "ta]ble");
  check("\"a\"\"x\".b", "a\"x", "b");
  check("[a]", "dbo", "a");
  check("Order Details", "dbo", "Order Details");
  check("dbo.[Order Details]", "dbo", "Order Details");
  check("[a\"b].[c'd]", "a\"b", "c'd");
  check("dbo.größe", "dbo", "größe");
}

TEST(ParseQualifiedName, RefusesWhatIsNone) {
  for (const char* text : {"", ".", "a.", ".a", "a..b", "a.b.c", "[a", "[a].[b", "\"a", "[]", "[a]b", "[a] .b", "a]b",
                           "a[b]", "a.b]", "[a].[b]c", "[a].[b].[c]"}) {
    EXPECT_EQ(sqlstate_of([&] { parse_qualified_name(text); }), "42602") << text;
  }
}

TEST(ParseQualifiedName, ReadsWhatQuoteNameWrites) {
  for (const char* name : {"a", "a.b", "]", "[", "\"", "'", " ", "a]]b"})
    EXPECT_EQ(parse_qualified_name(quote_name("s]", name)).name, name);
}

TEST(Quote, LiteralsThatNeedNoUnicode) {
  EXPECT_EQ(narrow_literal("N'it''s'"), "'it''s'");
  EXPECT_EQ(narrow_literal("N'\xc3\xa9'"), "N'\xc3\xa9'");
  EXPECT_EQ(narrow_literal("(N'a\\'+N'b')"), "(N'a\\'+N'b')");
  EXPECT_EQ(narrow_literal("@P1"), "@P1");
}

}  // namespace
}  // namespace mssql::tsql
