// UTF-16LE of the wire to and from WTF-8, the text of engine.hpp: a lone surrogate is its 3-byte
// form on that side.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bytes.hpp"

namespace tds_server {

// The code point at `position`, which moves past it. Bytes that are not WTF-8 give U+FFFD, one byte
// at a time.
char32_t next_code_point(std::string_view text, std::size_t& position);
void append_code_point(std::string& text, char32_t code);

// Appends the UTF-16LE form of `text`; returns how many bytes.
std::size_t append_utf16(ByteBuffer& out, std::string_view text);
std::string utf16_to_wtf8(std::string_view utf16_bytes);
// How many UTF-16 code units `text` has.
std::size_t utf16_length(std::string_view text);
// The longest start of `text` that has at most `units` UTF-16 code units and ends between code
// points.
std::string_view cut_utf16(std::string_view text, std::size_t units);

}  // namespace tds_server
