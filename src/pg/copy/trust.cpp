#include "trust.hpp"

#include "pg/host/boundary.hpp"

namespace mssql::pg {

namespace {

bool is_not_built_in(Oid function, void*) { return function >= FirstNormalObjectId; }

bool find_code(Node* node, void* context) {
  if (node == nullptr) return false;
  if (IsA(node, CoerceToDomain) || check_functions_in_node(node, is_not_built_in, context)) return true;
  return walk_expression(node, find_code, context);
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

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// _is_trusted(role oid) RETURNS boolean; STRICT.
Datum mssql_fdw_is_trusted(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum { PG_RETURN_BOOL(is_trusted(PG_GETARG_OID(0))); });
}

// _calls_code(expression pg_node_tree) RETURNS boolean; STRICT.
Datum mssql_fdw_calls_code(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    PG_RETURN_BOOL(calls_code(static_cast<Node*>(stringToNode(text_to_cstring(PG_GETARG_TEXT_PP(0))))));
  });
}
}
