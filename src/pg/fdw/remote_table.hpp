// A foreign table as T-SQL sees it: its name, its columns and their types.
#pragma once

#include "core/types.hpp"
#include "pg/remote/options.hpp"

namespace mssql::pg {

// All text is palloc'd and in the server's encoding.
struct RemoteAttribute {
  const char* name;        // as the server calls it
  const char* quoted;      // [name]
  const char* expression;  // what stands in the select list
  bool known;              // the column option remote_type tells the type
  RemoteType type;
  bool raw_text;  // selected as it is
  bool not_null;
};

// Where the rows come from, in the places that T-SQL has for it.
struct RemoteSource {
  const char* with;      // of a query (core/tsql/query.hpp); may be empty
  const char* from;      // [schema].[table], or a query in parentheses
  const char* option;    // as `with`
  const char* relation;  // `from` without an alias
};

struct RemoteTable {
  RemoteSource source;
  bool is_query;
  tsql::TextForm text_form;
  bool exact_text;              // nul_policy takes nothing from it
  bool is_odd;                  // a name or the query has control characters, of which remote_text.hpp has use
  RemoteAttribute* attributes;  // by attnum - 1; dropped columns are empty
  int natts;
};

// Reads the options of the table's columns; ereports for a name that SQL Server cannot have.
RemoteTable describe_remote_table(Relation relation, const TableOptions& options);

// Whether conditions and all else is pushed down (the setting mssql_fdw.pushdown); off, everything
// is done here.
extern bool pushdown_enabled;

// A column in the select list, under the name by which the statement knows it.
const char* select_item(const RemoteTable& table, const RemoteAttribute& column, const char* named);

// The texts of a list of String nodes, in an array in the current memory context.
std::span<const char* const> strings_of(List* list);
// UTF-8 text of core's in the server's encoding.
const char* to_server(const char* utf8);
// [name], in the server's encoding.
const char* quoted_name(const char* name);
// SELECT items FROM source WHERE (c) AND (c); the lists hold String nodes.
const char* deparse_select(List* items, const RemoteSource& source, List* conditions);
// The server's row count of a table, as tsql::row_count_query() has it; no rows are read.
const char* row_count_query(const char* quoted_table, bool in_pages);

}  // namespace mssql::pg
