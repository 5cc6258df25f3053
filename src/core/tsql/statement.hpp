// The statements by which rows are read and counted.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mssql::tsql {

struct Select {
  std::span<const std::string> items;       // T-SQL expressions; empty: the constant 1, for a scan that needs no column
  std::string_view from;                    // quoted table, a derived table "(query) AS [q]", or a join
  std::span<const std::string> conditions;  // ANDed
  std::string_view order_by;                // may be empty
  std::string_view with{};                  // what a query has before and behind itself (query.hpp); may be empty
  std::string_view option{};
  std::span<const std::string> group_by{};
  std::span<const std::string> having{};
  std::string_view limit{};   // how many rows at most, as an expression; empty: all
  std::string_view offset{};  // how many rows are left out before; empty: none
};
// [schema].[name], with the table hint that a memory-optimized table needs in a transaction at
// another level than SNAPSHOT.
std::string table_reference(std::string_view schema, std::string_view name, bool memory_optimized);
// A query's rows as a FROM item; without an alias where that is empty.
std::string derived_table(std::string_view query, std::string_view alias = "[q]");
// One line: WITH c AS (...) SELECT a, b FROM t WHERE (x) AND (y) ORDER BY z OPTION (...). LIMIT is
// TOP, or beside an OFFSET FETCH (SQL Server 2012 and later).
std::string select(const Select& parts);

// Counts the rows of a SELECT, however many.
inline constexpr const char* row_count_item = "COUNT_BIG(*)";
// One row, one bigint or NULL: the row count that the catalog has of a table; NULL of a view.
// `table` is quoted. With `in_pages` only of one whose pages can be sampled, which a
// memory-optimized table does not have.
std::string row_count_query(std::string_view table, bool in_pages);
// One row, one text: where the database's transaction log ends; none where what is read may change
// while that stands still: a commit may be seen before it is in the log (DELAYED_DURABILITY), or
// the database is a replica that is still applying it. SQL Server 2016 SP2 and later, for who may
// VIEW DATABASE STATE. The database goes by its name, as in Azure its number is not that of
// sys.databases (Microsoft, "sys.dm_db_log_stats", "DB_ID").
std::string log_end_query();
// One integer: how many transactions have written and are not over, in whichever database but
// tempdb, that of a commit on its way to a disk or a replica among them. For who may VIEW SERVER
// STATE (Microsoft, "sys.dm_tran_database_transactions").
std::string writers_query();
// Reads something of a table, whatever: a transaction under SNAPSHOT sees the database as it is
// when it first reads (Microsoft, "SET TRANSACTION ISOLATION LEVEL").
std::string first_read(std::string_view table);
// The FROM item for about `percent` of the table's pages.
std::string page_sample(std::string_view table, double percent);
// The condition that holds for about `share` (0 .. 1) of the rows, whatever they come from.
// `column`, quoted, is any of theirs: without one the server might toss once for all rows
// (Microsoft, "FROM clause", TABLESAMPLE).
std::string row_sample_condition(std::string_view column, double share);

}  // namespace mssql::tsql
