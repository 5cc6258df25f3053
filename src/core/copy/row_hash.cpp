#include "row_hash.hpp"

// As a part of this file: a call of a row's few bytes is not worth the library's, and nobody who
// runs the extension has to have that.
#define XXH_INLINE_ALL
#include <xxhash.h>

// What XXH3 answers has been the same since then.
#if XXH_VERSION_NUMBER < 800
#error "xxHash 0.8.0 or later is needed"
#endif

namespace mssql::replicate {

namespace {

[[gnu::noinline]] std::uint8_t* append_hash(std::uint8_t* end, const void* data, std::size_t size) noexcept {
  const Hash128 hash = hash_of(data, size);
  std::memcpy(end, &hash, sizeof(hash));
  return end + sizeof(hash);
}

}  // namespace

Hash128 hash_of(const void* data, std::size_t size) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(data, size);
  return static_cast<Hash128>(hash.high64) << 64 | hash.low64;
}

std::array<std::uint8_t, 16> bytes_of(Hash128 hash) noexcept {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = bytes.size(); i-- > 0; hash >>= 8) bytes[i] = static_cast<std::uint8_t>(hash);
  return bytes;
}

Hash128 hash_from(const std::uint8_t* bytes) noexcept {
  Hash128 hash = 0;
  for (std::size_t i = 0; i < sizeof(Hash128); ++i) hash = hash << 8 | bytes[i];
  return hash;
}

// In steps that may overlap: of a memcpy() that it knows to be short GCC makes an instruction that
// takes longer to begin than all else here.
std::uint8_t* RowBytes::append(std::uint8_t* end, const void* data, std::size_t size) noexcept {
  const auto* from = static_cast<const std::uint8_t*>(data);
  if (size > longest) return append_hash(end, data, size);
  if (size >= 16) {
    for (std::size_t i = 0; i + 16 < size; i += 16) std::memcpy(end + i, from + i, 16);
    std::memcpy(end + size - 16, from + size - 16, 16);
  } else if (size >= 8) {
    std::memcpy(end, from, 8);
    std::memcpy(end + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(end, from, 4);
    std::memcpy(end + size - 4, from + size - 4, 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) end[i] = from[i];
  }
  return end + size;
}

}  // namespace mssql::replicate
