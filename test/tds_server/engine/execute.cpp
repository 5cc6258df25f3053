// Queries and data changes: bound, run, streamed.
#include <algorithm>

#include "ddl.hpp"
#include "errors.hpp"
#include "guarded.hpp"
#include "session.hpp"
#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server::engine {
namespace {

// The SELECT at the left end of a query, where INTO and variables stand.
const SelectCore* first_core(const QueryBody& body) {
  const QueryBody* node = &body;
  while (!node->core) node = node->left.get();
  return node->core.get();
}

int read_length(const char* data) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = (value << 8) | static_cast<unsigned char>(data[i]);
  return static_cast<int>(value);
}

// SET TEXTSIZE cuts what a client reads of large values.
void cut_text(Value& value, const TypeInfo& type, long long limit) {
  if (value.null || static_cast<long long>(value.bytes.size()) <= limit / 3) return;
  if (is_unicode(type.type) || is_character(type.type)) {
    const auto units = static_cast<std::size_t>(is_unicode(type.type) ? limit / 2 : limit);
    value.bytes = std::string(utf16_prefix(value.bytes, units));
  } else if (static_cast<long long>(value.bytes.size()) > limit) {
    value.bytes.resize(static_cast<std::size_t>(limit));
  }
}

}  // namespace

std::vector<ColumnInfo> Session::column_infos(const std::vector<OutputColumn>& columns) const {
  std::vector<ColumnInfo> infos;
  for (const OutputColumn& column : columns) {
    ColumnInfo info{column.name, column.type, column.nullable, column.identity, column.computed};
    if (!is_character(info.type.type)) info.type.collation.clear();
    infos.push_back(std::move(info));
  }
  return infos;
}

// Sends one result set. Memory holds one row at a time.
void Session::stream(const std::string& sql, const std::vector<OutputColumn>& columns, Command command,
                     ResultSink& sink) {
  const std::vector<ColumnInfo> infos = column_infos(columns);
  std::vector<Value> row(columns.size());
  bool described = false;
  std::vector<bool> large;
  for (const OutputColumn& column : columns) {
    large.push_back(
        settings_.textsize < 2147483647 &&
        (is_lob(column.type.type) || column.type.type == SqlType::xml ||
         ((is_character(column.type.type) || family(column.type.type) == Family::binary) && is_max(column.type))));
  }
  bool stopped = false;
  const std::string limited = settings_.rowcount > 0 && command == Command::select
                                  ? "SELECT * FROM (" + sql + ") AS limited LIMIT " + std::to_string(settings_.rowcount)
                                  : sql;
  const auto describe = [&] {
    if (described) return;
    described = true;
    sink.columns(infos);
  };
  std::uint64_t count = 0;
  guarded([&] {
    count = backend_->copy_out(
        limited,
        [&](const char* data, std::size_t) {
          describe();
          for (std::size_t i = 0; i < columns.size(); ++i) {
            const int length = read_length(data);
            row[i] = decode(columns[i].type, data + 4, length);
            if (large[i]) cut_text(row[i], columns[i].type, settings_.textsize);
            data += 4 + std::max(length, 0);
          }
          return sink.row(row);
        },
        &stopped);
  });
  describe();
  if (stopped) {
    cancelled_ = true;
    return;
  }
  done(sink, command, count);
}

void Session::select(const SelectStatement& statement, ResultSink& sink) {
  check_data_access();
  verb_ = "SELECT";
  const SelectCore* leaf = first_core(*statement.query->body);
  if (!leaf->into.empty()) return select_into(statement, leaf->into, sink);
  Binder binder(*catalog_, *this);
  BoundQuery bound;
  guarded([&] { bound = binder.query(*statement.query); });
  unicode_conversion_ = binder.saw_unicode_conversion();
  const bool assigns = std::any_of(leaf->items.begin(), leaf->items.end(),
                                   [](const SelectItem& item) { return !item.variable.empty(); });
  if (assigns) return assign_from(bound, *leaf, sink);
  if (settings_.fmtonly) {
    sink.columns(column_infos(bound.columns));
    done(sink, Command::select, 0);
    return;
  }
  stream(bound.sql, bound.columns, Command::select, sink);
}

