// EXEC and remote procedure calls: sp_executesql, prepared statements, the catalog procedures that
// drivers use, and procedures made by CREATE PROCEDURE.
#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "ddl.hpp"
#include "errors.hpp"
#include "guarded.hpp"
#include "session.hpp"
#include "system_procedures.hpp"
#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server::engine {

namespace {

std::atomic<int> user_options{0};

}  // namespace

bool user_option(int bit) noexcept { return (user_options & bit) != 0; }

// ---- arguments

std::optional<std::string> Session::argument_text(const Arguments& arguments, std::string_view name,
                                                  std::size_t position) {
  const Argument* found = nullptr;
  for (const Argument& argument : arguments) {
    if (!argument.name.empty() && equals_ignoring_case(argument.name, name)) found = &argument;
  }
  if (found == nullptr && position < arguments.size() && arguments[position].name.empty()) found = &arguments[position];
  if (found == nullptr || found->value.null || found->default_value) return std::nullopt;
  return found->value.bytes;
}

Flow Session::exec(const ExecStatement& statement, ResultSink& sink) {
  if (++nesting_ > 32) {
    --nesting_;
    throw error(217, "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).");
  }
  struct Leave {
    ~Leave() { --nesting; }
    int& nesting;
  } leave{nesting_};
  if (!statement.text.empty()) {
    std::string text;
    for (const ExprPtr& piece : statement.text) text += evaluate_text(*piece);
    frames_.emplace_back();
    const std::size_t depth = frames_.size();
    Flow flow = Flow::next;
    try {
      flow = run_batch(text, sink);
    } catch (...) {
      frames_.resize(depth - 1);
      throw;
    }
    frames_.resize(depth - 1);
    return flow == Flow::stop && cancelled_ ? Flow::stop : Flow::next;
  }
  Arguments arguments;
  for (const ExecArgument& source : statement.args) {
    Argument argument;
    argument.name = source.name;
    argument.output = source.output;
    argument.default_value = source.default_value;
    if (source.value) {
      auto [type, value] = evaluate(*source.value);
      argument.type = type;
      argument.value = std::move(value);
      if (source.output && source.value->kind == ExprKind::variable) argument.target = source.value->text;
    }
    arguments.push_back(std::move(argument));
  }
  Name name = statement.procedure;
  if (name.size() == 1 && name[0][0] == '@') {
    const Variable* holder = variable(name[0]);
    if (holder == nullptr) throw undeclared_variable(name[0]);
    name = parse_name(holder->value.bytes);
  }
  const int status = call_procedure(name, arguments, sink);
  for (const Argument& argument : arguments) {
    if (argument.output && !argument.target.empty()) assign(argument.target, argument.type, argument.value);
  }
  if (!statement.return_variable.empty())
    assign(statement.return_variable, make_type(SqlType::int_), make_value(std::to_string(status)));
  return cancelled_ ? Flow::stop : Flow::next;
}

void Session::call(std::string_view procedure, std::span<const Parameter> parameters, ResultSink& sink) {
  start_request();
  nesting_ = 1;
  Arguments arguments;
  for (const Parameter& parameter : parameters) {
    Argument argument;
    argument.name = parameter.name;
    argument.type = parameter.type;
    if (is_character(argument.type.type) && argument.type.collation.empty())
      argument.type.collation = catalog_->collation();
    argument.value = parameter.value;
    argument.output = parameter.output;
    arguments.push_back(std::move(argument));
  }
  Statement here;
  try {
    const int status = call_procedure(parse_name(procedure), arguments, sink);
    if (cancelled_) return;
    sink.return_status(status);
    for (const Argument& argument : arguments) {
      if (!argument.output) continue;
      Parameter result;
      result.name = argument.name;
      result.type = argument.type;
      result.value = argument.value;
      result.output = true;
      sink.return_value(result);
    }
  } catch (EngineError& failure) {
    fail(failure, here, sink);
  } catch (const PgError& failure) {
    if (failure.sqlstate == "57014" && cancelled_) return;
    fail(as_engine_error(failure), here, sink);
  } catch (const std::exception& failure) {
    fail(error(40517, std::string("The test server failed: ") + failure.what()), here, sink);
  }
}

// ---- dispatch

