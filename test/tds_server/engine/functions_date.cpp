// Date and time functions: tick arithmetic (engine/sql/31_functions.sql) with the result types that
// SQL Server gives.
#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "binder.hpp"
#include "errors.hpp"
#include "function_table.hpp"
#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server::engine {
namespace {

Typed moment(Binder& b, const char* sql, TypeInfo type) {
  return b.make(b.in_definition() ? std::string(sql) : std::string("(SELECT ") + sql + ")", std::move(type), false);
}
Typed fn_getdate(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 0, expr);
  return moment(b, "tds.datetime_grid(tds.now_ticks())", make_type(SqlType::datetime));
}
Typed fn_sysdatetime(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 0, expr);
  return moment(b, "tds.now_ticks()", make_time(SqlType::datetime2, 7));
}
Typed fn_sysdatetimeoffset(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 0, expr);
  return moment(b, "tds.instant_of(tds.now_ticks(), 0)", make_time(SqlType::datetimeoffset, 7));
}

// The operand of a date function: a string is read as the widest type, so that no digit and no
// offset is lost.
Typed date_operand(Binder& b, const Typed& arg, SqlType for_strings) {
  if (is_character(arg.type.type) || arg.null_literal) {
    const TypeInfo to = for_strings == SqlType::datetime ? make_type(SqlType::datetime) : make_time(for_strings, 7);
    return b.convert(arg, to, Conversion::implicit);
  }
  if (is_numeric(arg.type.type)) return b.convert(arg, make_type(SqlType::datetime), Conversion::implicit);
  return arg;
}

std::string local_ticks(Binder& b, const Typed& arg) {
  return b.output(b.convert(arg, make_time(SqlType::datetime2, 7), Conversion::implicit));
}

Typed fn_dateadd(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  const std::string part = date_part(*expr.args[0]);
  Typed base = date_operand(b, args[2], SqlType::datetime);
  TypeInfo type = base.type;
  const bool nullable = args[1].nullable || base.nullable;
  Typed number = args[1];
  if (is_character(number.type.type) || number.null_literal)
    number = b.convert(number, make_type(SqlType::int_), Conversion::implicit);
  const std::string count =
      "(" + (family(number.type.type) == Family::integer ? number.sql : "trunc(" + number.sql + ")") + ")::int8";
  static const std::unordered_map<std::string_view, std::string_view> kTicks = {
      {"day", "864000000000"},   {"dayofyear", "864000000000"}, {"weekday", "864000000000"},
      {"week", "6048000000000"}, {"hour", "36000000000"},       {"minute", "600000000"},
      {"second", "10000000"},    {"millisecond", "10000"},      {"microsecond", "10"}};
  const bool months = part == "year" || part == "quarter" || part == "month";
  const std::string factor = part == "year" ? "12" : part == "quarter" ? "3" : "1";
  std::string delta;
  if (part == "nanosecond") {
    delta = "(" + count + " / 100)";
  } else if (!months) {
    const auto unit = kTicks.find(part);
    if (unit == kTicks.end())
      throw error(9810, "The datepart " + part + " is not supported by date function dateadd for data type " +
                            std::string(type_name(type.type)) + ".");
    delta = count + " * " + std::string(unit->second);
  }
  const std::string overflow_name = pg_literal(type_name(type.type));
  switch (type.type) {
    case SqlType::date:
      if (months)
        return b.make("tds.add_months_date(" + base.sql + ", " + count + " * " + factor + ")", type, nullable);
      if (part == "hour" || part == "minute" || part == "second" || part == "millisecond" || part == "microsecond" ||
          part == "nanosecond") {
        throw error(9810, "The datepart " + part + " is not supported by date function dateadd for data type date.");
      }
      return b.make("tds.add_days(" + base.sql + ", " + count + " * " + (part == "week" ? "7" : "1") + ")", type,
                    nullable);
    case SqlType::time:
      if (months || part == "day" || part == "week" || part == "dayofyear" || part == "weekday") {
        throw error(9810, "The datepart " + part + " is not supported by date function dateadd for data type time.");
      }
      return b.make("tds.wrap_time(" + base.sql + " + " + delta + ")", type, nullable);
    case SqlType::datetimeoffset:
      if (months)
        return b.make("tds.add_months_instant(" + base.sql + ", " + count + " * " + factor + ")", type, nullable);
      return b.make("tds.add_to_instant(" + base.sql + ", " + delta + ")", type, nullable);
    default: break;
  }
  const std::string sum =
      months ? "tds.add_months(" + b.output(base) + ", " + count + " * " + factor + ", " + overflow_name + ")"
             : "tds.in_range(" + b.output(base) + " + " + delta + ", " + overflow_name + ")";
  if (type.type == SqlType::datetime && (part == "millisecond" || part == "microsecond" || part == "nanosecond")) {
    return b.make("tds.datetime_grid(" + sum + ")", type, nullable);
  }
  // A count of whole seconds keeps a datetime on its grid.
  return b.make(type.type == SqlType::smalldatetime && !months ? "tds.in_smalldatetime(" + sum + ")" : sum, type,
                nullable);
}