// SELECT @a = x, @b = y FROM ...: the last row wins; without rows the variables keep their values.
void Session::assign_from(const BoundQuery& bound, const SelectCore& core, ResultSink& sink) {
  for (const SelectItem& item : core.items) {
    if (item.variable.empty()) {
      throw error(
          141,
          "A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.",
          15);
    }
  }
  std::vector<Value> last;
  std::uint64_t count = 0;
  guarded([&] {
    bool stopped = false;
    count = backend_->copy_out(
        bound.sql,
        [&](const char* data, std::size_t) {
          last.clear();
          for (const OutputColumn& column : bound.columns) {
            const int length = read_length(data);
            last.push_back(decode(column.type, data + 4, length));
            data += 4 + std::max(length, 0);
          }
          return true;
        },
        &stopped);
  });
  for (std::size_t i = 0; i < last.size(); ++i) assign(core.items[i].variable, bound.columns[i].type, last[i]);
  rowcount_ = count;
  last_error_ = 0;
  done(sink, Command::select, count);
}

void Session::select_into(const SelectStatement& statement, const Name& into, ResultSink& sink) {
  std::uint64_t count = 0;
  guarded(
      [&] {
        Binder binder(*catalog_, *this);
        const BoundQuery bound = binder.query(*statement.query);
        Ddl(*catalog_, *this).create_table_like(into, bound.columns);
        const TablePtr table = catalog_->table(into);
        std::string names, items;
        for (std::size_t i = 0; i < bound.columns.size(); ++i) {
          names += (i > 0 ? ", " : "") + pg_identifier(table->columns[i].stored);
          items += (i > 0 ? ", s." : "s.") + bound.columns[i].pg;
          if (bound.columns[i].null_literal) items += "::" + std::string(pg_type(bound.columns[i].type.type));
        }
        count = backend_
                    ->run("INSERT INTO " + table->target + " (" + names + ") SELECT " + items + " FROM (" + bound.sql +
                          ") AS s")
                    .affected();
        for (const Column& column : table->columns) {
          if (!column.identity || count == 0) continue;
          const Rows ends = backend_->run(
              "SELECT CASE WHEN p.seqincrement > 0 THEN (SELECT max(" + pg_identifier(column.stored) + ") FROM " +
              table->target + ") ELSE (SELECT min(" + pg_identifier(column.stored) + ") FROM " + table->target +
              ") END FROM pg_sequence AS p WHERE p.seqrelid = " + pg_literal(table->identity_sequence) + "::regclass");
          backend_->run("SELECT setval(" + pg_literal(table->identity_sequence) + ", " + ends.get(0, 0) + ")");
        }
      },
      true);
  done(sink, Command::select_into, count);
}

// ---- data changes

bool Session::writes_rowversion(const Table& table) const {
  return std::any_of(table.columns.begin(), table.columns.end(),
                     [](const Column& column) { return column.rowversion; });
}

// Rows with values for the identity column have been stored: its counter passes them.
void Session::follow_identity(const Table& table) {
  for (const Column& column : table.columns) {
    if (!column.identity) continue;
    const std::string name = pg_identifier(column.stored), sequence = pg_literal(table.identity_sequence);
    guarded([&] {
      backend_->run("SELECT setval(" + sequence + ", x.v) FROM (SELECT CASE WHEN p.seqincrement > 0 THEN (SELECT max(" +
                    name + ") FROM " + table.target + ") ELSE (SELECT min(" + name + ") FROM " + table.target +
                    ") END AS v, p.seqincrement AS inc, s.last_value, s.is_called FROM pg_sequence AS p, " +
                    table.identity_sequence + " AS s WHERE p.seqrelid = " + sequence +
                    "::regclass) AS x WHERE NOT x.is_called OR (x.v - x.last_value) * x.inc > 0");
    });
  }
}

