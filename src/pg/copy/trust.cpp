#include "trust.hpp"

#include "pg/host/boundary.hpp"

namespace mssql::pg {

namespace {

// What opens a relation and builds its partition key is code of that relation's owner.
bool may_be_code(Oid function, void*) {
  return function >= FirstNormalObjectId || function == F_SATISFIES_HASH_PARTITION;
}

// Nodes that call nothing but the functions named in them. Others may call what their tree does not
// show: a domain's checks, the casts and the input of a type, or who knows what of a later version.
bool shows_what_it_calls(NodeTag tag) {
  switch (tag) {
    case T_List:
    case T_Var:
    case T_Const:
    case T_FuncExpr:
    case T_OpExpr:
    case T_DistinctExpr:
    case T_NullIfExpr:
    case T_ScalarArrayOpExpr:
    case T_BoolExpr:
    case T_NullTest:
    case T_BooleanTest:
    case T_RelabelType:
    case T_CollateExpr:
    case T_CaseExpr:
    case T_CaseWhen:
    case T_CaseTestExpr:
    case T_CoalesceExpr:
    case T_ArrayExpr: return true;
    default: return false;
  }
}

bool find_code(Node* node, void* context) {
  if (node == nullptr) return false;
  if (!shows_what_it_calls(nodeTag(node)) || check_functions_in_node(node, may_be_code, context)) return true;
  return walk_expression(node, find_code, context);
}

bool is_untrusted(Oid function, void* found) {
  if (function < FirstNormalObjectId) return false;
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  const bool trusted =
      HeapTupleIsValid(tuple) && is_trusted(reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->proowner);
  if (HeapTupleIsValid(tuple)) ReleaseSysCache(tuple);
  if (!trusted) *static_cast<Oid*>(found) = function;
  return !trusted;
}

bool find_untrusted(Node* node, void* found) {
  if (node == nullptr) return false;
  return check_functions_in_node(node, is_untrusted, found) || walk_expression(node, find_untrusted, found);
}

bool is_of_untrusted(HeapTuple index, AttrNumber expressions) {
  bool isnull = false;
  const Datum value = SysCacheGetAttr(INDEXRELID, index, expressions, &isnull);
  return !isnull && OidIsValid(untrusted_function(static_cast<Node*>(stringToNode(TextDatumGetCString(value)))));
}

}  // namespace

bool is_trusted(Oid role) { return role == GetUserId() || superuser_arg(role); }

void check_trusted(Relation relation) {
  const Oid owner = relation->rd_rel->relowner;
  if (is_trusted(owner)) return;
  const char* name = GetUserNameFromId(owner, false);
  ereport(
      ERROR,
      (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
       errmsg("table \"%s\" belongs to another role", RelationGetRelationName(relation)),
       errdetail("Its checks, defaults and triggers, which role \"%s\" may write, would run with your rights.", name),
       errhint("Run this as role \"%s\".", name)));
}

bool calls_code(Node* expression) { return contain_mutable_functions(expression) || find_code(expression, nullptr); }

Oid untrusted_function(Node* expression) {
  Oid found = InvalidOid;
  (void)find_untrusted(expression, &found);
  return found;
}

bool has_index_of_untrusted(Oid relation) {
  Relation opened = relation_open(relation, AccessShareLock);
  List* indexes = RelationGetIndexList(opened);
  relation_close(opened, NoLock);
  ListCell* cell = nullptr;
  foreach (cell, indexes) {
    HeapTuple index = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
    if (!HeapTupleIsValid(index)) continue;
    const bool found = is_of_untrusted(index, Anum_pg_index_indexprs) || is_of_untrusted(index, Anum_pg_index_indpred);
    ReleaseSysCache(index);
    if (found) return true;
  }
  return false;
}

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// _is_trusted(role oid) RETURNS boolean; STRICT.
Datum mssql_fdw_is_trusted(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum { PG_RETURN_BOOL(is_trusted(PG_GETARG_OID(0))); });
}

// _untrusted_function(expression pg_node_tree) RETURNS regprocedure; STRICT.
Datum mssql_fdw_untrusted_function(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    const Oid found = untrusted_function(static_cast<Node*>(stringToNode(text_to_cstring(PG_GETARG_TEXT_PP(0)))));
    if (!OidIsValid(found)) PG_RETURN_NULL();
    PG_RETURN_OID(found);
  });
}

// _calls_code(expression pg_node_tree) RETURNS boolean; STRICT.
Datum mssql_fdw_calls_code(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    PG_RETURN_BOOL(calls_code(static_cast<Node*>(stringToNode(text_to_cstring(PG_GETARG_TEXT_PP(0))))));
  });
}
}
