// What a catalog query's answer may hold. A server that is not what it seems could send anything;
// what passes here ends up in statements, where names are quoted, expressions parsed, and
// everything else stands as it is.
#include <algorithm>

#include "core/error.hpp"
#include "catalog.hpp"
#include "expression.hpp"
#include "quote.hpp"

namespace mssql::tsql {

namespace {

constexpr std::size_t max_digits = 38;          // decimal(38,0)
constexpr std::size_t max_integer_digits = 18;  // what surely fits bigint; sizes and ids do not come near
constexpr std::size_t max_version = 64;
constexpr std::size_t shown = 60;

[[noreturn]] void refuse(const CatalogQuery& query, const CatalogColumn& column, std::string_view text) {
  std::string excerpt(text.substr(0, shown));
  std::replace_if(
      excerpt.begin(), excerpt.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E; }, '?');
  throw Error(sqlstate::fdw_error, "the server's catalog has an unexpected value",
              "Column \"" + std::string(column.name) + "\" of " + std::string(query.name) + " is \"" + excerpt + "\"" +
                  (text.size() > shown ? " and so on." : "."));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// [-]digits without leading zeros; nothing when it is no such number or longer than `limit`.
std::optional<std::string> whole_number(std::string_view text, std::size_t limit) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (digits.size() > limit) return std::nullopt;
  return (negative && digits != "0" ? "-" : "") + std::string(digits);
}

std::optional<std::string> flag(std::string_view text) {
  if (text == "1" || text == "true") return "true";
  if (text == "0" || text == "false") return "false";
  return std::nullopt;
}

std::optional<std::string> chosen(const CatalogColumn& column, std::string_view text) {
  if (std::find(column.choices.begin(), column.choices.end(), text) != column.choices.end()) return std::string(text);
  if (column.open) return std::string(column.choices.back());
  return std::nullopt;
}

// Too long to be translated, still, so that it is reported.
std::string beginning(const std::string& text) {
  std::size_t size = longest_definition;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size) + " and so on";
}

std::optional<std::string> checked(const CatalogColumn& column, const std::string& text) {
  switch (column.kind) {
    case CatalogKind::name: return is_name(text) ? std::optional(text) : std::nullopt;
    case CatalogKind::text: return text;
    case CatalogKind::expression: return text.size() <= longest_definition ? text : beginning(text);
    case CatalogKind::flag: return flag(text);
    case CatalogKind::integer: return whole_number(text, max_integer_digits);
    case CatalogKind::number: return whole_number(text, max_digits);
    case CatalogKind::version: {
      const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
      return plain && !text.empty() && is_digit(text.front()) && text.size() <= max_version ? std::optional(text)
                                                                                            : std::nullopt;
    }
    case CatalogKind::choice: return chosen(column, text);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> catalog_cell(const CatalogQuery& query, const CatalogColumn& column,
                                        const std::optional<std::string>& text) {
  if (!text) {
    if (column.nullable) return std::nullopt;
    refuse(query, column, "NULL");
  }
  std::optional<std::string> value = checked(column, *text);
  if (!value) refuse(query, column, *text);
  return value;
}

}  // namespace mssql::tsql
