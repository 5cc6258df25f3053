// PostgreSQL's failures as SQL Server's errors: number, severity, state and wording, with the names
// of SQL Server's objects.
#pragma once

#include <string>

#include "../engine.hpp"
#include "backend.hpp"
#include "catalog.hpp"

namespace tds_server::engine {

struct FailureContext {
  std::string verb{"INSERT"};  // INSERT, UPDATE, DELETE, ALTER TABLE, CREATE INDEX ...
  bool unicode{false};         // whether a failed conversion read nvarchar
  int spid{51};
};

// Looks names up through the catalog's backend, which must be able to run statements (not in a
// failed transaction).
EngineError map_failure(const PgError& failure, Catalog& catalog, const FailureContext& context);

// Whether the failure ends the batch in SQL Server, not only the statement.
bool ends_batch(int number);
// Whether SQL Server adds message 3621 (The statement has been terminated.).
bool terminates_statement(int number);

}  // namespace tds_server::engine
