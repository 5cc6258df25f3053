// The T-SQL statements that mssql_fdw sends, apart from the catalog queries.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mssql::tsql {

struct SelectItem {
  std::string expression;  // T-SQL
};

struct Select {
  std::span<const std::string> items;     // T-SQL expressions; empty: the constant 1, for a scan that needs no column
  std::string_view from;                  // quoted table, or a derived table "(query) AS [q]"
  std::span<const std::string> conditions;  // ANDed
  std::string_view order_by;              // may be empty
};
// One line: SELECT a, b FROM t WHERE (x) AND (y) ORDER BY z
std::string select(const Select& parts);

// What every session runs after login: ANSI options that indexed views and computed columns need, TEXTSIZE, LOCK_TIMEOUT, DATEFORMAT.
std::string session_settings();

}  // namespace mssql::tsql
