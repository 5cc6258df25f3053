#include "types.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "text.hpp"

namespace tds_server::engine {
namespace {

struct TypeRow {
  SqlType type;
  std::string_view name;
  Family family;
  int system_type_id;
  int user_type_id;
  int precedence;  // Data type precedence, from lowest to highest
  std::string_view pg_type;
  int max_length;
  int precision;
  int scale;
};

constexpr std::array<TypeRow, 33> kTypes = {{
    {SqlType::bit, "bit", Family::integer, 104, 104, 14, "int2", 1, 1, 0},
    {SqlType::tinyint, "tinyint", Family::integer, 48, 48, 15, "int2", 1, 3, 0},
    {SqlType::smallint, "smallint", Family::integer, 52, 52, 16, "int2", 2, 5, 0},
    {SqlType::int_, "int", Family::integer, 56, 56, 17, "int4", 4, 10, 0},
    {SqlType::bigint, "bigint", Family::integer, 127, 127, 18, "int8", 8, 19, 0},
    {SqlType::decimal, "decimal", Family::exact, 106, 106, 21, "numeric", 9, 18, 0},
    {SqlType::numeric, "numeric", Family::exact, 108, 108, 21, "numeric", 9, 18, 0},
    {SqlType::money, "money", Family::exact, 60, 60, 20, "numeric", 8, 19, 4},
    {SqlType::smallmoney, "smallmoney", Family::exact, 122, 122, 19, "numeric", 4, 10, 4},
    {SqlType::real, "real", Family::approximate, 59, 59, 22, "float4", 4, 24, 0},
    {SqlType::float_, "float", Family::approximate, 62, 62, 23, "float8", 8, 53, 0},
    {SqlType::date, "date", Family::date, 40, 40, 25, "date", 3, 10, 0},
    {SqlType::time, "time", Family::date, 41, 41, 24, "int8", 5, 16, 7},
    {SqlType::smalldatetime, "smalldatetime", Family::date, 58, 58, 26, "int8", 4, 16, 0},
    {SqlType::datetime, "datetime", Family::date, 61, 61, 27, "int8", 8, 23, 3},
    {SqlType::datetime2, "datetime2", Family::date, 42, 42, 28, "int8", 8, 27, 7},
    {SqlType::datetimeoffset, "datetimeoffset", Family::date, 43, 43, 29, "tds.instant", 10, 34, 7},
    {SqlType::char_, "char", Family::character, 175, 175, 5, "bpchar", 1, 0, 0},
    {SqlType::varchar, "varchar", Family::character, 167, 167, 6, "bpchar", 1, 0, 0},
    {SqlType::text, "text", Family::character, 35, 35, 11, "bpchar", 16, 0, 0},
    {SqlType::nchar, "nchar", Family::character, 239, 239, 7, "bpchar", 2, 0, 0},
    {SqlType::nvarchar, "nvarchar", Family::character, 231, 231, 8, "bpchar", 2, 0, 0},
    {SqlType::ntext, "ntext", Family::character, 99, 99, 12, "bpchar", 16, 0, 0},
    {SqlType::binary, "binary", Family::binary, 173, 173, 1, "bytea", 1, 0, 0},
    {SqlType::varbinary, "varbinary", Family::binary, 165, 165, 2, "bytea", 1, 0, 0},
    {SqlType::image, "image", Family::binary, 34, 34, 10, "bytea", 16, 0, 0},
    {SqlType::timestamp, "timestamp", Family::binary, 189, 189, 9, "bytea", 8, 0, 0},
    {SqlType::uniqueidentifier, "uniqueidentifier", Family::guid, 36, 36, 13, "uuid", 16, 0, 0},
    {SqlType::xml, "xml", Family::xml, 241, 241, 30, "bpchar", -1, 0, 0},
    {SqlType::sql_variant, "sql_variant", Family::variant, 98, 98, 31, "tds.variant", 8016, 0, 0},
    {SqlType::hierarchyid, "hierarchyid", Family::clr, 240, 128, 32, "bytea", 892, 0, 0},
    {SqlType::geometry, "geometry", Family::clr, 240, 129, 33, "bytea", -1, 0, 0},
    {SqlType::geography, "geography", Family::clr, 240, 130, 34, "bytea", -1, 0, 0},
}};

const TypeRow& row(SqlType type) {
  return *std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& candidate) { return candidate.type == type; });
}

