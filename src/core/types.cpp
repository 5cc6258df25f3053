#include "types.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "error.hpp"

namespace mssql {

namespace {

// What stands in parentheses behind the name of a type.
enum class Shape : std::uint8_t { plain, bytes, units, precision_scale, fraction };

struct TypeRow {
  Type type;
  std::string_view name;  // as T-SQL declares it
  Shape shape;
  int longest;  // bytes of the longest (n), for Shape::bytes and Shape::units
  bool has_max;
};

constexpr TypeRow type_rows[] = {
    {Type::bit, "bit", Shape::plain, 0, false},
    {Type::tinyint, "tinyint", Shape::plain, 0, false},
    {Type::smallint, "smallint", Shape::plain, 0, false},
    {Type::int_, "int", Shape::plain, 0, false},
    {Type::bigint, "bigint", Shape::plain, 0, false},
    {Type::decimal, "decimal", Shape::precision_scale, 0, false},
    {Type::money, "money", Shape::plain, 0, false},
    {Type::smallmoney, "smallmoney", Shape::plain, 0, false},
    {Type::real, "real", Shape::plain, 0, false},
    {Type::float_, "float", Shape::plain, 0, false},
    {Type::date, "date", Shape::plain, 0, false},
    {Type::time, "time", Shape::fraction, 0, false},
    {Type::smalldatetime, "smalldatetime", Shape::plain, 0, false},
    {Type::datetime, "datetime", Shape::plain, 0, false},
    {Type::datetime2, "datetime2", Shape::fraction, 0, false},
    {Type::datetimeoffset, "datetimeoffset", Shape::fraction, 0, false},
    {Type::char_, "char", Shape::bytes, 8000, false},
    {Type::varchar, "varchar", Shape::bytes, 8000, true},
    {Type::text, "text", Shape::plain, 0, false},
    {Type::nchar, "nchar", Shape::units, 8000, false},
    {Type::nvarchar, "nvarchar", Shape::units, 8000, true},
    {Type::ntext, "ntext", Shape::plain, 0, false},
    {Type::binary, "binary", Shape::bytes, 8000, false},
    {Type::varbinary, "varbinary", Shape::bytes, 8000, true},
    {Type::image, "image", Shape::plain, 0, false},
    {Type::rowversion, "rowversion", Shape::plain, 0, false},
    {Type::uniqueidentifier, "uniqueidentifier", Shape::plain, 0, false},
    {Type::xml, "xml", Shape::plain, 0, false},
    {Type::json, "json", Shape::plain, 0, false},
    {Type::vector, "vector", Shape::plain, 0, false},
    {Type::sql_variant, "sql_variant", Shape::plain, 0, false},
    {Type::hierarchyid, "hierarchyid", Shape::plain, 0, false},
    {Type::geometry, "geometry", Shape::plain, 0, false},
    {Type::geography, "geography", Shape::plain, 0, false},
    {Type::udt, "udt", Shape::plain, 0, false},
};

constexpr bool rows_follow_enum() {
  for (std::size_t i = 0; i < std::size(type_rows); ++i)
    if (static_cast<std::size_t>(type_rows[i].type) != i) return false;
  return std::size(type_rows) == static_cast<std::size_t>(Type::udt) + 1;
}
static_assert(rows_follow_enum(), "row() indexes by the enumerator");

const TypeRow& row(Type type) noexcept { return type_rows[static_cast<std::size_t>(type)]; }

struct Synonym {
  std::string_view name;
  Type type;
};

constexpr Synonym synonyms[] = {
    {"numeric", Type::decimal},         {"dec", Type::decimal},          {"integer", Type::int_},
    {"sysname", Type::nvarchar},        {"timestamp", Type::rowversion}, {"character", Type::char_},
    {"double precision", Type::float_},
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return fold(x) == fold(y); });
}

std::string with(std::string_view name, int n) { return std::string(name) + "(" + std::to_string(n) + ")"; }

// Digits of the fraction of a second that PostgreSQL keeps.
int local_fraction(int scale) { return std::min(scale, 6); }

constexpr int utf8_bytes = 3;  // of a UTF-16 unit, at most: a pair of them has 4

// sys.columns says -1 for (max); PostgreSQL's longest declared length is 10485760, above any length
// that SQL Server declares.
std::string varying_type(int length, const LocalTypeOptions& options) {
  return length <= 0 ? "text" : with("character varying", options.counts_bytes ? length * utf8_bytes : length);
}

