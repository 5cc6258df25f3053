// UTF-16LE to UTF-8 and back; ASCII runs by SSE2, and by AVX2 where the CPU has it; scalar on other
// machines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "narrow_block.hpp"

namespace mssql::tds {

// How many UTF-16 units `size` bytes are; throws Error on an odd number.
[[noreturn]] void throw_odd_size(std::size_t size);
inline std::size_t utf16_units(std::size_t size) {
  if (size % 2 != 0) [[unlikely]]
    throw_odd_size(size);
  return size / 2;
}
// Room for the UTF-8 of `units` units of UTF-16LE and of block_units bytes that may be written
// behind it: of this text, two bytes too many for every surrogate pair and exact for all else; or
// of any text.
std::size_t utf8_room(const std::uint8_t* data, std::size_t units) noexcept;
constexpr std::size_t utf8_room(std::size_t units) noexcept { return 3 * units + block_units; }

struct Utf8Text {
  std::size_t size{0};     // bytes
  bool suspicious{false};  // there is a NUL or a lone surrogate in it
};
// Writes the UTF-8 to `out`, which has utf8_room(). Lone surrogates come out in their three-byte
// form (WTF-8), to be judged by the caller's policy. Text is `padded` in the cells of a padded
// column (column.hpp).
Utf8Text any_utf16le_to_utf8(const std::uint8_t* data, std::size_t units, char* out, bool padded) noexcept;
// The rest of a padded text, of which the first `ascii` units are in `out` already.
Utf8Text rest_of_utf16le_to_utf8(const std::uint8_t* data, std::size_t units, char* out, std::size_t ascii) noexcept;
inline Utf8Text utf16le_to_utf8(const std::uint8_t* data, std::size_t units, char* out, bool padded) noexcept {
  // Short and ASCII, as most text is, in line
  if (!padded || units > block_units) return any_utf16le_to_utf8(data, units, out, padded);
  const std::size_t ascii = narrow_block(data, out);
  return ascii >= units ? Utf8Text{units, false} : rest_of_utf16le_to_utf8(data, units, out, ascii);
}

// Appends the UTF-8 of `size` bytes; true when there was a NUL or a lone surrogate. Throws Error on
// an odd number of bytes.
bool utf16le_to_utf8(const std::uint8_t* data, std::size_t size, std::string& out);
// Appends UTF-16LE; throws Error when the input is not valid UTF-8.
void utf8_to_utf16le(std::string_view utf8, std::string& out);
// Number of bytes at the front that are ASCII and not NUL.
std::size_t storable_ascii(const std::uint8_t* data, std::size_t size) noexcept;
// Offset of the first byte that PostgreSQL's UTF-8 text refuses (NUL, encoded surrogate,
// malformed), or size.
std::size_t find_unstorable(const std::uint8_t* data, std::size_t size) noexcept;
// Throws Error 22021 when `text`, which is to be sent, is not valid UTF-8 or has a NUL in it:
// `what` says what it is ("statement", "parameter @P3").
void check_text(std::string_view text, std::string_view what);
// Windows code page (1250..1258, 874, 932, 936, 949, 950, 437, 850, 65001) to UTF-8, appended;
// throws Error on a byte that has no character. As on Windows, an unassigned byte 0x80..0x9F of a
// single-byte page is the control character of that number. NULs stay.
void code_page_to_utf8(int code_page, const std::uint8_t* data, std::size_t size, std::string& out);
// Whether each character of `utf8`, which is valid, is one of the code page.
bool is_in_code_page(int code_page, std::string_view utf8);

}  // namespace mssql::tds
