#include "session.hpp"

namespace mssql::source {

std::int64_t run(Session& session, std::string_view sql, std::span<const Parameter> parameters) {
  session.execute(sql, parameters);
  while (session.next_result()) continue;
  return session.rows_affected();
}

}  // namespace mssql::source
