// Turns a T-SQL batch into tokens. Answers with positions and lines, so that errors can name them
// as SQL Server does. Assumes WTF-8 text. Comments (also nested ones) are dropped.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tds_server::engine {

enum class TokenKind {
  identifier,         // text: as written
  quoted_identifier,  // text: without the quotes, doubled quotes undone
  string,             // text: the value of '...'
  national_string,    // text: the value of N'...'
  binary,             // text: the raw bytes of 0x...
  integer,
  decimal,   // digits with a point
  floating,  // digits with an exponent
  money,     // text: the digits after the currency sign
  variable,  // text: with its @ or @@
  symbol,    // text: an operator or punctuation
  end,
};

struct Token {
  TokenKind kind{TokenKind::end};
  std::string text;
  std::size_t offset{0};  // of the first byte
  std::size_t end{0};     // one past the last byte
  int line{1};
};

// With `quoted_identifiers` off, "x" is a string, as SET QUOTED_IDENTIFIER OFF has it.
// Throws EngineError 105 (unclosed quotation mark) and 113 (unclosed comment).
std::vector<Token> tokenize(std::string_view text, bool quoted_identifiers = true);

// Whether the word is a reserved keyword of T-SQL, which cannot be a name without brackets.
bool is_reserved(std::string_view word);

}  // namespace tds_server::engine
