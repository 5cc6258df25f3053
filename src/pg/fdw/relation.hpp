// What the server can give as one relation: a foreign table, tables of one server and user joined,
// or either of them grouped; and the statement that asks for it. It is what planning keeps in
// RelOptInfo.fdw_private.
#pragma once

#include "expression.hpp"

namespace mssql::pg {

struct RemoteRelation {
  enum class Kind : std::uint8_t { table, join, grouped, ordered };
  Kind kind;
  TableOptions options;  // of a join those of its first table

  RemoteTable table;

  JoinType join_type;  // INNER, LEFT, FULL, SEMI or ANTI
  RelOptInfo* outer;
  RelOptInfo* inner;
  List* on;         // clauses
  Relids hidden;    // tables of which it has no columns: those of EXISTS
  bool adds_nulls;  // a column that is not NULL in its table may be here

  RelOptInfo* input;  // of what is grouped, or, between stages of planning, ordered
  List* targets;      // TargetEntry*, of which those with a ressortgroupref make the groups
  bool is_distinct;   // all of them do
  List* having;       // clauses

  List* remote;         // clauses of WHERE: the server's
  List* rechecked;      // those of them that are checked here as well
  List* local;          // clauses that are checked here only
  List* local_reasons;  // strings, by `local`
};

// Null: not one that the server can give.
inline RemoteRelation* remote_relation(const RelOptInfo* relation) {
  return static_cast<RemoteRelation*>(relation->fdw_private);
}
// It has all the rows and no others, so that joins, groups and limits may be made of it there.
inline bool is_exact(const RemoteRelation* relation) { return relation->local == NIL && relation->rechecked == NIL; }
// The tables and joins that something grouped is made of, else itself.
inline RelOptInfo* scanned(RelOptInfo* relation) {
  return remote_relation(relation)->kind == RemoteRelation::Kind::grouped ? remote_relation(relation)->input : relation;
}

// For the expressions of a statement about the relation.
Deparser deparser_of(PlannerInfo* root, RelOptInfo* relation);
// Why a clause is not sent in a statement about the relation; null: it can be. `loose`: it has to
// be checked here as well.
const char* why_local(PlannerInfo* root, RelOptInfo* relation, Node* clause, bool* loose);
// The same of a table's clause, before which a policy or a security barrier may have to come.
const char* why_restriction_local(PlannerInfo* root, RelOptInfo* relation, const RestrictInfo* clause, bool* loose);
// Takes a clause of WHERE to where it belongs.
void classify(PlannerInfo* root, RelOptInfo* relation, const RestrictInfo* clause);

// The value that ORDER BY can have for a pathkey; null: there is none.
Node* sort_expression(PlannerInfo* root, RelOptInfo* relation, PathKey* key, bool is_last);
bool can_sort(PlannerInfo* root, RelOptInfo* relation, List* pathkeys);

// What is asked for beside the relation.
struct Question {
  List* items;       // select list: Node* (values), or null for a statement that needs none
  List* conditions;  // clauses of a parameterized path, of a table
  List* pathkeys;
  Node* limit;  // expressions; null: none
  Node* offset;
};
// The statement, with marks (remote_text.hpp). Adds to the parameters of `deparser`.
const char* deparse_question(PlannerInfo* root, RelOptInfo* relation, const Question& question, Deparser* deparser);

}  // namespace mssql::pg