Typed datediff(Binder& b, const Args& args, const Expr& expr, bool big) {
  need(args, 3, 3, expr);
  const std::string part = date_part(*expr.args[0]);
  const bool instants = args[1].type.type == SqlType::datetimeoffset && args[2].type.type == SqlType::datetimeoffset;
  const auto ticks = [&](const Typed& arg) {
    const Typed operand = date_operand(b, arg, SqlType::datetime2);
    return instants ? "(" + operand.sql + ").utc" : local_ticks(b, operand);
  };
  const TypeInfo type = make_type(big ? SqlType::bigint : SqlType::int_);
  return b.make(
      "tds.date_diff(" + pg_literal(part) + ", " + ticks(args[1]) + ", " + ticks(args[2]) + (big ? ")" : ")::int4"),
      type, args[1].nullable || args[2].nullable);
}
Typed fn_datediff(Binder& b, const Args& args, const Expr& expr) { return datediff(b, args, expr, false); }
Typed fn_datediff_big(Binder& b, const Args& args, const Expr& expr) { return datediff(b, args, expr, true); }

std::string part_sql(Binder& b, const std::string& part, const Typed& arg) {
  const Typed operand = date_operand(b, arg, SqlType::datetimeoffset);
  if (part == "tzoffset") {
    return operand.type.type == SqlType::datetimeoffset ? "(" + operand.sql + ").off::int4" : "0";
  }
  return "tds.date_part(" + pg_literal(part) + ", " + local_ticks(b, operand) + ")";
}

Typed fn_datepart(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.make(part_sql(b, date_part(*expr.args[0]), args[1]), make_type(SqlType::int_), args[1].nullable);
}
Typed fn_datename(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const std::string part = date_part(*expr.args[0]);
  return b.nvarchar("tds.date_name(" + pg_literal(part) + ", " + part_sql(b, part, args[1]) + ")", 30,
                    args[1].nullable);
}
Typed one_part(Binder& b, const Args& args, const Expr& expr, const char* part) {
  need(args, 1, 1, expr);
  return b.make(part_sql(b, part, args[0]), make_type(SqlType::int_), args[0].nullable);
}
Typed fn_year(Binder& b, const Args& args, const Expr& expr) { return one_part(b, args, expr, "year"); }
Typed fn_month(Binder& b, const Args& args, const Expr& expr) { return one_part(b, args, expr, "month"); }
Typed fn_day(Binder& b, const Args& args, const Expr& expr) { return one_part(b, args, expr, "day"); }

