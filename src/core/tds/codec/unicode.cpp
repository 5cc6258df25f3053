#include "unicode.hpp"

#include <algorithm>
#include <cstring>

#include "core/error.hpp"
#include "cell.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace mssql::tds {

namespace {

// utf8_to_utf16le() runs over a block on the stack, so that the result string never zero-fills room
// that is overwritten at once.
constexpr std::size_t stack_units = 1024;

#if defined(__SSE2__)
// Narrows whole blocks as long as all of one is ASCII; how many units that were.
[[gnu::target("avx2")]] std::size_t narrow_by_avx2(const std::uint8_t* data, std::size_t units, char* out) noexcept {
  std::size_t i = 0;
  for (; i + block_units <= units; i += block_units) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + 2 * i));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + 2 * i + 32));
    // Packing goes by halves of the registers: 0 2 1 3 puts the quarters back in order
    const __m256i narrowed = _mm256_permute4x64_epi64(_mm256_packus_epi16(low, high), 0xD8);
    if (_mm256_movemask_epi8(_mm256_cmpgt_epi8(_mm256_set1_epi8(1), narrowed)) != 0) break;
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), narrowed);
  }
  return i;
}

const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
constexpr std::size_t worth_avx2 = 4 * block_units;  // for fewer the call costs more than it saves
#endif

// Copies the ASCII units at the front of `data` (NUL excluded) to `out`, both of which are padded;
// how many there were.
inline std::size_t narrow_ascii(const std::uint8_t* data, std::size_t units, char* out) noexcept {
  std::size_t i = 0;
#if defined(__SSE2__)
  if (units >= worth_avx2 && has_avx2) i = narrow_by_avx2(data, units, out);
#endif
  for (;; i += block_units) {
    const std::size_t left = units - i;
    const std::size_t count = narrow_block(data + 2 * i, out + i);
    if (count < block_units || left <= block_units) return i + std::min(count, left);
  }
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

std::uint32_t unit_at(const std::uint8_t* data, std::size_t index) noexcept {
  return static_cast<std::uint32_t>(read_little_endian(data + 2 * index, 2));
}

bool is_surrogate(std::uint32_t unit) noexcept { return (unit & 0xF800) == 0xD800; }
bool is_high_surrogate(std::uint32_t unit) noexcept { return (unit & 0xFC00) == 0xD800; }
bool is_low_surrogate(std::uint32_t unit) noexcept { return (unit & 0xFC00) == 0xDC00; }

// Each writes one character as UTF-8 of so many bytes; where the next one goes.
char* put_two(std::uint32_t code, char* put) noexcept {
  put[0] = static_cast<char>(0xC0 | code >> 6);
  put[1] = static_cast<char>(0x80 | (code & 0x3F));
  return put + 2;
}
char* put_three(std::uint32_t code, char* put) noexcept {
  put[0] = static_cast<char>(0xE0 | code >> 12);
  put[1] = static_cast<char>(0x80 | (code >> 6 & 0x3F));
  put[2] = static_cast<char>(0x80 | (code & 0x3F));
  return put + 3;
}
char* put_four(std::uint32_t code, char* put) noexcept {
  put[0] = static_cast<char>(0xF0 | code >> 18);
  put[1] = static_cast<char>(0x80 | (code >> 12 & 0x3F));
  put[2] = static_cast<char>(0x80 | (code >> 6 & 0x3F));
  put[3] = static_cast<char>(0x80 | (code & 0x3F));
  return put + 4;
}

struct Progress {
  std::size_t at;  // the next unit to read
  char* put;       // where its character goes
};

// Up to the next ASCII character: scripts other than Latin come in runs, too. NULs and lone
// surrogates are among them.
[[gnu::noinline]] Progress convert_beyond_ascii(const std::uint8_t* data, std::size_t units, Progress from,
                                                bool& suspicious) noexcept {
  auto [at, put] = from;
  for (; at < units; ++at) {
    const std::uint32_t unit = unit_at(data, at);
    if (unit < 0x80) {
      if (unit != 0) break;
      *put++ = 0;
      suspicious = true;
    } else if (unit < 0x800) {
      put = put_two(unit, put);
    } else if (!is_surrogate(unit)) {
      put = put_three(unit, put);
    } else if (is_high_surrogate(unit) && at + 1 < units && is_low_surrogate(unit_at(data, at + 1))) {
      put = put_four(0x10000 + ((unit - 0xD800) << 10) + (unit_at(data, ++at) - 0xDC00), put);
    } else {
      put = put_three(unit, put);
      suspicious = true;
    }
  }
  return {at, put};
}

// Of its UTF-8, beyond the first; half a surrogate pair counts as three bytes.
std::size_t extra_bytes(std::uint32_t unit) noexcept { return (unit >= 0x80 ? 1 : 0) + (unit >= 0x800 ? 1 : 0); }

bool continues(std::uint8_t byte) noexcept { return (byte & 0xC0) == 0x80; }

// Length of the well-formed sequence of more than one byte at `data` (The Unicode Standard, table
// 3-7), 0 when there is none; `code` is its character. Overlong forms, surrogates and what lies
// above U+10FFFF are not well-formed.
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

Utf8Text convert(const std::uint8_t* data, std::size_t units, char* out) noexcept {
  const std::size_t ascii = narrow_ascii(data, units, out);
  return ascii == units ? Utf8Text{units, false} : rest_of_utf16le_to_utf8(data, units, out, ascii);
}

}  // namespace