int Session::call_procedure(const Name& name, Arguments& arguments, ResultSink& sink) {
  const std::string plain = lower(name.back());
  if (plain == "sp_executesql") return execute_sql(arguments, sink);
  if (plain == "sp_prepare") return prepare(arguments, sink, false);
  if (plain == "sp_prepexec") return prepare(arguments, sink, true);
  if (plain == "sp_execute") return execute_prepared(arguments, sink);
  if (plain == "sp_unprepare") {
    const auto handle = argument_text(arguments, "@handle", 0);
    if (!handle || prepared_.erase(std::atoi(handle->c_str())) == 0) {
      throw error(8179, "Could not find prepared statement with handle " + handle.value_or("0") + ".");
    }
    return 0;
  }
  if (plain == "sp_describe_first_result_set") return describe(arguments, sink);
  if (plain == "sp_rename") {
    const auto old_name = argument_text(arguments, "@objname", 0), fresh = argument_text(arguments, "@newname", 1);
    if (!old_name || !fresh)
      throw error(201, "Procedure or function 'sp_rename' expects parameter '@objname', which was not supplied.", 16,
                  4);
    const std::string kind = upper(argument_text(arguments, "@objtype", 2).value_or("OBJECT"));
    guarded([&] { Ddl(*catalog_, *this).rename(*old_name, *fresh, kind); }, true);
    Message caution;
    caution.number = 15477;
    caution.severity = 0;
    caution.text = "Caution: Changing any part of an object name could break scripts and stored procedures.";
    caution.procedure = "sp_rename";
    caution.line = current_line_;
    sink.message(caution);
    return 0;
  }
  if (plain == "sp_addextendedproperty" || plain == "sp_updateextendedproperty" || plain == "sp_dropextendedproperty")
    return extended_property(plain, arguments);
  if (plain == "sp_addtype") return add_type(arguments);
  if (plain == "sp_configure" && upper(argument_text(arguments, "@configname", 0).value_or("")) == "USER OPTIONS") {
    user_options = std::atoi(argument_text(arguments, "@configvalue", 1).value_or("0").c_str());
    return 0;
  }
  if (plain == "tds_server_pose") return pose(arguments);
  if (plain == "sp_reset_connection") {
    reset(false);
    return 0;
  }
  if (plain == "sp_set_session_context") {
    const auto key = argument_text(arguments, "@key", 0);
    if (!key || arguments.size() < 2) {
      throw error(201,
                  "Procedure or function 'sp_set_session_context' expects parameter '@value', which was not supplied.",
                  16, 4);
    }
    session_context_[fold(*key)] = arguments[1].value;
    return 0;
  }
  static constexpr std::string_view kIgnored[] = {
      "sp_dboption",      "sp_updatestats",     "sp_configure",  "sp_changedbowner",  "sp_dbcmptlevel",
      "sp_recompile",     "sp_refreshview",     "sp_getapplock", "sp_releaseapplock", "sp_grantdbaccess",
      "sp_addrolemember", "sp_settriggerorder", "sp_autostats"};
  if (std::find(std::begin(kIgnored), std::end(kIgnored), plain) != std::end(kIgnored)) return 0;
  if (const SystemProcedure* system = find_system_procedure(plain)) {
    std::map<std::string, std::string> values;
    for (std::size_t i = 0; i < system->parameters.size(); ++i) {
      const std::string parameter(system->parameters[i]);
      const auto text = argument_text(arguments, parameter, i);
      if (text) values[parameter] = *text;
    }
    return catalog_procedure(std::string(system->text), values, sink);
  }
  const auto module = catalog_->find_procedure(name);
  if (!module) throw unknown_procedure(display_name(name));
  return user_procedure(*module, name, arguments, sink);
}

// ---- parameterized statements

