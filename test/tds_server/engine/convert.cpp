// Conversions between SQL Server's types, implicit and by CAST, CONVERT, TRY_CAST. Constants are
// converted here and now, everything else becomes calls of engine/sql/30_convert.sql.
#include <algorithm>
#include <array>

#include "binder.hpp"
#include "errors.hpp"
#include "moments.hpp"
#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server::engine {
namespace {

const std::string kDay = "864000000000";
const std::string kEpoch1900 = "599266080000000000";

std::string name_of(const TypeInfo& type) { return std::string(type_name(type.type)); }

EngineError clash(const TypeInfo& from, const TypeInfo& to) {
  return error(206, "Operand type clash: " + name_of(from) + " is incompatible with " + name_of(to), 16, 2);
}
EngineError explicit_forbidden(const TypeInfo& from, const TypeInfo& to) {
  return error(529, "Explicit conversion from data type " + name_of(from) + " to " + name_of(to) + " is not allowed.",
               16, 2);
}
EngineError implicit_forbidden(const TypeInfo& from, const TypeInfo& to) {
  return error(257,
               "Implicit conversion from data type " + name_of(from) + " to " + name_of(to) +
                   " is not allowed. Use the CONVERT function to run this query.",
               16, 3);
}

bool same_type(const TypeInfo& a, const TypeInfo& b) {
  if (a.type != b.type) return false;
  switch (family(a.type)) {
    case Family::character:
    case Family::binary: return a.max_length == b.max_length;
    case Family::exact:
    case Family::date: return a.precision == b.precision && a.scale == b.scale;
    default: return true;
  }
}

// What needs a CONVERT in SQL Server.
void check_implicit(const TypeInfo& from, const TypeInfo& to) {
  const Family f = family(from.type), t = family(to.type);
  if (f == Family::variant && t != Family::variant) throw implicit_forbidden(from, to);
  if (f == Family::character && t == Family::binary && !is_lob(from.type)) throw implicit_forbidden(from, to);
  if (f == Family::date && (t == Family::integer || t == Family::exact || t == Family::approximate)) {
    if (from.type == SqlType::datetime || from.type == SqlType::smalldatetime) throw implicit_forbidden(from, to);
    throw clash(from, to);
  }
  if (f == Family::binary && t == Family::approximate) throw implicit_forbidden(from, to);
  if (f == Family::character && (to.type == SqlType::timestamp || to.type == SqlType::image))
    throw implicit_forbidden(from, to);
  if (f == Family::xml && t == Family::character) throw implicit_forbidden(from, to);
}

int code_page_mode(const TypeInfo& type, std::string_view fallback) {
  if (is_unicode(type.type)) return 0;
  return code_page(type.collation.empty() ? fallback : std::string_view(type.collation));
}

}  // namespace

Typed Binder::convert(const Typed& value, const TypeInfo& target, Conversion mode, int style) {
  TypeInfo to = target;
  if (is_character(to.type) && is_character(value.type.type) && (to.collation.empty() || mode != Conversion::implicit))
    to.collation = collation_of(value);
  if (is_character(to.type) && to.collation.empty()) to.collation = catalog_.collation();
  if (value.null_literal) {
    Typed null = make("NULL::" + std::string(pg_type(to.type)), to);
    return null;
  }
  if (value.constant && value.constant->null) {
    Typed null = literal(to, Value{});
    return null;
  }
  if (mode == Conversion::attempt) return attempt(value, to, style);
  if (same_type(value.type, to) && style < 0) {
    Typed same = value;
    same.type = to;
    return same;
  }
  if (mode == Conversion::implicit) check_implicit(value.type, to);
  if (to.type == SqlType::sql_variant) return to_variant(value);
  if (value.type.type == SqlType::sql_variant) return from_variant(value, to, mode, style);
  if (style < 0) {
    if (auto folded = fold(value, to)) return *folded;
  }
  Typed result;
  switch (family(to.type)) {
    case Family::character:
    case Family::xml: result = to_character(value, to, mode, style); break;
    case Family::integer: result = to_integer(value, to); break;
    case Family::exact: result = to_exact(value, to); break;
    case Family::approximate: result = to_approximate(value, to); break;
    case Family::date: result = to_date(value, to, style); break;
    case Family::binary: result = to_binary(value, to, style); break;
    case Family::guid: result = to_guid(value, to); break;
    case Family::clr:
      if (family(value.type.type) == Family::binary) {
        result = make(value.sql, to, value.nullable);
      } else if (is_character(value.type.type)) {
        result =
            make(to.type == SqlType::hierarchyid ? "tds.hierarchy_parse(" + text(value) + ")"
                                                 : "tds.shape_parse(" + text(value) + ", " +
                                                       (to.type == SqlType::geography ? "4326, true)" : "0, false)"),
                 to, value.nullable);
      } else {
        throw clash(value.type, to);
      }
      break;
    case Family::variant: break;
  }
  result.explicit_collation = value.explicit_collation;
  return result;
}

