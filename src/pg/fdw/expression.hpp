// Expressions over foreign tables of one server as T-SQL: conditions and values that mean the same
// on both sides. What may be sent is said in core/tsql (rules, functions).
//
// What an expression needs that is no column of the server's is computed here when the scan starts,
// and sent as a parameter: columns of an outer row, values of a subselect, arguments of a prepared
// statement. Where SQL Server has no value for it (infinity), the comparison is decided here
// (RemoteText).
#pragma once

#include "core/tsql/forms.hpp"
#include "core/tsql/rules.hpp"
#include "pg/datum/type_names.hpp"
#include "remote_table.hpp"

namespace mssql::pg {

// A value that is known only when the scan starts. What is `compared` stands beside a value of
// `type` by `bound`; the others are sent as what they are.
struct RemoteParameter {
  Expr* expression;
  bool compared;
  RemoteType type;
  tsql::Bound bound;
};

// What the expressions of one statement need and share.
struct Deparser {
  PlannerInfo* root;
  Relids relations;  // whose columns are the server's
  bool qualified;    // columns are said with their table: r1.[c]
  bool aggregates;   // aggregates may stand here
  List* parameters;  // RemoteParameter*, @P1 first
  bool loose;        // out: the condition lets more rows through, so it must be checked here too
  int guards;        // how many CASE, COALESCE and NULLIF are around: what is computed here before would not be guarded
};

// A value on the server.
struct RemoteValue {
  const char* sql;
  RemoteType type;
  Oid local;        // PostgreSQL's type, of a domain the base
  bool is_column;   // and nothing else
  bool is_outside;  // a literal or a parameter
  bool not_null;
};

// Appends `node` as a T-SQL condition and answers null; or answers why it stays local, as a clause
// without a full stop ("comparison of text depends on the collation"), and leaves garbage in `out`.
const char* deparse_condition(Node* node, Deparser* deparser, StringInfo out);
// The same where a condition that lets more rows through will not do: under NOT, in a value.
const char* deparse_exact(Node* node, Deparser* deparser, StringInfo out);
// The same of a value; of CASE and its like, case.cpp.
const char* deparse_case(CaseExpr* expression, Deparser* deparser, RemoteValue* value);
const char* deparse_coalesce(List* nodes, Deparser* deparser, RemoteValue* value);
const char* deparse_null_if(NullIfExpr* expression, Deparser* deparser, RemoteValue* value);
const char* deparse_value(Node* node, Deparser* deparser, RemoteValue* value);

// Whether it has one value for the whole scan, so that it is computed here and sent.
bool is_outside(Node* node, const Deparser* deparser);
// The column of a table that an expression is, or null; varchar columns stand under a relabelling
// to text.
const Var* column_of(Node* node, const Deparser* deparser);
// Its name in the statement: [c], or r1.[c].
const char* column_name(const Var* column, const Deparser* deparser);
const RemoteAttribute& attribute_of(const Var* column, const Deparser* deparser);
const RemoteTable& table_of(Index relation, const Deparser* deparser);

// Of a query that groups.
const char* deparse_aggregate(Aggref* aggregate, Deparser* deparser, RemoteValue* value);
// avg() is made here, as PostgreSQL does, of the sum and the count: whether one is, and can be; and
// these two as items of a select list (strings).
bool is_average(const Node* node);
const char* why_no_average(Aggref* aggregate, Deparser* deparser);
List* average_items(Aggref* aggregate, Deparser* deparser);

// A form (core/tsql/forms.hpp) with its parts; palloc'd.
const char* fill(std::string_view form, std::initializer_list<const char*> parts);

// The type of a value of PostgreSQL's on the server; false: it depends on the value.
bool canonical_type(Oid type, RemoteType* remote);
// To decimal; false: it is no number.
bool as_decimal(RemoteType* type);
// Whether texts are equal only where their bytes are.
bool is_deterministic(Oid collation);
// A value in this type, in which the server is to compute.
const char* operand(const RemoteValue& value, const RemoteType& type);

// Text whose equality is that of its bytes, blanks at the end and all: SQL Server's collations do
// not enter. A value of a char(n) is what it is without the blanks.
const char* image_of(const RemoteValue& text);
// As an argument of a function: nvarchar(max) of text_collation.
const char* as_characters(const RemoteValue& text);
// What of `other` stands beside a column for the server to seek by: a varchar, where the literal
// has only characters that every code page has.
const char* seekable(const RemoteValue& column, const RemoteValue& other);
// `left` is equal to `right`, byte for byte. The left one is not outside.
const char* equality(const RemoteValue& left, const RemoteValue& right);
// What a value outside becomes beside nothing: a literal or a parameter.
const char* outside_value(Node* node, Deparser* deparser, RemoteValue* value);

// @P3 of a comparison, in a form in which it can be replaced by what is decided here.
void append_compared(StringInfo out, int parameter, const char* value, tsql::Operator op);
// Its number, from 0.
int add_parameter(Deparser* deparser, Node* node, bool compared, const RemoteType& type, const tsql::Bound& bound);

}  // namespace mssql::pg
