#include <gtest/gtest.h>

#include "../cells.hpp"
#include "core/tds/codec/unicode.hpp"

namespace mssql::tds {
namespace {

std::string convert(int code_page, const Bytes& bytes) {
  std::string out = "<";
  code_page_to_utf8(code_page, bytes.data.data(), bytes.data.size(), out);
  return out.substr(1);
}

TEST(CodePage, SingleByte) {
  EXPECT_EQ(convert(1250, Bytes{0xB9, 0xE6}), "ąć");
  EXPECT_EQ(convert(1251, Bytes{0xCF, 0xF0}), "Пр");
  EXPECT_EQ(convert(1252, Bytes{0x80, 0xE4, 0x99}), "€ä™");
  EXPECT_EQ(convert(1253, Bytes{0xE1, 0xF9}), "αω");
  EXPECT_EQ(convert(1254, Bytes{0xDD, 0xFD}), "İı");
  EXPECT_EQ(convert(1255, Bytes{0xF9, 0xE5}), "שו");
  EXPECT_EQ(convert(1256, Bytes{0xC7, 0xE1}), "ال");
  EXPECT_EQ(convert(1257, Bytes{0xE0, 0xFE}), "ąž");
  EXPECT_EQ(convert(874, Bytes{0xA1, 0xE1}), "กแ");
  EXPECT_EQ(convert(437, Bytes{0x80, 0xE1, 0xFF}), "Çß\u00A0");
  EXPECT_EQ(convert(850, Bytes{0x80, 0xD5}), "Çı");
}

TEST(CodePage, VietnameseKeepsCombiningMarks) { EXPECT_EQ(convert(1258, Bytes{'a', 0xEC, 0xE3}), "a\u0301\u0103"); }

TEST(CodePage, DoubleByte) {
  EXPECT_EQ(convert(932, Bytes{0x93, 0xFA, 0x96, 0x7B, 0xB1, 0x5C, 0x7E, 0x81, 0x60}), "日本ｱ\\~～");
  EXPECT_EQ(convert(936, Bytes{0xD6, 0xD0, 0x80}), "中€");
  EXPECT_EQ(convert(949, Bytes{0xB0, 0xA1}), "가");
  EXPECT_EQ(convert(950, Bytes{0xA4, 0xA4}), "中");
}

TEST(CodePage, LongTextsCrossTheBlocks) {
  Bytes japanese{};
  Bytes german{};
  std::string expected_japanese;
  std::string expected_german;
  for (int i = 0; i < 5000; ++i) {
    japanese.data.insert(japanese.data.end(), {0x93, 0xFA});
    german.data.push_back(0xFC);
    expected_japanese += "日";
    expected_german += "ü";
  }
  EXPECT_EQ(convert(932, japanese), expected_japanese);
  EXPECT_EQ(convert(1252, german), expected_german);
}

TEST(CodePage, UnassignedBytesOfTheC1Range) {
  EXPECT_EQ(convert(1252, Bytes{0x81, 0x9D}), "\u0081\u009D");
  EXPECT_EQ(convert(1251, Bytes{0x98}), "\u0098");
  EXPECT_EQ(convert(932, Bytes{0x80}), "\u0080");
}

TEST(CodePage, Errors) {
  EXPECT_EQ(thrown_by([] {
              convert(1253, Bytes{'a', 0xAA});
            }).message,
            "byte sequence 0xaa has no character in code page 1253");
  EXPECT_EQ(thrown_by([] {
              convert(932, Bytes{'a', 0x93});
            }).message,
            "byte sequence 0x93 has no character in code page 932");
  EXPECT_EQ(thrown_by([] { convert(932, Bytes{0x81, 0x20}); }).sqlstate, "22021");
  EXPECT_EQ(convert(932, Bytes{0x93, 0xFA}), "日");  // the converter is in its first state again
  EXPECT_EQ(thrown_by([] { convert(12345, Bytes{'a'}); }).sqlstate, "0A000");
  EXPECT_EQ(thrown_by([] { convert(65001, Bytes{'a', 0x00, 0xFF}); }).sqlstate, "22021");
}

TEST(CodePage, NulStays) {
  for (int code_page : {1252, 932, 65001})
    EXPECT_EQ(convert(code_page, Bytes{'a', 0, 'b'}), std::string("a\0b", 3)) << code_page;
  EXPECT_EQ(convert(1252, Bytes{}), "");
}

TEST(CodePage, WhichCharactersItHas) {
  EXPECT_TRUE(is_in_code_page(1252, "Grüße €"));
  EXPECT_TRUE(is_in_code_page(1252, "\xC2\x81"));  // the control character of an unassigned byte
  EXPECT_FALSE(is_in_code_page(1252, "жук"));
  EXPECT_FALSE(is_in_code_page(1252, "ő"));  // of which Windows would make an o
  EXPECT_TRUE(is_in_code_page(1251, "жук"));
  EXPECT_TRUE(is_in_code_page(932, "日本"));
  EXPECT_FALSE(is_in_code_page(932, "é"));
  EXPECT_FALSE(is_in_code_page(936, "😀"));
  EXPECT_TRUE(is_in_code_page(65001, "😀"));
  EXPECT_TRUE(is_in_code_page(437, ""));
}

}  // namespace
}  // namespace mssql::tds
