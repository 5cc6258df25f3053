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

// Core only.
const char* ask_for_end(source::Session& session) {
  const std::optional<std::string> end = source::ask_text(session, tsql::log_end_query());
  return end ? copy_out(*end) : nullptr;
}

struct Question {
  Oid server;
  MemoryContext context;
  const char* end;
  bool nobody_writes;
};

// Core only.
bool ask_for_writers(source::Session& session) {
  return source::ask_integer(session, tsql::writers_query()).value_or(1) == 0;
}

void ask_writers(void* argument) {
  auto* question = static_cast<Question*>(argument);
  question->nobody_writes =
      fence([&] { return ask_for_writers(acquire(question->server, GetUserId(), {.whole = true})); });
}

// There is no need to know; what may pass is not tried again for that.
bool is_no_matter(const ErrorData& error, void*) {
  return ERRCODE_TO_CATEGORY(error.sqlerrcode) != ERRCODE_OPERATOR_INTERVENTION &&
         (raised_transient || is_refusal(error));
}

bool try_to(void (*body)(void*), Question* question) {
  raised_transient = false;
  return in_subtransaction(body, question, is_no_matter);
}

void ask(void* argument) {
  auto* question = static_cast<Question*>(argument);
  const char* end = fence([&] { return ask_for_end(acquire(question->server, GetUserId(), {.whole = true})); });
  question->end = end == nullptr ? nullptr : MemoryContextStrdup(question->context, end);
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

const char* log_end(Oid server) {
  Question question{server, CurrentMemoryContext, nullptr, false};
  return try_to(ask, &question) ? question.end : nullptr;
}

bool is_all_seen(Oid server) {
  Question question{server, CurrentMemoryContext, nullptr, false};
  return try_to(ask_writers, &question) && question.nobody_writes;
}

}  // namespace mssql::pg
