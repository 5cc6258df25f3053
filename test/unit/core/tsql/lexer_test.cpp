#include "core/tsql/lexer.hpp"

#include <gtest/gtest.h>

namespace mssql::tsql {
namespace {

// Kind and text of each token: "n:a s:x".
std::string show(std::string_view text) {
  const auto tokens = tokenize(text);
  if (!tokens) return "-";
  static constexpr const char* kinds[] = {"name", "variable", "number", "money", "string", "binary", "symbol", "end"};
  std::string out;
  for (const Token& token : *tokens)
    out += std::string(kinds[static_cast<int>(token.kind)]) + (token.quoted ? "!" : "") + ":" + token.text + " ";
  return out;
}

TEST(Tokenize, Kinds) {
  EXPECT_EQ(show("([a]]b]>=(1.5))"), "symbol:( name!:a]b symbol:>= symbol:( number:1.5 symbol:) symbol:) end: ");
  EXPECT_EQ(show("N'it''s' 'x'"), "string!:it's string:x end: ");
  EXPECT_EQ(show("0x0A $1.50 .5 1e-3 \"q\"\"x\""), "binary:0A money:1.50 number:.5 number:1e-3 name!:q\"x end: ");
  EXPECT_EQ(show("a!=b <> c<=d"), "name:a symbol:<> name:b symbol:<> name:c symbol:<= name:d end: ");
  EXPECT_EQ(show(" \t\r\n"), "end: ");
  EXPECT_EQ(show("größe N"), "name:größe name:N end: ");
  EXPECT_EQ(show("0x"), "binary: end: ");
}

TEST(Tokenize, ContinuedLinesInStrings) {
  EXPECT_EQ(show("'a\\\nb'"), "string:ab end: ");
  EXPECT_EQ(show("'a\\\r\nb'"), "string:ab end: ");
  EXPECT_EQ(show("'a\\b'"), "string:a\\b end: ");
  EXPECT_EQ(show("'a\\'"), "string:a\\ end: ");
}

TEST(Tokenize, CommentsAreLeftOut) {
  EXPECT_EQ(show("a -- b"), "name:a end: ");
  EXPECT_EQ(show("a--'\n/* [ /* */ */b-/c"), "name:a name:b symbol:- symbol:/ name:c end: ");
  EXPECT_EQ(show("'--' [/*]"), "string:-- name!:/* end: ");
}

TEST(Tokenize, VariablesAndOtherSymbols) {
  EXPECT_EQ(show("@x @@SPID $action #t"), "variable:@x variable:@@SPID variable:$action name:#t end: ");
  EXPECT_EQ(show("a;b|{c}"), "name:a symbol:; name:b symbol:| symbol:{ name:c symbol:} end: ");
  EXPECT_EQ(show("1a 0xG"), "number:1 name:a binary: name:G end: ");
}

TEST(Tokenize, Places) {
  const std::string_view text = "/* x */ N'a' --y\n[b]";
  const auto tokens = tokenize(text);
  ASSERT_TRUE(tokens && tokens->size() == 3);
  EXPECT_EQ(text.substr((*tokens)[0].begin, (*tokens)[0].end - (*tokens)[0].begin), "N'a'");
  EXPECT_EQ(text.substr((*tokens)[1].begin, (*tokens)[1].end - (*tokens)[1].begin), "[b]");
  EXPECT_EQ((*tokens)[2].begin, text.size());
}

TEST(Tokenize, RefusesWhatMayEndElsewhere) {
  for (const char* text : {"'a", "[a", "\"a", "a /* b", "/* /* */", "a -- b\rc", "a -- \x01", "\x01"})
    EXPECT_EQ(show(text), "-") << text;
}

TEST(SameKeyword, IgnoresCase) {
  EXPECT_TRUE(same_keyword("GetDate", "getdate"));
  EXPECT_FALSE(same_keyword("getdate", "getdat"));
}

}  // namespace
}  // namespace mssql::tsql
