// The interpreter: statements in order, control of flow, variables, errors.
#include <algorithm>
#include <cstdlib>

#include "ast_names.hpp"
#include "ddl.hpp"
#include "errors.hpp"
#include "guarded.hpp"
#include "session.hpp"
#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server::engine {

// What every request begins with.
void Session::start_request() {
  bool late = false;
  {
    const std::lock_guard<std::mutex> lock(backend_mutex_);
    late = cancelled_;
    cancelled_ = false;
  }
  // A cancel that came after its statement's end must not hit the next one.
  if (late) backend_->absorb_cancel();
  catalog_->invalidate();
  frames_.resize(1);
  frames_.back() = Frame();
  caught_.clear();
  try_depth_ = 0;
  nesting_ = 0;
  firing_.clear();
  stopped_ = false;
}

void Session::batch(std::string_view tsql, ResultSink& sink) {
  start_request();
  try {
    run_batch(tsql, sink);
  } catch (const std::exception& failure) {
    sink.message(error(40517, std::string("The test server failed: ") + failure.what()).message);
    sink.done(Command::none, std::nullopt);
  }
}

// Parses and runs a text; what cannot be parsed runs not at all.
Flow Session::run_batch(std::string_view text, ResultSink& sink) {
  Batch parsed;
  try {
    parsed = parse_batch(text, settings_.quoted_identifier);
  } catch (EngineError& failure) {
    if (failure.message.line <= 0) failure.message.line = 1;
    last_error_ = failure.message.number;
    if (try_depth_ > 0) throw;
    sink.message(failure.message);
    sink.done(Command::none, std::nullopt);
    return Flow::stop;
  }
  const std::string outer_text = std::move(batch_text_);
  batch_text_ = parsed.text;
  Flow flow = Flow::next;
  try {
    flow = run(parsed.statements, sink);
  } catch (...) {
    batch_text_ = outer_text;
    throw;
  }
  batch_text_ = outer_text;
  return flow;
}

Flow Session::run(const std::vector<StatementPtr>& statements, ResultSink& sink) {
  for (const StatementPtr& statement : statements) {
    const Flow flow = execute(*statement, sink);
    if (flow != Flow::next) return flow;
  }
  return Flow::next;
}

EngineError Session::as_engine_error(const PgError& failure) {
  FailureContext context;
  context.verb = verb_;
  context.unicode = unicode_conversion_;
  context.spid = client_.spid;
  try {
    return map_failure(failure, *catalog_, context);
  } catch (const PgError&) {
    return error(40517, "The test server failed (" + failure.sqlstate + "): " + failure.message);
  }
}

Flow Session::execute(const Statement& statement, ResultSink& sink) {
  if (cancelled_) return Flow::stop;
  if (settings_.parseonly && !std::holds_alternative<SetOption>(statement.node)) return Flow::next;
  current_line_ = statement.line;
  unicode_conversion_ = false;
  try {
    const Flow flow = dispatch(statement, sink);
    return flow;
  } catch (EngineError& failure) {
    return fail(failure, statement, sink);
  } catch (const PgError& failure) {
    if (failure.sqlstate == "57014" && cancelled_) return Flow::stop;
    if (!backend_->alive()) {
      trancount_ = 0;
      const Flow flow = fail(as_engine_error(failure), statement, sink);
      (void)flow;
      return Flow::stop;
    }
    return fail(as_engine_error(failure), statement, sink);
  }
}

// Tells the error, undoes what SQL Server would undo, and says whether the batch goes on.
Flow Session::fail(EngineError failure, const Statement& statement, ResultSink& sink) {
  Message& message = failure.message;
  if (message.line <= 0) message.line = statement.line;
  if (!frames_.back().procedure.empty() && message.procedure.empty()) message.procedure = frames_.back().procedure;
  last_error_ = message.number;
  rowcount_ = 0;
  static constexpr int kAbortsTransaction[] = {1205, 3960, 241, 242, 245, 248, 295, 8114, 8169};
  const bool fatal = std::find(std::begin(kAbortsTransaction), std::end(kAbortsTransaction), message.number) !=
                     std::end(kAbortsTransaction);
  if (try_depth_ > 0) {
    if (trancount_ > 0 && (settings_.xact_abort || fatal)) {
      if (message.number == 1205 || message.number == 3960) {
        rollback_transaction();
      } else {
        doomed_ = true;
      }
    }
    throw failure;
  }
  const bool stop = settings_.xact_abort || ends_batch(message.number) || message.severity >= 19;
  if (trancount_ > 0 && (settings_.xact_abort || fatal)) rollback_transaction();
  sink.message(message);
  if (terminates_statement(message.number)) {
    Message terminated;
    terminated.number = 3621;
    terminated.state = 0;
    terminated.severity = 0;
    terminated.text = "The statement has been terminated.";
    terminated.line = message.line;
    terminated.procedure = message.procedure;
    sink.message(terminated);
  }
  sink.done(Command::none, std::nullopt);
  return stop ? Flow::stop : Flow::next;
}

