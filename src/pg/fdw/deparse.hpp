// PostgreSQL's view of a foreign table to T-SQL: its name, its columns, and the conditions that
// mean the same on both sides.
#pragma once

#include "core/tsql/rules.hpp"
#include "core/types.hpp"
#include "pg/datum/sender.hpp"
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
};

// Where the rows come from, in the places that T-SQL has for it.
struct RemoteSource {
  const char* with;    // of a query (core/tsql/query.hpp); may be empty
  const char* from;    // [schema].[table], or a query in parentheses
  const char* option;  // as `with`
};

struct RemoteTable {
  RemoteSource source;
  bool is_query;
  RemoteAttribute* attributes;  // by attnum - 1; dropped columns are empty
  int natts;
};

// Reads the options of the table's columns; ereports for a name that SQL Server cannot have.
RemoteTable describe_remote_table(Relation relation, const TableOptions& options);

// What a parameter is compared with.
struct ComparedColumn {
  const char* remote_type;  // as declared
  tsql::Bound bound;
};

// A value that is known only when the scan starts.
struct ConditionParameter {
  Expr* expression;
  ComparedColumn beside;
};

// What the conditions of one relation need and share.
struct ConditionContext {
  const RemoteTable* table;
  Index relation;    // varno
  List* parameters;  // ConditionParameter*, @P1 first
  bool
      rechecked;  // out: some value of a parameter may have no T-SQL form, so the condition must be checked locally too
  bool loose;     // out: it lets more rows through, so it must be checked locally too
};

// Appends `expression` as a T-SQL condition and answers null; or answers why it stays local, as a
// clause without a full stop ("comparison of text depends on the collation"), and leaves garbage in
// `out`.
const char* deparse_condition(Expr* expression, ConditionContext* context, StringInfo out);

// How the values of a ConditionParameter are sent; lives in the current memory context.
struct ConditionSender {
  Sender sender;
  RemoteType remote;  // the column's
  tsql::Bound bound;
};
ConditionSender choose_condition_sender(Oid type, const ComparedColumn& beside);
// The value beside its column; false, and then it is NULL, when the comparison cannot be made on
// the server with this value.
bool send_condition_value(const ConditionSender& sender, Datum value, bool isnull, Parameter* parameter);

// [name], in the server's encoding.
const char* quoted_name(const char* name);
// SELECT items FROM source WHERE (c) AND (c); the lists hold String nodes.
const char* deparse_select(List* items, const RemoteSource& source, List* conditions);
// The server's row count of a table, as tsql::row_count_query() has it; no rows are read.
const char* row_count_query(const char* quoted_table, bool in_pages);

}  // namespace mssql::pg
