// IMPORT FOREIGN SCHEMA.
#pragma once

#include "core/types.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

// CREATE FOREIGN TABLE commands (char*), a table each, in the order of the remote names.
List* ImportForeignSchema(ImportForeignSchemaStmt* statement, Oid server);

// How this database maps types: whether PostGIS's geometry and geography can be named as they are
// (the extension is there and in the search path), and what a length counts.
LocalTypeOptions local_type_options();

}  // namespace mssql::pg
