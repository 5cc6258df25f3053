// The vector steps of UTF-16LE to UTF-8 (unicode.cpp): ASCII by SSE2, the rest of the basic multilingual plane by AVX2 where the CPU has it.
//
// A step reads block_units units and may write as many bytes or more than its text takes, wherever the text ends: both sides are
// padded by cell_padding bytes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "../value.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace mssql::tds {

inline constexpr std::size_t block_units = 32;
static_assert(2 * block_units <= cell_padding);

#if defined(__SSE2__)

namespace vector {

inline __m128i load(const std::uint8_t* data) noexcept { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(data)); }
inline void store(char* out, __m128i bytes) noexcept { _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes); }
inline unsigned mask(__m128i bytes) noexcept { return static_cast<unsigned>(_mm_movemask_epi8(bytes)); }

// Saturation makes of a unit that is not ASCII a byte that is none either, or NUL: as a signed number, less than one.
inline unsigned not_ascii(__m128i narrowed) noexcept { return mask(_mm_cmpgt_epi8(_mm_set1_epi8(1), narrowed)); }

}  // namespace vector

// Narrows a block; how many units at its front are ASCII, NUL excluded. What follows them in `out` means nothing.
inline std::size_t narrow_block(const std::uint8_t* data, char* out) noexcept {
  const __m128i first = _mm_packus_epi16(vector::load(data), vector::load(data + 16));
  const __m128i second = _mm_packus_epi16(vector::load(data + 32), vector::load(data + 48));
  vector::store(out, first);
  vector::store(out + 16, second);
  const std::uint64_t others = vector::not_ascii(first) | std::uint64_t{vector::not_ascii(second)} << 16 | std::uint64_t{1} << block_units;
  return static_cast<std::size_t>(std::countr_zero(others));
}

inline const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;

// The same for whole blocks, as long as all of one is ASCII.
[[gnu::target("avx2")]] inline std::size_t narrow_blocks_by_avx2(const std::uint8_t* data, std::size_t units, char* out) noexcept {
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

#else

inline std::size_t narrow_block(const std::uint8_t* data, char* out) noexcept {
  std::size_t i = 0;
  for (; i < block_units && data[2 * i + 1] == 0 && data[2 * i] != 0 && data[2 * i] < 0x80; ++i) out[i] = static_cast<char>(data[2 * i]);
  return i;
}

#endif

}  // namespace mssql::tds