// Runs a text with the variables that `declarations` names, filled from the arguments from `first`
// on.
int Session::run_parameterized(const std::string& text, const std::string& declarations, Arguments& arguments,
                               std::size_t first, ResultSink& sink) {
  Frame frame;
  const std::vector<ProcedureParameter> parameters = parse_parameters(declarations);
  std::vector<Argument*> sources(parameters.size(), nullptr);
  for (std::size_t i = first; i < arguments.size(); ++i) {
    Argument& argument = arguments[i];
    if (argument.name.empty()) {
      if (i - first >= parameters.size())
        throw error(8144, "Procedure or function has too many arguments specified.", 16, 2);
      sources[i - first] = &argument;
      continue;
    }
    bool known = false;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      if (!equals_ignoring_case(parameters[p].name, argument.name)) continue;
      sources[p] = &argument;
      known = true;
    }
    if (!known) throw error(8145, argument.name + " is not a parameter for procedure sp_executesql.");
  }
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    Variable variable;
    variable.type = catalog_->type(parameters[p].type);
    if (sources[p] != nullptr && !sources[p]->default_value) {
      variable.value = converted(sources[p]->value, sources[p]->type, variable.type);
    } else if (parameters[p].initial) {
      variable.value = evaluate(*parameters[p].initial, variable.type);
    } else {
      throw error(8178, "The parameterized query '(" + declarations + ")" + std::string(utf16_prefix(text, 60)) +
                            "' expects the parameter '" + parameters[p].name + "', which was not supplied.");
    }
    frame.variables[fold(parameters[p].name)] = std::move(variable);
  }
  frames_.push_back(std::move(frame));
  const std::size_t depth = frames_.size();
  try {
    run_batch(text, sink);
  } catch (...) {
    frames_.resize(depth - 1);
    throw;
  }
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    if (sources[p] == nullptr || !(parameters[p].output || sources[p]->output)) continue;
    const Variable& variable = frames_.back().variables[fold(parameters[p].name)];
    sources[p]->type = variable.type;
    sources[p]->value = variable.value;
  }
  frames_.resize(depth - 1);
  return last_error_;
}

namespace {

// sp_executesql and its like take their own arguments by position, whatever a client names them
// ("@statement" in tedious).
template <typename Arguments>
std::string text_at(const Arguments& arguments, std::size_t position) {
  return position < arguments.size() && !arguments[position].value.null ? arguments[position].value.bytes
                                                                        : std::string();
}

}  // namespace

int Session::execute_sql(Arguments& arguments, ResultSink& sink) {
  if (arguments.empty())
    throw error(201, "Procedure or function 'sp_executesql' expects parameter '@statement', which was not supplied.",
                16, 10);
  if (!is_unicode(arguments[0].type.type)) {
    throw error(214, "Procedure expects parameter '@statement' of type 'ntext/nchar/nvarchar'.", 16, 2);
  }
  return run_parameterized(text_at(arguments, 0), text_at(arguments, 1), arguments, 2, sink);
}

int Session::prepare(Arguments& arguments, ResultSink& sink, bool run) {
  if (arguments.size() < 3)
    throw error(201, "Procedure or function 'sp_prepare' expects parameter '@stmt', which was not supplied.", 16, 10);
  Prepared prepared;
  prepared.parameters = text_at(arguments, 1);
  prepared.statement = text_at(arguments, 2);
  parse_parameters(prepared.parameters);
  parse_batch(prepared.statement, settings_.quoted_identifier);
  if (!arguments[0].value.null)
    prepared_.erase(std::atoi(arguments[0].value.bytes.c_str()));  // a handle that comes in is given back
  const int handle = next_handle_++;
  prepared_[handle] = prepared;
  arguments[0].type = make_type(SqlType::int_);
  arguments[0].value = make_value(std::to_string(handle));
  return run ? run_parameterized(prepared.statement, prepared.parameters, arguments, 3, sink) : 0;
}

int Session::execute_prepared(Arguments& arguments, ResultSink& sink) {
  const int handle = arguments.empty() ? 0 : std::atoi(arguments[0].value.bytes.c_str());
  const auto found = prepared_.find(handle);
  if (found == prepared_.end())
    throw error(8179, "Could not find prepared statement with handle " + std::to_string(handle) + ".", 16, 2);
  const Prepared prepared = found->second;
  return run_parameterized(prepared.statement, prepared.parameters, arguments, 1, sink);
}

// ---- CREATE PROCEDURE's

