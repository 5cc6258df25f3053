// Conditions to T-SQL; expression.hpp states the contract. Both sides know three truth values, so
// that AND, OR and NOT of conditions that mean the same mean the same.

#include "core/tsql/condition.hpp"

#include "expression.hpp"
#include "remote_text.hpp"

namespace mssql::pg {

namespace {

constexpr int longest_in_list = 500;
constexpr const char* other_types = "the two sides have different types";

bool is_float_type(Oid type) { return type == FLOAT4OID || type == FLOAT8OID; }

// PostgreSQL compares the two without regard to any setting: a date beside a timestamp is its
// midnight.
bool may_compare(Oid left, Oid right) {
  return left == right || (is_integer_type(left) && is_integer_type(right)) ||
         (is_float_type(left) && is_float_type(right)) || (is_text_type(left) && is_text_type(right)) ||
         (left == TIMESTAMPOID && right == DATEOID) || (left == DATEOID && right == TIMESTAMPOID);
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

// Core only.
const char* judge_type(tsql::Operator op, const RemoteType& type) {
  std::string_view why;
  return tsql::may_push(op, type, why) ? nullptr : copy_out(why);
}
const char* comparison_utf8(const char* value, const tsql::Bound& bound, const RemoteType& type, const Scalar& scalar) {
  return copy_out(tsql::comparison(value, bound, type, scalar));
}
const char* decided_utf8(const char* value, bool decision) {
  return copy_out(tsql::decided_comparison(value, decision));
}
const char* list_item_of(const RemoteType& type, const Scalar& value) {
  const std::optional<std::string> literal = tsql::push_list_item(type, value);
  return literal ? copy_out(*literal) : nullptr;
}

// A floating-point number in digits need not be read to the nearest value: it goes as a parameter.
bool is_literal(Node* node, const RemoteValue& beside) {
  return IsA(node, Const) && beside.type.type != Type::real && beside.type.type != Type::float_;
}

const char* append_bound(const RemoteValue& value, const tsql::Bound& bound, Node* outside, Deparser* deparser,
                         StringInfo out) {
  if (!is_literal(outside, value)) {
    append_compared(out, add_parameter(deparser, outside, true, value.type, bound), value.sql, bound.op);
    return nullptr;
  }
  const Const* constant = castNode(Const, outside);
  if (constant->constisnull) return "a comparison with NULL is never true";
  Parameter sent;
  const Sender sender = choose_sender(constant->consttype);
  if (send(sender, constant->constvalue, false, &sent)) {
    appendStringInfoString(out, comparison_utf8(value.sql, bound, value.type, sent.value));
  } else {
    const bool above = is_beyond_above(sender.type, constant->constvalue);
    appendStringInfoString(out, decided_utf8(value.sql, tsql::decide_beyond(bound, above)));
  }
  return nullptr;
}

const char* append_bounds(const RemoteValue& value, std::span<const tsql::Bound> bounds, const char* joint,
                          Node* outside, Deparser* deparser, StringInfo out) {
  for (const tsql::Bound& bound : bounds) {
    if (&bound != &bounds.front()) appendStringInfoString(out, joint);
    if (const char* why = append_bound(value, bound, outside, deparser, out)) return why;
  }
  return nullptr;
}

void append_equality(const RemoteValue& left, tsql::Operator op, const RemoteValue& right, StringInfo out) {
  const char* equal = equality(left, right);
  appendStringInfoString(out, op == tsql::Operator::equal ? equal : fill(tsql::form::negation, {equal}));
}

// Text, bytes of any length: equality only.
const char* compare_by_image(const RemoteValue& value, tsql::Operator op, Node* outside, Deparser* deparser,
                             StringInfo out) {
  if (op != tsql::Operator::equal && op != tsql::Operator::not_equal) return judge_type(op, value.type);
  RemoteValue other{};
  if (const char* why = outside_value(outside, deparser, &other)) return why;
  append_equality(value, op, other, out);
  return nullptr;
}

bool goes_by_image(const RemoteValue& value) { return is_text_type(value.local) || value.type.type == Type::varbinary; }

// `value op outside`.
const char* compare_with_outside(const RemoteValue& value, tsql::Operator op, Node* outside, Deparser* deparser,
                                 StringInfo out) {
  const Oid other = getBaseType(exprType(outside));
  if (goes_by_image(value))
    return may_compare(value.local, other) ? compare_by_image(value, op, outside, deparser, out) : other_types;
  if (const char* why = judge_type(op, value.type)) return why;
  const char* joint = op == tsql::Operator::not_equal ? " OR " : " AND ";
  const Coercion* coercion = find_coercion(value.local, other);
  if (coercion == nullptr) {
    if (!may_compare(value.local, other)) return other_types;
    return append_bounds(value, tsql::bounds_of(op, value.type), joint, outside, deparser, out);
  }
  const std::span<const tsql::Bound> bounds =
      coercion->loose ? tsql::loose_bounds_of(op) : tsql::bounds_of(op, value.type);
  if (bounds.empty()) return other_types;
  if (coercion->loose) deparser->loose = true;
  return append_bounds(value, bounds, joint, coerced(*coercion, outside), deparser, out);
}

bool is_money(Type type) { return type == Type::money || type == Type::smallmoney; }

// SQL Server takes a datetime's tick for a third of 1/100 s where it compares it with another type;
// here it has three digits. And a date beside it would become a datetime, which begins in 1753,
// and an integer beside money would be money, which may not hold it.
const char* comparable(const RemoteValue& value, const RemoteType& beside) {
  const Type type = value.type.type;
  if (is_money(beside.type) && is_integer_type(value.local) && !is_money(type)) {
    RemoteType decimal = value.type;
    return as_decimal(&decimal) ? operand(value, decimal) : value.sql;
  }
  if ((type != Type::datetime && type != Type::smalldatetime) || beside.type == type) return value.sql;
  return fill(tsql::form::milliseconds, {value.sql});
}

// Both sides are the server's.
const char* compare_values(const RemoteValue& left, tsql::Operator op, const RemoteValue& right, StringInfo out) {
  const bool is_equality = op == tsql::Operator::equal || op == tsql::Operator::not_equal;
  if (!may_compare(left.local, right.local) && !may_compare(right.local, left.local)) return other_types;
  if (goes_by_image(left) && goes_by_image(right)) {
    if (!is_equality) return judge_type(op, left.type);
    append_equality(left, op, right, out);
    return nullptr;
  }
  for (const RemoteType* type : {&left.type, &right.type}) {
    if (const char* why = judge_type(op, *type)) return why;
    if (tsql::bounds_of(tsql::Operator::equal, *type).size() > 1)
      return "the seventh digit of the fraction is cut here, so that only comparisons with one value can be sent";
  }
  if (!tsql::may_compare(left.type, right.type)) return "SQL Server compares the two in a type that does not hold both";
  appendStringInfoString(out, fill(tsql::form::compare, {comparable(left, right.type), tsql::tsql_name(op).data(),
                                                         comparable(right, left.type)}));
  return nullptr;
}

// Only operators that PostgreSQL ships are known to mean what their names say.
const char* find_built_in(Oid opno, tsql::Operator* op) {
  const char* name = get_opname(opno);
  if (name != nullptr && opno < FirstGenbkiObjectId && tsql::find_operator(name, *op)) return nullptr;
  return psprintf("operator %s has no counterpart in T-SQL", name != nullptr ? name : "?");
}

// `x LIKE pattern`, both as PostgreSQL has them: byte for byte, escaped by a backslash.
const char* push_like(OpExpr* expression, bool negated, Deparser* deparser, StringInfo out);

const char* push_operator(Oid opno, Oid collation, Node* left, Node* right, Deparser* deparser, StringInfo out) {
  tsql::Operator op{};
  if (is_outside(left, deparser)) {
    std::swap(left, right);
    opno = get_commutator(opno);
    if (!OidIsValid(opno)) return "the operator has no commutator";
  }
  if (const char* why = find_built_in(opno, &op)) return why;
  if (!is_deterministic(collation)) return "the collation is not deterministic";
  RemoteValue value{};
  if (const char* why = deparse_value(left, deparser, &value)) return why;
  if (is_outside(right, deparser)) return compare_with_outside(value, op, right, deparser, out);
  RemoteValue other{};
  if (const char* why = deparse_value(right, deparser, &other)) return why;
  return compare_values(value, op, other, out);
}

const char* push_comparison(OpExpr* expression, Deparser* deparser, StringInfo out) {
  if (list_length(expression->args) != 2) return "an operator with one operand is no condition";
  if (expression->opfuncid == F_TEXTLIKE) return push_like(expression, false, deparser, out);
  if (expression->opfuncid == F_TEXTNLIKE) return push_like(expression, true, deparser, out);
  return push_operator(expression->opno, expression->inputcollid, static_cast<Node*>(linitial(expression->args)),
                       static_cast<Node*>(lsecond(expression->args)), deparser, out);
}

void append_test(StringInfo out, tsql::Test test, const char* value) {
  for (const char c : tsql::form_of(test)) {
    if (c == '?') {
      appendStringInfoString(out, value);
    } else {
      appendStringInfoChar(out, c);
    }
  }
}

// IS DISTINCT FROM, never NULL: neither equal nor both NULL.
const char* push_distinct(DistinctExpr* expression, Deparser* deparser, StringInfo out) {
  auto* left = static_cast<Node*>(linitial(expression->args));
  auto* right = static_cast<Node*>(lsecond(expression->args));
  if (is_outside(left, deparser)) std::swap(left, right);
  RemoteValue value{}, other{};
  if (const char* why = deparse_value(left, deparser, &value)) return why;
  if (is_outside(right, deparser) && !IsA(right, Const)) return "a value that is known only later may be NULL";
  if (IsA(right, Const) && castNode(Const, right)->constisnull) {
    append_test(out, tsql::Test::is_not_null, value.sql);
    return nullptr;
  }
  StringInfoData equal;
  initStringInfo(&equal);
  const bool loose = std::exchange(deparser->loose, false);
  if (const char* why = push_operator(expression->opno, expression->inputcollid, left, right, deparser, &equal))
    return why;
  if (std::exchange(deparser->loose, loose)) return other_types;
  const char* same = equal.data;
  if (!is_outside(right, deparser)) {
    if (const char* why = deparse_value(right, deparser, &other)) return why;
    same = fill(tsql::form::or_both_null, {same, value.sql, other.sql});
  }
  appendStringInfoString(out, fill(tsql::form::is_distinct, {same}));
  return nullptr;
}

struct ListItems {
  StringInfoData values;
  StringInfoData images;
  bool any;
};

const char* append_item(const RemoteValue& value, Oid element, Datum datum, bool isnull, Deparser* deparser,
                        ListItems* items) {
  const char* text = "NULL";
  const char* image = "NULL";
  if (goes_by_image(value) && !isnull) {
    RemoteValue item{};
    Const* constant = makeConst(element, -1, InvalidOid, -1, datum, false, false);
    if (const char* why = outside_value(reinterpret_cast<Node*>(constant), deparser, &item)) return why;
    item.local = value.local;
    text = seekable(value, item);
    image = image_of(item);
  } else if (!isnull) {
    Parameter sent;
    if (!send(choose_sender(element), datum, false, &sent)) return nullptr;  // nothing is equal to it
    text = list_item_of(value.type, sent.value);
    if (text == nullptr) return nullptr;
  }
  appendStringInfo(&items->values, "%s%s", items->any ? ", " : "", text);
  appendStringInfo(&items->images, "%s%s", items->any ? ", " : "", image);
  items->any = true;
  return nullptr;
}

// value = ANY (constant array) and value <> ALL (constant array), which is how IN (...) and NOT IN
// (...) arrive. A NULL in the list is one in T-SQL's, too.
const char* push_constant_list(const RemoteValue& value, bool is_in, Const* list, Deparser* deparser, StringInfo out) {
  ArrayType* array = DatumGetArrayTypeP(list->constvalue);
  const Oid element = ARR_ELEMTYPE(array);
  if (!may_compare(value.local, getBaseType(element))) return other_types;
  int16 length = 0;
  bool by_value = false;
  char alignment = 0;
  get_typlenbyvalalign(element, &length, &by_value, &alignment);
  Datum* values = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(array, element, length, by_value, alignment, &values, &nulls, &count);
  if (count == 0 || count > longest_in_list) return "the list is empty or too long";
  ListItems items{};
  initStringInfo(&items.values);
  initStringInfo(&items.images);
  for (int i = 0; i < count; ++i) {
    if (const char* why = append_item(value, element, values[i], nulls[i], deparser, &items)) return why;
  }
  if (!items.any) {
    appendStringInfoString(out, decided_utf8(value.sql, !is_in));
    return nullptr;
  }
  const char* text = fill(is_in ? tsql::form::in : tsql::form::not_in, {value.sql, items.values.data});
  if (goes_by_image(value)) {
    text = fill(tsql::form::both, {fill(tsql::form::in, {value.sql, items.values.data}),
                                   fill(tsql::form::in, {image_of(value), items.images.data})});
    text = is_in ? text : fill(tsql::form::negation, {text});
  }
  appendStringInfoString(out, text);
  return nullptr;
}

// value = ANY (ARRAY[$1, 2, ...])
const char* push_listed(Oid opno, Oid collation, bool is_in, Node* value, List* elements, Deparser* deparser,
                        StringInfo out) {
  constexpr int most_parameters = 100;  // of which a statement may have 2,100
  if (elements == NIL || list_length(elements) > most_parameters) return "the list is empty or too long";
  ListCell* cell = nullptr;
  foreach (cell, elements) {
    if (cell != list_head(elements)) appendStringInfoString(out, is_in ? " OR " : " AND ");
    appendStringInfoChar(out, '(');
    if (const char* why = push_operator(opno, collation, value, static_cast<Node*>(lfirst(cell)), deparser, out))
      return why;
    appendStringInfoChar(out, ')');
  }
  return nullptr;
}

const char* push_in_list(ScalarArrayOpExpr* expression, Deparser* deparser, StringInfo out) {
  constexpr const char* no_list = "only a value IN a list can be sent";
  tsql::Operator op{};
  auto* left = static_cast<Node*>(linitial(expression->args));
  auto* list = static_cast<Node*>(lsecond(expression->args));
  if (is_outside(left, deparser)) return no_list;
  if (const char* why = find_built_in(expression->opno, &op)) return why;
  if (op != (expression->useOr ? tsql::Operator::equal : tsql::Operator::not_equal)) return no_list;
  if (!is_deterministic(expression->inputcollid)) return "the collation is not deterministic";
  if (IsA(list, ArrayExpr) && !castNode(ArrayExpr, list)->multidims) {
    return push_listed(expression->opno, expression->inputcollid, expression->useOr, left,
                       castNode(ArrayExpr, list)->elements, deparser, out);
  }
  if (!IsA(list, Const) || castNode(Const, list)->constisnull)
    return "an array that is known only later cannot be sent";
  RemoteValue value{};
  if (const char* why = deparse_value(left, deparser, &value)) return why;
  if (!goes_by_image(value)) {
    if (const char* why = judge_type(op, value.type)) return why;
    if (tsql::bounds_of(op, value.type).size() > 1)
      return "the seventh digit of the fraction is cut here, so that only comparisons with one value can be sent";
    if (value.type.type == Type::real || value.type.type == Type::float_)
      return "SQL Server need not read a floating-point constant to the nearest value, as PostgreSQL does";
  }
  return push_constant_list(value, expression->useOr, castNode(Const, list), deparser, out);
}

// One pair of a row comparison, by the operator of this strategy.
const char* push_pair(const RowCompareExpr* rows, int i, int strategy, Deparser* deparser, StringInfo out) {
  auto* left = static_cast<Node*>(list_nth(rows->largs, i));
  auto* right = static_cast<Node*>(list_nth(rows->rargs, i));
  const Oid type = exprType(left);
  const Oid opno =
      get_opfamily_member(list_nth_oid(rows->opfamilies, i), type, exprType(right), static_cast<int16>(strategy));
  if (!OidIsValid(opno)) return "the rows are compared by an operator of another family";
  appendStringInfoChar(out, '(');
  if (const char* why = push_operator(opno, list_nth_oid(rows->inputcollids, i), left, right, deparser, out))
    return why;
  appendStringInfoChar(out, ')');
  return nullptr;
}

int strategy_of(const RowCompareExpr* rows) {
#if PG_VERSION_NUM >= 180000
  return static_cast<int>(rows->cmptype);
#else
  return static_cast<int>(rows->rctype);
#endif
}

// (a, b) < (x, y) is a < x OR a = x AND b < y, each by the same operators down to the last, which
// alone may be an equal one.
const char* push_rows(const RowCompareExpr* rows, int i, Deparser* deparser, StringInfo out) {
  const int strategy = strategy_of(rows);
  const bool is_last = i + 1 == list_length(rows->largs);
  if (is_last) return push_pair(rows, i, strategy, deparser, out);
  const bool ascends = strategy == BTLessStrategyNumber || strategy == BTLessEqualStrategyNumber;
  if (const char* why = push_pair(rows, i, ascends ? BTLessStrategyNumber : BTGreaterStrategyNumber, deparser, out))
    return why;
  appendStringInfoString(out, " OR (");
  if (const char* why = push_pair(rows, i, BTEqualStrategyNumber, deparser, out)) return why;
  appendStringInfoString(out, " AND (");
  if (const char* why = push_rows(rows, i + 1, deparser, out)) return why;
  appendStringInfoString(out, "))");
  return nullptr;
}

// A boolean as a condition.
const char* push_flag(Node* node, tsql::Test test, Deparser* deparser, StringInfo out) {
  RemoteValue value{};
  if (const char* why = deparse_value(node, deparser, &value)) return why;
  append_test(out, test, value.sql);
  return nullptr;
}

const char* push_boolean_test(BooleanTest* test, Deparser* deparser, StringInfo out) {
  auto* argument = reinterpret_cast<Node*>(test->arg);
  switch (test->booltesttype) {
    case IS_TRUE: return push_flag(argument, tsql::Test::is_true, deparser, out);
    case IS_NOT_TRUE: return push_flag(argument, tsql::Test::is_not_true, deparser, out);
    case IS_FALSE: return push_flag(argument, tsql::Test::is_false, deparser, out);
    case IS_NOT_FALSE: return push_flag(argument, tsql::Test::is_not_false, deparser, out);
    case IS_UNKNOWN: return push_flag(argument, tsql::Test::is_null, deparser, out);
    case IS_NOT_UNKNOWN: return push_flag(argument, tsql::Test::is_not_null, deparser, out);
  }
  return "unknown test";
}

// Of a column whatever it is, for a NULL is one everywhere.
const char* push_null_test(NullTest* test, Deparser* deparser, StringInfo out) {
  auto* argument = reinterpret_cast<Node*>(test->arg);
  if (test->argisrow) return "IS NULL of a row cannot be sent";
  const tsql::Test form = test->nulltesttype == IS_NULL ? tsql::Test::is_null : tsql::Test::is_not_null;
  if (const Var* column = column_of(argument, deparser)) {
    append_test(out, form, column_name(column, deparser));
    return nullptr;
  }
  return push_flag(argument, form, deparser, out);
}

const char* push_boolean(BoolExpr* expression, Deparser* deparser, StringInfo out) {
  if (expression->boolop == NOT_EXPR) {
    auto* argument = static_cast<Node*>(linitial(expression->args));
    if (column_of(argument, deparser) != nullptr) return push_flag(argument, tsql::Test::fails, deparser, out);
    appendStringInfoString(out, "NOT (");
    if (const char* why = deparse_exact(argument, deparser, out)) return why;  // of more rows the contrary is fewer
    appendStringInfoChar(out, ')');
    return nullptr;
  }
  bool first = true;
  ListCell* cell = nullptr;
  foreach (cell, expression->args) {
    if (!first) appendStringInfoString(out, expression->boolop == AND_EXPR ? " AND " : " OR ");
    first = false;
    appendStringInfoChar(out, '(');
    if (const char* why = deparse_condition(static_cast<Node*>(lfirst(cell)), deparser, out)) return why;
    appendStringInfoChar(out, ')');
  }
  return nullptr;
}

// PostgreSQL's pattern, every character of which stands for itself but %, as T-SQL's with the same
// escape; null where it has a wildcard for one character, which is one UTF-16 unit there, or ends
// in an escape.
const char* translate_pattern(const char* pattern) {
  StringInfoData out;
  initStringInfo(&out);
  for (const char* at = pattern; *at != '\0'; ++at) {
    if (*at == '_') return nullptr;
    if (*at == '%') {
      appendStringInfoChar(&out, '%');
      continue;
    }
    if (*at == '\\' && *++at == '\0') return nullptr;
    if (std::strchr("%_[\\", *at) != nullptr) appendStringInfoChar(&out, '\\');
    appendStringInfoChar(&out, *at);
  }
  return out.data;
}

const char* push_like(OpExpr* expression, bool negated, Deparser* deparser, StringInfo out) {
  auto* right = static_cast<Node*>(lsecond(expression->args));
  if (!is_deterministic(expression->inputcollid)) return "the collation is not deterministic";
  if (!IsA(right, Const) || castNode(Const, right)->constisnull) return "only a constant pattern can be sent";
  RemoteValue value{};
  if (const char* why = deparse_value(static_cast<Node*>(linitial(expression->args)), deparser, &value)) return why;
  if (!is_text_type(value.local)) return other_types;
  const char* pattern = translate_pattern(TextDatumGetCString(castNode(Const, right)->constvalue));
  constexpr std::size_t longest_pattern = 4000;
  if (pattern != nullptr && std::strlen(pattern) > longest_pattern) return "the pattern is too long";
  if (pattern == nullptr) return "a pattern with _ counts characters otherwise than SQL Server";
  Const* translated = makeConst(TEXTOID, -1, InvalidOid, -1, CStringGetTextDatum(pattern), false, false);
  RemoteValue literal{};
  if (const char* why = outside_value(reinterpret_cast<Node*>(translated), deparser, &literal)) return why;
  appendStringInfoString(out,
                         fill(negated ? tsql::form::not_like : tsql::form::like, {as_characters(value), literal.sql}));
  return nullptr;
}

const char* push_constant(const Const* constant, StringInfo out) {
  const std::string_view form = constant->constisnull                ? tsql::form::unknown
                                : DatumGetBool(constant->constvalue) ? tsql::form::always
                                                                     : tsql::form::never;
  appendStringInfoString(out, form.data());  // of a literal, so it ends in a NUL
  return nullptr;
}

}  // namespace

const char* deparse_exact(Node* node, Deparser* deparser, StringInfo out) {
  const bool loose = std::exchange(deparser->loose, false);
  const char* why = deparse_condition(node, deparser, out);
  const bool became_loose = std::exchange(deparser->loose, loose);
  return why == nullptr && became_loose ? other_types : why;
}

const char* deparse_condition(Node* node, Deparser* deparser, StringInfo out) {
  check_stack_depth();
  switch (nodeTag(node)) {
    case T_OpExpr:
      // of booleans, and of whatever is no comparison
      return push_comparison(castNode(OpExpr, node), deparser, out);
    case T_DistinctExpr: return push_distinct(castNode(DistinctExpr, node), deparser, out);
    case T_ScalarArrayOpExpr: return push_in_list(castNode(ScalarArrayOpExpr, node), deparser, out);
    case T_RowCompareExpr: return push_rows(castNode(RowCompareExpr, node), 0, deparser, out);
    case T_BoolExpr: return push_boolean(castNode(BoolExpr, node), deparser, out);
    case T_NullTest: return push_null_test(castNode(NullTest, node), deparser, out);
    case T_BooleanTest: return push_boolean_test(castNode(BooleanTest, node), deparser, out);
    case T_Const: return push_constant(castNode(Const, node), out);
    default: return push_flag(node, tsql::Test::holds, deparser, out);
  }
}

}  // namespace mssql::pg