Typed fn_datefromparts(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  return b.make("tds.date_from_parts(" + b.as_int(args[0]) + ", " + b.as_int(args[1]) + ", " + b.as_int(args[2]) + ")",
                make_type(SqlType::date), any_null(args));
}
std::string parts(Binder& b, const Args& args, std::size_t count) {
  std::string sql;
  for (std::size_t i = 0; i < count; ++i) sql += (i > 0 ? ", " : "") + b.as_int(args[i]);
  return sql;
}
Typed fn_datetime2fromparts(Binder& b, const Args& args, const Expr& expr) {
  need(args, 8, 8, expr);
  const int scale = constant_int(args[7]).value_or(7);
  return b.make("tds.ticks_from_parts(" + parts(b, args, 7) + ", " + std::to_string(scale) + ")",
                make_time(SqlType::datetime2, scale), any_null(args));
}
Typed fn_datetimefromparts(Binder& b, const Args& args, const Expr& expr) {
  need(args, 7, 7, expr);
  return b.make("tds.datetime_grid(tds.ticks_from_parts(" + parts(b, args, 7) + ", 3))", make_type(SqlType::datetime),
                any_null(args));
}
Typed fn_smalldatetimefromparts(Binder& b, const Args& args, const Expr& expr) {
  need(args, 5, 5, expr);
  return b.make("tds.ticks_from_parts(" + parts(b, args, 5) + ", 0, 0, 0)", make_type(SqlType::smalldatetime),
                any_null(args));
}
Typed fn_timefromparts(Binder& b, const Args& args, const Expr& expr) {
  need(args, 5, 5, expr);
  const int scale = constant_int(args[4]).value_or(7);
  return b.make("(tds.ticks_from_parts(1, 1, 1, " + parts(b, args, 4) + ", " + std::to_string(scale) + "))",
                make_time(SqlType::time, scale), any_null(args));
}
Typed fn_datetimeoffsetfromparts(Binder& b, const Args& args, const Expr& expr) {
  need(args, 10, 10, expr);
  const int scale = constant_int(args[9]).value_or(7);
  const std::string offset = "(" + b.as_int(args[7]) + " * 60 + " + b.as_int(args[8]) + ")";
  return b.make(
      "tds.instant_of(tds.ticks_from_parts(" + parts(b, args, 7) + ", " + std::to_string(scale) + "), " + offset + ")",
      make_time(SqlType::datetimeoffset, scale), any_null(args));
}
Typed fn_eomonth(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  const Typed day =
      b.convert(date_operand(b, args[0], SqlType::datetime2), make_type(SqlType::date), Conversion::implicit);
  return b.make(
      "tds.end_of_month(" + b.output(day) + ", " + (args.size() > 1 ? b.as_int(args[1]) : std::string("0")) + ")",
      make_type(SqlType::date), true);
}
Typed fn_isdate(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.make("tds.is_date(" + b.text(args[0]) + ")", make_type(SqlType::int_), false);
}
Typed fn_todatetimeoffset(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const Typed operand = date_operand(b, args[0], SqlType::datetime2);
  const int scale = operand.type.type == SqlType::datetime ? 3
                    : operand.type.type == SqlType::datetime2 || operand.type.type == SqlType::datetimeoffset
                        ? operand.type.scale
                        : 0;
  return b.make("tds.instant_of(" + local_ticks(b, operand) + ", tds.offset_of(" + b.text(args[1]) + "))",
                make_time(SqlType::datetimeoffset, scale), any_null(args));
}
Typed fn_switchoffset(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const Typed operand = b.convert(
      date_operand(b, args[0], SqlType::datetimeoffset),
      make_time(SqlType::datetimeoffset, args[0].type.type == SqlType::datetimeoffset ? args[0].type.scale : 7),
      Conversion::implicit);
  return b.make("ROW((" + b.output(operand) + ").utc, tds.offset_of(" + b.text(args[1]) + "))::tds.instant",
                operand.type, any_null(args));
}

}  // namespace

void add_date_functions(FunctionTable& table) {
  table.insert({
      {"getdate", fn_getdate},
      {"getutcdate", fn_getdate},
      {"current_timestamp", fn_getdate},
      {"sysdatetime", fn_sysdatetime},
      {"sysutcdatetime", fn_sysdatetime},
      {"sysdatetimeoffset", fn_sysdatetimeoffset},
      {"dateadd", fn_dateadd},
      {"datediff", fn_datediff},
      {"datediff_big", fn_datediff_big},
      {"datepart", fn_datepart},
      {"datename", fn_datename},
      {"year", fn_year},
      {"month", fn_month},
      {"day", fn_day},
      {"datefromparts", fn_datefromparts},
      {"datetime2fromparts", fn_datetime2fromparts},
      {"datetimefromparts", fn_datetimefromparts},
      {"smalldatetimefromparts", fn_smalldatetimefromparts},
      {"timefromparts", fn_timefromparts},
      {"datetimeoffsetfromparts", fn_datetimeoffsetfromparts},
      {"eomonth", fn_eomonth},
      {"isdate", fn_isdate},
      {"todatetimeoffset", fn_todatetimeoffset},
      {"switchoffset", fn_switchoffset},
  });
}

}  // namespace tds_server::engine
