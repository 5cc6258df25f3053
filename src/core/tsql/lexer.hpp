// T-SQL text cut into tokens, comments left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mssql::tsql {

enum class TokenKind : std::uint8_t {
  name,      // [quoted], "quoted" or bare, #temporary; text without its quotes
  variable,  // @x, @@ROWCOUNT, $action, as written
  number,    // 12, 1.5, .5, 1e10, as written
  money,     // $1.50, text without the currency sign
  string,    // 'text' or N'text', unescaped
  binary,    // 0x0A0B, text is the hexadecimal digits
  symbol,    // ( ) , . + - * / % = <> != < <= > >= ; and any other character; != comes as <>
  end,
};

struct Token {
  TokenKind kind{TokenKind::end};
  std::string text;
  bool quoted{false};    // name: was in brackets or double quotes, so that it is no keyword; string: had the prefix N
  std::size_t begin{0};  // where it stands in the text: [begin, end)
  std::size_t end{0};
};

// The tokens with an `end` behind them; nothing, and `why` ("a string is not closed"), when the
// text cannot be cut for sure: an unclosed quote or comment, a control character, a line comment
// that may end at two places.
std::optional<std::vector<Token>> tokenize(std::string_view text, std::string_view& why);
std::optional<std::vector<Token>> tokenize(std::string_view text);

// Bare names, compared without case.
bool same_keyword(std::string_view text, std::string_view keyword) noexcept;
// An unquoted name that is this keyword.
bool is_keyword(const Token& token, std::string_view keyword) noexcept;
bool is_symbol(const Token& token, std::string_view symbol) noexcept;

}  // namespace mssql::tsql
