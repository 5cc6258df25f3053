#include "statement.hpp"

#include <charconv>

#include "quote.hpp"

namespace mssql::tsql {

std::string table_reference(std::string_view schema, std::string_view name, bool memory_optimized) {
  return quote_name(schema, name) + (memory_optimized ? " WITH (SNAPSHOT)" : "");
}

std::string derived_table(std::string_view query, std::string_view alias) {
  return "(" + std::string(query) + ")" + (alias.empty() ? "" : " AS " + std::string(alias));
}

namespace {

std::string joined(std::span<const std::string> parts, std::string_view joint) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) text += joint;
    text += part;
  }
  return text;
}

// " WHERE (x) AND (y)"
std::string clause(std::string_view keyword, std::span<const std::string> conditions) {
  return conditions.empty() ? "" : std::string(keyword) + "(" + joined(conditions, ") AND (") + ")";
}

// What T-SQL has only behind ORDER BY.
std::string offset_clause(const Select& parts) {
  std::string sql(parts.order_by.empty() ? " ORDER BY (SELECT NULL)" : "");
  sql += " OFFSET " + std::string(parts.offset) + " ROWS";
  if (!parts.limit.empty()) sql += " FETCH NEXT " + std::string(parts.limit) + " ROWS ONLY";
  return sql;
}

}  // namespace

std::string select(const Select& parts) {
  std::string sql(parts.with);
  sql += sql.empty() ? "SELECT " : " SELECT ";
  if (!parts.limit.empty() && parts.offset.empty()) sql += "TOP (" + std::string(parts.limit) + ") ";
  sql += parts.items.empty() ? "1" : joined(parts.items, ", ");
  sql += " FROM " + std::string(parts.from) + clause(" WHERE ", parts.conditions);
  if (!parts.group_by.empty()) sql += " GROUP BY " + joined(parts.group_by, ", ");
  sql += clause(" HAVING ", parts.having);
  if (!parts.order_by.empty()) sql += " ORDER BY " + std::string(parts.order_by);
  if (!parts.offset.empty()) sql += offset_clause(parts);
  if (!parts.option.empty()) sql += " " + std::string(parts.option);
  return sql;
}

std::string row_count_query(std::string_view table, bool in_pages) {
  const std::string object = "OBJECT_ID(" + quote_literal(table) + ")";
  std::string sql = "SELECT CAST(SUM(p.rows) AS bigint) FROM sys.partitions AS p WHERE p.object_id = " + object +
                    " AND p.index_id IN (0, 1)";
  if (!in_pages) return sql;
  return sql + " AND OBJECTPROPERTY(" + object + ", 'IsUserTable') = 1 AND COALESCE(OBJECTPROPERTY(" + object +
         ", 'TableIsMemoryOptimized'), 0) = 0";
}

std::string log_end_query() {
  return "SELECT l.log_end_lsn FROM sys.dm_db_log_stats(NULL) AS l CROSS JOIN sys.databases AS d WHERE "
         "d.name = DB_NAME() AND d.delayed_durability = 0 AND CONVERT(nvarchar(128), DATABASEPROPERTYEX(DB_NAME(), "
         "'Updateability')) = N'READ_WRITE'";
}

std::string writers_query() {
  return "SELECT COUNT_BIG(*) FROM sys.dm_tran_database_transactions AS t WHERE t.database_id <> 2 AND "
         "t.database_transaction_begin_lsn IS NOT NULL";
}

std::string first_read(std::string_view table) { return "SELECT TOP (1) 1 FROM " + std::string(table); }

std::string page_sample(std::string_view table, double percent) {
  char digits[32];
  const auto [end, status] = std::to_chars(digits, digits + sizeof(digits), percent, std::chars_format::fixed, 6);
  return std::string(table) + " TABLESAMPLE SYSTEM (" + std::string(digits, status == std::errc() ? end : digits) +
         " PERCENT)";
}

std::string row_sample_condition(std::string_view column, double share) {
  constexpr double most = 2147483647;
  const auto limit = static_cast<std::int64_t>(share * most);
  return "(CHECKSUM(NEWID(), CASE WHEN " + std::string(column) + " IS NULL THEN 0 ELSE 1 END) & 2147483647) < " +
         std::to_string(limit);
}

}  // namespace mssql::tsql
