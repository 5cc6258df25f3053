#include "changes.hpp"

#include "quote.hpp"

namespace mssql::tsql {

namespace {

std::string object_id(std::string_view schema, std::string_view table) {
  return "OBJECT_ID(" + quote_literal(quote_name(schema, table)) + ")";
}

}  // namespace

std::string position_query() {
  return "SELECT CONCAT(CHANGE_TRACKING_CURRENT_VERSION(), N' ', CONVERT(bigint, MIN_ACTIVE_ROWVERSION()), N' ', "
         "CONVERT(nvarchar(36), r.recovery_fork_guid), N' ', CONVERT(nvarchar(30), d.create_date, 126), N' ', "
         "CONVERT(nvarchar(30), s.create_date, 126), N' ', CONVERT(nvarchar(128), SERVERPROPERTY('ServerName'))) AS "
         "[position] FROM sys.databases AS d JOIN sys.database_recovery_status AS r ON r.database_id = d.database_id "
         "CROSS JOIN sys.databases AS s WHERE d.name = DB_NAME() AND s.name = N'tempdb' AND r.recovery_fork_guid IS "
         "NOT NULL AND CONVERT(nvarchar(128), DATABASEPROPERTYEX(DB_NAME(), 'Updateability')) = N'READ_WRITE'";
}

std::string state_query(std::string_view schema, std::string_view table) {
  const std::string name = quote_literal(quote_name(schema, table));
  const std::string partitions = " FROM sys.partitions AS p WHERE p.object_id = t.object_id AND p.index_id IN (0, 1))";
  return "SELECT CONCAT(CASE WHEN k.object_id IS NOT NULL AND HAS_PERMS_BY_NAME(" + name +
         ", N'OBJECT', N'VIEW CHANGE TRACKING') = 1 THEN N'tracked ' ELSE N'untracked ' END, (SELECT COUNT(*)" +
         partitions + ", N' ', t.object_id, N' ', CONVERT(nvarchar(30), t.create_date, 126), N' ', " +
         "CONVERT(nvarchar(30), t.modify_date, 126), N' ', (SELECT MAX(p.partition_id)" + partitions +
         ", N' ', (SELECT MAX(p.hobt_id)" + partitions + ", N' ', k.begin_version) AS [state] FROM sys.tables AS t " +
         "LEFT JOIN sys.change_tracking_tables AS k ON k.object_id = t.object_id WHERE t.object_id = OBJECT_ID(" +
         name +
         ") AND NOT EXISTS (SELECT 1 FROM sys.columns AS c WHERE c.object_id = t.object_id AND c.is_filestream = 1)";
}

std::string tracked_changes_query(std::string_view schema, std::string_view table, std::int64_t version) {
  return "SELECT COUNT_BIG(*) AS [changes] FROM (SELECT TOP (1) c.SYS_CHANGE_VERSION FROM CHANGETABLE(CHANGES " +
         quote_name(schema, table) + ", " + std::to_string(version) + ") AS c) AS f";
}

std::string tracked_from_query(std::string_view schema, std::string_view table) {
  return "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(" + object_id(schema, table) + ") AS [tracked_from]";
}

std::string row_versions_query(std::string_view schema, std::string_view table, std::string_view column,
                               std::int64_t version) {
  return "SELECT CONCAT(COUNT_BIG(*), N' ', COUNT_BIG(CASE WHEN " + quote_name(column) +
         " >= CONVERT(binary(8), CONVERT(bigint, " + std::to_string(version) +
         ")) THEN 1 END)) AS [row_versions] FROM " + quote_name(schema, table);
}

}  // namespace mssql::tsql
