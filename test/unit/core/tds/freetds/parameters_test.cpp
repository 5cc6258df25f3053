#include "core/tds/freetds/parameters.hpp"

#include <gtest/gtest.h>

#include "../../scalars.hpp"
#include "../drivers.hpp"

namespace mssql::tds {
namespace {

using namespace std::string_literals;
using namespace drivers;

TEST(RemoteCallTest, EmptyValuesBecomeVariables) {
  const std::vector<Parameter> parameters = {parameter("int", "1"), parameter("nvarchar(10)", ""),
                                             parameter("varbinary(4)", ""), null_parameter("date")};
  const freetds::RemoteCall call("SELECT 1", parameters);
  EXPECT_EQ(call.statement(), "DECLARE @P2 nvarchar(10) = N''; DECLARE @P3 varbinary(4) = 0x; SELECT 1");
  EXPECT_EQ(call.declarations(), "@P1 int, @P4 date");
}

TEST(RemoteCallTest, BadValuesAreRefused) {
  const auto state = [](std::string_view declaration, std::string_view text) {
    return std::string(
        error_of([&] { freetds::RemoteCall("x", std::vector<Parameter>{parameter(declaration, text)}); }).sqlstate);
  };
  EXPECT_EQ(state("nvarchar(10)", "a\0b"s), "22021");
  EXPECT_EQ(state("nvarchar(10)", "\xff"), "22021");
  EXPECT_EQ(state("varbinary(1)", "\xff"), "00000");
}

}  // namespace
}  // namespace mssql::tds
