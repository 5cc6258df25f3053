// Values to T-SQL; expression.hpp states the contract. A value has the type on the server that
// shows each of PostgreSQL's as it is, so that what is computed of it there is what would be
// computed here.

#include <algorithm>

#include "core/tsql/functions.hpp"
#include "core/tsql/quote.hpp"

#include "expression.hpp"
#include "remote_text.hpp"

namespace mssql::pg {

namespace {

constexpr const char* not_sendable = "the constant has no exact form in T-SQL";
constexpr int longest_nvarchar = 4000, longest_bytes = 8000;

// Whether a value of the remote type is shown by the local type as it is.
bool is_natural(Oid local, const RemoteType& remote) {
  switch (remote.type) {
    case Type::bit: return local == BOOLOID;
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint:
    case Type::decimal:
    case Type::money:
    case Type::smallmoney: return is_integer_type(local) || local == NUMERICOID;
    case Type::real: return local == FLOAT4OID || local == FLOAT8OID;
    case Type::float_: return local == FLOAT8OID;
    case Type::date: return local == DATEOID;
    case Type::smalldatetime:
    case Type::datetime:
    case Type::datetime2: return local == TIMESTAMPOID;
    case Type::datetimeoffset: return local == TIMESTAMPTZOID;
    case Type::time: return local == TIMEOID;
    case Type::uniqueidentifier: return local == UUIDOID;
    case Type::binary:
    case Type::varbinary:
    case Type::rowversion: return local == BYTEAOID;
    case Type::char_:
    case Type::varchar:
    case Type::nchar:
    case Type::nvarchar: return is_text_type(local);
    default: return false;
  }
}

// Core only.
const char* literal_utf8(const char* text) { return copy_out(tsql::quote_literal(text)); }
const char* why_not_utf8(const RemoteType& type) {
  std::string_view why;
  (void)tsql::may_push(tsql::Operator::less, type, why);
  return copy_out(why.empty() ? "the column has another type on the server" : why);
}
const char* literal_of(const RemoteType& type, const Scalar& value) {
  const std::optional<std::string> literal = tsql::push_list_item(type, value);
  return literal ? copy_out(*literal) : nullptr;
}
struct Called {
  const char* form;
  RemoteType result;
  bool by_characters;
};
bool find_function(const char* signature, Called* called) {
  const tsql::Function* row = tsql::find_function(signature);
  if (row != nullptr)
    *called = {row->form.data(), row->result, row->by_characters};  // of a literal, so it ends in a NUL
  return row != nullptr;
}
const char* decimal_function_utf8(const char* name, RemoteValue* value, int digits) {
  const std::optional<tsql::Formed> formed = tsql::decimal_function(name, value->sql, value->type, digits);
  if (!formed) return "the result may have more digits than a decimal";
  value->sql = copy_out(formed->text);
  value->type = formed->type;
  return nullptr;
}

RemoteType sized(Type type) { return {type, type == Type::smallint ? 2 : type == Type::int_ ? 4 : 8, 0, 0}; }

// Every value of these has one on the server.
bool is_always_sendable(Oid type) { return always_sendable(type) || is_text_type(type) || type == BYTEAOID; }

const char* text_literal(Datum datum, RemoteValue* value) {
  char* string = TextDatumGetCString(datum);
  if (has_marks(string)) return not_sendable;
  if (value->local == BPCHAROID) string[bpchartruelen(string, static_cast<int>(std::strlen(string)))] = '\0';
  value->type = {Type::nvarchar, std::strlen(string) <= longest_nvarchar ? 2 * longest_nvarchar : -1, 0, 0};
  value->sql = to_server(literal_utf8(to_utf8(string)));
  return nullptr;
}

const char* null_value(RemoteValue* value) {
  if (!canonical_type(value->local, &value->type)) return "NULL of this type cannot be sent";
  value->sql = fill(tsql::form::null_of, {declaration_of(value->type)});
  value->not_null = false;
  return nullptr;
}

const char* hex_literal(const bytea* bytes) {
  StringInfoData out;
  initStringInfo(&out);
  appendStringInfoString(&out, "0x");
  for (Size i = 0; i < VARSIZE_ANY_EXHDR(bytes); ++i)
    appendStringInfo(&out, "%02x", static_cast<unsigned char>(VARDATA_ANY(bytes)[i]));
  return out.data;
}

const char* constant_value(const Const* constant, RemoteValue* value) {
  if (constant->constisnull) return null_value(value);
  if (is_text_type(value->local)) return text_literal(constant->constvalue, value);
  if (value->local == BYTEAOID) {
    value->type = {Type::varbinary, longest_bytes, 0, 0};
    value->sql = hex_literal(DatumGetByteaPP(constant->constvalue));
    return VARSIZE_ANY_EXHDR(DatumGetByteaPP(constant->constvalue)) > longest_bytes ? not_sendable : nullptr;
  }
  Parameter sent;
  if (value->local == FLOAT4OID || value->local == FLOAT8OID ||
      !send(choose_sender(constant->consttype), constant->constvalue, false, &sent))
    return not_sendable;
  value->type = sent.type;
  if (value->local != NUMERICOID && !canonical_type(value->local, &value->type)) return not_sendable;
  value->sql = value->type.precision > most_decimal_digits ? nullptr : literal_of(value->type, sent.value);
  if (value->sql != nullptr && is_integer_type(value->local))
    value->sql = fill(tsql::form::cast, {value->sql, declaration_of(value->type)});
  return value->sql == nullptr ? not_sendable : nullptr;
}

// --------------------------------------------------------------------- columns and computed values

// A numeric is shown with the digits that its declaration has here, not there.
bool has_same_scale(const Var* column, const RemoteType& remote) {
  RemoteType decimal = remote;
  constexpr int scale_bits = 0x7FF;
  if (column->vartype != NUMERICOID || column->vartypmod < VARHDRSZ || !as_decimal(&decimal)) return true;
  return ((column->vartypmod - VARHDRSZ) & scale_bits) == decimal.scale;
}

const char* push_column(const Var* column, Deparser* deparser, RemoteValue* value) {
  const RemoteAttribute& attribute = attribute_of(column, deparser);
  if (!attribute.known) return psprintf("column \"%s\" has no option remote_type", attribute.name);
  if (!is_natural(value->local, attribute.type)) {
    return is_natural(BOOLOID, attribute.type) || value->local == BOOLOID
               ? psprintf("column \"%s\" has another type on the server", attribute.name)
               : why_not_utf8(attribute.type);
  }
  if (!has_same_scale(column, attribute.type))
    return psprintf("column \"%s\" has another scale on the server", attribute.name);
  if (is_text_type(value->local) && !table_of(column->varno, deparser).exact_text)
    return "nul_policy changes text on its way";
  value->sql = column_name(column, deparser);
  if (has_marks(value->sql)) return "the column's name has control characters";
  value->type = attribute.type;
  value->is_column = true;
  value->not_null = attribute.not_null;
  return nullptr;
}

const char* push_arguments(List* arguments, Deparser* deparser, RemoteValue* values) {
  ListCell* cell = nullptr;
  int i = 0;
  foreach (cell, arguments) {
    if (const char* why = deparse_value(static_cast<Node*>(lfirst(cell)), deparser, &values[i])) return why;
    if (values[i].local == BPCHAROID) return "what a char(n) is with its blanks depends on the function";
    ++i;
  }
  return nullptr;
}

constexpr int most_arguments = 3;

// "date_trunc month(timestamp without time zone)": a field that is constant stands with the name.
const char* signature_of(Oid function, List** arguments) {
  StringInfoData out;
  initStringInfo(&out);
  const char* name = get_func_name(function);
  if (name == nullptr || function >= FirstGenbkiObjectId || list_length(*arguments) > most_arguments) return nullptr;
  appendStringInfoString(&out, name);
  auto* first = *arguments == NIL ? nullptr : static_cast<Node*>(linitial(*arguments));
  if (list_length(*arguments) == 2 && IsA(first, Const) && exprType(first) == TEXTOID &&
      !castNode(Const, first)->constisnull) {
    const char* field = TextDatumGetCString(castNode(Const, first)->constvalue);
    appendStringInfo(&out, " %s", str_tolower(field, std::strlen(field), C_COLLATION_OID));
    *arguments = list_copy_tail(*arguments, 1);
  }
  appendStringInfoChar(&out, '(');
  ListCell* cell = nullptr;
  foreach (cell, *arguments) {
    appendStringInfo(&out, "%s%s", cell == list_head(*arguments) ? "" : ",",
                     format_type_be(getBaseType(exprType(static_cast<Node*>(lfirst(cell))))));
  }
  appendStringInfoChar(&out, ')');
  return out.data;
}

// abs, ceil, floor, round and trunc of a numeric.
const char* push_decimal_function(Oid function, List* arguments, Deparser* deparser, RemoteValue* value) {
  int digits = 0;
  if (list_length(arguments) == 2) {
    auto* second = static_cast<Node*>(lsecond(arguments));
    if (!IsA(second, Const) || castNode(Const, second)->constisnull || exprType(second) != INT4OID)
      return "only a constant number of digits can be sent";
    digits = DatumGetInt32(castNode(Const, second)->constvalue);
  }
  if (const char* why = deparse_value(static_cast<Node*>(linitial(arguments)), deparser, value)) return why;
  if (value->type.type != Type::decimal) return "the number has another type on the server";
  value->is_column = false;
  return decimal_function_utf8(get_func_name(function), value, digits);
}

bool takes_length(Oid function) {
  return function == F_LEFT || function == F_RIGHT || function == F_SUBSTRING_TEXT_INT4_INT4 ||
         function == F_SUBSTR_TEXT_INT4_INT4;
}

// A negative length is an error there, which may be raised before there is a row; here left() and
// right() count from the other end.
const char* check_length(Oid function, List* arguments) {
  if (!takes_length(function)) return nullptr;
  auto* length = static_cast<Node*>(llast(arguments));
  const bool is_known = IsA(length, Const) && !castNode(Const, length)->constisnull;
  return is_known && DatumGetInt32(castNode(Const, length)->constvalue) >= 0 ? nullptr : "the length may be negative";
}

const char* push_function(Oid function, List* arguments, Deparser* deparser, RemoteValue* value) {
  const List* all = arguments;
  const char* signature = signature_of(function, &arguments);
  Called called{};
  if (signature != nullptr && arguments != NIL && exprType(static_cast<Node*>(linitial(arguments))) == NUMERICOID &&
      arguments == all)
    return push_decimal_function(function, arguments, deparser, value);
  if (const char* why = check_length(function, arguments)) return why;
  if (signature == nullptr || !find_function(signature, &called))
    return psprintf("function %s has no counterpart in T-SQL",
                    signature == nullptr ? get_func_name(function) : signature);
  RemoteValue values[most_arguments]{};
  if (const char* why = push_arguments(arguments, deparser, values)) return why;
  const char* parts[most_arguments]{};
  for (int i = 0; i < list_length(arguments); ++i)
    parts[i] = !is_text_type(values[i].local) ? values[i].sql
               : called.by_characters         ? fill(tsql::form::by_characters, {values[i].sql})
                                              : as_characters(values[i]);
  value->sql = psprintf("(%s)", fill(called.form, {parts[0], parts[1], parts[2]}));
  value->type = called.result;
  return nullptr;
}

bool decimal_result(char op, const RemoteValue* sides, RemoteType* result) {
  const std::optional<RemoteType> type = tsql::decimal_result(op, sides[0].type, sides[1].type);
  if (type) *result = *type;
  return type.has_value();
}

const char* push_numeric_operator(char op, RemoteValue* sides, RemoteValue* value) {
  if (std::strchr("+-*", op) == nullptr) return "SQL Server's quotient of decimals has other digits";
  for (RemoteValue* side = sides; side < sides + 2; ++side) {
    RemoteType decimal = side->type;
    if (!as_decimal(&decimal)) return "the number has another type on the server";
    *side = {operand(*side, decimal), decimal, NUMERICOID, false, false, side->not_null};
  }
  if (!decimal_result(op, sides, &value->type)) return "the result may have more digits than a decimal";
  const char name[] = {op, '\0'};
  value->sql = fill(tsql::form::arithmetic, {sides[0].sql, name, sides[1].sql});
  return nullptr;
}

// An integer's remainder by -1 may overflow there, and is 0 here.
const char* check_divisor(char op, Node* divisor) {
  if (op == '/') return nullptr;
  const bool is_known = IsA(divisor, Const) && !castNode(Const, divisor)->constisnull;
  if (is_known && castNode(Const, divisor)->constvalue != 0 && exprType(divisor) == INT4OID &&
      DatumGetInt32(castNode(Const, divisor)->constvalue) > 0)
    return nullptr;
  return "only the remainder by a positive constant can be sent";
}

// The arithmetic operators of integers and numerics, whose name is one character.
const char* push_arithmetic(const char* name, OpExpr* expression, Deparser* deparser, RemoteValue* value) {
  RemoteValue sides[2]{};
  if (const char* why = push_arguments(expression->args, deparser, sides)) return why;
  if (value->local == NUMERICOID) return push_numeric_operator(*name, sides, value);
  if (!is_integer_type(value->local) || !is_integer_type(sides[0].local) || !is_integer_type(sides[1].local))
    return "arithmetic of these types may differ";
  if (std::strchr("/%", *name) != nullptr) {
    if (const char* why = check_divisor(*name, static_cast<Node*>(lsecond(expression->args)))) return why;
  }
  (void)canonical_type(value->local, &value->type);
  value->sql = fill(tsql::form::arithmetic, {operand(sides[0], value->type), name, operand(sides[1], value->type)});
  return nullptr;
}

const char* push_condition_value(Node* node, Deparser* deparser, RemoteValue* value) {
  StringInfoData condition;
  initStringInfo(&condition);
  if (const char* why = deparse_exact(node, deparser, &condition)) return why;
  value->type = {Type::bit, 1, 1, 0};
  value->sql = fill(tsql::form::of_condition, {condition.data});
  return nullptr;
}

const char* push_operator(OpExpr* expression, Deparser* deparser, RemoteValue* value) {
  const char* name = get_opname(expression->opno);
  if (value->local == BOOLOID) return push_condition_value(reinterpret_cast<Node*>(expression), deparser, value);
  if (name == nullptr || expression->opno >= FirstGenbkiObjectId || list_length(expression->args) != 2)
    return psprintf("operator %s has no counterpart in T-SQL", name == nullptr ? "?" : name);
  if (std::strlen(name) == 1 && std::strchr("+-*/%", *name) != nullptr)
    return push_arithmetic(name, expression, deparser, value);
  if (!is_deterministic(expression->inputcollid)) return "the collation is not deterministic";
  return push_function(expression->opfuncid, expression->args, deparser, value);
}

// A conversion by the text form: of an integer or a uuid to text.
const char* push_text_form(CoerceViaIO* coercion, Deparser* deparser, RemoteValue* value) {
  RemoteValue argument{};
  if (const char* why = deparse_value(reinterpret_cast<Node*>(coercion->arg), deparser, &argument)) return why;
  if (coercion->resulttype != TEXTOID || (!is_integer_type(argument.local) && argument.local != UUIDOID))
    return "the text form of this type may differ";
  value->sql = fill(argument.local == UUIDOID ? tsql::form::text_of_uuid : tsql::form::text_of_integer, {argument.sql});
  value->type = {Type::nvarchar, 72, 0, 0};
  return nullptr;
}

// Of a text as another kind of text, whose blanks at the end count or not.
const char* push_relabelled(RelabelType* relabelled, Deparser* deparser, RemoteValue* value) {
  auto* argument = reinterpret_cast<Node*>(relabelled->arg);
  const Oid local = value->local;
  const Oid from = getBaseType(exprType(argument));
  const bool is_text = is_text_type(local) && is_text_type(from) && from != BPCHAROID;
  if (!is_text && local != from) return "the value is taken for another type";
  const char* why = deparse_value(argument, deparser, value);
  value->local = local;
  return why;
}

const char* push_guarded(Node* node, Deparser* deparser, RemoteValue* value) {
  ++deparser->guards;
  const char* why = IsA(node, CaseExpr)       ? deparse_case(castNode(CaseExpr, node), deparser, value)
                    : IsA(node, CoalesceExpr) ? deparse_coalesce(castNode(CoalesceExpr, node)->args, deparser, value)
                                              : deparse_null_if(castNode(NullIfExpr, node), deparser, value);
  --deparser->guards;
  return why;
}

const char* push_value(Node* node, Deparser* deparser, RemoteValue* value) {
  switch (nodeTag(node)) {
    case T_Var: {
      const Var* column = column_of(node, deparser);
      return column == nullptr ? "a row as a whole cannot be sent" : push_column(column, deparser, value);
    }
    case T_RelabelType: return push_relabelled(castNode(RelabelType, node), deparser, value);
    case T_FuncExpr:
      if (!is_deterministic(castNode(FuncExpr, node)->inputcollid)) return "the collation is not deterministic";
      return push_function(castNode(FuncExpr, node)->funcid, castNode(FuncExpr, node)->args, deparser, value);
    case T_OpExpr: return push_operator(castNode(OpExpr, node), deparser, value);
    case T_CoalesceExpr:
    case T_CaseExpr:
    case T_NullIfExpr: return push_guarded(node, deparser, value);
    case T_CoerceViaIO: return push_text_form(castNode(CoerceViaIO, node), deparser, value);
    case T_Aggref:
      if (!deparser->aggregates) return "an aggregate of another query";
      return deparse_aggregate(castNode(Aggref, node), deparser, value);
    case T_BoolExpr:
    case T_NullTest:
    case T_BooleanTest:
    case T_DistinctExpr:
    case T_ScalarArrayOpExpr: return push_condition_value(node, deparser, value);
    default: return "expressions of this kind cannot be sent";
  }
}

// What cannot fail when it is computed.
bool is_plain(const Node* node) {
  while (node != nullptr && IsA(node, RelabelType))
    node = reinterpret_cast<const Node*>(reinterpret_cast<const RelabelType*>(node)->arg);
  return node != nullptr && (IsA(node, Const) || IsA(node, Param) || IsA(node, Var));
}

// A sublink's own node would have to run inside the scan's; the value of one that runs before (an
// InitPlan) is a parameter, and so is a column of the query around this one: the scan starts again
// when it changes.
bool has_subplan(Node* node, void*) {
  if (node == nullptr) return false;
  if (IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) || IsA(node, SubLink) || IsA(node, Aggref) ||
      IsA(node, WindowFunc) || IsA(node, GroupingFunc) || IsA(node, PlaceHolderVar) || IsA(node, CaseTestExpr))
    return true;
  return walk_expression(node, has_subplan, nullptr);
}

}  // namespace