int decimal_bytes(int precision) { return precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17; }

// SQL Server keeps at most 38 digits: the scale gives way, but not below 6 where it had that many.
TypeInfo capped_decimal(int precision, int scale) {
  if (precision > 38) {
    const int integral = precision - scale;
    scale = std::max(std::min(scale, 6), std::min(scale, 38 - integral));
    precision = 38;
  }
  return make_decimal(precision, scale, SqlType::numeric);
}

}  // namespace

Family family(SqlType type) { return row(type).family; }
bool is_unicode(SqlType type) {
  return type == SqlType::nchar || type == SqlType::nvarchar || type == SqlType::ntext || type == SqlType::xml;
}
bool is_character(SqlType type) { return family(type) == Family::character; }
bool is_lob(SqlType type) { return type == SqlType::text || type == SqlType::ntext || type == SqlType::image; }
bool is_numeric(SqlType type) {
  const Family f = family(type);
  return f == Family::integer || f == Family::exact || f == Family::approximate;
}
bool is_time_like(SqlType type) {
  return type == SqlType::time || type == SqlType::smalldatetime || type == SqlType::datetime ||
         type == SqlType::datetime2;
}
int precedence(SqlType type) { return row(type).precedence; }
std::string_view type_name(SqlType type) { return row(type).name; }
int system_type_id(SqlType type) { return row(type).system_type_id; }
int user_type_id(SqlType type) { return row(type).user_type_id; }
std::string_view pg_type(SqlType type) { return row(type).pg_type; }

std::optional<SqlType> type_by_name(std::string_view name) {
  const std::string key = lower(name);
  for (const TypeRow& candidate : kTypes) {
    if (candidate.name == key) return candidate.type;
  }
  static constexpr std::pair<std::string_view, SqlType> kSynonyms[] = {{"integer", SqlType::int_},
                                                                       {"dec", SqlType::decimal},
                                                                       {"rowversion", SqlType::timestamp},
                                                                       {"sysname", SqlType::nvarchar},
                                                                       {"character", SqlType::char_}};
  for (const auto& [synonym, type] : kSynonyms) {
    if (synonym == key) return type;
  }
  return std::nullopt;
}

std::string declared_name(const TypeInfo& type) {
  std::string name(type_name(type.type));
  switch (type.type) {
    case SqlType::decimal:
    case SqlType::numeric: return name + "(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case SqlType::time:
    case SqlType::datetime2:
    case SqlType::datetimeoffset: return name + "(" + std::to_string(type.scale) + ")";
    case SqlType::char_:
    case SqlType::varchar:
    case SqlType::nchar:
    case SqlType::nvarchar:
    case SqlType::binary:
    case SqlType::varbinary:
      return name + "(" + (is_max(type) ? std::string("max") : std::to_string(length_in_units(type))) + ")";
    default: return name;
  }
}

TypeInfo make_type(SqlType type) {
  const TypeRow& entry = row(type);
  TypeInfo info;
  info.type = type;
  info.max_length = entry.max_length;
  info.precision = static_cast<std::uint8_t>(entry.precision);
  info.scale = static_cast<std::uint8_t>(entry.scale);
  return info;
}

TypeInfo make_decimal(int precision, int scale, SqlType type) {
  TypeInfo info = make_type(type);
  info.precision = static_cast<std::uint8_t>(std::clamp(precision, 1, 38));
  info.scale = static_cast<std::uint8_t>(std::clamp(scale, 0, 38));
  info.max_length = decimal_bytes(info.precision);
  return info;
}

TypeInfo make_character(SqlType type, int units) {
  TypeInfo info = make_type(type);
  if (is_lob(type) || type == SqlType::xml) return info;
  const int width = is_unicode(type) ? 2 : 1;
  info.max_length = units < 0 ? -1 : std::max(units, 1) * width;
  if (info.max_length > 8000) info.max_length = 8000;
  return info;
}

TypeInfo make_binary(SqlType type, int bytes) {
  TypeInfo info = make_type(type);
  if (is_lob(type) || type == SqlType::timestamp) return info;
  info.max_length = bytes < 0 ? -1 : std::clamp(bytes, 1, 8000);
  return info;
}

