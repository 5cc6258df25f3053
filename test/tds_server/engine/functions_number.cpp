// Functions over numbers, conditional functions, hashes and identifiers.
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

// ---- conditional

Typed fn_isnull(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const TypeInfo type = args[0].null_literal ? args[1].type : args[0].type;
  const Typed first = b.convert(args[0], type, Conversion::implicit),
              second = b.convert(args[1], type, Conversion::implicit);
  const bool nullable = args[0].nullable && args[1].nullable;
  if (is_character(type.type))
    return b.make_text("coalesce(" + b.text(first) + ", " + b.text(second) + ")", type, nullable);
  return b.make("coalesce(" + b.output(first) + ", " + b.output(second) + ")", type, nullable);
}

Typed fn_coalesce(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 1000, expr);
  const TypeInfo type = b.common(args);
  std::string sql;
  bool nullable = true;
  for (const Typed& arg : args) {
    const Typed converted = b.convert(arg, type, Conversion::implicit);
    sql += (sql.empty() ? "coalesce(" : ", ") + (is_character(type.type) ? b.text(converted) : b.output(converted));
    nullable = nullable && arg.nullable;
  }
  return is_character(type.type) ? b.make_text(sql + ")", type, nullable) : b.make(sql + ")", type, nullable);
}

Typed fn_nullif(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const TypeInfo type = common_type(args[0].type, args[1].type);
  std::string test;
  if (is_character(type.type)) {
    test = b.comparable(args[0], type, b.collation_of(args[0])) + " = " +
           b.comparable(args[1], type, b.collation_of(args[0]));
  } else {
    test = b.comparable(args[0], type, "") + " = " + b.comparable(args[1], type, "");
  }
  Typed result = args[0];
  const std::string whole = is_character(args[0].type.type) ? b.text(args[0]) : b.output(args[0]);
  return is_character(args[0].type.type)
             ? b.make_text("CASE WHEN " + test + " THEN NULL ELSE " + whole + " END", args[0].type)
             : b.make("CASE WHEN " + test + " THEN NULL ELSE " + whole + " END", args[0].type);
}

Typed fn_choose(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 254, expr);
  const Args options(args.begin() + 1, args.end());
  const TypeInfo type = b.common(options);
  std::string sql = "CASE " + b.as_int(args[0]);
  for (std::size_t i = 0; i < options.size(); ++i) {
    const Typed converted = b.convert(options[i], type, Conversion::implicit);
    sql += " WHEN " + std::to_string(i + 1) + " THEN " +
           (is_character(type.type) ? b.text(converted) : b.output(converted));
  }
  return is_character(type.type) ? b.make_text(sql + " END", type) : b.make(sql + " END", type);
}

// ---- numbers

Typed numeric_argument(Binder& b, const Typed& arg) {
  if (is_character(arg.type.type)) return b.convert(arg, make_type(SqlType::float_), Conversion::implicit);
  if (arg.type.type == SqlType::bit || arg.null_literal)
    return b.convert(arg, make_type(SqlType::int_), Conversion::implicit);
  return arg;
}

TypeInfo widened(const TypeInfo& type) {
  if (type.type == SqlType::tinyint || type.type == SqlType::smallint || type.type == SqlType::bit)
    return make_type(SqlType::int_);
  if (type.type == SqlType::real) return make_type(SqlType::float_);
  if (type.type == SqlType::smallmoney) return make_type(SqlType::money);
  return type;
}

Typed same_number(Binder& b, const Typed& arg, const std::string& function) {
  const Typed number = numeric_argument(b, arg);
  const TypeInfo type = widened(number.type);
  return b.make(function + "((" + number.sql + ")::" + std::string(pg_type(type.type)) + ")", type, number.nullable);
}

Typed fn_abs(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return same_number(b, args[0], "abs");
}

Typed fn_sign(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  const Typed number = numeric_argument(b, args[0]);
  const TypeInfo type = widened(number.type);
  return b.make("sign((" + number.sql + ")::" + (family(type.type) == Family::approximate ? "float8" : "numeric") +
                    ")::" + std::string(pg_type(type.type)),
                type, number.nullable);
}

