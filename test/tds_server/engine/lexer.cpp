#include "lexer.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "errors.hpp"

namespace tds_server::engine {
namespace {

bool is_word_start(unsigned char c) { return std::isalpha(c) || c == '_' || c == '#' || c >= 0x80; }
bool is_word(unsigned char c) { return is_word_start(c) || std::isdigit(c) || c == '$' || c == '@'; }
bool is_digit(unsigned char c) { return std::isdigit(c) != 0; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class Lexer {
 public:
  Lexer(std::string_view text, bool quoted_identifiers) : text_(text), quoted_identifiers_(quoted_identifiers) {}

  std::vector<Token> run() {
    while (skip_blanks()) next();
    start(TokenKind::end);
    finish();
    return std::move(tokens_);
  }

 private:
  char at(std::size_t ahead = 0) const { return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0'; }

  void start(TokenKind kind) {
    Token token;
    token.kind = kind;
    token.offset = position_;
    token.line = line_;
    tokens_.push_back(std::move(token));
  }
  void finish() { tokens_.back().end = position_; }

  // Skips blanks and comments; false at the end of the text.
  bool skip_blanks() {
    while (position_ < text_.size()) {
      const unsigned char c = static_cast<unsigned char>(at());
      if (c == '\n') {
        ++line_;
        ++position_;
      } else if (c <= ' ') {
        ++position_;
      } else if (c == 0xC2 && static_cast<unsigned char>(at(1)) == 0xA0) {
        position_ += 2;
      } else if (c == 0xEF && static_cast<unsigned char>(at(1)) == 0xBB && static_cast<unsigned char>(at(2)) == 0xBF) {
        position_ += 3;
      } else if (c == '-' && at(1) == '-') {
        while (position_ < text_.size() && at() != '\n') ++position_;
      } else if (c == '/' && at(1) == '*') {
        skip_comment();
      } else {
        return true;
      }
    }
    return false;
  }

  void skip_comment() {
    int depth = 0;
    do {
      if (position_ >= text_.size()) {
        EngineError failure = error(113, "Missing end comment mark '*/'.", 15);
        failure.message.line = line_;
        throw failure;
      }
      if (at() == '/' && at(1) == '*') {
        ++depth;
        position_ += 2;
      } else if (at() == '*' && at(1) == '/') {
        --depth;
        position_ += 2;
      } else {
        if (at() == '\n') ++line_;
        ++position_;
      }
    } while (depth > 0);
  }

  void next() {
    const unsigned char c = static_cast<unsigned char>(at());
    if ((c == 'N' || c == 'n') && at(1) == '\'') {
      start(TokenKind::national_string);
      ++position_;
      quoted('\'');
    } else if (c == '\'') {
      start(TokenKind::string);
      quoted('\'');
    } else if (c == '"') {
      start(quoted_identifiers_ ? TokenKind::quoted_identifier : TokenKind::string);
      quoted('"');
    } else if (c == '[') {
      start(TokenKind::quoted_identifier);
      quoted(']');
    } else if (c == '@') {
      variable();
    } else if (c == '0' && (at(1) == 'x' || at(1) == 'X')) {
      binary();
    } else if (is_digit(c) || (c == '.' && is_digit(static_cast<unsigned char>(at(1))) && !after_name())) {
      number();
    } else if (c == '$' && (is_digit(static_cast<unsigned char>(at(1))) || at(1) == '.' || at(1) == '-')) {
      money(1);
    } else if (currency_length() > 0) {
      money(currency_length());
    } else if (is_word_start(c) || (c == '$' && std::isalpha(static_cast<unsigned char>(at(1))))) {
      start(TokenKind::identifier);
      const std::size_t from = position_;
      while (position_ < text_.size() && is_word(static_cast<unsigned char>(at())) && !at_blank_character())
        ++position_;
      tokens_.back().text = std::string(text_.substr(from, position_ - from));
    } else {
      symbol();
    }
    finish();
  }

  bool at_blank_character() const {
    return static_cast<unsigned char>(at()) == 0xC2 && static_cast<unsigned char>(at(1)) == 0xA0;
  }

  // A point straight after a name separates its parts: t.1 is never a number there.
  bool after_name() const {
    if (tokens_.empty() || tokens_.back().end != position_) return false;
    const TokenKind kind = tokens_.back().kind;
    return kind == TokenKind::identifier || kind == TokenKind::quoted_identifier;
  }

  // UTF-8 of pound and euro before a digit.
  std::size_t currency_length() const {
    for (const std::string_view sign :
         {std::string_view("\xC2\xA3"), std::string_view("\xE2\x82\xAC"), std::string_view("\xC2\xA5")}) {
      if (text_.substr(position_, sign.size()) == sign && is_digit(static_cast<unsigned char>(at(sign.size()))))
        return sign.size();
    }
    return 0;
  }

  // Reads past a quoted piece; the closing quote doubled stands for itself.
  void quoted(char close) {
    const int from_line = line_;
    const std::size_t from = position_ + 1;
    std::string& value = tokens_.back().text;
    ++position_;
    for (;;) {
      if (position_ >= text_.size()) {
        EngineError failure = error(
            105, "Unclosed quotation mark after the character string '" + std::string(text_.substr(from, 128)) + "'.",
            15);
        failure.message.line = from_line;
        throw failure;
      }
      const char c = at();
      if (c == close) {
        if (at(1) != close) break;
        ++position_;
      } else if (close == '\'' && c == '\\' && (at(1) == '\n' || (at(1) == '\r' && at(2) == '\n'))) {
        position_ += at(1) == '\n' ? 2 : 3;  // a backslash at the end of a line continues a string
        ++line_;
        continue;
      }
      if (c == '\n') ++line_;
      value += c;
      ++position_;
    }
    ++position_;
  }

  void variable() {
    start(TokenKind::variable);
    const std::size_t from = position_;
    while (at() == '@') ++position_;
    while (position_ < text_.size() && is_word(static_cast<unsigned char>(at()))) ++position_;
    tokens_.back().text = std::string(text_.substr(from, position_ - from));
  }

  void binary() {
    start(TokenKind::binary);
    position_ += 2;
    std::string digits;
    while (hex_digit(at()) >= 0) {
      digits += at();
      ++position_;
      if (at() == '\\' && at(1) == '\n') position_ += 2, ++line_;
      if (at() == '\\' && at(1) == '\r' && at(2) == '\n') position_ += 3, ++line_;
    }
    if (digits.size() % 2 != 0) digits.insert(digits.begin(), '0');
    for (std::size_t i = 0; i < digits.size(); i += 2) {
      tokens_.back().text += static_cast<char>(hex_digit(digits[i]) * 16 + hex_digit(digits[i + 1]));
    }
  }

  void number() {
    start(TokenKind::integer);
    const std::size_t from = position_;
    while (is_digit(static_cast<unsigned char>(at()))) ++position_;
    if (at() == '.') {
      tokens_.back().kind = TokenKind::decimal;
      ++position_;
      while (is_digit(static_cast<unsigned char>(at()))) ++position_;
    }
    if (at() == 'e' || at() == 'E') {
      tokens_.back().kind = TokenKind::floating;
      ++position_;
      if (at() == '+' || at() == '-') ++position_;
      while (is_digit(static_cast<unsigned char>(at()))) ++position_;
    }
    tokens_.back().text = std::string(text_.substr(from, position_ - from));
  }

  void money(std::size_t sign) {
    start(TokenKind::money);
    position_ += sign;
    const std::size_t from = position_;
    if (at() == '-') ++position_;
    while (is_digit(static_cast<unsigned char>(at())) || at() == '.' ||
           (at() == ',' && is_digit(static_cast<unsigned char>(at(1)))))
      ++position_;
    for (const char c : text_.substr(from, position_ - from)) {
      if (c != ',') tokens_.back().text += c;
    }
  }

  void symbol() {
    start(TokenKind::symbol);
    static constexpr std::array<std::string_view, 16> kPairs = {
        "<=", ">=", "<>", "!=", "!<", "!>", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "::", "||"};
    const std::string_view pair = text_.substr(position_, 2);
    const bool two = std::find(kPairs.begin(), kPairs.end(), pair) != kPairs.end();
    tokens_.back().text = std::string(text_.substr(position_, two ? 2 : 1));
    position_ += two ? 2 : 1;
  }

  std::string_view text_;
  bool quoted_identifiers_;
  std::size_t position_{0};
  int line_{1};
  std::vector<Token> tokens_;
};

// PRECISION is on Microsoft's list too, but sys.columns has a column of that name that queries
// leave bare.
constexpr std::string_view kReserved[] = {"ADD",
                                          "ALL",
                                          "ALTER",
                                          "AND",
                                          "ANY",
                                          "AS",
                                          "ASC",
                                          "AUTHORIZATION",
                                          "BACKUP",
                                          "BEGIN",
                                          "BETWEEN",
                                          "BREAK",
                                          "BROWSE",
                                          "BULK",
                                          "BY",
                                          "CASCADE",
                                          "CASE",
                                          "CHECK",
                                          "CHECKPOINT",
                                          "CLOSE",
                                          "CLUSTERED",
                                          "COALESCE",
                                          "COLLATE",
                                          "COLUMN",
                                          "COMMIT",
                                          "COMPUTE",
                                          "CONSTRAINT",
                                          "CONTAINS",
                                          "CONTAINSTABLE",
                                          "CONTINUE",
                                          "CONVERT",
                                          "CREATE",
                                          "CROSS",
                                          "CURRENT",
                                          "CURRENT_DATE",
                                          "CURRENT_TIME",
                                          "CURRENT_TIMESTAMP",
                                          "CURRENT_USER",
                                          "CURSOR",
                                          "DATABASE",
                                          "DBCC",
                                          "DEALLOCATE",
                                          "DECLARE",
                                          "DEFAULT",
                                          "DELETE",
                                          "DENY",
                                          "DESC",
                                          "DISK",
                                          "DISTINCT",
                                          "DISTRIBUTED",
                                          "DOUBLE",
                                          "DROP",
                                          "DUMP",
                                          "ELSE",
                                          "END",
                                          "ERRLVL",
                                          "ESCAPE",
                                          "EXCEPT",
                                          "EXEC",
                                          "EXECUTE",
                                          "EXISTS",
                                          "EXIT",
                                          "EXTERNAL",
                                          "FETCH",
                                          "FILE",
                                          "FILLFACTOR",
                                          "FOR",
                                          "FOREIGN",
                                          "FREETEXT",
                                          "FREETEXTTABLE",
                                          "FROM",
                                          "FULL",
                                          "FUNCTION",
                                          "GOTO",
                                          "GRANT",
                                          "GROUP",
                                          "HAVING",
                                          "HOLDLOCK",
                                          "IDENTITY",
                                          "IDENTITYCOL",
                                          "IDENTITY_INSERT",
                                          "IF",
                                          "IN",
                                          "INDEX",
                                          "INNER",
                                          "INSERT",
                                          "INTERSECT",
                                          "INTO",
                                          "IS",
                                          "JOIN",
                                          "KEY",
                                          "KILL",
                                          "LEFT",
                                          "LIKE",
                                          "LINENO",
                                          "LOAD",
                                          "MERGE",
                                          "NATIONAL",
                                          "NOCHECK",
                                          "NONCLUSTERED",
                                          "NOT",
                                          "NULL",
                                          "NULLIF",
                                          "OF",
                                          "OFF",
                                          "OFFSETS",
                                          "ON",
                                          "OPEN",
                                          "OPENDATASOURCE",
                                          "OPENQUERY",
                                          "OPENROWSET",
                                          "OPENXML",
                                          "OPTION",
                                          "OR",
                                          "ORDER",
                                          "OUTER",
                                          "OVER",
                                          "PERCENT",
                                          "PIVOT",
                                          "PLAN",
                                          "PRIMARY",
                                          "PRINT",
                                          "PROC",
                                          "PROCEDURE",
                                          "PUBLIC",
                                          "RAISERROR",
                                          "READ",
                                          "READTEXT",
                                          "RECONFIGURE",
                                          "REFERENCES",
                                          "REPLICATION",
                                          "RESTORE",
                                          "RESTRICT",
                                          "RETURN",
                                          "REVERT",
                                          "REVOKE",
                                          "RIGHT",
                                          "ROLLBACK",
                                          "ROWCOUNT",
                                          "ROWGUIDCOL",
                                          "RULE",
                                          "SAVE",
                                          "SCHEMA",
                                          "SECURITYAUDIT",
                                          "SELECT",
                                          "SESSION_USER",
                                          "SET",
                                          "SETUSER",
                                          "SHUTDOWN",
                                          "SOME",
                                          "STATISTICS",
                                          "SYSTEM_USER",
                                          "TABLE",
                                          "TABLESAMPLE",
                                          "TEXTSIZE",
                                          "THEN",
                                          "TO",
                                          "TOP",
                                          "TRAN",
                                          "TRANSACTION",
                                          "TRIGGER",
                                          "TRUNCATE",
                                          "TRY_CONVERT",
                                          "TSEQUAL",
                                          "UNION",
                                          "UNIQUE",
                                          "UNPIVOT",
                                          "UPDATE",
                                          "UPDATETEXT",
                                          "USE",
                                          "USER",
                                          "VALUES",
                                          "VARYING",
                                          "VIEW",
                                          "WAITFOR",
                                          "WHEN",
                                          "WHERE",
                                          "WHILE",
                                          "WITH",
                                          "WRITETEXT"};

}  // namespace

std::vector<Token> tokenize(std::string_view text, bool quoted_identifiers) {
  return Lexer(text, quoted_identifiers).run();
}

bool is_reserved(std::string_view word) {
  std::string upper(word);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return std::binary_search(std::begin(kReserved), std::end(kReserved), std::string_view(upper));
}

}  // namespace tds_server::engine
