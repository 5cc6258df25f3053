// Planning of scans over foreign tables, their joins and what is made of them, and the plan's
// private part, which copyObject() must be able to copy. None of it connects, unless the table has
// use_remote_estimate.
#pragma once

#include "relation.hpp"

namespace mssql::pg {

// What a scan needs to run, and EXPLAIN to show.
struct ScanPlan {
  const char* sql;   // with marks (remote_text.hpp); may hold @P1, @P2, ...
  List* attributes;  // of a table, attnums in the order of the select list (integers); else NIL
  List* averages;    // of what is no table: by target, 1 for an avg(), of which the sum and the count come (integers)
  List*
      reasons;  // why the i-th clause of the plan's qual is not in the SQL (strings); empty: it is, and is checked again
  List* types;   // what @P1, @P2, ... are compared with, or are (strings)
  List* bounds;  // by which bound, -1 for what is not compared (integers)
  int limit;     // which parameter is the number of rows at most, from 1; 0: none
  int offset;    // likewise
  bool locks;    // the rows that it reads
};
List* pack_plan(const ScanPlan& plan);
ScanPlan unpack_plan(List* fdw_private);

// What a path of ours asks for beside its relation's rows.
enum class PathKind : std::uint8_t { rows, limited };
// A path of the relation, which may be of another RelOptInfo's kind (an upper one); `outer` may be
// null.
ForeignPath* make_path(PlannerInfo* root, RelOptInfo* relation, PathTarget* target, double rows, List* pathkeys,
                       Relids outer, PathKind kind);

// Whether more than a table's own clauses may be sent: not where rows are locked or written, nor
// where a policy or a security barrier has to come first.
bool is_done_there(const PlannerInfo* root);

void GetForeignRelSize(PlannerInfo* root, RelOptInfo* relation, Oid table);
void GetForeignPaths(PlannerInfo* root, RelOptInfo* relation, Oid table);
void GetForeignJoinPaths(PlannerInfo* root, RelOptInfo* join, RelOptInfo* outer, RelOptInfo* inner, JoinType type,
                         JoinPathExtraData* extra);
void GetForeignUpperPaths(PlannerInfo* root, UpperRelationKind stage, RelOptInfo* input, RelOptInfo* output,
                          void* extra);
ForeignScan* GetForeignPlan(PlannerInfo* root, RelOptInfo* relation, Oid table, ForeignPath* path, List* targets,
                            List* clauses, Plan* outer_plan);

}  // namespace mssql::pg
