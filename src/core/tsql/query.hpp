// A query that a user wrote, taken apart so that it can stand inside a larger statement.
#pragma once

#include <string>
#include <string_view>

namespace mssql::tsql {

// What stands before, in and behind the parentheses of a derived table: `with` SELECT ... FROM
// (`body`) AS [q] `option`.
struct Query {
  std::string with;  // WITH a AS (...), or empty: T-SQL takes it at the beginning of a statement only
  std::string body;
  std::string option;  // OPTION (...), or empty: at the end only
};

// Throws Error 42601, whose detail says what is wrong, for what is not one SELECT of named columns,
// as far as its text tells: statements of another kind, several of them, unbalanced parentheses,
// INTO, variables (they would be those of the statement around it). A semicolon at its end is
// dropped. ORDER BY, which a derived table has with TOP or OFFSET only, gets OFFSET 0 ROWS: the
// rows stay the same.
Query parse_query(std::string_view text);

}  // namespace mssql::tsql
