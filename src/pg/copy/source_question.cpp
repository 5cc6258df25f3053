#include "source_question.hpp"

#include "core/source/ask.hpp"
#include "pg/host/boundary.hpp"
#include "pg/remote/connection.hpp"
#include "run.hpp"

namespace mssql::pg {

namespace {

struct Question {
  Oid server;
  const char* query;
  MemoryContext context;
  const char* answer;
};

// Core only.
const char* answer_to(source::Session& session, const char* query) {
  const std::optional<std::string> answer = source::ask_text(session, query);
  return answer ? copy_out(*answer) : nullptr;
}

void ask(void* argument) {
  auto* question = static_cast<Question*>(argument);
  const char* answer =
      fence([&] { return answer_to(acquire(question->server, GetUserId(), {.whole = true}), question->query); });
  question->answer = answer == nullptr ? nullptr : MemoryContextStrdup(question->context, answer);
}

bool is_no_matter(const ErrorData& error, void*) {
  return ERRCODE_TO_CATEGORY(error.sqlerrcode) != ERRCODE_OPERATOR_INTERVENTION &&
         (raised_transient || is_refusal(error));
}

}  // namespace

const char* try_to_ask(Oid server, const char* query) {
  Question question{server, query, CurrentMemoryContext, nullptr};
  raised_transient = false;
  return in_subtransaction(ask, &question, is_no_matter) ? question.answer : nullptr;
}

}  // namespace mssql::pg
