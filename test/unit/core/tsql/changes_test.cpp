#include "core/tsql/changes.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace mssql::tsql {
namespace {

TEST(Changes, WhereTheCountsAre) {
  const std::string sql = position_query();
  EXPECT_TRUE(
      sql.starts_with("SELECT CONCAT(CHANGE_TRACKING_CURRENT_VERSION(), N' ', CONVERT(bigint, "
                      "MIN_ACTIVE_ROWVERSION()), N' ', CONVERT(nvarchar(36), r.recovery_fork_guid), "));
  // Nothing where that is not seen, or of a replica.
  EXPECT_NE(sql.find("r.recovery_fork_guid IS NOT NULL"), std::string::npos);
  EXPECT_NE(sql.find("'Updateability')) = N'READ_WRITE'"), std::string::npos);
}

TEST(Changes, StateOfATable) {
  const std::string sql = state_query("d'o", "a]b");
  EXPECT_TRUE(
      sql.starts_with("SELECT CONCAT(CASE WHEN k.object_id IS NOT NULL AND HAS_PERMS_BY_NAME(N'[d''o].[a]]b]', "
                      "N'OBJECT', N'VIEW CHANGE TRACKING') = 1 THEN N'tracked ' ELSE N'untracked ' END, "));
  EXPECT_NE(sql.find("t.object_id = OBJECT_ID(N'[d''o].[a]]b]')"), std::string::npos);
  for (const char* part : {"t.create_date", "t.modify_date", "p.partition_id", "p.hobt_id", "k.begin_version"})
    EXPECT_NE(sql.find(part), std::string::npos) << part;
  EXPECT_NE(sql.find("c.is_filestream = 1"), std::string::npos);
}

TEST(Changes, TrackedChanges) {
  EXPECT_EQ(tracked_changes_query("dbo", "t", 17),
            "SELECT COUNT_BIG(*) AS [changes] FROM (SELECT TOP (1) c.SYS_CHANGE_VERSION FROM CHANGETABLE(CHANGES "
            "[dbo].[t], 17) AS c) AS f");
  EXPECT_EQ(tracked_from_query("dbo", "t'"),
            "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(N'[dbo].[t'']')) AS [tracked_from]");
}

TEST(Changes, RowVersions) {
  EXPECT_EQ(row_versions_query("dbo", "t", "r]v", 2001),
            "SELECT CONCAT(COUNT_BIG(*), N' ', COUNT_BIG(CASE WHEN [r]]v] >= CONVERT(binary(8), CONVERT(bigint, 2001)) "
            "THEN 1 END)) AS [row_versions] FROM [dbo].[t]");
  EXPECT_THROW((void)row_versions_query("dbo", "t", "", 1), Error);
}

}  // namespace
}  // namespace mssql::tsql
