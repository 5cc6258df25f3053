// The queries on sys.* that describe a database. Each returns the columns named beside it, in that order, ordered so that a
// reader can group them. They use documented views only, in exact case (case-sensitive collations), join sys.types by its own
// ids, and work on SQL Server 2016 to 2025, Azure SQL and Babelfish. Names are nvarchar(128), flags are bit, everything else is
// int, bigint or nvarchar as said. What Microsoft ships is left out (is_ms_shipped). A login sees the objects on which it has
// some permission, so an object that is not listed may still be there.
#pragma once

#include <string>

namespace mssql::tsql {

// schema, table, object_id int, is_view, rows bigint (an estimate, NULL for views), bytes bigint (NULL here: table_sizes_query()),
// comment, temporal_type int (0, 1 history, 2 versioned), is_memory_optimized, is_external
std::string tables_query();
// object_id int, bytes bigint: what the pages of each table, its indexes and its LOBs take. Needs VIEW DATABASE STATE and a view
// that Babelfish has not: when it fails, the sizes are unknown.
std::string table_sizes_query();
// schema, table, column_id int, column, type, user_type, max_length int, precision int, scale int, collation, is_nullable, is_identity,
// seed, increment, last_value (decimal text; last_value NULL while unused), default_name, default_definition, is_computed,
// computed_definition, is_persisted, is_rowguidcol, is_hidden, is_masked, comment; one row a column of each table and view.
// type: the base type's name in sys.types, alias types resolved; hierarchyid, geometry, geography; "udt" for any other CLR type.
// user_type: the name of the alias or CLR type, else NULL. A definition is NULL beside its name where the login may not see it.
std::string columns_query();
// schema, table, index, constraint_type ("PK", "UQ", NULL), is_unique, is_clustered, type_desc, is_disabled, filter_definition,
// key_ordinal int, column, is_descending, is_included; one row a column, key columns in key order, then the included ones
std::string indexes_query();
// schema, table, constraint, ordinal int, column, referenced_schema, referenced_table, referenced_column, delete_action,
// update_action ("NO_ACTION", "CASCADE", "SET_NULL", "SET_DEFAULT"), is_disabled, is_not_trusted; one row a column
std::string foreign_keys_query();
// schema, table, constraint, definition, is_disabled, is_not_trusted
std::string checks_query();
// schema, sequence, type (base type name), start_value, increment, minimum, maximum, is_cycling, cache_size, current_value: all text,
// is_cycling "0" or "1", cache_size NULL where the server chooses. A sequence that was never used has its start as current_value.
std::string sequences_query();
// name, collation, snapshot_isolation_state int, is_read_committed_snapshot_on, compatibility_level int, product_version,
// engine_edition int (5: Azure SQL Database, 8: Managed Instance); one row
std::string database_query();

}  // namespace mssql::tsql
