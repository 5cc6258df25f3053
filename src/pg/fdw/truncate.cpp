// TRUNCATE of foreign tables.

#include "core/tsql/dml.hpp"
#include "modify.hpp"
#include "modify_plan.hpp"
#include "pg/remote/connection.hpp"
#include "written_table.hpp"

namespace mssql::pg {

namespace {

struct Truncation {
  const char* what;
  const char* sql;
};

void describe(void* argument) {
  const auto* truncation = static_cast<const Truncation*>(argument);
  describe_statement(truncation->what, truncation->sql);
}

const char* truncate_text(const char* table, bool keeps_identity) {
  return copy_out(tsql::truncate(table, keeps_identity));
}

void truncate_one(Relation relation, bool restart_identities) {
  const WrittenTable* table = describe_written_table(relation, GetUserId());
  Truncation truncation{table->what, nullptr};
  const char* sql = truncate_text(table->name, !restart_identities);
  const char* utf8 = to_utf8(sql);
  fence_with_context(describe, &truncation, [&] {
    source::Session& session = acquire(table->server, table->user, {.writes = true});
    truncation.sql = sql;
    source::run(session, utf8);
  });
}

}  // namespace

void ExecForeignTruncate(List* relations, DropBehavior behavior, bool restart_identities) {
  if (behavior == DROP_CASCADE) {
    ereport(ERROR,
            (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("cannot TRUNCATE ... CASCADE a foreign table of mssql_fdw"),
             errdetail("SQL Server truncates no table that another one refers to.")));
  }
  ListCell* cell = nullptr;
  foreach (cell, relations) check_updatable(static_cast<Relation>(lfirst(cell)));
  foreach (cell, relations) truncate_one(static_cast<Relation>(lfirst(cell)), restart_identities);
  report_messages(DEBUG1);
}

}  // namespace mssql::pg
