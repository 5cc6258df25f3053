// Syntax tree to PostgreSQL SQL: names are resolved, every expression gets its SQL Server type, and
// conversions are made explicit, so that PostgreSQL computes what SQL Server would. One Binder
// serves one statement.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../engine.hpp"
#include "ast.hpp"
#include "catalog.hpp"

namespace tds_server::engine {

// What an expression became. Characters come in two forms: bpchar (columns) and PostgreSQL's text
// (function results); binder code asks for the form it needs by text() and comparable().
struct Typed {
  std::string sql;
  TypeInfo type;
  bool nullable{true};
  bool text_form{false};
  bool column{false};  // a bare column: carries its collation by itself
  bool identity{false};
  bool computed{false};
  bool null_literal{false};
  bool explicit_collation{false};
  std::string identity_sequence;
  std::optional<Value> constant;  // a literal or a variable's value
};

struct Variable {
  TypeInfo type;
  Value value;
};

// What a statement may ask of its session.
class Environment {
 public:
  virtual ~Environment() = default;
  virtual const Variable* variable(std::string_view name) const = 0;
  // @@ROWCOUNT and its like, and functions whose answer is the session's: nothing when unknown.
  virtual std::optional<Typed> global(std::string_view name) const = 0;
  virtual std::optional<Typed> session_function(std::string_view name, const std::vector<Typed>& args) const = 0;
  // Throws where the transaction's isolation level does not allow a memory-optimized table, with
  // the table hint SNAPSHOT or without.
  virtual void check_memory_optimized(bool snapshot_hint) const = 0;
};

struct OutputColumn {
  std::string name;  // SQL Server's, empty when unnamed
  std::string pg;    // PostgreSQL's alias, quoted
  TypeInfo type;
  bool nullable{true};
  bool identity{false};
  bool computed{false};
  bool null_literal{false};
  std::string identity_sequence;  // of an identity column read straight from its table
};

struct BoundQuery {
  std::string sql;
  std::vector<OutputColumn> columns;
};

struct SourceColumn {
  std::string name;
  Typed value;
  bool internal{false};  // a graph table's, which cannot be selected
};

// One table, view, derived table or CTE of a FROM clause.
struct Source {
  std::string name;    // the alias, or the table's name
  std::string schema;  // of an unaliased table, for schema.table.column
  std::string pg;      // quoted alias in PostgreSQL
  TablePtr table;
  std::vector<SourceColumn> columns;
};

struct Scope {
  std::vector<Source> sources;
  const Scope* parent{nullptr};
};

enum class Conversion { implicit, cast, attempt };  // attempt: TRY_CAST

// What an INSERT or UPDATE became.
struct BoundChange {
  std::string sql;
  TablePtr table;
  std::vector<OutputColumn> output;  // of an OUTPUT clause; then sql returns rows
  bool moves_identity{false};        // values of the identity column are given, and rows returned
  bool explicit_identity{false};     // sql answers (count, max, min) of the identity column instead of a row count
  bool generates_identity{false};
};

// PostgreSQL's names of the tables that take the rows of a change for its triggers.
struct Capture {
  std::string inserted, deleted;  // empty: not wanted
};

class Binder {
 public:
  Binder(Catalog& catalog, const Environment& environment) : catalog_(catalog), environment_(environment) {}

  BoundQuery query(const Query& query, const Scope* outer = nullptr);
  Typed value(const Expr& expr, const Scope& scope);
  std::string condition(const Expr& expr, const Scope& scope);
  Typed convert(const Typed& value, const TypeInfo& to, Conversion mode, int style = -1);
  // For a column: length and range are checked and the error names table and column.
  Typed store(const Typed& value, const TypeInfo& to, const std::string& table, const std::string& column);

  BoundChange insert(const InsertStatement& statement, bool identity_insert, const Capture& capture = {});
  BoundChange update(const UpdateStatement& statement, const Capture& capture = {});
  BoundChange remove(const DeleteStatement& statement, const Capture& capture = {});

  // The scope of one table, for definitions: computed columns, checks, filters.
  Scope table_scope(const TablePtr& table, const std::string& pg_alias, bool qualified = true);

  // Forms of a bound expression.
  std::string text(const Typed& value);  // PostgreSQL text under collation "C"; any type
  std::string comparable(const Typed& value, const TypeInfo& as, std::string_view collation);
  std::string order_key(const Typed& value);
  std::string output(const Typed& value);  // of exactly pg_type(value.type)

