// The T-SQL statements that mssql_fdw sends, apart from the catalog queries.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mssql::tsql {

struct Select {
  std::span<const std::string> items;       // T-SQL expressions; empty: the constant 1, for a scan that needs no column
  std::string_view from;                    // quoted table, or a derived table "(query) AS [q]"
  std::span<const std::string> conditions;  // ANDed
  std::string_view order_by;                // may be empty
};
// One line: SELECT a, b FROM t WHERE (x) AND (y) ORDER BY z
std::string select(const Select& parts);

// What every session runs after login: the SET options that indexed views and computed columns need, no limit on text, and a
// language and date format that do not depend on the login. The server answers SET LANGUAGE with information message 5703.
std::string session_settings();

// Undoes the settings under which a server answers statements without running them; goes before what must run.
std::string resume_execution();
// Undoes what a pass-through statement may have left behind: the current database, settings that cut results short or skip
// statements, and session_settings(). `database` is not quoted yet.
std::string restore_session(std::string_view database);

// The foreign server's option `isolation`, in the order of its choices.
enum class Isolation : std::uint8_t { automatic, snapshot, read_committed, repeatable_read, serializable };

// One row, one int: 1 when the current database allows SNAPSHOT isolation.
std::string snapshot_state_query();
// `automatic` becomes snapshot where the database allows it, else read committed; the others stay what they are.
Isolation resolve(Isolation wanted, bool snapshot_allowed) noexcept;

}  // namespace mssql::tsql
