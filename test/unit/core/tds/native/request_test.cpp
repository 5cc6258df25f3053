// How parameters travel; what the server makes of them is in ../session_server_test.cpp.
#include "core/tds/native/request.hpp"

#include <gtest/gtest.h>

#include "../../scalars.hpp"
#include "../canned_server.hpp"
#include "../cells.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;
using namespace canned;

std::string encoded(const std::string& declaration, std::optional<std::string> text) {
  const std::vector<Parameter> parameters = {text ? parameter(declaration, *text) : null_parameter(declaration)};
  return encode_arguments(parameters, ServerState{}).encoded;
}

// An input parameter @P1.
std::string argument(std::string_view type, std::string_view value) {
  return name8("@P1") + '\0' + std::string(type) + std::string(value);
}

TEST(RequestTest, ParametersTravelAsTheirTypes) {
  EXPECT_EQ(encoded("bit", "1"), argument("\x68\x01", value8("\x01")));
  EXPECT_EQ(encoded("tinyint", "7"), argument(intn_type(1), value8("\x07")));
  EXPECT_EQ(encoded("smallint", "-2"), argument(intn_type(2), value8("\xfe\xff")));
  EXPECT_EQ(encoded("INT", "7"), argument(intn_type(4), value8(little(7, 4))));
  EXPECT_EQ(encoded("bigint", "7"), argument(intn_type(8), value8(little(7, 8))));
  EXPECT_EQ(encoded("real", "1"), argument("\x6d\x04", value8(little(0x3F800000, 4))));
  EXPECT_EQ(encoded("float", "1"), argument("\x6d\x08", value8(little(0x3FF0000000000000, 8))));
  EXPECT_EQ(encoded("smallmoney", "1"), argument("\x6e\x04", value8(little(10000, 4))));
  EXPECT_EQ(encoded("money", "1"), argument("\x6e\x08", value8(little(0, 4) + little(10000, 4))));
  EXPECT_EQ(encoded("decimal(9,2)", "-1"), argument("\x6a\x11\x09\x02", value8('\0' + little(100, 8) + little(0, 8))));
  EXPECT_EQ(encoded("numeric(38)", "1"), argument("\x6a\x11\x26\x00"s, value8('\1' + little(1, 8) + little(0, 8))));
  EXPECT_EQ(encoded("date", "0001-01-02"), argument("\x28", value8(little(1, 3))));
  EXPECT_EQ(encoded("time(0)", "00:00:01"), argument("\x29\x00"s, value8(little(1, 3))));
  EXPECT_EQ(encoded("datetime2(3)", "0001-01-02 00:00:00.005"),
            argument("\x2a\x03", value8(little(5, 4) + little(1, 3))));
  EXPECT_EQ(encoded("datetimeoffset(7)", "0001-01-02 01:00:00 +01:00"),
            argument("\x2b\x07", value8(little(0, 5) + little(1, 3) + little(60, 2))));
  EXPECT_EQ(encoded("smalldatetime", "1900-01-02 00:01:00"), argument("\x6f\x04", value8(little(1, 2) + little(1, 2))));
  EXPECT_EQ(encoded("datetime", "1900-01-02 00:00:01"), argument("\x6f\x08", value8(little(1, 4) + little(300, 4))));
  EXPECT_EQ(encoded("uniqueidentifier", "00000000-0000-0000-0000-000000000001"),
            argument("\x24\x10", value8(std::string(15, '\0') + '\1')));
  EXPECT_EQ(encoded("binary(2)", "\x01\x02"), argument(varbinary_type(8000), value16("\x01\x02")));
}

TEST(RequestTest, CharactersTravelAsNvarchar) {
  for (const char* declaration : {"nvarchar(10)", "varchar(10)", "char(5)", "ntext", "xml", "sql_variant"})
    EXPECT_EQ(encoded(declaration, "ab"), argument(nvarchar_type(8000), value16(utf16("ab")))) << declaration;
  EXPECT_EQ(encoded("nvarchar(10)", ""), argument(nvarchar_type(8000), value16("")));
  const std::string longer(4001, 'x');
  EXPECT_EQ(encoded("nvarchar(max)", longer),
            argument(nvarchar_type(-1), little(8002, 8) + little(8002, 4) + utf16(longer) + little(0, 4)));
  EXPECT_EQ(encoded("varbinary(max)", std::string(8001, '\0')),
            argument(varbinary_type(-1), little(8001, 8) + little(8001, 4) + std::string(8001, '\0') + little(0, 4)));
}

TEST(RequestTest, NullsHaveTheirTypes) {
  EXPECT_EQ(encoded("decimal(10,2)", std::nullopt), argument("\x6a\x11\x0a\x02", null8));
  EXPECT_EQ(encoded("date", std::nullopt), argument("\x28", null8));
  EXPECT_EQ(encoded("varchar(5)", std::nullopt), argument(nvarchar_type(8000), null16));
  EXPECT_EQ(encoded("varbinary(max)", std::nullopt), argument(varbinary_type(8000), null16));
}

TEST(RequestTest, BadValuesNameTheirParameter) {
  const std::vector<Parameter> parameters = {parameter("int", "1"), parameter("date", "2020-01-01 12:00")};
  const Thrown thrown = thrown_by([&] { encode_arguments(parameters, ServerState{}); });
  EXPECT_EQ(thrown.sqlstate, "22008");
  EXPECT_EQ(thrown.message, "value of parameter @P2 is out of range for type date: \"2020-01-01\"");
  EXPECT_EQ(thrown_by([] { encoded("int", "3000000000"); }).sqlstate, "22003");
  EXPECT_EQ(thrown_by([] { encoded("nvarchar(4)", "\xff"); }).message, "parameter @P1 is not valid UTF-8");
}

TEST(RequestTest, DeclarationsAreAList) {
  const std::vector<Parameter> parameters = {parameter("int", "1"), parameter("decimal(18,2)", "1")};
  EXPECT_EQ(encode_arguments(parameters, ServerState{}).declarations, "@P1 int, @P2 decimal(18,2)");
}

}  // namespace
}  // namespace mssql::tds::native