  std::string collation_of(const Typed& value) const;
  Catalog& catalog() { return catalog_; }
  const Environment& environment() const { return environment_; }
  bool saw_unicode_conversion() const { return saw_unicode_; }

  // In a definition (DEFAULT, CHECK, index) PostgreSQL takes no subquery: GETDATE() is called and
  // not selected.
  void in_definition(bool on) { definition_ = on; }
  bool in_definition() const { return definition_; }

  // Shared by the function tables.
  Typed make(std::string sql, TypeInfo type, bool nullable = true) const;
  Typed make_text(std::string sql, TypeInfo type, bool nullable = true) const;
  Typed literal(const TypeInfo& type, Value value) const;
  Typed nvarchar(std::string sql, int units, bool nullable = true) const;
  Typed varchar(std::string sql, int units, bool nullable = true) const;
  std::string as(const Typed& value, SqlType type);  // converted and emitted
  std::string as_int(const Typed& value) { return as(value, SqlType::int_); }
  std::string as_text(const Typed& value);
  TypeInfo character_type(const TypeInfo& like, int units) const;  // nvarchar or varchar as `like` is
  TypeInfo common(const std::vector<Typed>& values) const;
  Typed operate(char op, const Typed& a, const Typed& b) { return arithmetic(op, a, b); }  // + - * / % & | ^ on values

 private:
  struct CteBinding {
    std::string name;
    std::string pg;
    std::vector<OutputColumn> columns;
  };
  struct CoreResult {
    std::string sql;
    std::vector<OutputColumn> columns;
    std::vector<Typed> items;
    Scope scope;
    bool distinct{false};
    bool grouped{false};
  };

  // bind_query.cpp
  std::string with_clause(const std::vector<Cte>& with, const Scope* outer);
  BoundQuery query_without_ctes(const Query& query, const Scope* outer);
  CoreResult core(const SelectCore& core, const Scope* outer);
  BoundQuery body(const QueryBody& body, const Scope* outer);
  BoundQuery as_xml_text(const BoundQuery& query);
  std::string cast_columns(const BoundQuery& query, const std::vector<TypeInfo>& types);
  std::vector<Typed> select_items(const SelectCore& core, const Scope& scope, std::vector<OutputColumn>& columns);
  std::string order_by(const Query& query, const CoreResult& core);
  std::string order_by_output(const Query& query, const std::vector<OutputColumn>& columns, const std::string& alias,
                              const CoreResult* core);
  std::string limit(const Query& query, const SelectCore* core, const std::string& unlimited);
  std::string set_item(const Typed& item);

  // bind_from.cpp
  std::string from_list(const std::vector<TableRefPtr>& list, Scope& scope);
  std::string table_ref(const TableRef& ref, Scope& scope, bool null_extended);
  std::string join(const TableRef& ref, Scope& scope, bool null_extended);
  std::string named_table(const TableRef& ref, Scope& scope, bool null_extended);
  std::string derived_table(const TableRef& ref, Scope& scope, bool null_extended, bool lateral);
  std::string values_table(const TableRef& ref, Scope& scope, bool null_extended);
  std::string table_function(const TableRef& ref, Scope& scope);
  void add_source(Scope& scope, Source source, int line);
  Source table_source(const TablePtr& table, const std::string& alias, bool null_extended);
  std::string fresh(std::string_view prefix);

  // bind_expr.cpp
  Typed column(const Expr& expr, const Scope& scope);
  Typed source_column(const Source& source, std::size_t index);
  Typed literal_expr(const Expr& expr);
  Typed variable(const Expr& expr);
  Typed unary(const Expr& expr, const Scope& scope);
  Typed binary(const Expr& expr, const Scope& scope);
  Typed add_strings(const Typed& a, const Typed& b);
  Typed add_dates(char op, const Typed& a, const Typed& b);
  Typed arithmetic(char op, const Typed& a, const Typed& b);
  Typed case_expr(const Expr& expr, const Scope& scope);
  Typed cast(const Expr& expr, const Scope& scope);
  Typed subquery(const Expr& expr, const Scope& scope);
  Typed collate(const Expr& expr, const Scope& scope);
  Typed at_time_zone(const Expr& expr, const Scope& scope);
  Typed next_value(const Expr& expr);
  std::optional<Typed> method_owner(const Expr& expr, const Scope& scope);

