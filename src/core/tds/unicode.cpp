#include "unicode.hpp"

#include "../error.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace mssql::tds {

namespace {

// Conversions run over a block on the stack, so that the result string never zero-fills room that is overwritten at once.
constexpr std::size_t block_units = 1024;

// Copies the ASCII units at the front of `data` (NUL excluded) to `out`; how many there were.
std::size_t narrow_ascii(const std::uint8_t* data, std::size_t units, char* out) noexcept {
  std::size_t i = 0;
#if defined(__SSE2__)
  const __m128i above_ascii = _mm_set1_epi16(static_cast<short>(0xFF80));
  const __m128i zero = _mm_setzero_si128();
  const auto is_plain = [&](__m128i chunk) {
    const __m128i high = _mm_cmpeq_epi16(_mm_and_si128(chunk, above_ascii), zero);
    return _mm_movemask_epi8(_mm_andnot_si128(_mm_cmpeq_epi16(chunk, zero), high)) == 0xFFFF;
  };
  for (; i + 16 <= units; i += 16) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + 2 * i));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + 2 * i + 16));
    const __m128i both = _mm_or_si128(low, high);
    // A NUL is seen in the packed bytes, where the rest is known to be ASCII
    if (_mm_movemask_epi8(_mm_cmpeq_epi16(_mm_and_si128(both, above_ascii), zero)) != 0xFFFF) break;
    const __m128i packed = _mm_packus_epi16(low, high);
    if (_mm_movemask_epi8(_mm_cmpeq_epi8(packed, zero)) != 0) break;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), packed);
  }
  for (; i + 8 <= units; i += 8) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + 2 * i));
    if (!is_plain(chunk)) break;
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + i), _mm_packus_epi16(chunk, zero));
  }
#endif
  for (; i < units && data[2 * i + 1] == 0 && data[2 * i] != 0 && data[2 * i] < 0x80; ++i) out[i] = static_cast<char>(data[2 * i]);
  return i;
}

// Copies the ASCII bytes at the front of `data` to `out` as UTF-16LE; how many there were.
std::size_t widen_ascii(const char* data, std::size_t size, char* out) noexcept {
  std::size_t i = 0;
#if defined(__SSE2__)
  const __m128i zero = _mm_setzero_si128();
  for (; i + 16 <= size; i += 16) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + i));
    if (_mm_movemask_epi8(chunk) != 0) break;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 2 * i), _mm_unpacklo_epi8(chunk, zero));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 2 * i + 16), _mm_unpackhi_epi8(chunk, zero));
  }
#endif
  for (; i < size && static_cast<unsigned char>(data[i]) < 0x80; ++i) {
    out[2 * i] = data[i];
    out[2 * i + 1] = 0;
  }
  return i;
}

// Writes `code` as UTF-8 (surrogates in three bytes); how many bytes.
std::size_t put_utf8(std::uint32_t code, char* out) noexcept {
  if (code < 0x80) {
    out[0] = static_cast<char>(code);
    return 1;
  }
  if (code < 0x800) {
    out[0] = static_cast<char>(0xC0 | code >> 6);
    out[1] = static_cast<char>(0x80 | (code & 0x3F));
    return 2;
  }
  if (code < 0x10000) {
    out[0] = static_cast<char>(0xE0 | code >> 12);
    out[1] = static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out[2] = static_cast<char>(0x80 | (code & 0x3F));
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | code >> 18);
  out[1] = static_cast<char>(0x80 | (code >> 12 & 0x3F));
  out[2] = static_cast<char>(0x80 | (code >> 6 & 0x3F));
  out[3] = static_cast<char>(0x80 | (code & 0x3F));
  return 4;
}

std::uint32_t unit_at(const std::uint8_t* data, std::size_t index) noexcept {
  return data[2 * index] | static_cast<std::uint32_t>(data[2 * index + 1]) << 8;
}

bool is_high_surrogate(std::uint32_t unit) noexcept { return (unit & 0xFC00) == 0xD800; }
bool is_low_surrogate(std::uint32_t unit) noexcept { return (unit & 0xFC00) == 0xDC00; }

bool continues(std::uint8_t byte) noexcept { return (byte & 0xC0) == 0x80; }

