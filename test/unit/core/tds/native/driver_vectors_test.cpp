// What real servers sent, byte for byte (../shared/vectors, or MSSQL_TEST_VECTORS): each capture is
// read in pieces of 1 and 3 bytes and as a whole, and has to say the same. The captures are no part
// of this repository: where they are not there, the test is skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../cells.hpp"
#include "core/tds/codec/decode.hpp"
#include "core/tds/native/driver.hpp"
#include "core/tds/native/prelogin.hpp"
#include "scripted_server.hpp"

namespace mssql::tds::native {
namespace {

std::filesystem::path directory() {
  const char* named = std::getenv("MSSQL_TEST_VECTORS");
  return named != nullptr ? named : MSSQL_FDW_SOURCE_DIR "/../shared/vectors";
}

std::string read_capture(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string bytes, digits;
  for (char c; in.get(c);) {
    if (!std::isxdigit(static_cast<unsigned char>(c))) continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return bytes;
}

std::string text_of(const Thrown& thrown) {
  return thrown.sqlstate + " " + thrown.message + (thrown.detail.empty() ? "" : " (" + thrown.detail + ")");
}

Login login() {
  Login login;
  login.host = "captured";
  login.username = "someone";
  login.encrypt = Encrypt::request;
  return login;
}

std::string messages;  // what the server says aside
const Environment& environment() {
  static const Environment environment = [] {
    Environment own = scripted::Server::environment();
    own.info = [](const ServerMessage& message) {
      messages += std::to_string(message.number) + ": " + message.text + "\n";
    };
    return own;
  }();
  return environment;
}

// What the answer to PRELOGIN makes of the wish for TLS.
std::string read_prelogin(const std::string& capture, std::size_t piece) {
  static constexpr const char* extents[] = {"no encryption", "encryption of the login", "encryption"};
  scripted::Server server({capture}, piece);
  Channel channel(server.stream(), environment(), "captured");
  Outbox outbox(channel);
  Inbox inbox(channel);
  return extents[static_cast<std::size_t>(negotiate(outbox, inbox, login()).encryption)];
}

std::string read_login(const std::string& capture, std::size_t piece) {
  scripted::Server server({scripted::login()[0], capture}, piece);
  std::string out;
  const Thrown thrown = thrown_by([&] {
    Driver driver(server.stream(), login(), environment());
    out = std::string(driver.server_version()) + ", session " + std::to_string(driver.spid()) + ", " +
          (driver.busy() ? "busy" : "idle");
  });
  return thrown.sqlstate.empty() ? out : text_of(thrown);
}

// Columns, rows, messages and the count of a reply, a line each.
std::string read_reply(const std::string& capture, std::size_t piece) {
  std::vector<std::string> script = scripted::login();
  script.push_back(capture);
  scripted::Server server(script, piece);
  std::string out;
  messages.clear();
  Driver driver(server.stream(), login(), environment());
  const Thrown thrown = thrown_by([&] {
    driver.execute("SELECT 1", {});
    while (driver.next_result()) {
      for (const Column& column : driver.columns()) out += column.name + " ";
      out += "\n";
      Row row;
      while (driver.fetch(row)) {
        for (std::size_t i = 0; i < row.size(); ++i) {
          std::string value = "NULL";
          if (!row[i].is_null()) decode_to_text(driver.columns()[i], row[i], CharacterPolicy::error, value = "");
          out += value + "|";
        }
        out += "\n";
      }
    }
    out += messages + std::to_string(driver.rows_affected()) + " affected, " + (driver.busy() ? "busy" : "idle");
  });
  return thrown.sqlstate.empty() ? out : out + text_of(thrown);
}

struct Capture {
  const char* file;
  std::string (*read)(const std::string&, std::size_t);
  const char* says;
};

class VectorTest : public ::testing::TestWithParam<Capture> {};

TEST_P(VectorTest, SaysTheSameInEveryPiece) {
  const std::filesystem::path file = directory() / GetParam().file;
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "there is no " << file;
  const std::string capture = read_capture(file);
  ASSERT_FALSE(capture.empty());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1} << 20})
    EXPECT_EQ(GetParam().read(capture, piece), GetParam().says) << piece;
}