int Session::user_procedure(const Module& module, const Name& name, Arguments& arguments, ResultSink& sink) {
  const Batch batch = parse_batch(module.definition);
  const auto& definition = std::get<CreateProcedure>(batch.statements.at(0)->node);
  Frame frame;
  frame.procedure = name.back();
  std::vector<Argument*> sources(definition.parameters.size(), nullptr);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    Argument& argument = arguments[i];
    if (argument.name.empty()) {
      if (i >= sources.size())
        throw error(8144, "Procedure or function " + name.back() + " has too many arguments specified.", 16, 2);
      sources[i] = &argument;
      continue;
    }
    bool known = false;
    for (std::size_t p = 0; p < sources.size(); ++p) {
      if (equals_ignoring_case(definition.parameters[p].name, argument.name)) sources[p] = &argument, known = true;
    }
    if (!known) throw error(8145, argument.name + " is not a parameter for procedure " + name.back() + ".", 16, 1);
  }
  for (std::size_t p = 0; p < sources.size(); ++p) {
    const ProcedureParameter& parameter = definition.parameters[p];
    Variable variable;
    variable.type = catalog_->type(parameter.type);
    if (sources[p] != nullptr && !sources[p]->default_value) {
      variable.value = converted(sources[p]->value, sources[p]->type, variable.type);
    } else if (parameter.initial) {
      variable.value = evaluate(*parameter.initial, variable.type);
    } else {
      throw error(201,
                  "Procedure or function '" + name.back() + "' expects parameter '" + parameter.name +
                      "', which was not supplied.",
                  16, 4);
    }
    frame.variables[fold(parameter.name)] = std::move(variable);
  }
  frames_.push_back(std::move(frame));
  const std::size_t depth = frames_.size();
  ++nesting_;
  int status = 0;
  try {
    run(definition.body, sink);
  } catch (...) {
    --nesting_;
    frames_.resize(depth - 1);
    throw;
  }
  --nesting_;
  status = frames_.back().return_status;
  for (std::size_t p = 0; p < sources.size(); ++p) {
    if (sources[p] == nullptr || !definition.parameters[p].output) continue;
    const Variable& variable = frames_.back().variables[fold(definition.parameters[p].name)];
    sources[p]->type = variable.type;
    sources[p]->value = variable.value;
  }
  frames_.resize(depth - 1);
  return status;
}

// ---- catalog procedures

// A T-SQL text whose parameters are strings, NULL where the caller gave none.
int Session::catalog_procedure(const std::string& text, const std::map<std::string, std::string>& values,
                               ResultSink& sink) {
  Frame frame;
  for (const Token& token : tokenize(text)) {
    if (token.kind != TokenKind::variable || token.text.rfind("@@", 0) == 0) continue;
    Variable variable;
    variable.type = make_character(SqlType::nvarchar, 4000);
    variable.type.collation = catalog_->collation();
    const auto given = values.find(token.text);
    if (given != values.end()) variable.value = make_value(given->second);
    frame.variables[fold(token.text)] = variable;
  }
  frames_.push_back(std::move(frame));
  const std::size_t depth = frames_.size();
  try {
    run_batch(text, sink);
  } catch (...) {
    frames_.resize(depth - 1);
    throw;
  }
  frames_.resize(depth - 1);
  return 0;
}

int Session::describe(const Arguments& arguments, ResultSink& sink) {
  const auto text = argument_text(arguments, "@tsql", 0);
  if (!text) throw error(11503, "The parameter '@tsql' was not supplied.");
  const std::string declarations = argument_text(arguments, "@params", 1).value_or("");
  Frame frame;
  for (const ProcedureParameter& parameter : parse_parameters(declarations)) {
    Variable variable;
    variable.type = catalog_->type(parameter.type);
    frame.variables[fold(parameter.name)] = std::move(variable);
  }
  const Batch batch = parse_batch(*text, settings_.quoted_identifier);
  std::vector<OutputColumn> columns;
  frames_.push_back(std::move(frame));
  try {
    guarded([&] {
      for (const StatementPtr& statement : batch.statements) {
        if (const auto* query = std::get_if<SelectStatement>(&statement->node)) {
          Binder binder(*catalog_, *this);
          columns = binder.query(*query->query).columns;
          break;
        }
        if (const auto* declare_statement = std::get_if<DeclareStatement>(&statement->node))
          declare(*declare_statement);
      }
    });
  } catch (...) {
    frames_.pop_back();
    throw;
  }
  frames_.pop_back();
  const DescribeResult result = describe_columns(columns, *catalog_);
  sink.columns(result.columns);
  for (const auto& row : result.rows) {
    if (!sink.row(row)) break;
  }
  done(sink, Command::select, result.rows.size());
  return 0;
}

