#include "ask.hpp"

#include "core/source/ask.hpp"
#include "connection.hpp"

namespace mssql::pg {

namespace {

struct Question {
  const char* what;
  const char* sql;  // null: not asked yet
};

void describe(void* argument) {
  const auto* question = static_cast<const Question*>(argument);
  describe_statement(question->what, question->sql);
}

}  // namespace

std::optional<std::int64_t> ask_integer(Oid server, Oid user, const char* sql, const char* what) {
  const char* utf8 = pg_server_to_any(sql, static_cast<int>(std::strlen(sql)), PG_UTF8);
  Question question{what, nullptr};
  return fence_with_context(describe, &question, [&] {
    std::optional<std::int64_t> answer;
    begin_with(server, user, {}, [&](source::Session& session) {
      question.sql = sql;
      answer = source::ask_integer(session, utf8);
    });
    return answer;
  });
}

}  // namespace mssql::pg
