// A session of the native driver with a server that has said in advance what it will say
// (scripted_server.hpp), and the replies and calls that its tests have in common.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../../scalars.hpp"
#include "../cells.hpp"
#include "core/tds/native/driver.hpp"
#include "scripted_server.hpp"

namespace mssql::tds::native {

using namespace canned;
using scripted::packets;
using scripted::Server;

// A session that is logged in and whose requests are answered by `messages`.
struct Conversation {
  explicit Conversation(const std::vector<std::string>& messages, std::size_t piece = 1 << 20)
      : server(all(messages), piece), driver(server.stream(), login(), Server::environment()) {}

  static std::vector<std::string> all(const std::vector<std::string>& messages) {
    std::vector<std::string> out = scripted::login();
    out.insert(out.end(), messages.begin(), messages.end());
    return out;
  }
  static Login login() {
    Login login;
    login.host = "scripted";
    login.username = "someone";
    login.encrypt = Encrypt::off;
    return login;
  }
  // Runs a request to its end.
  Thrown request() {
    return thrown_by([&] {
      driver.execute("SELECT 1", {});
      Row row;
      rows = 0;
      while (driver.next_result())
        while (driver.fetch(row)) ++rows;
    });
  }

  Server server;
  Driver driver;
  int rows{0};
};

inline const std::string one_column = metadata({{"a", intn_type(4)}});
inline const std::string one_row = row(value8(little(1, 4)));

// RETURNVALUE (MS-TDS 2.2.7.19) of an int.
inline std::string return_value(int value) {
  return "\xac" + little(0, 2) + name8("") + little(1, 1) + little(0, 4) + little(0, 2) + intn_type(4) +
         value8(little(static_cast<std::uint64_t>(value), 4));
}
inline const std::string procedure_end = done(canned::final, 0, '\xfe');
inline const std::string rows_of_a_call = one_column + one_row + done(more | count_flag, 1, '\xff');
inline std::string prepared_as(int handle) { return packets(rows_of_a_call + return_value(handle) + procedure_end); }
inline const std::string just_rows = packets(rows_of_a_call + procedure_end);
inline std::string unknown_handle(int handle) {
  return packets(error(8179, "Could not find prepared statement with handle " + std::to_string(handle) + ".") +
                 done(error_flag, 0, '\xfe'));
}

// Runs a statement with a parameter to its end.
inline Thrown call(Driver& driver, std::string_view sql = "SELECT @P1", const char* declaration = "int") {
  return thrown_by([&] { run(driver, sql, std::vector<Parameter>{parameter(declaration, "1")}); });
}

// The procedures that were called, by number.
inline std::string calls(Server& server) {
  std::string out;
  const std::string& heard = server.heard();
  for (std::size_t at = heard.find("\xff\xff"); at != std::string::npos; at = heard.find("\xff\xff", at + 1)) {
    if (static_cast<unsigned char>(heard[at + 2]) > 15 || heard[at + 3] != 0)
      continue;  // a length in the middle of something
    out += (out.empty() ? "" : " ") + std::to_string(heard[at + 2]);
    if (heard[at + 2] == 12)
      out += ":" + std::to_string(static_cast<unsigned char>(heard[at + 11]));  // behind flags, name, status and type
  }
  return out;
}

}  // namespace mssql::tds::native
