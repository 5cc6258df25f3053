// The life of a bulk load under a statement; load.hpp states the contracts.

#include "load.hpp"

#include "core/tsql/dml.hpp"
#include "pg/remote/connection.hpp"
#include "written_row.hpp"

namespace mssql::pg {

namespace {
constexpr std::int64_t worthwhile_rows = 100;
}

class Load final : public Holder {
 public:
  explicit Load(WrittenTable* written) : table(written) {}
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  // The memory context dies: in abort, or when the executor ends without the table's end.
  ~Load() {
    if (session != nullptr) fence_quiet([this] { let_go()->cancel(); });
  }

  source::Session* let_go() {
    hold(*session, nullptr);
    return std::exchange(session, nullptr);
  }
  void give_way() override;
  void detach() noexcept override {
    session = nullptr;
    is_lost = true;
  }
  // Rows that were written within a subtransaction go with it, and its own use of the session ends
  // the load before.
  bool belongs_to(ResourceOwner) const noexcept override { return false; }

  WrittenTable* table;
  source::Session* session{nullptr};  // null: no load is open
  Bitmapset* columns{nullptr};
  bool gives_identity{false};
  bool is_lost{false};
  int short_loads{0};
  std::int64_t rows{0};  // of the load that is open
  MemoryContext context{nullptr};
  const char* shown{nullptr};  // for messages
  std::vector<source::BulkColumn> targets;
  std::vector<Scalar> values;
};

namespace {

void describe(void* argument) {
  const auto* load = static_cast<const Load*>(argument);
  describe_statement(load->table->what, load->shown);
}

// Core only.
void add_target(Load& load, const WrittenColumn& column) { load.targets.push_back({column.name, column.type}); }

void name_targets(Load* load, const Bitmapset* columns) {
  load->targets.clear();
  load->gives_identity = false;
  for (int attnum = -1; (attnum = bms_next_member(columns, attnum)) >= 0;) {
    const WrittenColumn& column = column_of(load->table, attnum);
    add_target(*load, column);
    load->gives_identity = load->gives_identity || column.generated == Generated::identity;
  }
}

// Core only. A session may have IDENTITY_INSERT on for one table at a time.
void set_identity_insert(source::Session& session, const char* table, bool on) {
  source::run(session, tsql::identity_insert(table, on));
}

void open(Load* load, const Bitmapset* columns) {
  WrittenTable* table = load->table;
  if (has_narrow_text(table, columns)) code_page_of(table, static_cast<AttrNumber>(bms_next_member(columns, -1)));
  MemoryContext old = MemoryContextSwitchTo(load->context);
  load->columns = bms_copy(columns);
  MemoryContextSwitchTo(old);
  name_targets(load, columns);
  // Should the load fail, the setting stays behind: then the session is not clean
  source::Session& session = load->gives_identity ? acquire(table->server, table->user, {.pass_through = true})
                                                  : acquire(table->server, table->user, {.writes = true});
  const char* name = to_utf8(table->name);
  load->shown = MemoryContextStrdup(load->context, psprintf("INSERT BULK %s", table->name));
  if (load->gives_identity) set_identity_insert(session, name, true);
  session.bulk_begin(name, load->targets, table->options.locks_table);
  load->rows = 0;
  load->session = &session;
  hold(session, load);
}

// Core only.
void send_row(Load& load) {
  load.session->bulk_row(load.values);
  ++load.rows;
}

[[noreturn]] void throw_lost() {
  throw Error("25000", "bulk load was ended before its last row",
              "Its transaction or subtransaction ended, the connection broke, or the server has refused its rows.");
}

// Core only: an error of the server's ends the load, whose rows are lost. It may be raised in the
// statement of another, and be caught there.
void close(Load& load, const char* table) {
  load.is_lost = true;
  source::Session* session = load.let_go();
  session->bulk_end();
  if (load.gives_identity) set_identity_insert(*session, table, false);
  load.is_lost = false;
}

void send_values(Load* load, std::span<const Parameter> parameters) {
  load->values.clear();
  for (std::size_t i = 0; i < parameters.size(); ++i) load->values.push_back(parameters[i].value);
  send_row(*load);
}

}  // namespace

void load_row(Load* load, const Bitmapset* columns, TupleTableSlot* slot) {
  if (load->session != nullptr && !bms_equal(load->columns, columns)) {
    if (load->rows < worthwhile_rows) ++load->short_loads;
    end_load(load);
  }
  auto* parameters = static_cast<Parameter*>(
      palloc(sizeof(Parameter) * static_cast<std::size_t>(std::max(bms_num_members(columns), 1))));
  std::size_t count = 0;
  // Conversions may query the server, which ends the load
  append_values(load->table, columns, slot, parameters, &count);
  if (load->session == nullptr && !load->is_lost) open(load, columns);
  if (load->is_lost) throw_lost();
  send_values(load, {parameters, count});
}

// In the statement of another.
void Load::give_way() {
  fence_with_context(describe, this, [this] { end_load(this); });
}

const char* load_statement(const Load* load) { return load->shown; }

Load* make_load(WrittenTable* table) {
  auto* load = own<Load>(CurrentMemoryContext, table);
  load->context = CurrentMemoryContext;
  return load;
}

bool can_load(Load* load, const Bitmapset* columns) {
  if (columns == nullptr) return false;
  for (int attnum = -1; (attnum = bms_next_member(columns, attnum)) >= 0;) {
    const WrittenColumn& column = column_of(load->table, attnum);
    if (!column.known || !column.assigner.own_kind) return false;
  }
  if (load->session != nullptr) return true;
  return acquire(load->table->server, load->table->user, {.writes = true}).loads_rows();
}

bool is_worth_loading(const Load* load) { return load->short_loads < 3; }

void end_load(Load* load) {
  if (load->is_lost) throw_lost();
  if (load->session == nullptr) return;
  close(*load, to_utf8(load->table->name));
  load->shown = nullptr;
}

}  // namespace mssql::pg
