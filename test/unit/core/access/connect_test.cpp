// Both drivers as connect() gives them: against prepared bytes (canned_server.hpp), and against a
// real server where MSSQL_TEST_HOST, _PORT, _USER, _PASSWORD and _DATABASE name one.
#include "core/access/connect.hpp"

#include <gtest/gtest.h>

#include <netinet/tcp.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>

#include "core/tds/codec/decode.hpp"
#include "core/tds/codec/unicode.hpp"
#include "core/tds/freetds/login.hpp"
#include "core/tds/freetds/parameters.hpp"
#include "../scalars.hpp"
#include "../tds/canned_server.hpp"

namespace mssql::tds {
namespace {

using namespace std::string_literals;
using access::connect;
using access::driver_version;
using namespace canned;

bool stop_now = false;
std::optional<std::chrono::steady_clock::time_point> stop_at;
std::vector<ServerMessage> heard;

bool interrupted() { return stop_now || (stop_at && std::chrono::steady_clock::now() >= *stop_at); }
void listen_to(const ServerMessage& message) { heard.push_back(message); }
const Environment test_environment{interrupted, listen_to};

DriverKind driver = DriverKind::automatic;

Login login_to(int port) {
  Login login;
  login.driver = driver;
  login.host = "127.0.0.1";
  login.port = port;
  login.username = "someone";
  login.password = "secret";
  login.encrypt = Encrypt::off;
  return login;
}

std::string bytes_of(const Cell& cell) { return {reinterpret_cast<const char*>(cell.data), cell.size}; }

Error error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error;
  }
  return Error("00000", "no error");
}

double seconds_of(const std::function<void()>& act) {
  const auto start = std::chrono::steady_clock::now();
  act();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// A socket that accepts connections (the kernel does) and never says a word.
class MuteServer {
 public:
  MuteServer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~MuteServer() { ::close(socket_); }
  void open() const { EXPECT_EQ(::listen(socket_, 8), 0); }
  int port() const { return port_; }

 private:
  int socket_;
  int port_{0};
};

// Runs with each driver.
class SessionTest : public ::testing::TestWithParam<DriverKind> {
 protected:
  void SetUp() override {
    driver = GetParam();
    own_requests = driver == DriverKind::freetds ? 2 : 0;  // SET TEXTSIZE of FreeTDS, the question for @@SPID
    stop_now = false;
    heard.clear();
  }
};

class LoginTest : public SessionTest {};

TEST_P(LoginTest, RefusedPortIsNamed) {
  const MuteServer closed;
  const Error error = error_of([&] { connect(login_to(closed.port()), test_environment); });
  EXPECT_STREQ(error.sqlstate, "08001");
  EXPECT_NE(error.message.find("port " + std::to_string(closed.port()) + " failed: Connection refused"),
            std::string::npos)
      << error.message;
}

TEST_P(LoginTest, UnknownHostIsNamed) {
  Login login = login_to(1433);
  login.host = "no-such-host.invalid";
  const Error error = error_of([&] { connect(login, test_environment); });
  EXPECT_STREQ(error.sqlstate, "08001");
  EXPECT_NE(error.message.find("could not resolve host name \"no-such-host.invalid\""), std::string::npos)
      << error.message;
}

TEST_P(LoginTest, MuteServerEndsAtConnectTimeout) {
  const MuteServer mute;
  mute.open();
  Login login = login_to(mute.port());
  login.connect_timeout = 1;
  const double seconds = seconds_of([&] {
    const Error error = error_of([&] { connect(login, test_environment); });
    EXPECT_STREQ(error.sqlstate, "08001");
    EXPECT_NE(error.message.find("timeout expired"), std::string::npos) << error.message;
  });
  EXPECT_GE(seconds, 0.9);
  EXPECT_LT(seconds, 10);
}

TEST(NativeLoginTest, AServerThatMayBeTooOldForStrictIsToldSo) {
  const MuteServer mute;
  mute.open();
  Login login = login_to(mute.port());
  login.driver = DriverKind::native;
  login.encrypt = Encrypt::strict;
  login.connect_timeout = 1;
  const Error error = error_of([&] { connect(login, test_environment); });
  EXPECT_NE(error.hint.find("TDS 8.0"), std::string::npos) << error.hint;
}

TEST_P(LoginTest, LoginToMuteServerCanBeInterrupted) {
  const MuteServer mute;
  mute.open();
  Login login = login_to(mute.port());
  login.connect_timeout = 0;
  stop_now = true;
  EXPECT_TRUE(error_of([&] { connect(login, test_environment); }).is_interruption());
}

// The option of the connection to `port` that this process has.
int socket_option(int port, int level, int name) {
  for (int socket = 3; socket < 200; ++socket) {
    sockaddr_in peer{};
    socklen_t size = sizeof(peer);
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.sin_family != AF_INET ||
        ntohs(peer.sin_port) != port)
      continue;
    int value = -1;
    size = sizeof(value);
    ::getsockopt(socket, level, name, &value, &size);
    return value;
  }
  return -1;
}

