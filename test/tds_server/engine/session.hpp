// One SQL Server session: settings, variables, transactions, the interpreter of statements.
// Implements the seam.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "../engine.hpp"
#include "ast.hpp"
#include "backend.hpp"
#include "binder.hpp"
#include "bulk.hpp"
#include "catalog.hpp"
#include "failure_map.hpp"
#include "parser.hpp"

namespace tds_server::engine {

// How a statement ended.
enum class Flow { next, break_, continue_, return_, stop };

// The server's "user options" (sp_configure): what a login begins with. A bit as in @@OPTIONS.
bool user_option(int bit) noexcept;

struct Settings {
  bool nocount{user_option(512)};
  bool xact_abort{user_option(16384)};
  bool implicit_transactions{user_option(2)};
  bool fmtonly{false};
  bool parseonly{false};
  bool quoted_identifier{true};
  std::string isolation{"READ COMMITTED"};
  long long lock_timeout{-1};
  int deadlock_priority{0};
  long long rowcount{0};
  long long textsize{2147483647};
  std::string identity_insert;  // PostgreSQL's name of the table, empty for none
};

struct Prepared {
  std::string parameters;
  std::string statement;
};

class Session final : public Engine, private Environment {
 public:
  Session(std::string conninfo, const std::string& database, std::string login);
  ~Session() override;

  std::string database() const override { return catalog_->database(); }
  std::string default_collation() const override { return catalog_->collation(); }
  void introduce(const Client& client) override;
  void batch(std::string_view tsql, ResultSink& sink) override;
  void call(std::string_view procedure, std::span<const Parameter> parameters, ResultSink& sink) override;
  int begin(std::uint8_t isolation) override;
  int commit() override;
  int rollback() override;
  bool in_transaction() const override { return trancount_ > 0; }
  void bulk_begin(std::string_view statement) override;
  void bulk_row(std::span<const BulkColumn> columns, std::span<const Value> values) override;
  std::uint64_t bulk_end() override;
  void bulk_abort() override;
  void reset(bool keep_transaction) override;
  void cancel() override;

 private:
  struct Frame {
    std::map<std::string, Variable> variables;  // by folded name
    std::vector<std::string> table_variables;
    std::string procedure;
    int return_status{0};
  };
  struct ErrorInfo {
    Message message;
  };
  // An argument of EXEC or of a remote call.
  struct Argument {
    std::string name;
    TypeInfo type;
    Value value;
    bool output{false};
    bool default_value{false};
    std::string target;  // the caller's variable that takes the output
  };
  using Arguments = std::vector<Argument>;
  struct Visited {
    std::unique_ptr<Backend> backend;
    std::unique_ptr<Catalog> catalog;
  };

  // session.cpp: connection, settings
  Visited open(const std::string& database);
  void connect(const std::string& database);
  void introduce_to(Backend& backend) const;
  void apply_settings();
  std::string settings_sql() const;
  std::string application_name() const;
  void set_option(const SetOption& option);
  void use(const std::string& database, ResultSink& sink);
  void create_database(const CreateDatabase& statement);
  void alter_database(const AlterDatabase& statement);
  void drop_databases(const Drop& statement);
  bool snapshot_allowed();
  // The other database that all of these names are in, empty when they are in the current one.
  std::string other_database(const std::vector<Name>& names);
  void visit(const std::string& database);  // makes it the current one for a statement, without telling the client

  // Environment
  const Variable* variable(std::string_view name) const override;
  std::optional<Typed> global(std::string_view name) const override;
  std::optional<Typed> session_function(std::string_view name, const std::vector<Typed>& args) const override;
  void check_memory_optimized(bool snapshot_hint) const override;
  Typed constant(SqlType type, std::string bytes) const;
  Typed null_of(const TypeInfo& type) const;

  // transactions.cpp
  void begin_transaction();
  void commit_transaction();
  void rollback_transaction();
  void transaction(const TransactionStatement& statement);
  std::string begin_sql() const;
  // Runs `body` so that a failure undoes it alone: in a savepoint inside a transaction, in a
  // transaction of its own when `atomic` asks for one.
  template <typename Body>
  void guarded(Body body, bool atomic = false);
  void check_data_access();

  // interpret.cpp
  void start_request();
  Flow run_batch(std::string_view text, ResultSink& sink);
  Flow run(const std::vector<StatementPtr>& statements, ResultSink& sink);
  Flow execute(const Statement& statement, ResultSink& sink);
  Flow dispatch(const Statement& statement, ResultSink& sink);
  Flow dispatch_here(const Statement& statement, ResultSink& sink);
  Flow fail(EngineError failure, const Statement& statement, ResultSink& sink);
  EngineError as_engine_error(const PgError& failure);
  Flow run_try(const TryStatement& statement, ResultSink& sink);
  Flow run_while(const WhileStatement& statement, ResultSink& sink);
  bool test(const Expr& condition);
  Value evaluate(const Expr& expr, const TypeInfo& type);
  std::pair<TypeInfo, Value> evaluate(const Expr& expr);
  Value fetch(const Typed& value);
  std::string evaluate_text(const Expr& expr);
  void declare(const DeclareStatement& statement);
  void set_variable(const SetVariable& statement);
  void assign(const std::string& name, const TypeInfo& type, const Value& value);
  void print(const Expr& expr, ResultSink& sink);
  void raise_error(const RaiseErrorStatement& statement, ResultSink& sink);
  [[noreturn]] void throw_error(const ThrowStatement& statement);
  void wait_for(const WaitForStatement& statement);
  void dbcc(const DbccStatement& statement, ResultSink& sink);
  void done(ResultSink& sink, Command command, std::optional<std::uint64_t> rows);

