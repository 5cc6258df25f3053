// Expressions to T-SQL; deparse.hpp states the contract.
//
// A comparison may run on the server when three things hold: the operator has a row in tsql/rules,
// the remote type's comparison is PostgreSQL's (may_push), and the local type is the one that shows
// the remote values unchanged, so that comparing before or after the conversion makes no
// difference. AND, OR, NOT and IS NULL of such conditions follow, since both sides know three truth
// values.

#include "deparse.hpp"

#include "core/tsql/condition.hpp"
#include "core/tsql/query.hpp"
#include "core/tsql/quote.hpp"
#include "core/tsql/select.hpp"
#include "core/tsql/statement.hpp"

namespace mssql::pg {

namespace {

constexpr int longest_in_list = 500;
constexpr const char* not_sendable = "the constant has no exact form in T-SQL";

const char* push_condition(Node* node, ConditionContext* context, StringInfo out);

// A frame of core's: the text leaves through copy_out().
const char* quote_utf8(const char* name) { return copy_out(tsql::quote_name(name)); }

const char* to_server(const char* text) { return pg_any_to_server(text, static_cast<int>(std::strlen(text)), PG_UTF8); }

const char* select_utf8(const RemoteType& type, const char* quoted, tsql::TextForm form) {
  return copy_out(tsql::select_expression(type, quoted, form));
}

const char* option_text(OptionList options, std::string_view meaning) {
  const auto value = option_value(OptionContext::column, options, meaning);
  return value ? value->data() : nullptr;
}

RemoteAttribute describe_attribute(Oid relation, Form_pg_attribute attribute, tsql::TextForm form) {
  RemoteAttribute result{};
  const OptionList options = option_list(GetForeignColumnOptions(relation, attribute->attnum));
  const char* name = option_text(options, "column_name");
  const char* type = option_text(options, "remote_type");
  result.name = name != nullptr ? name : pstrdup(NameStr(attribute->attname));
  result.quoted = quoted_name(result.name);
  result.expression = result.quoted;
  if (type == nullptr) return result;
  result.known = true;
  result.type = parse_declaration(type);
  result.raw_text = tsql::is_raw(result.type.type, form);
  result.expression = to_server(select_utf8(result.type, to_utf8(result.quoted), form));
  return result;
}

bool is_integer_type(Oid type) { return type == INT2OID || type == INT4OID || type == INT8OID; }

// Whether a value of the remote type is shown by the local type as it is.
bool is_natural(Oid local, Type remote) {
  switch (remote) {
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
    case Type::image:
    case Type::rowversion: return local == BYTEAOID;
    case Type::char_:
    case Type::varchar:
    case Type::text:
    case Type::nchar:
    case Type::nvarchar:
    case Type::ntext: return local == TEXTOID || local == VARCHAROID || local == BPCHAROID;
    case Type::xml:
    case Type::json:
    case Type::vector:
    case Type::sql_variant:
    case Type::hierarchyid:
    case Type::geometry:
    case Type::geography:
    case Type::udt: break;
  }
  return false;
}

// What the server would compare is not what is read here: a float beside an integer, text beside a
// number.
const char* no_remote_type(const RemoteAttribute& column) {
  return psprintf("column \"%s\" has no option remote_type", column.name);
}

// Null when the comparison may run on the server.
const char* judge_comparison(const RemoteAttribute& column, Oid local, tsql::Operator op) {
  if (!column.known) return no_remote_type(column);
  std::string_view why;
  if (!tsql::may_push(op, column.type, why)) return copy_out(why);
  if (!is_natural(local, column.type.type))
    return psprintf("column \"%s\" has another type on the server", column.name);
  return nullptr;
}

// The column of our table that an expression is, or null. varchar columns stand under a relabelling
// to text.
const RemoteAttribute* column_of(Node* node, const ConditionContext* context, Oid* type) {
  if (node != nullptr && IsA(node, RelabelType)) node = reinterpret_cast<Node*>(castNode(RelabelType, node)->arg);
  if (node == nullptr || !IsA(node, Var)) return nullptr;
  const Var* var = castNode(Var, node);
  if (static_cast<Index>(var->varno) != context->relation || var->varlevelsup != 0 || var->varattno <= 0)
    return nullptr;
  *type = getBaseType(var->vartype);
  return &context->table->attributes[var->varattno - 1];
}

// A sublink's own node would have to run inside the scan's; the value of one that runs before (an
// InitPlan) is a parameter, and so is a column of the query around this one: the scan starts again
// when it changes.
bool has_subplan(Node* node, void*) {
  if (node == nullptr) return false;
  if (IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) || IsA(node, SubLink)) return true;
  return walk_expression(node, has_subplan, nullptr);
}

// Has one value for the whole scan, so it is computed here and sent.
bool is_constant(Node* node) {
  return !contain_var_clause(node) && !contain_volatile_functions(node) && !has_subplan(node, nullptr);
}

// Core only; null when there is no such comparison.
const char* literal_of(const RemoteType& type, const tsql::Bound& bound, const Scalar& value) {
  std::string_view why;
  const std::optional<std::string> literal = tsql::push_constant(bound, type, value, why);
  return literal ? copy_out(*literal) : nullptr;
}

const char* list_item_of(const RemoteType& type, const Scalar& value) {
  const std::optional<std::string> literal = tsql::push_list_item(type, value);
  return literal ? copy_out(*literal) : nullptr;
}

const char* declaration_of(const RemoteType& type) { return copy_out(declare(type)); }

const char* push_value(const RemoteAttribute& column, const tsql::Bound& bound, Node* value, ConditionContext* context,
                       StringInfo out) {
  const Oid type = exprType(value);
  if (IsA(value, Const)) {
    const Const* constant = castNode(Const, value);
    if (constant->constisnull) return "a comparison with NULL is never true";
    Parameter sent;
    if (!send(choose_sender(type), constant->constvalue, false, &sent)) return not_sendable;
    const char* text = literal_of(column.type, bound, sent.value);
    if (text == nullptr) return not_sendable;
    appendStringInfoString(out, text);
    return nullptr;
  }
  auto* parameter = static_cast<ConditionParameter*>(palloc0(sizeof(ConditionParameter)));
  parameter->expression = reinterpret_cast<Expr*>(value);
  parameter->beside.remote_type = declaration_of(column.type);
  parameter->beside.bound = bound;
  context->parameters = lappend(context->parameters, parameter);
  if (!always_sendable(type)) context->rechecked = true;
  appendStringInfo(out, "@P%d", list_length(context->parameters));
  return nullptr;
}

// Only operators that PostgreSQL ships are known to mean what their names say.
const char* find_built_in(Oid opno, tsql::Operator* op) {
  const char* name = get_opname(opno);
  if (name != nullptr && opno < FirstGenbkiObjectId && tsql::find_operator(name, *op)) return nullptr;
  return psprintf("operator %s has no counterpart in T-SQL", name != nullptr ? name : "?");
}

// PostgreSQL compares the two without regard to any setting: a date beside a timestamp is its
// midnight.
bool may_compare(Oid column, Oid value) {
  return value == column || (is_integer_type(value) && is_integer_type(column)) ||
         (column == TIMESTAMPOID && value == DATEOID);
}

// What brings a value to the column's type when the scan starts, under the time zone of that
// moment. It is the column that PostgreSQL would convert where the bounds are loose.
struct Coercion {
  Oid column;
  Oid value;
  Oid function;
  bool loose;
};
// clang-format off
constexpr Coercion coercions[] = {
    {TIMESTAMPOID, TIMESTAMPTZOID, F_TIMESTAMP_TIMESTAMPTZ, true}, {TIMESTAMPTZOID, TIMESTAMPOID, F_TIMESTAMPTZ_TIMESTAMP, false},
    {DATEOID, TIMESTAMPTZOID, F_DATE_TIMESTAMPTZ, true},           {TIMESTAMPTZOID, DATEOID, F_TIMESTAMPTZ_DATE, false},
    {DATEOID, TIMESTAMPOID, F_DATE_TIMESTAMP, true},
};
// clang-format on

const Coercion* find_coercion(Oid column, Oid value) {
  for (const Coercion& coercion : coercions) {
    if (coercion.column == column && coercion.value == value) return &coercion;
  }
  return nullptr;
}

Node* coerced(const Coercion& coercion, Node* value) {
  return reinterpret_cast<Node*>(makeFuncExpr(coercion.function, coercion.column, list_make1(value), InvalidOid,
                                              InvalidOid, COERCE_EXPLICIT_CAST));
}

const char* push_bounds(const RemoteAttribute& column, std::span<const tsql::Bound> bounds, const char* joint,
                        Node* value, ConditionContext* context, StringInfo out) {
  for (const tsql::Bound& bound : bounds) {
    if (&bound != &bounds.front()) appendStringInfoString(out, joint);
    // The view is of a literal, so it ends in a NUL.
    appendStringInfo(out, "%s %s ", column.quoted, tsql::tsql_name(bound.op).data());
    if (const char* why = push_value(column, bound, value, context, out)) return why;
  }
  return nullptr;
}

const char* push_comparison(OpExpr* expression, ConditionContext* context, StringInfo out) {
  constexpr const char* no_comparison = "only comparisons of a column with a constant can be sent";
  tsql::Operator op{};
  if (list_length(expression->args) != 2) return no_comparison;
  auto* left = static_cast<Node*>(linitial(expression->args));
  auto* right = static_cast<Node*>(lsecond(expression->args));
  Oid opno = expression->opno;
  Oid type = InvalidOid;
  const RemoteAttribute* column = column_of(left, context, &type);
  if (column == nullptr) {
    column = column_of(right, context, &type);
    std::swap(left, right);
    opno = get_commutator(opno);
    if (!OidIsValid(opno)) return no_comparison;
  }
  if (column == nullptr || !is_constant(right)) return no_comparison;
  if (const char* why = find_built_in(opno, &op)) return why;
  if (const char* why = judge_comparison(*column, type, op)) return why;
  const char* joint = op == tsql::Operator::not_equal ? " OR " : " AND ";
  const Oid other = getBaseType(exprType(right));
  if (may_compare(type, other))
    return push_bounds(*column, tsql::bounds_of(op, column->type), joint, right, context, out);
  const Coercion* coercion = find_coercion(type, other);
  if (coercion == nullptr) return "the two sides have different types";
  const std::span<const tsql::Bound> bounds =
      coercion->loose ? tsql::loose_bounds_of(op) : tsql::bounds_of(op, column->type);
  if (bounds.empty()) return "the two sides have different types";
  if (coercion->loose) context->loose = context->rechecked = true;
  return push_bounds(*column, bounds, joint, coerced(*coercion, right), context, out);
}

// column = ANY (constant array) and column <> ALL (constant array), which is how IN (...) and NOT
// IN (...) arrive. A NULL in the list is one in T-SQL's, too.
const char* push_in_list(ScalarArrayOpExpr* expression, ConditionContext* context, StringInfo out) {
  constexpr const char* no_list = "only column IN (constants) can be sent";
  tsql::Operator op{};
  Oid type = InvalidOid;
  const RemoteAttribute* column = column_of(static_cast<Node*>(linitial(expression->args)), context, &type);
  auto* list = static_cast<Node*>(lsecond(expression->args));
  if (column == nullptr || !IsA(list, Const) || castNode(Const, list)->constisnull) return no_list;
  if (const char* why = find_built_in(expression->opno, &op)) return why;
  if (op != (expression->useOr ? tsql::Operator::equal : tsql::Operator::not_equal)) return no_list;
  if (const char* why = judge_comparison(*column, type, op)) return why;
  if (tsql::bounds_of(op, column->type).size() > 1)
    return "the seventh digit of the fraction is cut here, so that only comparisons with one value can be sent";

  ArrayType* array = DatumGetArrayTypeP(castNode(Const, list)->constvalue);
  const Oid element = ARR_ELEMTYPE(array);
  if (!may_compare(type, getBaseType(element))) return "the two sides have different types";
  int16 length = 0;
  bool by_value = false;
  char alignment = 0;
  get_typlenbyvalalign(element, &length, &by_value, &alignment);
  Datum* values = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(array, element, length, by_value, alignment, &values, &nulls, &count);
  if (count == 0 || count > longest_in_list) return "the list is empty or too long";
  const Sender sender = choose_sender(element);
  appendStringInfo(out, "%s %sIN (", column->quoted, expression->useOr ? "" : "NOT ");
  for (int i = 0; i < count; ++i) {
    if (i > 0) appendStringInfoString(out, ", ");
    if (nulls[i]) {
      appendStringInfoString(out, "NULL");
      continue;
    }
    Parameter sent;
    if (!send(sender, values[i], false, &sent)) return not_sendable;
    const char* text = list_item_of(column->type, sent.value);
    if (text == nullptr) return not_sendable;
    appendStringInfoString(out, text);
  }
  appendStringInfoChar(out, ')');
  return nullptr;
}

void append_test(StringInfo out, tsql::Test test, const RemoteAttribute& column) {
  for (const char c : tsql::form_of(test)) {
    if (c == '?') {
      appendStringInfoString(out, column.quoted);
    } else {
      appendStringInfoChar(out, c);
    }
  }
}

// A boolean column as a condition.
const char* push_flag(Node* node, tsql::Test test, const ConditionContext* context, StringInfo out) {
  Oid type = InvalidOid;
  const RemoteAttribute* column = column_of(node, context, &type);
  if (column == nullptr || type != BOOLOID) return "only columns of type boolean can be sent as conditions";
  if (!column->known) return no_remote_type(*column);
  if (column->type.type != Type::bit) return psprintf("column \"%s\" has another type on the server", column->name);
  append_test(out, test, *column);
  return nullptr;
}

const char* push_boolean_test(BooleanTest* test, ConditionContext* context, StringInfo out) {
  auto* argument = reinterpret_cast<Node*>(test->arg);
  switch (test->booltesttype) {
    case IS_TRUE: return push_flag(argument, tsql::Test::is_true, context, out);
    case IS_NOT_TRUE: return push_flag(argument, tsql::Test::is_not_true, context, out);
    case IS_FALSE: return push_flag(argument, tsql::Test::is_false, context, out);
    case IS_NOT_FALSE: return push_flag(argument, tsql::Test::is_not_false, context, out);
    case IS_UNKNOWN: return push_flag(argument, tsql::Test::is_null, context, out);
    case IS_NOT_UNKNOWN: return push_flag(argument, tsql::Test::is_not_null, context, out);
  }
  return "unknown test";
}

const char* push_null_test(NullTest* test, const ConditionContext* context, StringInfo out) {
  Oid type = InvalidOid;
  const RemoteAttribute* column = column_of(reinterpret_cast<Node*>(test->arg), context, &type);
  if (column == nullptr || test->argisrow) return "only a column's IS NULL can be sent";
  append_test(out, test->nulltesttype == IS_NULL ? tsql::Test::is_null : tsql::Test::is_not_null, *column);
  return nullptr;
}

const char* push_boolean(BoolExpr* expression, ConditionContext* context, StringInfo out) {
  if (expression->boolop == NOT_EXPR) {
    auto* argument = static_cast<Node*>(linitial(expression->args));
    if (IsA(argument, Var)) return push_flag(argument, tsql::Test::is_false, context, out);
    appendStringInfoString(out, "NOT (");
    if (const char* why = push_condition(argument, context, out)) return why;
    if (context->loose) return "the two sides have different types";  // of more rows the contrary is fewer
    appendStringInfoChar(out, ')');
    return nullptr;
  }
  bool first = true;
  ListCell* cell = nullptr;
  foreach (cell, expression->args) {
    if (!first) appendStringInfoString(out, expression->boolop == AND_EXPR ? " AND " : " OR ");
    first = false;
    appendStringInfoChar(out, '(');
    if (const char* why = push_condition(static_cast<Node*>(lfirst(cell)), context, out)) return why;
    appendStringInfoChar(out, ')');
  }
  return nullptr;
}

const char* push_condition(Node* node, ConditionContext* context, StringInfo out) {
  check_stack_depth();
  switch (nodeTag(node)) {
    case T_OpExpr: return push_comparison(castNode(OpExpr, node), context, out);
    case T_ScalarArrayOpExpr: return push_in_list(castNode(ScalarArrayOpExpr, node), context, out);
    case T_BoolExpr: return push_boolean(castNode(BoolExpr, node), context, out);
    case T_NullTest: return push_null_test(castNode(NullTest, node), context, out);
    case T_BooleanTest: return push_boolean_test(castNode(BooleanTest, node), context, out);
    case T_Var: return push_flag(node, tsql::Test::is_true, context, out);
    default: return "only comparisons of a column with a constant can be sent";
  }
}

// Core only.
const char* select_text(std::span<const char* const> items, const RemoteSource& source,
                        std::span<const char* const> conditions) {
  const std::vector<std::string> item_texts(items.begin(), items.end());
  const std::vector<std::string> condition_texts(conditions.begin(), conditions.end());
  return copy_out(tsql::select({item_texts, source.from, condition_texts, {}, source.with, source.option}));
}

// Core only.
RemoteSource query_source(const char* query) {
  const tsql::Query parts = tsql::parse_query(query);
  return {copy_out(parts.with), copy_out(tsql::derived_table(parts.body)), copy_out(parts.option)};
}

const char* table_utf8(const char* schema, const char* name) {
  return copy_out(tsql::table_reference(schema, name, false));
}

const char* table_reference(const char* schema, const char* name) {
  return to_server(table_utf8(to_utf8(schema), to_utf8(name)));
}

std::span<const char* const> strings_of(List* list) {
  const auto count = static_cast<std::size_t>(list_length(list));
  auto* texts = static_cast<const char**>(palloc0(sizeof(char*) * std::max<std::size_t>(count, 1)));
  for (std::size_t i = 0; i < count; ++i) texts[i] = strVal(list_nth(list, static_cast<int>(i)));
  return {texts, count};
}

const char* row_count_utf8(const char* table, bool in_pages) {
  return copy_out(tsql::row_count_query(table, in_pages));
}

}  // namespace