TypeInfo make_time(SqlType type, int scale) {
  TypeInfo info = make_type(type);
  info.scale = static_cast<std::uint8_t>(scale);
  const int fraction = scale == 0 ? 0 : scale + 1;
  const int time_bytes = scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
  if (type == SqlType::time) {
    info.precision = static_cast<std::uint8_t>(8 + fraction);
    info.max_length = time_bytes;
  } else if (type == SqlType::datetime2) {
    info.precision = static_cast<std::uint8_t>(19 + fraction);
    info.max_length = time_bytes + 3;
  } else {
    info.precision = static_cast<std::uint8_t>(26 + fraction);
    info.max_length = time_bytes + 5;
  }
  return info;
}

int length_in_units(const TypeInfo& type) {
  if (type.max_length < 0 || is_lob(type.type) || type.type == SqlType::xml) return -1;
  return is_unicode(type.type) ? type.max_length / 2 : type.max_length;
}

bool is_max(const TypeInfo& type) { return length_in_units(type) < 0; }

TypeInfo as_decimal(const TypeInfo& type) {
  switch (type.type) {
    case SqlType::bit: return make_decimal(1, 0, SqlType::numeric);
    case SqlType::tinyint: return make_decimal(3, 0, SqlType::numeric);
    case SqlType::smallint: return make_decimal(5, 0, SqlType::numeric);
    case SqlType::int_: return make_decimal(10, 0, SqlType::numeric);
    case SqlType::bigint: return make_decimal(19, 0, SqlType::numeric);
    case SqlType::money: return make_decimal(19, 4, SqlType::numeric);
    case SqlType::smallmoney: return make_decimal(10, 4, SqlType::numeric);
    default: return type;
  }
}

namespace {

TypeInfo common_character(const TypeInfo& winner, const TypeInfo& a, const TypeInfo& b) {
  TypeInfo result = winner;
  if (is_lob(winner.type) || winner.type == SqlType::xml) return result;
  const bool max = is_max(a) || is_max(b);
  // A char that meets a char of another length gives the longer one; anything varying gives a
  // varying type.
  if (a.type != b.type || max) {
    if (result.type == SqlType::char_) result.type = SqlType::varchar;
    if (result.type == SqlType::nchar) result.type = SqlType::nvarchar;
    if ((a.type == SqlType::nvarchar || b.type == SqlType::nvarchar || a.type == SqlType::varchar ||
         b.type == SqlType::varchar) &&
        result.type == SqlType::nchar) {
      result.type = SqlType::nvarchar;
    }
  }
  const auto units = [](const TypeInfo& t) { return is_character(t.type) ? length_in_units(t) : 30; };
  result = make_character(result.type, max ? -1 : std::max(units(a), units(b)));
  result.collation = !a.collation.empty() ? a.collation : b.collation;
  return result;
}

}  // namespace

TypeInfo common_type(const TypeInfo& a, const TypeInfo& b) {
  const TypeInfo& winner = precedence(a.type) >= precedence(b.type) ? a : b;
  const TypeInfo& other = &winner == &a ? b : a;
  const Family f = family(winner.type);
  if (f == Family::character) {
    if (family(other.type) == Family::character) return common_character(winner, a, b);
    TypeInfo result = winner;  // a binary meets a string
    return result;
  }
  if (winner.type == SqlType::decimal || winner.type == SqlType::numeric) {
    if (!is_numeric(other.type)) return winner;
    const TypeInfo left = as_decimal(winner), right = as_decimal(other);
    const int scale = std::max(left.scale, right.scale);
    const int integral = std::max(left.precision - left.scale, right.precision - right.scale);
    TypeInfo result = capped_decimal(integral + scale, scale);
    result.type = winner.type;
    return result;
  }
  if (f == Family::binary && family(other.type) == Family::binary) {
    if (winner.type == SqlType::timestamp || is_lob(winner.type)) return winner;
    const bool max = winner.max_length < 0 || other.max_length < 0;
    const SqlType type = winner.type == other.type ? winner.type : SqlType::varbinary;
    return make_binary(max ? SqlType::varbinary : type, max ? -1 : std::max(winner.max_length, other.max_length));
  }
  if ((winner.type == SqlType::datetime2 || winner.type == SqlType::datetimeoffset) &&
      family(other.type) == Family::date) {
    const int other_scale = other.type == SqlType::datetime                                       ? 7
                            : other.type == SqlType::date || other.type == SqlType::smalldatetime ? 0
                                                                                                  : other.scale;
    return make_time(winner.type, std::max<int>(winner.scale, other_scale));
  }
  if (winner.type == SqlType::time && other.type == SqlType::time)
    return make_time(SqlType::time, std::max(winner.scale, other.scale));
  return winner;
}

