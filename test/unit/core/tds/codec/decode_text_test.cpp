#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "../cells.hpp"
#include "core/tds/codec/decode.hpp"
#include "core/tds/codec/unicode.hpp"

namespace mssql::tds {
namespace {

std::string decode(const Column& column, const Bytes& bytes, CharacterPolicy policy = CharacterPolicy::error) {
  std::string scratch = "left over";
  return std::string(decode_text(column, bytes.cell(), policy, scratch));
}

std::string show(const Column& column, const Bytes& bytes) {
  std::string out = "<";
  decode_to_text(column, bytes.cell(), CharacterPolicy::error, out);
  return out.substr(1);
}

Bytes utf16(std::initializer_list<int> units) {
  Bytes bytes{};
  for (int unit : units) bytes.little_endian(static_cast<std::uint64_t>(unit), 2);
  return bytes;
}

TEST(DecodeText, CleanUtf8IsTheCellItself) {
  const Bytes bytes(std::string_view("plain and ünïcode 中文 \U0001F600"));
  std::string scratch;
  const std::string_view text = decode_text(text_column(Encoding::utf8), bytes.cell(), CharacterPolicy::error, scratch);
  EXPECT_EQ(static_cast<const void*>(text.data()), bytes.cell().data);
  EXPECT_EQ(text.size(), bytes.data.size());
}

TEST(DecodeText, AsciiOfACodePageIsTheCellItself) {
  const Bytes bytes(std::string_view("plain"));
  std::string scratch;
  const std::string_view text =
      decode_text(text_column(Encoding::code_page, 1252), bytes.cell(), CharacterPolicy::error, scratch);
  EXPECT_EQ(static_cast<const void*>(text.data()), bytes.cell().data);
}

TEST(DecodeText, EmptyIsNotNull) {
  for (Encoding encoding : {Encoding::utf8, Encoding::utf16le, Encoding::code_page}) {
    std::string scratch;
    EXPECT_EQ(decode_text(text_column(encoding, 1252), Bytes{}.cell(), CharacterPolicy::error, scratch), "");
  }
  std::string scratch;
  EXPECT_EQ(
      thrown_by([&] { decode_text(text_column(Encoding::utf8), Cell{}, CharacterPolicy::error, scratch); }).sqlstate,
      "08P01");
}

TEST(DecodeText, PoliciesForNul) {
  const Bytes utf8(std::string_view("a\0b\0", 4));
  const Bytes wide = utf16({'a', 0, 'b', 0});
  for (const auto& [column, bytes] :
       {std::pair{text_column(Encoding::utf8), utf8}, std::pair{text_column(Encoding::utf16le), wide},
        std::pair{text_column(Encoding::code_page, 1252), utf8},
        std::pair{text_column(Encoding::code_page, 932), utf8}}) {
    EXPECT_EQ(decode(column, bytes, CharacterPolicy::replace), "a\uFFFDb\uFFFD");
    EXPECT_EQ(decode(column, bytes, CharacterPolicy::strip), "ab");
    const Thrown thrown = thrown_by([&, c = column, b = bytes] { decode(c, b); });
    EXPECT_EQ(thrown.sqlstate, "22P05");
    EXPECT_EQ(thrown.message, "column \"c\" holds a NUL character (U+0000)");
  }
}

TEST(DecodeText, PoliciesForLoneSurrogates) {
  const Column column = text_column(Encoding::utf16le);
  for (const Bytes& bytes : {utf16({'a', 0xD83D, 'b'}), utf16({'a', 0xDE00, 'b'}), utf16({'a', 0xDBFF, 'b'})}) {
    EXPECT_EQ(decode(column, bytes, CharacterPolicy::replace), "a\uFFFDb");
    EXPECT_EQ(decode(column, bytes, CharacterPolicy::strip), "ab");
    EXPECT_EQ(thrown_by([&] { decode(column, bytes); }).message, "column \"c\" holds half of a surrogate pair");
  }
  EXPECT_EQ(decode(column, utf16({0xD83D, 0xDE00})), "\U0001F600");
  EXPECT_EQ(decode(column, utf16({0xD83D}), CharacterPolicy::replace), "\uFFFD");
  EXPECT_EQ(decode(column, utf16({0xDE00, 0xD83D}), CharacterPolicy::replace), "\uFFFD\uFFFD");
  EXPECT_EQ(decode(text_column(Encoding::utf8), Bytes(std::string_view("\xED\xA0\xBDx")), CharacterPolicy::strip), "x");
}

TEST(DecodeText, InvalidUtf8IsAnErrorUnderAnyPolicy) {
  for (const char* text :
       {"\x80", "\xC3", "a\xC0\x80", "\xE2\x82", "\xED\xA0", "\xF5\x80\x80\x80", "\xF4\x90\x80\x80", "\xE0\x80\x80"})
    for (CharacterPolicy policy : {CharacterPolicy::error, CharacterPolicy::replace, CharacterPolicy::strip})
      EXPECT_EQ(thrown_by([&] { decode(text_column(Encoding::utf8), Bytes(std::string_view(text)), policy); }).sqlstate,
                "22021")
          << text;
}

TEST(DecodeText, ErrorsNameTheColumn) {
  const Thrown odd = thrown_by([] { decode(text_column(Encoding::utf16le), Bytes{1, 2, 3}); });
  EXPECT_EQ(odd.sqlstate, "22021");
  EXPECT_EQ(odd.detail, "The text is in column \"c\".");
  EXPECT_EQ(thrown_by([] { decode(text_column(Encoding::code_page, 1253), Bytes{0xAA}); }).detail,
            "The text is in column \"c\".");
  EXPECT_EQ(thrown_by([] { decode(text_column(Encoding::none), Bytes{1}); }).sqlstate, "XX000");
}

TEST(DecodeText, CodePages) {
  EXPECT_EQ(decode(text_column(Encoding::code_page, 1252), Bytes{'x', 0x80, 0xFC}), "x€ü");
  EXPECT_EQ(decode(text_column(Encoding::code_page, 932), Bytes{0x82, 0xA0, 0x5C}), "あ\\");
}

TEST(DecodeText, XmlLosesItsByteOrderMark) {
  Column column = text_column(Encoding::utf16le);
  column.type = WireType::xml;
  EXPECT_EQ(decode(column, utf16({0xFEFF, '<', 'a', '/', '>'})), "<a/>");
  EXPECT_EQ(decode(text_column(Encoding::utf16le), utf16({0xFEFF, 'a'})), "\uFEFFa");
}

TEST(DecodeToText, Numbers) {
  EXPECT_EQ(show(column_of(WireType::bit), Bytes{1}), "true");
  EXPECT_EQ(show(column_of(WireType::bit), Bytes{0}), "false");
  EXPECT_EQ(show(column_of(WireType::bigint), Bytes{0, 0, 0, 0, 0, 0, 0, 0x80}), "-9223372036854775808");
  EXPECT_EQ(show(column_of(WireType::tinyint), Bytes{255}), "255");
  EXPECT_EQ(show(column_of(WireType::decimal, 9, 2), Bytes{0}.little_endian(5, 4)), "-0.05");
  EXPECT_EQ(show(column_of(WireType::decimal, 9, 0), Bytes{1}.little_endian(0, 4)), "0");
  EXPECT_EQ(show(column_of(WireType::decimal, 9, 3), Bytes{1}.little_endian(0, 4)), "0.000");
  EXPECT_EQ(show(column_of(WireType::decimal, 9, 9), Bytes{1}.little_endian(123456789, 4)), "0.123456789");
  EXPECT_EQ(show(column_of(WireType::decimal, 38, 38),
                 Bytes{0}.little_endian(0x098A223FFFFFFFFF, 8).little_endian(0x4B3B4CA85A86C47A, 8)),
            "-0.99999999999999999999999999999999999999");
  EXPECT_EQ(show(column_of(WireType::money), Bytes{}.little_endian(0x80000000, 4).little_endian(0, 4)),
            "-922337203685477.5808");
  EXPECT_EQ(show(column_of(WireType::smallmoney), Bytes{}.little_endian(1, 4)), "0.0001");
}

TEST(DecodeToText, FloatsAreTheShortestThatReadBack) {
  const auto show_double = [](double value) {
    return show(column_of(WireType::float_), Bytes{}.little_endian(std::bit_cast<std::uint64_t>(value), 8));
  };
  EXPECT_EQ(show_double(0.1), "0.1");
  EXPECT_EQ(show_double(1e100), "1e+100");
  EXPECT_EQ(show_double(-0.0), "-0");
  EXPECT_EQ(show_double(std::numeric_limits<double>::infinity()), "Infinity");
  EXPECT_EQ(show_double(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_EQ(show_double(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(std::stod(show_double(1.7976931348623157e308)), 1.7976931348623157e308);
  EXPECT_EQ(show(column_of(WireType::real), Bytes{}.little_endian(std::bit_cast<std::uint32_t>(0.1f), 4)), "0.1");
}

TEST(DecodeToText, Dates) {
  const auto date = [](std::uint64_t days) { return show(column_of(WireType::date), Bytes{}.little_endian(days, 3)); };
  EXPECT_EQ(date(0), "0001-01-01");
  EXPECT_EQ(date(58), "0001-02-28");
  EXPECT_EQ(date(59), "0001-03-01");
  EXPECT_EQ(date(730119), "2000-01-01");
  EXPECT_EQ(date(730119 + 59), "2000-02-29");
  EXPECT_EQ(date(693595), "1900-01-01");
  EXPECT_EQ(date(693595 + 59), "1900-03-01");
  EXPECT_EQ(date(146096), "0400-12-31");
  EXPECT_EQ(date(3652058), "9999-12-31");
}

TEST(DecodeToText, Times) {
  EXPECT_EQ(show(column_of(WireType::time, 0, 0), Bytes{}.little_endian(86399, 3)), "23:59:59");
  EXPECT_EQ(show(column_of(WireType::time, 0, 7), Bytes{}.little_endian(863'999'999'999, 5)), "23:59:59.9999999");
  EXPECT_EQ(show(column_of(WireType::datetime2, 0, 3), Bytes{}.little_endian(5, 4).little_endian(730119, 3)),
            "2000-01-01 00:00:00.005");
  EXPECT_EQ(show(column_of(WireType::datetime), Bytes{}.little_endian(0, 4).little_endian(299, 4)),
            "1900-01-01 00:00:00.997");
  EXPECT_EQ(show(column_of(WireType::smalldatetime), Bytes{}.little_endian(0, 2).little_endian(61, 2)),
            "1900-01-01 01:01:00");
}

TEST(DecodeToText, DatetimeoffsetIsLocalTime) {
  const auto moment = [](std::uint64_t seconds, std::uint64_t days, std::int16_t offset) {
    return show(
        column_of(WireType::datetimeoffset, 0, 0),
        Bytes{}.little_endian(seconds, 3).little_endian(days, 3).little_endian(static_cast<std::uint16_t>(offset), 2));
  };
  EXPECT_EQ(moment(43200, 730119, 0), "2000-01-01 12:00:00 +00:00");
  EXPECT_EQ(moment(80000, 730119, 330), "2000-01-02 03:43:20 +05:30");
  EXPECT_EQ(moment(0, 730119, -90), "1999-12-31 22:30:00 -01:30");
  EXPECT_EQ(thrown_by([&] { moment(0, 0, -1); }).sqlstate, "22008");
  EXPECT_EQ(thrown_by([&] { moment(86399, 3652058, 1); }).sqlstate, "22008");
}

TEST(DecodeToText, BinaryUuidText) {
  EXPECT_EQ(show(column_of(WireType::binary), Bytes{}), "\\x");
  EXPECT_EQ(show(column_of(WireType::udt), Bytes{0x00, 0xAB, 0xFF}), "\\x00abff");
  EXPECT_EQ(show(column_of(WireType::uniqueidentifier),
                 Bytes{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF}),
            "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(show(text_column(Encoding::utf16le), utf16({'h', 0xE9})), "hé");
  std::string out;
  EXPECT_EQ(thrown_by([&] { decode_to_text(column_of(WireType::int_), Cell{}, CharacterPolicy::error, out); }).sqlstate,
            "08P01");
}

}  // namespace
}  // namespace mssql::tds
