#include "statement.hpp"

#include "quote.hpp"

namespace mssql::tsql {

std::string select(const Select& parts) {
  std::string sql = "SELECT ";
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
  return sql;
}

std::string session_settings() {
  // SET LANGUAGE comes first, because it sets DATEFORMAT and DATEFIRST too; it also makes error texts English, whatever the login.
  // NOCOUNT stays off: the counts are what mssql_exec() answers. LOCK_TIMEOUT stays endless: query_timeout ends a wait.
  // XACT_ABORT is off, for with it the attention that ends a scan early would roll the transaction back.
  return "SET LANGUAGE us_english; SET DATEFORMAT ymd; "
         "SET ANSI_NULLS ON; SET ANSI_PADDING ON; SET ANSI_WARNINGS ON; SET ARITHABORT ON; SET CONCAT_NULL_YIELDS_NULL ON; "
         "SET QUOTED_IDENTIFIER ON; SET NUMERIC_ROUNDABORT OFF; SET IMPLICIT_TRANSACTIONS OFF; SET XACT_ABORT OFF; SET TEXTSIZE 2147483647";
}

std::string resume_execution() { return "SET NOEXEC OFF; SET PARSEONLY OFF; SET FMTONLY OFF; "; }

std::string restore_session(std::string_view database) {
  return resume_execution() + "SET ROWCOUNT 0; SET NOCOUNT OFF; SET XACT_ABORT OFF; SET LOCK_TIMEOUT -1; "
         "USE " + quote_name(database) + "; " + session_settings();
}

std::string snapshot_state_query() {
  return "SELECT CAST(snapshot_isolation_state AS int) FROM sys.databases WHERE database_id = DB_ID()";
}

Isolation resolve(Isolation wanted, bool snapshot_allowed) noexcept {
  if (wanted != Isolation::automatic) return wanted;
  return snapshot_allowed ? Isolation::snapshot : Isolation::read_committed;
}

}  // namespace mssql::tsql
