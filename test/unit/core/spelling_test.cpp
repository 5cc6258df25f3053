#include "core/spelling.hpp"

#include <gtest/gtest.h>

#include "scalars.hpp"

namespace mssql {
namespace {

struct Spelling {
  const char* declaration;
  const char* value;
  const char* spelled;
};

TEST(Spelled, EveryType) {
  const Spelling spellings[] = {
      {"bit", "1", "1"},
      {"bigint", "-9223372036854775808", "-9223372036854775808"},
      {"decimal(10,4)", "-12.5000", "-12.5"},
      {"decimal(3,1)", "10.0", "10"},
      {"decimal(2,2)", "0.05", "0.05"},
      {"decimal(38,0)", "99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
      {"money", "0.0000", "0"},
      {"real", "0.1", "0.1"},
      {"float", "0.1", "0.1"},
      {"float", "-1.7976931348623157e+308", "-1.7976931348623157e+308"},
      {"date", "0001-01-01", "0001-01-01"},
      {"date", "9999-12-31", "9999-12-31"},
      {"date", "2000-02-29", "2000-02-29"},
      {"time(3)", "23:59:59", "23:59:59"},
      {"time(6)", "00:00:00.000001", "00:00:00.000001"},
      {"datetime2(6)", "2020-01-31 13:05:00.250000", "2020-01-31T13:05:00.25"},
      {"datetime2(6)", "1999-12-31 00:00", "1999-12-31T00:00:00"},
      {"datetime", "2020-01-31 13:05:00.5", "2020-01-31T13:05:00.500"},
      {"datetime", "2020-01-31 13:05:00", "2020-01-31T13:05:00"},
      {"smalldatetime", "2079-06-06 23:59:00", "2079-06-06T23:59:00"},
      {"datetimeoffset(6)", "2020-01-31 13:05:00.5 +00:00", "2020-01-31T13:05:00.5+00:00"},
      {"datetimeoffset(6)", "2020-01-01 00:30:00 +05:30", "2020-01-01T00:30:00+05:30"},
      {"datetimeoffset(6)", "2020-12-31 23:30:00 -08:00", "2020-12-31T23:30:00-08:00"},
      {"uniqueidentifier", "01234567-89AB-CDEF-0123-456789ABCDEF", "01234567-89ab-cdef-0123-456789abcdef"},
      {"varbinary(3)", "\x01\xff", "0x01ff"},
      {"varbinary(3)", "", "0x"},
      {"nvarchar(10)", "it's", "it's"},
  };
  for (const Spelling& spelling : spellings) {
    const Parameter value = parameter(spelling.declaration, spelling.value);
    EXPECT_EQ(spelled(value.type, value.value), spelling.spelled) << spelling.declaration << ' ' << spelling.value;
  }
  EXPECT_EQ(spelled({Type::int_}, {}), "NULL");
}

TEST(AppendBracketed, DoublesTheClosingOne) {
  std::string out = "x ";
  append_bracketed("a]b[c", out);
  EXPECT_EQ(out, "x [a]]b[c]");
}

}  // namespace
}  // namespace mssql