const char* fill(std::string_view form, std::initializer_list<const char*> parts) {
  StringInfoData out;
  initStringInfo(&out);
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '$') {
      appendStringInfoString(&out, parts.begin()[form[++i] - '1']);
    } else {
      appendStringInfoChar(&out, form[i]);
    }
  }
  return out.data;
}

bool canonical_type(Oid type, RemoteType* remote) {
  switch (type) {
    case BOOLOID: *remote = {Type::bit, 1, 1, 0}; return true;
    case INT2OID: *remote = sized(Type::smallint); return true;
    case INT4OID: *remote = sized(Type::int_); return true;
    case INT8OID: *remote = sized(Type::bigint); return true;
    case FLOAT8OID: *remote = sized(Type::float_); return true;
    case UUIDOID: *remote = {Type::uniqueidentifier, 16, 0, 0}; return true;
    case DATEOID: *remote = {Type::date, 3, 10, 0}; return true;
    case TIMESTAMPOID: *remote = {Type::datetime2, 8, 26, 6}; return true;
    case TEXTOID:
    case VARCHAROID:
    case BPCHAROID: *remote = {Type::nvarchar, 2 * longest_nvarchar, 0, 0}; return true;
    case BYTEAOID: *remote = {Type::varbinary, longest_bytes, 0, 0}; return true;
    default: return false;
  }
}

