#include "core/copy/row_hash.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace mssql::replicate {
namespace {

std::string hex(Hash128 hash) {
  std::string text;
  for (const std::uint8_t byte : bytes_of(hash)) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

Hash128 hash_of_text(std::string_view text) { return hash_of(text.data(), text.size()); }

std::string hex(const std::vector<std::uint8_t>& memory, const RowBytes& bytes) {
  return hex(hash_of(memory.data(), bytes.size()));
}

void append_text(RowBytes& bytes, std::string_view text) {
  bytes.number(text.size(), 4);
  bytes.append(text.data(), text.size());
}

// A row of texts; null is NULL.
std::string hash_of_row(const std::vector<const char*>& row) {
  std::vector<std::uint8_t> memory(RowBytes::room(row.size()), 0xAA);
  RowBytes bytes(memory.data(), row.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == nullptr) {
      bytes.null(i);
    } else {
      append_text(bytes, row[i]);
    }
  }
  return hex(memory, bytes);
}

// As xxhsum -H2 prints it.
TEST(RowHash, IsXxh3) {
  EXPECT_EQ(hex(hash_of_text("")), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(hex(hash_of_text("abc")), "06b05ab6733a618578af5f94892f3950");
}

TEST(RowHash, ReadsBackItsBytes) {
  const Hash128 hash = hash_of_text("abc");
  EXPECT_EQ(hash_from(bytes_of(hash).data()), hash);
  EXPECT_EQ(hex(1), "00000000000000000000000000000001");
}

TEST(RowHash, IsAddedModulo) {
  const std::array<std::uint8_t, 16> most = bytes_of(~Hash128{0});
  EXPECT_EQ(hash_from(most.data()) + 2, 1U);
  const Hash128 a = hash_of_text("a");
  const Hash128 b = hash_of_text("b");
  EXPECT_EQ(a + b + a, a + a + b);
  EXPECT_NE(a + b, a + a + b);
}

TEST(RowHash, TellsRowsApart) {
  const std::vector<std::vector<const char*>> rows = {
      {},          {""},        {nullptr},          {"a"},          {"b"},           {"", ""},
      {"a", "bc"}, {"ab", "c"}, {"abc", ""},        {"", "abc"},    {"a", nullptr},  {nullptr, "a"},
      {"a", ""},   {"", "a"},   {nullptr, nullptr}, {"a", "b", ""}, {"a", "b", "c"}, {"a", "b", nullptr},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(hash_of_row(rows[i]), hash_of_row(rows[j])) << i << " " << j;
  }
}

// Nothing of what was in the memory before counts.
TEST(RowHash, DependsOnTheRowAlone) {
  for (const std::size_t columns : {1U, 7U, 8U, 9U, 63U, 64U, 65U, 130U}) {
    std::vector<std::uint8_t> dirty(RowBytes::room(columns), 0xFF);
    std::vector<std::uint8_t> clean(RowBytes::room(columns), 0);
    RowBytes one(dirty.data(), columns);
    RowBytes other(clean.data(), columns);
    for (std::size_t i = 0; i + 1 < columns; ++i) {
      one.number(0xFFFFFFFF00000000 | i, 4);
      other.number(i, 4);
    }
    one.null(columns - 1);
    other.null(columns - 1);
    EXPECT_EQ(hex(dirty, one), hex(clean, other)) << columns;
  }
}

// Every length, about the one from which on a value is hashed by itself, too; each of its bytes
// counts.
TEST(RowHash, CountsEveryByte) {
  std::string text(300, 'x');
  for (std::size_t size = 0; size <= text.size(); ++size) {
    std::vector<std::uint8_t> memory(RowBytes::room(2));
    const auto hashed = [&](const char* data) {
      RowBytes bytes(memory.data(), 2);
      append_text(bytes, {data, size});
      bytes.number(7, 1);
      return hex(memory, bytes);
    };
    const std::string whole = hashed(text.data());
    for (std::size_t i = 0; i < size; ++i) {
      text[i] = 'y';
      EXPECT_NE(hashed(text.data()), whole) << size << " " << i;
      text[i] = 'x';
    }
    if (size > 0) {
      RowBytes bytes(memory.data(), 2);
      append_text(bytes, std::string_view(text).substr(0, size - 1));
      bytes.number(7, 1);
      EXPECT_NE(hex(memory, bytes), whole) << size;
    }
  }
}

// All columns as long as they may be: no byte beyond the room.
TEST(RowHash, StaysWithinItsMemory) {
  const std::string text(RowBytes::longest, 'x');
  for (const std::size_t columns : {0U, 1U, 8U, 64U, 65U}) {
    std::vector<std::uint8_t> memory(RowBytes::room(columns) + 16, 0xAA);
    RowBytes bytes(memory.data(), columns);
    for (std::size_t i = 0; i < columns; ++i) {
      bytes.number(i, 8);
      bytes.append(text.data(), text.size());
    }
    EXPECT_LE(bytes.size(), RowBytes::room(columns));
    for (std::size_t i = memory.size() - 16; i < memory.size(); ++i) EXPECT_EQ(memory[i], 0xAA) << columns;
  }
}

}  // namespace
}  // namespace mssql::replicate
