// What a source says of its own tables, as rows that are the same whatever the source: cells with
// names and of kinds. The queries are the source's (core/tsql/catalog); their answers are read here
// and nowhere else.
//
// Nothing that a server sends is trusted. What passes here ends up in statements, where names are
// quoted, expressions parsed, and everything else stands as it is: so it passes only as its
// column's kind allows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mssql::source {

class Session;

enum class CatalogKind : std::uint8_t {
  name,        // an identifier: not empty, no NUL, at most 128 UTF-16 units
  text,        // a comment
  expression,  // of the source's language, to be translated; cut where it is too long for that
  flag,        // "true" or "false"
  integer,     // of at most 18 digits, as the other numbers without leading zeros
  number,      // a whole number of at most 38 digits
  version,     // digits and dots
  choice,      // one of `choices`
};

// Bytes of what is translated: nobody writes longer ones, and translation cannot be interrupted.
inline constexpr std::size_t longest_expression = 65536;

struct CatalogColumn {
  std::string_view name;
  CatalogKind kind;
  bool nullable{false};
  std::span<const std::string_view> choices{};
  bool open{false};  // of a choice: what is not in the list is its last entry, not an error
};

// The answer to `sql` has `columns`, by these names and wherever they stand, its rows so ordered
// that a reader can group them.
struct CatalogQuery {
  std::string_view name;
  std::string sql;
  std::span<const CatalogColumn> columns;
};

// In UTF-8; characters that are none (NUL, lone surrogates) are U+FFFD.
class CatalogRow {
 public:
  CatalogRow(std::span<const CatalogColumn> columns, std::vector<std::optional<std::string>> cells)
      : columns_(columns), cells_(std::move(cells)) {}

  std::span<const CatalogColumn> columns() const { return columns_; }
  const std::optional<std::string>& cell(std::size_t i) const { return cells_[i]; }  // by `columns`
  const std::optional<std::string>& operator[](std::string_view name) const;
  // Of a cell that is not nullable.
  const std::string& text(std::string_view name) const { return *(*this)[name]; }
  int integer(std::string_view name) const;  // of what fits; else the nearest that does
  bool flag(std::string_view name) const { return text(name) == "true"; }

 private:
  std::span<const CatalogColumn> columns_;
  std::vector<std::optional<std::string>> cells_;
};

// How much of what a server says of its database is kept: without a bound a server that never ends
// fills the memory. The name of a column stands for what a cell takes beside its text.
class CatalogBudget {
 public:
  void check(std::size_t bytes) const;
  void take(std::size_t bytes);

 private:
  static constexpr std::size_t most = std::size_t{120} << 20;
  std::size_t left_ = most;
};

// The answer to a query, row by row. All may throw Error, also where the answer lacks a column, and
// for what a kind does not allow.
class CatalogReader {
 public:
  CatalogReader(Session& session, CatalogQuery query, CatalogBudget& budget);
  // Nothing after the last, when the session is free again.
  std::optional<CatalogRow> next();
  // Counts the last row, which is kept.
  void keep() { budget_->take(bytes_); }

 private:
  Session* session_;
  CatalogQuery query_;
  CatalogBudget* budget_;
  std::vector<std::size_t> places_;  // of the query's columns in the answer
  bool has_rows_;
  std::size_t bytes_{0};  // of the last row
};

// Calls `visit` for each row of the answer. It is counted in `budget`, unless `visit` answers that
// it has kept nothing of it: false.
void read_catalog(Session& session, const CatalogQuery& query, CatalogBudget& budget,
                  const std::function<bool(CatalogRow)>& visit);

// A cell as its column's kind has it; nothing for NULL. Throws Error for what the kind does not
// allow.
std::optional<std::string> catalog_cell(const CatalogQuery& query, const CatalogColumn& column,
                                        const std::optional<std::string>& text);

// Whether a name, a comment or an expression had characters that are none.
inline bool is_damaged(std::string_view text) { return text.find("\xEF\xBF\xBD") != std::string_view::npos; }

}  // namespace mssql::source