void Session::done(ResultSink& sink, Command command, std::optional<std::uint64_t> rows) {
  if (rows) rowcount_ = *rows;
  last_error_ = 0;
  sink.done(command, settings_.nocount ? std::nullopt : rows);
}

// Runs a statement; one that names tables of another database runs there.
Flow Session::dispatch(const Statement& statement, ResultSink& sink) {
  const std::vector<Name> names = named_objects(statement);
  std::string other;
  for (const Name& name : names) {
    if (name.size() >= 3) {
      other = other_database(names);
      break;
    }
  }
  if (other.empty()) return dispatch_here(statement, sink);
  const std::string home = catalog_->database();
  try {
    visit(other);
  } catch (const EngineError& failure) {
    if (failure.message.number != 4060) throw;
    for (const Name& name : names) {
      if (name.size() >= 3) throw invalid_object(display_name(name));
    }
  }
  try {
    const Flow flow = dispatch_here(statement, sink);
    visit(home);
    return flow;
  } catch (const PgError& failure) {
    const EngineError mapped = as_engine_error(failure);  // while the names are those of that database
    visit(home);
    throw mapped;
  } catch (...) {
    visit(home);
    throw;
  }
}

Flow Session::dispatch_here(const Statement& statement, ResultSink& sink) {
  return std::visit(
      [&](const auto& node) -> Flow {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, SelectStatement>) {
          select(node, sink);
        } else if constexpr (std::is_same_v<Node, InsertStatement>) {
          insert(node, sink);
          if (std::exchange(stopped_, false)) return Flow::stop;
        } else if constexpr (std::is_same_v<Node, UpdateStatement>) {
          update(node, sink);
          if (std::exchange(stopped_, false)) return Flow::stop;
        } else if constexpr (std::is_same_v<Node, DeleteStatement>) {
          remove(node, sink);
          if (std::exchange(stopped_, false)) return Flow::stop;
        } else if constexpr (std::is_same_v<Node, DeclareStatement>) {
          declare(node);
        } else if constexpr (std::is_same_v<Node, SetVariable>) {
          set_variable(node);
        } else if constexpr (std::is_same_v<Node, SetOption>) {
          set_option(node);
          done(sink, Command::none, std::nullopt);
        } else if constexpr (std::is_same_v<Node, ImpersonateStatement>) {
          impersonating_ = node.begins;
          done(sink, Command::none, std::nullopt);
        } else if constexpr (std::is_same_v<Node, UseStatement>) {
          use(node.database, sink);
          done(sink, Command::none, std::nullopt);
        } else if constexpr (std::is_same_v<Node, PrintStatement>) {
          print(*node.value, sink);
        } else if constexpr (std::is_same_v<Node, RaiseErrorStatement>) {
          raise_error(node, sink);
        } else if constexpr (std::is_same_v<Node, ThrowStatement>) {
          throw_error(node);
        } else if constexpr (std::is_same_v<Node, WaitForStatement>) {
          wait_for(node);
          done(sink, Command::none, std::nullopt);
        } else if constexpr (std::is_same_v<Node, IfStatement>) {
          if (test(*node.condition)) return execute(*node.then, sink);
          if (node.otherwise) return execute(*node.otherwise, sink);
        } else if constexpr (std::is_same_v<Node, WhileStatement>) {
          return run_while(node, sink);
        } else if constexpr (std::is_same_v<Node, BlockStatement>) {
          return run(node.statements, sink);
        } else if constexpr (std::is_same_v<Node, TryStatement>) {
          return run_try(node, sink);
        } else if constexpr (std::is_same_v<Node, BreakStatement>) {
          return Flow::break_;
        } else if constexpr (std::is_same_v<Node, ContinueStatement>) {
          return Flow::continue_;
        } else if constexpr (std::is_same_v<Node, ReturnStatement>) {
          if (node.value)
            frames_.back().return_status = std::atoi(evaluate(*node.value, make_type(SqlType::int_)).bytes.c_str());
          return Flow::return_;
        } else if constexpr (std::is_same_v<Node, ExecStatement>) {
          return exec(node, sink);
        } else if constexpr (std::is_same_v<Node, TransactionStatement>) {
          transaction(node);
          done(sink,
               node.action == TransactionStatement::Action::begin    ? Command::begin
               : node.action == TransactionStatement::Action::commit ? Command::commit
               : node.action == TransactionStatement::Action::save   ? Command::none
                                                                     : Command::rollback,
               std::nullopt);
        } else if constexpr (std::is_same_v<Node, DbccStatement>) {
          dbcc(node, sink);
        } else if constexpr (std::is_same_v<Node, NoOperation>) {
          done(sink, Command::none, std::nullopt);
        } else {
          definition(statement, sink);
        }
        return Flow::next;
      },
      statement.node);
}

