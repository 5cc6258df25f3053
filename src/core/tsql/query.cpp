#include "query.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/error.hpp"
#include "lexer.hpp"

namespace mssql::tsql {

namespace {

constexpr const char* use_mssql_query =
    "A foreign table shows the rows of one SELECT; mssql_query() runs other statements.";
constexpr const char* name_it = "Give every column a name of its own: expression AS name.";

[[noreturn]] void refuse(std::string detail, const char* hint = use_mssql_query) {
  throw Error("42601", "invalid value for option \"query\"", std::move(detail), hint);
}

// Reserved words that begin a statement and do not stand in a SELECT outside of parentheses.
constexpr std::string_view statement_words[] = {
    "ALTER", "BACKUP",   "BEGIN",     "CHECKPOINT",  "COMMIT",  "CREATE",  "DBCC",   "DECLARE",  "DELETE",
    "DENY",  "DROP",     "EXEC",      "EXECUTE",     "GOTO",    "GRANT",   "IF",     "INSERT",   "KILL",
    "MERGE", "PRINT",    "RAISERROR", "RECONFIGURE", "RESTORE", "RETURN",  "REVOKE", "ROLLBACK", "SAVE",
    "SET",   "SHUTDOWN", "TRUNCATE",  "UPDATE",      "USE",     "WAITFOR", "WHILE"};

bool is_any_of(const Token& token, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return is_keyword(token, word); });
}

// What stands before an operand and not before an alias or a clause; also a comma and a point.
bool is_operator(const Token& token) { return token.kind == TokenKind::symbol && token.text != ")"; }

// What a column of the select list is called.
struct ColumnName {
  enum { unknown, missing, known } state;
  std::string_view name{};
};

class QueryReader {
 public:
  QueryReader(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {
    // written before WITH out of habit
    tokens_.erase(tokens_.begin(), std::find_if_not(tokens_.begin(), tokens_.end(),
                                                    [](const Token& token) { return is_symbol(token, ";"); }));
    end_ = tokens_.size() - 1;
    while (end_ > 0 && is_symbol(tokens_[end_ - 1], ";")) --end_;
    match_parentheses();
    check_tokens();
  }

  Query read() {
    Query query;
    begin_ = skip_with();
    if (begin_ > 0) query.with = slice(0, begin_);
    select_ = begin_;
    while (is_symbol(at(select_), "(")) ++select_;
    if (begin_ == end_) refuse("It has no SELECT.");
    if (!is_keyword(at(select_), "SELECT")) refuse("It has \"" + word(select_) + "\" where SELECT is expected.");
    if (const std::size_t option = find(begin_, "OPTION"); option < end_) {
      if (option + 1 == end_ || after_group(option + 1) != end_) refuse("OPTION (...) is not its last part.");
      query.option = slice(option, end_);
      end_ = option;
    }
    check_statement();
    check_select_list();
    query.body = slice(begin_, end_);
    if (order_needs_offset()) query.body += " OFFSET 0 ROWS";
    return query;
  }

 private:
  const Token& at(std::size_t i) const { return tokens_[std::min(i, tokens_.size() - 1)]; }
  std::string word(std::size_t i) const { return slice(i, i + 1); }
  std::string slice(std::size_t from, std::size_t to) const {
    return from == to ? std::string() : std::string(text_.substr(at(from).begin, at(to - 1).end - at(from).begin));
  }

  // close_[i]: where the parenthesis that i opens is closed; for all other tokens i itself.
  void match_parentheses() {
    close_.resize(tokens_.size());
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      close_[i] = i;
      if (is_symbol(at(i), "(")) open.push_back(i);
      if (!is_symbol(at(i), ")")) continue;
      if (open.empty()) refuse("A closing parenthesis has no opening one.", "");
      close_[open.back()] = i;
      open.pop_back();
    }
    if (!open.empty()) refuse("A parenthesis is not closed.", "");
  }

