// The built-in scalar functions: names, argument counts, result types and PostgreSQL text of each.
#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "binder.hpp"
#include "errors.hpp"
#include "moments.hpp"
#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server::engine {
namespace {

using Args = std::vector<Typed>;

void need(const Args& args, std::size_t low, std::size_t high, const Expr& expr) {
  if (args.size() >= low && args.size() <= high) return;
  const std::string name = lower(expr.name.back());
  if (low == high) throw error(174, "The " + name + " function requires " + std::to_string(low) + " argument(s).", 15);
  throw error(189, "The " + name + " function requires " + std::to_string(low) + " to " + std::to_string(high) + " arguments.", 15);
}

bool any_null(const Args& args) {
  return std::any_of(args.begin(), args.end(), [](const Typed& arg) { return arg.nullable; });
}

TypeInfo type_of(SqlType type) { return make_type(type); }

// A string argument's type; a number becomes varchar.
TypeInfo characters(Binder& b, const Typed& arg, int units) {
  Typed like = arg;
  if (!is_character(arg.type.type)) like.type = make_type(SqlType::varchar), like.type.collation.clear();
  return b.character_type(like.type, units);
}

int units_of(const Typed& arg) {
  if (is_character(arg.type.type)) return length_in_units(arg.type);
  return 40;
}

std::optional<int> constant_int(const Typed& arg) {
  if (!arg.constant || arg.constant->null || family(arg.type.type) != Family::integer) return std::nullopt;
  return std::atoi(arg.constant->bytes.c_str());
}

// ---- strings

Typed fn_len(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  const bool max = is_character(args[0].type.type) && is_max(args[0].type);
  const TypeInfo type = type_of(max ? SqlType::bigint : SqlType::int_);
  if (family(args[0].type.type) == Family::binary) return b.make("octet_length(" + args[0].sql + ")", type_of(SqlType::int_), args[0].nullable);
  return b.make("tds.units(rtrim(" + b.text(args[0]) + ", ' '))::" + std::string(pg_type(type.type)), type, args[0].nullable);
}

Typed fn_datalength(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  const Typed& arg = args[0];
  const TypeInfo type = type_of(is_max(arg.type) && (is_character(arg.type.type) || family(arg.type.type) == Family::binary) && !is_lob(arg.type.type) ? SqlType::bigint : SqlType::int_);
  const std::string cast = "::" + std::string(pg_type(type.type));
  if (arg.type.type == SqlType::xml) return b.make("(tds.units(" + b.text(arg) + ") * 2)" + cast, type, arg.nullable);
  if (is_character(arg.type.type)) {
    if (is_unicode(arg.type.type)) return b.make("(tds.units(" + b.text(arg) + ") * 2)" + cast, type, arg.nullable);
    return b.make("tds.page_length(" + b.text(arg) + ", " + std::to_string(code_page(b.collation_of(arg))) + ")" + cast, type, arg.nullable);
  }
  if (family(arg.type.type) == Family::binary || family(arg.type.type) == Family::clr) return b.make("octet_length(" + arg.sql + ")" + cast, type, arg.nullable);
  if (arg.type.type == SqlType::sql_variant) return b.make("tds.variant_length(" + arg.sql + ")", type_of(SqlType::int_), true);
  if (arg.null_literal) return b.make("NULL::int4", type_of(SqlType::int_));
  return b.make("CASE WHEN (" + arg.sql + ") IS NOT NULL THEN " + std::to_string(arg.type.max_length) + " END", type_of(SqlType::int_), arg.nullable);
}

Typed fn_substring(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  const std::string from = b.as_int(args[1]), count = b.as_int(args[2]);
  if (family(args[0].type.type) == Family::binary) {
    return b.make("tds.sub_bytes(" + args[0].sql + ", " + from + ", " + count + ")", make_binary(SqlType::varbinary, args[0].type.max_length), any_null(args));
  }
  int units = units_of(args[0]);
  if (const auto length = constant_int(args[2]); length && units >= 0) units = std::max(1, std::min(units, *length));
  return b.make_text("tds.sub(" + b.text(args[0]) + ", " + from + ", " + count + ")", characters(b, args[0], units), any_null(args));
}

Typed fn_left(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  int units = units_of(args[0]);
  if (const auto length = constant_int(args[1]); length && units >= 0) units = std::max(1, std::min(units, *length));
  return b.make_text("tds.sub(" + b.text(args[0]) + ", 1, " + b.as_int(args[1]) + ")", characters(b, args[0], units), any_null(args));
}

Typed fn_right(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.make_text("tds.right_units(" + b.text(args[0]) + ", " + b.as_int(args[1]) + ")", characters(b, args[0], units_of(args[0])), any_null(args));
}

Typed fn_upper(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.make_text("tds.upper_case(" + b.text(args[0]) + ")", characters(b, args[0], units_of(args[0])), args[0].nullable);
}

Typed fn_lower(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.make_text("tds.lower_case(" + b.text(args[0]) + ")", characters(b, args[0], units_of(args[0])), args[0].nullable);
}

Typed trimmed(Binder& b, const Args& args, const Expr& expr, const char* function) {
  need(args, 1, 2, expr);
  const std::string set = args.size() > 1 ? b.text(args[1]) : "' '";
  return b.make_text(std::string(function) + "(" + b.text(args[0]) + ", " + set + ")", characters(b, args[0], units_of(args[0])), any_null(args));
}
Typed fn_ltrim(Binder& b, const Args& args, const Expr& expr) { return trimmed(b, args, expr, "ltrim"); }
Typed fn_rtrim(Binder& b, const Args& args, const Expr& expr) { return trimmed(b, args, expr, "rtrim"); }
Typed fn_trim(Binder& b, const Args& args, const Expr& expr) { return trimmed(b, args, expr, "btrim"); }

Typed fn_replace(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  const bool max = is_max(args[0].type) && is_character(args[0].type.type);
  const bool unicode = is_unicode(args[0].type.type) || is_unicode(args[1].type.type) || is_unicode(args[2].type.type);
  TypeInfo type = b.character_type(make_type(unicode ? SqlType::nvarchar : SqlType::varchar), max ? -1 : unicode ? 4000 : 8000);
  type.collation = b.collation_of(args[0]);
  const bool sensitive = is_case_sensitive(b.collation_of(args[0]));
  return b.make_text("tds.replace_text(" + b.text(args[0]) + ", " + b.text(args[1]) + ", " + b.text(args[2]) + ", " + (sensitive ? "true" : "false") + ")", type, any_null(args));
}

Typed fn_replicate(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const bool max = is_character(args[0].type.type) && is_max(args[0].type);
  const int limit = is_unicode(args[0].type.type) ? 4000 : 8000;
  const std::string count = b.as_int(args[1]);
  const TypeInfo type = characters(b, args[0], max ? -1 : limit);
  // A known count of a known length needs no cut.
  const auto constant = constant_int(args[1]);
  const bool fits = max || (constant && units_of(args[0]) > 0 && *constant <= limit / units_of(args[0]));
  const std::string plain = "tds.repeat_text(" + b.text(args[0]) + ", " + count + ")";
  return b.make_text(fits ? plain : "tds.repeat_cut(" + b.text(args[0]) + ", " + count + ", " + std::to_string(limit) + ")", type, true);
}

Typed fn_space(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.varchar("tds.repeat_cut(' ', " + b.as_int(args[0]) + ", 8000)", 8000, true);
}

Typed fn_charindex(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 3, expr);
  const TypeInfo type = type_of(is_character(args[1].type.type) && is_max(args[1].type) ? SqlType::bigint : SqlType::int_);
  const bool sensitive = is_case_sensitive(b.collation_of(args[1]));
  return b.make("tds.char_index(" + b.text(args[0]) + ", " + b.text(args[1]) + ", " + (args.size() > 2 ? b.as_int(args[2]) : std::string("1")) + ", " + (sensitive ? "true" : "false") +
                    ")::" + std::string(pg_type(type.type)), type, any_null(args));
}