void Session::change(const BoundChange& change, Command command, ResultSink& sink) {
  if (settings_.fmtonly) {
    done(sink, command, 0);
    return;
  }
  const bool versions = writes_rowversion(*change.table);
  if (!change.output.empty()) {
    if (versions) {
      guarded(
          [&] {
            backend_->run("SELECT tds.announce_rowversions()");
            ++trancount_;  // stream's own guard becomes a savepoint inside this transaction
            try {
              stream(change.sql, change.output, command, sink);
            } catch (...) {
              --trancount_;
              throw;
            }
            --trancount_;
          },
          true);
    } else {
      stream(change.sql, change.output, command, sink);
    }
    if (change.moves_identity) follow_identity(*change.table);
  } else {
    std::uint64_t count = 0;
    guarded(
        [&] {
          if (versions) backend_->run("SELECT tds.announce_rowversions()");
          const Rows rows = backend_->run(change.sql);
          if (!change.explicit_identity) {
            count = rows.affected();
            return;
          }
          // Values given for the identity column move its counter when they pass it.
          count = std::strtoull(rows.get(0, 0).c_str(), nullptr, 10);
          if (count == 0) return;
          const std::string sequence = change.table->identity_sequence;
          backend_->run(
              "SELECT setval(" + pg_literal(sequence) + ", x.v) FROM (SELECT CASE WHEN p.seqincrement > 0 THEN " +
              rows.get(0, 1) + "::int8 ELSE " + rows.get(0, 2) +
              "::int8 END AS v, p.seqincrement AS inc, s.last_value, s.is_called, p.seqstart FROM pg_sequence AS p, " +
              sequence + " AS s WHERE p.seqrelid = " + pg_literal(sequence) +
              "::regclass) AS x WHERE CASE WHEN x.inc > 0 THEN x.v > x.last_value OR (NOT x.is_called AND x.v >= "
              "x.seqstart) "
              "ELSE x.v < x.last_value OR (NOT x.is_called AND x.v <= x.seqstart) END");
          scope_identity_ = "'" + rows.get(0, 1) + "'::numeric";
          last_identity_ = scope_identity_;
        },
        versions || change.explicit_identity);
    done(sink, command, count);
  }
  if (command != Command::insert) return;
  if (change.generates_identity && rowcount_ > 0) {
    scope_identity_ = "currval(" + pg_literal(change.table->identity_sequence) + ")";
    last_identity_ = scope_identity_;
  } else if (!change.explicit_identity) {
    last_identity_.clear();
  }
}

void Session::insert(const InsertStatement& statement, ResultSink& sink) {
  check_data_access();
  verb_ = "INSERT";
  if (statement.exec) return insert_exec(statement, sink);
  Binder binder(*catalog_, *this);
  TablePtr table;
  guarded([&] { table = catalog_->find_table(statement.table); });
  const bool identity_insert =
      table && !settings_.identity_insert.empty() && settings_.identity_insert == table->target;
  change(table, "INSERT", !statement.output.empty() && statement.output_into.empty(), Command::insert, sink,
         [&](const Capture& capture) {
           BoundChange bound = binder.insert(statement, identity_insert, capture);
           unicode_conversion_ = binder.saw_unicode_conversion();
           return bound;
         });
}

// What UPDATE and DELETE change: a table by its name, or by its alias in FROM.
TablePtr Session::changed_table(const Name& name, const std::vector<TableRefPtr>& from) {
  TablePtr table;
  guarded([&] {
    if (name.size() == 1) {
      for (const TableRefPtr& ref : from)
        if (ref->kind == TableKind::named && catalog_->same(ref->alias, name[0]))
          table = catalog_->find_table(ref->name);
    }
    if (!table) table = catalog_->find_table(name);
  });
  return table;
}

namespace {

// Keeps the rows of INSERT ... EXEC.
class RowCollector final : public ResultSink {
 public:
  explicit RowCollector(ResultSink& outer) : outer_(outer) {}
  void columns(std::span<const ColumnInfo> columns) override { columns_.assign(columns.begin(), columns.end()); }
  bool row(std::span<const Value> values) override {
    rows_.emplace_back(values.begin(), values.end());
    return true;
  }
  void done(Command, std::optional<std::uint64_t>) override {}
  void message(const Message& message) override { outer_.message(message); }
  void database_changed(std::string_view from, std::string_view to) override { outer_.database_changed(from, to); }
  void return_value(const Parameter&) override {}
  void return_status(std::int32_t) override {}
  const std::vector<ColumnInfo>& described() const { return columns_; }
  const std::vector<std::vector<Value>>& rows() const { return rows_; }

 private:
  ResultSink& outer_;
  std::vector<ColumnInfo> columns_;
  std::vector<std::vector<Value>> rows_;
};

}  // namespace