// A constant's conversion that needs no server. Code pages and styles are left to it.
std::optional<Typed> Binder::fold(const Typed& value, const TypeInfo& to) {
  if (!value.constant || value.constant->null) return std::nullopt;
  const Family f = family(value.type.type), t = family(to.type);
  if (f == Family::character && t == Family::date) return literal(to, moment_from_text(value.constant->bytes, to));
  const bool exact_source = f == Family::integer || f == Family::exact;
  if (exact_source && (t == Family::integer || t == Family::exact) && value.type.type != SqlType::money &&
      value.type.type != SqlType::smallmoney) {
    if (to.type == SqlType::bit) {
      return literal(to, make_value(value.constant->bytes.find_first_of("123456789") == std::string::npos ? "0" : "1"));
    }
    return literal(to, convert_value(*value.constant, value.type, to));
  }
  if (exact_source && t == Family::approximate) return literal(to, convert_value(*value.constant, value.type, to));
  if (f == Family::character && (t == Family::integer || t == Family::guid))
    return literal(to, convert_value(*value.constant, value.type, to));
  if (f == Family::character && t == Family::character) {
    const std::string& bytes = value.constant->bytes;
    const bool ascii =
        std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (!ascii && (!is_unicode(to.type) || code_page_mode(to, catalog_.collation()) == 65001)) return std::nullopt;
    const int limit = length_in_units(to);
    std::string cut = limit < 0 ? bytes : std::string(utf16_prefix(bytes, static_cast<std::size_t>(limit)));
    Typed result = literal(to, make_value(fit_length(std::move(cut), to)));
    result.explicit_collation = value.explicit_collation;
    return result;
  }
  return std::nullopt;
}

// ---- to characters

// Any value as PostgreSQL text, by CONVERT's style (-1: none given).
std::string Binder::character_sql(const Typed& value, int style) {
  const std::string number = std::to_string(std::max(style, 0));
  if (value.null_literal) return "NULL::text";
  switch (value.type.type) {
    case SqlType::bit:
    case SqlType::tinyint:
    case SqlType::smallint:
    case SqlType::int_:
    case SqlType::bigint: return "(" + value.sql + ")::text";
    case SqlType::decimal:
    case SqlType::numeric: return "round(" + value.sql + ", " + std::to_string(value.type.scale) + ")::text";
    case SqlType::money:
    case SqlType::smallmoney: return "tds.money_text(" + value.sql + ", " + number + ")";
    case SqlType::real:
    case SqlType::float_:
      return "tds.float_text((" + value.sql + ")::float8, " + number + ", " +
             (value.type.type == SqlType::real ? "true" : "false") + ")";
    case SqlType::date:
      if (style < 0) return "(" + value.sql + ")::text";
      return "tds.moment_text(tds.date_ticks(" + value.sql + "), " + number + ", 0, 'd')";
    case SqlType::time:
      return "tds.moment_text(" + value.sql + ", " + std::to_string(style < 0 ? 121 : style) + ", " +
             std::to_string(value.type.scale) + ", 't')";
    case SqlType::smalldatetime: return "tds.moment_text(" + value.sql + ", " + number + ", 0, 's')";
    case SqlType::datetime: return "tds.moment_text(" + value.sql + ", " + number + ", 3, 'm')";
    case SqlType::datetime2:
      return "tds.moment_text(" + value.sql + ", " + std::to_string(style < 0 ? 121 : style) + ", " +
             std::to_string(value.type.scale) + ", '2')";
    case SqlType::datetimeoffset:
      return "tds.instant_text(" + value.sql + ", " + std::to_string(style < 0 ? 121 : style) + ", " +
             std::to_string(value.type.scale) + ")";
    case SqlType::uniqueidentifier: return "upper((" + value.sql + ")::text)";
    case SqlType::sql_variant: return "tds.variant_text(" + value.sql + ")";
    case SqlType::hierarchyid: return "tds.hierarchy_text(" + value.sql + ")";
    case SqlType::geometry:
    case SqlType::geography:
      return "tds.shape_text(" + value.sql + ", " + (value.type.type == SqlType::geography ? "true" : "false") +
             ", true)";
    case SqlType::binary:
    case SqlType::varbinary:
    case SqlType::image:
    case SqlType::timestamp: return "tds.bytes_text(" + value.sql + ", " + number + ", 1252)";
    default: return text(value);
  }
}