Typed whole_number(Binder& b, const Args& args, const Expr& expr, const std::string& function) {
  need(args, 1, 1, expr);
  const Typed number = numeric_argument(b, args[0]);
  TypeInfo type = widened(number.type);
  if (family(type.type) == Family::integer) return b.convert(number, type, Conversion::implicit);
  if (type.type == SqlType::decimal || type.type == SqlType::numeric)
    type = make_decimal(type.precision, 0, SqlType::numeric);
  return b.make(function + "(" + number.sql + ")::" + std::string(pg_type(type.type)), type, number.nullable);
}
Typed fn_ceiling(Binder& b, const Args& args, const Expr& expr) { return whole_number(b, args, expr, "ceil"); }
Typed fn_floor(Binder& b, const Args& args, const Expr& expr) { return whole_number(b, args, expr, "floor"); }

Typed fn_round(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 3, expr);
  const Typed number = numeric_argument(b, args[0]);
  const TypeInfo type = widened(number.type);
  const std::string function = args.size() > 2 ? "tds.round_or_cut(" : "round(";
  const std::string rest = ", " + b.as_int(args[1]) + (args.size() > 2 ? ", " + b.as_int(args[2]) : "") + ")";
  if (family(type.type) == Family::approximate)
    return b.make(function + "(" + number.sql + ")::numeric" + rest + "::float8", type, any_null(args));
  std::string sql = function + "(" + number.sql + ")::numeric" + rest;
  if (family(type.type) == Family::integer)
    return b.make(sql + "::" + std::string(pg_type(type.type)), type, any_null(args));
  return b.make("round(" + sql + ", " + std::to_string(type.scale) + ")", type, any_null(args));
}

Typed fn_power(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const Typed number = numeric_argument(b, args[0]);
  const TypeInfo type = widened(number.type);
  const std::string sql = "power((" + number.sql + ")::float8, " + b.as(args[1], SqlType::float_) + ")";
  if (family(type.type) == Family::exact)
    return b.make("round(" + sql + "::numeric, " + std::to_string(type.scale) + ")",
                  make_decimal(38, type.scale, SqlType::numeric), any_null(args));
  return b.make("trunc(" + sql + ")::" + std::string(pg_type(type.type)), type, any_null(args)).type.type ==
                 SqlType::float_
             ? b.make(sql, type, any_null(args))
             : b.make("trunc(" + sql + ")::" + std::string(pg_type(type.type)), type, any_null(args));
}

Typed float_function(Binder& b, const Args& args, const Expr& expr, const std::string& function) {
  need(args, 1, 1, expr);
  return b.make(function + "(" + b.as(args[0], SqlType::float_) + ")", make_type(SqlType::float_), args[0].nullable);
}
Typed fn_sqrt(Binder& b, const Args& args, const Expr& expr) { return float_function(b, args, expr, "sqrt"); }
Typed fn_exp(Binder& b, const Args& args, const Expr& expr) { return float_function(b, args, expr, "exp"); }
Typed fn_sin(Binder& b, const Args& args, const Expr& expr) { return float_function(b, args, expr, "sin"); }
Typed fn_cos(Binder& b, const Args& args, const Expr& expr) { return float_function(b, args, expr, "cos"); }
Typed fn_tan(Binder& b, const Args& args, const Expr& expr) { return float_function(b, args, expr, "tan"); }
Typed fn_atan(Binder& b, const Args& args, const Expr& expr) { return float_function(b, args, expr, "atan"); }
Typed fn_asin(Binder& b, const Args& args, const Expr& expr) { return float_function(b, args, expr, "asin"); }
Typed fn_acos(Binder& b, const Args& args, const Expr& expr) { return float_function(b, args, expr, "acos"); }
Typed fn_log10(Binder& b, const Args& args, const Expr& expr) { return float_function(b, args, expr, "log"); }
Typed fn_square(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.make("power(" + b.as(args[0], SqlType::float_) + ", 2)", make_type(SqlType::float_), args[0].nullable);
}
Typed fn_log(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  const std::string x = b.as(args[0], SqlType::float_);
  return b.make(args.size() == 1 ? "ln(" + x + ")" : "(ln(" + x + ") / ln(" + b.as(args[1], SqlType::float_) + "))",
                make_type(SqlType::float_), any_null(args));
}
Typed fn_pi(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 0, expr);
  return b.make("pi()", make_type(SqlType::float_), false);
}
// Without a seed RAND() has one value in a whole query, as in SQL Server.
Typed fn_rand(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 1, expr);
  if (args.empty())
    return b.make(b.in_definition() ? "random()" : "(SELECT random())", make_type(SqlType::float_), false);
  return b.make("tds.seeded(" + b.as_int(args[0]) + ")", make_type(SqlType::float_), args[0].nullable);
}

