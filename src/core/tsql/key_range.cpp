#include "key_range.hpp"

#include "core/error.hpp"
#include "quote.hpp"

namespace mssql::tsql {

namespace {

// The style by which CONVERT makes a text of a type, and a value of that text (Microsoft, "CAST and
// CONVERT"); null: the type has no such text, or needs no style.
const char* style_of(Type type) noexcept {
  switch (type) {
    case Type::date:
    case Type::time:
    case Type::datetime:
    case Type::smalldatetime:
    case Type::datetime2:
    case Type::datetimeoffset: return "121";
    case Type::money:
    case Type::smallmoney: return "2";
    case Type::binary:
    case Type::varbinary: return "1";
    default: return nullptr;
  }
}

bool is_text(Type type) noexcept {
  return type == Type::char_ || type == Type::varchar || type == Type::nchar || type == Type::nvarchar;
}

std::string convert(std::string_view type, std::string_view value, const char* style) {
  std::string sql = "CONVERT(" + std::string(type) + ", " + std::string(value);
  if (style != nullptr) sql += std::string(", ") + style;
  return sql + ")";
}

// No quotes are allowed around a collation's name, which the server has told.
bool is_collation_name(std::string_view name) noexcept {
  return !name.empty() && name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
                              std::string_view::npos;
}

// In the column's collation, whose code page a text is to be in, and by which it is compared.
std::string value(const KeyColumn& column, std::string_view text) {
  std::string literal = quote_literal(text);
  if (is_text(column.type.type) && is_collation_name(column.collation)) literal += " COLLATE " + column.collation;
  return convert(declare(column.type), literal, style_of(column.type.type));
}

// Lexicographically, beginning with column i: what is true of the last one decides where all before
// it are equal. That the first one is compared on its own lets the server seek in an index.
std::string compare(Key key, Bound bound, std::size_t i, const char* strict, const char* last) {
  const std::string& column = key[i].column;
  const std::string limit = value(key[i], bound[i]);
  if (i + 1 == bound.size()) return column + " " + last + " " + limit;
  return column + " " + strict + "= " + limit + " AND (" + column + " " + strict + " " + limit + " OR " +
         compare(key, bound, i + 1, strict, last) + ")";
}

std::string alias(std::size_t i) { return "[k" + std::to_string(i) + "]"; }

// "s.[k0], s.[k1]", or by `each` of (i) something else.
template <class Each>
std::string list(std::size_t count, Each each) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ", ") + each(i);
  return text;
}

}  // namespace

bool can_bound(Type type) noexcept {
  switch (type) {
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint:
    case Type::decimal:
    case Type::uniqueidentifier: return true;
    default: return is_text(type) || style_of(type) != nullptr;
  }
}

std::string range_condition(Key key, std::optional<Bound> lower, std::optional<Bound> upper) {
  for (const std::optional<Bound>& bound : {lower, upper}) {
    if (bound && (bound->empty() || bound->size() > key.size()))
      throw Error(sqlstate::internal, "the bound of a range has other columns than its key");
  }
  std::string condition;
  if (lower) condition = compare(key, *lower, 0, ">", ">=");
  if (lower && upper) condition += " AND ";
  if (upper) condition += compare(key, *upper, 0, "<", "<");
  return condition;
}

// A bound is the first key of each chunk but the first one: where the number of the chunk, counted
// from 0, is another one than that of the row before.
std::string bounds_query(Key key, std::string_view from, int chunks) {
  const std::string count = std::to_string(chunks);
  const std::string rows = "SELECT " +
                           list(key.size(), [&](std::size_t i) { return key[i].column + " AS " + alias(i); }) +
                           " FROM " + std::string(from);
  const std::string keys = list(key.size(), [](std::size_t i) { return "s." + alias(i); });
  const std::string numbered = "SELECT " + keys + ", ROW_NUMBER() OVER (ORDER BY " + keys +
                               ") AS [n], COUNT_BIG(*) OVER () AS [rows] FROM (" + rows + ") AS s";
  const std::string texts = list(key.size(), [&](std::size_t i) {
    return convert("nvarchar(4000)", "b." + alias(i), style_of(key[i].type.type));
  });
  return "SELECT " + texts + " FROM (" + numbered + ") AS b WHERE b.[n] > 1 AND (b.[n] - 1) * " + count +
         " / b.[rows] <> (b.[n] - 2) * " + count + " / b.[rows] ORDER BY b.[n]";
}

}  // namespace mssql::tsql
