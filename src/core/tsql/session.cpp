#include "session.hpp"

#include "core/spelling.hpp"

namespace mssql::tsql {

std::string session_settings() {
  // SET LANGUAGE comes first, because it sets DATEFORMAT and DATEFIRST too; it also makes error
  // texts English, whatever the login. A server's "user options" may give every login others than
  // the defaults: what of them reaches a result is said here. NOCOUNT is off: the counts are what
  // mssql_exec() answers. XACT_ABORT is off, for with it the attention that ends a scan early would
  // roll the transaction back.
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

namespace {

// No user option of a server reaches them, but the last transaction of a session that is not reset.
std::string locking_statements(const source::Locking& locking) {
  return std::string("SET DEADLOCK_PRIORITY ") + (locking.yields ? "LOW" : "NORMAL") + "; SET LOCK_TIMEOUT " +
         std::to_string(locking.timeout_ms) + "; ";
}

}  // namespace

std::string opening_statements(const source::Opening& opening) {
  static constexpr const char* names[] = {
      "", "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "SNAPSHOT"};
  std::string sql = opening.settings.empty() ? "" : opening.settings + "; ";
  if (opening.locking) sql += locking_statements(*opening.locking);
  if (opening.level != source::IsolationLevel::unchanged)
    sql += std::string("SET TRANSACTION ISOLATION LEVEL ") + names[static_cast<std::size_t>(opening.level)] + "; ";
  return opening.begins ? sql + "BEGIN TRANSACTION; " : sql;
}

std::string save_transaction(std::string_view savepoint) { return "SAVE TRANSACTION " + std::string(savepoint); }

std::string roll_back_to(std::string_view savepoint) { return "ROLLBACK TRANSACTION " + std::string(savepoint); }

std::string use_database(std::string_view name) {
  std::string sql = "USE ";
  append_bracketed(name, sql);
  return sql + "; ";
}

std::string unprepare(std::int32_t handle) { return "EXEC sp_unprepare " + std::to_string(handle) + "; "; }

std::string declare_empty(std::string_view declaration, bool binary) {
  return "DECLARE " + std::string(declaration) + (binary ? " = 0x; " : " = N''; ");
}

std::string insert_bulk(std::string_view table, std::span<const LoadedColumn> columns, bool locks_table) {
  std::string sql = "INSERT BULK " + std::string(table);
  for (const LoadedColumn& column : columns) {
    sql += &column == columns.data() ? " (" : ", ";
    append_bracketed(column.name, sql);
    sql += ' ' + declare(column.type);
  }
  return sql + ") WITH (CHECK_CONSTRAINTS, FIRE_TRIGGERS, KEEP_NULLS" + (locks_table ? ", TABLOCK)" : ")");
}

}  // namespace mssql::tsql
