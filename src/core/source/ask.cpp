#include "ask.hpp"

#include <charconv>

namespace mssql::source {

namespace {

[[noreturn]] void refuse(std::string_view question, const std::string& what) {
  throw Error(sqlstate::fdw_error, "the server's answer has an unexpected shape",
              "The answer to \"" + std::string(question) + "\" " + what + ".");
}

// A server that is not what it seems could send anything.
void check_size(Row row) {
  constexpr std::size_t most = std::size_t{256} << 20;
  std::size_t bytes = 0;
  for (const Cell& cell : row) bytes += cell.size;
  if (bytes > most)
    throw Error(sqlstate::program_limit, "the server's answer is too large",
                "A row of it has more than " + std::to_string(most >> 20) + " MB.");
}

Answer read_answer(const Session& session, Row row) {
  check_size(row);
  Answer answer(row.size());
  for (std::size_t i = 0; i < row.size(); ++i)
    if (!row[i].is_null()) session.append_text(i, row[i], answer[i].emplace());
  return answer;
}

}  // namespace

void ask_rows(Session& session, std::string_view sql, std::string_view question, std::size_t columns,
              const std::function<void(Answer)>& visit) {
  session.execute(sql);
  std::size_t count = columns;
  if (session.next_result()) {
    count = session.column_count();
    Row row;
    while (session.fetch(row)) {
      if (count == columns) visit(read_answer(session, row));
    }
  }
  // Before anything is said of it: who goes on with the session need not break the answer off.
  while (session.next_result()) continue;
  if (count != columns) refuse(question, "has " + std::to_string(count) + (count == 1 ? " column" : " columns"));
}

Answer ask_row(Session& session, std::string_view sql, std::size_t columns) {
  std::optional<Answer> first;
  ask_rows(session, sql, sql, columns, [&](Answer row) {
    if (!first) first = std::move(row);
  });
  return first ? std::move(*first) : Answer(columns);
}

std::optional<std::string> ask_text(Session& session, std::string_view sql) {
  return std::move(ask_row(session, sql, 1)[0]);
}

std::optional<std::int64_t> ask_integer(Session& session, std::string_view sql) {
  return integer_of(ask_text(session, sql), sql);
}

std::optional<std::int64_t> integer_of(const std::optional<std::string>& text, std::string_view question) {
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [last, status] = std::from_chars(text->data(), end, number);
  if (status != std::errc() || last != end) refuse(question, "is no integer");
  return number;
}

}  // namespace mssql::source