// Where bytes are counted there is no padding to so many characters: bpchar without a length takes
// the blanks as they come.
std::string fixed_type(int length, const LocalTypeOptions& options) {
  return length <= 0 ? "text" : options.counts_bytes ? "bpchar" : with("character", length);
}

constexpr int longest_vector = 3996;  // dimensions, of float16

[[noreturn]] void throw_bad_declaration(std::string_view text, std::string detail) {
  throw Error(sqlstate::invalid_parameter, "invalid SQL Server type \"" + std::string(text) + "\"", std::move(detail),
              "Write the type as in CREATE TABLE, for example int, decimal(18,2), nvarchar(40), varbinary(max) or "
              "datetime2(7).");
}

// A declaration cut into its name and what stands in its parentheses.
struct Declaration {
  std::string name;
  std::string first;   // "40" or "max"
  std::string second;  // "2" of decimal(18,2)
};

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

Declaration split_declaration(std::string_view text) {
  Declaration parts;
  const std::string_view whole = trim(text);
  const auto open = whole.find('(');
  parts.name = lower(trim(whole.substr(0, open)));
  if (open == std::string_view::npos) return parts;
  if (whole.back() != ')') throw_bad_declaration(text, "A parenthesis is not closed.");
  const std::string_view inside = whole.substr(open + 1, whole.size() - open - 2);
  const auto comma = inside.find(',');
  parts.first = lower(trim(inside.substr(0, comma)));
  if (comma != std::string_view::npos) {
    parts.second = lower(trim(inside.substr(comma + 1)));
    if (parts.second.empty()) throw_bad_declaration(text, "The scale is missing.");
  }
  if (parts.first.empty()) throw_bad_declaration(text, "The parentheses are empty.");
  return parts;
}

int number(std::string_view text, const std::string& digits, int minimum, int maximum) {
  int value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (status != std::errc() || end != digits.data() + digits.size() || value < minimum || value > maximum)
    throw_bad_declaration(text, "\"" + digits + "\" is not a number from " + std::to_string(minimum) + " to " +
                                    std::to_string(maximum) + ".");
  return value;
}

void parse_length(std::string_view text, const Declaration& parts, const TypeRow& type, RemoteType& out) {
  const int unit = type.shape == Shape::units ? 2 : 1;
  if (parts.first.empty()) {
    out.max_length = unit;  // T-SQL's default in a declaration: one
  } else if (parts.first == "max") {
    if (!type.has_max) throw_bad_declaration(text, std::string(type.name) + " has no (max).");
    out.max_length = -1;
  } else {
    out.max_length = unit * number(text, parts.first, 1, type.longest / unit);
  }
}

// What stands behind a comma. The base type of a vector changes nothing of it as text.
void check_second(std::string_view text, const Declaration& parts, Type type) {
  if (parts.second.empty() || row(type).shape == Shape::precision_scale) return;
  if (type != Type::vector) throw_bad_declaration(text, parts.name + " takes one number.");
  if (parts.second != "float32" && parts.second != "float16")
    throw_bad_declaration(text, "A vector is of float32 or of float16.");
}

// float(n): up to 24 is real, which is how sys.types shows it.
void parse_float_bits(std::string_view text, const Declaration& parts, RemoteType& out) {
  if (!parts.first.empty() && number(text, parts.first, 1, 53) <= 24) out.type = Type::real;
}

}  // namespace

std::optional<Type> type_from_name(std::string_view name) noexcept {
  for (const TypeRow& candidate : type_rows)
    if (equals_ignoring_case(candidate.name, name)) return candidate.type;
  for (const Synonym& synonym : synonyms)
    if (equals_ignoring_case(synonym.name, name)) return synonym.type;
  return std::nullopt;
}

std::string_view type_name(Type type) noexcept { return row(type).name; }

std::string declare(const RemoteType& type) {
  const TypeRow& r = row(type.type);
  switch (r.shape) {
    case Shape::plain: break;
    case Shape::bytes:
    case Shape::units:
      if (type.max_length < 0) return std::string(r.name) + "(max)";
      return with(r.name, type.max_length / (r.shape == Shape::units ? 2 : 1));
    case Shape::precision_scale:
      return std::string(r.name) + "(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case Shape::fraction: return with(r.name, type.scale);
  }
  return std::string(r.name);
}

