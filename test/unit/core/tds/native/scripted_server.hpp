// A TDS server without a network: the other end of a socket pair, which says in advance what it will say. For unit tests and fuzz targets.
//
// What it says comes when the driver waits for it, a piece a wait, so that every split of a message can be tried and nothing depends on
// time; a wait behind the last piece finds the connection closed. One server at a time: Environment has plain function pointers.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../canned_server.hpp"
#include "core/tds/net/descriptor.hpp"
#include "core/tds/session.hpp"

namespace mssql::tds::scripted {

// `body` as a message of packets with at most `payload` bytes each (MS-TDS 2.2.3).
inline std::string packets(std::string_view body, std::size_t payload = 4088, int spid = 51) {
  std::string out;
  do {
    const std::string_view part = body.substr(0, payload);
    body.remove_prefix(part.size());
    const std::size_t size = part.size() + 8;
    for (const std::size_t byte : {std::size_t{4}, std::size_t{body.empty()}, size >> 8, size & 0xFF, std::size_t(spid) >> 8,
                                   std::size_t(spid) & 0xFF, std::size_t{1}, std::size_t{0}})
      out += static_cast<char>(byte);
    out += part;
  } while (!body.empty());
  return out;
}

// VERSION and ENCRYPTION (MS-TDS 2.2.6.5); 0: off, 1: on, 2: not supported, 3: required.
inline std::string prelogin_answer(int encryption) {
  return std::string("\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff", 11) + std::string("\x10\x00\x00\x01\x00\x00", 6) +
         static_cast<char>(encryption);
}

// LOGINACK (MS-TDS 2.2.7.14) of a server with version 16.0.1.
inline std::string login_acknowledgement() {
  const std::string body = '\x01' + std::string("\x74\x00\x00\x04", 4) + canned::name8("scripted") + std::string("\x10\x00\x00\x01", 4);
  return "\xad" + canned::little(body.size(), 2) + body;
}

// ENVCHANGE (MS-TDS 2.2.7.9).
inline std::string environment_change(int type, std::string_view values) {
  return "\xe3" + canned::little(values.size() + 1, 2) + static_cast<char>(type) + std::string(values);
}

// The messages of a login without encryption.
inline std::vector<std::string> login() {
  return {packets(prelogin_answer(2)), packets(login_acknowledgement() + canned::done(canned::final))};
}

class Server {
 public:
  // Each message comes in pieces of `piece` bytes, and a piece never reaches into the next message.
  explicit Server(std::vector<std::string> messages, std::size_t piece = 1 << 20) : messages_(std::move(messages)), piece_(piece) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    client_ = net::Descriptor(ends[0]);
    server_ = net::Descriptor(ends[1]);
    current_ = this;
  }
  ~Server() { current_ = nullptr; }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The client's end; to be taken once.
  net::Descriptor socket() { return std::move(client_); }
  // The wait at which interrupted() becomes true, counted from 1; 0: none. It stays true until this is called again.
  void interrupt_at(int wait) {
    stop_ = false;
    interrupt_at_ = wait == 0 ? 0 : waits_ + wait;
  }
  int waits() const { return waits_; }
  // From now on what the client sends is not read any more.
  void stop_reading() { deaf_ = true; }
  // What the client has sent, with packet headers.
  const std::string& heard() {
    listen();
    return heard_;
  }

  static Environment environment() { return {interrupted, nullptr, wait}; }

 private:
  static bool interrupted() { return current_->stop_; }
  static void wait(int, short events, int) { current_->on_wait(events); }

  void on_wait(short events) {
    ++waits_;
    if (waits_ == interrupt_at_) stop_ = true;
    listen();  // makes room where the client wants to send
    if ((events & POLLIN) != 0) say();
  }

  void say() {
    while (next_ < messages_.size() && said_ == messages_[next_].size()) {
      ++next_;
      said_ = 0;
    }
    if (next_ == messages_.size()) {
      ::shutdown(server_.get(), SHUT_WR);
      return;
    }
    const std::string& message = messages_[next_];
    const ssize_t sent = ::send(server_.get(), message.data() + said_, std::min(piece_, message.size() - said_), MSG_NOSIGNAL);
    if (sent > 0) said_ += static_cast<std::size_t>(sent);
  }

  void listen() {
    if (deaf_) return;
    char buffer[4096];
    for (ssize_t count; (count = ::recv(server_.get(), buffer, sizeof(buffer), 0)) > 0;)
      heard_.append(buffer, static_cast<std::size_t>(count));
  }

  static inline Server* current_ = nullptr;

  std::vector<std::string> messages_;
  std::size_t piece_;
  std::size_t next_{0};
  std::size_t said_{0};
  net::Descriptor client_;
  net::Descriptor server_;
  std::string heard_;
  int waits_{0};
  int interrupt_at_{0};
  bool stop_{false};
  bool deaf_{false};
};

}  // namespace mssql::tds::scripted