  TablePtr changed_table(const Name& name, const std::vector<TableRefPtr>& from);

  // triggers.cpp
  std::vector<Module> triggers_for(const Table& table, std::string_view event);
  Capture make_capture(const Table& table);
  void show_capture(const Table& table, const Capture& capture);
  void drop_capture(const Capture& capture);
  Flow run_trigger(const Module& trigger, ResultSink& sink);
  void fire(const std::vector<Module>& triggers, const Table& table, const Capture& capture, ResultSink& sink);
  // Binds and runs a change, and the triggers that it fires.
  void change(const TablePtr& table, std::string_view event, bool returns_rows, Command command, ResultSink& sink,
              const std::function<BoundChange(const Capture&)>& bind);
  std::uint64_t insert_staged(const BulkLoad& load);

  // execute.cpp
  void select(const SelectStatement& statement, ResultSink& sink);
  void select_into(const SelectStatement& statement, const Name& into, ResultSink& sink);
  void stream(const std::string& sql, const std::vector<OutputColumn>& columns, Command command, ResultSink& sink);
  void assign_from(const BoundQuery& bound, const SelectCore& core, ResultSink& sink);
  void insert(const InsertStatement& statement, ResultSink& sink);
  void insert_exec(const InsertStatement& statement, ResultSink& sink);
  void update(const UpdateStatement& statement, ResultSink& sink);
  void remove(const DeleteStatement& statement, ResultSink& sink);
  void follow_identity(const Table& table);
  void change(const BoundChange& change, Command command, ResultSink& sink);
  bool writes_rowversion(const Table& table) const;
  void definition(const Statement& statement, ResultSink& sink);
  std::vector<ColumnInfo> column_infos(const std::vector<OutputColumn>& columns) const;

  // procedures.cpp
  Flow exec(const ExecStatement& statement, ResultSink& sink);
  int call_procedure(const Name& name, Arguments& arguments, ResultSink& sink);
  int user_procedure(const Module& module, const Name& name, Arguments& arguments, ResultSink& sink);
  int execute_sql(Arguments& arguments, ResultSink& sink);
  int run_parameterized(const std::string& text, const std::string& declarations, Arguments& arguments,
                        std::size_t first, ResultSink& sink);
  int prepare(Arguments& arguments, ResultSink& sink, bool run);
  int execute_prepared(Arguments& arguments, ResultSink& sink);
  int catalog_procedure(const std::string& text, const std::map<std::string, std::string>& values, ResultSink& sink);
  int describe(const Arguments& arguments, ResultSink& sink);
  int extended_property(const std::string& name, const Arguments& arguments);
  int add_type(const Arguments& arguments);
  int pose(const Arguments& arguments);
  void leave_bulk() noexcept;
  Value converted(const Value& value, const TypeInfo& from, const TypeInfo& to);
  static std::optional<std::string> argument_text(const Arguments& arguments, std::string_view name,
                                                  std::size_t position);
  std::optional<Flow> transaction_state_error(ResultSink& sink);

  std::string conninfo_;
  std::string login_;
  std::string login_database_;
  Client client_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Catalog> catalog_;
  // Connections to other databases that statements named: db.schema.table.
  std::map<std::string, Visited> visited_;
  std::string bulk_home_;  // the database to go back to after a bulk load into another one
  std::unique_ptr<BulkLoad> bulk_;
  mutable std::mutex backend_mutex_;  // cancel() comes from another thread
  bool cancelled_{false};

  Settings settings_;
  int trancount_{0};
  bool doomed_{false};
  std::vector<Frame> frames_;
  std::vector<ErrorInfo> caught_;  // of the CATCH blocks around the running statement
  int try_depth_{0};
  int nesting_{0};
  std::vector<int> firing_;  // triggers that run now
  bool stopped_{false};      // an error in a trigger has ended the batch
  std::uint64_t rowcount_{0};
  int last_error_{0};
  std::string verb_{"INSERT"};
  bool unicode_conversion_{false};
  std::string batch_text_;
  int current_line_{1};

  bool impersonating_{false};                     // EXECUTE AS, of which nothing but its end is known here
  std::map<std::string, Value> session_context_;  // sp_set_session_context, by folded key

  std::string scope_identity_;  // PostgreSQL expressions of SCOPE_IDENTITY() and @@IDENTITY, empty for NULL
  std::string last_identity_;
  std::map<int, Prepared> prepared_;
  int next_handle_{1};
};

}  // namespace tds_server::engine
