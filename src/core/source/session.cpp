#include "session.hpp"

namespace mssql::source {

namespace {

[[noreturn]] void refuse_bulk_load() {
  throw Error(sqlstate::feature_not_supported, "this driver does not load rows",
              "FreeTDS cuts values that are too long without a word, and cannot tell an empty value from NULL.",
              "Set the server option \"driver\" to \"native\".");
}

}  // namespace

void Session::bulk_begin(std::string_view, std::span<const BulkColumn>, bool) { refuse_bulk_load(); }

void Session::bulk_row(std::span<const Scalar>) { refuse_bulk_load(); }

std::int64_t Session::bulk_end() { refuse_bulk_load(); }

std::int64_t run(Session& session, std::string_view sql, std::span<const Parameter> parameters) {
  session.execute(sql, parameters);
  while (session.next_result()) continue;
  return session.rows_affected();
}

}  // namespace mssql::source
