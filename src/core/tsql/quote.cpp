#include "quote.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/spelling.hpp"

namespace mssql::tsql {

namespace {

constexpr std::size_t max_name_units = 128;      // sysname
constexpr std::size_t max_short_literal = 4000;  // UTF-16 units; a longer N'...' is nvarchar(max)

// UTF-16 units of UTF-8 text: one a character, two above the Basic Multilingual Plane.
std::size_t utf16_units(std::string_view utf8) noexcept {
  std::size_t units = 0;
  for (unsigned char c : utf8) units += (c & 0xC0) == 0x80 ? 0 : c >= 0xF0 ? 2 : 1;
  return units;
}

// Ends the literal after a backslash that a line break follows and starts another one: T-SQL takes
// the pair for a continuation of the line and drops both.
bool is_line_continuation(std::string_view text, std::size_t backslash) {
  std::string_view rest = text.substr(backslash + 1);
  return rest.starts_with('\n') || rest.starts_with("\r\n");
}

std::string bad_qualified_name(std::string_view text) { return "invalid table name \"" + std::string(text) + "\""; }

[[noreturn]] void throw_bad_qualified_name(std::string_view text, std::string detail) {
  throw Error(sqlstate::invalid_name, bad_qualified_name(text), std::move(detail),
              "Write schema.table; put brackets or double quotes around a name that holds dots or quotes, as in "
              "[dbo].[my.table].");
}

// Reads one part of a dotted name from `text` at `position` and leaves `position` behind it.
std::string read_name_part(std::string_view text, std::size_t& position) {
  std::string part;
  if (position < text.size() && (text[position] == '[' || text[position] == '"')) {
    const char closing = text[position] == '[' ? ']' : '"';
    for (++position;; ++position) {
      if (position >= text.size()) throw_bad_qualified_name(text, "A quoted name is not closed.");
      if (text[position] != closing) {
        part += text[position];
      } else if (position + 1 < text.size() && text[position + 1] == closing) {
        part += text[position++];
      } else {
        ++position;
        break;
      }
    }
  } else {
    while (position < text.size() && text[position] != '.') {
      const char c = text[position++];
      if (c == '[' || c == ']' || c == '"')
        throw_bad_qualified_name(text, "A bracket or a quote stands inside a name that is not quoted.");
      part += c;
    }
  }
  if (part.empty()) throw_bad_qualified_name(text, "A part of the name is empty.");
  return part;
}

}  // namespace

std::string in_brackets(std::string_view name) {
  std::string quoted;
  append_bracketed(name, quoted);
  return quoted;
}

std::string quote_name(std::string_view name) {
  if (name.empty()) throw Error(sqlstate::invalid_name, "a SQL Server name must not be empty");
  if (name.find('\0') != std::string_view::npos)
    throw Error(sqlstate::invalid_name, "a SQL Server name must not contain a NUL character");
  if (utf16_units(name) > max_name_units)
    throw Error(sqlstate::name_too_long, "name \"" + std::string(name) + "\" is too long for SQL Server",
                "A name has at most 128 UTF-16 code units.");
  return in_brackets(name);
}

std::string quote_name(std::string_view schema, std::string_view name) {
  return quote_name(schema) + "." + quote_name(name);
}

std::string_view narrow_literal(std::string_view literal) noexcept {
  const bool is_ascii = std::all_of(literal.begin(), literal.end(), [](unsigned char c) { return c < 0x80; });
  return is_ascii && literal.starts_with("N'") ? literal.substr(1) : literal;
}

std::string quote_literal(std::string_view text) {
  if (text.find('\0') != std::string_view::npos)
    throw Error(sqlstate::untranslatable_character, "a T-SQL literal must not contain a NUL character");
  std::string quoted = "N'";
  quoted.reserve(text.size() + 3);
  bool in_pieces = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    quoted += text[i];
    if (text[i] == '\'') quoted += '\'';
    if (text[i] == '\\' && is_line_continuation(text, i)) {
      quoted += "'+N'";
      in_pieces = true;
    }
  }
  quoted += '\'';
  if (!in_pieces) return quoted;
  // A concatenation of short literals is cut at 4000 units, that of an nvarchar(max) with anything
  // is not.
  return utf16_units(text) > max_short_literal ? "(CAST(N'' AS nvarchar(max))+" + quoted + ")" : "(" + quoted + ")";
}

QualifiedName parse_qualified_name(std::string_view text) {
  std::size_t position = 0;
  std::string first = read_name_part(text, position);
  if (position == text.size()) return {"dbo", std::move(first)};
  if (text[position] != '.') throw_bad_qualified_name(text, "Something follows a quoted name.");
  std::string second = read_name_part(text, ++position);
  if (position == text.size()) return {std::move(first), std::move(second)};
  if (text[position] == '.')
    throw_bad_qualified_name(text, "It has more than two parts; the database is an option of the foreign server.");
  throw_bad_qualified_name(text, "Something follows a quoted name.");
}

}  // namespace mssql::tsql
