#include "core/tds/codec/variant_json.hpp"

#include <gtest/gtest.h>

namespace mssql::tds {
namespace {

std::string shown(std::string_view json) {
  std::string scratch;
  return std::string(with_decimal_number(json, scratch));
}

TEST(VariantJsonTest, BitsBecomeTheShortestNumber) {
  EXPECT_EQ(shown(R"({"t":"float","v":"0x3FB999999999999A"})"), R"({"t":"float","v":0.1})");
  EXPECT_EQ(shown(R"({"t":"real","v":"0x3FB99999A0000000"})"), R"({"t":"real","v":0.1})");
  EXPECT_EQ(shown(R"({"t":"float","v":"0x3FB99999A0000000"})"), R"({"t":"float","v":0.10000000149011612})");
  EXPECT_EQ(shown(R"({"t":"float","v":"0x0000000000000000"})"), R"({"t":"float","v":0})");
  EXPECT_EQ(shown(R"({"t":"float","v":"0xFFEFFFFFFFFFFFFF"})"), R"({"t":"float","v":-1.7976931348623157e+308})");
}

TEST(VariantJsonTest, AllElseStays) {
  for (const char* json :
       {R"({"t":"int","v":42})", R"({"t":"float","v":1e+00})", R"({"t":"float","v":"0x3FB999999999999G"})",
        R"({"t":"float","v":"0x3FB9"})", R"({"t":"datetime","v":"0x3FB999999999999A"})", "", "{"})
    EXPECT_EQ(shown(json), json);
}

}  // namespace
}  // namespace mssql::tds
