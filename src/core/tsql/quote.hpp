// T-SQL quoting.
#pragma once

#include <string>
#include <string_view>

namespace mssql::tsql {

// [name], with ']' doubled, whatever the name: for people, and to look for in a definition.
std::string in_brackets(std::string_view name);
// The same for statements. Throws Error for an empty name, a NUL, or more than 128 UTF-16 units.
std::string quote_name(std::string_view name);
// [schema].[name]
std::string quote_name(std::string_view schema, std::string_view name);
// N'text', with quotes doubled; throws Error on a NUL. A backslash before a line break, which T-SQL
// would drop, makes it (N'one\'+N'two').
std::string quote_literal(std::string_view text);
// A literal of quote_literal() without its N, where every code page has its characters; else
// itself.
std::string_view narrow_literal(std::string_view literal) noexcept;
// Splits "schema.table", "[sch.ema].[ta]]ble]", "\"a\".b" or "table" (then schema is "dbo"); throws
// Error on what is neither.
struct QualifiedName {
  std::string schema;
  std::string name;
};
QualifiedName parse_qualified_name(std::string_view text);

}  // namespace mssql::tsql