// Length of the well-formed sequence of more than one byte at `data` (The Unicode Standard, table 3-7), 0 when there is none; `code`
// is its character. Overlong forms, surrogates and what lies above U+10FFFF are not well-formed.
inline std::size_t read_utf8(const std::uint8_t* data, std::size_t size, std::uint32_t& code) noexcept {
  const std::uint8_t first = data[0];
  if (first >= 0xE0 && first < 0xF0) {
    if (size < 3 || !continues(data[1]) || !continues(data[2])) return 0;
    code = (first & 0x0Fu) << 12 | (data[1] & 0x3Fu) << 6 | (data[2] & 0x3Fu);
    return code >= 0x800 && (code < 0xD800 || code > 0xDFFF) ? 3 : 0;
  }
  if (first < 0xE0) {
    if (first < 0xC2 || size < 2 || !continues(data[1])) return 0;
    code = (first & 0x1Fu) << 6 | (data[1] & 0x3Fu);
    return 2;
  }
  if (first > 0xF4 || size < 4 || !continues(data[1]) || !continues(data[2]) || !continues(data[3])) return 0;
  code = (first & 0x07u) << 18 | (data[1] & 0x3Fu) << 12 | (data[2] & 0x3Fu) << 6 | (data[3] & 0x3Fu);
  return code >= 0x10000 && code <= 0x10FFFF ? 4 : 0;
}

std::string hex(const std::uint8_t* data, std::size_t size) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "0x";
  for (std::size_t i = 0; i < size; ++i) {
    out += digits[data[i] >> 4];
    out += digits[data[i] & 15];
  }
  return out;
}

}  // namespace

bool utf16le_to_utf8(const std::uint8_t* data, std::size_t size, std::string& out) {
  if (size % 2 != 0)
    throw Error(sqlstate::invalid_byte_sequence, "UTF-16 text from SQL Server has an odd number of bytes (" + std::to_string(size) + ")");
  const std::size_t units = size / 2;
  char block[3 * block_units + 4];
  bool suspicious = false;
  for (std::size_t at = 0; at < units;) {
    const std::size_t end = units - at < block_units ? units : at + block_units;
    char* put = block;
    while (at < end) {
      const std::size_t run = narrow_ascii(data + 2 * at, end - at, put);
      put += run;
      at += run;
      // A script other than Latin comes in runs too: stay in the scalar loop until ASCII shows up again.
      for (; at < end; ++at) {
        std::uint32_t unit = unit_at(data, at);
        if (unit != 0 && unit < 0x80) break;
        if (is_high_surrogate(unit) && at + 1 < units && is_low_surrogate(unit_at(data, at + 1))) {
          unit = 0x10000 + ((unit - 0xD800) << 10) + (unit_at(data, ++at) - 0xDC00);
        } else if (unit == 0 || is_high_surrogate(unit) || is_low_surrogate(unit)) {
          suspicious = true;
        }
        put += put_utf8(unit, put);
      }
    }
    out.append(block, static_cast<std::size_t>(put - block));
  }
  return suspicious;
}

void utf8_to_utf16le(std::string_view utf8, std::string& out) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(utf8.data());
  char block[2 * block_units + 4];
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t end = utf8.size() - at < block_units ? utf8.size() : at + block_units;
    char* put = block;
    while (at < end) {
      const std::size_t run = widen_ascii(utf8.data() + at, end - at, put);
      put += 2 * run;
      at += run;
      for (; at < end && data[at] >= 0x80;) {
        std::uint32_t code = 0;
        const std::size_t length = read_utf8(data + at, utf8.size() - at, code);
        if (length == 0)
          throw Error(sqlstate::invalid_byte_sequence, "invalid byte sequence for encoding \"UTF8\": " + hex(data + at, 1));
        at += length;
        if (code >= 0x10000) {
          const std::uint32_t high = 0xD800 + ((code - 0x10000) >> 10);
          *put++ = static_cast<char>(high & 0xFF);
          *put++ = static_cast<char>(high >> 8);
          code = 0xDC00 + (code & 0x3FF);
        }
        *put++ = static_cast<char>(code & 0xFF);
        *put++ = static_cast<char>(code >> 8);
      }
    }
    out.append(block, static_cast<std::size_t>(put - block));
  }
}

std::size_t storable_ascii(const std::uint8_t* data, std::size_t size) noexcept {
  std::size_t i = 0;
#if defined(__SSE2__)
  const __m128i zero = _mm_setzero_si128();
  for (; i + 16 <= size; i += 16) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + i));
    if ((_mm_movemask_epi8(chunk) | _mm_movemask_epi8(_mm_cmpeq_epi8(chunk, zero))) != 0) break;
  }
#endif
  while (i < size && data[i] != 0 && data[i] < 0x80) ++i;
  return i;
}

std::size_t find_unstorable(const std::uint8_t* data, std::size_t size) noexcept {
  for (std::size_t at = 0;;) {
    at += storable_ascii(data + at, size - at);
    while (at < size && data[at] >= 0x80) {
      std::uint32_t code = 0;
      const std::size_t length = read_utf8(data + at, size - at, code);
      if (length == 0) return at;
      at += length;
    }
    if (at >= size || data[at] == 0) return at;
  }
}

}  // namespace mssql::tds
