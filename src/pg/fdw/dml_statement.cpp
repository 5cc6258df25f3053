// Statements that write, sent and answered; dml_statement.hpp states the contracts.

#include "dml_statement.hpp"

#include "core/source/ask.hpp"
#include "core/tsql/dml.hpp"
#include "pg/remote/connection.hpp"

namespace mssql::pg {

// The first row that came back, and how many there were. Its cells outlive the session's buffer,
// for the answer is read to its end before a value is converted: a conversion may query the server.
class Returned {
 public:
  // Core only. The session is in the result that has the rows.
  void read(source::Session& session);
  void forget() noexcept { rows_ = 0; }
  void count(std::int64_t rows) noexcept { rows_ = rows; }
  std::int64_t rows() const noexcept { return rows_; }
  source::Row row() const noexcept { return {cells_.data(), cells_.size()}; }

 private:
  void keep(source::Row row);

  std::string bytes_;
  std::vector<source::Cell> cells_;
  std::int64_t rows_{0};
};

void Returned::keep(source::Row row) {
  bytes_.clear();
  for (const source::Cell& cell : row)
    bytes_.append(reinterpret_cast<const char*>(cell.data), cell.is_null() ? 0 : cell.size);
  cells_.assign(row.begin(), row.end());
  const char* at = bytes_.data();
  for (source::Cell& cell : cells_) {
    if (cell.is_null()) continue;
    cell.data = reinterpret_cast<const std::uint8_t*>(at);
    at += cell.size;
  }
}

void Returned::read(source::Session& session) {
  rows_ = 0;
  for (source::Row row; session.fetch(row);)
    if (++rows_ == 1) keep(row);
}

namespace {

constexpr std::int32_t output_with_triggers = 334;
constexpr int most_statements = 32;

// Columns in the order of their attnums.
tsql::DmlColumn* columns_in(const WrittenTable* table, const Bitmapset* attnums, std::size_t* count) {
  auto* columns = static_cast<tsql::DmlColumn*>(
      palloc0(sizeof(tsql::DmlColumn) * static_cast<std::size_t>(std::max(table->descriptor->natts, 1))));
  for (int attnum = -1; (attnum = bms_next_member(attnums, attnum)) >= 0;)
    columns[(*count)++] = {table->columns[attnum - 1].quoted, table->columns[attnum - 1].type};
  return columns;
}

tsql::DmlColumn* columns_of(const WrittenTable* table, List* attnums, std::size_t* count) {
  auto* columns = static_cast<tsql::DmlColumn*>(
      palloc0(sizeof(tsql::DmlColumn) * static_cast<std::size_t>(std::max(list_length(attnums), 1))));
  ListCell* cell = nullptr;
  foreach (cell, attnums) {
    const WrittenColumn& column = table->columns[lfirst_int(cell) - 1];
    columns[(*count)++] = {column.quoted, column.type};
  }
  return columns;
}

bool has_identity(const WrittenTable* table, const Bitmapset* attnums) {
  for (int attnum = -1; (attnum = bms_next_member(attnums, attnum)) >= 0;)
    if (table->columns[attnum - 1].generated == Generated::identity) return true;
  return false;
}

// Frames of core's.
const char* insert_text(const tsql::Insert& parts) { return copy_out(tsql::insert(parts)); }
const char* update_text(const tsql::Update& parts) { return copy_out(tsql::update(parts)); }
const char* delete_text(const tsql::Update& parts) { return copy_out(tsql::remove(parts)); }

const char* text_of(const DmlSender* sender, const Bitmapset* attnums, int rows) {
  const WrittenTable* table = sender->table;
  std::size_t written = 0, keys = 0, returned = 0;
  const tsql::DmlColumn* columns = columns_in(table, attnums, &written);
  const tsql::DmlColumn* key = columns_of(table, sender->keys, &keys);
  const tsql::DmlColumn* back = columns_of(table, sender->returned, &returned);
  const tsql::Output output{{back, returned}, table->options.text_form, sender->by_variable};
  if (sender->operation == CMD_INSERT) {
    return insert_text(
        {table->name, {columns, written}, rows, has_identity(table, attnums), sender->skips_duplicates, output});
  }
  const tsql::Update parts{table->name, {columns, written}, {key, keys}, output};
  return sender->operation == CMD_UPDATE ? update_text(parts) : delete_text(parts);
}

void forget_statements(DmlSender* sender) {
  sender->statements = NIL;
  MemoryContextReset(sender->context);
}

// Whether this result is the one that has the answer, and not what a trigger has selected.
bool is_answer(const DmlSender& sender, source::Session& session) {
  if (session.column_count() == 0) return false;
  if (sender.returned == NIL) return session.column_name(0) == tsql::count_column;
  return !sender.by_variable || session.column_name(0) == tsql::returned_column;
}

enum class Start : std::uint8_t {
  answered,
  has_triggers,  // so that what is returned has to take another way; nothing has been done
  skipped,       // the row is there already
};

// Core only.
Start start(const DmlSender& sender, source::Session& session, std::string_view sql,
            std::span<const Parameter> parameters) {
  try {
    session.execute(sql, parameters);
    while (session.next_result())
      if (is_answer(sender, session)) return Start::answered;
  } catch (const Error& error) {
    if (error.server_number != output_with_triggers || sender.returned == NIL || sender.by_variable) throw;
    return Start::has_triggers;
  }
  if (sender.skips_duplicates && sender.returned != NIL) return Start::skipped;
  throw Error(sqlstate::fdw_error, "the server has not told how many rows it has written");
}

// Core only.
std::int64_t read_count(source::Session& session) {
  std::int64_t count = 0;
  source::Row row;
  std::string text;
  while (session.fetch(row)) {
    text.clear();
    if (!row[0].is_null()) session.append_text(0, row[0], text);
    count = source::integer_of(text, "the number of rows").value_or(0);
  }
  return count;
}

// Core only: what else the request has to say, errors among it.
void read_to_end(source::Session& session) {
  while (session.next_result()) continue;
}

// Core only.
void read_answer(const DmlSender& sender, source::Session& session) {
  if (sender.returned == NIL) {
    sender.cells->count(read_count(session));
  } else {
    sender.cells->read(session);
  }
  read_to_end(session);
}

source::Session& session_of(const DmlSender* sender) {
  return acquire(sender->table->server, sender->table->user, {.writes = true});
}

void make_decoder(const DmlSender* sender, const source::Session& session, DmlStatement* statement) {
  if (sender->returned == NIL) return;
  if (statement->decoder != nullptr) {
    if (!statement->decoder->reads(session))
      ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
                      errmsg("server has answered a statement with other columns than before")));
    return;
  }
  MemoryContext old = MemoryContextSwitchTo(sender->context);
  statement->decoder =
      make_row_decoder(session, {sender->table->descriptor, sender->returned_attnums, list_length(sender->returned),
                                 sender->returned_columns, sender->table->options.policy});
  statement->decoder->leave_wire();
  MemoryContextSwitchTo(old);
}

