#include "moment.hpp"

#include "core/source/ask.hpp"
#include "core/tsql/statement.hpp"
#include "pg/host/boundary.hpp"
#include "pg/remote/connection.hpp"
#include "run.hpp"
#include "source_question.hpp"

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
  return try_to_ask(server, fence([] { return copy_out(tsql::log_end_query()); }));
}

bool is_all_seen(Oid server) {
  const char* writers = try_to_ask(server, fence([] { return copy_out(tsql::writers_query()); }));
  return writers != nullptr && std::strcmp(writers, "0") == 0;
}

}  // namespace mssql::pg
