// AFTER triggers: the rows of a change go into tables that the trigger sees as inserted and
// deleted. A trigger runs under XACT_ABORT and in the transaction of the statement that fires it,
// which is one of its own where there is none (Microsoft, "CREATE TRIGGER"). It does not fire
// itself (RECURSIVE_TRIGGERS is off).
#include <algorithm>

#include "ddl.hpp"
#include "errors.hpp"
#include "guarded.hpp"
#include "session.hpp"
#include "text.hpp"

namespace tds_server::engine {
namespace {

// All but the counts goes on.
class WithoutCounts final : public ResultSink {
 public:
  explicit WithoutCounts(ResultSink& outer) : outer_(outer) {}
  void columns(std::span<const ColumnInfo> columns) override { outer_.columns(columns); }
  bool row(std::span<const Value> values) override { return outer_.row(values); }
  void done(Command, std::optional<std::uint64_t>) override {}
  void message(const Message& message) override { outer_.message(message); }
  void database_changed(std::string_view from, std::string_view to) override { outer_.database_changed(from, to); }
  void return_value(const Parameter& value) override { outer_.return_value(value); }
  void return_status(std::int32_t status) override { outer_.return_status(status); }

 private:
  ResultSink& outer_;
};

// Of a bulk load, whose client hears nothing but whether it went well.
class OnlyErrors final : public ResultSink {
 public:
  void columns(std::span<const ColumnInfo>) override {}
  bool row(std::span<const Value>) override { return true; }
  void done(Command, std::optional<std::uint64_t>) override {}
  void message(const Message& message) override {
    if (message.severity > 10 && !error) error = EngineError{message};
  }
  void database_changed(std::string_view, std::string_view) override {}
  void return_value(const Parameter&) override {}
  void return_status(std::int32_t) override {}

