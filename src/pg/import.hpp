// IMPORT FOREIGN SCHEMA.
#pragma once

#include "boundary.hpp"

namespace mssql::pg {

// CREATE FOREIGN TABLE commands (char*), a table each, in the order of the remote names.
List* ImportForeignSchema(ImportForeignSchemaStmt* statement, Oid server);

// Whether PostGIS's geometry and geography can be named as they are: the extension is there and in the search path.
bool postgis_is_visible();

}  // namespace mssql::pg