Typed fn_patindex(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.make("tds.pattern_index(" + b.text(args[0]) + ", " + b.text(args[1]) + ", " + (is_case_sensitive(b.collation_of(args[1])) ? "true" : "false") + ")", type_of(SqlType::int_), any_null(args));
}

Typed fn_stuff(Binder& b, const Args& args, const Expr& expr) {
  need(args, 4, 4, expr);
  const int x = units_of(args[0]), y = units_of(args[3]);
  const bool unicode = is_unicode(args[0].type.type) || is_unicode(args[3].type.type);
  TypeInfo type = b.character_type(make_type(unicode ? SqlType::nvarchar : SqlType::varchar), x < 0 || y < 0 ? -1 : std::min(x + y, unicode ? 4000 : 8000));
  return b.make_text("tds.stuff(" + b.text(args[0]) + ", " + b.as_int(args[1]) + ", " + b.as_int(args[2]) + ", coalesce(" + b.text(args[3]) + ", ''))", type, true);
}

Typed fn_reverse(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.make_text("reverse(" + b.text(args[0]) + ")", characters(b, args[0], units_of(args[0])), args[0].nullable);
}

Typed fn_char(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  TypeInfo type = make_character(SqlType::char_, 1);
  return b.make_text("tds.char_of(" + b.as_int(args[0]) + ")", type, true);
}

Typed fn_nchar(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.make_text("tds.nchar_of(" + b.as_int(args[0]) + ")", make_character(SqlType::nchar, 1), true);
}

Typed fn_ascii(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.make("tds.ascii_of(" + b.text(args[0]) + ")", type_of(SqlType::int_), true);
}

Typed fn_unicode(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.make("tds.unicode_of(" + b.text(args[0]) + ")", type_of(SqlType::int_), true);
}

Typed fn_str(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 3, expr);
  const int length = args.size() > 1 ? constant_int(args[1]).value_or(10) : 10;
  return b.varchar("tds.str(" + b.as(args[0], SqlType::float_) + ", " + (args.size() > 1 ? b.as_int(args[1]) : "10") + ", " + (args.size() > 2 ? b.as_int(args[2]) : "0") + ")", length, true);
}