// Silent truncation of CAST, padding of fixed lengths.
std::string Binder::cut_to(const std::string& sql, const TypeInfo& to) {
  const int limit = length_in_units(to);
  if (limit < 0) return sql;
  const int mode = code_page_mode(to, catalog_.collation());
  const bool bytes = mode == 65001 || mode == 932 || mode == 936 || mode == 949 || mode == 950;
  const bool fixed = to.type == SqlType::char_ || to.type == SqlType::nchar;
  const std::string length = std::to_string(limit);
  if (bytes)
    return std::string("tds.cut_bytes(") + sql + ", " + length + ", " + std::to_string(mode) + ", " +
           (fixed ? "true)" : "false)");
  return std::string(fixed ? "tds.pad(" : "tds.cut(") + sql + ", " + length + ")";
}

// Characters that the target's code page lacks become '?'.
std::string Binder::into_code_page(const Typed& value, const std::string& sql, const TypeInfo& to) {
  if (is_unicode(to.type) || to.type == SqlType::xml) return sql;
  const int page = code_page_mode(to, catalog_.collation());
  if (page == 65001) return sql;
  if (!is_unicode(value.type.type) &&
      (!is_character(value.type.type) || code_page_mode(value.type, catalog_.collation()) == page) && !value.constant)
    return sql;
  return "tds.to_page(" + sql + ", " + std::to_string(page) + ")";
}

Typed Binder::to_character(const Typed& value, const TypeInfo& to, Conversion mode, int style) {
  const TypeInfo& from = value.type;
  if (is_character(from.type) || from.type == SqlType::xml) {
    const int have = length_in_units(from), limit = length_in_units(to);
    const bool fits = limit < 0 || (have >= 0 && have <= limit);
    const bool fixed = to.type == SqlType::char_ || to.type == SqlType::nchar;
    const bool pads = fixed && !(have == limit && (from.type == SqlType::char_ || from.type == SqlType::nchar));
    const std::string plain = text(value);
    const std::string paged = into_code_page(value, plain, to);
    if (fits && !pads && paged == plain && to.type != SqlType::xml) {
      Typed same = value;
      same.type = to;
      return same;
    }
    std::string sql = fits && !pads ? paged : cut_to(paged, to);
    if (to.type == SqlType::xml) sql = "tds.to_xml(" + sql + ")";
    return make_text(sql, to, value.nullable);
  }
  if (family(from.type) == Family::clr && from.type != SqlType::hierarchyid && mode == Conversion::implicit)
    throw clash(from, to);
  const int limit = length_in_units(to);
  if (family(from.type) == Family::binary) {
    const std::string page = std::to_string(is_unicode(to.type) ? 1200 : code_page_mode(to, catalog_.collation()));
    std::string sql = "tds.bytes_text(" + value.sql + ", " + std::to_string(std::max(style, 0)) + ", " + page + ")";
    const int characters = style >= 1 ? (from.max_length < 0 ? -1 : from.max_length * 2 + 2)
                                      : (is_unicode(to.type) ? (from.max_length + 1) / 2 : from.max_length);
    const bool fits = limit < 0 || (from.max_length > 0 && characters <= limit && to.type != SqlType::char_ &&
                                    to.type != SqlType::nchar);
    return make_text(fits ? sql : cut_to(sql, to), to, value.nullable);
  }
  std::string sql = character_sql(value, style);
  // The longest text each type can give; a shorter target is where SQL Server answers '*' or an
  // error.
  int longest = 64;
  switch (from.type) {
    case SqlType::bit: longest = 1; break;
    case SqlType::tinyint: longest = 3; break;
    case SqlType::smallint: longest = 6; break;
    case SqlType::int_: longest = 11; break;
    case SqlType::bigint: longest = 20; break;
    case SqlType::uniqueidentifier: longest = 36; break;
    case SqlType::date: longest = style < 0 ? 10 : 30; break;
    case SqlType::decimal:
    case SqlType::numeric: longest = from.precision + 3; break;
    case SqlType::hierarchyid:
    case SqlType::geometry:
    case SqlType::geography: longest = 1 << 20; break;
    default: break;
  }
  const bool fixed = to.type == SqlType::char_ || to.type == SqlType::nchar;
  if (limit >= 0 && limit < longest) {
    const std::string length = std::to_string(limit);
    if (family(from.type) == Family::integer) {
      sql = "tds.short_integer_text(" + sql + ", " + length + ", " + (is_unicode(to.type) ? "true" : "false") + ")";
    } else if (is_numeric(from.type)) {
      sql = "tds.short_number_text(" + sql + ", " + length + ", " + pg_literal(name_of(from)) + ", " +
            pg_literal(name_of(to)) + ")";
    } else if (from.type == SqlType::uniqueidentifier) {
      throw error(8170, "Insufficient result space to convert uniqueidentifier value to char.", 16, 2);
    } else {
      sql = cut_to(sql, to);
    }
  }
  if (fixed) sql = cut_to(sql, to);
  return make_text(sql, to, value.nullable);
}

