// The inmost step of UTF-16LE to UTF-8: a block of ASCII. By SSE2, scalar on other machines.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "column.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace mssql::tds {

inline constexpr std::size_t block_units = 32;  // as the vectors have it
static_assert(2 * block_units <= cell_padding);

// Copies the ASCII units at the front of a block (NUL excluded) to `out` as bytes; how many there
// were. It may read all of the block, and write block_units bytes: where the text ends inside it,
// there has to be something behind `data` and behind `out`.
#if defined(__SSE2__)
inline std::size_t narrow_block(const std::uint8_t* data, char* out) noexcept {
  const auto load = [data](std::size_t at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + at)); };
  const auto store = [out](std::size_t at, __m128i bytes) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), bytes);
  };
  // Saturation makes of a unit that is not ASCII a byte that is none either, or NUL: as a signed
  // number, less than one
  const auto others = [](__m128i bytes) {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpgt_epi8(_mm_set1_epi8(1), bytes)));
  };
  const __m128i first = _mm_packus_epi16(load(0), load(16));
  const __m128i second = _mm_packus_epi16(load(32), load(48));
  store(0, first);
  store(16, second);
  return static_cast<std::size_t>(std::countr_zero(others(first) | others(second) << 16));
}
#else
inline std::size_t narrow_block(const std::uint8_t* data, char* out) noexcept {
  std::size_t i = 0;
  for (; i < block_units && data[2 * i + 1] == 0 && data[2 * i] != 0 && data[2 * i] < 0x80; ++i)
    out[i] = static_cast<char>(data[2 * i]);
  return i;
}
#endif

}  // namespace mssql::tds
