// A request with either driver, from its first byte to its end: results, counts and messages, what
// fails and what is cut, waits, cancels.
#include "core/tds/session.hpp"

#include <gtest/gtest.h>

#include "../scalars.hpp"
#include "drivers.hpp"

namespace mssql::tds {
namespace {

using namespace std::string_literals;
using access::connect;
using namespace canned;
using namespace drivers;

class FlowTest : public SessionTest {};

TEST_P(FlowTest, ResultSetsCountsAndMessages) {
  const std::string one = metadata({{"a", intn_type(4)}});
  const std::string tokens = done(more | count_flag, 3) + info(0, "hello") + one + row(value8(little(7, 4))) +
                             done(more | count_flag, 1) + one + done(more | count_flag, 0) + done(more) + one +
                             row(value8(little(8, 4))) + row(null8) + done(more | count_flag, 2) + done(count_flag, 5);
  with_replies({{tokens}}, [](Session& session) {
    Row row;
    session.execute("x");
    ASSERT_TRUE(session.next_result());
    EXPECT_TRUE(session.fetch(row));
    EXPECT_FALSE(session.fetch(row));
    EXPECT_FALSE(session.fetch(row));
    ASSERT_TRUE(session.next_result());
    EXPECT_EQ(session.columns().size(), 1u);
    EXPECT_FALSE(session.fetch(row));
    ASSERT_TRUE(session.next_result());  // its rows are passed over
    EXPECT_TRUE(session.busy());
    EXPECT_FALSE(session.next_result());
    EXPECT_FALSE(session.busy());
    EXPECT_EQ(session.rows_affected(), 3 + 1 + 0 + 2 + 5);
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].text, "hello");
  });
}

TEST_P(FlowTest, RemoteCallReportsItsCount) {
  const std::string end = "\x79"s + little(0, 4) + done(final, 0, '\xfe');
  const std::string rows =
      metadata({{"a", intn_type(4)}}) + row(value8(little(7, 4))) + done(more | count_flag, 1, '\xff');
  CannedServer server({{done(more | count_flag, 5, '\xff') + end},
                       {rows + end},
                       {error(245, "no int") + done(more | error_flag, 0, '\xff') + end}});
  const auto session = connect(login_to(server.port()), test_environment);
  const std::vector<Parameter> parameters = {parameter("int", "7"), null_parameter("nvarchar(10)")};
  EXPECT_EQ(run(*session, "UPDATE", parameters), 5);
  session->execute("SELECT", parameters);
  Row row;
  ASSERT_TRUE(session->next_result());
  EXPECT_TRUE(session->fetch(row));
  EXPECT_FALSE(session->fetch(row));
  EXPECT_FALSE(session->next_result());
  EXPECT_EQ(session->rows_affected(), 1);
  EXPECT_EQ(error_of([&] { run(*session, "SELECT", parameters); }).server_number, 245);
  EXPECT_TRUE(session->alive());
  const std::string procedures[] = {"\xff\xff\x0a"s, "\xff\xff\x0a"s,
                                    "\xff\xff\x0d"s};  // sp_executesql; sp_prepexec for the second SELECT
  for (std::size_t i = 0; i < server.requests().size(); ++i) {
    const std::string procedure =
        GetParam() == DriverKind::freetds ? utf16("sp_executesql") : procedures[i];  // by name, by number
    EXPECT_NE(server.requests()[i].find(procedure), std::string::npos);
    EXPECT_NE(server.requests()[i].find(utf16("@P1 int, @P2 nvarchar(10)")), std::string::npos);
  }
}

TEST_P(FlowTest, ServerErrorCarriesEverything) {
  with_replies({{error(2627, "duplicate key") + info(3621, "The statement has been terminated.") + done(error_flag)},
                {done(count_flag, 1)}},
               [](Session& session) {
                 const Error error = error_of([&] { run(session, "x"); });
                 EXPECT_STREQ(error.sqlstate, "23505");
                 EXPECT_EQ(error.message, "duplicate key");
                 EXPECT_EQ(error.server_number, 2627);
                 EXPECT_NE(error.detail.find("proc"), std::string::npos) << error.detail;
                 EXPECT_EQ(run(session, "y"), 1);
               });
}

TEST_P(FlowTest, ErrorAfterRowsIsThrown) {
  const std::string tokens =
      metadata({{"a", intn_type(4)}}) + row(value8(little(7, 4))) + error(8134, "divide by zero") + done(error_flag);
  with_replies({{tokens}}, [](Session& session) {
    Row row = first_row(session);
    EXPECT_EQ(error_of([&] { session.fetch(row); }).server_number, 8134);
    EXPECT_TRUE(session.alive());
    EXPECT_FALSE(session.busy());
  });
}