// ---- to numbers

namespace {
// Blanks around a number in a string are ignored, an empty string is 0.
std::string trimmed_number(const std::string& text) {
  return "COALESCE(NULLIF(btrim(" + text + ", E' \\t\\n\\r'), ''), '0')";
}
}  // namespace

Typed Binder::to_integer(const Typed& value, const TypeInfo& to) {
  const TypeInfo& from = value.type;
  std::string whole;  // of some PostgreSQL number type without a fraction
  switch (family(from.type)) {
    case Family::integer: whole = value.sql; break;
    case Family::exact:
      if (to.type == SqlType::bit) return make("((" + value.sql + ") <> 0)::int4::int2", to, value.nullable);
      whole = from.type == SqlType::money || from.type == SqlType::smallmoney ? "round(" + value.sql + ")"
                                                                              : "trunc(" + value.sql + ")";
      break;
    case Family::approximate:
      if (to.type == SqlType::bit) return make("((" + value.sql + ") <> 0)::int4::int2", to, value.nullable);
      whole = "trunc((" + value.sql + ")::float8)";
      break;
    case Family::character:
      saw_unicode_ = is_unicode(from.type);
      if (to.type == SqlType::bit) return make("tds.text_to_bit(" + text(value) + ")", to, value.nullable);
      whole = trimmed_number(text(value)) + (to.type == SqlType::bigint ? "::int8" : "::int4");
      break;
    case Family::date:
      if (from.type != SqlType::datetime && from.type != SqlType::smalldatetime) throw explicit_forbidden(from, to);
      whole = "round((" + value.sql + " - " + kEpoch1900 + ")::numeric / " + kDay + ")";
      break;
    case Family::binary: whole = "tds.bytes_to_int(" + value.sql + ", " + std::to_string(to.max_length) + ")"; break;
    default: throw clash(from, to);
  }
  switch (to.type) {
    case SqlType::bit: return make("((" + whole + ") <> 0)::int4::int2", to, value.nullable);
    case SqlType::tinyint:
      if (from.type == SqlType::bit) return make(value.sql, to, value.nullable);
      return make("tds.to_tinyint((" + whole + ")::int8)", to, value.nullable);
    case SqlType::smallint:
      if (from.type == SqlType::bit || from.type == SqlType::tinyint) return make(value.sql, to, value.nullable);
      return make("tds.to_smallint((" + whole + ")::int8)", to, value.nullable);
    default: return make("(" + whole + ")::" + std::string(pg_type(to.type)), to, value.nullable);
  }
}

