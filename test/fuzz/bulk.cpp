// The encoders of bulk loads. Whatever the values are, none of them gets out of its literal; and
// the rows of INSERT BULK, sent back by a server as a result, are what they were.
#include "core/tds/bulk.hpp"

#include "core/tds/codec/decode.hpp"
#include "core/tds/codec/unicode.hpp"
#include "core/tds/native/bulk_load.hpp"
#include "core/tds/native/result_set.hpp"
#include "core/tds/native/token.hpp"
#include "session.hpp"

namespace {

using namespace mssql;

// Reads the N'...' literal at the front of `sql` as SQL Server does, and takes it away.
std::string read_literal(std::string_view& sql) {
  fuzz::require(sql.starts_with("N'"), "a literal that does not begin as one");
  sql.remove_prefix(2);
  std::string value;
  for (;;) {
    fuzz::require(!sql.empty(), "a literal without an end");
    const bool quote = sql[0] == '\'';
    if (quote && !sql.starts_with("''")) break;
    fuzz::require(!sql.starts_with("\\\n") && !sql.starts_with("\\\r"),
                  "a line continuation, which SQL Server swallows");
    value += sql[0];
    sql.remove_prefix(quote ? 2 : 1);
  }
  sql.remove_prefix(1);
  return value;
}

bool take(std::string_view& sql, std::string_view word) {
  if (!sql.starts_with(word)) return false;
  sql.remove_prefix(word.size());
  return true;
}

std::string read_text(std::string_view& sql) {
  if (!take(sql, "CAST(N'' AS nvarchar(max)) + ")) return read_literal(sql);
  std::string value = read_literal(sql);
  while (take(sql, " + ")) value += read_literal(sql);
  return value;
}

void check_literal(std::string_view text) {
  std::string sql;
  tds::append_literal(text, sql);
  std::string_view rest = sql;
  fuzz::require(read_text(rest) == text && rest.empty(), "a literal that says something else");
}

// `values` of VALUES (...): NULLs, 0x..., and literals.
void check_rows(std::string_view rows) {
  do {
    fuzz::require(take(rows, "("), "a row that does not begin");
    do {
      if (take(rows, "NULL")) continue;
      if (take(rows, "0x")) {
        rows.remove_prefix(std::min(rows.size(), rows.find_first_not_of("0123456789ABCDEF")));
        continue;
      }
      read_text(rows);
    } while (take(rows, ","));
    fuzz::require(take(rows, ")"), "a row that does not end");
  } while (take(rows, ","));
  fuzz::require(rows.empty(), "something behind the rows");
}

std::string text_of(const Column& column, const Cell& cell) {
  if (cell.is_null()) return "NULL";
  std::string text;
  tds::decode_to_text(column, cell, tds::CharacterPolicy::error, text);
  return text;
}

struct Rows {
  std::string message;              // COLMETADATA, ROW tokens, DONE
  std::vector<std::string> values;  // as text, row by row
};

// Reads the message as the native driver reads a result; a bulk load has the same tokens.
void check_message(const Rows& rows) {
  tds::scripted::Server server({tds::scripted::packets(rows.message, 32000)});
  tds::native::Channel channel(server.stream(), tds::scripted::Server::environment(), "the fuzzer");
  tds::native::Inbox inbox(channel);
  tds::native::ResultSet result;
  inbox.start();
  inbox.mark();
  fuzz::require(inbox.u8() == tds::native::token::columns && result.describe(inbox), "metadata that is none");
  std::size_t at = 0;
  for (inbox.mark(); inbox.u8() == tds::native::token::row; inbox.mark()) {
    const Row row = result.read_row(inbox);
    for (std::size_t i = 0; i < row.size(); ++i, ++at)
      fuzz::require(at < rows.values.size() && text_of(result.columns()[i], row[i]) == rows.values[at],
                    "a value that is another on the way");
  }
  fuzz::require(at == rows.values.size(), "a row that got lost");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  std::vector<tds::BulkColumn> columns;
  for (int count = input.byte() % 5; count > 0; --count) {
    RemoteType type{static_cast<Type>(input.byte() % (static_cast<int>(Type::udt) + 1)), 0, input.byte(),
                    static_cast<std::int8_t>(input.byte())};
    const std::vector<std::uint8_t> name = input.bytes(input.byte() % 8);
    columns.push_back({std::string(name.begin(), name.end()), type});
  }
  check_literal(input.rest());
  fuzz::succeeds([&] {
    tds::BulkStatement bulk("[dbo].[t]", columns);
    std::optional<tds::native::BulkLoad> load;
    Rows sent;
    if (fuzz::succeeds([&] {
          load.emplace("[dbo].[t]", columns);
          sent.message = load->metadata(tds::native::ServerState{});
        }) == false)
      load.reset();
    std::string names = "INSERT INTO [dbo].[t] (";
    for (const tds::BulkColumn& column : columns) {
      names += names.back() == '(' ? "[" : ", [";
      for (const char c : column.name) names += c == ']' ? "]]" : std::string(1, c);
      names += ']';
    }
    names += ") VALUES ";
    std::size_t rows = 0;
    while (!input.empty() && !bulk.full()) {
      std::vector<std::vector<std::uint8_t>> values;
      std::vector<Cell> cells;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::uint8_t length = input.byte();
        values.push_back(input.bytes(length == 0xFF ? 0 : length));
        values.back().reserve(1);  // an empty cell is not NULL
        cells.push_back(length == 0xFF ? Cell{} : Cell{values.back().data(), values.back().size()});
      }
      if (fuzz::succeeds([&] { bulk.add(cells); })) ++rows;
      if (!load) continue;
      fuzz::succeeds([&] {
        sent.message += load->encode(cells);
        for (std::size_t i = 0; i < cells.size(); ++i)
          sent.values.push_back(text_of(tds::column_of_cells(columns[i]), cells[i]));
      });
    }
    if (load) {
      fuzz::require(static_cast<std::size_t>(load->rows()) * columns.size() == sent.values.size(),
                    "a row that is not counted");
      sent.message += tds::native::BulkLoad::end();
      check_message(sent);
    }
    fuzz::require(bulk.rows() == rows, "a row that is not counted");
    const std::string statement = bulk.take();
    fuzz::require(statement.starts_with(names), "a statement that does not begin with its columns");
    if (rows > 0) check_rows(std::string_view(statement).substr(names.size()));
    fuzz::require(tds::find_unstorable(reinterpret_cast<const std::uint8_t*>(statement.data()), statement.size()) ==
                      statement.size(),
                  "a statement that is no text");
  });
  return 0;
}
