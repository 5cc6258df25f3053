#include "statement.hpp"

#include <charconv>

#include "quote.hpp"

namespace mssql::tsql {

std::string table_reference(std::string_view schema, std::string_view name, bool memory_optimized) {
  return quote_name(schema, name) + (memory_optimized ? " WITH (SNAPSHOT)" : "");
}

std::string derived_table(std::string_view query) { return "(" + std::string(query) + ") AS [q]"; }

std::string select(const Select& parts) {
  std::string sql(parts.with);
  sql += sql.empty() ? "SELECT " : " SELECT ";
  if (parts.items.empty()) sql += '1';
  for (std::size_t i = 0; i < parts.items.size(); ++i) {
    if (i > 0) sql += ", ";
    sql += parts.items[i];
  }
  sql += " FROM ";
  sql += parts.from;
  for (std::size_t i = 0; i < parts.conditions.size(); ++i) {
    sql += i == 0 ? " WHERE (" : " AND (";
    sql += parts.conditions[i];
    sql += ')';
  }
  if (!parts.order_by.empty()) {
    sql += " ORDER BY ";
    sql += parts.order_by;
  }
  if (!parts.option.empty()) {
    sql += ' ';
    sql += parts.option;
  }
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

std::string session_settings() {
  // SET LANGUAGE comes first, because it sets DATEFORMAT and DATEFIRST too; it also makes error
  // texts English, whatever the login. A server's "user options" may give every login others than
  // the defaults: what of them reaches a result is said here. NOCOUNT is off: the counts are what
  // mssql_exec() answers. LOCK_TIMEOUT, which they do not reach, stays endless: query_timeout ends
  // a wait. XACT_ABORT is off, for with it the attention that ends a scan early would roll the
  // transaction back.
  return "SET LANGUAGE us_english; SET DATEFORMAT ymd; "
         "SET ANSI_NULLS ON; SET ANSI_PADDING ON; SET ANSI_WARNINGS ON; SET ARITHABORT ON; SET CONCAT_NULL_YIELDS_NULL "
         "ON; "
         "SET QUOTED_IDENTIFIER ON; SET NUMERIC_ROUNDABORT OFF; SET IMPLICIT_TRANSACTIONS OFF; SET XACT_ABORT OFF; SET "
         "NOCOUNT OFF; "
         "SET ARITHIGNORE OFF; SET TEXTSIZE 2147483647";
}

std::string server_facts_query() {
  // By name: on Azure SQL Database DB_ID() is not the database's number in sys.databases.
  return "SELECT CAST((SELECT d.snapshot_isolation_state FROM sys.databases AS d WHERE d.name = DB_NAME()) AS int), "
         "CAST(SERVERPROPERTY('EngineEdition') AS int)";
}

std::string_view refused_edition(std::int64_t edition) noexcept {
  switch (edition) {
    case 6: return "a dedicated SQL pool of Azure Synapse Analytics";
    case 11: return "a serverless SQL pool of Azure Synapse Analytics or a warehouse of Microsoft Fabric";
    default: return {};
  }
}

Isolation resolve(Isolation wanted, bool snapshot_allowed) noexcept {
  if (wanted != Isolation::automatic) return wanted;
  return snapshot_allowed ? Isolation::snapshot : Isolation::read_committed;
}

}  // namespace mssql::tsql
