#include "prepared.hpp"

#include <algorithm>
#include <utility>

namespace mssql::tds::native {

namespace {

// A handle comes behind the rows. Where the reader stops early time after time it never comes, and
// each one would stay with the server.
constexpr int most_futile = 2;
constexpr std::size_t enough_surplus = 16;

}  // namespace

PreparedStatement::Way PreparedStatement::way() const noexcept {
  if (handle_ != 0) return Way::execute;
  return uses_ < 2 || asked_ >= most_futile ? Way::execute_sql : Way::prepare;
}

void PreparedStatement::learn(std::int32_t handle) noexcept {
  handle_ = handle;
  asked_ = 0;
}

PreparedStatement* PreparedStatements::use(std::string_view sql, std::string_view declarations,
                                           std::string_view database) {
  if (sql.size() > longest_statement || declarations.size() > longest_statement) return nullptr;
  const auto found = std::find_if(statements_.begin(), statements_.end(), [&](const PreparedStatement& statement) {
    return statement.is(sql, declarations, database);
  });
  if (found != statements_.end()) {
    statements_.splice(statements_.begin(), statements_, found);
  } else {
    statements_.emplace_front(sql, declarations, database);
    if (statements_.size() > most_statements) {
      if (statements_.back().handle() != 0) surplus_.push_back(statements_.back().handle());
      statements_.pop_back();
    }
  }
  statements_.front().count_use();
  return &statements_.front();
}

std::vector<std::int32_t> PreparedStatements::take_surplus() {
  if (surplus_.size() < enough_surplus) return {};
  return std::exchange(surplus_, {});
}

}  // namespace mssql::tds::native