RemoteType parse_declaration(std::string_view text) {
  const Declaration parts = split_declaration(text);
  const std::optional<Type> type = type_from_name(parts.name);
  if (!type) throw_bad_declaration(text, "There is no type \"" + parts.name + "\".");
  RemoteType out{*type, 0, 0, 0};
  const TypeRow& r = row(*type);
  check_second(text, parts, *type);
  switch (r.shape) {
    case Shape::plain:
      if (*type == Type::float_) {
        parse_float_bits(text, parts, out);
      } else if (*type == Type::vector) {
        if (!parts.first.empty()) number(text, parts.first, 1, longest_vector);  // as text it has no dimensions
      } else if (!parts.first.empty()) {
        throw_bad_declaration(text, parts.name + " takes no length.");
      }
      break;
    case Shape::bytes:
    case Shape::units:
      if (parts.name == "sysname") {
        if (!parts.first.empty()) throw_bad_declaration(text, "sysname takes no length.");
        out.max_length = 256;
      } else {
        parse_length(text, parts, r, out);
      }
      break;
    case Shape::precision_scale:
      out.precision = parts.first.empty() ? 18 : number(text, parts.first, 1, 38);
      out.scale = parts.second.empty() ? 0 : number(text, parts.second, 0, out.precision);
      break;
    case Shape::fraction: out.scale = parts.first.empty() ? 7 : number(text, parts.first, 0, 7); break;
  }
  return out;
}

std::string local_type(const RemoteType& type, const LocalTypeOptions& options) {
  switch (type.type) {
    case Type::bit: return "boolean";
    case Type::tinyint:
    case Type::smallint: return "smallint";
    case Type::int_: return "integer";
    case Type::bigint: return "bigint";
    case Type::decimal: return "numeric(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case Type::money: return "numeric(19,4)";
    case Type::smallmoney: return "numeric(10,4)";
    case Type::real: return "real";
    case Type::float_: return "double precision";
    case Type::date: return "date";
    case Type::time: return with("time", local_fraction(type.scale)) + " without time zone";
    case Type::smalldatetime: return "timestamp(0) without time zone";
    case Type::datetime: return "timestamp(3) without time zone";
    case Type::datetime2: return with("timestamp", local_fraction(type.scale)) + " without time zone";
    case Type::datetimeoffset: return with("timestamp", local_fraction(type.scale)) + " with time zone";
    // n of char(n) counts bytes of a code page, n of nchar(n) UTF-16 units: either is at least the
    // number of characters.
    case Type::char_: return fixed_type(type.max_length, options);
    case Type::varchar: return varying_type(type.max_length, options);
    case Type::nchar: return fixed_type(type.max_length / 2, options);
    case Type::nvarchar: return varying_type(type.max_length / 2, options);
    case Type::text:
    case Type::ntext:
    case Type::json:
    case Type::vector:
    case Type::hierarchyid: return "text";
    case Type::binary:
    case Type::varbinary:
    case Type::image:
    case Type::rowversion:
    case Type::udt: return "bytea";
    case Type::uniqueidentifier: return "uuid";
    case Type::xml: return "xml";
    case Type::sql_variant: return "jsonb";
    case Type::geometry: return options.postgis ? "geometry" : "bytea";
    case Type::geography: return options.postgis ? "geography" : "bytea";
  }
  return "text";
}

std::string_view lossy_note(const RemoteType& type) noexcept {
  const bool cuts = type.scale == 7;
  switch (type.type) {
    case Type::time:
    case Type::datetime2: return cuts ? "the seventh digit of the fraction of a second is cut" : "";
    case Type::datetimeoffset:
      return cuts ? "the instant is kept, the offset from UTC is not, and the seventh digit of the fraction of a "
                    "second is cut"
                  : "the instant is kept, the offset from UTC is not";
    case Type::xml: return "the schema collection of typed xml is not kept";
    case Type::udt: return "the bytes of the CLR type's own serialization are kept, its meaning is not";
    default: return "";
  }
}

bool is_exact_comparable(const RemoteType& type) noexcept {
  switch (type.type) {
    case Type::bit:
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint:
    case Type::decimal:
    case Type::money:
    case Type::smallmoney:
    case Type::date:
    case Type::smalldatetime:
    case Type::datetime:
    case Type::binary:
    case Type::rowversion: return true;
    case Type::time:
    case Type::datetime2:
    case Type::datetimeoffset: return type.scale <= 6;
    default: return false;
  }
}

}  // namespace mssql