  void check_tokens() const {
    for (std::size_t i = 0; i < end_; ++i) {
      if (is_symbol(at(i), ";")) refuse("Something follows a semicolon.");
      if (at(i).kind == TokenKind::variable && at(i).text.starts_with('@') && !at(i).text.starts_with("@@")) {
        refuse("It uses the variable " + at(i).text + ", which nothing declares.");
      }
    }
  }

  // Behind the token, or behind the group in parentheses that it opens.
  std::size_t after(std::size_t i) const { return (i < close_.size() ? close_[i] : i) + 1; }
  // Behind a group in parentheses; there must be one.
  std::size_t after_group(std::size_t i) const {
    if (!is_symbol(at(i), "(")) refuse("It has \"" + word(i) + "\" where a parenthesis is expected.");
    return after(i);
  }
  // The first such word outside of parentheses, or end_.
  std::size_t find(std::size_t from, std::string_view keyword) const {
    while (from < end_ && !is_keyword(at(from), keyword)) from = after(from);
    return from;
  }

  // Behind WITH XMLNAMESPACES (...), name (columns) AS (query), ...
  std::size_t skip_with() const {
    if (!is_keyword(at(0), "WITH")) return 0;
    std::size_t i = 0;
    do {
      ++i;
      const bool namespaces = is_keyword(at(i), "XMLNAMESPACES");
      if (at(i).kind != TokenKind::name) refuse("WITH is not followed by a name.");
      ++i;
      if (!namespaces) {
        if (is_symbol(at(i), "(")) i = after(i);
        if (!is_keyword(at(i), "AS")) refuse("In WITH, AS is missing before \"" + word(i) + "\".");
        ++i;
      }
      i = after_group(i);
    } while (is_symbol(at(i), ","));
    return i;
  }

  void check_statement() const {
    for (std::size_t i = after(begin_); i < end_; i = after(i)) {
      if (is_symbol(at(i - 1), ".") || is_symbol(at(i - 1), ":")) continue;
      if (is_keyword(at(i), "INTO")) refuse("SELECT ... INTO makes a table.");
      if (is_keyword(at(i), "FOR") && is_any_of(at(i + 1), {"XML", "JSON", "BROWSE"})) {
        refuse("FOR " + word(i + 1) + " at its end gives a column without a name.",
               "Write SELECT (SELECT ... FOR XML ...) AS name.");
      }
      const bool join_hint = is_keyword(at(i), "MERGE") && is_keyword(at(i + 1), "JOIN");
      const bool second_select =
          is_keyword(at(i), "SELECT") && !is_any_of(at(i - 1), {"UNION", "ALL", "EXCEPT", "INTERSECT"});
      const bool statement = std::any_of(std::begin(statement_words), std::end(statement_words),
                                         [&](std::string_view keyword) { return is_keyword(at(i), keyword); });
      if (second_select || (statement && !join_hint)) refuse("A second statement begins at \"" + word(i) + "\".");
    }
  }

  // Behind the first SELECT, which names the columns, its DISTINCT and TOP.
  std::size_t select_list() const {
    std::size_t i = select_ + 1;
    if (is_any_of(at(i), {"ALL", "DISTINCT"})) ++i;
    if (!is_keyword(at(i), "TOP")) return i;
    i = after(i + 1);
    if (is_keyword(at(i), "PERCENT")) ++i;
    return is_keyword(at(i), "WITH") ? i + 2 : i;
  }

  bool ends_select_list(std::size_t i) const {
    if (i >= end_ || is_symbol(at(i), ")") ||
        is_any_of(at(i), {"FROM", "WHERE", "HAVING", "UNION", "EXCEPT", "INTERSECT", "FOR"}))
      return true;
    return is_any_of(at(i), {"GROUP", "ORDER"}) && is_keyword(at(i + 1), "BY");
  }