// However many bytes of the answer arrive before the connection is cut: an error, and never the end
// of the result.
TEST_P(FlowTest, CutAnywhereIsAConnectionFailure) {
  const std::string whole = metadata({{"a", intn_type(4)}, {"n", nvarchar_type(-1)}, {"d", decimal_type(18, 2)}}) +
                            row(value8(little(7, 4)) + little(6, 8) + little(6, 4) + utf16("abc") + little(0, 4) +
                                value8("\x01" + little(1, 8))) +
                            row(value8(little(8, 4)) + little(6, 8) + little(6, 4) + utf16("def") + little(0, 4) +
                                value8("\x01" + little(2, 8))) +
                            done(count_flag, 2);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    with_replies({{whole.substr(0, size), Reply::close_socket}}, [&](Session& session) {
      int rows = 0;
      const Error error = error_of([&] {
        Row row;
        session.execute("x");
        while (session.next_result())
          while (session.fetch(row)) {
            ++rows;
            ASSERT_EQ(bytes_of(row[0]), little(6 + rows, 4));
            ASSERT_EQ(text_of(session, row, 1), rows == 1 ? "abc" : "def");
            ASSERT_EQ(bytes_of(row[2]), "\x01" + little(rows, 8));
          }
      });
      EXPECT_STREQ(error.sqlstate, "08006") << size << ": " << error.message;
      EXPECT_FALSE(session.alive());
    });
  }
}

TEST_P(FlowTest, GarbageIsAnErrorNotAnEnd) {
  with_replies({{metadata({{"a", intn_type(4)}}) + row(value8(little(7, 4))) + "\x07garbage"}}, [](Session& session) {
    Row row = first_row(session);
    EXPECT_STREQ(error_of([&] { session.fetch(row); }).sqlstate, "08006");
  });
}

TEST_P(FlowTest, MuteServerIsLeftWhenInterrupted) {
  with_replies({{"", Reply::stay_mute}}, [](Session& session) {
    session.limit({0, 1});
    stop_now = true;
    const double seconds = seconds_of([&] { EXPECT_TRUE(error_of([&] { run(session, "x"); }).is_interruption()); });
    EXPECT_LT(seconds, 5);
    EXPECT_FALSE(session.alive());
    stop_now = false;
    EXPECT_STREQ(error_of([&] { session.execute("y"); }).sqlstate, "08006");
  });
}

TEST_P(FlowTest, QueryTimeout) {
  CannedServer server({{metadata({{"a", intn_type(4)}}) + row(value8(little(7, 4))), Reply::stay_mute}});
  Login login = login_to(server.port());
  login.query_timeout = 1;
  const auto session = connect(login, test_environment);
  Row row = first_row(*session);
  const Error error = error_of([&] { session->fetch(row); });
  EXPECT_STREQ(error.sqlstate, "08006");  // no cancel, which an exception block would not catch
  EXPECT_NE(error.message.find("silent for 1 s"), std::string::npos) << error.message;
  EXPECT_FALSE(error.is_interruption());
  EXPECT_FALSE(session->alive());
  EXPECT_NE(error.hint.find("query_timeout"), std::string::npos);
}

TEST_P(FlowTest, CancelIsBounded) {
  with_replies({{metadata({{"a", intn_type(4)}}) + row(value8(little(7, 4))), Reply::stay_mute}}, [](Session& session) {
    session.limit({0, 1});
    first_row(session);
    EXPECT_LT(seconds_of([&] { session.cancel(); }), 5);
    EXPECT_FALSE(session.alive());
    EXPECT_FALSE(session.busy());
  });
}

TEST_P(FlowTest, CancelLeavesTheSessionUsable) {
  const std::string endless = metadata({{"a", intn_type(4)}}) + row(value8(little(7, 4))) + row(value8(little(8, 4)));
  with_replies({{endless + done(final)}, {done(count_flag, 4)}}, [](Session& session) {
    first_row(session);
    session.cancel();
    EXPECT_TRUE(session.alive());
    EXPECT_FALSE(session.busy());
    EXPECT_EQ(run(session, "y"), 4);
  });
}

TEST_P(FlowTest, CancelStopsAStatementThatGoesOn) {
  with_replies({{metadata({{"a", intn_type(4)}}) + row(value8(little(7, 4)))}, {done(count_flag, 4)}},
               [](Session& session) {
                 first_row(session);
                 EXPECT_TRUE(session.busy());
                 EXPECT_LT(seconds_of([&] { session.cancel(); }), 5);
                 EXPECT_TRUE(session.alive());
                 EXPECT_EQ(run(session, "y"), 4);
               });
}

TEST_P(FlowTest, ServerThatWentAwayIsNoticedBetweenStatements) {
  with_replies({{done(final), Reply::close_socket}}, [](Session& session) {
    error_of([&] { run(session, "x"); });
    for (int i = 0; i < 100 && session.alive(); ++i) ::usleep(20000);
    EXPECT_FALSE(session.alive());
  });
}

TEST_P(FlowTest, StatementsAreChecked) {
  with_replies({}, [](Session& session) {
    EXPECT_STREQ(error_of([&] { session.execute("SELECT 1\0, 2"s); }).sqlstate, "22021");
    EXPECT_STREQ(error_of([&] { session.execute("SELECT '\xe9'"); }).sqlstate, "22021");
    EXPECT_TRUE(session.alive());
    EXPECT_FALSE(session.busy());
  });
}

INSTANTIATE_TEST_SUITE_P(Drivers, FlowTest, both_drivers, driver_name);

}  // namespace
}  // namespace mssql::tds