  std::optional<EngineError> error;
};

const CreateTrigger& definition_of(const Batch& batch) { return std::get<CreateTrigger>(batch.statements.at(0)->node); }

}  // namespace

std::vector<Module> Session::triggers_for(const Table& table, std::string_view event) {
  if (table.object_id <= 0 || table.system) return {};
  std::vector<Module> fired;
  for (Module& trigger : catalog_->triggers_of(table)) {
    if (std::find(firing_.begin(), firing_.end(), trigger.object_id) != firing_.end()) continue;
    const Batch batch = parse_batch(trigger.definition);
    const std::vector<std::string>& events = definition_of(batch).events;
    if (std::find(events.begin(), events.end(), event) != events.end()) fired.push_back(std::move(trigger));
  }
  return fired;
}

// Both are there for every trigger, one of them empty perhaps.
Capture Session::make_capture(const Table& table) {
  static int serial = 0;
  const std::string number = std::to_string(++serial);
  std::string columns;
  for (const Column& column : table.columns)
    if (!column.computed()) columns += (columns.empty() ? "" : ", ") + pg_identifier(column.stored);
  const auto make = [&](const std::string& name) {
    backend_->run("CREATE TEMP TABLE " + name + " AS SELECT " + columns + " FROM " + table.target + " WITH NO DATA");
    return "pg_temp." + name;
  };
  return {make("tds_inserted_" + number), make("tds_deleted_" + number)};
}

// What the trigger's body finds under the two names.
void Session::show_capture(const Table& table, const Capture& capture) {
  const auto add = [&](const char* name, const std::string& target) {
    auto rows = std::make_shared<Table>(table);
    static int serial = 0;
    rows->object_id = -2'000'000 - ++serial;
    rows->name = name;
    rows->target = target;
    rows->identity_sequence.clear();
    for (Column& column : rows->columns) column.identity = false;
    catalog_->add_local(name, std::move(rows));
  };
  add("inserted", capture.inserted);
  add("deleted", capture.deleted);
}

Flow Session::run_trigger(const Module& trigger, ResultSink& sink) {
  const Batch batch = parse_batch(trigger.definition);
  if (++nesting_ > 32) {
    --nesting_;
    throw error(217, "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).");
  }
  Frame frame;
  frame.procedure = definition_of(batch).name.back();
  frames_.push_back(std::move(frame));
  const std::size_t depth = frames_.size();
  const Settings outer = settings_;
  settings_.xact_abort = true;
  firing_.push_back(trigger.object_id);
  const auto leave = [&] {
    firing_.pop_back();
    frames_.resize(depth - 1);
    --nesting_;
    settings_ = outer;
  };
  try {
    const Flow flow = run(definition_of(batch).body, sink);
    leave();
    return flow;
  } catch (...) {
    leave();
    throw;
  }
}

void Session::fire(const std::vector<Module>& triggers, const Table& table, const Capture& capture, ResultSink& sink) {
  const std::uint64_t count = rowcount_;
  const std::string scope = scope_identity_;
  const TablePtr outer_inserted = catalog_->find_local("inserted"), outer_deleted = catalog_->find_local("deleted");
  const auto restore = [&] {
    outer_inserted ? catalog_->add_local("inserted", outer_inserted) : catalog_->remove_local("inserted");
    outer_deleted ? catalog_->add_local("deleted", outer_deleted) : catalog_->remove_local("deleted");
  };
  try {
    for (const Module& trigger : triggers) {
      show_capture(table, capture);
      rowcount_ = count;
      if (run_trigger(trigger, sink) == Flow::stop) stopped_ = true;
      if (stopped_ || cancelled_) break;
      if (trancount_ == 0) throw error(3609, "The transaction ended in the trigger. The batch has been aborted.");
    }
  } catch (...) {
    restore();
    throw;
  }
  restore();
  rowcount_ = count;
  scope_identity_ = scope;
}

void Session::drop_capture(const Capture& capture) {
  if (backend_->alive()) backend_->run("DROP TABLE IF EXISTS " + capture.inserted + ", " + capture.deleted);
}

void Session::change(const TablePtr& table, std::string_view event, bool returns_rows, Command command,
                     ResultSink& sink, const std::function<BoundChange(const Capture&)>& bind) {
  const std::vector<Module> triggers = table ? triggers_for(*table, event) : std::vector<Module>();
  BoundChange bound;
  if (triggers.empty() || settings_.fmtonly) {
    guarded([&] { bound = bind({}); });
    return change(bound, command, sink);
  }
  if (returns_rows)
    throw error(334, "The target table '" + table->schema + "." + table->name +
                         "' of the DML statement cannot have any enabled triggers if the statement contains an OUTPUT "
                         "clause without INTO clause.");
  const bool own = trancount_ == 0;
  if (own) begin_transaction();
  const Capture capture = make_capture(*table);
  const Capture wanted{event == "DELETE" ? "" : capture.inserted, event == "INSERT" ? "" : capture.deleted};
  try {
    guarded([&] { bound = bind(wanted); });
    WithoutCounts quiet(sink);
    change(bound, command, quiet);
    const std::uint64_t count = rowcount_;
    fire(triggers, *table, capture, sink);
    if (!stopped_) done(sink, command, count);
  } catch (...) {
    if (own && trancount_ > 0) rollback_transaction();
    if (!own || trancount_ > 0) drop_capture(capture);
    throw;
  }
  if (trancount_ > 0) drop_capture(capture);
  if (own && trancount_ > 0) commit_transaction();
}

// The rows of a bulk load that is to fire triggers stand in `staged`.
std::uint64_t Session::insert_staged(const BulkLoad& load) {
  const TablePtr table = load.table();
  const std::vector<Module> triggers = triggers_for(*table, "INSERT");
  const Capture capture = make_capture(*table);
  std::string stored;
  for (const Column& column : table->columns)
    if (!column.computed()) stored += (stored.empty() ? "" : ", ") + pg_identifier(column.stored);
  const bool own = trancount_ == 0;
  if (own) begin_transaction();
  OnlyErrors sink;
  std::uint64_t count = 0;
  try {
    guarded([&] {
      count = backend_
                  ->run("WITH r AS (INSERT INTO " + table->target + " (" + load.names() + ") SELECT " + load.names() +
                        " FROM " + load.staged() + " RETURNING " + stored + ") INSERT INTO " + capture.inserted +
                        " SELECT * FROM r")
                  .affected();
    });
    rowcount_ = count;
    fire(triggers, *table, capture, sink);
  } catch (...) {
    if (own && trancount_ > 0) rollback_transaction();
    throw;
  }
  stopped_ = false;
  if (sink.error) throw *sink.error;
  if (trancount_ > 0) drop_capture(capture);
  if (own && trancount_ > 0) commit_transaction();
  return count;
}

}  // namespace tds_server::engine