TypeInfo arithmetic_type(char op, const TypeInfo& a, const TypeInfo& b) {
  const TypeInfo& winner = precedence(a.type) >= precedence(b.type) ? a : b;
  if (winner.type == SqlType::bit) return make_type(SqlType::int_);
  if (winner.type != SqlType::decimal && winner.type != SqlType::numeric) return make_type(winner.type);
  const TypeInfo left = as_decimal(a), right = as_decimal(b);
  const int p1 = left.precision, s1 = left.scale, p2 = right.precision, s2 = right.scale;
  switch (op) {
    case '*': return capped_decimal(p1 + p2 + 1, s1 + s2);
    case '/': {
      const int scale = std::max(6, s1 + p2 + 1);
      return capped_decimal(p1 - s1 + s2 + scale, scale);
    }
    case '%': return capped_decimal(std::min(p1 - s1, p2 - s2) + std::max(s1, s2), std::max(s1, s2));
    default: return capped_decimal(std::max(p1 - s1, p2 - s2) + std::max(s1, s2) + 1, std::max(s1, s2));
  }
}

bool counts_characters(std::string_view collation) {
  const std::string name = upper(collation) + "_";
  return name.find("_SC_") != std::string::npos || name.find("_140_") != std::string::npos ||
         name.find("_UTF8_") != std::string::npos;
}

bool is_case_sensitive(std::string_view collation) {
  const std::string name = upper(collation);
  return name.find("_CS_") != std::string::npos || name.find("_BIN") != std::string::npos;
}

std::string pg_collation(std::string_view collation) {
  const std::string name = upper(collation);
  if (name.find("_BIN") != std::string::npos) return "tds.bin";
  const bool sensitive = name.find("_CS_") != std::string::npos;
  const bool accents = name.find("_AI") == std::string::npos;
  if (sensitive) return accents ? "tds.cs_as" : "tds.cs_ai";
  return accents ? "tds.ci_as" : "tds.ci_ai";
}

bool is_known_collation(std::string_view collation) {
  const std::string name = upper(collation);
  const bool shape = name.find("_CI_") != std::string::npos || name.find("_CS_") != std::string::npos ||
                     name.find("_BIN") != std::string::npos;
  return shape && name.find('_') > 2;
}

int code_page(std::string_view collation) {
  const std::string name = upper(collation);
  const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  if (has("_UTF8")) return 65001;
  if (has("CP1250_") || has("CP1251_") || has("CP1253_") || has("CP1254_") || has("CP1255_") || has("CP1256_") ||
      has("CP1257_") || has("CP437_") || has("CP850_")) {
    const std::size_t at = name.find("_CP") + 3;
    return std::atoi(name.c_str() + at);
  }
  static constexpr std::pair<std::string_view, int> kPrefixes[] = {
      {"JAPANESE", 932},     {"CHINESE_PRC", 936},  {"CHINESE_SIMP", 936}, {"KOREAN", 949},     {"CHINESE_TAIWAN", 950},
      {"CHINESE_TRAD", 950}, {"CHINESE_HONG", 950}, {"CYRILLIC", 1251},    {"UKRAINIAN", 1251}, {"GREEK", 1253},
      {"TURKISH", 1254},     {"HEBREW", 1255},      {"ARABIC", 1256},      {"POLISH", 1250},    {"CZECH", 1250},
      {"HUNGARIAN", 1250},   {"CROATIAN", 1250},    {"ROMANIAN", 1250},    {"SLOVAK", 1250},    {"SLOVENIAN", 1250},
      {"LITHUANIAN", 1257},  {"LATVIAN", 1257},     {"ESTONIAN", 1257},    {"THAI", 874},       {"VIETNAMESE", 1258}};
  for (const auto& [prefix, page] : kPrefixes) {
    if (name.rfind(prefix, 0) == 0) return page;
  }
  return 1252;
}

}  // namespace tds_server::engine
