// Transactions by statements, and cells as text.
#include "session.hpp"

#include "core/source/ask.hpp"
#include "core/tds/codec/decode.hpp"
#include "core/tsql/session.hpp"

namespace mssql::tds {

void Session::append_text(std::size_t column, const Cell& cell, std::string& out) const {
  decode_to_text(columns()[column], cell, CharacterPolicy::replace, out);
}

void Session::begin_transaction(IsolationLevel level) { run(*this, tsql::opening_statements({{}, level, true})); }

void Session::open(const Opening& opening) { run(*this, tsql::opening_statements(opening)); }

void Session::save_transaction(std::string_view savepoint) { run(*this, tsql::save_transaction(savepoint)); }

void Session::roll_back_to(std::string_view savepoint) { run(*this, tsql::roll_back_to(savepoint)); }

void Session::commit_transaction() { run(*this, tsql::commit_transaction); }

void Session::roll_back_transaction() { run(*this, tsql::roll_back_transaction); }

std::optional<bool> Session::ask_whether_in_transaction() {
  const std::optional<std::int64_t> nesting = source::ask_integer(*this, tsql::transaction_count_query);
  if (!nesting) return std::nullopt;
  return *nesting > 0;
}

}  // namespace mssql::tds