Typed Binder::to_exact(const Typed& value, const TypeInfo& to) {
  const TypeInfo& from = value.type;
  const bool money = to.type == SqlType::money || to.type == SqlType::smallmoney;
  std::string number;
  bool bounded = false;
  switch (family(from.type)) {
    case Family::integer:
    case Family::exact: {
      number = "(" + value.sql + ")::numeric";
      const TypeInfo source = as_decimal(from);
      bounded =
          !money && source.precision - source.scale < to.precision - to.scale + (source.scale <= to.scale ? 1 : 0);
      break;
    }
    case Family::approximate: number = "tds.float_numeric((" + value.sql + ")::float8)"; break;
    case Family::character:
      saw_unicode_ = is_unicode(from.type);
      number = money ? "tds.text_to_money(" + text(value) + ")"
                     : "tds.text_to_numeric(" + text(value) + ", " + (is_unicode(from.type) ? "true" : "false") + ")";
      break;
    case Family::date:
      if (from.type != SqlType::datetime && from.type != SqlType::smalldatetime) throw explicit_forbidden(from, to);
      number = "((" + value.sql + " - " + kEpoch1900 + ")::numeric / " + kDay + ")";
      break;
    case Family::binary:
      if (!money) throw not_supported("the conversion of " + name_of(from) + " to " + name_of(to));
      number = "(tds.bytes_to_int(" + value.sql + ", 8)::numeric / 10000)";
      break;
    default: throw clash(from, to);
  }
  if (money) return make("tds.to_" + name_of(to) + "(" + number + ")", to, value.nullable);
  if (bounded) return make("round(" + number + ", " + std::to_string(to.scale) + ")", to, value.nullable);
  return make("(" + number + ")::numeric(" + std::to_string(to.precision) + "," + std::to_string(to.scale) + ")", to,
              value.nullable);
}

Typed Binder::to_approximate(const Typed& value, const TypeInfo& to) {
  const std::string target = "::" + std::string(pg_type(to.type));
  switch (family(value.type.type)) {
    case Family::integer:
    case Family::exact:
    case Family::approximate: return make("(" + value.sql + ")" + target, to, value.nullable);
    case Family::character:
      saw_unicode_ = is_unicode(value.type.type);
      return make(
          "tds.text_to_float(" + text(value) + ", " + (is_unicode(value.type.type) ? "true" : "false") + ")" + target,
          to, value.nullable);
    case Family::date:
      if (value.type.type != SqlType::datetime && value.type.type != SqlType::smalldatetime)
        throw explicit_forbidden(value.type, to);
      return make("((" + value.sql + " - " + kEpoch1900 + ")::float8 / " + kDay + ")" + target, to, value.nullable);
    default: throw clash(value.type, to);
  }
}

// ---- to dates and times

namespace {

// Brings a tick count of any precision onto the grid and into the range of a type.
std::string onto_grid(const std::string& ticks, const TypeInfo& to) {
  static constexpr std::array<std::string_view, 8> kUnits = {"10000000", "1000000", "100000", "10000",
                                                             "1000",     "100",     "10",     "1"};
  switch (to.type) {
    case SqlType::datetime: return "tds.in_datetime(tds.datetime_grid(" + ticks + "))";
    case SqlType::smalldatetime: return "tds.in_smalldatetime(" + ticks + ")";
    case SqlType::time:
      return to.scale == 7 ? ticks : "tds.time_grid(" + ticks + ", " + std::string(kUnits[to.scale]) + ")";
    default: return to.scale == 7 ? ticks : "tds.ticks_grid(" + ticks + ", " + std::string(kUnits[to.scale]) + ")";
  }
}

// Whether every value of `from` is one of `to` already.
bool on_grid(const TypeInfo& from, const TypeInfo& to) {
  if (from.type == SqlType::smalldatetime) return to.type == SqlType::datetime || to.type == SqlType::datetime2;
  if (from.type == SqlType::datetime) return to.type == SqlType::datetime2 && to.scale == 7;
  if (from.type == to.type && (from.type == SqlType::datetime2 || from.type == SqlType::time))
    return from.scale <= to.scale;
  return false;
}

const char* kind_of(SqlType type) {
  switch (type) {
    case SqlType::time: return "'time'";
    case SqlType::smalldatetime: return "'smalldatetime'";
    case SqlType::datetime: return "'datetime'";
    default: return "'datetime2'";
  }
}

}  // namespace