// ---- control

Flow Session::run_while(const WhileStatement& statement, ResultSink& sink) {
  while (test(*statement.condition)) {
    const Flow flow = execute(*statement.body, sink);
    if (flow == Flow::break_) break;
    if (flow == Flow::return_ || flow == Flow::stop) return flow;
    if (cancelled_) return Flow::stop;
  }
  return Flow::next;
}

Flow Session::run_try(const TryStatement& statement, ResultSink& sink) {
  const int depth = try_depth_;
  const std::size_t frames = frames_.size();
  Flow flow = Flow::next;
  try {
    ++try_depth_;
    flow = run(statement.body, sink);
    try_depth_ = depth;
    return flow;
  } catch (EngineError& failure) {
    try_depth_ = depth;
    frames_.resize(frames);
    sink.done(Command::none, std::nullopt);
    caught_.push_back({failure.message});
  }
  try {
    flow = run(statement.handler, sink);
  } catch (...) {
    caught_.pop_back();
    throw;
  }
  caught_.pop_back();
  return flow;
}

bool Session::test(const Expr& condition) {
  Binder binder(*catalog_, *this);
  const Scope none;
  const std::string sql = binder.condition(condition, none);
  unicode_conversion_ = binder.saw_unicode_conversion();
  bool result = false;
  guarded([&] {
    const Rows rows = backend_->run("SELECT " + sql);
    result = !rows.null(0, 0) && rows.flag(0, 0);
  });
  return result;
}

// ---- values

Value Session::fetch(const Typed& value) {
  if (value.constant) return *value.constant;
  if (value.null_literal) return Value{};
  Binder binder(*catalog_, *this);
  Value result;
  guarded([&] {
    bool stopped = false;
    backend_->copy_out(
        "SELECT " + binder.output(value),
        [&](const char* data, std::size_t) {
          const auto length = static_cast<int>((static_cast<std::uint32_t>(static_cast<unsigned char>(data[0])) << 24) |
                                               (static_cast<std::uint32_t>(static_cast<unsigned char>(data[1])) << 16) |
                                               (static_cast<std::uint32_t>(static_cast<unsigned char>(data[2])) << 8) |
                                               static_cast<unsigned char>(data[3]));
          result = decode(value.type, data + 4, length);
          return true;
        },
        &stopped);
  });
  return result;
}

std::pair<TypeInfo, Value> Session::evaluate(const Expr& expr) {
  Binder binder(*catalog_, *this);
  const Scope none;
  const Typed value = binder.value(expr, none);
  unicode_conversion_ = binder.saw_unicode_conversion();
  return {value.type, fetch(value)};
}

Value Session::evaluate(const Expr& expr, const TypeInfo& type) {
  Binder binder(*catalog_, *this);
  const Scope none;
  const Typed value = binder.convert(binder.value(expr, none), type, Conversion::implicit);
  unicode_conversion_ = binder.saw_unicode_conversion();
  return fetch(value);
}