const char* operand(const RemoteValue& value, const RemoteType& type) {
  if (value.type.type == type.type && value.type.precision == type.precision && value.type.scale == type.scale)
    return value.sql;
  return fill(tsql::form::cast, {value.sql, declaration_of(type)});
}

bool is_deterministic(Oid collation) { return !OidIsValid(collation) || get_collation_isdeterministic(collation); }

bool as_decimal(RemoteType* type) {
  const std::optional<RemoteType> decimal = tsql::as_decimal(*type);
  if (decimal) *type = *decimal;
  return decimal.has_value();
}

bool is_outside(Node* node, const Deparser* deparser) {
  if (has_subplan(node, nullptr) || contain_volatile_functions(node)) return false;
  if (deparser->guards > 0 && !is_plain(node)) return false;
  Relids used = pull_varnos(deparser->root, node);
  return !bms_overlap(used, deparser->relations);
}

const Var* column_of(Node* node, const Deparser* deparser) {
  while (node != nullptr && IsA(node, RelabelType)) node = reinterpret_cast<Node*>(castNode(RelabelType, node)->arg);
  if (node == nullptr || !IsA(node, Var)) return nullptr;
  const Var* var = castNode(Var, node);
  if (!bms_is_member(static_cast<int>(var->varno), deparser->relations) || var->varlevelsup != 0 || var->varattno <= 0)
    return nullptr;
  return var;
}

