// The server that MSSQL_TEST_HOST, _PORT, _USER, _PASSWORD and _DATABASE name; without one, its
// tests are skipped. Their suites are called *ServerTest: ci/test.sh finds them by that.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "drivers.hpp"

namespace mssql::tds::drivers {

class ServerTest : public SessionTest {
 protected:
  void SetUp() override {
    SessionTest::SetUp();
    const char* host = std::getenv("MSSQL_TEST_HOST");
    if (host == nullptr || *host == '\0') GTEST_SKIP() << "MSSQL_TEST_HOST is not set";
    login_.driver = GetParam();
    login_.host = host;
    login_.port = std::atoi(variable("MSSQL_TEST_PORT", "1433").c_str());
    login_.username = variable("MSSQL_TEST_USER", "sa");
    login_.password = variable("MSSQL_TEST_PASSWORD", "");
    login_.database = variable("MSSQL_TEST_DATABASE", "");
  }

  static std::string variable(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value == nullptr ? otherwise : value;
  }

  std::unique_ptr<Session> open() const { return access::connect(login_, test_environment); }

  // The one value of a query, as text.
  static std::string ask(Session& session, std::string_view sql, std::span<const Parameter> parameters = {}) {
    session.execute(sql, parameters);
    Row row;
    if (!session.next_result() || !session.fetch(row)) return "(no row)";
    std::string out;
    if (row[0].is_null())
      out = "NULL";
    else
      decode_to_text(session.columns()[0], row[0], CharacterPolicy::error, out);
    while (session.next_result()) {
    }
    return out;
  }

  Login login_;
};

}  // namespace mssql::tds::drivers
