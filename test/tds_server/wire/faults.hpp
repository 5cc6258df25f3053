// Faults that tests order by SQL: which ones are armed, server-wide, and which of them the next
// statement meets.
//
//   EXEC tds_server_fault N'<name>', <value> [, N'<text that the statement must contain>' [, <how many statements>]]
//   EXEC tds_server_answer N'<column>', N'<value>', N'<text that the statement must contain>'
//   EXEC tds_server_fault N'clear'
//   EXEC tds_server_stats
//   EXEC tds_server_replay ...                                         replay.hpp
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tds_server {

// A server that is not what it seems: every column of this name in a result is nvarchar(max), and
// has this value in every row. A backslash and a zero in the value are a NUL.
struct Answer {
  std::string column;
  std::string value;
};

// What one statement has to suffer; result_writer.cpp does it.
struct StatementFaults {
  std::optional<std::uint64_t> drop_after_rows;     // the connection breaks in the middle of the next row
  std::optional<std::uint64_t> drop_after_bytes;    // of the reply, packet headers included
  std::optional<std::uint64_t> stall_after_rows;    // mute until an attention or the client's disconnect
  std::optional<std::uint64_t> error_after_rows;    // ERROR 245, then DONE with its error bit
  std::optional<std::uint64_t> garble_after_rows;   // an undefined token
  std::optional<std::uint64_t> truncate_row;        // after so many rows, half a row and a proper DONE
  std::optional<std::uint64_t> error_at_statement;  // this error number instead of running it
  std::uint64_t slow_row_us{0};
  bool mute_attention{false};  // an attention stops the statement, but nothing is answered any more

  std::optional<Answer> answer;

  // Whether rows have to be watched at all.
  bool on_rows{false};
};

// What one connection has to suffer, as it was ordered.
struct ConnectionFault {
  std::uint64_t value{0};
  std::string text;
};

class Faults {
 public:
  // Arms a fault; false when there is none of that name.
  bool arm(std::string_view name, std::uint64_t value, std::string text, std::uint64_t count);
  void answer(Answer answer, std::string text);
  void clear();

  // The faults that a statement with this text meets; each of them has one statement less to go.
  StatementFaults for_statement(std::string_view text);
  // One connection less to go. Their value is how many connections meet them: mute_prelogin,
  // mute_login, refuse_login, drop_at_login, unproven_login (a login is accepted without the last
  // security token, or without a word on the access token). Their number of connections is the
  // fourth argument: login_error (the error number), grant_packets (the packet size, whatever was
  // asked for), route and route_without_ack (the port, and the server's name as text, host\instance
  // perhaps: go there), routed (text: the name that the login must carry).
  std::optional<ConnectionFault> connection(std::string_view name);

 private:
  struct Armed {
    std::string name;
    std::uint64_t value;
    std::string text;
    std::uint64_t left;
  };

  std::mutex mutex_;
  std::vector<Armed> armed_;
  std::vector<std::pair<std::string, Answer>> answers_;
};

enum class ControlKind : std::uint8_t { fault, answer, replay, statistics };

// A control statement, when `text` is one: `EXEC[UTE] tds_server_fault ...`, `EXEC
// tds_server_replay ...` or `EXEC tds_server_stats`. A replay has its text in `name`, its rows
// in `value` and its key in `text`.
struct Control {
  ControlKind kind{ControlKind::fault};
  std::string name;
  std::uint64_t value{0};
  std::string text;
  std::uint64_t count{1};
  std::string answer;
};
// Throws std::invalid_argument when it starts as one and is not well formed.
std::optional<Control> parse_control(std::string_view text);

}  // namespace tds_server
