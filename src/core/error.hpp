// The one exception type of src/core. It carries what ereport() needs; src/pg turns it into a
// PostgreSQL error.
#pragma once

#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace mssql {

// SQLSTATEs that core raises by itself; those of server errors come from
// sqlstate_of_server_error().
namespace sqlstate {
inline constexpr const char* connection_failure = "08006";
inline constexpr const char* cannot_connect = "08001";
inline constexpr const char* cannot_connect_now = "57P03";
inline constexpr const char* invalid_password = "28P01";
inline constexpr const char* invalid_authorization = "28000";
inline constexpr const char* invalid_option_name = "HV00D";
inline constexpr const char* invalid_parameter = "22023";
inline constexpr const char* feature_not_supported = "0A000";
inline constexpr const char* fdw_error = "HV000";
inline constexpr const char* protocol_violation = "08P01";
inline constexpr const char* datatype_mismatch = "42804";
inline constexpr const char* untranslatable_character = "22P05";
inline constexpr const char* invalid_byte_sequence = "22021";
inline constexpr const char* numeric_out_of_range = "22003";
inline constexpr const char* datetime_overflow = "22008";
inline constexpr const char* string_truncation = "22001";
inline constexpr const char* invalid_text = "22P02";
inline constexpr const char* invalid_name = "42602";
inline constexpr const char* name_too_long = "42622";
inline constexpr const char* program_limit = "54000";
inline constexpr const char* out_of_memory = "53200";
inline constexpr const char* internal = "XX000";
}  // namespace sqlstate

// An ERROR or INFO token of the server (MS-TDS 2.2.7.10, 2.2.7.13). Severity is the token's Class.
struct ServerMessage {
  std::int32_t number{0};
  int state{0};
  int severity{0};
  int line{0};
  std::string text;
  std::string procedure;
  std::string server;
};

class Error : public std::exception {
 public:
  Error(const char* sqlstate, std::string message, std::string detail = {}, std::string hint = {});

  // The server's own text as message; number, severity, state, procedure and line as detail.
  static Error from_server(const ServerMessage& message);
  // The first of them, which must exist; what the others say beside it is added to the detail.
  static Error from_server(std::span<const ServerMessage> messages);
  // Raised when the caller's predicate asked to stop: src/pg answers with CHECK_FOR_INTERRUPTS().
  static Error interrupted();

  const char* what() const noexcept override { return message.c_str(); }
  bool is_interruption() const noexcept { return interruption_; }
  // Whether it may have passed when the statement is tried again: the server says so by its number,
  // or is not to be reached.
  bool is_transient() const noexcept;

  char sqlstate[6];
  std::string message;
  std::string detail;
  std::string hint;
  std::int32_t server_number{0};  // 0: not a server error

 private:
  bool interruption_{false};
};

// SQL Server's error number to SQLSTATE; HV000 where the number is not in the table. 2627 gives
// "23505".
const char* sqlstate_of_server_error(std::int32_t number) noexcept;
// Errors that may vanish when the statement is tried again: deadlock 1205, lock timeout 1222, Azure
// throttling.
bool is_transient_server_error(std::int32_t number) noexcept;

}  // namespace mssql
