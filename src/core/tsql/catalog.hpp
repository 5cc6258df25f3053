// The queries on sys.* that describe a database, and what each column of an answer may hold. They
// use documented views only, in exact case (case-sensitive collations), join sys.types by its own
// ids, and work on SQL Server 2012 to 2025, Azure SQL and Babelfish: what only some of these have
// is asked for where features_query() has found it. What Microsoft ships is left out
// (is_ms_shipped). A login sees the objects on which it has some permission, so an object that is
// not listed may still be there.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "core/source/catalog.hpp"

namespace mssql::tsql {

using source::CatalogQuery;

// Which of the views and columns that not every server has are there: "view" and "view.column".
class CatalogFeatures {
 public:
  void add(std::string_view view, std::string_view column);
  bool has(std::string_view what) const { return present_.contains(what); }

 private:
  std::set<std::string, std::less<>> present_;
};
// view, column (NULL: the view alone)
CatalogQuery features_query();

// name, snapshot_isolation_state int (NULL: the login cannot tell), product_version,
// view_definition and view_database_state (whether the login has these permissions), login; one row
CatalogQuery database_query();
// schema, table, is_view, rows bigint (an estimate, NULL for views), bytes bigint
// (what the pages of the table, its indexes and LOBs take; NULL where not known), comment,
// temporal_type int (0, 1 history, 2 versioned), is_memory_optimized, is_external, is_graph,
// ledger_type int (0, 1 history, 2 updatable, 3 append-only), is_dropped_ledger, is_filtered
// (row-level security has a filter predicate on it). `sizes`: whether the login may ask for bytes.
CatalogQuery tables_query(const CatalogFeatures& features, bool sizes);
// schema, table, column_id int, column, type, max_length int, precision int, scale int, collation,
// is_nullable, is_identity, seed, increment, last_value (NULL while unused), has_default,
// default_definition, is_computed, is_hidden, is_masked (for this login), is_encrypted,
// is_column_set, comment; one row a column of each table and view. type: the base type's name in
// sys.types, alias types resolved; hierarchyid, geometry, geography; "udt" for any other CLR type;
// varbinary for a column of Always Encrypted, whose ciphertext is all that arrives. A definition is
// NULL where there is one that the login may not see. The internal columns of graph tables, which
// cannot be selected, and the dropped ones of ledger tables are left out.
CatalogQuery columns_query(const CatalogFeatures& features);
// schema, table, index, constraint_type (PK, UQ, NULL), is_unique, type_desc, is_disabled,
// filter_definition, key_ordinal int, column, is_descending, is_included; one row a column, key
// columns in key order, then the included ones
CatalogQuery indexes_query(const CatalogFeatures& features);
// schema, table, constraint, ordinal int, column, referenced_schema, referenced_table,
// referenced_column, delete_action, update_action (NO_ACTION, CASCADE, SET_NULL, SET_DEFAULT),
// is_disabled, is_not_trusted; one row a column
CatalogQuery foreign_keys_query();
// schema, table, constraint, definition, is_disabled, is_not_trusted
CatalogQuery checks_query();
// schema, sequence, type (base type name), start_value, increment, minimum, maximum, is_cycling,
// last_value (NULL: never used; where the server cannot tell, the current value, as if it had been
// given out)
CatalogQuery sequences_query(const CatalogFeatures& features);
// kind, schema, name: procedures, functions, triggers, synonyms, which stay behind
CatalogQuery programs_query();
// schema, table, column: to which the server alone gives values though they are not computed, those
// of the periods of temporal tables, say
CatalogQuery generated_columns_query(const CatalogFeatures& features);
// exists flag; one row. The name is not quoted yet.
CatalogQuery schema_query(std::string_view schema);
// rows bigint; one row. `snapshot`: with the table hint that a memory-optimized table needs. Names
// are not quoted yet.
CatalogQuery count_query(std::string_view schema, std::string_view table, bool snapshot);

}  // namespace mssql::tsql
