// Function calls: aggregates, window functions and the dispatch to the built-in scalar functions.
#include <algorithm>

#include "binder.hpp"
#include "errors.hpp"
#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server::engine {
namespace {

bool is_aggregate(std::string_view name) {
  static constexpr std::string_view kNames[] = {"count", "count_big", "sum", "min",  "max",        "avg",
                                                "stdev", "stdevp",    "var", "varp", "string_agg", "checksum_agg"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool is_window_function(std::string_view name) {
  static constexpr std::string_view kNames[] = {"row_number", "rank",        "dense_rank", "ntile",        "lag",
                                                "lead",       "first_value", "last_value", "percent_rank", "cume_dist"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// Functions whose first argument is the name of a date part.
bool takes_date_part(std::string_view name) {
  static constexpr std::string_view kNames[] = {"dateadd",  "datediff", "datediff_big",
                                                "datepart", "datename", "datetrunc"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace

Typed Binder::function(const Expr& expr, const Scope& scope) {
  // t.col.Method(...) is parsed as a function of that name.
  if (expr.name.size() >= 2) {
    if (const auto owner = method_owner(expr, scope)) {
      std::vector<Typed> args;
      for (const ExprPtr& arg : expr.args) args.push_back(value(*arg, scope));
      return method(expr.name.back(), *owner, args, false);
    }
  }
  std::string name = lower(expr.name.back());
  if (expr.name.size() == 2 && lower(expr.name[0]) != "sys" && lower(expr.name[0]) != "dbo") name.clear();
  if (expr.name.size() > 2) name.clear();
  if (expr.name.size() == 2 && find_function(name) == nullptr) name.clear();
  if (is_aggregate(name)) return aggregate(name, expr, scope);
  if (is_window_function(name)) return window_function(name, expr, scope);
  if (name == "iif") return iif(expr, scope);
  if (name == "grouping" && expr.args.size() == 1) {
    const Typed key = value(*expr.args[0], scope);
    return make("grouping(" + (is_character(key.type.type) && !key.column ? set_item(key) : key.sql) + ")::int2",
                make_type(SqlType::tinyint), false);
  }
  const bool part = takes_date_part(name);
  std::vector<Typed> args;
  for (std::size_t i = 0; i < expr.args.size(); ++i)
    args.push_back(part && i == 0 ? Typed{} : value(*expr.args[i], scope));
  if (auto answer = environment_.session_function(name, args)) return *answer;
  const FunctionHandler handler = name.empty() ? nullptr : find_function(name);
  if (handler == nullptr) {
    if (expr.name.size() >= 2) {
      throw error(4121, "Cannot find either column \"" + expr.name[expr.name.size() - 2] +
                            "\" or the user-defined function or aggregate \"" + display_name(expr.name) +
                            "\", or the name is ambiguous.");
    }
    throw unknown_function(expr.name.back());
  }
  return handler(*this, args, expr);
}

// IIF(condition, a, b): the only function whose argument is a condition.
Typed Binder::iif(const Expr& expr, const Scope& scope) {
  if (expr.args.size() != 3) throw error(174, "The iif function requires 3 argument(s).", 15);
  const std::string test = condition(*expr.args[0], scope);
  std::vector<Typed> results{value(*expr.args[1], scope), value(*expr.args[2], scope)};
  const TypeInfo type = common(results);
  std::string branches[2];
  for (std::size_t i = 0; i < 2; ++i) {
    const Typed converted = convert(results[i], type, Conversion::implicit);
    branches[i] = is_character(type.type) ? text(converted) : output(converted);
  }
  const std::string sql = "(CASE WHEN " + test + " THEN " + branches[0] + " ELSE " + branches[1] + " END)";
  const bool nullable = results[0].nullable || results[1].nullable;
  return is_character(type.type) ? make_text(sql, type, nullable) : make(sql, type, nullable);
}

// ---- aggregates

Typed Binder::aggregate(const std::string& name, const Expr& expr, const Scope& scope) {
  const std::string window = expr.over ? over(expr, scope) : "";
  const std::string distinct = expr.distinct ? "DISTINCT " : "";
  if (name == "string_agg") return string_agg(expr, scope);
  const bool star = expr.args.size() == 1 && expr.args[0]->kind == ExprKind::star;
  if (name == "count" || name == "count_big") {
    if (expr.args.size() != 1) throw error(174, "The " + name + " function requires 1 argument(s).", 15);
    std::string argument = "*";
    if (!star) {
      const Typed operand = value(*expr.args[0], scope);
      argument = distinct + (is_character(operand.type.type) && expr.distinct ? set_item(operand)
                             : operand.null_literal                           ? "NULL::int4"
                                                                              : output(operand));
    }
    const std::string sql = "count(" + argument + ")" + window;
    return name == "count" ? make("(" + sql + ")::int4", make_type(SqlType::int_), false)
                           : make(sql, make_type(SqlType::bigint), false);
  }
  if (star || expr.args.size() != 1) throw error(174, "The " + name + " function requires 1 argument(s).", 15);
  const Typed operand = value(*expr.args[0], scope);
  const TypeInfo& type = operand.type;
  if (name == "min" || name == "max") {
    switch (family(type.type)) {
      case Family::integer:
        if (type.type == SqlType::bit) throw error(8117, "Operand data type bit is invalid for " + name + " operator.");
        break;
      case Family::character: {
        if (is_lob(type.type))
          throw error(8117, "Operand data type " + std::string(type_name(type.type)) + " is invalid for " + name +
                                " operator.");
        Typed result = make(name + "(" + set_item(operand) + ")" + window, type);
        return result;
      }
      case Family::guid:
        return make("tds.guid_of_key(decode(" + name + "(encode(tds.guid_key(" + output(operand) + "), 'hex'))" +
                        window + ", 'hex'))",
                    type);
      case Family::binary:
        return make("decode(" + name + "(encode(" + operand.sql + ", 'hex'))" + window + ", 'hex')", type);
      case Family::date:
        // A composite has no min and max: as an array it has, and orders by the instant.
        if (type.type == SqlType::datetimeoffset) {
          const std::string x = "(" + output(operand) + ")";
          return make("tds.instant_of_array(" + name + "(ARRAY[" + x + ".utc, " + x + ".off])" + window + ")", type);
        }
        break;
      default: break;
    }
    return make(name + "(" + output(operand) + ")" + window, type);
  }
  if (is_character(type.type) || !is_numeric(type.type) || (type.type == SqlType::bit && name != "checksum_agg")) {
    throw error(8117,
                "Operand data type " + std::string(type_name(type.type)) + " is invalid for " + name + " operator.");
  }
  if (name == "checksum_agg")
    return make("tds.checksum_aggregate(" + distinct + "(" + operand.sql + ")::int4)" + window,
                make_type(SqlType::int_));
  if (name == "sum" || name == "avg") {
    const std::string call = name + "(" + distinct;
    switch (type.type) {
      case SqlType::tinyint:
      case SqlType::smallint:
      case SqlType::int_:
      case SqlType::bigint: {
        const TypeInfo result = make_type(type.type == SqlType::bigint ? SqlType::bigint : SqlType::int_);
        const std::string sql = call + output(operand) + ")" + window;
        return make(
            "(" + std::string(name == "avg" ? "trunc(" + sql + ")" : sql) + ")::" + std::string(pg_type(result.type)),
            result);
      }
      case SqlType::decimal:
      case SqlType::numeric: {
        const int scale = name == "avg" ? std::max<int>(type.scale, 6) : type.scale;
        const std::string sql = call + output(operand) + ")" + window;
        return make(name == "avg" ? "trunc(" + sql + ", " + std::to_string(scale) + ")" : sql,
                    make_decimal(38, scale, SqlType::numeric));
      }
      case SqlType::money:
      case SqlType::smallmoney:
        return make("tds.to_money(" + call + output(operand) + ")" + window + ")", make_type(SqlType::money));
      default: return make(call + "(" + operand.sql + ")::float8)" + window, make_type(SqlType::float_));
    }
  }
  const std::string pg = name == "stdev"    ? "stddev_samp"
                         : name == "stdevp" ? "stddev_pop"
                         : name == "var"    ? "var_samp"
                                            : "var_pop";
  return make(pg + "(" + distinct + "(" + operand.sql + ")::float8)" + window, make_type(SqlType::float_));
}

Typed Binder::string_agg(const Expr& expr, const Scope& scope) {
  if (expr.args.size() != 2) throw error(174, "The STRING_AGG function requires 2 argument(s).", 15);
  Typed operand = value(*expr.args[0], scope);
  const Typed separator = value(*expr.args[1], scope);
  TypeInfo type;
  if (is_character(operand.type.type)) {
    const bool max = is_max(operand.type);
    type = character_type(operand.type, max ? -1 : is_unicode(operand.type.type) ? 4000 : 8000);
  } else {
    type = character_type(make_type(SqlType::nvarchar), 4000);
  }
  std::string order;
  for (const OrderItem& item : expr.within_group) {
    order += (order.empty() ? " ORDER BY " : ", ") + order_key(value(*item.expr, scope)) +
             (item.descending ? " DESC NULLS LAST" : " ASC NULLS FIRST");
  }
  Typed result = make_text("string_agg(" + text(operand) + ", " + text(separator) + order + ")", type);
  return result;
}

// ---- windows

std::string Binder::window_order(const std::vector<OrderItem>& order, const Scope& scope) {
  std::string sql;
  for (const OrderItem& item : order) {
    // ORDER BY (SELECT NULL) means no order.
    sql += (sql.empty() ? "ORDER BY " : ", ") + order_key(value(*item.expr, scope)) +
           (item.descending ? " DESC NULLS LAST" : " ASC NULLS FIRST");
  }
  return sql;
}

std::string Binder::over(const Expr& expr, const Scope& scope) {
  std::string sql;
  for (const ExprPtr& key : expr.over->partition) {
    const Typed bound = value(*key, scope);
    sql += (sql.empty() ? "PARTITION BY " : ", ") + (is_character(bound.type.type) ? set_item(bound) : output(bound));
  }
  const std::string order = window_order(expr.over->order, scope);
  if (!order.empty()) sql += (sql.empty() ? "" : " ") + order;
  if (!expr.over->frame.empty()) sql += " " + expr.over->frame;
  return " OVER (" + sql + ")";
}

Typed Binder::window_function(const std::string& name, const Expr& expr, const Scope& scope) {
  if (!expr.over) throw error(10753, "The function '" + name + "' must have an OVER clause.", 15, 1);
  if (expr.over->order.empty())
    throw error(4112, "The function '" + name + "' must have an OVER clause with ORDER BY.", 15, 1);
  const std::string window = over(expr, scope);
  std::vector<Typed> args;
  for (const ExprPtr& arg : expr.args) args.push_back(value(*arg, scope));
  if (name == "ntile" && args.size() == 1)
    return make("(ntile(" + as_int(args[0]) + ")" + window + ")::int8", make_type(SqlType::bigint), false);
  if (name == "row_number" || name == "rank" || name == "dense_rank")
    return make(name + "()" + window, make_type(SqlType::bigint), false);
  if (name == "percent_rank" || name == "cume_dist")
    return make(name + "()" + window, make_type(SqlType::float_), false);
  if (args.empty()) throw error(174, "The " + name + " function requires 1 argument(s).", 15);
  std::string call = name + "(" + output(args[0]);
  if (name == "lag" || name == "lead") {
    call += ", " + (args.size() > 1 ? as_int(args[1]) : std::string("1"));
    if (args.size() > 2) call += ", " + output(convert(args[2], args[0].type, Conversion::implicit));
  }
  return make(call + ")" + window, args[0].type, true);
}

}  // namespace tds_server::engine
