// What a session of either driver makes of the rows that a server sends.
#include "core/tds/session.hpp"

#include <gtest/gtest.h>

#include "drivers.hpp"

namespace mssql::tds {
namespace {

using namespace std::string_literals;
using namespace canned;
using namespace drivers;

class RowTest : public SessionTest {};

TEST_P(RowTest, EmptyIsNotNull) {
  const std::string tokens =
      metadata({{"n", nvarchar_type(20)},
                {"v", varchar_type(20)},
                {"b", varbinary_type(20)},
                {"m", nvarchar_type(-1)},
                {"x", "\xf1"s + '\0'}}) +
      row(value16("") + value16("") + value16("") + little(0, 8) + little(0, 4) + little(0, 8) + little(0, 4)) +
      row(null16 + null16 + null16 + little(~0ULL, 8) + little(~0ULL, 8)) + null_bitmap_row("\x1b", value16("")) +
      done(count_flag, 3);
  with_replies({{tokens}}, [](Session& session) {
    Row row = first_row(session);
    ASSERT_EQ(row.size(), 5u);
    for (const Cell& cell : row) {
      EXPECT_FALSE(cell.is_null());
      EXPECT_EQ(cell.size, 0u);
    }
    ASSERT_TRUE(session.fetch(row));
    for (const Cell& cell : row) EXPECT_TRUE(cell.is_null());
    ASSERT_TRUE(session.fetch(row));
    for (std::size_t i = 0; i < row.size(); ++i) EXPECT_EQ(row[i].is_null(), i != 2);
    EXPECT_FALSE(session.fetch(row));
    EXPECT_FALSE(session.next_result());
    EXPECT_EQ(session.rows_affected(), 3);
    EXPECT_FALSE(session.busy());
  });
}

TEST_P(RowTest, LegacyTextAndImage) {
  const std::string table = "\x01"s + name16("t");
  const std::string pointer = "\x10"s + std::string(24, '\x01');
  const std::string tokens = metadata({{"t", "\x23"s + little(0x7fffffff, 4) + latin1_collation + table},
                                       {"n", "\x63"s + little(0x7ffffffe, 4) + latin1_collation + table},
                                       {"i", "\x22"s + little(0x7fffffff, 4) + table}}) +
                             row(pointer + little(1, 4) + "\xe9" + pointer + little(2, 4) + "\xe9\x00"s + pointer +
                                 little(2, 4) + "\x00\x01"s) +
                             row(pointer + little(0, 4) + pointer + little(0, 4) + pointer + little(0, 4)) +
                             row(null8 + null8 + null8) + done(final);
  with_replies({{tokens}}, [](Session& session) {
    Row row = first_row(session);
    EXPECT_EQ(session.columns()[0].max_length, -1);
    EXPECT_EQ(text_of(session, row, 0), "é");
    EXPECT_EQ(text_of(session, row, 1), "é");
    EXPECT_EQ(bytes_of(row[2]), "\x00\x01"s);
    ASSERT_TRUE(session.fetch(row));
    for (const Cell& cell : row) EXPECT_TRUE(!cell.is_null() && cell.size == 0);
    ASSERT_TRUE(session.fetch(row));
    for (const Cell& cell : row) EXPECT_TRUE(cell.is_null());
  });
}

TEST_P(RowTest, DecimalsKeepTheWireForm) {
  const std::string largest("\xff\xff\xff\xff\x3f\x22\x8a\x09\x7a\xc4\x86\x5a\xa8\x4c\x3b\x4b", 16);  // 10^38 - 1
  const std::string tokens =
      metadata({{"a", decimal_type(38, 10)}, {"b", decimal_type(5, 2)}, {"c", decimal_type(19, 0)}}) +
      row(value8('\x00' + largest) + value8("\x01" + little(12345, 4)) + value8('\x00' + little(1, 8))) +
      row(value8('\x01' + largest) + null8 + value8("\x01" + little(0, 8))) + done(final);
  with_replies({{tokens}}, [&](Session& session) {
    Row row = first_row(session);
    EXPECT_EQ(session.columns()[0].precision, 38);
    EXPECT_EQ(session.columns()[0].scale, 10);
    EXPECT_EQ(bytes_of(row[0]), '\x00' + largest);
    EXPECT_EQ(bytes_of(row[1]), "\x01" + little(12345, 4));
    EXPECT_EQ(bytes_of(row[2]), "\x00"s + little(1, 8));
    ASSERT_TRUE(session.fetch(row));
    EXPECT_EQ(bytes_of(row[0]), '\x01' + largest);
    EXPECT_TRUE(row[1].is_null());
    EXPECT_EQ(bytes_of(row[2]), "\x01" + little(0, 8));
  });
}

TEST_P(RowTest, DecimalBeyondItsPrecisionIsAnError) {
  with_replies({{metadata({{"a", decimal_type(2, 0)}}) + row(value8("\x01" + little(70000, 4))) + done(final)}},
               [](Session& session) {
                 const Error error = error_of([&] { decode_all(session, first_row(session)); });
                 EXPECT_STREQ(error.sqlstate, "22003");
                 EXPECT_NE(error.message.find("\"a\""), std::string::npos);
               });
}

TEST_P(RowTest, DatesKeepTheWireForm) {
  for (int scale = 0; scale <= 7; ++scale) {
    std::uint64_t ticks = 86399;
    for (int i = 0; i < scale; ++i) ticks = ticks * 10 + 9;
    const int bytes = scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
    const std::string time = little(ticks, bytes);
    const std::string last_day = little(3652058, 3);  // 9999-12-31
    const std::string tokens =
        metadata({{"t", "\x29"s + little(scale, 1)},
                  {"d", "\x28"},
                  {"m", "\x2a"s + little(scale, 1)},
                  {"o", "\x2b"s + little(scale, 1)}}) +
        row(value8(time) + value8(last_day) + value8(time + last_day) + value8(time + last_day + little(-840, 2))) +
        row(value8(little(0, bytes)) + value8(little(0, 3)) + value8(little(0, bytes + 3)) +
            value8(little(0, bytes + 3) + little(840, 2))) +
        row(null8 + null8 + null8 + null8) + done(final);
    with_replies({{tokens}}, [&](Session& session) {
      Row row = first_row(session);
      EXPECT_EQ(session.columns()[2].scale, scale);
      EXPECT_EQ(bytes_of(row[0]), time);
      EXPECT_EQ(bytes_of(row[1]), last_day);
      EXPECT_EQ(bytes_of(row[2]), time + last_day);
      EXPECT_EQ(bytes_of(row[3]), time + last_day + little(-840, 2));
      ASSERT_TRUE(session.fetch(row));
      EXPECT_EQ(bytes_of(row[1]), little(0, 3));
      EXPECT_EQ(bytes_of(row[3]), little(0, bytes + 3) + little(840, 2));
      ASSERT_TRUE(session.fetch(row));
      for (const Cell& cell : row) EXPECT_TRUE(cell.is_null());
    });
  }
}

TEST_P(RowTest, FixedTypesAreLentAsTheyCame) {
  const std::string guid("\x04\x03\x02\x01\x06\x05\x08\x07\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 16);
  const std::string tokens = metadata({{"bit", "\x68\x01"},
                                       {"t", "\x30", false},
                                       {"s", "\x26\x02"},
                                       {"i", "\x38", false},
                                       {"l", "\x26\x08"},
                                       {"r", "\x6d\x04"},
                                       {"f", "\x3e", false},
                                       {"m", "\x6e\x08"},
                                       {"sm", "\x6e\x04"},
                                       {"dt", "\x3d", false},
                                       {"sd", "\x6f\x04"},
                                       {"g", "\x24\x10"}}) +
                             row(value8("\x01") + "\xff" + value8("\x00\x80"s) + "\x00\x00\x00\x80"s +
                                 value8("\xff\xff\xff\xff\xff\xff\xff\x7f") + value8("\x00\x00\x80\x3f"s) +
                                 "\x00\x00\x00\x00\x00\x00\xf0\x3f"s + value8("\xff\xff\xff\x7f\xff\xff\xff\xff") +
                                 value8("\x00\x00\x00\x80"s) + "\x46\x2e\xff\xff\x00\x00\x00\x00"s +
                                 value8("\x01\x00\x02\x00"s) + value8(guid)) +
                             done(final);
  const std::vector<WireType> types = {WireType::bit,      WireType::tinyint,       WireType::smallint,
                                       WireType::int_,     WireType::bigint,        WireType::real,
                                       WireType::float_,   WireType::money,         WireType::smallmoney,
                                       WireType::datetime, WireType::smalldatetime, WireType::uniqueidentifier};
  with_replies({{tokens}}, [&](Session& session) {
    const Row row = first_row(session);
    ASSERT_EQ(row.size(), types.size());
    for (std::size_t i = 0; i < types.size(); ++i) EXPECT_EQ(session.columns()[i].type, types[i]) << i;
    EXPECT_FALSE(session.columns()[1].nullable);
    EXPECT_TRUE(session.columns()[0].nullable);
    EXPECT_EQ(decode_integer(session.columns()[0], row[0]), 1);
    EXPECT_EQ(decode_integer(session.columns()[1], row[1]), 255);
    EXPECT_EQ(decode_integer(session.columns()[2], row[2]), -32768);
    EXPECT_EQ(decode_integer(session.columns()[3], row[3]), INT32_MIN);
    EXPECT_EQ(decode_integer(session.columns()[4], row[4]), INT64_MAX);
    EXPECT_EQ(decode_float(session.columns()[5], row[5]), 1);
    EXPECT_EQ(decode_float(session.columns()[6], row[6]), 1);
    EXPECT_TRUE(decode_decimal(session.columns()[7], row[7]).magnitude == INT64_MAX);
    EXPECT_TRUE(decode_decimal(session.columns()[8], row[8]).negative);
    EXPECT_EQ(bytes_of(row[11]), guid);
  });
}

TEST_P(RowTest, LongTextsAreNotCut) {
  std::string wide;
  for (int i = 0; i < 4000; ++i) wide += "\x22\x6f"s;  // U+6F22, three bytes in UTF-8
  std::string euro(8000, '\x80');                      // three bytes in UTF-8 from cp1252
  const std::string tokens =
      metadata({{"n", nvarchar_type(8000)}, {"v", varchar_type(8000)}, {"u", varchar_type(4, utf8_collation)}}) +
      row(value16(wide) + value16(euro) + value16("\xf0\x9f\x98\x80")) + done(final);
  with_replies({{tokens}}, [&](Session& session) {
    const Row row = first_row(session);
    EXPECT_EQ(session.columns()[0].max_length, 8000);
    const std::string han = text_of(session, row, 0), euros = text_of(session, row, 1);
    ASSERT_EQ(han.size(), 12000u);
    ASSERT_EQ(euros.size(), 24000u);
    for (std::size_t i = 0; i < 12000; i += 3) ASSERT_EQ(han.substr(i, 3), "漢");
    for (std::size_t i = 0; i < 24000; i += 3) ASSERT_EQ(euros.substr(i, 3), "€");
    EXPECT_EQ(text_of(session, row, 2), "😀");
  });
}

TEST_P(RowTest, NulAndSurrogatePairsSurvive) {
  with_replies({{metadata({{"n", nvarchar_type(20)}}) + row(value16("a\0\0\0\x3d\xd8\x00\xde"s)) + done(final)}},
               [](Session& session) { EXPECT_EQ(text_of(session, first_row(session), 0), "a\0😀"s); });
}

TEST_P(RowTest, WhatCannotBeConvertedIsAnErrorThatNamesTheColumn) {
  const std::string lone_high("a\0\x3d\xd8z\0", 6);
  const std::string lone_low("\x00\xde", 2);
  const std::string lone_last("a\0\x3d\xd8", 4);
  for (const std::string& value : {lone_high, lone_low, lone_last}) {
    const std::string tokens = metadata({{"ok", nvarchar_type(20)}, {"bad", nvarchar_type(20)}}) +
                               row(value16("q\0"s) + value16("q\0"s)) + row(value16("q\0"s) + value16(value)) +
                               done(final);
    with_replies({{tokens}, {done(final)}}, [](Session& session) {
      Row row = first_row(session);
      const Error error = error_of([&] {
        session.fetch(row);
        decode_all(session, row);
      });
      EXPECT_STREQ(error.sqlstate, "22P05") << error.message;
      EXPECT_NE(error.message.find("\"bad\""), std::string::npos) << error.message;
      EXPECT_TRUE(session.alive());
      EXPECT_NO_THROW(run(session, "y"));
    });
  }
  // To Windows, and to the native driver, an unassigned byte of a code page is a control character.
  with_replies({{metadata({{"v", varchar_type(10)}}) + row(value16("\x81")) + done(final)}}, [](Session& session) {
    const Error error = error_of([&] { decode_all(session, first_row(session)); });
    EXPECT_STREQ(error.sqlstate, driver == DriverKind::freetds ? "22P05" : "00000");
  });
}

TEST_P(RowTest, ColumnNames) {
  std::string tokens = "\x81"s + little(2, 2) + little(0, 4) + little(8, 2) + "\x38";
  std::string wide_name;
  for (int i = 0; i < 128; ++i) wide_name += "\x22\x6f"s;
  tokens += little(128, 1) + wide_name + little(0, 4) + little(8, 2) + "\x38" + name8("") +
            row(little(1, 4) + little(2, 4)) + done(final);
  with_replies({{tokens}}, [](Session& session) {
    first_row(session);
    EXPECT_EQ(session.columns()[0].name.size(), 384u);
    EXPECT_EQ(session.columns()[0].name.substr(0, 3), "漢");
    EXPECT_EQ(session.columns()[1].name, "");
  });
}

INSTANTIATE_TEST_SUITE_P(Drivers, RowTest, both_drivers, driver_name);

}  // namespace
}  // namespace mssql::tds
