#include "core/tsql/constant_text.hpp"

#include <gtest/gtest.h>

namespace mssql::tsql {
namespace {

std::string read(std::string_view text) {
  const auto value = read_timestamp(text);
  if (!value) return "-";
  std::string out;
  if (value->has_date) out += value->date_text();
  if (value->has_time) out += " " + value->time_text();
  if (value->has_offset) out += " and an offset";
  return out;
}

TEST(ReadTimestamp, Forms) {
  EXPECT_EQ(read("2020-01-31"), "2020-01-31");
  EXPECT_EQ(read("20200131"), "2020-01-31");
  EXPECT_EQ(read("20200131 13:05"), "2020-01-31 13:05:00");
  EXPECT_EQ(read("2020-01-31T13:05:06"), "2020-01-31 13:05:06");
  EXPECT_EQ(read("2020-01-31 13:05:06.250000"), "2020-01-31 13:05:06.25");
  EXPECT_EQ(read("13:05:06.1234560"), " 13:05:06.123456");
  EXPECT_EQ(read("2020-01-31 13:05:06 +01:30"), "2020-01-31 13:05:06 and an offset");
  EXPECT_EQ(read("2020-01-31 13:05:06-08"), "2020-01-31 13:05:06 and an offset");
  EXPECT_EQ(read("9999-12-31"), "9999-12-31");
  EXPECT_EQ(read("2000-02-29"), "2000-02-29");
}

TEST(ReadTimestamp, RefusesTheRest) {
  for (const char* text : {"",
                           " ",
                           "2020",
                           "2020-1-1",
                           "2020-13-01",
                           "2020-00-01",
                           "2020-01-32",
                           "1900-02-29",
                           "0000-01-01",
                           "20200131T",
                           "24:00:00",
                           "12:60",
                           "12:00:60",
                           "12",
                           "12:00:00.",
                           "12:00:00.1234567",
                           "2020-01-01 12:00 +15:00",
                           "2020-01-01 12:00 +14:30",
                           "2020-01-01 12:00:00+00:53:28",
                           "2020-01-01x",
                           "2020-01-01 12:00:00 BC",
                           "1/2/2020",
                           "infinity"})
    EXPECT_EQ(read(text), "-") << text;
}

TEST(ReadTimestamp, TicksOfDatetime) {
  EXPECT_TRUE(read_timestamp("00:00:00.007")->is_datetime_tick());
  EXPECT_TRUE(read_timestamp("00:00:00")->is_datetime_tick());
  EXPECT_FALSE(read_timestamp("00:00:00.001")->is_datetime_tick());
  EXPECT_FALSE(read_timestamp("00:00:00.0031")->is_datetime_tick());
}

TEST(DecimalDigits, FitsOrNot) {
  EXPECT_EQ(decimal_digits("012.3400", 5, 2), "12.34");
  EXPECT_EQ(decimal_digits("-0.0", 5, 2), "0");
  EXPECT_EQ(decimal_digits(".5", 1, 1), "0.5");
  EXPECT_EQ(decimal_digits("5.", 1, 0), "5");
  EXPECT_EQ(decimal_digits("-99999999999999999999999999999999999999", 38, 0),
            "-99999999999999999999999999999999999999");
  for (const char* text : {"", "-", ".", "1e3", "1.2.3", "NaN", "Infinity", "+1", " 1", "123.4", "1.234"})
    EXPECT_EQ(decimal_digits(text, 4, 2), std::nullopt) << text;
}

TEST(IsUuid, Shape) {
  EXPECT_TRUE(is_uuid("00112233-4455-6677-8899-AABBccddeeff"));
  EXPECT_FALSE(is_uuid("00112233-4455-6677-8899-aabbccddeef"));
  EXPECT_FALSE(is_uuid("00112233-4455-6677-8899-aabbccddeefg"));
  EXPECT_FALSE(is_uuid("00112233a4455-6677-8899-aabbccddeeff"));
}

}  // namespace
}  // namespace mssql::tsql