Typed fn_concat(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 254, expr);
  bool unicode = false, max = false;
  int units = 0;
  std::string sql;
  for (const Typed& arg : args) {
    unicode = unicode || is_unicode(arg.type.type);
    max = max || (is_character(arg.type.type) && is_max(arg.type));
    units += std::max(units_of(arg), 0);
    sql += (sql.empty() ? "" : " || ") + std::string("coalesce(") + b.text(arg) + ", '')";
  }
  const int limit = unicode ? 4000 : 8000;
  sql = "(" + sql + ")";
  if (!max && units > limit) sql = "tds.cut(" + sql + ", " + std::to_string(limit) + ")";
  return b.make_text(sql, make_character(unicode ? SqlType::nvarchar : SqlType::varchar, max ? -1 : std::min(units, limit)), false);
}

Typed fn_concat_ws(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 254, expr);
  bool unicode = false, max = false;
  std::string sql = "concat_ws(coalesce(" + b.text(args[0]) + ", '')";
  for (std::size_t i = 1; i < args.size(); ++i) {
    unicode = unicode || is_unicode(args[i].type.type);
    max = max || (is_character(args[i].type.type) && is_max(args[i].type));
    sql += ", " + b.text(args[i]);
  }
  const int limit = unicode ? 4000 : 8000;
  sql += ")";
  return b.make_text(max ? sql : "tds.cut(" + sql + ", " + std::to_string(limit) + ")", make_character(unicode ? SqlType::nvarchar : SqlType::varchar, max ? -1 : limit), false);
}

Typed fn_quotename(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  return b.nvarchar("tds.quote_name(" + b.text(args[0]) + ", " + (args.size() > 1 ? b.text(args[1]) : std::string("'['")) + ")", 258, true);
}

Typed fn_format(Binder&, const Args&, const Expr&) { throw not_supported("FORMAT"); }

// ---- conditional

Typed fn_isnull(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const TypeInfo type = args[0].null_literal ? args[1].type : args[0].type;
  const Typed first = b.convert(args[0], type, Conversion::implicit), second = b.convert(args[1], type, Conversion::implicit);
  const bool nullable = args[0].nullable && args[1].nullable;
  if (is_character(type.type)) return b.make_text("coalesce(" + b.text(first) + ", " + b.text(second) + ")", type, nullable);
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
    test = b.comparable(args[0], type, b.collation_of(args[0])) + " = " + b.comparable(args[1], type, b.collation_of(args[0]));
  } else {
    test = b.comparable(args[0], type, "") + " = " + b.comparable(args[1], type, "");
  }
  Typed result = args[0];
  const std::string whole = is_character(args[0].type.type) ? b.text(args[0]) : b.output(args[0]);
  return is_character(args[0].type.type) ? b.make_text("CASE WHEN " + test + " THEN NULL ELSE " + whole + " END", args[0].type)
                                         : b.make("CASE WHEN " + test + " THEN NULL ELSE " + whole + " END", args[0].type);
}

Typed fn_choose(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 254, expr);
  const Args options(args.begin() + 1, args.end());
  const TypeInfo type = b.common(options);
  std::string sql = "CASE " + b.as_int(args[0]);
  for (std::size_t i = 0; i < options.size(); ++i) {
    const Typed converted = b.convert(options[i], type, Conversion::implicit);
    sql += " WHEN " + std::to_string(i + 1) + " THEN " + (is_character(type.type) ? b.text(converted) : b.output(converted));
  }
  return is_character(type.type) ? b.make_text(sql + " END", type) : b.make(sql + " END", type);
}

// ---- numbers

Typed numeric_argument(Binder& b, const Typed& arg) {
  if (is_character(arg.type.type)) return b.convert(arg, make_type(SqlType::float_), Conversion::implicit);
  if (arg.type.type == SqlType::bit || arg.null_literal) return b.convert(arg, make_type(SqlType::int_), Conversion::implicit);
  return arg;
}

TypeInfo widened(const TypeInfo& type) {
  if (type.type == SqlType::tinyint || type.type == SqlType::smallint || type.type == SqlType::bit) return make_type(SqlType::int_);
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
  return b.make("sign((" + number.sql + ")::" + (family(type.type) == Family::approximate ? "float8" : "numeric") + ")::" + std::string(pg_type(type.type)), type, number.nullable);
}

Typed whole_number(Binder& b, const Args& args, const Expr& expr, const std::string& function) {
  need(args, 1, 1, expr);
  const Typed number = numeric_argument(b, args[0]);
  TypeInfo type = widened(number.type);
  if (family(type.type) == Family::integer) return b.convert(number, type, Conversion::implicit);
  if (type.type == SqlType::decimal || type.type == SqlType::numeric) type = make_decimal(type.precision, 0, SqlType::numeric);
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
  if (family(type.type) == Family::approximate) return b.make(function + "(" + number.sql + ")::numeric" + rest + "::float8", type, any_null(args));
  std::string sql = function + "(" + number.sql + ")::numeric" + rest;
  if (family(type.type) == Family::integer) return b.make(sql + "::" + std::string(pg_type(type.type)), type, any_null(args));
  return b.make("round(" + sql + ", " + std::to_string(type.scale) + ")", type, any_null(args));
}

