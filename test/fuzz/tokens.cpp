// The replies of a server to requests, after a login: tokens, results, cells; whole, in pieces, and
// with an interruption inside.
#include "session.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mssql;
  fuzz::Input input(data, size);
  fuzz::Travel travel(input);
  std::vector<std::string> messages = travel.messages(input);
  const std::vector<std::string> login_answers = tds::scripted::login();
  messages.insert(messages.begin(), login_answers.begin(), login_answers.end());
  tds::scripted::Server server(std::move(messages), travel.piece);
  tds::Login login;
  login.username = "someone";
  login.encrypt = tds::Encrypt::off;
  tds::native::Driver driver(server.stream(), login, tds::scripted::Server::environment());
  server.interrupt_at(travel.interrupt_at);
  fuzz::converse(driver, server);
  return 0;
}