  void check_select_list() const {
    std::vector<std::string_view> names;
    int number = 0;
    for (std::size_t first = select_list();;) {
      std::size_t last = first;
      while (!ends_select_list(last) && !is_symbol(at(last), ",")) last = after(last);
      if (last == first) return;  // the server's own syntax error says it better
      ++number;
      const ColumnName column = name_of(first, last);
      if (column.state == ColumnName::missing) refuse("Column " + std::to_string(number) + " has no name.", name_it);
      if (column.state == ColumnName::known) {
        if (std::find(names.begin(), names.end(), column.name) != names.end()) {
          refuse("Two columns have the name \"" + std::string(column.name) + "\".", name_it);
        }
        names.push_back(column.name);
      }
      if (ends_select_list(last)) return;
      first = last + 1;
    }
  }

  // Of the item [first, last).
  ColumnName name_of(std::size_t first, std::size_t last) const {
    const Token& end = at(last - 1);
    const bool one = last - first == 1;
    if (!one && is_symbol(at(first + 1), "=")) return {ColumnName::known, at(first).text};
    switch (end.kind) {
      case TokenKind::number:
      case TokenKind::money:
      case TokenKind::binary: return {ColumnName::missing};
      case TokenKind::variable: return {end.text.starts_with('@') ? ColumnName::missing : ColumnName::unknown};
      case TokenKind::string: return one ? ColumnName{ColumnName::missing} : alias(last - 1);
      case TokenKind::symbol:
        return {is_symbol(end, ")") && !is_parenthesized(first, last) ? ColumnName::missing : ColumnName::unknown};
      case TokenKind::name: break;
      case TokenKind::end: return {ColumnName::unknown};
    }
    if (is_any_of(end, {"NULL", "END"})) return {ColumnName::missing};
    std::size_t path = last - 1;  // schema.table.column
    while (path >= first + 2 && is_symbol(at(path - 1), ".")) path -= 2;
    if (path == first) {
      const bool function =
          one && is_any_of(end, {"CURRENT_TIMESTAMP", "CURRENT_USER", "SESSION_USER", "SYSTEM_USER", "USER"});
      return function ? ColumnName{ColumnName::missing} : ColumnName{ColumnName::known, end.text};
    }
    return path == last - 1 ? alias(path) : ColumnName{ColumnName::unknown};
  }

  // (a) is called a, as far as is known; (SELECT ...) has no name.
  bool is_parenthesized(std::size_t first, std::size_t last) const {
    return after(first) == last && !is_keyword(at(first + 1), "SELECT");
  }

  // A name or string behind an expression: its alias, the operand of an operator, or part of
  // COLLATE and AT TIME ZONE.
  ColumnName alias(std::size_t i) const {
    const Token& before = at(i - 1);
    if (is_operator(before)) return {ColumnName::missing};
    if (is_any_of(before, {"COLLATE", "ZONE"})) return {ColumnName::unknown};
    return {ColumnName::known, at(i).text};
  }

  bool order_needs_offset() const {
    const std::size_t order = find(begin_, "ORDER");
    if (order == end_) return false;
    for (std::size_t i = order + 3; i < end_; i = after(i)) {
      if (is_keyword(at(i), "OFFSET") && !is_operator(at(i - 1)) && i + 1 < end_) return false;
    }
    const bool top = find(begin_, "TOP") < end_;
    const bool several =
        find(begin_, "UNION") < end_ || find(begin_, "EXCEPT") < end_ || find(begin_, "INTERSECT") < end_;
    if (top && several)
      refuse("TOP is one SELECT's and ORDER BY is that of all.", "Put the SELECT that has TOP in parentheses.");
    return !top;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::vector<std::size_t> close_;
  std::size_t begin_{0};   // of the body
  std::size_t select_{0};  // its first SELECT, behind parentheses
  std::size_t end_{0};     // behind its last token
};

}  // namespace

Query parse_query(std::string_view text) {
  std::string_view why;
  std::optional<std::vector<Token>> tokens = tokenize(text, why);
  if (!tokens) refuse("It cannot be read: " + std::string(why) + ".", "");
  return QueryReader(text, std::move(*tokens)).read();
}

}  // namespace mssql::tsql
