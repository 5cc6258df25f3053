#include "ask.hpp"

#include "decode.hpp"

namespace mssql::tds {

std::optional<std::int64_t> ask_integer(Session& session, std::string_view sql) {
  session.execute(sql);
  std::optional<std::int64_t> answer;
  if (session.next_result()) {
    Row row;
    if (session.fetch(row) && !row[0].is_null()) answer = decode_integer(session.columns()[0], row[0]);
    while (session.fetch(row)) continue;
  }
  while (session.next_result()) continue;
  return answer;
}

}  // namespace mssql::tds
