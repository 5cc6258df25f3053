// CASE, COALESCE and NULLIF to T-SQL.

#include "core/tsql/functions.hpp"

#include "expression.hpp"

namespace mssql::pg {

namespace {

constexpr RemoteType characters{Type::nvarchar, -1, 0, 0};

// Values that take each other's place, in one type that holds all of them.
struct Branches {
  RemoteType type;
  bool any;
};

bool widen(Branches* branches, const RemoteValue& value) {
  RemoteType& type = branches->type;
  if (!std::exchange(branches->any, true)) {
    type = value.type;
    return true;
  }
  RemoteType a = type, b = value.type;
  if (value.local == NUMERICOID && as_decimal(&a) && as_decimal(&b)) {
    const int scale = std::max(a.scale, b.scale);
    type = {Type::decimal, 0, scale + std::max(a.precision - a.scale, b.precision - b.scale), scale};
    return type.precision <= most_decimal_digits && a.scale == b.scale;  // each is shown with its own digits
  }
  if (is_text_type(value.local)) {
    type = characters;
    return true;
  }
  if (is_integer_type(value.local)) return canonical_type(value.local, &type);
  return a.type == b.type && a.precision == b.precision && a.scale == b.scale;
}

const char* branch_of(const Branches& branches, const RemoteValue& value) {
  return is_text_type(value.local) ? as_characters(value) : operand(value, branches.type);
}

const char* push_branches(List* nodes, Deparser* deparser, RemoteValue* values, Branches* branches) {
  int i = 0;
  ListCell* cell = nullptr;
  foreach (cell, nodes) {
    if (const char* why = deparse_value(static_cast<Node*>(lfirst(cell)), deparser, &values[i])) return why;
    if (values[i].local == BPCHAROID) return "what a char(n) is with its blanks depends on the function";
    const bool is_null = IsA(lfirst(cell), Const) && castNode(Const, lfirst(cell))->constisnull;
    if (!is_null && !widen(branches, values[i])) return "the branches have different types on the server";
    ++i;
  }
  if (!branches->any) return "all branches are NULL";
  if (is_text_type(values[0].local)) branches->type = characters;
  return nullptr;
}

const char* push_when(CaseWhen* when, const char* result, Deparser* deparser, StringInfo out) {
  StringInfoData condition;
  initStringInfo(&condition);
  if (const char* why = deparse_exact(reinterpret_cast<Node*>(when->expr), deparser, &condition)) return why;
  appendStringInfoString(out, fill(tsql::form::when, {condition.data, result}));
  return nullptr;
}

// What PostgreSQL has made of CASE x WHEN y: the test of a placeholder, which stands for x.
Node* with_argument(Node* node, void* argument) {
  if (node == nullptr) return nullptr;
  if (IsA(node, CaseTestExpr)) return static_cast<Node*>(copyObjectImpl(argument));
  if (IsA(node, CaseExpr) && castNode(CaseExpr, node)->arg != nullptr) {  // the others are its own
    auto* inner = static_cast<CaseExpr*>(copyObjectImpl(node));
    inner->arg = reinterpret_cast<Expr*>(with_argument(reinterpret_cast<Node*>(inner->arg), argument));
    return reinterpret_cast<Node*>(inner);
  }
  return mutate_expression(node, with_argument, argument);
}

// The same CASE whose tests are conditions.
CaseExpr* with_conditions(CaseExpr* given) {
  auto* expression = static_cast<CaseExpr*>(copyObjectImpl(given));
  ListCell* cell = nullptr;
  foreach (cell, expression->args) {
    auto* when = lfirst_node(CaseWhen, cell);
    if (expression->arg != nullptr)
      when->expr = reinterpret_cast<Expr*>(with_argument(reinterpret_cast<Node*>(when->expr), expression->arg));
  }
  return expression;
}

List* results_of(const CaseExpr* expression) {
  List* results = NIL;
  ListCell* cell = nullptr;
  foreach (cell, expression->args) results = lappend(results, lfirst_node(CaseWhen, cell)->result);
  return expression->defresult == nullptr ? results : lappend(results, expression->defresult);
}

}  // namespace

const char* deparse_case(CaseExpr* given, Deparser* deparser, RemoteValue* value) {
  const CaseExpr* expression = with_conditions(given);
  List* results = results_of(expression);
  auto* values =
      static_cast<RemoteValue*>(palloc0(sizeof(RemoteValue) * static_cast<std::size_t>(list_length(results))));
  Branches branches{};
  if (const char* why = push_branches(results, deparser, values, &branches)) return why;
  StringInfoData out;
  initStringInfo(&out);
  int i = 0;
  ListCell* cell = nullptr;
  foreach (cell, expression->args) {
    if (const char* why = push_when(lfirst_node(CaseWhen, cell), branch_of(branches, values[i++]), deparser, &out))
      return why;
  }
  if (expression->defresult != nullptr)
    appendStringInfoString(&out, fill(tsql::form::otherwise, {branch_of(branches, values[i])}));
  value->sql = fill(tsql::form::case_of, {out.data});
  value->type = branches.type;
  return nullptr;
}

const char* deparse_coalesce(List* nodes, Deparser* deparser, RemoteValue* value) {
  if (list_length(nodes) == 1) return deparse_value(static_cast<Node*>(linitial(nodes)), deparser, value);
  auto* values = static_cast<RemoteValue*>(palloc0(sizeof(RemoteValue) * static_cast<std::size_t>(list_length(nodes))));
  Branches branches{};
  if (const char* why = push_branches(nodes, deparser, values, &branches)) return why;
  StringInfoData out;
  initStringInfo(&out);
  for (int i = 0; i < list_length(nodes); ++i)
    appendStringInfo(&out, "%s%s", i == 0 ? "" : ", ", branch_of(branches, values[i]));
  value->sql = fill(tsql::form::coalesce, {out.data});
  value->type = branches.type;
  return nullptr;
}

// NULLIF is the first of the two, unless they are equal.
const char* deparse_null_if(NullIfExpr* expression, Deparser* deparser, RemoteValue* value) {
  auto* equal = static_cast<OpExpr*>(copyObjectImpl(expression));
  equal->xpr.type = T_OpExpr;
  equal->opresulttype = BOOLOID;
  StringInfoData condition;
  initStringInfo(&condition);
  if (const char* why = deparse_exact(reinterpret_cast<Node*>(equal), deparser, &condition)) return why;
  if (const char* why = deparse_value(static_cast<Node*>(linitial(expression->args)), deparser, value)) return why;
  value->sql = fill(tsql::form::null_if, {condition.data, value->sql});
  value->is_column = value->not_null = false;
  return nullptr;
}

}  // namespace mssql::pg