// clang-format off
const Capture captures[] = {
    {"arkime-tds7-0.hex", read_prelogin, "no encryption"},
    {"arkime-tds7-1.hex", read_login,
     "0A000 the server at \"captured\", port 1433 is SQL Server 2000 (It has version 8.0.2039. The native driver speaks TDS"
     " 7.2 and later, which came with SQL Server 2005.)"},
    {"arkime-tds7-2.hex", read_reply,
     "0A000 a column has a type that cannot be read (The type is number 1 of the TDS protocol.)"},
    {"freetds2022-select1.hex", read_reply, " \n1|\n0 affected, idle"},
    {"golden2022-count.hex", read_reply, "n \n3|\n0 affected, idle"},
    {"golden2022-error.hex", read_reply,
     "42P01 Invalid object name 'no_such_table_zz'. (SQL Server error 208, severity 16, state 1, line 1.)"},
    {"golden2022-insert.hex", read_reply, "2 affected, idle"},
    {"golden2022-multi.hex", read_reply, "id name \n1|test|\nname \ntest|\nbravo|\ncharlie|\n0 affected, idle"},
    {"golden2022-select.hex", read_reply, "id name \n1|test|\n2|bravo|\n3|charlie|\n0 affected, idle"},
    {"mstds-login-fedauth-liveid.hex", read_login,
     "08001 connection to server at \"captured\", port 1433 failed: the login was not completed (It returns a nonce that it"
     " was not given.)"},
    {"mstds-rpc.hex", read_reply, "0 affected, idle"},
    {"mstds-sessionstate.hex", read_reply, "0 affected, idle"},
    {"mstds-sparse.hex", read_reply,
     "id sparsePropertySet \n1|<sparseProp1>1000</sparseProp1><sparseProp2>foo</sparseProp2>|\n"
     "2|<sparseProp1>1000</sparseProp1>|\n3|<sparseProp2>abcd</sparseProp2>|\n4|NULL|\n5|NULL|\n6|NULL|\n7|NULL|\n"
     "8|NULL|\n9|NULL|\n10|NULL|\n0 affected, idle"},
    {"mstds-sql-batch.hex", read_reply, "bar \nfoo|\n0 affected, idle"},
    {"ndpi-1111-0.hex", read_reply, "0 affected, idle"},
    {"ndpi-1111-1.hex", read_reply,
     "name surname city id \n"
     "zzz                           |bbb                           |cxxx                                    |2|\n"
     "0 affected, idle"},
    {"ndpi-2222-0.hex", read_reply,
     "08006 connection to server at \"captured\", port 1433 was lost (The server ended its answer in the middle.)"},
    {"ndpi-5555-0.hex", read_reply, "0 affected, idle"},
    {"ndpi-5555-1.hex", read_reply, "0 affected, idle"},
    {"ndpi-5555-2.hex", read_reply, "1 affected, idle"},
    {"ndpi-5555-3.hex", read_reply, "2 affected, idle"},
    {"ndpi-5555-4.hex", read_reply,
     "column1 column2 column3 \n"
     "first                         |second                        |third                         |\n"
     "first                         |second                        |third                         |\n"
     "first                         |second                        |third                         |\n"
     "0 affected, idle"},
    {"ndpi-5555-5.hex", read_reply,
     "column1 column2 column3 \n"
     "first                         |second                        |third                         |\n"
     "first                         |second                        |third                         |\n"
     "first                         |second                        |third                         |\n"
     "0 affected, idle"},
    {"ndpi-5555-6.hex", read_reply, "0 affected, idle"},
    {"packetbeat-16x-datetime.hex", read_reply, "id created \n32|2022-08-07 20:57:45.927|\n0 affected, idle"},
    {"packetbeat-16x-select.hex", read_reply, "id name quantity \n2|orange|154|\n0 affected, idle"},
    {"packetbeat-16x-types.hex", read_reply,
     "id val1 val2 val3 val4 val5 val6 val7 \n10|text 1|a|b|text 4|c|43|3.14|\n15|ex 1|x|y|ex 4|z|500|0.25|\n"
     "0 affected, idle"},
    {"r2dbc-row.hex", read_reply,
     "employee_id last_name first_name salary foo flt bar \n"
     "1|paluch|mark|50.0000|c70d7bf1-e5c7-40c5-98c7-a12f7e686724|11344.554|11344.554|\n0 affected, idle"},
    {"sql2017-login-short.hex", read_login, "14.0.3238, session 55, idle"},
    {"sql2017-login.hex", read_login, "14.0.3038, session 52, idle"},
    {"sql2017-prelogin.hex", read_prelogin, "no encryption"},
    {"sql2019-login.hex", read_login, "15.0.2155, session 52, idle"},
    {"sql2019-polish-login.hex", read_login, "15.0.2101, session 68, idle"},
    {"sql2019-polish-select.hex", read_reply, " \n68|\n0 affected, idle"},
    {"sql2022-login.hex", read_login, "16.0.4265, session 51, idle"},
    {"sql2025-login.hex", read_login, "17.0.1000, session 77, idle"},
    {"sql2025-prelogin.hex", read_prelogin, "encryption of the login"},
    {"synapse-doneinproc-login.hex", read_login, "15.0.2155, session 52, idle"},
};
// clang-format on

std::string test_name(const ::testing::TestParamInfo<Capture>& info) {
  std::string name;
  for (const char c : std::string_view(info.param.file).substr(0, std::string_view(info.param.file).find('.')))
    if (c != '-') name += c;
  return name;
}
INSTANTIATE_TEST_SUITE_P(Captures, VectorTest, ::testing::ValuesIn(captures), test_name);

// A capture that is added wants a line here.
TEST(VectorsTest, EachCaptureHasALine) {
  if (!std::filesystem::exists(directory())) GTEST_SKIP() << "there is no " << directory();
  for (const auto& entry : std::filesystem::directory_iterator(directory())) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(".hex")) continue;
    EXPECT_TRUE(std::any_of(std::begin(captures), std::end(captures), [&](const Capture& capture) {
      return name == capture.file;
    })) << name;
  }
}

}  // namespace
}  // namespace mssql::tds::native
