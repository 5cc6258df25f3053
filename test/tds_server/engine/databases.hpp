// The databases of the server: PostgreSQL databases made from tds_template, each marked by a JSON
// comment that the whole cluster can read (engine/sql/32_metadata.sql, tds_meta.databases()).
#pragma once

#include <string>

#include "backend.hpp"

namespace tds_server::engine {

// conninfo with a database name added.
std::string with_database(const std::string& conninfo, const std::string& pg_database);

// Makes tds_template and master where they are missing; later calls find both at once.
void ensure_cluster(const std::string& conninfo);

// Makes a database from the template and marks it. `collation` empty: the server's. Throws PgError
// 42P04 when it exists.
void make_database(const std::string& conninfo, const std::string& name, const std::string& collation);

// Loads metadata and views into a PostgreSQL database that was not made from the template, and
// marks it.
void adopt_database(Backend& backend, const std::string& name);

// Sets one key of a database's JSON mark.
void mark_database(Backend& backend, const std::string& pg_database, const std::string& key, const std::string& value);

inline constexpr const char* kServerCollation = "SQL_Latin1_General_CP1_CI_AS";

}  // namespace tds_server::engine