Typed fn_power(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const Typed number = numeric_argument(b, args[0]);
  const TypeInfo type = widened(number.type);
  const std::string sql = "power((" + number.sql + ")::float8, " + b.as(args[1], SqlType::float_) + ")";
  if (family(type.type) == Family::exact) return b.make("round(" + sql + "::numeric, " + std::to_string(type.scale) + ")", make_decimal(38, type.scale, SqlType::numeric), any_null(args));
  return b.make("trunc(" + sql + ")::" + std::string(pg_type(type.type)), type, any_null(args)).type.type == SqlType::float_
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
  return b.make(args.size() == 1 ? "ln(" + x + ")" : "(ln(" + x + ") / ln(" + b.as(args[1], SqlType::float_) + "))", make_type(SqlType::float_), any_null(args));
}
Typed fn_pi(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 0, expr);
  return b.make("pi()", make_type(SqlType::float_), false);
}
// Without a seed RAND() has one value in a whole query, as in SQL Server.
Typed fn_rand(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 1, expr);
  if (args.empty()) return b.make(b.in_definition() ? "random()" : "(SELECT random())", make_type(SqlType::float_), false);
  return b.make("tds.seeded(" + b.as_int(args[0]) + ")", make_type(SqlType::float_), args[0].nullable);
}

Typed fn_isnumeric(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  if (is_numeric(args[0].type.type)) return b.make("1", make_type(SqlType::int_), false);
  return b.make("tds.is_numeric(" + b.text(args[0]) + ")", make_type(SqlType::int_), false);
}

// ---- dates and times

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

// The operand of a date function: a string is read as the widest type, so that no digit and no offset is lost.
Typed date_operand(Binder& b, const Typed& arg, SqlType for_strings) {
  if (is_character(arg.type.type) || arg.null_literal) {
    const TypeInfo to = for_strings == SqlType::datetime ? make_type(SqlType::datetime) : make_time(for_strings, 7);
    return b.convert(arg, to, Conversion::implicit);
  }
  if (is_numeric(arg.type.type)) return b.convert(arg, make_type(SqlType::datetime), Conversion::implicit);
  return arg;
}

std::string local_ticks(Binder& b, const Typed& arg) { return b.output(b.convert(arg, make_time(SqlType::datetime2, 7), Conversion::implicit)); }

