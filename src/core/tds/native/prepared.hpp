// Which statements with parameters the server holds prepared for this session.
//
// A statement that is run once is not worth preparing: its second run prepares it, those that
// follow name the handle. A handle is good in the database in which it was made, and as long as the
// connection.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace mssql::tds::native {

class PreparedStatement {
 public:
  enum class Way : std::uint8_t { execute_sql, prepare, execute };

  PreparedStatement(std::string_view sql, std::string_view declarations, std::string_view database)
      : sql_(sql), declarations_(declarations), database_(database) {}

  Way way() const noexcept;
  bool is(std::string_view sql, std::string_view declarations, std::string_view database) const noexcept {
    return sql_ == sql && declarations_ == declarations && database_ == database;
  }
  const std::string& sql() const noexcept { return sql_; }
  std::int32_t handle() const noexcept { return handle_; }  // 0: none

  void count_use() noexcept { ++uses_; }
  // The server was asked for a handle; learn() says that it came.
  void ask() noexcept { ++asked_; }
  void learn(std::int32_t handle) noexcept;
  // The server does not know the handle any more.
  void forget() noexcept { handle_ = asked_ = 0; }

 private:
  std::string sql_;
  std::string declarations_;
  std::string database_;
  std::int32_t handle_{0};
  int uses_{0};
  int asked_{0};  // in vain, since the last handle
};

class PreparedStatements {
 public:
  static constexpr std::size_t most_statements = 64;
  static constexpr std::size_t longest_statement = 64 << 10;  // of those that are kept at all

  // The statement, found or made, as the one used last; null when it is too long to be kept. Good
  // until the next call.
  PreparedStatement* use(std::string_view sql, std::string_view declarations, std::string_view database);
  // Handles of statements that have made room for others, once there are enough of them for a
  // request of their own.
  std::vector<std::int32_t> take_surplus();
  void give_back(std::int32_t handle) { surplus_.push_back(handle); }

 private:
  std::list<PreparedStatement> statements_;  // used last, first
  std::vector<std::int32_t> surplus_;
};

}  // namespace mssql::tds::native
