// What FreeTDS alone does with rows; what both drivers do is in ../session_rows_test.cpp.
#include "core/tds/freetds/result.hpp"

#include <gtest/gtest.h>

#include "../drivers.hpp"

namespace mssql::tds {
namespace {

using namespace std::string_literals;
using namespace canned;
using namespace drivers;

class FreeTdsResultTest : public SessionTest {};

// It keeps the base type to itself.
TEST_P(FreeTdsResultTest, VariantIsRefusedByName) {
  with_replies({{metadata({{"sv", "\x62"s + little(8009, 4)}}) + row(little(0, 4)) + done(final)}, {done(final)}},
               [](Session& session) {
                 session.execute("x");
                 const Error error = error_of([&] { session.next_result(); });
                 EXPECT_STREQ(error.sqlstate, "0A000");
                 EXPECT_NE(error.message.find("\"sv\""), std::string::npos);
                 EXPECT_NO_THROW(run(session, "y"));
               });
}

INSTANTIATE_TEST_SUITE_P(Freetds, FreeTdsResultTest, ::testing::Values(DriverKind::freetds));

}  // namespace
}  // namespace mssql::tds