Typed fn_dateadd(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  const std::string part = date_part(*expr.args[0]);
  Typed base = date_operand(b, args[2], SqlType::datetime);
  TypeInfo type = base.type;
  const bool nullable = args[1].nullable || base.nullable;
  Typed number = args[1];
  if (is_character(number.type.type) || number.null_literal) number = b.convert(number, make_type(SqlType::int_), Conversion::implicit);
  const std::string count = "(" + (family(number.type.type) == Family::integer ? number.sql : "trunc(" + number.sql + ")") + ")::int8";
  static const std::unordered_map<std::string_view, std::string_view> kTicks = {
      {"day", "864000000000"}, {"dayofyear", "864000000000"}, {"weekday", "864000000000"}, {"week", "6048000000000"}, {"hour", "36000000000"},
      {"minute", "600000000"}, {"second", "10000000"}, {"millisecond", "10000"}, {"microsecond", "10"}};
  const bool months = part == "year" || part == "quarter" || part == "month";
  const std::string factor = part == "year" ? "12" : part == "quarter" ? "3" : "1";
  std::string delta;
  if (part == "nanosecond") {
    delta = "(" + count + " / 100)";
  } else if (!months) {
    const auto unit = kTicks.find(part);
    if (unit == kTicks.end()) throw error(9810, "The datepart " + part + " is not supported by date function dateadd for data type " + std::string(type_name(type.type)) + ".");
    delta = count + " * " + std::string(unit->second);
  }
  const std::string overflow_name = pg_literal(type_name(type.type));
  switch (type.type) {
    case SqlType::date:
      if (months) return b.make("tds.add_months_date(" + base.sql + ", " + count + " * " + factor + ")", type, nullable);
      if (part == "hour" || part == "minute" || part == "second" || part == "millisecond" || part == "microsecond" || part == "nanosecond") {
        throw error(9810, "The datepart " + part + " is not supported by date function dateadd for data type date.");
      }
      return b.make("tds.add_days(" + base.sql + ", " + count + " * " + (part == "week" ? "7" : "1") + ")", type, nullable);
    case SqlType::time:
      if (months || part == "day" || part == "week" || part == "dayofyear" || part == "weekday") {
        throw error(9810, "The datepart " + part + " is not supported by date function dateadd for data type time.");
      }
      return b.make("tds.wrap_time(" + base.sql + " + " + delta + ")", type, nullable);
    case SqlType::datetimeoffset:
      if (months) return b.make("tds.add_months_instant(" + base.sql + ", " + count + " * " + factor + ")", type, nullable);
      return b.make("tds.add_to_instant(" + base.sql + ", " + delta + ")", type, nullable);
    default:
      break;
  }
  const std::string sum = months ? "tds.add_months(" + b.output(base) + ", " + count + " * " + factor + ", " + overflow_name + ")"
                                 : "tds.in_range(" + b.output(base) + " + " + delta + ", " + overflow_name + ")";
  if (type.type == SqlType::datetime && (part == "millisecond" || part == "microsecond" || part == "nanosecond")) {
    return b.make("tds.datetime_grid(" + sum + ")", type, nullable);
  }
  // A count of whole seconds keeps a datetime on its grid.
  return b.make(type.type == SqlType::smalldatetime && !months ? "tds.in_smalldatetime(" + sum + ")" : sum, type, nullable);
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
  return b.make("tds.date_diff(" + pg_literal(part) + ", " + ticks(args[1]) + ", " + ticks(args[2]) + (big ? ")" : ")::int4"), type, args[1].nullable || args[2].nullable);
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
  return b.nvarchar("tds.date_name(" + pg_literal(part) + ", " + part_sql(b, part, args[1]) + ")", 30, args[1].nullable);
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
  return b.make("tds.date_from_parts(" + b.as_int(args[0]) + ", " + b.as_int(args[1]) + ", " + b.as_int(args[2]) + ")", make_type(SqlType::date), any_null(args));
}
std::string parts(Binder& b, const Args& args, std::size_t count) {
  std::string sql;
  for (std::size_t i = 0; i < count; ++i) sql += (i > 0 ? ", " : "") + b.as_int(args[i]);
  return sql;
}
Typed fn_datetime2fromparts(Binder& b, const Args& args, const Expr& expr) {
  need(args, 8, 8, expr);
  const int scale = constant_int(args[7]).value_or(7);
  return b.make("tds.ticks_from_parts(" + parts(b, args, 7) + ", " + std::to_string(scale) + ")", make_time(SqlType::datetime2, scale), any_null(args));
}
Typed fn_datetimefromparts(Binder& b, const Args& args, const Expr& expr) {
  need(args, 7, 7, expr);
  return b.make("tds.datetime_grid(tds.ticks_from_parts(" + parts(b, args, 7) + ", 3))", make_type(SqlType::datetime), any_null(args));
}
Typed fn_smalldatetimefromparts(Binder& b, const Args& args, const Expr& expr) {
  need(args, 5, 5, expr);
  return b.make("tds.ticks_from_parts(" + parts(b, args, 5) + ", 0, 0, 0)", make_type(SqlType::smalldatetime), any_null(args));
}
Typed fn_timefromparts(Binder& b, const Args& args, const Expr& expr) {
  need(args, 5, 5, expr);
  const int scale = constant_int(args[4]).value_or(7);
  return b.make("(tds.ticks_from_parts(1, 1, 1, " + parts(b, args, 4) + ", " + std::to_string(scale) + "))", make_time(SqlType::time, scale), any_null(args));
}
Typed fn_datetimeoffsetfromparts(Binder& b, const Args& args, const Expr& expr) {
  need(args, 10, 10, expr);
  const int scale = constant_int(args[9]).value_or(7);
  const std::string offset = "(" + b.as_int(args[7]) + " * 60 + " + b.as_int(args[8]) + ")";
  return b.make("tds.instant_of(tds.ticks_from_parts(" + parts(b, args, 7) + ", " + std::to_string(scale) + "), " + offset + ")", make_time(SqlType::datetimeoffset, scale), any_null(args));
}
Typed fn_eomonth(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  const Typed day = b.convert(date_operand(b, args[0], SqlType::datetime2), make_type(SqlType::date), Conversion::implicit);
  return b.make("tds.end_of_month(" + b.output(day) + ", " + (args.size() > 1 ? b.as_int(args[1]) : std::string("0")) + ")", make_type(SqlType::date), true);
}
Typed fn_isdate(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.make("tds.is_date(" + b.text(args[0]) + ")", make_type(SqlType::int_), false);
}
Typed fn_todatetimeoffset(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const Typed operand = date_operand(b, args[0], SqlType::datetime2);
  const int scale = operand.type.type == SqlType::datetime ? 3 : operand.type.type == SqlType::datetime2 || operand.type.type == SqlType::datetimeoffset ? operand.type.scale : 0;
  return b.make("tds.instant_of(" + local_ticks(b, operand) + ", tds.offset_of(" + b.text(args[1]) + "))", make_time(SqlType::datetimeoffset, scale), any_null(args));
}
Typed fn_switchoffset(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const Typed operand = b.convert(date_operand(b, args[0], SqlType::datetimeoffset), make_time(SqlType::datetimeoffset, args[0].type.type == SqlType::datetimeoffset ? args[0].type.scale : 7), Conversion::implicit);
  return b.make("ROW((" + b.output(operand) + ").utc, tds.offset_of(" + b.text(args[1]) + "))::tds.instant", operand.type, any_null(args));
}

// ---- identity, hashes

Typed fn_newid(Binder& b, const Args&, const Expr&) { return b.make("gen_random_uuid()", make_type(SqlType::uniqueidentifier), false); }
Typed fn_newsequentialid(Binder& b, const Args&, const Expr&) { return b.make("tds.sequential_id()", make_type(SqlType::uniqueidentifier), false); }

