// The syntax tree of the T-SQL subset. The parser builds it, the binder and the interpreter read
// it; nothing changes it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tds_server::engine {

struct Query;
struct Expr;
struct Statement;
using ExprPtr = std::unique_ptr<Expr>;
using QueryPtr = std::unique_ptr<Query>;
using StatementPtr = std::unique_ptr<Statement>;
using Name = std::vector<std::string>;  // parts as written, outermost first; an omitted part is empty

// A type as written: nvarchar(40), decimal(10,2), dbo.phone.
struct TypeName {
  Name name;
  std::vector<int> args;  // -1 stands for max
};

enum class ExprKind {
  null_literal,
  literal,   // text, literal_kind
  column,    // name
  star,      // name: the qualifier, may be empty
  variable,  // text
  unary,     // text: - + ~
  binary,    // text: + - * / % & | ^
  compare,   // text: = <> < <= > >=
  and_,
  or_,
  not_,
  is_null,        // negated
  like,           // args: value, pattern[, escape]
  between,        // args: value, low, high
  in_list,        // args: value, items...
  in_query,       // args: value; query
  exists,         // query
  quantified,     // args: value; text: operator; all; query
  subquery,       // query, as a scalar
  function,       // name, args, distinct, over, within_group
  cast,           // args: value[, style]; type; text: CAST, CONVERT, TRY_CAST, TRY_CONVERT, PARSE
  case_,          // args: [operand], then pairs, then [else]; has_operand, has_else
  collate,        // text: the collation
  next_value,     // name of the sequence
  method,         // args: object, arguments...; text: method; is_property
  static_method,  // name: type; text: method; args
  at_time_zone,   // args: value, zone
  default_value,  // DEFAULT in VALUES or SET
};

enum class LiteralKind { integer, decimal, floating, money, string, national_string, binary };

struct OrderItem {
  ExprPtr expr;
  bool descending{false};
};

struct WindowSpec {
  std::vector<ExprPtr> partition;
  std::vector<OrderItem> order;
  std::string frame;  // as PostgreSQL writes it too: ROWS BETWEEN ...
};

struct Expr {
  ExprKind kind{ExprKind::null_literal};
  int line{1};
  std::string text;
  LiteralKind literal_kind{LiteralKind::integer};
  Name name;
  std::vector<ExprPtr> args;
  TypeName type;
  QueryPtr query;
  bool negated{false};
  bool distinct{false};
  bool all{false};
  bool has_operand{false};
  bool has_else{false};
  bool is_property{false};
  std::unique_ptr<WindowSpec> over;
  std::vector<OrderItem> within_group;
};

struct SelectItem {
  ExprPtr expr;
  std::string alias;
  std::string variable;     // SELECT @x = expr
  std::string variable_op;  // "" or + for @x += expr
};

struct TableRef;
using TableRefPtr = std::unique_ptr<TableRef>;

enum class TableKind { named, derived, values, function, join };
enum class JoinKind { inner, left, right, full, cross, cross_apply, outer_apply };

struct TableRef {
  TableKind kind{TableKind::named};
  int line{1};
  Name name;
  std::string alias;
  std::vector<std::string> column_aliases;
  QueryPtr query;
  std::vector<std::vector<ExprPtr>> rows;  // VALUES
  std::vector<ExprPtr> args;  // table-valued function; of a named table: its TABLESAMPLE SYSTEM (arg PERCENT)
  JoinKind join{JoinKind::inner};
  TableRefPtr left, right;
  ExprPtr on;
  bool snapshot_hint{false};  // WITH (SNAPSHOT)
};

struct Top {
  ExprPtr count;
  bool percent{false};
  bool with_ties{false};
};

struct SelectCore {
  int line{1};
  bool distinct{false};
  std::optional<Top> top;
  std::vector<SelectItem> items;
  Name into;
  std::vector<TableRefPtr> from;  // comma separated
  ExprPtr where;
  std::vector<ExprPtr> group_by;
  std::string group_mode;  // ROLLUP or CUBE over the whole list
  ExprPtr having;
  std::vector<std::vector<ExprPtr>> values;  // a VALUES list instead of a SELECT
};

// A tree of SELECTs: a leaf has `core` (or `nested`), an inner node has op, left, right.
struct QueryBody {
  std::string op;  // UNION, UNION ALL, EXCEPT, INTERSECT; empty for a leaf
  std::unique_ptr<SelectCore> core;
  std::unique_ptr<QueryBody> left, right;
};

struct Cte {
  std::string name;
  std::vector<std::string> columns;
  QueryPtr query;
};

