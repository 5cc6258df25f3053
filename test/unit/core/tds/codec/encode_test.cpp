#include "core/tds/codec/encode.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "../../scalars.hpp"
#include "../cells.hpp"
#include "core/tds/codec/decode.hpp"

namespace mssql::tds {
namespace {

std::string encoded(const RemoteType& type, const Scalar& value) {
  std::string bytes;
  Target(type, "parameter 3").encode(value, bytes);
  return bytes;
}

std::string state_of(std::string_view declaration, const Scalar& value) {
  return thrown_by([&] { encoded(parse_declaration(declaration), value); }).sqlstate;
}

// What the decoder, which was checked against servers, makes of the bytes.
std::string again(std::string_view declaration, std::string_view text) {
  const RemoteType type = parse_declaration(declaration);
  const std::string bytes = encoded(type, scalar(type, text));
  std::string out;
  decode_to_text(column_of(wire_type(type.type), type.precision, type.scale),
                 {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, CharacterPolicy::error, out);
  return out;
}

struct Spelling {
  const char* declaration;
  const char* text;
};

TEST(Encode, IsTheInverseOfDecode) {
  const Spelling spellings[] = {
      {"tinyint", "0"},
      {"tinyint", "255"},
      {"smallint", "-32768"},
      {"smallint", "32767"},
      {"int", "-2147483648"},
      {"int", "2147483647"},
      {"bigint", "-9223372036854775808"},
      {"bigint", "9223372036854775807"},
      {"decimal(9,0)", "999999999"},
      {"decimal(10,2)", "-99999999.99"},
      {"decimal(19,19)", "0.1234567890123456789"},
      {"decimal(20,0)", "18446744073709551616"},
      {"decimal(29,1)", "-1234567890123456789012345678.9"},
      {"decimal(38,0)", "99999999999999999999999999999999999999"},
      {"decimal(38,38)", "-0.99999999999999999999999999999999999999"},
      {"money", "-922337203685477.5808"},
      {"money", "922337203685477.5807"},
      {"money", "0.0001"},
      {"smallmoney", "-214748.3648"},
      {"smallmoney", "214748.3647"},
      {"real", "1.5"},
      {"real", "-3.4028235e+38"},
      {"float", "0.1"},
      {"float", "5e-324"},
      {"float", "-1.7976931348623157e+308"},
      {"date", "0001-01-01"},
      {"date", "9999-12-31"},
      {"date", "2000-02-29"},
      {"date", "1900-03-01"},
      {"time(0)", "23:59:59"},
      {"time(3)", "12:34:56.789"},
      {"time(7)", "23:59:59.9999990"},
      {"smalldatetime", "1900-01-01 00:00:00"},
      {"smalldatetime", "2079-06-06 23:59:00"},
      {"datetime", "1753-01-01 00:00:00.000"},
      {"datetime", "9999-12-31 23:59:59.997"},
      {"datetime", "1899-12-31 12:00:00.003"},
      {"datetime", "2020-02-03 04:05:06.007"},
      {"datetime2(0)", "0001-01-01 00:00:00"},
      {"datetime2(5)", "2020-12-31 23:59:59.12345"},
      {"datetime2(7)", "9999-12-31 23:59:59.9999990"},
      {"datetimeoffset(0)", "2020-01-01 00:30:00 +01:00"},
      {"datetimeoffset(7)", "2020-01-01 23:30:00.1234560 -14:00"},
      {"datetimeoffset(3)", "0001-01-01 14:00:00.000 +14:00"},
      {"uniqueidentifier", "01234567-89ab-cdef-0123-456789abcdef"},
  };
  for (const Spelling& spelling : spellings)
    EXPECT_EQ(again(spelling.declaration, spelling.text), spelling.text) << spelling.declaration;
}

TEST(Encode, EveryDayAndTick) {
  const RemoteType date = parse_declaration("date");
  for (int day = 0; day <= 3652058; day += 13) {
    Bytes bytes{};
    bytes.little_endian(static_cast<std::uint64_t>(day), 3);
    const DateTime value = decode_datetime(column_of(WireType::date), bytes.cell());
    ASSERT_EQ(encoded(date, value), std::string(bytes.data.begin(), bytes.data.end())) << day;
  }
  const RemoteType datetime = parse_declaration("datetime");
  for (int tick = 0; tick < 300 * 86400; tick += 101) {
    Bytes bytes{};
    bytes.little_endian(43830, 4).little_endian(static_cast<std::uint64_t>(tick), 4);
    const DateTime value = decode_datetime(column_of(WireType::datetime), bytes.cell());
    ASSERT_EQ(encoded(datetime, value), std::string(bytes.data.begin(), bytes.data.end())) << tick;
  }
}

TEST(Encode, OtherScales) {
  EXPECT_EQ(again("bit", "1"), "true");
  EXPECT_EQ(again("bit", "0"), "false");
  EXPECT_EQ(again("decimal(10,2)", "5"), "5.00");
  EXPECT_EQ(again("decimal(10,2)", "5.1000"), "5.10");
  EXPECT_EQ(again("decimal(10,2)", "-0.00"), "0.00");
  EXPECT_EQ(again("decimal(38,38)", "0"), "0.00000000000000000000000000000000000000");
  EXPECT_EQ(again("time(0)", "10:11:12"), "10:11:12");
  EXPECT_EQ(again("datetimeoffset(0)", "2020-01-02 03:04:05 -05:30"), "2020-01-02 03:04:05 -05:30");
}

TEST(Encode, WhatTheTypeCannotHoldIsRefused) {
  const Spelling numbers[] = {{"bit", "2"},
                              {"bit", "-1"},
                              {"tinyint", "-1"},
                              {"tinyint", "256"},
                              {"smallint", "32768"},
                              {"int", "-2147483649"},
                              {"decimal(10,2)", "0.001"},
                              {"decimal(10,2)", "100000000"},
                              {"decimal(38,1)", "35000000000000000000000000000000000000"},
                              {"decimal(38,38)", "1"},
                              {"decimal(38,0)", "0.00000000000000000000000000000000000001"},
                              {"decimal(38,37)", "1.00000000000000000000000000000000000000000001"},
                              {"money", "922337203685477.5808"},
                              {"money", "0.00001"},
                              {"smallmoney", "-214748.3649"}};
  for (const Spelling& spelling : numbers)
    EXPECT_EQ(state_of(spelling.declaration, scalar(parse_declaration(spelling.declaration), spelling.text)), "22003")
        << spelling.text;
  EXPECT_EQ(state_of("real", 1e39), "22003");
  EXPECT_EQ(state_of("float", std::numeric_limits<double>::infinity()), "22003");
  EXPECT_EQ(state_of("float", std::numeric_limits<double>::quiet_NaN()), "22003");
  const Spelling moments[] = {{"date", "2020-01-01 00:00:01"},
                              {"time(3)", "12:00:00.0001"},
                              {"time(7)", "24:00:00"},
                              {"datetime", "2020-01-01 00:00:00.001"},
                              {"datetime", "2020-01-01 00:00:00.0031"},
                              {"datetime", "1752-12-31 00:00:00"},
                              {"datetime", "2020-01-01 23:59:59.999"},
                              {"smalldatetime", "2020-01-01 00:00:01"},
                              {"smalldatetime", "1899-12-31 00:00:00"},
                              {"smalldatetime", "2079-06-07 00:00:00"},
                              {"datetime2(0)", "2020-01-01 00:00:00.5"},
                              {"datetimeoffset(0)", "0001-01-01 00:00:00 +00:01"},
                              {"datetimeoffset(0)", "9999-12-31 23:59:59 -00:01"}};
  for (const Spelling& spelling : moments)
    EXPECT_EQ(state_of(spelling.declaration, moment(spelling.text)), "22008") << spelling.text;
  EXPECT_EQ(state_of("date", DateTime{0, first_date - 1}), "22008");
  EXPECT_EQ(state_of("date", DateTime{0, last_date + 1}), "22008");
  // In the calendar by UTC, and not by its own clock
  EXPECT_EQ(state_of("datetimeoffset(0)", DateTime{0, first_date, -1}), "22008");
  EXPECT_EQ(state_of("datetimeoffset(0)", DateTime{microseconds_per_day - 1'000'000, last_date, 1}), "22008");
}

TEST(Encode, TextAndBytes) {
  EXPECT_EQ(encoded(parse_declaration("varchar(5)"), Text{"a\xC3\xA9"}), std::string("a\0\xE9\0", 4));
  EXPECT_EQ(encoded(parse_declaration("varbinary(5)"), Binary{{"\0\1", 2}}), std::string("\0\1", 2));
  EXPECT_EQ(state_of("nvarchar(5)", Text{"\xff"}), "22021");
  EXPECT_EQ(state_of("nvarchar(5)", Text{{"a\0b", 3}}), "22021");
}

TEST(Encode, AnotherKindOfValueIsOurFault) {
  for (const char* declaration : {"bit", "int", "decimal(9,2)", "money", "float", "date", "datetimeoffset(3)",
                                  "uniqueidentifier", "varbinary(5)", "sql_variant"}) {
    const bool text = std::string_view(declaration) == "sql_variant";
    EXPECT_EQ(state_of(declaration, text ? Scalar{Binary{"x"}} : Scalar{Text{"x"}}), "XX000") << declaration;
  }
}

TEST(Encode, ErrorsNameTheValueAndTheType) {
  EXPECT_EQ(thrown_by([] {
              encoded({Type::decimal, 9, 10, 2}, decimal("0.001"));
            }).message,
            "value of parameter 3 is out of range for type decimal(10,2): \"0.001\"");
}

}  // namespace
}  // namespace mssql::tds
