#include "core/tds/codec/raw_text.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "core/error.hpp"
#include "core/tds/codec/decode.hpp"

namespace mssql::tds {
namespace {

using namespace std::string_view_literals;

Column raw_column() {
  Column column;
  column.type = WireType::binary;
  return column;
}

Cell cell_of(std::string_view bytes) { return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}; }

std::string decode(std::string_view bytes, CharacterPolicy policy) {
  Column column = raw_column();
  EXPECT_TRUE(adopt_raw_text(column));
  std::string scratch;
  return std::string(decode_text(column, unwrap_raw_text(column, cell_of(bytes)), policy, scratch));
}

TEST(RawText, OnlyBinaryColumnsAreAdopted) {
  Column column = raw_column();
  column.type = WireType::text;
  EXPECT_FALSE(adopt_raw_text(column));
}

TEST(RawText, TheMarkTellsTheEncoding) {
  EXPECT_EQ(decode("\xFF\xFE\xE4\x00z\x00"sv, CharacterPolicy::error), "äz");
  EXPECT_EQ(decode("\xEF\xBB\xBF\xC3\xA4z"sv, CharacterPolicy::error), "äz");
  EXPECT_EQ(decode("\xFF\xFE"sv, CharacterPolicy::error), "");
}

TEST(RawText, LoneSurrogatesAndNulsFollowThePolicy) {
  const std::string_view text =
      "\xFF\xFE"
      "a\x00\x3D\xD8"
      "b\x00\x00\x00"sv;
  EXPECT_EQ(decode(text, CharacterPolicy::replace), "a\uFFFDb\uFFFD");
  EXPECT_EQ(decode(text, CharacterPolicy::strip), "ab");
  EXPECT_THROW(decode(text, CharacterPolicy::error), Error);
}

TEST(RawText, NullStaysNullAndAMissingMarkIsAnError) {
  Column column = raw_column();
  EXPECT_TRUE(unwrap_raw_text(column, Cell{}).is_null());
  EXPECT_THROW(unwrap_raw_text(column, cell_of("ab")), Error);
  EXPECT_THROW(unwrap_raw_text(column, cell_of("")), Error);
}

}  // namespace
}  // namespace mssql::tds
