// A TDS server without a network, in memory, which says in advance what it will say. For unit tests
// and fuzz targets.
//
// What it says comes when the driver waits for it, a piece a wait, so that every split of a message
// can be tried and nothing depends on time; a wait behind the last piece finds the connection
// closed. One server at a time: Environment has plain function pointers.
#pragma once

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../canned_server.hpp"
#include "core/tds/net/stream.hpp"
#include "core/tds/session.hpp"

namespace mssql::tds::scripted {

// `body` as a message of packets with at most `payload` bytes each (MS-TDS 2.2.3).
inline std::string packets(std::string_view body, std::size_t payload = 4088, int spid = 51) {
  std::string out;
  out.reserve(body.size() + (body.size() / payload + 1) * 8);
  do {
    const std::string_view part = body.substr(0, payload);
    body.remove_prefix(part.size());
    const std::size_t size = part.size() + 8;
    const char header[] = {4,
                           body.empty(),
                           static_cast<char>(size >> 8),
                           static_cast<char>(size),
                           static_cast<char>(spid >> 8),
                           static_cast<char>(spid),
                           1,
                           0};
    out.append(header, sizeof(header)).append(part);
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
  const std::string body =
      '\x01' + std::string("\x74\x00\x00\x04", 4) + canned::name8("scripted") + std::string("\x10\x00\x00\x01", 4);
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
  explicit Server(std::vector<std::string> messages, std::size_t piece = 1 << 20)
      : messages_(std::move(messages)), piece_(piece) {
    current_ = this;
  }
  ~Server() { current_ = nullptr; }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The client's end, which must not outlive the server; to be taken once.
  std::unique_ptr<net::Stream> stream() { return std::make_unique<Client>(*this); }
  // The wait at which interrupted() becomes true, counted from 1; 0: none. It stays true until this
  // is called again.
  void interrupt_at(int wait) {
    stop_ = false;
    interrupt_at_ = wait == 0 ? 0 : waits_ + wait;
  }
  int waits() const { return waits_; }
  // From now on what the client sends is not read any more.
  void stop_reading() { deaf_ = true; }
  // What the client has sent, with packet headers.
  const std::string& heard() const { return heard_; }

  static Environment environment() { return {interrupted, nullptr, wait}; }

 private:
  class Client final : public net::Stream {
   public:
    explicit Client(Server& server) : server_(server) {}

    ssize_t receive(std::uint8_t* out, std::size_t size) override {
      const std::string_view left = server_.said();
      if (left.empty() && !server_.ended_) return fail();
      const std::size_t count = left.copy(reinterpret_cast<char*>(out), size);
      server_.taken_ += count;
      return static_cast<ssize_t>(count);
    }
    ssize_t send(const std::uint8_t* data, std::size_t size) override {
      size = std::min(size, room - server_.unread_);
      if (size == 0) return fail();
      server_.heard_.append(reinterpret_cast<const char*>(data), size);
      server_.unread_ += size;
      return static_cast<ssize_t>(size);
    }
    bool ready(short events) const noexcept override {
      return server_.ended_ || ((events & POLLIN) != 0 && !server_.said().empty());
    }
    int descriptor() const noexcept override { return -1; }

   private:
    static ssize_t fail() {
      errno = EAGAIN;
      return -1;
    }

    Server& server_;
  };

  static bool interrupted() { return current_->stop_; }
  static void wait(int, short events, int) { current_->on_wait(events); }

  void on_wait(short events) {
    ++waits_;
    if (waits_ == interrupt_at_) stop_ = true;
    if (!deaf_) unread_ = 0;
    if ((events & POLLIN) != 0) say();
  }

  // Of the message that is being said: what has been said of it, and not been received.
  std::string_view said() const {
    return next_ == messages_.size() ? std::string_view()
                                     : std::string_view(messages_[next_]).substr(taken_, said_ - taken_);
  }

  void say() {
    while (next_ < messages_.size() && taken_ == messages_[next_].size()) {
      ++next_;
      said_ = taken_ = 0;
    }
    if (next_ == messages_.size())
      ended_ = true;
    else
      said_ = std::min(said_ + piece_, messages_[next_].size());
  }

  static constexpr std::size_t room = 1 << 17;  // for what the client sends before it waits
  static inline Server* current_ = nullptr;

  std::vector<std::string> messages_;
  std::size_t piece_;
  std::size_t next_{0};
  std::size_t said_{0};
  std::size_t taken_{0};
  bool ended_{false};
  std::string heard_;
  std::size_t unread_{0};
  int waits_{0};
  int interrupt_at_{0};
  bool stop_{false};
  bool deaf_{false};
};

}  // namespace mssql::tds::scripted