std::string bytes_of(Binder& b, const Typed& arg) {
  if (family(arg.type.type) == Family::binary || family(arg.type.type) == Family::clr) return arg.sql;
  return b.convert(arg, make_binary(SqlType::varbinary, -1), Conversion::cast).sql;
}

Typed fn_hashbytes(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.make("tds.hash_bytes(" + b.text(args[0]) + ", " + bytes_of(b, args[1]) + ")", make_binary(SqlType::varbinary, 8000), true);
}

// Not SQL Server's numbers (its algorithm is not published), only a stable hash of the values.
Typed fn_checksum(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1000, expr);
  std::string sql;
  for (const Typed& arg : args) sql += (sql.empty() ? "" : " || '|' || ") + std::string("coalesce(tds.lower_case(") + b.text(arg) + "), E'\\x01')";
  return b.make("hashtext(" + sql + ")", make_type(SqlType::int_), false);
}
Typed fn_binary_checksum(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1000, expr);
  std::string sql;
  for (const Typed& arg : args) sql += (sql.empty() ? "" : " || '|' || ") + std::string("coalesce(") + b.text(arg) + ", E'\\x01')";
  return b.make("hashtext(" + sql + ")", make_type(SqlType::int_), false);
}

Typed fn_min_active_rowversion(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 0, expr);
  return b.make("tds.min_active_rowversion()", make_binary(SqlType::binary, 8), false);
}

Typed fn_variant_property(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  const Typed variant = b.convert(args[0], make_type(SqlType::sql_variant), Conversion::implicit);
  return b.make("tds.variant_property(" + b.output(variant) + ", " + b.text(args[1]) + ")", make_type(SqlType::sql_variant));
}

// ---- metadata

Typed sysname(Binder& b, std::string sql) { return b.nvarchar(std::move(sql), 128, true); }
Typed integer(Binder& b, std::string sql) { return b.make(std::move(sql), make_type(SqlType::int_), true); }

Typed fn_object_id(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  return integer(b, "tds.object_id(" + b.text(args[0]) + ", " + (args.size() > 1 ? b.text(args[1]) : std::string("NULL")) + ")");
}
Typed fn_object_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  return sysname(b, "tds.object_name(" + b.as_int(args[0]) + ")");
}
Typed fn_object_schema_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  return sysname(b, "tds.object_schema_name(" + b.as_int(args[0]) + ")");
}
Typed fn_object_definition(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.nvarchar("tds.object_definition(" + b.as_int(args[0]) + ")", -1, true);
}
Typed fn_schema_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 1, expr);
  return sysname(b, args.empty() ? "'dbo'::text" : "tds.schema_name(" + b.as_int(args[0]) + ")");
}
Typed fn_schema_id(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 1, expr);
  return integer(b, args.empty() ? "1" : "tds_meta.schema_id_of(" + b.text(args[0]) + ")");
}
Typed fn_type_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return sysname(b, "tds.type_name(" + b.as_int(args[0]) + ")");
}
Typed fn_type_id(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return integer(b, "tds.type_id(" + b.text(args[0]) + ")");
}
Typed fn_col_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return sysname(b, "tds.col_name(" + b.as_int(args[0]) + ", " + b.as_int(args[1]) + ")");
}
Typed fn_col_length(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.make("tds.col_length(" + b.text(args[0]) + ", " + b.text(args[1]) + ")::int2", make_type(SqlType::smallint));
}
Typed fn_columnproperty(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  return integer(b, "tds.column_property(" + b.as_int(args[0]) + ", " + b.text(args[1]) + ", " + b.text(args[2]) + ")");
}
Typed fn_objectproperty(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return integer(b, "tds.object_property(" + b.as_int(args[0]) + ", " + b.text(args[1]) + ")");
}
Typed fn_objectpropertyex(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.convert(integer(b, "tds.object_property(" + b.as_int(args[0]) + ", " + b.text(args[1]) + ")"), make_type(SqlType::sql_variant), Conversion::implicit);
}
Typed fn_indexproperty(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  return integer(b, "tds.index_property(" + b.as_int(args[0]) + ", " + b.text(args[1]) + ", " + b.text(args[2]) + ")");
}
Typed fn_index_col(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  return sysname(b, "tds.index_col(" + b.text(args[0]) + ", " + b.as_int(args[1]) + ", " + b.as_int(args[2]) + ")");
}
Typed identity_number(Binder& b, const Args& args, const Expr& expr, const char* what) {
  need(args, 1, 1, expr);
  return b.make("tds.identity_number(" + b.text(args[0]) + ", '" + what + "')", make_decimal(38, 0, SqlType::numeric));
}
Typed fn_ident_current(Binder& b, const Args& args, const Expr& expr) { return identity_number(b, args, expr, "current"); }
Typed fn_ident_seed(Binder& b, const Args& args, const Expr& expr) { return identity_number(b, args, expr, "seed"); }
Typed fn_ident_incr(Binder& b, const Args& args, const Expr& expr) { return identity_number(b, args, expr, "increment"); }

