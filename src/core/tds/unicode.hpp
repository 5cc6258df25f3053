// UTF-16LE to UTF-8 and back; ASCII runs by SIMD, scalar elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mssql::tds {

// Appends the UTF-8 of `size` bytes of UTF-16LE. Lone surrogates come out in their three-byte form (WTF-8), to be judged by
// the caller's policy. Throws Error on an odd number of bytes. Returns true when there was a NUL or a lone surrogate.
bool utf16le_to_utf8(const std::uint8_t* data, std::size_t size, std::string& out);
// Appends UTF-16LE; throws Error when the input is not valid UTF-8.
void utf8_to_utf16le(std::string_view utf8, std::string& out);
// Number of bytes at the front that are ASCII and not NUL.
std::size_t storable_ascii(const std::uint8_t* data, std::size_t size) noexcept;
// Offset of the first byte that PostgreSQL's UTF-8 text refuses (NUL, encoded surrogate, malformed), or size.
std::size_t find_unstorable(const std::uint8_t* data, std::size_t size) noexcept;
// Windows code page (1250..1258, 874, 932, 936, 949, 950, 437, 850, 65001) to UTF-8, appended; throws Error on a byte that has no
// character. As on Windows, an unassigned byte 0x80..0x9F of a single-byte page is the control character of that number. NULs stay.
void code_page_to_utf8(int code_page, const std::uint8_t* data, std::size_t size, std::string& out);

}  // namespace mssql::tds
