// Hashes of rows that are summed, so that their order does not count: those of the parts of a table
// add up to its own, and each row counts as often as it is there.
//
// A row's hash is XXH3's of 128 bits (xxHash 0.8 or later, the same on every machine for the same
// bytes) over bytes from which its values could be read again, given its columns: a bit a column,
// set where that is NULL; then the values that are not, in order, those that vary in length behind
// it. Of long ones there is a hash instead, so that no row takes more memory than its columns do.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mssql::replicate {

// Also a sum of hashes, modulo 2^128. Memory of PostgreSQL's is not aligned to more.
using Hash128 __attribute__((aligned(8))) = unsigned __int128;

Hash128 hash_of(const void* data, std::size_t size) noexcept;

// The number's bytes, the highest first.
std::array<std::uint8_t, 16> bytes_of(Hash128 hash) noexcept;
Hash128 hash_from(const std::uint8_t* bytes) noexcept;  // 16

// The bytes of one row, in memory of its user's. All columns follow, in order: one that is NULL by
// null(), with its place from 0, any other one by what tells it.
class RowBytes {
 public:
  static constexpr std::size_t longest = 128;  // value that is taken as it is

  // Of the memory for a row of so many columns.
  static constexpr std::size_t room(std::size_t columns) {
    return null_bytes(columns) + columns * (sizeof(std::uint64_t) + longest) + sizeof(std::uint64_t);
  }

  RowBytes(std::uint8_t* memory, std::size_t columns) noexcept : memory_(memory), end_(memory + (columns + 7) / 8) {
    // Of the last word values take what columns leave
    for (std::size_t i = 0; i < null_bytes(columns); i += sizeof(std::uint64_t))
      std::memset(memory + i, 0, sizeof(std::uint64_t));
  }

  void null(std::size_t column) noexcept { memory_[column / 8] |= static_cast<std::uint8_t>(1U << (column % 8)); }

  // The low bytes of a number, 8 at most, in the machine's order.
  void number(std::uint64_t value, std::size_t size) noexcept {
    if constexpr (std::endian::native == std::endian::big) value <<= 64 - 8 * size;
    std::memcpy(end_, &value, sizeof(value));  // beyond its end, too: the next one is written over that
    end_ += size;
  }
  // What has no length of its own follows a number that tells it.
  void append(const void* data, std::size_t size) noexcept { end_ = append(end_, data, size); }

  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - memory_); }

 private:
  static constexpr std::size_t null_bytes(std::size_t columns) { return (columns + 63) / 64 * 8; }
  // Its new end. No function of the object's, which so stays in registers.
  static std::uint8_t* append(std::uint8_t* end, const void* data, std::size_t size) noexcept;

  std::uint8_t* memory_;
  std::uint8_t* end_;
};

}  // namespace mssql::replicate