TEST_P(LoginTest, ConnectionIsProbed) {
  CannedServer server({});
  const auto session = connect(login_to(server.port()), test_environment);
  EXPECT_EQ(socket_option(server.port(), SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(socket_option(server.port(), IPPROTO_TCP, TCP_KEEPIDLE), 30);
  EXPECT_EQ(socket_option(server.port(), IPPROTO_TCP, TCP_KEEPINTVL), 10);
  EXPECT_EQ(socket_option(server.port(), IPPROTO_TCP, TCP_USER_TIMEOUT), 60'000);
}

TEST_P(LoginTest, NothingIsSentInTheClearUnasked) {
  CannedServer server({});
  Login login = login_to(server.port());
  login.encrypt = Login().encrypt;
  EXPECT_STREQ(error_of([&] { connect(login, test_environment); }).sqlstate, "08001");
  EXPECT_EQ(server.logins(), 0);
}

class FreeTdsTest : public ::testing::Test {
 protected:
  void SetUp() override { driver = DriverKind::freetds; }
};

TEST_F(FreeTdsTest, ValuesThatWouldChangeTheConfigurationAreRefused) {
  for (const std::string host : {"", "a b", "a#b", "a;b", "a\nport = 1", "[x]", "a=b", "a/b"}) {
    Login login = login_to(1433);
    login.host = host;
    EXPECT_STREQ(error_of([&] { freetds::config_text(login, 1433); }).sqlstate, "22023") << host;
  }
  Login login = login_to(1433);
  login.ca_file = "/tmp/a\nencryption = off";
  EXPECT_STREQ(error_of([&] { freetds::config_text(login, 1433); }).sqlstate, "22023");
  login.ca_file = "/no/such/file.pem";
  EXPECT_NE(error_of([&] { freetds::config_text(login, 1433); }).message.find("/no/such/file.pem"), std::string::npos);
  login.ca_file.clear();
  login.username = "x\ty";
  EXPECT_STREQ(error_of([&] { connect(login, test_environment); }).sqlstate, "22023");
}

TEST_F(FreeTdsTest, HostThatHoldsAnInstanceGetsAHint) {
  Login login = login_to(1433);
  login.host = "sql01\\PROD";
  EXPECT_NE(error_of([&] { connect(login, test_environment); }).hint.find("\"instance\""), std::string::npos);
}

TEST_F(FreeTdsTest, AnotherNameInTheCertificateIsRefused) {
  Login login = login_to(1433);
  login.tls_name = "db.example";
  EXPECT_STREQ(error_of([&] { connect(login, test_environment); }).sqlstate, "0A000");
}

TEST_F(FreeTdsTest, ConfigurationSaysEverythingAndNoPassword) {
  const std::string text = freetds::config_text(login_to(4711), 4711);
  EXPECT_EQ(text,
            "[127.0.0.1]\n\thost = 127.0.0.1\n\tport = 4711\n\ttds version = 7.4\n\tclient charset = UTF-8\n\tuse "
            "utf-16 = yes\n"
            "\ttext size = 2147483647\n\tencryption = off\n");
}

TEST_F(FreeTdsTest, ACertificateThatIsWantedIsRequired) {
  Login login = login_to(4711);
  login.encrypt = Encrypt::request;
  EXPECT_NE(freetds::config_text(login, 4711).find("encryption = request\n"), std::string::npos);
  login.ca_file = "system";
  EXPECT_NE(freetds::config_text(login, 4711).find("encryption = require\n"), std::string::npos);
}

TEST_F(FreeTdsTest, OverlongLoginTextIsRefused) {
  Login login = login_to(1433);
  login.password = std::string(129, 'x');
  const Error error = error_of([&] { connect(login, test_environment); });
  EXPECT_STREQ(error.sqlstate, "22023");
  EXPECT_EQ((error.message + error.detail).find("xxx"), std::string::npos);
}

TEST_F(FreeTdsTest, LibraryVersion) {
  EXPECT_EQ(freetds::parse_library_version("freetds v1.3.17").minor, 3);
  EXPECT_EQ(freetds::parse_library_version("freetds v1.5.9").minor, 5);
  EXPECT_EQ(freetds::parse_library_version("freetds v2").major, 2);
  EXPECT_EQ(freetds::parse_library_version("nonsense").major, 0);
  EXPECT_GT(freetds::parse_library_version(driver_version()).major, 0) << driver_version();
}

TEST_F(FreeTdsTest, VariablesOfTheEnvironmentDoNotMatterAndStay) {
  ::setenv("TDSPORT", "1", 1);
  ::setenv("TDSVER", "5.0", 1);
  CannedServer server({});
  EXPECT_TRUE(connect(login_to(server.port()), test_environment)->alive());
  EXPECT_STREQ(std::getenv("TDSPORT"), "1");
  ::unsetenv("TDSPORT");
  ::unsetenv("TDSVER");
}

// Runs `act` with a session to a server that has these replies.
void with_replies(std::vector<Reply> replies, const std::function<void(Session&)>& act) {
  CannedServer server(std::move(replies));
  const auto session = connect(login_to(server.port()), test_environment);
  act(*session);
}

// What the driver delivers, as UTF-8.
std::string text_of(const Session& session, Row row, std::size_t column) {
  std::string scratch;
  Column described = session.columns()[column];
  if (described.encoding == Encoding::utf8) return bytes_of(row[column]);  // NULs and all
  std::string out;
  if (described.encoding == Encoding::utf16le)
    utf16le_to_utf8(row[column].data, row[column].size, out);
  else
    code_page_to_utf8(described.code_page, row[column].data, row[column].size, out);
  return out;
}

// Reads every cell of a row as the extension does.
void decode_all(const Session& session, Row row) {
  std::string out;
  for (std::size_t i = 0; i < row.size(); ++i)
    if (!row[i].is_null()) decode_to_text(session.columns()[i], row[i], CharacterPolicy::error, out);
}

Row first_row(Session& session) {
  session.execute("x");
  Row row;
  EXPECT_TRUE(session.next_result());
  EXPECT_TRUE(session.fetch(row));
  return row;
}

class RowTest : public SessionTest {};

TEST_P(RowTest, EmptyIsNotNull) {
  const std::string tokens =
      metadata({{"n", nvarchar_type(20)},
                {"v", varchar_type(20)},
                {"b", varbinary_type(20)},
                {"m", nvarchar_type(-1)},
                {"x", "\xf1"s + '\0'}}) +
      row(value16("") + value16("") + value16("") + little(0, 8) + little(0, 4) + little(0, 8) + little(0, 4)) +
      row(null16 + null16 + null16 + little(~0ULL, 8) + little(~0ULL, 8)) + null_bitmap_row("\x1b", value16("")) +
      done(count_flag, 3);
  with_replies({{tokens}}, [](Session& session) {
    Row row = first_row(session);
    ASSERT_EQ(row.size(), 5u);
    for (const Cell& cell : row) {
      EXPECT_FALSE(cell.is_null());
      EXPECT_EQ(cell.size, 0u);
    }
    ASSERT_TRUE(session.fetch(row));
    for (const Cell& cell : row) EXPECT_TRUE(cell.is_null());
    ASSERT_TRUE(session.fetch(row));
    for (std::size_t i = 0; i < row.size(); ++i) EXPECT_EQ(row[i].is_null(), i != 2);
    EXPECT_FALSE(session.fetch(row));
    EXPECT_FALSE(session.next_result());
    EXPECT_EQ(session.rows_affected(), 3);
    EXPECT_FALSE(session.busy());
  });
}

TEST_P(RowTest, LegacyTextAndImage) {
  const std::string table = "\x01"s + name16("t");
  const std::string pointer = "\x10"s + std::string(24, '\x01');
  const std::string tokens = metadata({{"t", "\x23"s + little(0x7fffffff, 4) + latin1_collation + table},
                                       {"n", "\x63"s + little(0x7ffffffe, 4) + latin1_collation + table},
                                       {"i", "\x22"s + little(0x7fffffff, 4) + table}}) +
                             row(pointer + little(1, 4) + "\xe9" + pointer + little(2, 4) + "\xe9\x00"s + pointer +
                                 little(2, 4) + "\x00\x01"s) +
                             row(pointer + little(0, 4) + pointer + little(0, 4) + pointer + little(0, 4)) +
                             row(null8 + null8 + null8) + done(final);
  with_replies({{tokens}}, [](Session& session) {
    Row row = first_row(session);
    EXPECT_EQ(session.columns()[0].max_length, -1);
    EXPECT_EQ(text_of(session, row, 0), "é");
    EXPECT_EQ(text_of(session, row, 1), "é");
    EXPECT_EQ(bytes_of(row[2]), "\x00\x01"s);
    ASSERT_TRUE(session.fetch(row));
    for (const Cell& cell : row) EXPECT_TRUE(!cell.is_null() && cell.size == 0);
    ASSERT_TRUE(session.fetch(row));
    for (const Cell& cell : row) EXPECT_TRUE(cell.is_null());
  });
}

TEST_P(RowTest, DecimalsKeepTheWireForm) {
  const std::string largest("\xff\xff\xff\xff\x3f\x22\x8a\x09\x7a\xc4\x86\x5a\xa8\x4c\x3b\x4b", 16);  // 10^38 - 1
  const std::string tokens =
      metadata({{"a", decimal_type(38, 10)}, {"b", decimal_type(5, 2)}, {"c", decimal_type(19, 0)}}) +
      row(value8('\x00' + largest) + value8("\x01" + little(12345, 4)) + value8('\x00' + little(1, 8))) +
      row(value8('\x01' + largest) + null8 + value8("\x01" + little(0, 8))) + done(final);
  with_replies({{tokens}}, [&](Session& session) {
    Row row = first_row(session);
    EXPECT_EQ(session.columns()[0].precision, 38);
    EXPECT_EQ(session.columns()[0].scale, 10);
    EXPECT_EQ(bytes_of(row[0]), '\x00' + largest);
    EXPECT_EQ(bytes_of(row[1]), "\x01" + little(12345, 4));
    EXPECT_EQ(bytes_of(row[2]), "\x00"s + little(1, 8));
    ASSERT_TRUE(session.fetch(row));
    EXPECT_EQ(bytes_of(row[0]), '\x01' + largest);
    EXPECT_TRUE(row[1].is_null());
    EXPECT_EQ(bytes_of(row[2]), "\x01" + little(0, 8));
  });
}

TEST_P(RowTest, DecimalBeyondItsPrecisionIsAnError) {
  with_replies({{metadata({{"a", decimal_type(2, 0)}}) + row(value8("\x01" + little(70000, 4))) + done(final)}},
               [](Session& session) {
                 const Error error = error_of([&] { decode_all(session, first_row(session)); });
                 EXPECT_STREQ(error.sqlstate, "22003");
                 EXPECT_NE(error.message.find("\"a\""), std::string::npos);
               });
}

TEST_P(RowTest, DatesKeepTheWireForm) {
  for (int scale = 0; scale <= 7; ++scale) {
    std::uint64_t ticks = 86399;
    for (int i = 0; i < scale; ++i) ticks = ticks * 10 + 9;
    const int bytes = scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
    const std::string time = little(ticks, bytes);
    const std::string last_day = little(3652058, 3);  // 9999-12-31
    const std::string tokens =
        metadata({{"t", "\x29"s + little(scale, 1)},
                  {"d", "\x28"},
                  {"m", "\x2a"s + little(scale, 1)},
                  {"o", "\x2b"s + little(scale, 1)}}) +
        row(value8(time) + value8(last_day) + value8(time + last_day) + value8(time + last_day + little(-840, 2))) +
        row(value8(little(0, bytes)) + value8(little(0, 3)) + value8(little(0, bytes + 3)) +
            value8(little(0, bytes + 3) + little(840, 2))) +
        row(null8 + null8 + null8 + null8) + done(final);
    with_replies({{tokens}}, [&](Session& session) {
      Row row = first_row(session);
      EXPECT_EQ(session.columns()[2].scale, scale);
      EXPECT_EQ(bytes_of(row[0]), time);
      EXPECT_EQ(bytes_of(row[1]), last_day);
      EXPECT_EQ(bytes_of(row[2]), time + last_day);
      EXPECT_EQ(bytes_of(row[3]), time + last_day + little(-840, 2));
      ASSERT_TRUE(session.fetch(row));
      EXPECT_EQ(bytes_of(row[1]), little(0, 3));
      EXPECT_EQ(bytes_of(row[3]), little(0, bytes + 3) + little(840, 2));
      ASSERT_TRUE(session.fetch(row));
      for (const Cell& cell : row) EXPECT_TRUE(cell.is_null());
    });
  }
}

TEST_P(RowTest, FixedTypesAreLentAsTheyCame) {
  const std::string guid("\x04\x03\x02\x01\x06\x05\x08\x07\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 16);
  const std::string tokens = metadata({{"bit", "\x68\x01"},
                                       {"t", "\x30", false},
                                       {"s", "\x26\x02"},
                                       {"i", "\x38", false},
                                       {"l", "\x26\x08"},
                                       {"r", "\x6d\x04"},
                                       {"f", "\x3e", false},
                                       {"m", "\x6e\x08"},
                                       {"sm", "\x6e\x04"},
                                       {"dt", "\x3d", false},
                                       {"sd", "\x6f\x04"},
                                       {"g", "\x24\x10"}}) +
                             row(value8("\x01") + "\xff" + value8("\x00\x80"s) + "\x00\x00\x00\x80"s +
                                 value8("\xff\xff\xff\xff\xff\xff\xff\x7f") + value8("\x00\x00\x80\x3f"s) +
                                 "\x00\x00\x00\x00\x00\x00\xf0\x3f"s + value8("\xff\xff\xff\x7f\xff\xff\xff\xff") +
                                 value8("\x00\x00\x00\x80"s) + "\x46\x2e\xff\xff\x00\x00\x00\x00"s +
                                 value8("\x01\x00\x02\x00"s) + value8(guid)) +
                             done(final);
  const std::vector<WireType> types = {WireType::bit,      WireType::tinyint,       WireType::smallint,
                                       WireType::int_,     WireType::bigint,        WireType::real,
                                       WireType::float_,   WireType::money,         WireType::smallmoney,
                                       WireType::datetime, WireType::smalldatetime, WireType::uniqueidentifier};
  with_replies({{tokens}}, [&](Session& session) {
    const Row row = first_row(session);
    ASSERT_EQ(row.size(), types.size());
    for (std::size_t i = 0; i < types.size(); ++i) EXPECT_EQ(session.columns()[i].type, types[i]) << i;
    EXPECT_FALSE(session.columns()[1].nullable);
    EXPECT_TRUE(session.columns()[0].nullable);
    EXPECT_EQ(decode_integer(session.columns()[0], row[0]), 1);
    EXPECT_EQ(decode_integer(session.columns()[1], row[1]), 255);
    EXPECT_EQ(decode_integer(session.columns()[2], row[2]), -32768);
    EXPECT_EQ(decode_integer(session.columns()[3], row[3]), INT32_MIN);
    EXPECT_EQ(decode_integer(session.columns()[4], row[4]), INT64_MAX);
    EXPECT_EQ(decode_float(session.columns()[5], row[5]), 1);
    EXPECT_EQ(decode_float(session.columns()[6], row[6]), 1);
    EXPECT_TRUE(decode_decimal(session.columns()[7], row[7]).magnitude == INT64_MAX);
    EXPECT_TRUE(decode_decimal(session.columns()[8], row[8]).negative);
    EXPECT_EQ(bytes_of(row[11]), guid);
  });
}

TEST_P(RowTest, LongTextsAreNotCut) {
  std::string wide;
  for (int i = 0; i < 4000; ++i) wide += "\x22\x6f"s;  // U+6F22, three bytes in UTF-8
  std::string euro(8000, '\x80');                      // three bytes in UTF-8 from cp1252
  const std::string tokens =
      metadata({{"n", nvarchar_type(8000)}, {"v", varchar_type(8000)}, {"u", varchar_type(4, utf8_collation)}}) +
      row(value16(wide) + value16(euro) + value16("\xf0\x9f\x98\x80")) + done(final);
  with_replies({{tokens}}, [&](Session& session) {
    const Row row = first_row(session);
    EXPECT_EQ(session.columns()[0].max_length, 8000);
    const std::string han = text_of(session, row, 0), euros = text_of(session, row, 1);
    ASSERT_EQ(han.size(), 12000u);
    ASSERT_EQ(euros.size(), 24000u);
    for (std::size_t i = 0; i < 12000; i += 3) ASSERT_EQ(han.substr(i, 3), "漢");
    for (std::size_t i = 0; i < 24000; i += 3) ASSERT_EQ(euros.substr(i, 3), "€");
    EXPECT_EQ(text_of(session, row, 2), "😀");
  });
}

TEST_P(RowTest, NulAndSurrogatePairsSurvive) {
  with_replies({{metadata({{"n", nvarchar_type(20)}}) + row(value16("a\0\0\0\x3d\xd8\x00\xde"s)) + done(final)}},
               [](Session& session) { EXPECT_EQ(text_of(session, first_row(session), 0), "a\0😀"s); });
}

TEST_P(RowTest, WhatCannotBeConvertedIsAnErrorThatNamesTheColumn) {
  const std::string lone_high("a\0\x3d\xd8z\0", 6);
  const std::string lone_low("\x00\xde", 2);
  const std::string lone_last("a\0\x3d\xd8", 4);
  for (const std::string& value : {lone_high, lone_low, lone_last}) {
    const std::string tokens = metadata({{"ok", nvarchar_type(20)}, {"bad", nvarchar_type(20)}}) +
                               row(value16("q\0"s) + value16("q\0"s)) + row(value16("q\0"s) + value16(value)) +
                               done(final);
    with_replies({{tokens}, {done(final)}}, [](Session& session) {
      Row row = first_row(session);
      const Error error = error_of([&] {
        session.fetch(row);
        decode_all(session, row);
      });
      EXPECT_STREQ(error.sqlstate, "22P05") << error.message;
      EXPECT_NE(error.message.find("\"bad\""), std::string::npos) << error.message;
      EXPECT_TRUE(session.alive());
      EXPECT_NO_THROW(run(session, "y"));
    });
  }
  // To Windows, and to the native driver, an unassigned byte of a code page is a control character.
  with_replies({{metadata({{"v", varchar_type(10)}}) + row(value16("\x81")) + done(final)}}, [](Session& session) {
    const Error error = error_of([&] { decode_all(session, first_row(session)); });
    EXPECT_STREQ(error.sqlstate, driver == DriverKind::freetds ? "22P05" : "00000");
  });
}

TEST_P(RowTest, VariantIsRefusedByName) {
  if (GetParam() != DriverKind::freetds) GTEST_SKIP() << "only FreeTDS keeps the base type to itself";
  with_replies({{metadata({{"sv", "\x62"s + little(8009, 4)}}) + row(little(0, 4)) + done(final)}, {done(final)}},
               [](Session& session) {
                 session.execute("x");
                 const Error error = error_of([&] { session.next_result(); });
                 EXPECT_STREQ(error.sqlstate, "0A000");
                 EXPECT_NE(error.message.find("\"sv\""), std::string::npos);
                 EXPECT_NO_THROW(run(session, "y"));
               });
}

TEST_P(RowTest, ColumnNames) {
  std::string tokens = "\x81"s + little(2, 2) + little(0, 4) + little(8, 2) + "\x38";
  std::string wide_name;
  for (int i = 0; i < 128; ++i) wide_name += "\x22\x6f"s;
  tokens += little(128, 1) + wide_name + little(0, 4) + little(8, 2) + "\x38" + name8("") +
            row(little(1, 4) + little(2, 4)) + done(final);
  with_replies({{tokens}}, [](Session& session) {
    first_row(session);
    EXPECT_EQ(session.columns()[0].name.size(), 384u);
    EXPECT_EQ(session.columns()[0].name.substr(0, 3), "漢");
    EXPECT_EQ(session.columns()[1].name, "");
  });
}

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

// What a server goes on saying, by a thread that does not pause, must neither keep a call from
// ending nor fill our memory. FreeTDS by itself looks at nobody meanwhile; for the native driver
// see native/driver_test.cpp.
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

TEST_P(FlowTest, StatementsAreChecked) {
  with_replies({}, [](Session& session) {
    EXPECT_STREQ(error_of([&] { session.execute("SELECT 1\0, 2"s); }).sqlstate, "22021");
    EXPECT_STREQ(error_of([&] { session.execute("SELECT '\xe9'"); }).sqlstate, "22021");
    EXPECT_TRUE(session.alive());
    EXPECT_FALSE(session.busy());
  });
}

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

// Against the server of MSSQL_TEST_*.
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

  std::unique_ptr<Session> open() const { return connect(login_, test_environment); }

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

TEST_P(ServerTest, SessionKnowsItself) {
  const auto session = open();
  EXPECT_GT(session->spid(), 0);
  EXPECT_FALSE(session->server_version().empty());
  EXPECT_EQ(ask(*session, "SELECT CAST(@@SPID AS int)"), std::to_string(session->spid()));
}

TEST_P(ServerTest, WrongPassword) {
  login_.password = "certainly wrong";
  const Error error = error_of([&] { open(); });
  EXPECT_STREQ(error.sqlstate, "28P01");
  EXPECT_EQ((error.message + error.detail + error.hint).find("certainly"), std::string::npos);
  EXPECT_NE(error.detail.find("The server is \"" + login_.host + "\", port " + std::to_string(login_.port)),
            std::string::npos)
      << error.detail;
}

TEST_P(ServerTest, WrongDatabase) {
  login_.database = "no such database";
  EXPECT_STREQ(error_of([&] { open(); }).sqlstate, "3D000");
}

TEST_P(ServerTest, ParametersArriveExactly) {
  const auto session = open();
  std::string wide;
  for (int i = 0; i < 5000; ++i) wide += "漢";
  const auto echo = [&](std::string declaration, std::optional<std::string> text) {
    return ask(*session, "SELECT CAST(@P1 AS " + declaration + ")",
               std::vector<Parameter>{text ? parameter(declaration, *text) : null_parameter(declaration)});
  };
  EXPECT_EQ(echo("int", "-2147483648"), "-2147483648");
  EXPECT_EQ(echo("decimal(38,10)", "9999999999999999999999999999.9999999999"),
            "9999999999999999999999999999.9999999999");
  EXPECT_EQ(echo("nvarchar(max)", wide), wide);
  EXPECT_EQ(echo("nvarchar(max)", std::string(9000, 'x')), std::string(9000, 'x'));
  EXPECT_EQ(echo("nvarchar(10)", "it's 😀"), "it's 😀");
  EXPECT_EQ(echo("nvarchar(10)", ""), "");
  EXPECT_EQ(echo("nvarchar(10)", std::nullopt), "NULL");
  EXPECT_EQ(echo("varbinary(10)", "\0\xff\x10"s), "\\x00ff10");
  EXPECT_EQ(echo("varbinary(10)", ""), "\\x");
  EXPECT_EQ(ask(*session, "SELECT DATALENGTH(@P1)",
                std::vector<Parameter>{parameter("varbinary(max)", std::string(10000, 'a'))}),
            "10000");
}

// Every type at its ends, as the server understands it and as it comes back.
TEST_P(ServerTest, ParametersOfEveryType) {
  const auto session = open();
  const std::pair<const char*, const char*> values[] = {
      {"bit", "1"},
      {"tinyint", "255"},
      {"smallint", "-32768"},
      {"bigint", "-9223372036854775808"},
      {"decimal(5,5)", "-0.12345"},
      {"decimal(18,0)", "999999999999999999"},
      {"decimal(28,28)", "0.0000000000000000000000000001"},
      {"money", "-922337203685477.5808"},
      {"smallmoney", "214748.3647"},
      {"real", "0.1"},
      {"float", "1.7976931348623157e+308"},
      {"date", "0001-01-01"},
      {"date", "9999-12-31"},
      {"time(0)", "23:59:59"},
      {"time(7)", "23:59:59.999999"},
      {"smalldatetime", "2079-06-06T23:59:00"},
      {"datetime", "1753-01-01T00:00:00"},
      {"datetime", "9999-12-31T23:59:59.997"},
      {"datetime2(3)", "0001-01-01T00:00:00.001"},
      {"datetime2(7)", "9999-12-31T23:59:59.999999"},
      {"datetimeoffset(0)", "2020-02-29T00:00:00+14:00"},
      {"datetimeoffset(7)", "2020-02-29T23:59:59.999999-00:30"},
      {"uniqueidentifier", "00112233-4455-6677-8899-aabbccddeeff"},
      {"binary(4)", "abcd"},
      {"varchar(20)", "it's"},
      {"xml", "<a>b</a>"},
  };
  for (const auto& [declaration, text] : values) {
    const std::vector<Parameter> parameters = {parameter(declaration, text)};
    const std::string literal = "'" + std::string(text == "it's"s ? "it''s" : text) + "'";
    const std::string value = "CAST(" + literal + " AS " + declaration + ")";
    if (declaration != "xml"s) {
      EXPECT_EQ(ask(*session, "SELECT CASE WHEN @P1 = " + value + " THEN 'same' ELSE 'other' END", parameters), "same")
          << declaration << ' ' << text;
    }
    EXPECT_EQ(ask(*session, "SELECT @P1", parameters), ask(*session, "SELECT " + value)) << declaration;
    const std::vector<Parameter> null = {null_parameter(declaration)};
    EXPECT_EQ(ask(*session, "SELECT CASE WHEN @P1 IS NULL THEN 'NULL' ELSE 'value' END", null), "NULL") << declaration;
  }
}

// Loads rows of one or more columns; nothing: NULL.
std::int64_t load(Session& session, std::string_view table, const std::vector<BulkColumn>& columns,
                  const std::vector<std::vector<std::optional<std::string>>>& rows) {
  session.bulk_begin(table, columns);
  for (const auto& row : rows) {
    std::vector<Scalar> values;
    for (std::size_t i = 0; i < row.size(); ++i) values.push_back(row[i] ? scalar(columns[i].type, *row[i]) : Scalar{});
    session.bulk_row(values);
  }
  return session.bulk_end();
}

TEST_P(ServerTest, OnlyTheNativeDriverLoads) {
  const auto session = open();
  run(*session, "CREATE TABLE #one (n int)");
  const auto load_one = [&] { load(*session, "#one", {{"n", {Type::int_}}}, {{"1"}}); };
  EXPECT_STREQ(error_of(load_one).sqlstate, GetParam() == DriverKind::freetds ? "0A000" : "00000");
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #one"), GetParam() == DriverKind::freetds ? "0" : "1");
}

class BulkServerTest : public ServerTest {};

TEST_P(BulkServerTest, ManyRows) {
  const auto session = open();
  run(*session,
      "CREATE TABLE #bulk (id int NOT NULL PRIMARY KEY, t nvarchar(100), d decimal(10,2), b varbinary(10), w "
      "datetime)");
  const std::vector<BulkColumn> columns = {{"id", {Type::int_, 4, 0, 0}},
                                           {"t", {Type::nvarchar, 200, 0, 0}},
                                           {"d", {Type::decimal, 9, 10, 2}},
                                           {"b", {Type::varbinary, 10, 0, 0}},
                                           {"w", {Type::datetime, 8, 0, 0}}};
  const int rows = 2500;
  session->bulk_begin("#bulk", columns);
  const DateTime new_year = moment("2020-01-01");
  for (int i = 1; i <= rows; ++i) {
    const std::string id = little(i, 4), text = "it's \\\n " + std::to_string(i);
    const Scalar values[] = {std::int64_t{i}, i % 7 == 0 ? Scalar{} : Text{text}, Decimal{static_cast<unsigned>(i), 2},
                             i % 5 == 0 ? Scalar{} : Binary{id}, DateTime{std::int64_t{1'000'000} * i, new_year.days}};
    session->bulk_row(values);
  }
  EXPECT_EQ(session->bulk_end(), rows);
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #bulk"), "2500");
  EXPECT_EQ(ask(*session, "SELECT t FROM #bulk WHERE id = 1234"), "it's \\\n 1234");
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #bulk WHERE t IS NULL"), "357");
  EXPECT_EQ(ask(*session, "SELECT d FROM #bulk WHERE id = 2500"), "25.00");
  EXPECT_EQ(ask(*session, "SELECT w FROM #bulk WHERE id = 61"), "2020-01-01 00:01:01.000");
}

TEST_P(BulkServerTest, EveryType) {
  const auto session = open();
  const std::string wide(9000, 'w');
  std::string wide_in_hex;
  for (std::size_t i = 0; i < wide.size(); ++i) wide_in_hex += "77";
  const struct {
    const char* declaration;
    std::string value;
    std::string text;
  } values[] = {
      {"bit", "1", "true"},
      {"tinyint", "255", "255"},
      {"smallint", "-32768", "-32768"},
      {"bigint", "1", "1"},
      {"decimal(38,4)", "-1.5", "-1.5000"},
      {"money", "1.5", "1.5000"},
      {"smallmoney", "1.5", "1.5000"},
      {"real", "1", "1"},
      {"float", "1", "1"},
      {"date", "0001-01-01", "0001-01-01"},
      {"time(3)", "00:00:01.001", "00:00:01.001"},
      {"smalldatetime", "1900-01-02 01:01:00", "1900-01-02 01:01:00"},
      {"datetime", "1900-01-02 00:00:01", "1900-01-02 00:00:01.000"},
      {"datetime2(0)", "0001-01-02 00:00:01", "0001-01-02 00:00:01"},
      {"datetimeoffset(0)", "0001-01-02 01:00:00 +01:00", "0001-01-02 01:00:00 +01:00"},
      {"uniqueidentifier", "00112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeeff"},
      {"char(5)", "it's", "it's "},
      {"varchar(20)", "gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
      {"varchar(max)", wide, wide},
      {"nchar(3)", "\xE6\xBC\xA2", "\xE6\xBC\xA2  "},
      {"nvarchar(10)", "", ""},
      {"nvarchar(max)", "\xF0\x9F\x98\x80" + wide, "\xF0\x9F\x98\x80" + wide},
      {"binary(4)", "\1", "\\x01000000"},
      {"varbinary(10)", "", "\\x"},
      {"varbinary(max)", wide, "\\x" + wide_in_hex},
      {"xml", "<a>b</a>", "<a>b</a>"},
  };
  for (const auto& value : values) {
    run(*session, "CREATE TABLE #every (c " + std::string(value.declaration) + " NULL)");
    EXPECT_EQ(load(*session, "#every", {{"c", parse_declaration(value.declaration)}}, {{value.value}, {std::nullopt}}),
              2)
        << value.declaration;
    EXPECT_EQ(ask(*session, "SELECT c FROM #every WHERE c IS NOT NULL"), value.text) << value.declaration;
    EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #every WHERE c IS NULL"), "1") << value.declaration;
    run(*session, "DROP TABLE #every");
  }
}

TEST_P(BulkServerTest, KeepsTheTablesRules) {
  const auto session = open();
  run(*session, "CREATE TABLE #rules (id int IDENTITY(10,1) PRIMARY KEY, n int NULL DEFAULT 7 UNIQUE)");
  const BulkColumn id = {"id", {Type::int_, 4, 0, 0}};
  const BulkColumn n = {"n", {Type::int_, 4, 0, 0}};
  EXPECT_EQ(load(*session, "#rules", {n}, {{"1"}, {std::nullopt}}), 2);
  EXPECT_EQ(ask(*session, "SELECT MIN(id) FROM #rules"), "10");
  EXPECT_EQ(ask(*session, "SELECT COUNT(n) FROM #rules"), "1");  // the default is not taken
  run(*session, "SET IDENTITY_INSERT #rules ON");
  EXPECT_EQ(load(*session, "#rules", {id, n}, {{"100", "5"}}), 1);
  run(*session, "SET IDENTITY_INSERT #rules OFF");
  EXPECT_EQ(ask(*session, "SELECT n FROM #rules WHERE id = 100"), "5");

  // What the server refuses is refused as a whole, and the session goes on
  std::vector<std::vector<std::optional<std::string>>> rows;
  for (int i = 1000; i < 4000; ++i) rows.push_back({std::to_string(i)});
  rows[1500] = rows[1499];
  const Error duplicate = error_of([&] { load(*session, "#rules", {n}, rows); });
  EXPECT_STREQ(duplicate.sqlstate, "23505") << duplicate.message;
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #rules"), "3");
  EXPECT_EQ(error_of([&] { load(*session, "#no_such_table", {n}, {{"1"}}); }).server_number, 208);
  EXPECT_EQ(error_of([&] { load(*session, "#rules", {{"no such column", n.type}}, {{"1"}}); }).server_number, 207);
  EXPECT_EQ(load(*session, "#rules", {n}, {}), 0);
}

TEST_P(BulkServerTest, IsThePartOfACallersTransaction) {
  const auto session = open();
  run(*session, "CREATE TABLE #part (n int)");
  const std::vector<BulkColumn> columns = {{"n", {Type::int_}}};
  session->begin_transaction(IsolationLevel::unchanged);
  EXPECT_EQ(load(*session, "#part", columns, {{"1"}, {"2"}}), 2);
  EXPECT_EQ(ask(*session, "SELECT @@TRANCOUNT"), "1");
  session->roll_back_transaction();
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #part"), "0");
  EXPECT_EQ(load(*session, "#part", columns, {{"3"}}), 1);
  EXPECT_EQ(ask(*session, "SELECT @@TRANCOUNT"), "0");
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #part"), "1");
}

TEST_P(BulkServerTest, IsCalledOff) {
  const auto session = open();
  run(*session, "CREATE TABLE #off (t nvarchar(max))");
  const std::vector<BulkColumn> columns = {{"t", {Type::nvarchar, -1, 0, 0}}};
  const std::string text(5000, 'x');
  const Scalar values[] = {Text{text}};
  session->bulk_begin("#off", columns);
  for (int i = 0; i < 2000; ++i) session->bulk_row(values);
  session->cancel();
  ASSERT_TRUE(session->alive());
  EXPECT_EQ(ask(*session, "SELECT COUNT(*) FROM #off"), "0");
  EXPECT_EQ(load(*session, "#off", columns, {{"again"}}), 1);
}

// The second run of a statement prepares it where the driver does that; whatever becomes of the
// handle, the answers are right.
TEST_P(ServerTest, StatementsAreRunAgainAndAgain) {
  const auto session = open();
  const auto number = [](int n) { return std::vector<Parameter>{{{Type::int_}, std::int64_t{n}}}; };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(*session, "SELECT @P1 + 1", number(i)), std::to_string(i + 1));
  EXPECT_EQ(ask(*session, "SELECT @P1 + 1", std::vector<Parameter>{null_parameter("int")}), "NULL");
  EXPECT_EQ(ask(*session, "SELECT @P1 + 1", std::vector<Parameter>{parameter("decimal(3,1)", "0.5")}), "1.5");
  // More statements than are kept
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < 100; ++i)
      ASSERT_EQ(ask(*session, "SELECT @P1 - " + std::to_string(i), number(2 * i)), std::to_string(i));
  // An error in one, and one whose rows are not all read
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(error_of([&] { ask(*session, "SELECT 1 / @P1", number(0)); }).server_number, 8134);
    session->execute("SELECT n FROM (SELECT @P1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) AS t", number(1));
    Row row;
    EXPECT_TRUE(session->next_result() && session->fetch(row));
    session->cancel();
  }
  EXPECT_EQ(ask(*session, "SELECT 1 / @P1", number(1)), "1");
}

TEST_P(ServerTest, Transactions) {
  const auto session = open();
  const auto rows = [&] { return ask(*session, "SELECT COUNT(*) FROM #transactions"); };
  run(*session, "CREATE TABLE #transactions (n int)");
  for (const IsolationLevel level : {IsolationLevel::read_committed, IsolationLevel::repeatable_read,
                                     IsolationLevel::serializable, IsolationLevel::unchanged}) {
    session->begin_transaction(level);
    EXPECT_EQ(ask(*session, "SELECT @@TRANCOUNT"), "1");
    run(*session, "INSERT INTO #transactions VALUES (1)");
    session->roll_back_transaction();
    EXPECT_EQ(ask(*session, "SELECT @@TRANCOUNT"), "0");
    EXPECT_EQ(rows(), "0");
  }
  session->roll_back_transaction();  // there is none any more
  session->begin_transaction(IsolationLevel::read_committed);
  run(*session, "INSERT INTO #transactions VALUES (1)");
  session->commit_transaction();
  session->roll_back_transaction();
  EXPECT_EQ(rows(), "1");
  session->begin_transaction(IsolationLevel::unchanged);
  run(*session, "BEGIN TRANSACTION");
  session->commit_transaction();
  EXPECT_EQ(ask(*session, "SELECT @@TRANCOUNT"), "1");
  session->commit_transaction();
  EXPECT_EQ(error_of([&] { session->commit_transaction(); }).server_number, 3902);
  EXPECT_TRUE(session->alive());
}

TEST_P(ServerTest, HandleThatIsLostIsNoError) {
  const auto session = open();
  const auto number = [](int n) { return std::vector<Parameter>{{{Type::int_}, std::int64_t{n}}}; };
  run(*session, "BEGIN TRANSACTION");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(*session, "SELECT @P1 * 7", number(i)), std::to_string(7 * i));
  for (int handle = 1; handle < 20; ++handle)
    error_of([&] { run(*session, "EXEC sp_unprepare " + std::to_string(handle)); });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(*session, "SELECT @P1 * 7", number(i)), std::to_string(7 * i));
  EXPECT_EQ(ask(*session, "SELECT @@TRANCOUNT"), "1");
  run(*session, "ROLLBACK TRANSACTION");
}

TEST_P(ServerTest, ManySessions) {
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < 10; ++i) sessions.push_back(open());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(*sessions[i], "SELECT " + std::to_string(i)), std::to_string(i));
}

std::string driver_name(const ::testing::TestParamInfo<DriverKind>& info) {
  return info.param == DriverKind::native ? "Native" : "FreeTds";
}
const auto drivers = ::testing::Values(DriverKind::native, DriverKind::freetds);
INSTANTIATE_TEST_SUITE_P(Drivers, LoginTest, drivers, driver_name);
INSTANTIATE_TEST_SUITE_P(Drivers, RowTest, drivers, driver_name);
INSTANTIATE_TEST_SUITE_P(Drivers, FlowTest, drivers, driver_name);
INSTANTIATE_TEST_SUITE_P(Drivers, ServerTest, drivers, driver_name);
INSTANTIATE_TEST_SUITE_P(Drivers, BulkServerTest, ::testing::Values(DriverKind::native), driver_name);

}  // namespace
}  // namespace mssql::tds
