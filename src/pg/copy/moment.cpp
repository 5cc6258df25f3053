#include "moment.hpp"

#include "core/source/ask.hpp"
#include "core/tsql/statement.hpp"
#include "pg/host/boundary.hpp"
#include "pg/remote/connection.hpp"
#include "run.hpp"

namespace mssql::pg {

namespace {

struct Table {
  const char* schema;  // these two in UTF-8
  const char* name;
  bool memory_optimized;
};

Datum attribute(Datum row, const char* name) {
  bool isnull = false;
  return GetAttributeByName(DatumGetHeapTupleHeader(row), name, &isnull);
}

// Core only.
void read_first(source::Session& session, const Table& table) {
  (void)source::ask_text(session,
                         tsql::first_read(tsql::table_reference(table.schema, table.name, table.memory_optimized)));
}

struct Question {
  Oid server;
  std::string (*sql)();
  MemoryContext context;
  const char* answer;
};

// Core only.
const char* answer_to(source::Session& session, const Question& question) {
  const std::optional<std::string> answer = source::ask_text(session, question.sql());
  return answer ? copy_out(*answer) : nullptr;
}

void ask(void* argument) {
  auto* question = static_cast<Question*>(argument);
  const char* answer =
      fence([&] { return answer_to(acquire(question->server, GetUserId(), {.whole = true}), *question); });
  question->answer = answer == nullptr ? nullptr : MemoryContextStrdup(question->context, answer);
}

// There is no need to know; what may pass is not tried again for that.
bool is_no_matter(const ErrorData& error, void*) {
  return ERRCODE_TO_CATEGORY(error.sqlerrcode) != ERRCODE_OPERATOR_INTERVENTION &&
         (raised_transient || is_refusal(error));
}

// Null: the source does not tell.
const char* try_to_ask(Oid server, std::string (*sql)()) {
  Question question{server, sql, CurrentMemoryContext, nullptr};
  raised_transient = false;
  return in_subtransaction(ask, &question, is_no_matter) ? question.answer : nullptr;
}

}  // namespace

bool begin_moment(Oid server, Datum work) {
  const Table table{to_utf8(TextDatumGetCString(attribute(work, "schema"))),
                    to_utf8(TextDatumGetCString(attribute(work, "name"))),
                    DatumGetBool(attribute(work, "is_memory_optimized"))};
  end_reading(server, GetUserId());
  fence([&] { read_first(acquire(server, GetUserId(), {.whole = true}), table); });
  const char* level = level_of(server, GetUserId());
  return level != nullptr && std::strcmp(level, "snapshot") == 0;
}

const char* log_end(Oid server) { return try_to_ask(server, tsql::log_end_query); }

bool is_all_seen(Oid server) {
  const char* writers = try_to_ask(server, tsql::writers_query);
  return writers != nullptr && std::strcmp(writers, "0") == 0;
}

}  // namespace mssql::pg
