#include "ask.hpp"

#include <string>

#include "core/tds/codec/decode.hpp"

namespace mssql::tds {

void require_columns(const Session& session, std::string_view question, std::size_t count) {
  const std::size_t columns = session.columns().size();
  if (columns == count) return;
  throw Error(sqlstate::fdw_error, "the server's answer has an unexpected shape",
              "The answer to \"" + std::string(question) + "\" has " + std::to_string(columns) +
                  (columns == 1 ? " column." : " columns."));
}

std::vector<std::optional<std::int64_t>> ask_integers(Session& session, std::string_view sql, std::size_t count) {
  session.execute(sql);
  std::vector<std::optional<std::int64_t>> answers(count);
  if (session.next_result()) {
    require_columns(session, sql, count);
    Row row;
    if (session.fetch(row)) {
      for (std::size_t i = 0; i < count; ++i)
        if (!row[i].is_null()) answers[i] = decode_integer(session.columns()[i], row[i]);
    }
    while (session.fetch(row)) continue;
  }
  while (session.next_result()) continue;
  return answers;
}

std::optional<std::int64_t> ask_integer(Session& session, std::string_view sql) {
  return ask_integers(session, sql, 1)[0];
}

}  // namespace mssql::tds
