#include "core/tds/native/collation.hpp"

#include <gtest/gtest.h>

namespace mssql::tds::native {
namespace {

CharacterSet of(std::uint32_t bits, int sort_order) {
  const std::uint8_t collation[5] = {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8),
                                     static_cast<std::uint8_t>(bits >> 16), static_cast<std::uint8_t>(bits >> 24),
                                     static_cast<std::uint8_t>(sort_order)};
  return character_set_of(collation);
}

TEST(CollationTest, LanguagesHaveTheirCodePage) {
  EXPECT_EQ(of(0x0409, 0).code_page, 1252);
  EXPECT_EQ(of(0x0405, 0).code_page, 1250);
  EXPECT_EQ(of(0x0419, 0).code_page, 1251);
  EXPECT_EQ(of(0x0411, 0).code_page, 932);
  EXPECT_EQ(of(0x041e, 0).code_page, 874);
  for (std::uint32_t arabic = 0x0401; arabic <= 0x4001; arabic += 0x0400)
    EXPECT_EQ(of(arabic, 0).code_page, 1256) << arabic;
  EXPECT_EQ(of(0x0450, 0).code_page, 1251);  // Mongolian, in Mongolia and in China
  EXPECT_EQ(of(0x0850, 0).code_page, 1251);
  EXPECT_EQ(of(0x0409, 0).encoding, Encoding::code_page);
}

TEST(CollationTest, SortOrderGoesBeforeTheLanguage) {
  EXPECT_EQ(of(0x00D00409, 0x34).code_page, 1252);  // SQL_Latin1_General_CP1_CI_AS
  EXPECT_EQ(of(0x0409, 30).code_page, 437);
  EXPECT_EQ(of(0x0409, 106).code_page, 1251);
}

TEST(CollationTest, FlagsBesideTheLanguageDoNotMatter) { EXPECT_EQ(of(0x00D00419, 0).code_page, 1251); }

TEST(CollationTest, Utf8) {
  EXPECT_EQ(of(0x04D00409, 0).encoding, Encoding::utf8);
  EXPECT_EQ(of(0x04D00411, 0x34).encoding, Encoding::utf8);
}

TEST(CollationTest, UnknownOnesAreLatin) {
  EXPECT_EQ(of(0, 0).code_page, 1252);
  EXPECT_EQ(of(0xFFFF, 0).code_page, 1252);
  EXPECT_EQ(of(0x0409, 255).code_page, 1252);
}

}  // namespace
}  // namespace mssql::tds::native