  // bind_predicate.cpp
  std::string compare(const std::string& op, const Typed& a, const Typed& b);
  std::string in_list(const Expr& expr, const Scope& scope);
  std::string in_query(const Expr& expr, const Scope& scope);
  std::string quantified(const Expr& expr, const Scope& scope);
  std::string like(const Expr& expr, const Scope& scope);
  std::string comparison_collation(const Typed& a, const Typed& b);

  // functions.cpp
  Typed function(const Expr& expr, const Scope& scope);
  Typed iif(const Expr& expr, const Scope& scope);
  Typed aggregate(const std::string& name, const Expr& expr, const Scope& scope);
  Typed string_agg(const Expr& expr, const Scope& scope);
  Typed window_function(const std::string& name, const Expr& expr, const Scope& scope);
  std::string over(const Expr& expr, const Scope& scope);
  std::string window_order(const std::vector<OrderItem>& order, const Scope& scope);

  // methods.cpp: hierarchyid, geometry, geography, xml
  Typed method(const std::string& name, const Typed& object, const std::vector<Typed>& args, bool property);
  Typed static_method(const Expr& expr, const Scope& scope);

  // convert.cpp
  Typed to_character(const Typed& value, const TypeInfo& to, Conversion mode, int style);
  Typed to_integer(const Typed& value, const TypeInfo& to);
  Typed to_exact(const Typed& value, const TypeInfo& to);
  Typed to_approximate(const Typed& value, const TypeInfo& to);
  Typed to_date(const Typed& value, const TypeInfo& to, int style);
  Typed to_binary(const Typed& value, const TypeInfo& to, int style);
  Typed to_guid(const Typed& value, const TypeInfo& to);
  Typed to_variant(const Typed& value);
  Typed from_variant(const Typed& value, const TypeInfo& to, Conversion mode, int style);
  Typed attempt(const Typed& value, const TypeInfo& to, int style);
  std::string character_sql(const Typed& value, int style);
  std::string cut_to(const std::string& sql, const TypeInfo& to);
  std::string into_code_page(const Typed& value, const std::string& sql, const TypeInfo& to);
  std::optional<Typed> fold(const Typed& value, const TypeInfo& to);

  // bind_dml.cpp
  std::vector<const Column*> insert_targets(const InsertStatement& statement, const TablePtr& table,
                                            bool identity_insert, BoundChange& change);
  std::string insert_rows(const InsertStatement& statement, const TablePtr& table,
                          const std::vector<const Column*>& targets);
  std::string insert_query(const InsertStatement& statement, const TablePtr& table,
                           const std::vector<const Column*>& targets);
  // Of a change whose rows go into tables: those of OUTPUT INTO, and of triggers. `inserted` and
  // `deleted`: what stands before a stored column's number or name.
  struct ChangedRows {
    std::string inserted, deleted;
    bool deleted_by_number{false};
  };
  std::string insert_output(const BoundChange& change, const Name& name);
  void put_rows_away(BoundChange& change, std::string& with, std::string& sql, const Name& into, const Capture& capture,
                     const ChangedRows& rows);
  std::string returning(const std::vector<SelectItem>& items, const Scope& rows, std::vector<OutputColumn>& columns);
  TablePtr change_table(const Name& name);
  const Source& change_source(const Name& name, const std::vector<TableRefPtr>& from, Scope& scope,
                              std::string& from_sql);
  Scope output_scope(const TablePtr& table, const std::string& inserted, const std::string& deleted,
                     bool deleted_columns);
  std::string display(const Table& table) const;

  Catalog& catalog_;
  const Environment& environment_;
  std::vector<CteBinding> ctes_;
  int counter_{0};
  int depth_{0};
  bool saw_unicode_{false};
  bool definition_{false};
};

// Column and value of DATEADD's and DATEPART's first argument: year, yy and yyyy are one.
std::string date_part(const Expr& expr);

using FunctionHandler = Typed (*)(Binder&, const std::vector<Typed>&, const Expr&);
// The built-in scalar functions by lower-case name; null when there is none.
FunctionHandler find_function(std::string_view name);

}  // namespace tds_server::engine