Utf8Text rest_of_utf16le_to_utf8(const std::uint8_t* data, std::size_t units, char* out, std::size_t ascii) noexcept {
  bool suspicious = false;
  for (Progress progress{ascii, out + ascii};;) {
    progress = convert_beyond_ascii(data, units, progress, suspicious);
    if (progress.at == units) return {static_cast<std::size_t>(progress.put - out), suspicious};
    const std::size_t run = narrow_ascii(data + 2 * progress.at, units - progress.at, progress.put);
    progress = {progress.at + run, progress.put + run};
  }
}

Utf8Text any_utf16le_to_utf8(const std::uint8_t* data, std::size_t units, char* out, bool padded) noexcept {
  if (padded) return convert(data, units, out);
  // The last block goes to where it has a padding
  std::size_t front = units > block_units ? units - block_units : 0;
  if (front > 0 && is_high_surrogate(unit_at(data, front - 1))) --front;
  std::uint8_t end[2 * (block_units + 1) + cell_padding] = {};
  if (units > 0) std::memcpy(end, data + 2 * front, 2 * (units - front));
  const Utf8Text first = front > 0 ? convert(data, front, out) : Utf8Text{};
  const Utf8Text second = convert(end, units - front, out + first.size);
  return {first.size + second.size, first.suspicious || second.suspicious};
}

std::size_t utf8_room(const std::uint8_t* data, std::size_t units) noexcept {
  std::size_t room = units + block_units;
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
  const Utf8Text text = utf16le_to_utf8(data, units, out.data() + before, false);
  out.resize(before + text.size);
  return text.suspicious;
}

void throw_odd_size(std::size_t size) {
  throw Error(sqlstate::invalid_byte_sequence,
              "UTF-16 text from SQL Server has an odd number of bytes (" + std::to_string(size) + ")");
}

void utf8_to_utf16le(std::string_view utf8, std::string& out) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(utf8.data());
  char block[2 * stack_units + 4];
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t end = utf8.size() - at < stack_units ? utf8.size() : at + stack_units;
    char* put = block;
    while (at < end) {
      const std::size_t run = widen_ascii(utf8.data() + at, end - at, put);
      put += 2 * run;
      at += run;
      for (; at < end && data[at] >= 0x80;) {
        std::uint32_t code = 0;
        const std::size_t length = read_utf8(data + at, utf8.size() - at, code);
        if (length == 0)
          throw Error(sqlstate::invalid_byte_sequence,
                      "invalid byte sequence for encoding \"UTF8\": " + hex(data + at, 1));
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

void check_text(std::string_view text, std::string_view what) {
  const std::size_t position = find_unstorable(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  if (position == text.size()) return;
  if (text[position] == '\0')
    throw Error(sqlstate::invalid_byte_sequence, std::string(what) + " has a NUL character in it",
                "It stands at byte " + std::to_string(position + 1) + ", and no text of PostgreSQL's can have one.");
  throw Error(sqlstate::invalid_byte_sequence, std::string(what) + " is not valid UTF-8",
              "The first bad byte is number " + std::to_string(position + 1) + ".");
}

}  // namespace mssql::tds