int Session::extended_property(const std::string& name, const Arguments& arguments) {
  const auto property = argument_text(arguments, "@name", 0);
  if (!property) throw error(15600, "An invalid parameter or option was specified for procedure '" + name + "'.");
  const std::size_t shift = name == "sp_dropextendedproperty" ? 0 : 1;
  std::string level[3], object[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string number = std::to_string(i);
    level[i] = upper(argument_text(arguments, "@level" + number + "type", 1 + shift + i * 2).value_or(""));
    object[i] = argument_text(arguments, "@level" + number + "name", 2 + shift + i * 2).value_or("");
  }
  int property_class = 0;
  std::string major = "0", minor = "0";
  guarded(
      [&] {
        const auto missing = [&]() -> EngineError {
          return error(15135,
                       "Object is invalid. Extended properties are not permitted on '" + object[0] +
                           (object[1].empty() ? "" : "." + object[1]) + (object[2].empty() ? "" : "." + object[2]) +
                           "', or the object does not exist.",
                       16, 8);
        };
        if (!level[0].empty()) {
          const Rows schema = backend_->run("SELECT tds_meta.schema_id_of($1)", {to_stored_text(object[0])});
          if (schema.null(0, 0)) throw missing();
          property_class = 3;
          major = schema.get(0, 0);
          if (level[1] == "TYPE") {
            property_class = 6;
            const Rows type = backend_->run(
                "SELECT user_type_id FROM tds_meta.types WHERE schema_id = $1 AND tds_meta.fold(name) = "
                "tds_meta.fold($2)",
                {major, to_stored_text(object[1])});
            if (type.size() == 0) throw missing();
            major = type.get(0, 0);
          } else if (!level[1].empty()) {
            property_class = 1;
            const Rows found = backend_->run("SELECT tds_meta.find_object($1, $2)",
                                             {to_stored_text(object[0]), to_stored_text(object[1])});
            if (found.null(0, 0)) throw missing();
            major = found.get(0, 0);
            if (level[2] == "COLUMN") {
              const Rows column =
                  backend_->run("SELECT tds_meta.column_number($1, $2)", {major, to_stored_text(object[2])});
              if (column.null(0, 0)) throw missing();
              minor = column.get(0, 0);
            } else if (level[2] == "INDEX") {
              property_class = 7;
              const Rows index = backend_->run(
                  "SELECT index_id FROM tds_meta.indexes WHERE object_id = $1 AND tds_meta.fold(name) = "
                  "tds_meta.fold($2)",
                  {major, to_stored_text(object[2])});
              if (index.size() == 0) throw missing();
              minor = index.get(0, 0);
            } else if (!level[2].empty()) {
              const Rows part = backend_->run(
                  "SELECT object_id FROM tds_meta.objects WHERE parent_object_id = $1 AND name_key = tds_meta.fold($2)",
                  {major, to_stored_text(object[2])});
              if (part.size() == 0) throw missing();
              major = part.get(0, 0);
            }
          }
        }
        const std::string key = "class = " + std::to_string(property_class) + " AND major_id = " + major +
                                " AND minor_id = " + minor + " AND name = " + pg_literal(to_stored_text(*property));
        const bool exists = backend_->run("SELECT 1 FROM tds_meta.extended_properties WHERE " + key).size() > 0;
        const std::string where =
            object[0] + (object[1].empty() ? "" : "." + object[1]) + (object[2].empty() ? "" : "." + object[2]);
        if (name == "sp_addextendedproperty") {
          if (exists)
            throw error(15233,
                        "Property cannot be added. Property '" + *property + "' already exists for '" + where + "'.");
        } else if (!exists) {
          throw error(
              15217,
              "Property cannot be updated or deleted. Property '" + *property + "' does not exist for '" + where + "'.",
              16, 2);
        }
        if (name == "sp_dropextendedproperty") {
          backend_->run("DELETE FROM tds_meta.extended_properties WHERE " + key);
          return;
        }
        const Argument* given = nullptr;
        for (const Argument& argument : arguments) {
          if (equals_ignoring_case(argument.name, "@value")) given = &argument;
        }
        if (given == nullptr && arguments.size() > 1 && arguments[1].name.empty()) given = &arguments[1];
        Binder binder(*catalog_, *this);
        std::string value = "NULL";
        if (given != nullptr && !given->value.null) {
          value = binder.output(binder.convert(binder.literal(given->type, given->value),
                                               make_type(SqlType::sql_variant), Conversion::implicit));
        }
        if (exists) {
          backend_->run("UPDATE tds_meta.extended_properties SET value = " + value + " WHERE " + key);
        } else {
          backend_->run("INSERT INTO tds_meta.extended_properties VALUES (" + std::to_string(property_class) + ", " +
                        major + ", " + minor + ", " + pg_literal(to_stored_text(*property)) + ", " + value + ")");
        }
      },
      true);
  return 0;
}

