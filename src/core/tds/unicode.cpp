#include "unicode.hpp"

#include <cstring>

#include "../error.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace mssql::tds {

namespace {

// utf8_to_utf16le() runs over a block on the stack, so that the result string never zero-fills room that is overwritten at once.
constexpr std::size_t block_units = 1024;

#if defined(__SSE2__)
// Copies units from `data` to `out` as long as sixteen in a row are ASCII and not NUL; how many there were.
std::size_t narrow_by_sse2(const std::uint8_t* data, std::size_t units, char* out) noexcept {
  const __m128i above_ascii = _mm_set1_epi16(static_cast<short>(0xFF80));
  const __m128i zero = _mm_setzero_si128();
  std::size_t i = 0;
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
  return i;
}

// The same, thirty-two at a time.
[[gnu::target("avx2")]] std::size_t narrow_by_avx2(const std::uint8_t* data, std::size_t units, char* out) noexcept {
  const __m256i above_ascii = _mm256_set1_epi16(static_cast<short>(0xFF80));
  const __m256i zero = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 32 <= units; i += 32) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + 2 * i));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + 2 * i + 32));
    if (_mm256_testz_si256(_mm256_or_si256(low, high), above_ascii) == 0) break;
    // Packing goes by halves of the registers: 0 2 1 3 puts the quarters back in order
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(low, high), 0xD8);
    if (_mm256_movemask_epi8(_mm256_cmpeq_epi8(packed, zero)) != 0) break;
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), packed);
  }
  return i;
}

// The ASCII bytes of eight units in the lower half of `packed`; false when one of them is something else, or NUL.
inline bool pack_eight(__m128i units, __m128i& packed) noexcept {
  const __m128i zero = _mm_setzero_si128();
  const __m128i ascii = _mm_cmpeq_epi16(_mm_and_si128(units, _mm_set1_epi16(static_cast<short>(0xFF80))), zero);
  packed = _mm_packus_epi16(units, zero);
  return _mm_movemask_epi8(_mm_andnot_si128(_mm_cmpeq_epi16(units, zero), ascii)) == 0xFFFF;
}

inline bool narrow_eight(const std::uint8_t* data, char* out) noexcept {
  __m128i packed;
  if (!pack_eight(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data)), packed)) return false;
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), packed);
  return true;
}

// Four to eight units, as the first four and the last four.
inline bool narrow_four_to_eight(const std::uint8_t* data, std::size_t units, char* out) noexcept {
  const __m128i first = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(data));
  const __m128i last = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(data + 2 * (units - 4)));
  __m128i packed;
  if (!pack_eight(_mm_unpacklo_epi64(first, last), packed)) return false;
  const int head = _mm_cvtsi128_si32(packed);
  const int tail = _mm_cvtsi128_si32(_mm_srli_si128(packed, 4));
  std::memcpy(out, &head, sizeof(head));
  std::memcpy(out + units - 4, &tail, sizeof(tail));
  return true;
}

const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
constexpr std::size_t worth_avx2 = 128;  // units; for fewer the call costs more than it saves
#endif

// Copies the ASCII units at the front of `data` (NUL excluded) to `out`; how many there were.
inline std::size_t narrow_ascii(const std::uint8_t* data, std::size_t units, char* out) noexcept {
  std::size_t i = 0;
#if defined(__SSE2__)
  if (units >= worth_avx2 && has_avx2) i = narrow_by_avx2(data, units, out);
  i += narrow_by_sse2(data + 2 * i, units - i, out + i);
  if (i + 8 <= units && narrow_eight(data + 2 * i, out + i)) i += 8;
  // The rest once more with what precedes it, all of which is ASCII
  if (i < units && i + 8 > units && units >= 8 && narrow_eight(data + 2 * (units - 8), out + units - 8)) i = units;
  if (units >= 4 && units < 8 && narrow_four_to_eight(data, units, out)) i = units;
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

// Of its UTF-8, beyond the first; half a surrogate pair counts as three bytes.
std::size_t extra_bytes(std::uint32_t unit) noexcept { return (unit >= 0x80 ? 1 : 0) + (unit >= 0x800 ? 1 : 0); }

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

std::size_t utf16le_to_utf8(const std::uint8_t* data, std::size_t units, char* out, bool& suspicious) noexcept {
  char* put = out;
  suspicious = false;
  for (std::size_t at = 0; at < units;) {
    const std::size_t run = narrow_ascii(data + 2 * at, units - at, put);
    put += run;
    at += run;
    // A script other than Latin comes in runs too: stay in the scalar loop until ASCII shows up again.
    for (; at < units; ++at) {
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
  return static_cast<std::size_t>(put - out);
}

std::size_t utf8_room(const std::uint8_t* data, std::size_t units) noexcept {
  std::size_t room = units;
  std::size_t i = 0;
#if defined(__SSE2__)
  // Eight at a time while they are ASCII, as most text is
  const __m128i above_ascii = _mm_set1_epi16(static_cast<short>(0xFF80));
  for (; i + 8 <= units; i += 8) {
    const __m128i high = _mm_and_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data + 2 * i)), above_ascii);
    if (_mm_movemask_epi8(_mm_cmpeq_epi16(high, _mm_setzero_si128())) == 0xFFFF) continue;
    for (std::size_t j = i; j < i + 8; ++j) room += extra_bytes(unit_at(data, j));
  }
#endif
  for (; i < units; ++i) room += extra_bytes(unit_at(data, i));
  return room;
}

bool utf16le_to_utf8(const std::uint8_t* data, std::size_t size, std::string& out) {
  const std::size_t units = utf16_units(size);
  const std::size_t before = out.size();
  out.resize(before + utf8_room(data, units));
  bool suspicious = false;
  out.resize(before + utf16le_to_utf8(data, units, out.data() + before, suspicious));
  return suspicious;
}

void throw_odd_size(std::size_t size) {
  throw Error(sqlstate::invalid_byte_sequence, "UTF-16 text from SQL Server has an odd number of bytes (" + std::to_string(size) + ")");
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
