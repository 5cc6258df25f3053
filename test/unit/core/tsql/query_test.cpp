#include "core/tsql/query.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/error.hpp"

namespace mssql::tsql {
namespace {

// The parts with a bar between them, or the detail of the error.
std::string parts(std::string_view text) {
  try {
    const Query query = parse_query(text);
    return query.with + "|" + query.body + "|" + query.option;
  } catch (const Error& error) {
    EXPECT_STREQ(error.sqlstate, "42601");
    return error.detail;
  }
}
std::string body(std::string_view text) {
  const std::string all = parts(text);
  EXPECT_TRUE(all.starts_with("|") && all.ends_with("|")) << all;
  return all.size() < 2 ? all : all.substr(1, all.size() - 2);
}

TEST(ParseQuery, OneSelectStaysAsItIs) {
  for (const char* text : {"SELECT 1 AS a",
                           "select * from t",
                           "SELECT a.b, [a].[c], \"d\" FROM a",
                           "SELECT x = 1, 'y' = 2, 3 'z', 4 AS [w;w]",
                           "SELECT a FROM t UNION ALL SELECT b FROM u",
                           "(SELECT 1 AS a) UNION (SELECT 2)",
                           "SELECT TOP (5) PERCENT WITH TIES a FROM t ORDER BY a",
                           "SELECT a FROM t WITH (NOLOCK, INDEX(i)) INNER MERGE JOIN u ON t.x = u.x",
                           "SELECT ';)' AS a /* ;) */, [;)] FROM \";)\"",
                           "SELECT CASE WHEN a = 1 THEN 2 END AS b FROM t",
                           "SELECT geography::Point(1, 2, 4326) AS p",
                           "SELECT d.value('(/a)[1]', 'int') AS v FROM t",
                           "SELECT STRING_AGG(a, ',') WITHIN GROUP (ORDER BY a) AS s FROM t",
                           "SELECT SUM(a) OVER (PARTITION BY b ORDER BY c) s FROM t",
                           "SELECT (SELECT a FROM t FOR XML PATH('')) AS x",
                           "SELECT a COLLATE Latin1_General_BIN2 AS a FROM t",
                           "SELECT $IDENTITY FROM t",
                           "SELECT a FROM t FOR SYSTEM_TIME AS OF '2020-01-01'",
                           "SELECT a -- one\nFROM t",
                           "SELECT 1a",
                           "SELECT @@SPID AS spid",
                           "SELECT a.[INTO] FROM a",
                           "SELECT a FROM #t",
                           "SELECT COUNT(*) AS n FROM t GROUP BY GROUPING SETS ((a), ())",
                           "SELECT a FROM t ORDER BY a OFFSET 5 ROWS FETCH NEXT 2 ROWS ONLY"})
    EXPECT_EQ(body(text), text);
}

TEST(ParseQuery, SemicolonsAndCommentsAroundItGo) {
  EXPECT_EQ(body(" SELECT a FROM t ; "), "SELECT a FROM t");
  EXPECT_EQ(body("-- first\nSELECT a FROM t;; -- last"), "SELECT a FROM t");
  EXPECT_EQ(parts(" ;; WITH a AS (SELECT 1 AS x) SELECT x FROM a"), "WITH a AS (SELECT 1 AS x)|SELECT x FROM a|");
  EXPECT_EQ(parts(";"), "It has no SELECT.");
  EXPECT_EQ(body("/* /* nested */ ; */ SELECT a FROM t /* ) */"), "SELECT a FROM t");
}

TEST(ParseQuery, WithAndOptionStandOutside) {
  EXPECT_EQ(parts("WITH a AS (SELECT 1 AS x), b (y) AS (SELECT 2) SELECT x, y FROM a, b"),
            "WITH a AS (SELECT 1 AS x), b (y) AS (SELECT 2)|SELECT x, y FROM a, b|");
  EXPECT_EQ(parts("WITH r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r OPTION (MAXRECURSION 0);"),
            "WITH r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r)|SELECT n FROM r|OPTION (MAXRECURSION 0)");
  EXPECT_EQ(parts("WITH XMLNAMESPACES ('u' AS n), a AS (SELECT 1 AS x) SELECT x FROM a"),
            "WITH XMLNAMESPACES ('u' AS n), a AS (SELECT 1 AS x)|SELECT x FROM a|");
}

TEST(ParseQuery, OrderByGetsAnOffset) {
  EXPECT_EQ(body("SELECT a FROM t ORDER BY a DESC, b;"), "SELECT a FROM t ORDER BY a DESC, b OFFSET 0 ROWS");
  EXPECT_EQ(body("SELECT offset FROM t ORDER BY a, offset"), "SELECT offset FROM t ORDER BY a, offset OFFSET 0 ROWS");
  EXPECT_EQ(body("SELECT a FROM t UNION SELECT b FROM u ORDER BY 1"),
            "SELECT a FROM t UNION SELECT b FROM u ORDER BY 1 OFFSET 0 ROWS");
  EXPECT_EQ(parts("SELECT TOP 1 a FROM t UNION SELECT b FROM u ORDER BY 1"),
            "TOP is one SELECT's and ORDER BY is that of all.");
}

TEST(ParseQuery, NothingLeavesItsParentheses) {
  EXPECT_EQ(parts("SELECT 1 AS a) AS [q]; INSERT INTO t VALUES (1); COMMIT; SELECT * FROM (SELECT 1 AS a"),
            "A closing parenthesis has no opening one.");
  EXPECT_EQ(parts("SELECT 1 AS a) DELETE FROM t WHERE (1=1"), "A closing parenthesis has no opening one.");
  EXPECT_EQ(parts("SELECT (1 AS a"), "A parenthesis is not closed.");
  EXPECT_EQ(parts("SELECT 1 AS a; DROP TABLE t"), "Something follows a semicolon.");
  EXPECT_EQ(parts("SELECT (1;2) AS a"), "Something follows a semicolon.");
  EXPECT_EQ(parts("WITH a AS (SELECT 1 AS x); DROP TABLE t"), "Something follows a semicolon.");
  EXPECT_EQ(parts("SELECT 1 AS a OPTION (RECOMPILE) DELETE FROM t"), "OPTION (...) is not its last part.");
  EXPECT_EQ(parts("WITH a AS (SELECT 1 AS x) DELETE FROM a"), "It has \"DELETE\" where SELECT is expected.");
  EXPECT_EQ(parts("SELECT '1 AS a"), "It cannot be read: a string is not closed.");
  EXPECT_EQ(parts("SELECT 1 AS [a"), "It cannot be read: a quoted name is not closed.");
  EXPECT_EQ(parts("SELECT 1 AS \"a"), "It cannot be read: a quoted name is not closed.");
  EXPECT_EQ(parts("SELECT 1 AS a /* /* */"), "It cannot be read: a comment is not closed.");
  for (const char* line_break : {"\r", "\v", "\f", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
    EXPECT_EQ(parts(std::string("SELECT (1) AS a -- (") + line_break + ") x\nFROM t"),
              "It cannot be read: a comment that begins with -- holds a control character or an unusual line break.");
  }
  EXPECT_EQ(body("SELECT a -- b\r\nFROM t"), "SELECT a -- b\r\nFROM t");
  EXPECT_EQ(parts("SELECT a\vFROM t"), "It cannot be read: it holds a control character.");
}

TEST(ParseQuery, SaysWhatIsNotASelect) {
  EXPECT_EQ(parts("EXEC dbo.p 1"), "It has \"EXEC\" where SELECT is expected.");
  EXPECT_EQ(parts("(VALUES (1))"), "It has \"VALUES\" where SELECT is expected.");
  EXPECT_EQ(parts("{call p}"), "It has \"{\" where SELECT is expected.");
  for (const char* text : {"", " \n", ";", "-- nothing"}) EXPECT_EQ(parts(text), "It has no SELECT.");
  EXPECT_EQ(parts("WITH a AS (SELECT 1 AS x)"), "It has no SELECT.");
  EXPECT_EQ(parts("WITH a SELECT 1"), "In WITH, AS is missing before \"SELECT\".");
  EXPECT_EQ(parts("SELECT a INTO u FROM t"), "SELECT ... INTO makes a table.");
  for (const char* word : {"DELETE", "update", "Exec", "SELECT", "set"})
    EXPECT_EQ(parts("SELECT a FROM t " + std::string(word) + " x"),
              "A second statement begins at \"" + std::string(word) + "\".");
  EXPECT_EQ(parts("SELECT a FROM t FOR XML AUTO"), "FOR XML at its end gives a column without a name.");
  EXPECT_EQ(parts("SELECT a FROM t WHERE b = @P1"), "It uses the variable @P1, which nothing declares.");
}

TEST(ParseQuery, ColumnsHaveNames) {
  for (const char* column : {"1", "COUNT(*)", "'x'", "0x01", "NULL", "a + b", "a + 'x'", "CASE WHEN a = 1 THEN 2 END",
                             "@@SPID", "(SELECT 1)", "-a", "CURRENT_TIMESTAMP", "SUM(a) OVER (ORDER BY b)"})
    EXPECT_EQ(parts("SELECT a, " + std::string(column) + " FROM t"), "Column 2 has no name.") << column;
  EXPECT_EQ(parts("SELECT DISTINCT TOP (3) WITH TIES MAX(a) FROM t ORDER BY 1"), "Column 1 has no name.");
  EXPECT_EQ(parts("SELECT a.id, b.id FROM a, b"), "Two columns have the name \"id\".");
  EXPECT_EQ(parts("SELECT a, b AS a FROM t"), "Two columns have the name \"a\".");
  EXPECT_EQ(parts("(SELECT COUNT(*) FROM t) UNION ALL SELECT 1 AS n"), "Column 1 has no name.");
  EXPECT_EQ(parts("((SELECT TOP (1) a, 1) UNION ALL (SELECT 2, 3))"), "Column 2 has no name.");
  EXPECT_EQ(body("((SELECT a, (1) AS b) UNION ALL (SELECT 2, 3))"), "((SELECT a, (1) AS b) UNION ALL (SELECT 2, 3))");
  EXPECT_EQ(body("SELECT id, ID FROM t"), "SELECT id, ID FROM t");  // the server's collation decides
}

// How a server would read it, another way than the lexer's: what is left of a text without its
// quotes and comments; nothing when one of them is not closed.
std::optional<std::string> skeleton(std::string_view text) {
  std::string left;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("--")) {
      i = std::min(text.find('\n', i), text.size());
    } else if (rest.starts_with("/*")) {
      int depth = 0;
      for (bool closed = false; !closed; ++i) {
        if (i + 1 >= text.size()) return std::nullopt;
        const std::string_view two = text.substr(i, 2);
        if (two != "/*" && two != "*/") continue;
        depth += two == "/*" ? 1 : -1;
        closed = depth == 0;
        if (!closed) ++i;
      }
    } else if (text[i] == '\'' || text[i] == '"' || text[i] == '[') {
      const char end = text[i] == '[' ? ']' : text[i];
      do {
        i = text.find(end, i + 1);
        if (i == std::string_view::npos) return std::nullopt;
      } while (text.substr(i + 1).starts_with(end) && ++i != 0);
    } else {
      left += text[i];
    }
  }
  return left;
}

bool stays_in_parentheses(std::string_view text) {
  const std::optional<std::string> left = skeleton(text);
  int depth = 0;
  for (char c : left.value_or(";")) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (depth < 0 || c == ';') return false;
  }
  return depth == 0;
}

