// Plain sockets.
#include "reach.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include "core/error.hpp"
#include "descriptor.hpp"

namespace mssql::tds::net {

namespace {

constexpr int poll_slice_ms = 200;
constexpr int program_slice_ms = 500;  // below browser_resend, and the program may end it earlier
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

std::string seconds_text(int seconds) { return std::to_string(seconds) + (seconds == 1 ? " second" : " seconds"); }

void give_up_if_interrupted(const Patience& patience) {
  if (patience.interrupted != nullptr && patience.interrupted()) throw Error::interrupted();
}

// Waits until one of the sockets is ready or has failed, the patience has to be looked at, or the
// program is wanted. The program can wait for one socket; for several it looks up every 200 ms.
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
    // AI_ADDRCONFIG ignores loopback, so that a machine with no other network finds nothing, not
    // even "localhost"
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

// Starts a connect to every address at once (a multi-subnet listener answers on one of them). The
// first that is established wins; when all have failed, `last_error` is the last one's errno.
Descriptor connect_to_any(const addrinfo* list, const std::string& host, int port, const Patience& patience,
                          int& last_error) {
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

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

// The value of a key in
// "ServerName;X;InstanceName;Y;IsClustered;No;Version;15.0.2000.5;tcp;49172;;"; empty when it is
// not there.
std::string_view value_of(std::string_view answer, std::string_view key) {
  while (!answer.empty()) {
    const std::string_view name = answer.substr(0, answer.find(';'));
    answer.remove_prefix(std::min(name.size() + 1, answer.size()));
    const std::string_view value = answer.substr(0, answer.find(';'));
    answer.remove_prefix(std::min(value.size() + 1, answer.size()));
    if (same_name(name, key)) return value;
  }
  return {};
}

// SVR_RESP: a byte, the length, and what is said of the instance that was asked for; nothing when
// it is none.
std::string_view about_instance(std::string_view answer, std::string_view instance) {
  constexpr std::size_t header = 3;
  constexpr char response = 5;
  if (answer.size() < header || answer[0] != response) return {};
  answer.remove_prefix(header);
  return same_name(value_of(answer, "InstanceName"), instance) ? answer : std::string_view();
}

// A socket that takes answers from any address, and hears of it (by ICMP) when nobody listens at
// the one that is asked.
Descriptor browser_socket(const addrinfo* address) {
  Descriptor socket(::socket(address->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol));
  const int on = 1;
  if (address->ai_family == AF_INET) setsockopt(socket.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
  if (address->ai_family == AF_INET6) setsockopt(socket.get(), IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
  return socket;
}

// Asks for an instance (MC-SQLR CLNT_UCAST_INST) and waits a second for what is said of it; empty
// when there was no answer.
std::string ask_browser(const addrinfo* address, const std::string& instance, const Patience& patience) {
  const Descriptor socket = browser_socket(address);
  const std::string question = '\x04' + instance + '\0';
  if (::sendto(socket.get(), question.data(), question.size(), MSG_NOSIGNAL, address->ai_addr, address->ai_addrlen) < 0)
    return {};
  const auto until = Clock::now() + browser_resend;
  while (Clock::now() < until && !patience.deadline.passed()) {
    give_up_if_interrupted(patience);
    std::vector<pollfd> waiting{{socket.get(), POLLIN, 0}};
    wait_for(waiting, patience);
    if (waiting[0].revents == 0) continue;
    std::string answer(65536, '\0');
    const ssize_t size = ::recv(socket.get(), answer.data(), answer.size(), 0);
    if (size < 0) return {};  // nobody listens
    const std::string_view about =
        about_instance(std::string_view(answer).substr(0, static_cast<std::size_t>(size)), instance);
    if (!about.empty()) return std::string(about);
  }
  return {};
}

// 0: there is none.
int tcp_port_of(std::string_view answer) {
  const std::string_view text = value_of(answer, "tcp");
  int port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
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

int find_instance_port(const std::string& host, const std::string& instance, const Patience& patience, int port) {
  const Addresses addresses = resolve(host, std::to_string(port), SOCK_DGRAM);
  for (int attempt = 0; attempt < browser_attempts && !patience.deadline.passed(); ++attempt) {
    for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
      const std::string answer = ask_browser(address, instance, patience);
      if (answer.empty()) continue;
      if (const int found = tcp_port_of(answer); found != 0) return found;
      throw Error(sqlstate::cannot_connect, "instance \"" + instance + "\" on host \"" + host + "\" has no TCP port",
                  {}, "Enable the TCP/IP protocol of the instance, or name its port in the server option \"port\".");
    }
  }
  throw Error(sqlstate::cannot_connect, "could not find instance \"" + instance + "\" on host \"" + host + "\"",
              "The SQL Server Browser service (UDP port 1434) did not answer for it.",
              "Check the server option \"instance\", start the SQL Server Browser service, or name the port in the "
              "option \"port\".");
}

}  // namespace mssql::tds::net