Typed fn_isnumeric(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  if (is_numeric(args[0].type.type)) return b.make("1", make_type(SqlType::int_), false);
  return b.make("tds.is_numeric(" + b.text(args[0]) + ")", make_type(SqlType::int_), false);
}

// ---- identity, hashes

Typed fn_newid(Binder& b, const Args&, const Expr&) {
  return b.make("gen_random_uuid()", make_type(SqlType::uniqueidentifier), false);
}
Typed fn_newsequentialid(Binder& b, const Args&, const Expr&) {
  return b.make("tds.sequential_id()", make_type(SqlType::uniqueidentifier), false);
}

std::string bytes_of(Binder& b, const Typed& arg) {
  if (family(arg.type.type) == Family::binary || family(arg.type.type) == Family::clr) return arg.sql;
  return b.convert(arg, make_binary(SqlType::varbinary, -1), Conversion::cast).sql;
}

Typed fn_hashbytes(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.make("tds.hash_bytes(" + b.text(args[0]) + ", " + bytes_of(b, args[1]) + ")",
                make_binary(SqlType::varbinary, 8000), true);
}

// Not SQL Server's numbers (its algorithm is not published), only a stable hash of the values.
Typed fn_checksum(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1000, expr);
  std::string sql;
  for (const Typed& arg : args)
    sql += (sql.empty() ? "" : " || '|' || ") + std::string("coalesce(tds.lower_case(") + b.text(arg) + "), E'\\x01')";
  return b.make("hashtext(" + sql + ")", make_type(SqlType::int_), false);
}
Typed fn_binary_checksum(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1000, expr);
  std::string sql;
  for (const Typed& arg : args)
    sql += (sql.empty() ? "" : " || '|' || ") + std::string("coalesce(") + b.text(arg) + ", E'\\x01')";
  return b.make("hashtext(" + sql + ")", make_type(SqlType::int_), false);
}

Typed fn_min_active_rowversion(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 0, expr);
  return b.make("tds.min_active_rowversion()", make_binary(SqlType::binary, 8), false);
}

// As where no database is tracked.
Typed fn_change_tracking_current_version(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 0, expr);
  return b.make("NULL::int8", make_type(SqlType::bigint));
}

Typed fn_variant_property(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const Typed variant = b.convert(args[0], make_type(SqlType::sql_variant), Conversion::implicit);
  return b.make("tds.variant_property(" + b.output(variant) + ", " + b.text(args[1]) + ")",
                make_type(SqlType::sql_variant));
}

}  // namespace

void add_number_functions(FunctionTable& table) {
  table.insert({
      {"isnull", fn_isnull},
      {"coalesce", fn_coalesce},
      {"nullif", fn_nullif},
      {"choose", fn_choose},
      {"abs", fn_abs},
      {"sign", fn_sign},
      {"ceiling", fn_ceiling},
      {"floor", fn_floor},
      {"round", fn_round},
      {"power", fn_power},
      {"sqrt", fn_sqrt},
      {"square", fn_square},
      {"exp", fn_exp},
      {"log", fn_log},
      {"log10", fn_log10},
      {"sin", fn_sin},
      {"cos", fn_cos},
      {"tan", fn_tan},
      {"atan", fn_atan},
      {"asin", fn_asin},
      {"acos", fn_acos},
      {"pi", fn_pi},
      {"rand", fn_rand},
      {"isnumeric", fn_isnumeric},
      {"newid", fn_newid},
      {"newsequentialid", fn_newsequentialid},
      {"hashbytes", fn_hashbytes},
      {"checksum", fn_checksum},
      {"binary_checksum", fn_binary_checksum},
      {"min_active_rowversion", fn_min_active_rowversion},
      {"change_tracking_current_version", fn_change_tracking_current_version},
      {"sql_variant_property", fn_variant_property},
  });
}

}  // namespace tds_server::engine
