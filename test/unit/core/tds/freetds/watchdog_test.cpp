#include "core/tds/freetds/watchdog.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "../drivers.hpp"

namespace mssql::tds {
namespace {

using access::connect;
using namespace canned;
using namespace drivers;

// What a server goes on saying, by a thread that does not pause, must neither keep a call from
// ending nor fill our memory. FreeTDS by itself looks at nobody meanwhile; for the native driver
// see ../native/driver_test.cpp.
class FreetdsFloodTest : public SessionTest {
 protected:
  FreetdsFloodTest() { SessionTest::SetUp(); }
  ~FreetdsFloodTest() override { stop_at.reset(); }
  static long resident_pages() {
    [[maybe_unused]] long total = 0;
    long resident = 0;
#ifndef __SANITIZE_ADDRESS__  // which keeps what is freed
    std::ifstream("/proc/self/statm") >> total >> resident;
#endif
    return resident;
  }

  static constexpr long most_pages = 64 << 8;  // of 4 kB
  static constexpr double patience = 10;
  const std::string talk = info(50000, std::string(1000, 'x'));
};

TEST_P(FreetdsFloodTest, StatementIsInterrupted) {
  for (const std::string& flood : {talk, done(more), std::string()}) {
    CannedServer server({{flood, Reply::say_it_again}});
    const auto session = connect(login_to(server.port()), test_environment);
    const long before = resident_pages();
    stop_at = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    EXPECT_LT(seconds_of([&] { EXPECT_TRUE(error_of([&] { run(*session, "x"); }).is_interruption()); }), patience);
    stop_at.reset();
    EXPECT_LT(resident_pages() - before, most_pages);
    EXPECT_FALSE(session->alive());
  }
}

TEST_P(FreetdsFloodTest, LoginEndsInTime) {
  for (const std::string& flood : {talk, std::string(CannedServer::nothing)}) {
    CannedServer server({}, flood);
    Login login = login_to(server.port());
    login.connect_timeout = 1;
    const long before = resident_pages();
    Error error("00000", "");
    EXPECT_LT(seconds_of([&] { error = error_of([&] { connect(login, test_environment); }); }), patience);
    EXPECT_NE(error.message.find("timeout expired"), std::string::npos) << error.message;
    stop_at = std::chrono::steady_clock::now();
    EXPECT_LT(seconds_of([&] { EXPECT_TRUE(error_of([&] { connect(login, test_environment); }).is_interruption()); }),
              patience);
    stop_at.reset();
    EXPECT_LT(resident_pages() - before, most_pages);
  }
}

INSTANTIATE_TEST_SUITE_P(Freetds, FreetdsFloodTest, ::testing::Values(DriverKind::freetds));

}  // namespace
}  // namespace mssql::tds
