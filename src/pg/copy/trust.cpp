#include "trust.hpp"

#include <algorithm>

#include "pg/host/boundary.hpp"

namespace mssql::pg {

namespace {

// It opens a relation and builds its partition key, which is code of that relation's owner.
bool opens_relation(Oid function, void*) { return function == F_SATISFIES_HASH_PARTITION; }

bool may_be_code(Oid function, void* context) {
  return function >= FirstNormalObjectId || opens_relation(function, context);
}

// Nodes that call nothing but the functions named in them. Others may call what their tree does not
// show: a domain's checks, the casts and the input of a type, or who knows what of a later version.
bool shows_what_it_calls(NodeTag tag) {
  switch (tag) {
    case T_List:
    case T_Var:
    case T_Const:
    case T_FuncExpr:
    case T_NamedArgExpr:
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

// Of the others, those that call what their types say, and nothing else.
bool calls_by_types(NodeTag tag) {
  switch (tag) {
    case T_SubscriptingRef:
    case T_FieldSelect:
    case T_CoerceViaIO:
    case T_ArrayCoerceExpr:
    case T_RowExpr:
    case T_RowCompareExpr:
    case T_MinMaxExpr:
    case T_CoerceToDomain: return true;
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

bool find_hidden(Node* node, void* context) {
  if (node == nullptr) return false;
  if (!shows_what_it_calls(nodeTag(node)) && !calls_by_types(nodeTag(node))) return true;
  return check_functions_in_node(node, opens_relation, context) || walk_expression(node, find_hidden, context);
}

// Those that are not immutable, call nothing, and are wanted in defaults.
bool is_value_of_moment(Oid function) {
  static constexpr const char* names[] = {"nextval",
                                          "now",
                                          "transaction_timestamp",
                                          "statement_timestamp",
                                          "clock_timestamp",
                                          "timeofday",
                                          "random",
                                          "timestamp",
                                          "timestamptz",
                                          "date",
                                          "time",
                                          "timetz",
                                          "timezone",
                                          "to_char",
                                          "gen_random_uuid",
                                          "uuidv4",
                                          "uuidv7",
                                          "current_user",
                                          "session_user",
                                          "current_database"};
  const char* name = get_func_name(function);
  return name != nullptr && std::any_of(std::begin(names), std::end(names),
                                        [name](const char* known) { return std::strcmp(name, known) == 0; });
}

bool calls_others(Oid function, void* context) {
  return may_be_code(function, context) ||
         (func_volatile(function) != PROVOLATILE_IMMUTABLE && !is_value_of_moment(function));
}

// A type of the user's may call code where nothing shows it: a range's, when it is analyzed.
bool is_of_own_type(Node* node) { return !IsA(node, List) && exprType(node) >= FirstNormalObjectId; }

bool find_call(Node* node, void* context) {
  if (node == nullptr) return false;
  if (shows_what_it_calls(nodeTag(node)) && !IsA(node, CaseWhen) && is_of_own_type(node)) return true;
  const bool is_value = IsA(node, SQLValueFunction) || IsA(node, NextValueExpr);
  if (!is_value && !shows_what_it_calls(nodeTag(node))) return true;
  return check_functions_in_node(node, calls_others, context) || walk_expression(node, find_call, context);
}

Node* expression_of(FunctionCallInfo fcinfo) {
  return static_cast<Node*>(stringToNode(text_to_cstring(PG_GETARG_TEXT_PP(0))));
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
    Oid found = InvalidOid;
    (void)find_untrusted(expression_of(fcinfo), &found);
    if (!OidIsValid(found)) PG_RETURN_NULL();
    PG_RETURN_OID(found);
  });
}

// _hides_calls(expression pg_node_tree) RETURNS boolean; STRICT.
Datum mssql_fdw_hides_calls(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum { PG_RETURN_BOOL(find_hidden(expression_of(fcinfo), nullptr)); });
}

// _is_self_contained(expression pg_node_tree) RETURNS boolean; STRICT.
Datum mssql_fdw_is_self_contained(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum { PG_RETURN_BOOL(!find_call(expression_of(fcinfo), nullptr)); });
}

// _calls_code(expression pg_node_tree) RETURNS boolean; STRICT.
Datum mssql_fdw_calls_code(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    Node* expression = expression_of(fcinfo);
    PG_RETURN_BOOL(contain_mutable_functions(expression) || find_code(expression, nullptr));
  });
}
}
