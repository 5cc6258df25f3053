// Whose code a run meets. What another role than the caller, who is no superuser, has written must
// not run with the caller's rights: it is told by who owns a relation, or by what an expression
// calls where others than the owner may write it.
#pragma once

#include "pg/host/postgres.hpp"

namespace mssql::pg {

// Whether what this role writes may run with the rights of the current user.
bool is_trusted(Oid role);

// Raises an error where the relation's owner is not.
void check_trusted(Relation relation);

// Whether the expression calls anything but functions of PostgreSQL itself that are IMMUTABLE: none
// of these calls others. Expressions of kinds that are rare are said to.
bool calls_code(Node* expression);

// A function that the expression calls and whose owner is not trusted; InvalidOid: there is none. A
// table's index may be another's work: of a partitioned table that it was a partition of.
Oid untrusted_function(Node* expression);
bool has_index_of_untrusted(Oid relation);

}  // namespace mssql::pg