Typed fn_db_id(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 1, expr);
  return b.make("tds.db_id(" + (args.empty() ? std::string("tds.current_db()") : b.text(args[0])) + ")::int2", make_type(SqlType::smallint));
}
Typed fn_db_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 1, expr);
  return sysname(b, args.empty() ? "tds.current_db()" : "tds.db_name(" + b.as_int(args[0]) + ")");
}
Typed login(Binder& b, const Args&, const Expr&) { return sysname(b, "current_setting('tds.login', true)"); }
Typed fn_user_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 1, expr);
  return sysname(b, args.empty() ? "'dbo'::text" : "tds.principal_name(" + b.as_int(args[0]) + ")");
}
Typed fn_user_id(Binder& b, const Args&, const Expr&) { return integer(b, "1"); }
Typed fn_suser_sid(Binder& b, const Args&, const Expr&) { return b.make("'\\x01'::bytea", make_binary(SqlType::varbinary, 85)); }
Typed fn_host_name(Binder& b, const Args&, const Expr&) { return sysname(b, "current_setting('tds.host', true)"); }
Typed fn_app_name(Binder& b, const Args&, const Expr&) { return sysname(b, "current_setting('tds.app', true)"); }
Typed fn_one(Binder& b, const Args&, const Expr&) { return integer(b, "1"); }

Typed fn_is_rolemember(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  return integer(b, "tds.is_role_member(" + b.text(args[0]) + ")");
}

Typed property(Binder& b, const std::string& sql, const Typed& name) {
  // A constant name gives the type of its value; SQL Server always says sql_variant.
  return b.make(sql + "(" + b.text(name) + ")", make_type(SqlType::sql_variant));
}
Typed fn_serverproperty(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return property(b, "tds.server_property", args[0]);
}
Typed fn_databasepropertyex(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.make("tds.database_property(" + b.text(args[0]) + ", " + b.text(args[1]) + ")", make_type(SqlType::sql_variant));
}
Typed fn_connectionproperty(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return property(b, "tds.connection_property", args[0]);
}
Typed fn_collationproperty(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  if (args[0].constant && args[1].constant && !args[0].constant->null && equals_ignoring_case(args[1].constant->bytes, "codepage")) {
    return b.convert(b.literal(make_type(SqlType::int_), make_value(std::to_string(code_page(args[0].constant->bytes)))), make_type(SqlType::sql_variant), Conversion::implicit);
  }
  return b.make("tds.collation_property(" + b.text(args[0]) + ", " + b.text(args[1]) + ")", make_type(SqlType::sql_variant));
}
Typed fn_parsename(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return sysname(b, "tds.parse_name(" + b.text(args[0]) + ", " + b.as_int(args[1]) + ")");
}
Typed fn_varbintohexstr(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.nvarchar("('0x' || encode(" + args[0].sql + ", 'hex'))", -1, true);
}
Typed fn_error(Binder& b, const Args&, const Expr& expr) {
  // ERROR_NUMBER() and its like outside a CATCH block; inside one the session answers first.
  const std::string name = lower(expr.name.back());
  if (name == "error_message" || name == "error_procedure") return b.nvarchar("NULL::text", name == "error_message" ? 4000 : 128, true);
  return integer(b, "NULL::int4");
}

