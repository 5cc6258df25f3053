// The questions of src/core/tsql/changes.hpp, for the SQL half of a run (src/sql/run/changed.sql).

#include "core/tsql/changes.hpp"
#include "pg/host/boundary.hpp"
#include "pg/remote/connection.hpp"
#include "pg/remote/options.hpp"
#include "source_question.hpp"

namespace mssql::pg {

namespace {

enum class Subject : std::uint8_t { position, state, changes, tracked_from, row_versions };

constexpr const char* subjects[] = {"position", "state", "changes", "tracked from", "row versions"};

struct Question {
  Subject subject;
  const char* schema;  // these three in UTF-8
  const char* name;
  const char* column;
  std::int64_t version;
};

// Core only.
std::string text_of(const Question& question) {
  switch (question.subject) {
    case Subject::state: return tsql::state_query(question.schema, question.name);
    case Subject::changes: return tsql::tracked_changes_query(question.schema, question.name, question.version);
    case Subject::tracked_from: return tsql::tracked_from_query(question.schema, question.name);
    case Subject::row_versions:
      return tsql::row_versions_query(question.schema, question.name, question.column, question.version);
    case Subject::position: break;
  }
  return tsql::position_query();
}

Subject subject_of(const char* word) {
  for (std::size_t i = 0; i < std::size(subjects); ++i) {
    if (std::strcmp(subjects[i], word) == 0) return static_cast<Subject>(i);
  }
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("nobody asks a source for \"%s\"", word)));
  pg_unreachable();
}

// _ask_of_changes(server, question, schema, name, column, version); STRICT.
//
// What is read behind a position has to be read by a transaction that begins behind it: under
// SNAPSHOT isolation it sees nothing that is committed later. So there is no position where one has
// begun already, and the one that asks ends.
Datum ask_of_changes(FunctionCallInfo fcinfo) {
  const Oid server = find_server(NameStr(*PG_GETARG_NAME(0)))->serverid;
  const Question question{subject_of(text_to_cstring(PG_GETARG_TEXT_PP(1))), utf8_argument(fcinfo, 2),
                          utf8_argument(fcinfo, 3), utf8_argument(fcinfo, 4), PG_GETARG_INT64(5)};
  const bool is_position = question.subject == Subject::position;
  if (is_position && is_reading(server, GetUserId())) PG_RETURN_NULL();
  const char* answer = try_to_ask(server, fence([&] { return copy_out(text_of(question)); }));
  if (is_position) end_reading(server, GetUserId());
  if (answer != nullptr) answer = representable(answer);
  if (answer == nullptr) PG_RETURN_NULL();
  PG_RETURN_TEXT_P(cstring_to_text(answer));
}

}  // namespace

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// _ask_of_changes(server name, question text, schema text, name text, "column" text, version
// bigint) RETURNS text
Datum mssql_fdw_ask_of_changes(PG_FUNCTION_ARGS) {
  return fence_private([&] { return ask_of_changes(fcinfo); });
}
}
