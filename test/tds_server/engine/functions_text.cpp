// String functions. Positions and lengths count UTF-16 units, as SQL Server's do; characters under
// a collation that counts these.
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

// The variant of a function of sql/31_functions.sql that counts as the collation does.
std::string counted(const Binder& b, const Typed& text, const char* by_units, const char* by_characters) {
  return counts_characters(b.collation_of(text)) ? by_characters : by_units;
}

Typed fn_len(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  const bool max = is_character(args[0].type.type) && is_max(args[0].type);
  const TypeInfo type = make_type(max ? SqlType::bigint : SqlType::int_);
  if (family(args[0].type.type) == Family::binary)
    return b.make("octet_length(" + args[0].sql + ")", make_type(SqlType::int_), args[0].nullable);
  return b.make(counted(b, args[0], "tds.units", "length") + "(rtrim(" + b.text(args[0]) +
                    ", ' '))::" + std::string(pg_type(type.type)),
                type, args[0].nullable);
}

Typed fn_datalength(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  const Typed& arg = args[0];
  const TypeInfo type =
      make_type(is_max(arg.type) && (is_character(arg.type.type) || family(arg.type.type) == Family::binary) &&
                        !is_lob(arg.type.type)
                    ? SqlType::bigint
                    : SqlType::int_);
  const std::string cast = "::" + std::string(pg_type(type.type));
  if (arg.type.type == SqlType::xml) return b.make("(tds.units(" + b.text(arg) + ") * 2)" + cast, type, arg.nullable);
  if (is_character(arg.type.type)) {
    if (is_unicode(arg.type.type)) return b.make("(tds.units(" + b.text(arg) + ") * 2)" + cast, type, arg.nullable);
    return b.make("tds.page_length(" + b.text(arg) + ", " + std::to_string(code_page(b.collation_of(arg))) + ")" + cast,
                  type, arg.nullable);
  }
  if (family(arg.type.type) == Family::binary || family(arg.type.type) == Family::clr)
    return b.make("octet_length(" + arg.sql + ")" + cast, type, arg.nullable);
  if (arg.type.type == SqlType::sql_variant)
    return b.make("tds.variant_length(" + arg.sql + ")", make_type(SqlType::int_), true);
  if (arg.null_literal) return b.make("NULL::int4", make_type(SqlType::int_));
  return b.make("CASE WHEN (" + arg.sql + ") IS NOT NULL THEN " + std::to_string(arg.type.max_length) + " END",
                make_type(SqlType::int_), arg.nullable);
}

Typed fn_substring(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  const std::string from = b.as_int(args[1]), count = b.as_int(args[2]);
  if (family(args[0].type.type) == Family::binary) {
    return b.make("tds.sub_bytes(" + args[0].sql + ", " + from + ", " + count + ")",
                  make_binary(SqlType::varbinary, args[0].type.max_length), any_null(args));
  }
  int units = units_of(args[0]);
  if (const auto length = constant_int(args[2]); length && units >= 0) units = std::max(1, std::min(units, *length));
  return b.make_text(
      counted(b, args[0], "tds.sub", "tds.sub_characters") + "(" + b.text(args[0]) + ", " + from + ", " + count + ")",
      characters(b, args[0], units), any_null(args));
}

Typed fn_left(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  int units = units_of(args[0]);
  if (const auto length = constant_int(args[1]); length && units >= 0) units = std::max(1, std::min(units, *length));
  return b.make_text(
      counted(b, args[0], "tds.sub", "tds.sub_characters") + "(" + b.text(args[0]) + ", 1, " + b.as_int(args[1]) + ")",
      characters(b, args[0], units), any_null(args));
}

Typed fn_right(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.make_text(counted(b, args[0], "tds.right_units", "tds.right_characters") + "(" + b.text(args[0]) + ", " +
                         b.as_int(args[1]) + ")",
                     characters(b, args[0], units_of(args[0])), any_null(args));
}

Typed fn_upper(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.make_text("tds.upper_case(" + b.text(args[0]) + ")", characters(b, args[0], units_of(args[0])),
                     args[0].nullable);
}

Typed fn_lower(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.make_text("tds.lower_case(" + b.text(args[0]) + ")", characters(b, args[0], units_of(args[0])),
                     args[0].nullable);
}

Typed trimmed(Binder& b, const Args& args, const Expr& expr, const char* function) {
  need(args, 1, 2, expr);
  const std::string set = args.size() > 1 ? b.text(args[1]) : "' '";
  return b.make_text(std::string(function) + "(" + b.text(args[0]) + ", " + set + ")",
                     characters(b, args[0], units_of(args[0])), any_null(args));
}
Typed fn_ltrim(Binder& b, const Args& args, const Expr& expr) { return trimmed(b, args, expr, "ltrim"); }
Typed fn_rtrim(Binder& b, const Args& args, const Expr& expr) { return trimmed(b, args, expr, "rtrim"); }
Typed fn_trim(Binder& b, const Args& args, const Expr& expr) { return trimmed(b, args, expr, "btrim"); }

