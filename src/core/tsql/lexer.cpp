#include "lexer.hpp"

#include <algorithm>

namespace mssql::tsql {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool starts_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool continues_name(char c) noexcept { return starts_name(c) || is_digit(c) || c == '$' || c == '#' || c == '@'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::optional<std::vector<Token>> run() {
    for (;;) {
      while (at_ < text_.size() && (peek() == ' ' || peek() == '\t' || peek() == '\r' || peek() == '\n')) ++at_;
      if (at_ == text_.size()) {
        tokens_.push_back({});
        return std::move(tokens_);
      }
      if (!read_token()) return std::nullopt;
    }
  }

 private:
  char peek(std::size_t ahead = 0) const noexcept { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void push(TokenKind kind, std::string text, bool quoted = false) { tokens_.push_back({kind, std::move(text), quoted}); }

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
    if (starts_name(c)) return read_name();
    return read_symbol();
  }

  bool read_quoted(TokenKind kind, char closing, bool quoted) {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (peek() == closing) {
        if (peek(1) != closing) {
          ++at_;
          push(kind, std::move(value), quoted);
          return true;
        }
        ++at_;
      } else if (kind == TokenKind::string && peek() == '\\' && (peek(1) == '\n' || (peek(1) == '\r' && peek(2) == '\n'))) {
        at_ += peek(1) == '\n' ? 1 : 2;  // a continued line: neither the backslash nor the break belong to the value
        continue;
      }
      value += peek();
    }
    return false;
  }

  bool read_binary() {
    at_ += 2;
    const std::size_t begin = at_;
    while (is_hex_digit(peek())) ++at_;
    push(TokenKind::binary, std::string(text_.substr(begin, at_ - begin)));
    return !continues_name(peek());
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
    push(kind, std::string(text_.substr(begin, at_ - begin)));
    return !continues_name(peek());
  }

  bool read_name() {
    const std::size_t begin = at_;
    while (continues_name(peek())) ++at_;
    push(TokenKind::name, std::string(text_.substr(begin, at_ - begin)));
    return true;
  }

  bool read_symbol() {
    const char c = peek();
    const char next = peek(1);
    if ((c == '-' && next == '-') || (c == '/' && next == '*')) return false;  // a comment
    if ((c == '<' && (next == '=' || next == '>')) || (c == '>' && next == '=') || (c == '!' && next == '=')) {
      push(TokenKind::symbol, c == '!' ? "<>" : std::string{c, next});
      at_ += 2;
      return true;
    }
    static constexpr std::string_view known = "(),.+-*/%=<>";
    if (known.find(c) == std::string_view::npos) return false;
    push(TokenKind::symbol, std::string(1, c));
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_{0};
  std::vector<Token> tokens_;
};

}  // namespace

std::optional<std::vector<Token>> tokenize(std::string_view text) { return Lexer(text).run(); }

bool same_keyword(std::string_view text, std::string_view keyword) noexcept {
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(text.begin(), text.end(), keyword.begin(), keyword.end(), [&](char x, char y) { return fold(x) == fold(y); });
}

}  // namespace mssql::tsql