Typed Binder::to_date(const Typed& value, const TypeInfo& to, int style) {
  const TypeInfo& from = value.type;
  const std::string x = "(" + value.sql + ")";
  if (is_character(from.type)) {
    const std::string arguments = text(value) + ", " + std::to_string(std::max(style, 0));
    if (to.type == SqlType::date) return make("tds.text_to_date(" + arguments + ")", to, value.nullable);
    if (to.type == SqlType::datetimeoffset) {
      return make("tds.instant_grid(tds.text_to_instant(" + arguments + "), " + std::to_string(to.scale) + ")", to,
                  value.nullable);
    }
    return make(onto_grid("tds.text_to_ticks(" + arguments + ", " + kind_of(to.type) + ")", to), to, value.nullable);
  }
  if (is_numeric(from.type)) {
    if (to.type != SqlType::datetime && to.type != SqlType::smalldatetime) throw clash(from, to);
    const std::string days = family(from.type) == Family::integer ? x + "::int8 * " + kDay
                                                                  : "round(" + x + "::numeric * " + kDay + ")::int8";
    return make(onto_grid("(" + kEpoch1900 + " + " + days + ")", to), to, value.nullable);
  }
  if (family(from.type) == Family::binary && to.type == SqlType::datetime)
    return make("tds.bytes_to_datetime(" + value.sql + ")", to, value.nullable);
  if (family(from.type) != Family::date) throw clash(from, to);
  if ((from.type == SqlType::time && to.type == SqlType::date) ||
      (from.type == SqlType::date && to.type == SqlType::time))
    throw clash(from, to);
  std::string ticks;  // local ticks since 0001-01-01, or since midnight for a time
  if (from.type == SqlType::date) {
    ticks = "tds.date_ticks(" + value.sql + ")";
  } else if (from.type == SqlType::datetimeoffset) {
    ticks = "tds.local_ticks(" + value.sql + ")";
  } else {
    ticks = x;
  }
  switch (to.type) {
    case SqlType::date: return make("tds.ticks_date(" + ticks + ")", to, value.nullable);
    case SqlType::time:
      if (from.type != SqlType::time) ticks = "(" + ticks + " % " + kDay + ")";
      return make(on_grid(from, to) ? ticks : onto_grid(ticks, to), to, value.nullable);
    case SqlType::datetimeoffset:
      if (from.type == SqlType::datetimeoffset)
        return make("tds.instant_grid(" + value.sql + ", " + std::to_string(to.scale) + ")", to, value.nullable);
      if (from.type == SqlType::time) ticks = "(" + ticks + " + " + kEpoch1900 + ")";
      return make("tds.instant_of(" +
                      (to.scale < from.scale || from.type == SqlType::datetime
                           ? onto_grid(ticks, make_time(SqlType::datetime2, to.scale))
                           : ticks) +
                      ", 0)",
                  to, value.nullable);
    default:
      if (from.type == SqlType::time) ticks = "(" + ticks + " + " + kEpoch1900 + ")";
      if (on_grid(from, to) || (from.type == SqlType::date && to.type == SqlType::datetime2))
        return make(ticks, to, value.nullable);
      return make(onto_grid(ticks, to), to, value.nullable);
  }
}

// ---- to binary, uniqueidentifier, sql_variant

Typed Binder::to_binary(const Typed& value, const TypeInfo& to, int style) {
  const TypeInfo& from = value.type;
  const bool fixed = to.type == SqlType::binary || to.type == SqlType::timestamp;
  const std::string length = std::to_string(to.max_length);
  const std::string x = "(" + value.sql + ")";
  const auto sized = [&](const std::string& bytes, int source_length) {
    // Strings and binaries keep their left part.
    const bool fits = to.max_length < 0 || is_lob(to.type) || (source_length >= 0 && source_length <= to.max_length);
    std::string sql = fits ? bytes : "substring(" + bytes + " from 1 for " + length + ")";
    if (fixed && source_length != to.max_length) sql = "tds.pad_bytes(" + sql + ", " + length + ")";
    return make(sql, to, value.nullable);
  };
  switch (family(from.type)) {
    case Family::binary: return sized(value.sql, from.type == SqlType::image ? -1 : from.max_length);
    case Family::clr: return sized(value.sql, -1);
    case Family::character:
    case Family::xml: {
      if (style == 1 || style == 2)
        return sized("tds.hex_to_bytes(" + text(value) + ", " + std::to_string(style) + ")", -1);
      const int page = is_unicode(from.type) ? 1200 : code_page_mode(from, catalog_.collation());
      return sized("tds.text_to_bytes(" + text(value) + ", " + std::to_string(page) + ")", from.max_length);
    }
    case Family::guid: return sized("tds.guid_to_bytes(" + value.sql + ")", 16);
    default: break;
  }
  // Numbers keep their right part.
  std::string bytes;
  switch (from.type) {
    case SqlType::bit:
    case SqlType::tinyint: bytes = "substring(int2send(" + x + "::int2) from 2)"; break;
    case SqlType::smallint: bytes = "int2send(" + x + "::int2)"; break;
    case SqlType::int_: bytes = "int4send(" + x + "::int4)"; break;
    case SqlType::bigint: bytes = "int8send(" + x + "::int8)"; break;
    case SqlType::money: bytes = "int8send((" + x + " * 10000)::int8)"; break;
    case SqlType::smallmoney: bytes = "int4send((" + x + " * 10000)::int4)"; break;
    case SqlType::real: bytes = "float4send(" + x + "::float4)"; break;
    case SqlType::float_: bytes = "float8send(" + x + "::float8)"; break;
    case SqlType::datetime: bytes = "tds.datetime_to_bytes(" + x + ")"; break;
    case SqlType::decimal:
    case SqlType::numeric:
      bytes =
          "tds.numeric_to_bytes(" + x + ", " + std::to_string(from.precision) + ", " + std::to_string(from.scale) + ")";
      break;
    default: throw not_supported("the conversion of " + name_of(from) + " to " + name_of(to));
  }
  if (to.max_length < 0 || is_lob(to.type)) return make(bytes, to, value.nullable);
  return make("tds.right_bytes(" + bytes + ", " + length + ", " + (fixed ? "true" : "false") + ")", to, value.nullable);
}

