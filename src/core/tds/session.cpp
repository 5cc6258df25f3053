// The choice of the driver, and what needs no driver.
#include "session.hpp"

#include "freetds/driver.hpp"
#include "native/driver.hpp"

namespace mssql::tds {

std::unique_ptr<Session> connect(const Login& login, const Environment& environment) {
  const bool native = login.driver == DriverKind::native || (login.driver == DriverKind::automatic && !login.username.empty());
  if (native) return std::make_unique<native::Driver>(login, environment);
  return std::make_unique<freetds::Driver>(login, environment);
}

std::string driver_version() { return native::driver_description() + ", " + freetds::library_version(); }

std::int64_t run(Session& session, std::string_view sql, std::span<const Parameter> parameters) {
  session.execute(sql, parameters);
  while (session.next_result()) {
  }
  return session.rows_affected();
}

}  // namespace mssql::tds
