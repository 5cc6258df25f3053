// T-SQL text to syntax tree: a recursive-descent parser over the lexer's tokens. Throws EngineError
// 102 / 156 with the line of the offending token, before anything of the batch has run.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ast.hpp"
#include "lexer.hpp"

namespace tds_server::engine {

struct Batch {
  std::string text;
  std::vector<StatementPtr> statements;
};

Batch parse_batch(std::string_view text, bool quoted_identifiers = true);

// A lone expression, as kept in sys.default_constraints.definition and its like.
ExprPtr parse_expression(std::string_view text);

// A type alone: nvarchar(40).
TypeName parse_type(std::string_view text);

// A name of up to four parts: [dbo].[a b].
Name parse_name(std::string_view text);

// The parameter list of sp_executesql: @a int, @b nvarchar(10) = N'x' OUTPUT.
std::vector<ProcedureParameter> parse_parameters(std::string_view text);

// INSERT BULK t (a int, b nvarchar(10)) WITH (...).
struct InsertBulk {
  Name table;
  std::vector<std::pair<std::string, TypeName>> columns;
  std::vector<std::string> options;  // upper case
};
InsertBulk parse_insert_bulk(std::string_view text);

class Parser {
 public:
  Parser(std::string_view text, bool quoted_identifiers);

  std::vector<StatementPtr> batch();
  ExprPtr whole_expression();
  TypeName whole_type();
  Name whole_name();
  std::vector<ProcedureParameter> whole_parameters();
  InsertBulk insert_bulk();

 private:
  // Tokens (parser.cpp).
  const Token& peek(std::size_t ahead = 0) const;
  const Token& advance();
  bool at_end() const;
  bool is_word(std::string_view word, std::size_t ahead = 0) const;
  bool is_words(std::string_view first, std::string_view second) const;
  bool is_symbol(std::string_view symbol, std::size_t ahead = 0) const;
  bool accept(std::string_view word);
  bool accept_symbol(std::string_view symbol);
  void expect(std::string_view word);
  void expect_symbol(std::string_view symbol);
  [[noreturn]] void fail() const;
  [[noreturn]] void fail_at(const Token& token) const;
  bool is_identifier(std::size_t ahead = 0) const;  // usable as a name: quoted, or not reserved
  std::string identifier();
  Name name();
  TypeName type();
  int integer();
  std::string signed_number();
  std::string word();
  std::vector<std::string> name_list();  // ( a, b )
  void skip_parentheses();
  void skip_with_options();

  // Expressions (parse_expr.cpp).
  ExprPtr expression();  // with predicates: OR is the weakest
  ExprPtr conjunction();
  ExprPtr negation();
  ExprPtr predicate();
  ExprPtr sum();
  ExprPtr product();
  ExprPtr signed_operand();
  ExprPtr postfix(ExprPtr operand);
  ExprPtr primary();
  ExprPtr literal();
  ExprPtr named();
  ExprPtr function_call(Name name);
  ExprPtr special_function();
  ExprPtr cast_call();
  ExprPtr convert_call();
  ExprPtr case_expression();
  ExprPtr parenthesized();
  ExprPtr in_predicate(ExprPtr value, bool negated);
  void window(Expr& function);
  std::vector<ExprPtr> expression_list();
  std::vector<OrderItem> order_list();
  ExprPtr make(ExprKind kind) const;

  // Queries (parse_query.cpp).
  QueryPtr query(std::vector<Cte> with);
  QueryPtr statement_query(std::vector<Cte> with = {});
  QueryPtr subquery(std::vector<Cte> with = {});
  std::vector<Cte> with_clause();
  std::unique_ptr<QueryBody> set_operation();
  std::unique_ptr<QueryBody> intersection();
  std::unique_ptr<QueryBody> query_primary();
  std::unique_ptr<SelectCore> select_core();
  SelectItem select_item();
  std::optional<Top> top_clause();
  std::vector<TableRefPtr> from_list();
  TableRefPtr table_ref();
  TableRefPtr table_primary();
  TableRefPtr derived_table();
  void table_alias(TableRef& ref);
  bool table_hints();
  bool join_follows() const;
  std::vector<std::vector<ExprPtr>> value_rows();
  void option_clause();
  bool starts_query(std::size_t ahead) const;
  bool opens_table(std::size_t ahead) const;

  // Data changes (parse_dml.cpp).
  StatementPtr dml_with_ctes();
  InsertStatement insert(std::vector<Cte> with);
  UpdateStatement update(std::vector<Cte> with);
  DeleteStatement delete_from(std::vector<Cte> with);
  TruncateStatement truncate();
  std::vector<SelectItem> output_clause(Name* into);
  Assignment assignment();

  // Definitions (parse_ddl.cpp).
  StatementPtr create();
  StatementPtr alter();
  StatementPtr drop();
  CreateTable create_table();
  void table_elements(CreateTable& table);
  ColumnDef column_def();
  bool column_option(ColumnDef& column);
  bool starts_constraint() const;
  ConstraintDef table_constraint();
  ConstraintDef column_constraint();
  void key_constraint(ConstraintDef& constraint, bool columns);
  void references(ConstraintDef& constraint);
  std::string referential_action();
  std::vector<KeyColumn> key_columns();
  void index_options(IndexDef& index);
  IndexDef index_def(bool inside_table);
  AlterTable alter_table();
  void alter_table_add(AlterTable& alter);
  void alter_table_drop(AlterTable& alter);
  CreateDatabase create_database();
  AlterDatabase alter_database();
  CreateSequence sequence(bool alter);
  CreateView view(std::size_t from, bool alter, bool or_alter);
  CreateProcedure procedure(std::size_t from, bool alter, bool or_alter);
  std::vector<ProcedureParameter> parameters(bool parenthesized);
  CreateTrigger trigger(std::size_t from, bool alter, bool or_alter);
  CreateOther other(std::string kind, std::size_t from);
  AlterIndex alter_index();

  // Control (parse_control.cpp).
  StatementPtr statement();
  StatementPtr required_statement();
  StatementPtr statement_body();
  bool starts_statement() const;
  StatementPtr set();
  SetOption set_option();
  StatementPtr declare();
  StatementPtr begin();
  StatementPtr transaction_end(TransactionStatement::Action action);
  StatementPtr raise_error();
  StatementPtr throw_statement();
  StatementPtr wait_for();
  StatementPtr if_statement();
  StatementPtr while_statement();
  StatementPtr exec();
  StatementPtr bare_call();
  void exec_arguments(ExecStatement& exec);
  StatementPtr dbcc();
  StatementPtr no_operation();
  std::vector<StatementPtr> statements_until(std::string_view word);

  template <typename Node>
  StatementPtr wrap(Node node) const {
    auto result = std::make_unique<Statement>();
    result->node = std::move(node);
    return result;
  }
  std::string text_between(std::size_t from, std::size_t to) const;

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t position_{0};
  int depth_{0};
  bool inside_query_{false};
};

}  // namespace tds_server::engine