Typed Binder::to_guid(const Typed& value, const TypeInfo& to) {
  if (is_character(value.type.type)) return make("tds.text_to_guid(" + text(value) + ")", to, value.nullable);
  if (family(value.type.type) == Family::binary)
    return make("tds.bytes_to_guid(" + value.sql + ")", to, value.nullable);
  throw clash(value.type, to);
}

Typed Binder::to_variant(const Typed& value) {
  TypeInfo base = value.type;
  if (is_max(base) && (is_character(base.type) || family(base.type) == Family::binary)) {
    if (is_lob(base.type)) throw clash(base, make_type(SqlType::sql_variant));
    base.max_length = 8000;
  }
  if (family(base.type) == Family::xml || family(base.type) == Family::clr || base.type == SqlType::timestamp)
    throw clash(base, make_type(SqlType::sql_variant));
  const bool binary = family(base.type) == Family::binary;
  std::string canonical;
  switch (family(base.type)) {
    case Family::approximate: canonical = "(" + value.sql + ")::text"; break;
    case Family::exact: canonical = "round(" + value.sql + ", " + std::to_string(base.scale) + ")::text"; break;
    case Family::binary: canonical = "(" + value.sql + ")"; break;
    case Family::date:
      if (base.type == SqlType::date) {
        canonical = "(" + value.sql + ")::text";
      } else if (base.type == SqlType::datetimeoffset) {
        canonical = "tds.instant_text(" + value.sql + ", 121, " + std::to_string(base.scale) + ")";
      } else {
        canonical = "tds.moment_text(" + value.sql + ", 121, " +
                    std::to_string(base.type == SqlType::datetime ? 3 : base.scale) + ", " +
                    (base.type == SqlType::time            ? "'t'"
                     : base.type == SqlType::smalldatetime ? "'c'"
                     : base.type == SqlType::datetime      ? "'m'"
                                                           : "'2'") +
                    ")";
      }
      break;
    default: canonical = text(value); break;
  }
  const std::string head = std::to_string(static_cast<int>(base.type)) + "::int2, " + std::to_string(base.max_length) +
                           ", " + std::to_string(base.precision) + "::int2, " + std::to_string(base.scale) +
                           "::int2, " + pg_literal(is_character(base.type) ? collation_of(value) : std::string()) +
                           "::text, ";
  const std::string row =
      "ROW(" + head + (binary ? "NULL::text, " + canonical : canonical + ", NULL::bytea") + ")::tds.variant";
  if (!value.nullable) return make(row, make_type(SqlType::sql_variant), false);
  return make("CASE WHEN " + canonical + " IS NOT NULL THEN " + row + " END", make_type(SqlType::sql_variant), true);
}

Typed Binder::from_variant(const Typed& value, const TypeInfo& to, Conversion mode, int style) {
  if (family(to.type) == Family::binary) {
    Typed bytes = make("tds.variant_bytes(" + value.sql + ")", make_binary(SqlType::varbinary, -1), value.nullable);
    return convert(bytes, to, Conversion::cast);
  }
  TypeInfo base =
      make_character(is_unicode(to.type) || mode == Conversion::implicit ? SqlType::nvarchar : SqlType::varchar, -1);
  Typed characters = make_text("tds.variant_text(" + value.sql + ")", character_type(base, -1), value.nullable);
  if (is_numeric(to.type) && family(to.type) == Family::integer) {
    // 1.5 in a variant becomes 1: through a number.
    return convert(convert(characters, make_decimal(38, 10), Conversion::cast), to, Conversion::cast, style);
  }
  return convert(characters, to, Conversion::cast, style);
}

