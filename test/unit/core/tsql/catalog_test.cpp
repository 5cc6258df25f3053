#include "core/tsql/catalog.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mssql::tsql {
namespace {

std::string all_queries() {
  return tables_query() + table_sizes_query() + columns_query() + indexes_query() + foreign_keys_query() + checks_query() +
         sequences_query() + database_query();
}

// The aliases of the outermost select list, in order.
std::string aliases(const std::string& sql) {
  std::string out;
  int depth = 0;
  for (std::size_t i = 0; i < sql.size() && sql.compare(i, 6, "\nFROM ") != 0; ++i) {
    depth += sql[i] == '(' ? 1 : sql[i] == ')' ? -1 : 0;
    if (depth == 0 && sql.compare(i, 5, " AS [") == 0) out += sql.substr(i + 5, sql.find(']', i) - i - 5) + " ";
  }
  return out;
}

TEST(CatalogQueries, ColumnsAsTheHeaderSays) {
  EXPECT_EQ(aliases(tables_query()), "schema table object_id is_view rows bytes comment temporal_type is_memory_optimized is_external ");
  EXPECT_EQ(aliases(table_sizes_query()), "object_id bytes ");
  EXPECT_EQ(
      aliases(columns_query()),
      "schema table column_id column type user_type max_length precision scale collation is_nullable is_identity seed increment last_value "
      "default_name default_definition is_computed computed_definition is_persisted is_rowguidcol is_hidden is_masked comment ");
  EXPECT_EQ(aliases(indexes_query()),
            "schema table index constraint_type is_unique is_clustered type_desc is_disabled filter_definition key_ordinal column "
            "is_descending is_included ");
  EXPECT_EQ(
      aliases(foreign_keys_query()),
      "schema table constraint ordinal column referenced_schema referenced_table referenced_column delete_action update_action is_disabled "
      "is_not_trusted ");
  EXPECT_EQ(aliases(checks_query()), "schema table constraint definition is_disabled is_not_trusted ");
  EXPECT_EQ(aliases(sequences_query()), "schema sequence type start_value increment minimum maximum is_cycling cache_size current_value ");
  EXPECT_EQ(aliases(database_query()),
            "name collation snapshot_isolation_state is_read_committed_snapshot_on compatibility_level product_version engine_edition ");
}

TEST(CatalogQueries, AreWellFormedAndReadOnly) {
  const std::string sql = all_queries();
  EXPECT_EQ(std::count(sql.begin(), sql.end(), '('), std::count(sql.begin(), sql.end(), ')'));
  EXPECT_EQ(std::count(sql.begin(), sql.end(), '\'') % 2, 0);
  EXPECT_EQ(sql.find(';'), std::string::npos);
  EXPECT_EQ(sql.find("NOLOCK"), std::string::npos);
}

// Names of sys views are case-sensitive in a database with such a collation.
TEST(CatalogQueries, SysNamesAreLowerCase) {
  const std::string sql = all_queries();
  for (std::size_t at = sql.find("sys."); at != std::string::npos; at = sql.find("sys.", at + 1))
    for (std::size_t i = at; i < sql.size() && sql[i] != ' '; ++i) EXPECT_FALSE(sql[i] >= 'A' && sql[i] <= 'Z') << sql.substr(at, 30);
}

}  // namespace
}  // namespace mssql::tsql
