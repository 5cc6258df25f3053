// The accept loop.
#include "listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace tds_server {

namespace {

constexpr int first_spid = 51;  // SQL Server keeps the lower ones for itself

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

}  // namespace

Listener::Listener(Server& server) : server_(server) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(server.options.port));
  if (inet_pton(AF_INET, server.options.listen.c_str(), &address.sin_addr) != 1) {
    throw std::runtime_error("not an IPv4 address: " + server.options.listen);
  }
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) fail("socket");
  const int on = 1;
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (listen(socket_, 128) != 0) fail("listen");
  socklen_t length = sizeof address;
  getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
}

Listener::~Listener() { close(socket_); }

void Listener::run(int stop_fd) {
  pollfd events[] = {{socket_, POLLIN, 0}, {stop_fd, POLLIN, 0}};
  while (events[1].revents == 0) {
    if (poll(events, 2, -1) < 0 && errno != EINTR) fail("poll");
    if ((events[0].revents & POLLIN) != 0) accept_one();
  }
  stop_sessions();
}

void Listener::accept_one() {
  const int socket = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket >= 0) return start(socket);
  // Out of descriptors or memory: the client waits in the queue until a session ends.
  if (errno != ECONNABORTED && errno != EINTR) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

int Listener::free_spid() const {
  int spid = first_spid;
  std::set<int> used;
  for (const auto& session : sessions_) used.insert(session->spid());
  while (used.contains(spid)) ++spid;
  return spid;
}

void Listener::start(int socket) {
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex_);
    session = std::make_shared<Session>(socket, server_, free_spid());
    sessions_.insert(session);
  }
  // The session must be gone before stop_sessions() returns, because the server goes then too.
  const auto forget = [this](std::shared_ptr<Session>& ended) {
    const std::lock_guard lock(mutex_);
    sessions_.erase(ended);
    ended.reset();
    changed_.notify_all();
  };
  try {
    std::thread([forget, session]() mutable {
      session->run();
      forget(session);
    }).detach();
  } catch (const std::system_error&) {
    forget(session);  // no thread to be had: the connection closes
  }
}

void Listener::stop_sessions() {
  std::unique_lock lock(mutex_);
  for (const auto& session : sessions_) session->stop();
  changed_.wait(lock, [&] { return sessions_.empty(); });
}

}  // namespace tds_server
