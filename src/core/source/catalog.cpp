#include "catalog.hpp"

#include <algorithm>
#include <climits>

#include "core/error.hpp"
#include "session.hpp"

namespace mssql::source {

namespace {

constexpr std::size_t max_digits = 38;          // decimal(38,0)
constexpr std::size_t max_integer_digits = 18;  // what surely fits bigint; sizes and ids do not come near
constexpr std::size_t max_version = 64;
constexpr std::size_t shown = 60;
constexpr std::size_t max_name_units = 128;  // of UTF-16: SQL Server's longest

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

bool is_name(std::string_view text) {
  std::size_t units = 0;  // one a character, two above the Basic Multilingual Plane
  for (const unsigned char c : text) units += (c & 0xC0) == 0x80 ? 0 : c >= 0xF0 ? 2 : 1;
  return units > 0 && units <= max_name_units && text.find('\0') == std::string_view::npos;
}

// Too long to be translated, still, so that it is reported.
std::string beginning(const std::string& text) {
  std::size_t size = longest_expression;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size) + " and so on";
}

std::optional<std::string> checked(const CatalogColumn& column, const std::string& text) {
  switch (column.kind) {
    case CatalogKind::name: return is_name(text) ? std::optional(text) : std::nullopt;
    case CatalogKind::text: return text;
    case CatalogKind::expression: return text.size() <= longest_expression ? text : beginning(text);
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

// By the query's columns, where they stand in the answer.
std::vector<std::size_t> places(const Session& session, const CatalogQuery& query) {
  std::vector<std::size_t> found;
  for (const CatalogColumn& column : query.columns) {
    std::size_t at = 0;
    while (at < session.column_count() && session.column_name(at) != column.name) ++at;
    if (at == session.column_count()) {
      throw Error(
          sqlstate::fdw_error, "the server's answer has an unexpected shape",
          "The answer to \"" + std::string(query.name) + "\" has no column \"" + std::string(column.name) + "\".");
    }
    found.push_back(at);
  }
  return found;
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

const std::optional<std::string>& CatalogRow::operator[](std::string_view name) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name == name) return cells_[i];
  }
  throw Error(sqlstate::internal, "no catalog column \"" + std::string(name) + "\"");
}

int CatalogRow::integer(std::string_view name) const {
  return static_cast<int>(std::clamp<long long>(std::stoll(text(name)), INT_MIN, INT_MAX));
}

void CatalogBudget::check(std::size_t bytes) const {
  if (bytes <= left_) return;
  throw Error(sqlstate::program_limit, "the server's catalog is too large",
              "Its rows take more than " + std::to_string(most >> 20) + " MB.",
              "It has what the login may see: let it see less. IMPORT FOREIGN SCHEMA keeps what LIMIT TO names.");
}

void CatalogBudget::take(std::size_t bytes) {
  check(bytes);
  left_ -= bytes;
}

CatalogReader::CatalogReader(Session& session, CatalogQuery query, CatalogBudget& budget)
    : session_(&session), query_(std::move(query)), budget_(&budget) {
  session.execute(query_.sql);
  has_rows_ = session.next_result();
  if (has_rows_) places_ = places(session, query_);
}

std::optional<CatalogRow> CatalogReader::next() {
  Row row;
  if (!has_rows_ || !session_->fetch(row)) {
    has_rows_ = false;
    while (session_->next_result()) continue;
    return std::nullopt;
  }
  std::vector<std::optional<std::string>> cells(places_.size());
  bytes_ = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = row[places_[i]];
    std::optional<std::string> text;
    budget_->check(bytes_ + cell.size / 2);  // it has as many characters at least
    if (!cell.is_null()) session_->append_text(places_[i], cell, text.emplace());
    bytes_ += (text ? text->size() : 0) + query_.columns[i].name.size();
    budget_->check(bytes_);
    cells[i] = catalog_cell(query_, query_.columns[i], text);
  }
  return CatalogRow(query_.columns, std::move(cells));
}

void read_catalog(Session& session, const CatalogQuery& query, CatalogBudget& budget,
                  const std::function<bool(CatalogRow)>& visit) {
  CatalogReader reader(session, query, budget);
  while (std::optional<CatalogRow> row = reader.next()) {
    if (visit(std::move(*row))) reader.keep();
  }
}

}  // namespace mssql::source