DmlStatement* begin_statement(DmlSender* sender, Bitmapset* columns, int rows) {
  DmlStatement* statement = find_statement(sender, columns, rows);
  sender->sending = statement->sql;
  return statement;
}

DmlStatement* exchange(DmlSender* sender, Bitmapset* columns, int rows, std::span<const Parameter> parameters) {
  source::Session& session = session_of(sender);
  DmlStatement* statement = begin_statement(sender, columns, rows);
  Start started = start(*sender, session, statement->utf8, parameters);
  if (started == Start::has_triggers) {
    sender->by_variable = true;
    forget_statements(sender);
    statement = begin_statement(sender, columns, rows);
    started = start(*sender, session, statement->utf8, parameters);
  }
  if (started == Start::answered) {
    make_decoder(sender, session, statement);
    read_answer(*sender, session);
  }
  sender->sending = nullptr;
  return statement;
}

}  // namespace

DmlSender* make_dml_sender(WrittenTable* table, CmdType operation, List* keys, List* returned, bool skips_duplicates) {
  auto* sender = static_cast<DmlSender*>(palloc0(sizeof(DmlSender)));
  sender->table = table;
  sender->operation = operation;
  sender->keys = keys;
  sender->returned = returned;
  sender->skips_duplicates = skips_duplicates;
  sender->context = AllocSetContextCreate(CurrentMemoryContext, "mssql_fdw statements", ALLOCSET_DEFAULT_SIZES);
  sender->cells = own<Returned>(CurrentMemoryContext);
  const auto count = static_cast<std::size_t>(std::max(list_length(returned), 1));
  sender->returned_attnums = static_cast<int*>(palloc0(sizeof(int) * count));
  sender->returned_columns = static_cast<RemoteColumn*>(palloc0(sizeof(RemoteColumn) * count));
  for (int i = 0; i < list_length(returned); ++i) {
    const WrittenColumn& column = column_of(table, list_nth_int(returned, i));
    sender->returned_attnums[i] = list_nth_int(returned, i);
    sender->returned_columns[i] = {true, column.type, tsql::is_raw(column.type.type, table->options.text_form)};
  }
  return sender;
}

DmlStatement* find_statement(DmlSender* sender, Bitmapset* columns, int rows) {
  ListCell* cell = nullptr;
  foreach (cell, sender->statements) {
    auto* statement = static_cast<DmlStatement*>(lfirst(cell));
    if (statement->rows == rows && bms_equal(statement->columns, columns)) return statement;
  }
  if (list_length(sender->statements) >= most_statements) forget_statements(sender);
  MemoryContext old = MemoryContextSwitchTo(sender->context);
  auto* statement = static_cast<DmlStatement*>(palloc0(sizeof(DmlStatement)));
  statement->columns = bms_copy(columns);
  statement->rows = rows;
  statement->sql = text_of(sender, columns, rows);
  statement->utf8 = to_utf8(statement->sql);
  sender->statements = lappend(sender->statements, statement);
  MemoryContextSwitchTo(old);
  return statement;
}

std::int64_t send_statement(DmlSender* sender, Bitmapset* columns, int rows, std::span<const Parameter> parameters,
                            Datum* values, bool* isnull) {
  sender->cells->forget();
  const DmlStatement* statement = exchange(sender, columns, rows, parameters);
  if (sender->returned != NIL && sender->cells->rows() > 0)
    statement->decoder->decode(sender->cells->row(), values, isnull);
  return sender->cells->rows();
}

void describe_dml(void* argument) {
  const auto* sender = static_cast<const DmlSender*>(argument);
  if (sender->sending != nullptr) {
    describe_statement(sender->table->what, sender->sending);
    if (geterrcode() == ERRCODE_GENERATED_ALWAYS)
      errhint("Set the option \"generated\" of the column, 'identity' or 'always', as IMPORT FOREIGN SCHEMA does.");
  } else {
    errcontext("%s", sender->table->what);
  }
}

}  // namespace mssql::pg
