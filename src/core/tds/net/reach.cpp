// Plain sockets.
#include "reach.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include "../../error.hpp"
#include "descriptor.hpp"

namespace mssql::tds::net {

namespace {

constexpr int poll_slice_ms = 200;
constexpr int program_slice_ms = 500;  // below browser_resend, and the program may end it earlier
constexpr const char* browser_port = "1434";
// The Browser answers at once or, with UDP, not at all: ask again every second.
constexpr auto browser_resend = std::chrono::seconds(1);
constexpr int browser_attempts = 4;

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

std::string server_at(const std::string& host, int port) {
  return "connection to server at \"" + host + "\", port " + std::to_string(port) + " failed: ";
}

std::string seconds_text(int seconds) {
  return std::to_string(seconds) + (seconds == 1 ? " second" : " seconds");
}

void give_up_if_interrupted(const Patience& patience) {
  if (patience.interrupted != nullptr && patience.interrupted()) throw Error::interrupted();
}

// Waits until one of the sockets is ready or has failed, the patience has to be looked at, or the program is wanted. The program can wait
// for one socket; for several it looks up every 200 ms.
void wait_for(std::vector<pollfd>& sockets, const Patience& patience) {
  const bool by_program = patience.wait != nullptr && sockets.size() == 1;
  if (by_program) patience.wait(sockets[0].fd, sockets[0].events, patience.deadline.slice(program_slice_ms));
  const int count = ::poll(sockets.data(), sockets.size(), by_program ? 0 : patience.deadline.slice(poll_slice_ms));
  if (count > 0) return;
  for (pollfd& socket : sockets) socket.revents = 0;
}

Addresses resolve(const std::string& host, const std::string& service, int socket_type) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = socket_type;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  int code = getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
  if (code == EAI_NONAME || code == EAI_ADDRFAMILY) {
    // AI_ADDRCONFIG ignores loopback, so that a machine with no other network finds nothing, not even "localhost"
    hints.ai_flags = AI_NUMERICSERV;
    code = getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
  }
  if (code != 0) {
    const std::string reason = code == EAI_SYSTEM ? std::generic_category().message(errno) : gai_strerror(code);
    throw Error(sqlstate::cannot_connect, "could not resolve host name \"" + host + "\": " + reason, {},
                "Check the server option \"host\".");
  }
  return Addresses(list);
}

// Starts a connect to every address at once (a multi-subnet listener answers on one of them). The first that is
// established wins; when all have failed, `last_error` is the last one's errno.
Descriptor connect_to_any(const addrinfo* list, const std::string& host, int port, const Patience& patience, int& last_error) {
  std::vector<Descriptor> sockets;
  std::vector<pollfd> waiting;
  last_error = EADDRNOTAVAIL;
  for (const addrinfo* address = list; address != nullptr; address = address->ai_next) {
    Descriptor socket(::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol));
    if (!socket.valid()) {
      last_error = errno;
      continue;
    }
    if (::connect(socket.get(), address->ai_addr, address->ai_addrlen) == 0) return socket;
    if (errno != EINPROGRESS) {
      last_error = errno;
      continue;
    }
    waiting.push_back({socket.get(), POLLOUT, 0});
    sockets.push_back(std::move(socket));
  }
  while (!waiting.empty()) {
    give_up_if_interrupted(patience);
    if (patience.deadline.passed())
      throw Error(sqlstate::cannot_connect, server_at(host, port) + "timeout expired",
                  "No address of the host answered within " + seconds_text(patience.timeout_seconds) + ".",
                  "Check the server options \"host\", \"port\" and \"connect_timeout\", and firewalls in between.");
    wait_for(waiting, patience);
    for (std::size_t i = waiting.size(); i-- > 0;) {
      if (waiting[i].revents == 0) continue;
      int error = 0;
      socklen_t size = sizeof(error);
      if (::getsockopt(waiting[i].fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
      if (error == 0) return std::move(sockets[i]);
      last_error = error;
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
      sockets.erase(sockets.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return {};
}

// Sends the question of MC-SQLR CLNT_UCAST_INST and waits a second for the answer; empty when there was none.
std::string ask_browser(const addrinfo* address, const std::string& question, const Patience& patience) {
  const Descriptor socket(::socket(address->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol));
  if (!socket.valid() || ::connect(socket.get(), address->ai_addr, address->ai_addrlen) != 0) return {};
  if (::send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL) < 0) return {};
  const auto until = Clock::now() + browser_resend;
  while (Clock::now() < until && !patience.deadline.passed()) {
    give_up_if_interrupted(patience);
    std::vector<pollfd> waiting{{socket.get(), POLLIN, 0}};
    wait_for(waiting, patience);
    if (waiting[0].revents == 0) continue;
    std::string answer(65536, '\0');
    const ssize_t size = ::recv(socket.get(), answer.data(), answer.size(), 0);
    if (size <= 0) return {};  // nobody listens: ICMP said so
    answer.resize(static_cast<std::size_t>(size));
    return answer;
  }
  return {};
}

// "ServerName;X;InstanceName;Y;IsClustered;No;Version;15.0.2000.5;tcp;49172;;" after three bytes of header; 0: no TCP port in it.
int tcp_port_of(std::string_view answer) {
  if (answer.size() < 3) return 0;
  answer.remove_prefix(3);
  const std::size_t key = answer.find(";tcp;");
  if (key == std::string_view::npos) return 0;
  answer.remove_prefix(key + 5);
  int port = 0;
  const auto [end, code] = std::from_chars(answer.data(), answer.data() + answer.size(), port);
  return code == std::errc() && port > 0 && port < 65536 ? port : 0;
}

}  // namespace

Descriptor connect(const std::string& host, int port, const Patience& patience) {
  const Addresses addresses = resolve(host, std::to_string(port), SOCK_STREAM);
  int error = 0;
  Descriptor socket = connect_to_any(addresses.get(), host, port, patience, error);
  if (!socket.valid())
    throw Error(sqlstate::cannot_connect, server_at(host, port) + std::generic_category().message(error), {},
                "Is SQL Server running on that host and accepting TCP/IP connections on that port?");
  return socket;
}

int find_instance_port(const std::string& host, const std::string& instance, const Patience& patience) {
  const Addresses addresses = resolve(host, browser_port, SOCK_DGRAM);
  const std::string question = '\x04' + instance + '\0';
  for (int attempt = 0; attempt < browser_attempts && !patience.deadline.passed(); ++attempt) {
    for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
      const std::string answer = ask_browser(address, question, patience);
      if (answer.empty()) continue;
      const int port = tcp_port_of(answer);
      if (port != 0) return port;
      throw Error(sqlstate::cannot_connect, "instance \"" + instance + "\" on host \"" + host + "\" has no TCP port", {},
                  "Enable the TCP/IP protocol of the instance, or name its port in the server option \"port\".");
    }
  }
  throw Error(sqlstate::cannot_connect, "could not find instance \"" + instance + "\" on host \"" + host + "\"",
              "The SQL Server Browser service (UDP port 1434) did not answer for it.",
              "Check the server option \"instance\", start the SQL Server Browser service, or name the port in the option \"port\".");
}

}  // namespace mssql::tds::net