void Session::insert_exec(const InsertStatement& statement, ResultSink& sink) {
  RowCollector collector(sink);
  exec(std::get<ExecStatement>(statement.exec->node), collector);
  const TablePtr table = catalog_->table(statement.table);
  std::vector<const Column*> targets;
  for (const std::string& name : statement.columns) {
    const Column* column = table->find(name, catalog_->case_sensitive());
    if (column == nullptr) throw invalid_column(name);
    targets.push_back(column);
  }
  if (statement.columns.empty()) {
    for (const Column& column : table->columns) {
      if (!column.identity && !column.computed() && !column.rowversion) targets.push_back(&column);
    }
  }
  if (!collector.rows().empty() && collector.described().size() != targets.size()) {
    throw error(213, "Column name or number of supplied values does not match table definition.", 16, 7);
  }
  Binder binder(*catalog_, *this);
  guarded(
      [&] {
        std::string names;
        for (const Column* column : targets) names += (names.empty() ? "" : ", ") + pg_identifier(column->stored);
        for (const auto& row : collector.rows()) {
          std::string items;
          for (std::size_t i = 0; i < targets.size(); ++i) {
            items +=
                (i > 0 ? ", " : "") + binder.output(binder.store(binder.literal(collector.described()[i].type, row[i]),
                                                                 targets[i]->type, table->name, targets[i]->name));
          }
          backend_->run("INSERT INTO " + table->target + " (" + names + ") VALUES (" + items + ")");
        }
      },
      true);
  done(sink, Command::insert, collector.rows().size());
}

void Session::update(const UpdateStatement& statement, ResultSink& sink) {
  check_data_access();
  verb_ = "UPDATE";
  Binder binder(*catalog_, *this);
  change(changed_table(statement.table, statement.from), "UPDATE",
         !statement.output.empty() && statement.output_into.empty(), Command::update, sink,
         [&](const Capture& capture) {
           BoundChange bound = binder.update(statement, capture);
           unicode_conversion_ = binder.saw_unicode_conversion();
           return bound;
         });
}

void Session::remove(const DeleteStatement& statement, ResultSink& sink) {
  check_data_access();
  verb_ = "DELETE";
  Binder binder(*catalog_, *this);
  change(changed_table(statement.table, statement.from), "DELETE",
         !statement.output.empty() && statement.output_into.empty(), Command::delete_, sink,
         [&](const Capture& capture) {
           BoundChange bound = binder.remove(statement, capture);
           unicode_conversion_ = binder.saw_unicode_conversion();
           return bound;
         });
}

// ---- definitions

void Session::definition(const Statement& statement, ResultSink& sink) {
  verb_ = std::holds_alternative<AlterTable>(statement.node)    ? "ALTER TABLE"
          : std::holds_alternative<CreateTable>(statement.node) ? "CREATE TABLE"
                                                                : "CREATE INDEX";
  if (const auto* node = std::get_if<CreateDatabase>(&statement.node)) {
    create_database(*node);
  } else if (const auto* alter = std::get_if<AlterDatabase>(&statement.node)) {
    alter_database(*alter);
  } else if (const auto* drop = std::get_if<Drop>(&statement.node); drop != nullptr && drop->kind == "DATABASE") {
    drop_databases(*drop);
  } else if (const auto* other = std::get_if<CreateOther>(&statement.node)) {
    throw not_supported("CREATE " + other->kind);
  } else {
    if (settings_.implicit_transactions && trancount_ == 0) begin_transaction();
    guarded(
        [&] {
          Ddl ddl(*catalog_, *this);
          std::visit(
              [&](const auto& node) {
                using Node = std::decay_t<decltype(node)>;
                if constexpr (std::is_same_v<Node, CreateTable>) ddl.create_table(node);
                if constexpr (std::is_same_v<Node, AlterTable>) ddl.alter_table(node);
                if constexpr (std::is_same_v<Node, CreateIndex>) ddl.create_index(node.index);
                if constexpr (std::is_same_v<Node, AlterIndex>) ddl.alter_index(node);
                if constexpr (std::is_same_v<Node, CreateSchema>) ddl.create_schema(node.name);
                if constexpr (std::is_same_v<Node, CreateType>) ddl.create_type(node);
                if constexpr (std::is_same_v<Node, CreateSequence>) ddl.sequence(node);
                if constexpr (std::is_same_v<Node, CreateView>) ddl.create_view(node);
                if constexpr (std::is_same_v<Node, CreateProcedure>) ddl.create_procedure(node);
                if constexpr (std::is_same_v<Node, CreateTrigger>) ddl.create_trigger(node);
                if constexpr (std::is_same_v<Node, Drop>) ddl.drop(node);
                if constexpr (std::is_same_v<Node, TruncateStatement>) ddl.truncate(node.table);
              },
              statement.node);
        },
        true);
  }
  catalog_->invalidate();
  done(sink, Command::ddl, std::nullopt);
}

}  // namespace tds_server::engine
