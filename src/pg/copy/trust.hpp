// Whose code a run meets. What another role than the caller, who is no superuser, has written must
// not run with the caller's rights: it is told by who owns a relation, or by what an expression
// calls where others than the owner may write it (src/sql/plan/trust.sql asks that).
#pragma once

#include "pg/host/postgres.hpp"

namespace mssql::pg {

// Whether what this role writes may run with the rights of the current user.
bool is_trusted(Oid role);

// Raises an error where the relation's owner is not.
void check_trusted(Relation relation);

}  // namespace mssql::pg