// sql/36_pose.sql says what there is.
int Session::pose(const Arguments& arguments) {
  std::vector<std::optional<std::string>> values;
  for (std::size_t i = 0; i < 4; ++i) values.push_back(argument_text(arguments, "@" + std::to_string(i), i));
  std::string sql;
  for (const auto& value : values)
    sql += (sql.empty() ? "" : ", ") + (value ? pg_literal(to_stored_text(*value)) : std::string("NULL"));
  guarded([&] { backend_->run("SELECT tds_meta.set_pose(" + sql + ")"); }, true);
  catalog_->invalidate();
  return 0;
}

int Session::add_type(const Arguments& arguments) {
  const auto name = argument_text(arguments, "@typename", 0), base = argument_text(arguments, "@phystype", 1);
  if (!name || !base)
    throw error(201, "Procedure or function 'sp_addtype' expects parameter '@typename', which was not supplied.", 16,
                4);
  CreateType statement;
  statement.name = {"dbo", *name};
  statement.base = parse_type(*base);
  statement.nullable = upper(argument_text(arguments, "@nulltype", 2).value_or("NULL")) != "NOT NULL";
  guarded([&] { Ddl(*catalog_, *this).create_type(statement); }, true);
  return 0;
}

// ---- bulk load

void Session::leave_bulk() noexcept {
  bulk_.reset();
  try {
    if (!bulk_home_.empty()) visit(bulk_home_);
  } catch (...) {
    // The session stays where it is; the next statement that needs its own database will tell.
  }
  bulk_home_.clear();
}

void Session::bulk_begin(std::string_view statement) {
  start_request();
  verb_ = "INSERT";
  try {
    const InsertBulk parsed = parse_insert_bulk(statement);
    const std::string other = other_database({parsed.table});
    if (!other.empty()) {
      bulk_home_ = catalog_->database();
      visit(other);
    }
    if (trancount_ > 0) backend_->run("SAVEPOINT tds_bulk");
    const TablePtr table = catalog_->find_table(parsed.table);
    const bool fires = std::find(parsed.options.begin(), parsed.options.end(), "FIRE_TRIGGERS") != parsed.options.end();
    bulk_ = std::make_unique<BulkLoad>(*catalog_, parsed, fires && table && !triggers_for(*table, "INSERT").empty());
  } catch (const PgError& failure) {
    if (trancount_ > 0) backend_->run("ROLLBACK TO SAVEPOINT tds_bulk");
    const EngineError mapped = as_engine_error(failure);
    leave_bulk();
    throw mapped;
  } catch (...) {
    leave_bulk();
    throw;
  }
}

void Session::bulk_row(std::span<const BulkColumn> columns, std::span<const Value> values) {
  try {
    bulk_->row(columns, values);
  } catch (const PgError& failure) {
    if (trancount_ > 0) backend_->run("ROLLBACK TO SAVEPOINT tds_bulk");
    const EngineError mapped = as_engine_error(failure);
    leave_bulk();
    throw mapped;
  } catch (...) {
    bulk_abort();
    throw;
  }
}

std::uint64_t Session::bulk_end() {
  if (!bulk_) return 0;
  try {
    std::uint64_t rows = bulk_->finish();
    if (!bulk_->staged().empty()) {
      rows = insert_staged(*bulk_);
      bulk_->drop_staged();
    }
    if (trancount_ > 0) backend_->run("RELEASE SAVEPOINT tds_bulk");
    leave_bulk();
    rowcount_ = rows;
    return rows;
  } catch (const PgError& failure) {
    if (trancount_ > 0) backend_->run("ROLLBACK TO SAVEPOINT tds_bulk");
    const EngineError mapped = as_engine_error(failure);
    leave_bulk();
    throw mapped;
  } catch (const EngineError&) {
    if (trancount_ > 0) backend_->run("ROLLBACK TO SAVEPOINT tds_bulk");
    leave_bulk();
    throw;
  }
}

void Session::bulk_abort() {
  if (!bulk_) return;
  bulk_->abandon();
  try {
    if (trancount_ > 0) backend_->run("ROLLBACK TO SAVEPOINT tds_bulk");
  } catch (const PgError&) {
    // A broken connection shows at the next statement.
  }
  leave_bulk();
}

}  // namespace tds_server::engine