std::string Session::evaluate_text(const Expr& expr) {
  Binder binder(*catalog_, *this);
  const Scope none;
  const Typed value = binder.convert(binder.value(expr, none), make_character(SqlType::nvarchar, -1), Conversion::cast);
  return fetch(value).bytes;
}

Value Session::converted(const Value& value, const TypeInfo& from, const TypeInfo& to) {
  Binder binder(*catalog_, *this);
  return fetch(binder.convert(binder.literal(from, value), to, Conversion::implicit));
}

void Session::declare(const DeclareStatement& statement) {
  for (const Declaration& declaration : statement.variables) {
    if (variable(declaration.name) != nullptr) {
      throw error(
          134,
          "The variable name '" + declaration.name +
              "' has already been declared. Variable names must be unique within a query batch or stored procedure.",
          15, 2);
    }
    if (declaration.table) {
      if (catalog_->find_local(declaration.name)) {
        // A batch's table variable is gone with its batch; PostgreSQL's temporary table is cleared
        // here.
        backend_->run("DROP TABLE " + catalog_->find_local(declaration.name)->target);
        catalog_->remove_local(declaration.name);
      }
      guarded([&] { Ddl(*catalog_, *this).create_local_table(*declaration.table); }, true);
      continue;
    }
    Variable fresh;
    fresh.type = catalog_->type(declaration.type, nullptr, nullptr, false);
    if (declaration.initial) fresh.value = evaluate(*declaration.initial, fresh.type);
    frames_.back().variables[fold(declaration.name)] = std::move(fresh);
  }
}

void Session::set_variable(const SetVariable& statement) {
  const Variable* current = variable(statement.name);
  if (current == nullptr) throw undeclared_variable(statement.name);
  const TypeInfo type = current->type;
  Value value;
  if (statement.op.empty()) {
    value = evaluate(*statement.value, type);
  } else {
    Binder binder(*catalog_, *this);
    const Scope none;
    const Typed left = binder.literal(type, current->value);
    value = fetch(binder.convert(binder.operate(statement.op[0], left, binder.value(*statement.value, none)), type,
                                 Conversion::implicit));
  }
  frames_.back().variables[fold(statement.name)].value = std::move(value);
  rowcount_ = 1;
}

void Session::assign(const std::string& name, const TypeInfo& type, const Value& value) {
  const Variable* current = variable(name);
  if (current == nullptr) throw undeclared_variable(name);
  const TypeInfo to = current->type;
  frames_.back().variables[fold(name)].value = converted(value, type, to);
}

// ---- messages

void Session::print(const Expr& expr, ResultSink& sink) {
  Message message;
  message.number = 0;
  message.severity = 0;
  message.text = std::string(utf16_prefix(evaluate_text(expr), 4000));
  message.line = current_line_;
  sink.message(message);
}

namespace {

// RAISERROR's printf: %s %d %i %u %o %x %X, width and precision left to the text.
std::string format_message(const std::string& format, const std::vector<std::pair<TypeInfo, Value>>& args) {
  std::string out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 >= format.size()) {
      out += format[i];
      continue;
    }
    if (format[i + 1] == '%') {
      out += '%';
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < format.size() && std::string_view("-+ #0123456789.*hlI").find(format[end]) != std::string_view::npos)
      ++end;
    if (end >= format.size()) break;
    const char kind = format[end];
    const std::string value =
        next < args.size() ? (args[next].second.null ? "(null)" : args[next].second.bytes) : "(null)";
    ++next;
    if (kind == 'x' || kind == 'X') {
      char buffer[32];
      std::snprintf(buffer, sizeof buffer, kind == 'x' ? "%llx" : "%llX",
                    static_cast<unsigned long long>(std::atoll(value.c_str())));
      out += buffer;
    } else {
      out += value;
    }
    i = end;
  }
  return out;
}

}  // namespace

