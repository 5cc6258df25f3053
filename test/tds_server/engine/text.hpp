// Small helpers over text: case, UTF-16 lengths of WTF-8, PostgreSQL quoting, and the escape that
// lets PostgreSQL hold what its text type refuses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tds_server::engine {

bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII, Latin-1, Greek and Cyrillic letters
std::string upper(std::string_view text);                           // ASCII only
std::string lower(std::string_view text);                           // ASCII only
std::string fold(std::string_view text);                            // the key equals_ignoring_case compares by

// Code points of WTF-8 (surrogates come out as themselves). A malformed byte counts as one code
// point.
std::uint32_t next_code_point(std::string_view text, std::size_t& position);
void append_code_point(std::string& out, std::uint32_t code_point);

std::size_t utf16_length(std::string_view wtf8);
std::string_view utf16_prefix(std::string_view wtf8, std::size_t units);  // never cuts a pair

// PostgreSQL's text cannot hold U+0000 nor a lone surrogate: they are kept as code points of plane
// 16's private area, and the few code points used for that are marked by a prefix when they come as
// themselves.
std::string to_stored_text(std::string_view wtf8);
std::string from_stored_text(std::string_view stored);

// What a string without N can hold under code page 1252: other characters become '?', a pair '??'.
std::string to_windows_1252(std::string_view wtf8);

std::string pg_literal(std::string_view text);     // 'it''s'; text must be storable
std::string pg_identifier(std::string_view name);  // "a""b"
std::string pg_bytea(std::string_view bytes);      // '\x..'::bytea

std::string bracket(std::string_view name);  // [a]]b]
std::string hex(std::string_view bytes);     // upper case
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string trim_end(std::string_view text);  // blanks only
std::string trim(std::string_view text);

}  // namespace tds_server::engine
