#include "core/tds/codec/unicode.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "../cells.hpp"

namespace mssql::tds {
namespace {

const std::uint8_t* bytes_of(std::u16string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

// From and into memory of just the size that the contract wants, so that a sanitizer sees every
// byte beyond it.
std::string narrow_padded(std::u16string_view text, char16_t padding, bool& suspicious) {
  std::vector<char16_t> padded(text.begin(), text.end());
  padded.insert(padded.end(), cell_padding / 2, padding);
  padded.shrink_to_fit();
  std::vector<char> out(utf8_room(bytes_of(text), text.size()));
  const Utf8Text result =
      utf16le_to_utf8(reinterpret_cast<const std::uint8_t*>(padded.data()), text.size(), out.data(), true);
  suspicious = result.suspicious;
  return {out.data(), result.size};
}

std::string narrow(std::u16string_view text, bool* suspicious = nullptr) {
  const std::vector<char16_t> exact(text.begin(), text.end());
  std::string out = "kept ";
  const bool found = utf16le_to_utf8(reinterpret_cast<const std::uint8_t*>(exact.data()), exact.size() * 2, out);
  if (suspicious != nullptr) *suspicious = found;
  const auto pairs = static_cast<std::size_t>(
      std::count_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xF0; }));
  EXPECT_EQ(utf8_room(bytes_of(text), text.size()), out.size() - 5 + 2 * pairs + block_units);
  EXPECT_TRUE(out.starts_with("kept "));
  // What lies in a padding makes no difference: more text, a NUL, what looks like the other half of
  // a pair
  for (const char16_t padding : {u'x', u'\0', u'中', char16_t{0xDE00}}) {
    bool found_padded = !found;
    EXPECT_EQ(narrow_padded(text, padding, found_padded), out.substr(5));
    EXPECT_EQ(found_padded, found);
  }
  return out.substr(5);
}

std::u16string widen(std::string_view text) {
  std::string out;
  utf8_to_utf16le(text, out);
  std::u16string units(out.size() / 2, u'\0');
  std::copy(out.begin(), out.end(), reinterpret_cast<char*>(units.data()));
  return units;
}

std::size_t unstorable(std::string_view text) {
  return find_unstorable(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

// One character as UTF-8, by the definition.
std::string encode(char32_t c) {
  std::string out;
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
  } else if (c < 0x10000) {
    out += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
            static_cast<char>(0x80 | (c & 63))};
  } else {
    out += {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
            static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
  }
  return out;
}

TEST(Unicode, EveryCharacterBothWays) {
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::u16string units;
    if (c < 0x10000) {
      units = static_cast<char16_t>(c);
    } else {
      units = {static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10)),
               static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF))};
    }
    const std::string expected = encode(c);
    bool suspicious = true;
    ASSERT_EQ(narrow(units, &suspicious), expected) << static_cast<unsigned>(c);
    ASSERT_FALSE(suspicious);
    ASSERT_EQ(widen(expected), units);
    ASSERT_EQ(unstorable(expected), expected.size());
  }
}

// Texts whose lengths walk over the SIMD width and the block length, with one odd character at
// every place.
TEST(Unicode, EveryLengthAndPlace) {
  for (std::size_t length :
       {0u, 1u, 7u, 8u, 9u, 15u, 16u, 17u, 30u, 31u, 32u, 33u, 63u, 64u, 65u, 1023u, 1024u, 1025u, 2049u}) {
    const std::size_t step = length > 100 ? 97 : 1;
    for (std::size_t place = 0; place <= length; place += step) {
      const std::u16string plain(length, u'x');
      std::u16string text = plain;
      text.insert(place, u"\U0001F600é");
      const std::string expected = std::string(place, 'x') + "\U0001F600é" + std::string(length - place, 'x');
      ASSERT_EQ(narrow(text), expected);
      ASSERT_EQ(widen(expected), text);
      ASSERT_EQ(unstorable(expected), expected.size());
      const std::string with_nul = std::string(place, 'x') + std::string(1, '\0') + std::string(length - place, 'x');
      ASSERT_EQ(unstorable(with_nul), place);
      std::u16string wide_nul = plain;
      wide_nul.insert(place, 1, u'\0');
      bool suspicious = false;
      ASSERT_EQ(narrow(wide_nul, &suspicious), with_nul);
      ASSERT_TRUE(suspicious);
    }
  }
}

TEST(Unicode, PairAcrossTheBlockBoundary) {
  for (std::size_t before : {1022u, 1023u, 1024u}) {
    const std::u16string text = std::u16string(before, u'中') + u"\U0001F600" + u"z";
    std::string expected;
    for (std::size_t i = 0; i < before; ++i) expected += "中";
    expected += "\U0001F600z";
    bool suspicious = true;
    EXPECT_EQ(narrow(text, &suspicious), expected);
    EXPECT_FALSE(suspicious);
    EXPECT_EQ(widen(expected), text);
  }
}

TEST(Unicode, ReportsNulAndLoneSurrogates) {
  bool suspicious = false;
  EXPECT_EQ(narrow(std::u16string_view(u"a\0b", 3), &suspicious), std::string("a\0b", 3));
  EXPECT_TRUE(suspicious);
  const char16_t high[] = {0xD83D};
  EXPECT_EQ(narrow({high, 1}, &suspicious), "\xED\xA0\xBD");
  EXPECT_TRUE(suspicious);
  const char16_t reversed[] = {0xDE00, 0xD83D, u'x'};
  EXPECT_EQ(narrow({reversed, 3}, &suspicious), "\xED\xB8\x80\xED\xA0\xBDx");
  EXPECT_TRUE(suspicious);
}

TEST(Unicode, OddLengthIsAnError) {
  std::string out;
  const std::uint8_t byte = 1;
  EXPECT_EQ(thrown_by([&] { utf16le_to_utf8(&byte, 1, out); }).sqlstate, "22021");
}

TEST(Unicode, MalformedUtf8) {
  for (const char* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    const std::string bad = std::string(20, 'a') + text + "b";
    EXPECT_EQ(unstorable(bad), 20u) << text;
    EXPECT_EQ(thrown_by([&] { widen(bad); }).sqlstate, "22021") << text;
  }
  EXPECT_EQ(unstorable(""), 0u);
}

TEST(Unicode, RandomUnitsAgreeWithTheScalarDefinition) {
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    std::u16string text(random() % 60, u'\0');
    for (char16_t& unit : text) {
      const unsigned kind = random() % 8;
      unit = static_cast<char16_t>(kind < 5   ? 1 + random() % 127
                                   : kind < 6 ? 0xD700 + random() % 0xA00
                                              : random() % 0x10000);
    }
    std::string expected;
    bool expect_suspicious = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      char32_t c = text[i];
      if (c >= 0xD800 && c < 0xDC00 && i + 1 < text.size() && text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (text[++i] - 0xDC00);
      } else if (c == 0 || (c >= 0xD800 && c < 0xE000)) {
        expect_suspicious = true;
      }
      expected += encode(c);
    }
    bool suspicious = false;
    ASSERT_EQ(narrow(text, &suspicious), expected);
    ASSERT_EQ(suspicious, expect_suspicious);
    ASSERT_EQ(unstorable(expected) == expected.size(), !expect_suspicious);
  }
}

}  // namespace
}  // namespace mssql::tds
