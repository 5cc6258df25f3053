// Aggregates to T-SQL: those that have PostgreSQL's result for every group of rows, in PostgreSQL's
// type. A sum of integers is computed in the type that it has here, and so overflows where it does
// here.

#include <algorithm>

#include "core/tsql/functions.hpp"

#include "expression.hpp"

namespace mssql::pg {

namespace {

constexpr int widest_summed = 28;  // of which 10^10 fit into decimal(38)

// Core only.
bool is_ordered(const RemoteType& type, const char** why) {
  std::string_view reason;
  const bool may = tsql::may_push(tsql::Operator::less, type, reason);
  if (!may) *why = copy_out(reason);
  return may;
}

const char* check_form(const Aggref* aggregate) {
  if (aggregate->aggfnoid >= FirstGenbkiObjectId || aggregate->aggkind != AGGKIND_NORMAL ||
      aggregate->aggsplit != AGGSPLIT_SIMPLE)
    return "the aggregate has no counterpart in T-SQL";
  if (!is_deterministic(aggregate->inputcollid)) return "the collation is not deterministic";
  if (aggregate->aggorder != NIL || aggregate->aggvariadic || list_length(aggregate->args) > 1 ||
      aggregate->agglevelsup != 0)
    return "an aggregate with an order, or of several values, cannot be sent";
  return nullptr;
}

// The argument, of which FILTER leaves NULL.
const char* push_argument(const Aggref* aggregate, Deparser* deparser, RemoteValue* value) {
  if (aggregate->aggstar) {
    *value = {"1", {Type::int_, 4, 10, 0}, INT4OID, false, false, true};
  } else if (const char* why = deparse_value(reinterpret_cast<Node*>(linitial_node(TargetEntry, aggregate->args)->expr),
                                             deparser, value)) {
    return why;
  }
  if (aggregate->aggfilter == nullptr) return nullptr;
  StringInfoData filter;
  initStringInfo(&filter);
  if (const char* why = deparse_exact(reinterpret_cast<Node*>(aggregate->aggfilter), deparser, &filter)) return why;
  if (value->local == BPCHAROID) return "what a char(n) is with its blanks depends on the function";
  value->sql = fill(tsql::form::filtered, {filter.data, value->sql});
  value->is_column = false;
  return nullptr;
}

const char* distinct_of(const Aggref* aggregate) { return aggregate->aggdistinct != NIL ? "DISTINCT " : ""; }

const char* push_count(const Aggref* aggregate, const RemoteValue& argument, RemoteValue* value) {
  const char* counted = argument.sql;
  if (aggregate->aggdistinct != NIL) {
    const char* why = nullptr;
    if (is_text_type(argument.local)) {
      counted = image_of(argument);
    } else if (argument.type.type != Type::uniqueidentifier && !is_ordered(argument.type, &why)) {
      return why;
    }
    if (argument.type.type == Type::datetimeoffset) return "a datetimeoffset has an offset beside its moment";
    if (tsql::bounds_of(tsql::Operator::equal, argument.type).size() > 1)
      return "the seventh digit of the fraction is cut here";
  }
  value->sql = aggregate->aggstar && aggregate->aggfilter == nullptr
                   ? tsql::form::count_rows.data()
                   : fill(tsql::form::count, {distinct_of(aggregate), counted});
  value->type = {Type::bigint, 8, 19, 0};
  value->not_null = true;
  return nullptr;
}

// In decimal(38), whose scale is the argument's.
const char* push_decimal_sum(const Aggref* aggregate, RemoteValue argument, RemoteValue* value) {
  if (!as_decimal(&argument.type)) return "the number has another type on the server";
  if (argument.type.precision > widest_summed) return "the sum may have more digits than a decimal";
  value->type = {Type::decimal, 0, most_decimal_digits, argument.type.scale};
  value->sql = fill(tsql::form::sum_of_decimals, {distinct_of(aggregate), argument.sql, declaration_of(value->type)});
  return nullptr;
}

const char* push_sum(const Aggref* aggregate, const RemoteValue& argument, RemoteValue* value) {
  if (argument.local == INT8OID || argument.local == NUMERICOID) return push_decimal_sum(aggregate, argument, value);
  if (!is_integer_type(argument.local)) return "the sum of floating-point numbers depends on their order";
  value->type = {Type::bigint, 8, 19, 0};
  value->sql = fill(tsql::form::sum_of_integers, {distinct_of(aggregate), argument.sql});
  return nullptr;
}

const char* push_extreme(const char* name, const RemoteValue& argument, RemoteValue* value) {
  const char* why = nullptr;
  if (!is_ordered(argument.type, &why)) return why;
  if (argument.type.type == Type::bit) return "SQL Server has no extreme of bits";
  if (argument.type.type == Type::datetimeoffset) return "a datetimeoffset has an offset beside its moment";
  *value = argument;
  value->sql = fill(std::strcmp(name, "min") == 0 ? tsql::form::least : tsql::form::greatest, {argument.sql});
  value->is_column = value->not_null = false;
  return nullptr;
}

const char* push_logical(bool all, const RemoteValue& argument, RemoteValue* value) {
  value->type = {Type::bit, 1, 1, 0};
  value->sql = fill(all ? tsql::form::all : tsql::form::any, {argument.sql});
  return nullptr;
}

bool is_named(const char* name, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* each) { return std::strcmp(name, each) == 0; });
}

}  // namespace

bool is_average(const Node* node) {
  return IsA(node, Aggref) && std::strcmp(get_func_name(reinterpret_cast<const Aggref*>(node)->aggfnoid), "avg") == 0;
}

const char* deparse_aggregate(Aggref* aggregate, Deparser* deparser, RemoteValue* value) {
  if (const char* why = check_form(aggregate)) return why;
  const char* name = get_func_name(aggregate->aggfnoid);
  if (!is_named(name, {"count", "sum", "min", "max", "bool_and", "bool_or", "every"}))
    return psprintf("aggregate %s has no counterpart in T-SQL", name);
  RemoteValue argument{};
  if (const char* why = push_argument(aggregate, deparser, &argument)) return why;
  value->local = getBaseType(aggregate->aggtype);
  if (is_named(name, {"count"})) return push_count(aggregate, argument, value);
  if (is_named(name, {"sum"})) return push_sum(aggregate, argument, value);
  if (is_named(name, {"min", "max"})) return push_extreme(name, argument, value);
  return push_logical(!is_named(name, {"bool_or"}), argument, value);
}

const char* why_no_average(Aggref* aggregate, Deparser* deparser) {
  RemoteValue argument{}, sum{};
  if (const char* why = check_form(aggregate)) return why;
  if (const char* why = push_argument(aggregate, deparser, &argument)) return why;
  if (!is_integer_type(argument.local) && argument.local != NUMERICOID)
    return "the average of these depends on their order";
  return push_decimal_sum(aggregate, argument, &sum);
}

List* average_items(Aggref* aggregate, Deparser* deparser) {
  RemoteValue argument{}, sum{}, count{};
  const char* why = push_argument(aggregate, deparser, &argument);
  if (why == nullptr) why = push_decimal_sum(aggregate, argument, &sum);
  if (why == nullptr) why = push_count(aggregate, argument, &count);
  if (why != nullptr) elog(ERROR, "an average has become local: %s", why);
  return list_make2(makeString(const_cast<char*>(sum.sql)), makeString(const_cast<char*>(count.sql)));
}

}  // namespace mssql::pg
