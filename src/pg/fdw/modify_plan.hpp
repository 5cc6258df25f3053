// What one statement writes, between planning and execution; copyObject() must be able to copy it.
#pragma once

#include "pg/host/boundary.hpp"

namespace mssql::pg {

struct ModifyPlan {
  List* named;            // attnums (integers) of the columns that INSERT gives values
  List* returned;         // attnums whose stored values are wanted
  bool skips_duplicates;  // ON CONFLICT DO NOTHING
  bool many;              // the rows of a query, not of VALUES
};
List* pack_modify_plan(const ModifyPlan& plan);
ModifyPlan unpack_modify_plan(List* fdw_private);

// The name under which a column of the key travels beside a row that is updated or deleted.
const char* key_name(Form_pg_attribute attribute);
// The attnums of the option `key` (integers).
List* key_attributes(Relation relation);
[[noreturn]] void raise_no_key(Relation relation);
void check_updatable(Relation relation);

// All attnums of the relation that are not dropped (integers).
List* all_attributes(Relation relation);

}  // namespace mssql::pg
