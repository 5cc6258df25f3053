// Definitions: each statement becomes PostgreSQL's DDL and the rows of tds_meta that describe it
// for SQL Server. The caller has opened a transaction where one is possible.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ast.hpp"
#include "binder.hpp"
#include "catalog.hpp"
#include "text.hpp"

namespace tds_server::engine {

// Values as PostgreSQL's SQL spells them.
inline std::string lit(std::string_view text) { return pg_literal(to_stored_text(text)); }
inline std::string number(long long value) { return std::to_string(value); }
inline const char* boolean(bool value) { return value ? "true" : "false"; }

class Ddl {
 public:
  Ddl(Catalog& catalog, const Environment& environment)
      : catalog_(catalog), backend_(catalog.backend()), environment_(environment) {}

  void create_table(const CreateTable& statement);
  // A table of the session: #temp or @variable. Answers PostgreSQL's name.
  void create_local_table(const CreateTable& statement);
  // The table that SELECT ... INTO makes; the rows are inserted by the caller.
  void create_table_like(const Name& name, const std::vector<OutputColumn>& columns);
  void alter_table(const AlterTable& statement);
  void create_index(const IndexDef& index);
  void alter_index(const AlterIndex& statement);
  void create_schema(const std::string& name);
  void create_type(const CreateType& statement);
  void sequence(const CreateSequence& statement);
  void create_view(const CreateView& statement);
  void create_trigger(const CreateTrigger& statement);
  void create_procedure(const CreateProcedure& statement);
  void drop(const Drop& statement);
  void truncate(const Name& name);
  void rename(const std::string& old_name, const std::string& new_name, const std::string& kind);
  // DBCC CHECKIDENT(table, RESEED, value).
  void reseed(const TablePtr& table, const std::string& value);

 private:
  struct Target {
    int schema_id{1};
    std::string schema;         // SQL Server's
    std::string stored_schema;  // PostgreSQL's, unquoted
    std::string name;
    std::string qualified() const;  // PostgreSQL's, quoted
  };
  struct ColumnPlan {
    Column column;
    const ColumnDef* def{nullptr};
    std::string base_collation;
    bool rowguidcol{false}, sparse{false}, persisted{false};
    std::string masked_with;
    std::string sequence;  // quoted
  };

  // ddl_table.cpp
  Target target(const Name& name, bool must_be_new);
  template <class Statement>
  bool replaces_definition(const Statement& statement, const Name& name, const char* kinds);
  int new_object_id();
  void add_object(int id, const std::string& name, int schema_id, int parent, const std::string& type,
                  const std::string& stored, const std::string& definition, bool system_named, int parent_column = 0);
  ColumnPlan plan_column(const ColumnDef& def, int table_id, int column_id, const Target& target);
  void bind_computed(std::vector<ColumnPlan>& plans, const Target& target, std::size_t first);
  std::string column_sql(const ColumnPlan& plan, bool with_default);
  std::string create_identity_sequence(const ColumnPlan& plan, const Target& target);
  void save_column(int table_id, const ColumnPlan& plan);
  void add_default(int table_id, const Target& target, const TablePtr& table, const std::string& column,
                   const Expr& expr, const std::string& name, bool fill);
  std::string default_sql(const Expr& expr, const Column& column, const std::string& table);
  TablePtr reload(const Target& target);
  TablePtr user_table(const Name& name);
  Target target_of(const TablePtr& table);

  // ddl_constraint.cpp Runs a statement that reads rows; a failure is told while the names it
  // concerns are still in the catalog.
  void run_checked(const std::string& sql, const std::string& verb);
  void add_constraint(const TablePtr& table, const ConstraintDef& constraint, const std::string& for_column,
                      bool checked);
  void add_key(const TablePtr& table, const ConstraintDef& constraint, const std::string& for_column);
  void add_foreign_key(const TablePtr& table, const ConstraintDef& constraint, const std::string& for_column,
                       bool checked);
  void add_check(const TablePtr& table, const ConstraintDef& constraint, const std::string& for_column, bool checked);
  int build_index(const TablePtr& table, const IndexDef& index, bool primary, bool unique_constraint,
                  int constraint_id);
  std::string constraint_name(const std::string& given, const std::string& prefix, const TablePtr& table,
                              const std::string& column, int id);
  void require_free_name(const std::string& name, int schema_id);
  void drop_constraint(const TablePtr& table, const std::string& name, bool if_exists);
  void drop_index(const TablePtr& table, const std::string& name, bool if_exists);
  void switch_constraints(const TablePtr& table, const AlterTable& statement);
  // How a column changes: its type, something smaller (length, precision, NULL), or nothing but
  // that a string may be longer.
  enum class Change { removal, type, detail, longer };
  static Change change_of(const TypeInfo& from, const TypeInfo& to);
  void require_unused(const TablePtr& table, const Column& column, Change change);
  void drop_column(const TablePtr& table, const std::string& name, bool if_exists);
  void alter_column(const TablePtr& table, const ColumnDef& def);
  void add_column(const TablePtr& table, const ColumnDef& def);
  void switch_triggers(const TablePtr& table, const AlterTable& statement);
  void drop_object(const Drop& statement, const Name& name);
  void drop_table(const TablePtr& table);
  const Column& column_of(const TablePtr& table, const std::string& name);

  Catalog& catalog_;
  Backend& backend_;
  const Environment& environment_;
};

}  // namespace tds_server::engine
