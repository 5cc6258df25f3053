// What SQL Server itself says of whether a table has changed. Each question has one row of one
// text; none, or NULL, where it does not say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mssql::tsql {

// "version rowversion identity". Whatever is committed later has a higher version of change
// tracking (none: the database is not tracked), and whatever is written or committed later a
// rowversion of at least this (Microsoft, "Work with change tracking", "MIN_ACTIVE_ROWVERSION").
// The identity is another one when either may have gone back: the database has been restored,
// attached or failed over, or the server started, as tempdb tells. Nothing of a database that
// cannot be written here, as a replica, or whose recovery fork the login does not see.
std::string position_query();

// "tracked partitions identity", or "untracked ...": the identity is another one when rows may have
// come, gone or changed without a row's version: the table has been made anew, altered, switched,
// rebuilt, or tracking was switched on. "tracked": and the login may ask for changes. Nothing of a
// table with FILESTREAM, whose files are written past both.
std::string state_query(std::string_view schema, std::string_view table);

// How many rows have changed since that version: 0 or 1.
std::string tracked_changes_query(std::string_view schema, std::string_view table, std::int64_t version);
// From which version on that answer is right. It is to be asked behind it: meanwhile what is old
// may have been cleaned up.
std::string tracked_from_query(std::string_view schema, std::string_view table);
// "rows newer": how many rows the table has, and how many of them have at least that rowversion.
std::string row_versions_query(std::string_view schema, std::string_view table, std::string_view column,
                               std::int64_t version);

}  // namespace mssql::tsql