const char* quoted_name(const char* name) { return to_server(quote_utf8(to_utf8(name))); }

RemoteTable describe_remote_table(Relation relation, const TableOptions& options) {
  RemoteTable table{};
  table.is_query = options.query != nullptr;
  if (table.is_query) {
    const RemoteSource utf8 = query_source(to_utf8(options.query));
    table.source = {to_server(utf8.with), to_server(utf8.from), to_server(utf8.option)};
  } else {
    table.source = {"", table_reference(options.schema_name, options.table_name), ""};
  }
  TupleDesc descriptor = RelationGetDescr(relation);
  table.natts = descriptor->natts;
  table.attributes = static_cast<RemoteAttribute*>(
      palloc0(sizeof(RemoteAttribute) * static_cast<std::size_t>(std::max(table.natts, 1))));
  for (int i = 0; i < table.natts; ++i) {
    const Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (!attribute->attisdropped)
      table.attributes[i] = describe_attribute(RelationGetRelid(relation), attribute, options.text_form);
  }
  return table;
}

const char* deparse_condition(Expr* expression, ConditionContext* context, StringInfo out) {
  List* parameters = list_copy(context->parameters);
  context->rechecked = context->loose = false;
  const char* why = push_condition(reinterpret_cast<Node*>(expression), context, out);
  // A condition that failed half-way leaves no parameters behind.
  if (why != nullptr) context->parameters = parameters;
  return why;
}

ConditionSender choose_condition_sender(Oid type, const ComparedColumn& beside) {
  return {choose_sender(type), parse_declaration(beside.remote_type), beside.bound};
}

bool send_condition_value(const ConditionSender& sender, Datum value, bool isnull, Parameter* parameter) {
  const bool sent = send(sender.sender, value, isnull, parameter);
  if (isnull) {
    // The type of most values, so that the statement stays the same one.
    if (sender.remote.type != Type::rowversion) parameter->type = sender.remote;
    return true;
  }
  const std::optional<tsql::Pushed> pushed =
      sent ? tsql::push_parameter(sender.bound, sender.remote, parameter->value) : std::nullopt;
  *parameter = pushed ? pushed->parameter : Parameter{sender.sender.remote, {}};
  return pushed.has_value();
}

const char* deparse_select(List* items, const RemoteSource& source, List* conditions) {
  return select_text(strings_of(items), source, strings_of(conditions));
}

const char* row_count_query(const char* quoted_table, bool in_pages) {
  return to_server(row_count_utf8(to_utf8(quoted_table), in_pages));
}

}  // namespace mssql::pg
