#include "lexer.hpp"

#include <algorithm>

namespace mssql::tsql {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool starts_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '#' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool continues_name(char c) noexcept { return starts_name(c) || is_digit(c) || c == '$' || c == '@'; }
bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// NEL, LINE SEPARATOR, PARAGRAPH SEPARATOR: line breaks to some.
constexpr std::string_view wide_line_breaks[] = {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};

class Lexer {
 public:
  Lexer(std::string_view text, std::string_view& why) : text_(text), why_(why) {}

  std::optional<std::vector<Token>> run() {
    for (;;) {
      if (!skip_space()) return std::nullopt;
      begin_ = at_;
      if (at_ == text_.size()) {
        push(TokenKind::end, {});
        return std::move(tokens_);
      }
      if (!read_token()) return std::nullopt;
    }
  }

 private:
  char peek(std::size_t ahead = 0) const noexcept { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  // Ends the token that began at begin_ here.
  bool push(TokenKind kind, std::string text, bool quoted = false) {
    tokens_.push_back({kind, std::move(text), quoted, begin_, at_});
    return true;
  }
  bool fail(std::string_view why) {
    why_ = why;
    return false;
  }

  // White space and comments.
  bool skip_space() {
    for (; at_ < text_.size(); ++at_) {
      if (peek() == '-' && peek(1) == '-') {
        if (!skip_line_comment()) return false;
      } else if (peek() == '/' && peek(1) == '*') {
        if (!skip_block_comment()) return false;
      } else if (peek() != ' ' && peek() != '\t' && peek() != '\r' && peek() != '\n') {
        break;
      }
    }
    return true;
  }

  // To its line feed. Where else a line may end is not documented, so that such a comment is
  // refused.
  bool skip_line_comment() {
    const std::string_view line = text_.substr(at_, text_.find('\n', at_) - at_);
    const bool ambiguous =
        std::any_of(line.begin(), line.end(), [](char c) { return is_control(c) && c != '\t' && c != '\r'; }) ||
        line.substr(0, line.size() - 1).find('\r') != std::string_view::npos ||
        std::any_of(std::begin(wide_line_breaks), std::end(wide_line_breaks),
                    [&](std::string_view mark) { return line.find(mark) != std::string_view::npos; });
    if (ambiguous) return fail("a comment that begins with -- holds a control character or an unusual line break");
    at_ += line.size() - 1;
    return true;
  }

  // Block comments nest.
  bool skip_block_comment() {
    int depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const bool opens = peek() == '/' && peek(1) == '*';
      if (!opens && !(peek() == '*' && peek(1) == '/')) continue;
      ++at_;
      depth += opens ? 1 : -1;
      if (depth == 0) return true;
    }
    return fail("a comment is not closed");
  }

  bool read_token() {
    const char c = peek();
    if (c == '[') return read_quoted(TokenKind::name, ']', true);
    if (c == '"') return read_quoted(TokenKind::name, '"', true);
    if (c == '\'') return read_quoted(TokenKind::string, '\'', false);
    if ((c == 'N' || c == 'n') && peek(1) == '\'') {
      ++at_;
      return read_quoted(TokenKind::string, '\'', true);
    }
    if (c == '0' && (peek(1) == 'x' || peek(1) == 'X')) return read_binary();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return read_number(TokenKind::number);
    if (c == '$' && (is_digit(peek(1)) || peek(1) == '.')) {
      ++at_;
      return read_number(TokenKind::money);
    }
    if (c == '@' || c == '$') return read_word(TokenKind::variable);
    if (starts_name(c)) return read_word(TokenKind::name);
    return read_symbol();
  }

  bool read_quoted(TokenKind kind, char closing, bool quoted) {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (peek() == closing) {
        if (peek(1) != closing) {
          ++at_;
          return push(kind, std::move(value), quoted);
        }
        ++at_;
      } else if (kind == TokenKind::string && peek() == '\\' &&
                 (peek(1) == '\n' || (peek(1) == '\r' && peek(2) == '\n'))) {
        at_ += peek(1) == '\n' ? 1 : 2;  // a continued line: neither the backslash nor the break belong to the value
        continue;
      }
      value += peek();
    }
    return fail(kind == TokenKind::string ? "a string is not closed" : "a quoted name is not closed");
  }

  bool read_binary() {
    at_ += 2;
    const std::size_t begin = at_;
    while (is_hex_digit(peek())) ++at_;
    return push(TokenKind::binary, std::string(text_.substr(begin, at_ - begin)));
  }

  bool read_number(TokenKind kind) {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    if (peek() == '.') ++at_;
    while (is_digit(peek())) ++at_;
    if (kind == TokenKind::number && (peek() == 'e' || peek() == 'E')) {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      while (is_digit(peek())) ++at_;
    }
    return push(kind, std::string(text_.substr(begin, at_ - begin)));
  }

  bool read_word(TokenKind kind) {
    for (++at_; continues_name(peek());) ++at_;
    return push(kind, std::string(text_.substr(begin_, at_ - begin_)));
  }

  bool read_symbol() {
    const char c = peek();
    const char next = peek(1);
    if (is_control(c)) return fail("it holds a control character");
    const bool pair =
        (c == '<' && (next == '=' || next == '>')) || (c == '>' && next == '=') || (c == '!' && next == '=');
    at_ += pair ? 2 : 1;
    return push(TokenKind::symbol, pair ? (c == '!' ? "<>" : std::string{c, next}) : std::string(1, c));
  }

  std::string_view text_;
  std::string_view& why_;
  std::size_t begin_{0};
  std::size_t at_{0};
  std::vector<Token> tokens_;
};

}  // namespace

std::optional<std::vector<Token>> tokenize(std::string_view text, std::string_view& why) {
  return Lexer(text, why).run();
}

std::optional<std::vector<Token>> tokenize(std::string_view text) {
  std::string_view why;
  return tokenize(text, why);
}

bool same_keyword(std::string_view text, std::string_view keyword) noexcept {
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(text.begin(), text.end(), keyword.begin(), keyword.end(),
                    [&](char x, char y) { return fold(x) == fold(y); });
}

bool is_keyword(const Token& token, std::string_view keyword) noexcept {
  return token.kind == TokenKind::name && !token.quoted && same_keyword(token.text, keyword);
}

bool is_symbol(const Token& token, std::string_view symbol) noexcept {
  return token.kind == TokenKind::symbol && token.text == symbol;
}

}  // namespace mssql::tsql