struct Query {
  int line{1};
  std::vector<Cte> with;
  std::unique_ptr<QueryBody> body;
  std::vector<OrderItem> order;
  ExprPtr offset, fetch;
  bool xml_text{false};  // FOR XML PATH('') over one unnamed column: its values, strung together
};

// ---- data changes

struct InsertStatement {
  std::vector<Cte> with;
  Name table;
  std::vector<std::string> columns;
  std::vector<SelectItem> output;
  Name output_into;
  std::vector<std::vector<ExprPtr>> rows;
  QueryPtr query;
  StatementPtr exec;
  bool default_values{false};
  std::optional<Top> top;
};

struct Assignment {
  std::string variable;  // @x = [column =] expr
  Name column;           // empty for a variable alone
  std::string op;        // "" or the operator of a compound assignment
  ExprPtr value;
};

struct UpdateStatement {
  std::vector<Cte> with;
  std::optional<Top> top;
  Name table;
  std::vector<Assignment> set;
  std::vector<SelectItem> output;
  Name output_into;
  std::vector<TableRefPtr> from;
  ExprPtr where;
};

struct DeleteStatement {
  std::vector<Cte> with;
  std::optional<Top> top;
  Name table;
  std::vector<SelectItem> output;
  Name output_into;
  std::vector<TableRefPtr> from;
  ExprPtr where;
};

struct TruncateStatement {
  Name table;
};

// ---- definitions

struct KeyColumn {
  std::string name;
  bool descending{false};
};

enum class ConstraintKind { primary_key, unique, foreign_key, check, default_ };

struct ConstraintDef {
  ConstraintKind kind{ConstraintKind::check};
  std::string name;
  std::optional<bool> clustered;
  std::vector<KeyColumn> columns;
  Name referenced;
  std::vector<std::string> referenced_columns;
  std::string on_delete, on_update;  // NO_ACTION, CASCADE, SET_NULL, SET_DEFAULT
  ExprPtr expr;
  std::string for_column;  // ALTER TABLE ADD DEFAULT ... FOR
  bool not_for_replication{false};
};

struct ColumnDef {
  int line{1};
  std::string name;
  TypeName type;
  std::optional<bool> nullable;
  bool identity{false};
  std::string seed{"1"}, increment{"1"};
  ExprPtr computed;
  bool persisted{false};
  bool rowguidcol{false};
  bool sparse{false};
  std::string collation;
  std::string masked_with;
  std::vector<ConstraintDef> constraints;
};

struct IndexDef {
  std::string name;
  bool unique{false};
  std::optional<bool> clustered;
  Name table;
  std::vector<KeyColumn> columns;
  std::vector<std::string> include;
  ExprPtr filter;
  bool ignore_dup_key{false};
};

struct CreateTable {
  Name name;
  std::vector<ColumnDef> columns;
  std::vector<ConstraintDef> constraints;
  std::vector<IndexDef> indexes;
};

struct AlterTable {
  enum class Action { add, drop, alter_column, check_constraint, nocheck_constraint, other };
  Name name;
  Action action{Action::add};
  std::optional<bool> with_check;
  std::vector<ColumnDef> columns;          // add, alter_column
  std::vector<ConstraintDef> constraints;  // add
  std::vector<std::string> drop_columns;
  std::vector<std::string> drop_constraints;  // also the names of [NO]CHECK CONSTRAINT; empty for ALL
  bool if_exists{false};
  bool all{false};
  std::optional<bool> enable_trigger;  // ENABLE or DISABLE TRIGGER of drop_constraints, or of all
};

