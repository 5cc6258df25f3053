// Planning of scans over foreign tables, and the plan's private part, which copyObject() must be
// able to copy.
#pragma once

#include "deparse.hpp"

namespace mssql::pg {

// Whether conditions are pushed down (the setting mssql_fdw.pushdown); off, every condition is
// checked here.
extern bool pushdown_enabled;

// What a scan needs to run, and EXPLAIN to show.
struct ScanPlan {
  const char* sql;   // with all conditions; may hold @P1, @P2, ...
  List* attributes;  // attnums in the order of the select list (integers)
  List*
      reasons;  // why the i-th clause of the plan's qual is not in the SQL (strings); empty: it is, and is checked again
  List* items;  // the parts of the SQL (strings), for a scan that must leave conditions out
  RemoteSource source;
  List* conditions;
  List* condition_ends;   // how many parameters the conditions 0..i use (integers)
  List* parameter_types;  // what @P1, @P2, ... are compared with (strings, integers): compared_column()
  List* parameter_bounds;
};
List* pack_plan(const ScanPlan& plan);
ScanPlan unpack_plan(List* fdw_private);
// `parameter` from 0.
ComparedColumn compared_column(const ScanPlan& plan, int parameter);

void GetForeignRelSize(PlannerInfo* root, RelOptInfo* relation, Oid table);
void GetForeignPaths(PlannerInfo* root, RelOptInfo* relation, Oid table);
ForeignScan* GetForeignPlan(PlannerInfo* root, RelOptInfo* relation, Oid table, ForeignPath* path, List* targets,
                            List* clauses, Plan* outer_plan);

}  // namespace mssql::pg