// Whatever is put together from such pieces: what is taken stays where it is put.
TEST(ParseQuery, NothingThatIsTakenLeavesItsParentheses) {
  static constexpr std::string_view pieces[] = {
      "SELECT ", "a",        " AS b",       "(",      ")",       ";",  "'",  "N'",   "''", "[",       "]",
      "]]",      "\"",       "--",          "/*",     "*/",      "\n", "\r", "\\\n", ",",  "FROM t ", "WITH ",
      " AS (",   "OPTION (", "ORDER BY a ", "UNION ", "DELETE ", "1",  ".",  "*",    "/",  "-"};
  std::uint32_t random = 1;
  const auto next = [&](std::size_t below) {
    random = random * 1664525 + 1013904223;
    return (random >> 8) % below;
  };
  int taken = 0;
  for (int round = 0; round < 50000; ++round) {
    std::string text = next(4) == 0 ? "WITH c AS (SELECT 1 AS a) SELECT a" : "SELECT a";
    for (std::size_t i = next(12); i > 0; --i) text += pieces[next(std::size(pieces))];
    Query query;
    try {
      query = parse_query(text);
    } catch (const Error&) {
      continue;
    }
    ++taken;
    for (const std::string& part : {query.with, query.body, query.option})
      ASSERT_TRUE(stays_in_parentheses(part)) << text;
    // What stands outside of the parentheses ends in a group of its own.
    ASSERT_TRUE(query.with.empty() || query.with.ends_with(')')) << text;
    ASSERT_TRUE(query.option.empty() || (query.option.starts_with("OPTION") && query.option.ends_with(')'))) << text;
  }
  EXPECT_GT(taken, 2000);
}

}  // namespace
}  // namespace mssql::tsql