struct CreateDatabase {
  std::string name, collation;
};
struct AlterDatabase {
  std::string name;                                          // empty for CURRENT
  std::vector<std::pair<std::string, std::string>> options;  // upper case, e.g. ALLOW_SNAPSHOT_ISOLATION, ON
};
struct CreateSchema {
  std::string name;
};
struct CreateType {
  Name name;
  TypeName base;
  std::optional<bool> nullable;
};
struct CreateIndex {
  IndexDef index;
};
struct CreateSequence {
  Name name;
  bool alter{false}, restart{false};
  std::optional<TypeName> type;
  std::optional<std::string> start, increment, minimum, maximum;
  bool no_minimum{false}, no_maximum{false};
  std::optional<bool> cycle;
  std::optional<int> cache;
  bool no_cache{false};
};
struct CreateView {
  Name name;
  bool alter{false}, or_alter{false};
  std::vector<std::string> columns;
  QueryPtr query;
  std::string definition;  // the whole statement's text
};
struct ProcedureParameter {
  std::string name;
  TypeName type;
  ExprPtr initial;
  bool output{false};
};
// A procedure is kept as text and parsed again at each call; `body_offset` says where its
// statements start.
struct CreateProcedure {
  Name name;
  bool alter{false}, or_alter{false};
  std::vector<ProcedureParameter> parameters;
  std::vector<StatementPtr> body;
  std::string definition;
};
// An AFTER trigger, kept as text as a procedure is. Events in upper case.
struct CreateTrigger {
  Name name;
  Name table;
  bool alter{false}, or_alter{false};
  std::vector<std::string> events;
  std::vector<StatementPtr> body;
  std::string definition;
};
// CREATE FUNCTION: accepted by the parser so that the error names the gap and not the syntax.
struct CreateOther {
  std::string kind;
  Name name;
  std::string definition;
};
struct Drop {
  std::string kind;  // TABLE, VIEW, INDEX, SCHEMA, DATABASE, SEQUENCE, TYPE, PROCEDURE, ...
  bool if_exists{false};
  std::vector<Name> names;
  Name on_table;  // DROP INDEX i ON t
};
struct AlterIndex {
  std::string name;  // empty for ALL
  Name table;
  std::string action;  // REBUILD, DISABLE, REORGANIZE, SET
};

// ---- control

struct Declaration {
  std::string name;
  TypeName type;
  ExprPtr initial;
  std::unique_ptr<CreateTable> table;  // DECLARE @t TABLE (...)
};
struct DeclareStatement {
  std::vector<Declaration> variables;
};
struct SetVariable {
  std::string name;
  std::string op;
  ExprPtr value;
};
struct SetOption {
  std::vector<std::string> options;  // upper case: NOCOUNT; IDENTITY_INSERT; TRANSACTION ISOLATION LEVEL
  std::string value;                 // upper case where it is a word: ON, SNAPSHOT, 5000
  Name table;                        // of IDENTITY_INSERT
  std::string variable;              // a variable as the value
};
struct UseStatement {
  std::string database;
};
struct PrintStatement {
  ExprPtr value;
};
struct RaiseErrorStatement {
  ExprPtr message, severity, state;
  std::vector<ExprPtr> args;
  bool log{false}, nowait{false};
};
struct ThrowStatement {
  ExprPtr number, message, state;
};
struct WaitForStatement {
  ExprPtr delay;
  bool until{false};
};
struct IfStatement {
  ExprPtr condition;
  StatementPtr then, otherwise;
};
struct WhileStatement {
  ExprPtr condition;
  StatementPtr body;
};
struct BlockStatement {
  std::vector<StatementPtr> statements;
};
struct TryStatement {
  std::vector<StatementPtr> body, handler;
};
struct BreakStatement {};
struct ContinueStatement {};
struct ReturnStatement {
  ExprPtr value;
};
struct ExecArgument {
  std::string name;
  ExprPtr value;
  bool output{false};
  bool default_value{false};
};
struct ExecStatement {
  std::string return_variable;
  Name procedure;             // empty for EXEC('...')
  std::vector<ExprPtr> text;  // the pieces of EXEC('a' + @b)
  std::vector<ExecArgument> args;
};
// EXECUTE AS, or REVERT.
struct ImpersonateStatement {
  bool begins{true};
};
struct TransactionStatement {
  enum class Action { begin, commit, rollback, save };
  Action action{Action::begin};
  std::string name;
};
struct DbccStatement {
  std::string command;
  std::vector<ExprPtr> args;
};
struct SelectStatement {
  QueryPtr query;
};
// Statements that change nothing a test can see: GRANT, CHECKPOINT, UPDATE STATISTICS.
struct NoOperation {
  std::string what;
};

struct Statement {
  int line{1};
  std::size_t offset{0}, end{0};  // in the batch's text
  std::variant<NoOperation, SelectStatement, InsertStatement, UpdateStatement, DeleteStatement, TruncateStatement,
               CreateTable, AlterTable, CreateDatabase, AlterDatabase, CreateSchema, CreateType, CreateIndex,
               AlterIndex, CreateSequence, CreateView, CreateProcedure, CreateTrigger, CreateOther, Drop,
               DeclareStatement, SetVariable, SetOption, UseStatement, PrintStatement, RaiseErrorStatement,
               ThrowStatement, WaitForStatement, IfStatement, WhileStatement, BlockStatement, TryStatement,
               BreakStatement, ContinueStatement, ReturnStatement, ExecStatement, ImpersonateStatement,
               TransactionStatement, DbccStatement>
      node;
};

}  // namespace tds_server::engine
