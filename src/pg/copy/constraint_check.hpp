// Holds staged rows against the constraints of their tables, before the tables are switched
// (staging.hpp).
#pragma once

#include "staging.hpp"

namespace mssql::pg {

// Whether the current user owns the relation.
bool owns(Oid relation);
bool owns_sequence(Oid relation);  // false: it may be something else, or gone

// Raises an error unless the user owns the relation, as a member of its owner too.
void check_owner(Relation relation);

// Whether he may read anything of it.
bool may_read(Oid relation);

// The statement of a step, where it validates a foreign key of plain tables, a large one among
// them, that the run has locked against writers: as the statement, but by parallel workers, which
// PostgreSQL plans for no VALIDATE CONSTRAINT; event triggers see no command. False: it is
// something else, and nothing is done. `schema`: of our own functions, quoted.
bool validate_foreign_key(const char* schema, const char* statement);

// Locks the tables, those at the other ends of their foreign keys, and the user's sequences against
// writers until the end of the transaction. Other ends that the user may not read are not locked.
void lock_writers_out(const SwitchRequest& request);

// Does that, and runs a query for each valid constraint. Answers a List of what
// release_constraints() takes; what must not be released is an error.
List* check_constraints(const SwitchRequest& request);

// Makes those constraints NOT VALID; their tables are locked. Answers the violations among them,
// for the others were only not to be trusted.
List* release_constraints(List* constraints);

}  // namespace mssql::pg
