// T-SQL expressions cut into tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mssql::tsql {

enum class TokenKind : std::uint8_t {
  name,      // [quoted], "quoted" or bare; text without its quotes
  number,    // 12, 1.5, .5, 1e10, as written
  money,     // $1.50, text without the currency sign
  string,    // 'text' or N'text', unescaped
  binary,    // 0x0A0B, text is the hexadecimal digits
  symbol,    // ( ) , . + - * / % = <> != < <= > >= and others; != comes as <>
  end,
};

struct Token {
  TokenKind kind{TokenKind::end};
  std::string text;
  bool quoted{false};  // name: was in brackets or double quotes, so that it is no keyword; string: had the prefix N
};

// The tokens with an `end` behind them; nothing when the text holds a comment, a variable, an unclosed quote or a strange byte.
std::optional<std::vector<Token>> tokenize(std::string_view text);

// Bare names, compared without case.
bool same_keyword(std::string_view text, std::string_view keyword) noexcept;

}  // namespace mssql::tsql