const std::unordered_map<std::string_view, FunctionHandler>& functions() {
  static const std::unordered_map<std::string_view, FunctionHandler> kFunctions = {
      {"len", fn_len}, {"datalength", fn_datalength}, {"substring", fn_substring}, {"left", fn_left}, {"right", fn_right}, {"upper", fn_upper},
      {"lower", fn_lower}, {"ltrim", fn_ltrim}, {"rtrim", fn_rtrim}, {"trim", fn_trim}, {"replace", fn_replace}, {"replicate", fn_replicate},
      {"space", fn_space}, {"charindex", fn_charindex}, {"patindex", fn_patindex}, {"stuff", fn_stuff}, {"reverse", fn_reverse}, {"char", fn_char},
      {"nchar", fn_nchar}, {"ascii", fn_ascii}, {"unicode", fn_unicode}, {"str", fn_str}, {"concat", fn_concat}, {"concat_ws", fn_concat_ws},
      {"quotename", fn_quotename}, {"format", fn_format}, {"isnull", fn_isnull}, {"coalesce", fn_coalesce}, {"nullif", fn_nullif},
      {"choose", fn_choose}, {"abs", fn_abs}, {"sign", fn_sign}, {"ceiling", fn_ceiling}, {"floor", fn_floor}, {"round", fn_round},
      {"power", fn_power}, {"sqrt", fn_sqrt}, {"square", fn_square}, {"exp", fn_exp}, {"log", fn_log}, {"log10", fn_log10}, {"sin", fn_sin},
      {"cos", fn_cos}, {"tan", fn_tan}, {"atan", fn_atan}, {"asin", fn_asin}, {"acos", fn_acos}, {"pi", fn_pi}, {"rand", fn_rand},
      {"isnumeric", fn_isnumeric}, {"getdate", fn_getdate}, {"getutcdate", fn_getdate}, {"current_timestamp", fn_getdate},
      {"sysdatetime", fn_sysdatetime}, {"sysutcdatetime", fn_sysdatetime}, {"sysdatetimeoffset", fn_sysdatetimeoffset}, {"dateadd", fn_dateadd},
      {"datediff", fn_datediff}, {"datediff_big", fn_datediff_big}, {"datepart", fn_datepart}, {"datename", fn_datename}, {"year", fn_year},
      {"month", fn_month}, {"day", fn_day}, {"datefromparts", fn_datefromparts}, {"datetime2fromparts", fn_datetime2fromparts},
      {"datetimefromparts", fn_datetimefromparts}, {"smalldatetimefromparts", fn_smalldatetimefromparts}, {"timefromparts", fn_timefromparts},
      {"datetimeoffsetfromparts", fn_datetimeoffsetfromparts}, {"eomonth", fn_eomonth}, {"isdate", fn_isdate},
      {"todatetimeoffset", fn_todatetimeoffset}, {"switchoffset", fn_switchoffset}, {"newid", fn_newid}, {"newsequentialid", fn_newsequentialid},
      {"hashbytes", fn_hashbytes}, {"checksum", fn_checksum}, {"binary_checksum", fn_binary_checksum},
      {"min_active_rowversion", fn_min_active_rowversion}, {"sql_variant_property", fn_variant_property}, {"object_id", fn_object_id},
      {"object_name", fn_object_name}, {"object_schema_name", fn_object_schema_name}, {"object_definition", fn_object_definition},
      {"schema_name", fn_schema_name}, {"schema_id", fn_schema_id}, {"type_name", fn_type_name}, {"type_id", fn_type_id}, {"col_name", fn_col_name},
      {"col_length", fn_col_length}, {"columnproperty", fn_columnproperty}, {"objectproperty", fn_objectproperty},
      {"objectpropertyex", fn_objectpropertyex}, {"indexproperty", fn_indexproperty}, {"index_col", fn_index_col},
      {"ident_current", fn_ident_current}, {"ident_seed", fn_ident_seed}, {"ident_incr", fn_ident_incr}, {"db_id", fn_db_id}, {"db_name", fn_db_name},
      {"suser_sname", login}, {"suser_name", login}, {"original_login", login}, {"system_user", login}, {"user_name", fn_user_name},
      {"current_user", fn_user_name}, {"session_user", fn_user_name}, {"user", fn_user_name}, {"user_id", fn_user_id}, {"suser_id", fn_user_id},
      {"suser_sid", fn_suser_sid}, {"database_principal_id", fn_user_id}, {"host_name", fn_host_name}, {"app_name", fn_app_name},
      {"program_name", fn_app_name}, {"has_perms_by_name", fn_one}, {"has_dbaccess", fn_one}, {"is_srvrolemember", fn_is_rolemember},
      {"is_member", fn_is_rolemember}, {"is_rolemember", fn_is_rolemember}, {"serverproperty", fn_serverproperty},
      {"databasepropertyex", fn_databasepropertyex}, {"connectionproperty", fn_connectionproperty}, {"collationproperty", fn_collationproperty},
      {"parsename", fn_parsename}, {"fn_varbintohexstr", fn_varbintohexstr}, {"error_number", fn_error}, {"error_message", fn_error},
      {"error_severity", fn_error}, {"error_state", fn_error}, {"error_line", fn_error}, {"error_procedure", fn_error}};
  return kFunctions;
}

}  // namespace

FunctionHandler find_function(std::string_view name) {
  const auto found = functions().find(name);
  return found == functions().end() ? nullptr : found->second;
}

std::string date_part(const Expr& expr) {
  static const std::unordered_map<std::string_view, std::string_view> kParts = {
      {"year", "year"}, {"yy", "year"}, {"yyyy", "year"}, {"quarter", "quarter"}, {"qq", "quarter"}, {"q", "quarter"}, {"month", "month"}, {"mm", "month"},
      {"m", "month"}, {"dayofyear", "dayofyear"}, {"dy", "dayofyear"}, {"y", "dayofyear"}, {"day", "day"}, {"dd", "day"}, {"d", "day"}, {"week", "week"},
      {"wk", "week"}, {"ww", "week"}, {"weekday", "weekday"}, {"dw", "weekday"}, {"w", "weekday"}, {"hour", "hour"}, {"hh", "hour"}, {"minute", "minute"},
      {"mi", "minute"}, {"n", "minute"}, {"second", "second"}, {"ss", "second"}, {"s", "second"}, {"millisecond", "millisecond"}, {"ms", "millisecond"},
      {"microsecond", "microsecond"}, {"mcs", "microsecond"}, {"nanosecond", "nanosecond"}, {"ns", "nanosecond"}, {"tzoffset", "tzoffset"},
      {"tz", "tzoffset"}, {"iso_week", "iso_week"}, {"isowk", "iso_week"}, {"isoww", "iso_week"}};
  const std::string word = expr.kind == ExprKind::column && expr.name.size() == 1   ? lower(expr.name[0])
                           : expr.kind == ExprKind::function && expr.name.size() == 1 ? lower(expr.name[0])
                                                                                      : expr.text;
  const auto found = kParts.find(word);
  if (found == kParts.end()) throw error(155, "'" + word + "' is not a recognized datepart option.", 15);
  return std::string(found->second);
}

}  // namespace tds_server::engine