// TRY_CAST: NULL where CAST would fail.
Typed Binder::attempt(const Typed& value, const TypeInfo& to, int style) {
  if (value.constant && style < 0) {
    try {
      if (auto folded = fold(value, to)) return *folded;
    } catch (const EngineError&) {
      return literal(to, Value{});
    }
  }
  const Typed converted = convert(value, to, Conversion::cast, style);
  const bool can_fail = is_character(value.type.type) || (is_numeric(value.type.type) && is_numeric(to.type));
  if (!can_fail || is_character(to.type) || family(to.type) == Family::binary) return converted;
  const std::string check = "tds.convertible(" + text(value) + ", " + pg_literal(name_of(to)) + ", " +
                            std::to_string(to.precision) + ", " + std::to_string(to.scale) + ", " +
                            std::to_string(std::max(style, 0)) + ", " +
                            (is_numeric(value.type.type) ? "true" : "false") + ")";
  return make("CASE WHEN " + check + " THEN " + converted.sql + " END", to, true);
}

// ---- for a column

Typed Binder::store(const Typed& value, const TypeInfo& to, const std::string& table, const std::string& column) {
  const int limit = length_in_units(to);
  const bool sized =
      (is_character(to.type) || family(to.type) == Family::binary) && limit >= 0 && to.type != SqlType::timestamp;
  if (!sized || value.null_literal || (value.constant && value.constant->null))
    return convert(value, to, Conversion::implicit);
  const bool sized_source = is_character(value.type.type) || family(value.type.type) == Family::binary;
  if (!sized_source || family(value.type.type) != family(to.type)) return convert(value, to, Conversion::implicit);
  const auto truncated = [&](std::string_view kept) {
    return error(2628, "String or binary data would be truncated in table '" + table + "', column '" + column +
                           "'. Truncated value: '" + std::string(kept) + "'.");
  };
  TypeInfo unlimited = is_character(to.type)
                           ? make_character(is_unicode(to.type) ? SqlType::nvarchar : SqlType::varchar, -1)
                           : make_binary(SqlType::varbinary, -1);
  unlimited.collation = to.collation;
  const int page = code_page_mode(to, catalog_.collation());
  const bool counts_bytes =
      is_character(to.type) && (page == 65001 || page == 932 || page == 936 || page == 949 || page == 950);
  if (value.constant && !counts_bytes &&
      (is_unicode(to.type) || !is_character(to.type) ||
       to_stored_text(value.constant->bytes).size() == utf16_length(value.constant->bytes))) {
    try {
      return literal(to, make_value(fit_length(value.constant->bytes, to)));
    } catch (const EngineError&) {
      throw truncated(is_character(to.type) ? utf16_prefix(value.constant->bytes, static_cast<std::size_t>(limit))
                                            : std::string_view());
    }
  }
  const Typed wide = convert(value, unlimited, Conversion::implicit);
  const std::string length = std::to_string(limit);
  const std::string names = pg_literal(to_stored_text(table)) + ", " + pg_literal(to_stored_text(column));
  if (family(to.type) == Family::binary) {
    const bool fits = value.type.max_length >= 0 && !is_lob(value.type.type) && value.type.max_length <= limit;
    std::string sql = fits ? wide.sql : "tds.fit_bytes(" + wide.sql + ", " + length + ", " + names + ")";
    if (to.type == SqlType::binary && value.type.max_length != limit)
      sql = "tds.pad_bytes(" + sql + ", " + length + ")";
    return make(sql, to, value.nullable);
  }
  const int have = length_in_units(value.type);
  const bool fixed = to.type == SqlType::char_ || to.type == SqlType::nchar;
  std::string sql = text(wide);
  const bool fits = !counts_bytes && have >= 0 && have <= limit;
  if (!fits)
    sql = "tds.fit(" + sql + ", " + length + ", " + std::to_string(counts_bytes ? page : 0) + ", " + names + ")";
  if (fixed && counts_bytes) {
    sql = "tds.cut_bytes(" + sql + ", " + length + ", " + std::to_string(page) + ", true)";
  } else if (fixed && !(have == limit && (value.type.type == SqlType::char_ || value.type.type == SqlType::nchar))) {
    sql = "tds.pad(" + sql + ", " + length + ")";
  }
  return make_text(sql, to, value.nullable);
}

}  // namespace tds_server::engine
