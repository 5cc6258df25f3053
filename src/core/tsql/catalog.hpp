// The queries on sys.* that describe a database. Each returns the columns named beside it, in that order,
// ordered so that a reader can group them. They use documented views only, exact case (case-sensitive collations),
// names cast to nvarchar(128), and work from SQL Server 2012 to 2025, Azure SQL and Babelfish.
#pragma once

#include <string>

namespace mssql::tsql {

// schema, table, object_id, is_view, rows (bigint estimate), bytes (bigint), comment, temporal_type (0, 1 history, 2 versioned), is_memory_optimized, is_external
std::string tables_query();
// schema, table, column_id, column, type (base type name of sys.types, alias types resolved; for CLR types its own name), user_type (name of the
// alias or CLR type, else NULL), max_length, precision, scale, collation, is_nullable, is_identity, seed, increment, last_value (decimal text, NULL while unused),
// default_name, default_definition, is_computed, computed_definition, is_persisted, is_rowguidcol, is_hidden, is_masked, comment
std::string columns_query();
// schema, table, index, constraint_type ('PK','UQ',NULL), is_unique, is_clustered, type_desc, is_disabled, filter_definition, key_ordinal, column, is_descending, is_included; one row a column
std::string indexes_query();
// schema, table, constraint, ordinal, column, referenced_schema, referenced_table, referenced_column, delete_action, update_action ('NO_ACTION', ...), is_disabled, is_not_trusted
std::string foreign_keys_query();
// schema, table, constraint, definition, is_disabled, is_not_trusted
std::string checks_query();
// schema, sequence, type, start_value, increment, minimum, maximum, is_cycling, cache_size, current_value (all as text)
std::string sequences_query();
// name, collation, snapshot_isolation_state, is_read_committed_snapshot_on, compatibility_level, product_version, engine_edition
std::string database_query();

}  // namespace mssql::tsql