const RemoteAttribute& attribute_of(const Var* column, const Deparser* deparser) {
  return table_of(static_cast<Index>(column->varno), deparser).attributes[column->varattno - 1];
}

const char* column_name(const Var* column, const Deparser* deparser) {
  const char* quoted = attribute_of(column, deparser).quoted;
  return deparser->qualified ? psprintf("r%d.%s", static_cast<int>(column->varno), quoted) : quoted;
}

int add_parameter(Deparser* deparser, Node* node, bool compared, const RemoteType& type, const tsql::Bound& bound) {
  auto* parameter = static_cast<RemoteParameter*>(palloc0(sizeof(RemoteParameter)));
  *parameter = {reinterpret_cast<Expr*>(node), compared, type, bound};
  deparser->parameters = lappend(deparser->parameters, parameter);
  return list_length(deparser->parameters) - 1;
}

void append_compared(StringInfo out, int parameter, const char* value, tsql::Operator op) {
  // The view is of a literal, so it ends in a NUL.
  appendStringInfo(out, "%c%d%c%s %s @P%d%c%s%c", comparison_begins, parameter, comparison_text, value,
                   tsql::tsql_name(op).data(), parameter + 1, comparison_value, value, comparison_ends);
}

const char* outside_value(Node* node, Deparser* deparser, RemoteValue* value) {
  value->local = getBaseType(exprType(node));
  value->is_outside = true;
  if (IsA(node, Const)) return constant_value(castNode(Const, node), value);
  if (!is_always_sendable(value->local) || !canonical_type(value->local, &value->type))
    return "some values of this type have none in T-SQL";
  value->sql = psprintf("@P%d", add_parameter(deparser, node, false, value->type, {}) + 1);
  if (is_text_type(value->local)) value->type.max_length = -1;
  return nullptr;
}

const char* deparse_value(Node* node, Deparser* deparser, RemoteValue* value) {
  check_stack_depth();
  *value = {};
  if (is_outside(node, deparser)) return outside_value(node, deparser, value);
  value->local = getBaseType(exprType(node));
  return push_value(node, deparser, value);
}

}  // namespace mssql::pg