void Session::raise_error(const RaiseErrorStatement& statement, ResultSink& sink) {
  const auto message_value = evaluate(*statement.message);
  const int severity = std::atoi(evaluate(*statement.severity, make_type(SqlType::int_)).bytes.c_str());
  const int state = std::atoi(evaluate(*statement.state, make_type(SqlType::int_)).bytes.c_str());
  std::vector<std::pair<TypeInfo, Value>> args;
  for (const ExprPtr& arg : statement.args) args.push_back(evaluate(*arg));
  int number = 50000;
  std::string text;
  if (is_character(message_value.first.type)) {
    text = format_message(message_value.second.bytes, args);
  } else {
    number = std::atoi(message_value.second.bytes.c_str());
    text = "Error " + std::to_string(number) + ", severity " + std::to_string(severity) + ", state " +
           std::to_string(state) + " was raised, but no message with that error number was found in sys.messages.";
    number = 18054;
  }
  if (severity > 18 && !statement.log)
    throw error(2754,
                "Error severity levels greater than 18 can only be specified by members of the sysadmin role, using "
                "the WITH LOG option.");
  EngineError failure = error(number, text, std::clamp(severity, 0, 25), std::clamp(state < 0 ? 1 : state, 0, 255));
  failure.message.line = current_line_;
  if (severity <= 10) {
    if (severity == 10) failure.message.severity = 0;
    sink.message(failure.message);
    return;
  }
  throw failure;
}

void Session::throw_error(const ThrowStatement& statement) {
  if (!statement.number) {
    if (caught_.empty()) {
      throw error(10704,
                  "To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW "
                  "statement inside a CATCH "
                  "block, or add error parameters to the THROW statement.",
                  15);
    }
    EngineError again;
    again.message = caught_.back().message;
    throw again;
  }
  const int number = std::atoi(evaluate(*statement.number, make_type(SqlType::int_)).bytes.c_str());
  const std::string text = evaluate_text(*statement.message);
  const int state = std::atoi(evaluate(*statement.state, make_type(SqlType::int_)).bytes.c_str());
  if (number < 50000) {
    throw error(35100,
                "Error number " + std::to_string(number) +
                    " in the THROW statement is outside the valid range. Specify an error number in the valid range of "
                    "50000 to 2147483647.",
                16, 10);
  }
  throw error(number, text, 16, state);
}

void Session::wait_for(const WaitForStatement& statement) {
  const std::string text = evaluate_text(*statement.delay);
  const Value moment = moment_from_text(text, make_time(SqlType::time, 3));
  const double seconds = std::atof(moment.bytes.substr(0, 2).c_str()) * 3600 +
                         std::atof(moment.bytes.substr(3, 2).c_str()) * 60 + std::atof(moment.bytes.substr(6).c_str());
  if (statement.until) throw not_supported("WAITFOR TIME");
  guarded([&] { backend_->run("SELECT pg_sleep(" + std::to_string(seconds) + ")"); });
}

void Session::dbcc(const DbccStatement& statement, ResultSink& sink) {
  if (statement.command == "CHECKIDENT" && !statement.args.empty()) {
    const std::string name = evaluate_text(*statement.args[0]);
    const TablePtr table = catalog_->table(parse_name(name));
    if (table->identity_sequence.empty())
      throw error(7997, "'" + table->name + "' does not contain an identity column.");
    bool reseed = false;
    std::string value;
    for (std::size_t i = 1; i < statement.args.size(); ++i) {
      const std::string word = upper(evaluate_text(*statement.args[i]));
      if (word == "RESEED") {
        reseed = true;
      } else if (word != "NORESEED") {
        value = word;
      }
    }
    guarded(
        [&] {
          const Rows rows = backend_->run("SELECT CASE WHEN is_called THEN last_value::text ELSE 'NULL' END FROM " +
                                          table->identity_sequence);
          if (reseed && !value.empty()) Ddl(*catalog_, *this).reseed(table, value);
          Message message;
          message.number = 7998;
          message.severity = 0;
          message.line = current_line_;
          message.text = "Checking identity information: current identity value '" + rows.get(0, 0) +
                         "', current column value '" + (reseed && !value.empty() ? value : rows.get(0, 0)) + "'.";
          sink.message(message);
        },
        true);
  }
  Message finished;
  finished.number = 2528;
  finished.severity = 0;
  finished.line = current_line_;
  finished.text = "DBCC execution completed. If DBCC printed error messages, contact your system administrator.";
  sink.message(finished);
  done(sink, Command::none, std::nullopt);
}

}  // namespace tds_server::engine