Typed fn_replace(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  const bool max = is_max(args[0].type) && is_character(args[0].type.type);
  const bool unicode = is_unicode(args[0].type.type) || is_unicode(args[1].type.type) || is_unicode(args[2].type.type);
  TypeInfo type = b.character_type(make_type(unicode ? SqlType::nvarchar : SqlType::varchar), max       ? -1
                                                                                              : unicode ? 4000
                                                                                                        : 8000);
  type.collation = b.collation_of(args[0]);
  const bool sensitive = is_case_sensitive(b.collation_of(args[0]));
  return b.make_text("tds.replace_text(" + b.text(args[0]) + ", " + b.text(args[1]) + ", " + b.text(args[2]) + ", " +
                         (sensitive ? "true" : "false") + ")",
                     type, any_null(args));
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
  return b.make_text(
      fits ? plain : "tds.repeat_cut(" + b.text(args[0]) + ", " + count + ", " + std::to_string(limit) + ")", type,
      true);
}

Typed fn_space(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.varchar("tds.repeat_cut(' ', " + b.as_int(args[0]) + ", 8000)", 8000, true);
}

Typed fn_charindex(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 3, expr);
  const TypeInfo type =
      make_type(is_character(args[1].type.type) && is_max(args[1].type) ? SqlType::bigint : SqlType::int_);
  const bool sensitive = is_case_sensitive(b.collation_of(args[1]));
  return b.make("tds.char_index(" + b.text(args[0]) + ", " + b.text(args[1]) + ", " +
                    (args.size() > 2 ? b.as_int(args[2]) : std::string("1")) + ", " + (sensitive ? "true" : "false") +
                    ")::" + std::string(pg_type(type.type)),
                type, any_null(args));
}

Typed fn_patindex(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.make("tds.pattern_index(" + b.text(args[0]) + ", " + b.text(args[1]) + ", " +
                    (is_case_sensitive(b.collation_of(args[1])) ? "true" : "false") + ")",
                make_type(SqlType::int_), any_null(args));
}

Typed fn_stuff(Binder& b, const Args& args, const Expr& expr) {
  need(args, 4, 4, expr);
  const int x = units_of(args[0]), y = units_of(args[3]);
  const bool unicode = is_unicode(args[0].type.type) || is_unicode(args[3].type.type);
  TypeInfo type = b.character_type(make_type(unicode ? SqlType::nvarchar : SqlType::varchar),
                                   x < 0 || y < 0 ? -1 : std::min(x + y, unicode ? 4000 : 8000));
  return b.make_text("tds.stuff(" + b.text(args[0]) + ", " + b.as_int(args[1]) + ", " + b.as_int(args[2]) +
                         ", coalesce(" + b.text(args[3]) + ", ''))",
                     type, true);
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
  return b.make("tds.ascii_of(" + b.text(args[0]) + ")", make_type(SqlType::int_), true);
}

Typed fn_unicode(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.make("tds.unicode_of(" + b.text(args[0]) + ")", make_type(SqlType::int_), true);
}

Typed fn_str(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 3, expr);
  const int length = args.size() > 1 ? constant_int(args[1]).value_or(10) : 10;
  return b.varchar("tds.str(" + b.as(args[0], SqlType::float_) + ", " + (args.size() > 1 ? b.as_int(args[1]) : "10") +
                       ", " + (args.size() > 2 ? b.as_int(args[2]) : "0") + ")",
                   length, true);
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
  return b.make_text(
      sql, make_character(unicode ? SqlType::nvarchar : SqlType::varchar, max ? -1 : std::min(units, limit)), false);
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
  return b.make_text(max ? sql : "tds.cut(" + sql + ", " + std::to_string(limit) + ")",
                     make_character(unicode ? SqlType::nvarchar : SqlType::varchar, max ? -1 : limit), false);
}

Typed fn_quotename(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  return b.nvarchar(
      "tds.quote_name(" + b.text(args[0]) + ", " + (args.size() > 1 ? b.text(args[1]) : std::string("'['")) + ")", 258,
      true);
}

Typed fn_format(Binder&, const Args&, const Expr&) { throw not_supported("FORMAT"); }

}  // namespace

void add_text_functions(FunctionTable& table) {
  table.insert({
      {"len", fn_len},
      {"datalength", fn_datalength},
      {"substring", fn_substring},
      {"left", fn_left},
      {"right", fn_right},
      {"upper", fn_upper},
      {"lower", fn_lower},
      {"ltrim", fn_ltrim},
      {"rtrim", fn_rtrim},
      {"trim", fn_trim},
      {"replace", fn_replace},
      {"replicate", fn_replicate},
      {"space", fn_space},
      {"charindex", fn_charindex},
      {"patindex", fn_patindex},
      {"stuff", fn_stuff},
      {"reverse", fn_reverse},
      {"char", fn_char},
      {"nchar", fn_nchar},
      {"ascii", fn_ascii},
      {"unicode", fn_unicode},
      {"str", fn_str},
      {"concat", fn_concat},
      {"concat_ws", fn_concat_ws},
      {"quotename", fn_quotename},
      {"format", fn_format},
  });
}

}  // namespace tds_server::engine
