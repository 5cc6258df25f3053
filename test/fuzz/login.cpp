// A server's part of a login: its answers to PRELOGIN and LOGIN7, TLS in between where it wants
// that, then replies.
#include "session.hpp"
#include "steady_random.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mssql;
  static constexpr tds::Encrypt ways[] = {tds::Encrypt::off, tds::Encrypt::request, tds::Encrypt::require,
                                          tds::Encrypt::strict};
  fuzz::SteadyRandom random;
  fuzz::Input input(data, size);
  fuzz::Travel travel(input);
  tds::Login login;
  login.host = "db.example";
  login.username = "someone";
  login.encrypt = input.choose(ways);
  tds::scripted::Server server(travel.messages(input), travel.piece);
  server.interrupt_at(travel.interrupt_at);
  fuzz::succeeds([&] {
    tds::native::Driver driver(server.stream(), login, tds::scripted::Server::environment());
    fuzz::require(driver.alive() || !driver.busy(), "a dead session that is busy");
    fuzz::converse(driver, server);
  });
  return 0;
}
