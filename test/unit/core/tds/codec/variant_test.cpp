#include "core/tds/codec/variant.hpp"

#include <gtest/gtest.h>

#include "../cells.hpp"
#include "core/tds/codec/decode.hpp"

namespace mssql::tds {
namespace {

std::string show(const Bytes& bytes) {
  std::string out;
  decode_to_text(column_of(WireType::variant), bytes.cell(), CharacterPolicy::error, out);
  return out;
}

TEST(Variant, EveryKindOfProperties) {
  EXPECT_EQ(show(Bytes{0x38, 0, 42, 0, 0, 0}), "42");
  EXPECT_EQ(show(Bytes{0x32, 0, 1}), "true");
  EXPECT_EQ(show(Bytes{0x6C, 2, 9, 2, 1, 0x39, 0x30, 0, 0}), "123.45");
  EXPECT_EQ(show(Bytes{0x29, 1, 0, 1, 0, 0}), "00:00:01");
  EXPECT_EQ(show(Bytes{0xA5, 2, 10, 0, 0xAB}), "\\xab");
  EXPECT_EQ(show(Bytes{0xE7, 7, 9, 4, 0xD0, 0, 0x34, 20, 0, 'h', 0, 0xE9, 0}), "hé");
  EXPECT_EQ(show(Bytes{0xA7, 7, 9, 4, 0xD0, 0, 0x34, 20, 0, 'h', 'i'}), "hi");
  EXPECT_EQ(show(Bytes{0xA7, 7, 9, 4, 0xD0, 0, 0x34, 20, 0}), "");
}

TEST(Variant, LengthsAreTaken) {
  Column base;
  Cell value;
  const Bytes bytes{0xE7, 7, 9, 4, 0xD0, 0, 0x34, 0x40, 0x1F, 'h', 0};
  open_variant(column_of(WireType::variant), bytes.cell(), base, value);
  EXPECT_EQ(base.name, "c");
  EXPECT_EQ(base.max_length, 8000);
  EXPECT_EQ(value.size, 2u);
}

TEST(Variant, RefusesTheMalformed) {
  for (const Bytes& bytes :
       {Bytes{}, Bytes{0x38}, Bytes{0x99, 0}, Bytes{0x38, 1, 0, 1, 2, 3, 4}, Bytes{0x6C, 2, 9}, Bytes{0x38, 0, 1}})
    EXPECT_EQ(thrown_by([&] { show(bytes); }).sqlstate, "08P01");
  EXPECT_EQ(thrown_by([] { show(Bytes{0xA7, 7, 9, 4, 0xD0, 0, 0x34, 20, 0, 0xFC}); }).sqlstate, "0A000");
  std::string out;
  EXPECT_EQ(
      thrown_by([&] { decode_to_text(column_of(WireType::variant), Cell{}, CharacterPolicy::error, out); }).sqlstate,
      "08P01");
}

}  // namespace
}  // namespace mssql::tds
