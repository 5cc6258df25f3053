// What is said to SQL Server beside a caller's statements: settings, transactions, handles, the
// announcement of a bulk load.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/source/session.hpp"
#include "core/types.hpp"

namespace mssql::tsql {

// What every transaction begins with, in a session as a login leaves it: the SET options that
// indexed views and computed columns need, no limit on text, and a language and date format that do
// not depend on the login. The server answers SET LANGUAGE with information message 5703.
std::string session_settings();

// The foreign server's option `isolation`, in the order of its choices.
enum class Isolation : std::uint8_t { automatic, snapshot, read_committed, repeatable_read, serializable };

// One row, two ints: 1 when the current database allows SNAPSHOT isolation (NULL: the login does
// not see it), and EngineEdition.
std::string server_facts_query();
// What this EngineEdition is, when mssql_fdw does not work with it: a warehouse has neither the
// settings that a session begins with, nor savepoints, nor an isolation level that holds for a
// transaction. Else empty.
std::string_view refused_edition(std::int64_t edition) noexcept;
// `automatic` becomes snapshot where the database allows it, else read committed; the others stay
// what they are.
Isolation resolve(Isolation wanted, bool snapshot_allowed) noexcept;

// The session as `opening` wants it, but for the reset; a statement may follow on the same line.
std::string opening_statements(const source::Opening& opening);
inline constexpr const char* commit_transaction = "COMMIT TRANSACTION";
// Quiet where there is none.
inline constexpr const char* roll_back_transaction = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION";
// `savepoint` is a plain identifier.
std::string save_transaction(std::string_view savepoint);
std::string roll_back_to(std::string_view savepoint);

// What a statement of others may have limited in a session that cannot be reset: rows that are
// written, too.
inline constexpr const char* no_row_limit = "SET ROWCOUNT 0";

// One row, one int each.
inline constexpr const char* transaction_count_query = "SELECT CAST(@@TRANCOUNT AS int)";
inline constexpr const char* session_number_query = "SELECT CAST(@@SPID AS int)";
// One row: the session's number, an int, and the server's version, "16.0.1000.6".
inline constexpr const char* introduction_query =
    "SELECT CAST(@@SPID AS int), CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128))";

// Another statement may follow each of these on the same line.
std::string use_database(std::string_view name);
std::string unprepare(std::int32_t handle);
// A variable of an empty value, for `declaration` ("@P1 nvarchar(10)").
std::string declare_empty(std::string_view declaration, bool binary);

struct LoadedColumn {
  std::string_view name;
  RemoteType type;  // that its values are sent as
};
// Announces rows for `table` (quoted), which become its own as by INSERT: with constraints and
// triggers.
std::string insert_bulk(std::string_view table, std::span<const LoadedColumn> columns, bool locks_table);

}  // namespace mssql::tsql
