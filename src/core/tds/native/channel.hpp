// The bytes to and from a server, plain or under TLS. Every wait is the program's
// (Environment::wait), ends when the program is interrupted, and is bounded by the limits in force.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/tds/net/deadline.hpp"
#include "core/tds/net/stream.hpp"
#include "core/tds/session.hpp"
#include "tls.hpp"

namespace mssql::tds::native {

struct Limits {
  net::Deadline deadline;  // for all that follows: a login, a cancel
  int timeout_seconds{0};  // what the deadline was made of, for messages
  int silence_seconds{0};  // without a byte from the server; 0: any time
};

// What a read throws that would have to wait and shall not.
struct WouldWait {};

class Channel {
 public:
  // `where` names the server in messages: "\"sql01\", port 1433".
  Channel(std::unique_ptr<net::Stream> stream, const Environment& environment, std::string where);

  void limit(const Limits& limits) { limits_ = limits; }
  // Whether the program's interruptions end waits. Not while the answer to an attention is awaited,
  // which an interruption has caused.
  void interruptible(bool yes) noexcept { interruptible_ = yes; }
  // Whether reads wait; those that may not throw WouldWait.
  void patient(bool yes) noexcept { patient_ = yes; }
  // A server may speak while a long message is on its way to it, and then stop reading: `hear` is
  // called inside write() when there is something to read, which it is to read without waiting.
  // Nothing: nobody listens.
  void listen(std::function<void()> hear) { hear_ = std::move(hear); }
  const std::string& where() const noexcept { return where_; }

  // At least one byte and at most `size`. Throws Error 08006 at the end of the stream, 08001 or
  // 08006 at a limit, Error::interrupted().
  std::size_t read(std::uint8_t* out, std::size_t size);
  // What an interruption leaves unsent goes out with the next write, so that the message can still
  // be ended in order.
  void write(std::span<const std::uint8_t> data);

  // TLS begins at the next byte (TDS 8.0), or inside PRELOGIN packets (MS-TDS 2.2.6.5). Throws
  // Error 08001 when it fails.
  enum class Wrapping : std::uint8_t { none, prelogin };
  void start_tls(const TlsOptions& options, Wrapping wrapping);
  // After the next write both sides send plain bytes again (encryption of the login only).
  void end_tls_after_write() noexcept { tls_ends_ = true; }
  bool encrypted() const noexcept { return tls_ != nullptr; }
  bool in_handshake() const noexcept { return in_handshake_; }

  // Whether the server has ever said anything.
  bool answered() const noexcept { return answered_; }

  // Where nothing is due to come, readable means ended, too: by an alert of TLS.
  bool closed_by_server(bool answer_due) const noexcept;
  void close() noexcept { stream_.reset(); }
  bool open() const noexcept { return stream_ != nullptr; }

 private:
  void check_limits();
  void wait(short events);
  std::size_t receive(std::uint8_t* out, std::size_t size);
  void send(std::span<const std::uint8_t> data);
  void send_some(std::span<const std::uint8_t>& data);
  void hear();
  void handshake(Wrapping wrapping);
  void send_tls_output(Wrapping wrapping);
  void feed_tls();
  [[noreturn]] void lost(const std::string& detail);

  std::unique_ptr<net::Stream> stream_;  // none: closed
  Environment environment_;
  std::string where_;
  Limits limits_;
  net::Clock::time_point heard_;  // the last byte from the server, or the last request to it
  std::unique_ptr<Tls> tls_;
  std::unique_ptr<std::uint8_t[]> cipher_;  // what came and is not decrypted yet
  bool interruptible_{true};
  bool patient_{true};
  bool sending_{false};
  std::function<void()> hear_;
  std::vector<std::uint8_t> unsent_;
  bool answered_{false};
  bool in_handshake_{false};
  bool tls_ends_{false};
  bool bare_{false};            // TLS records come without PRELOGIN packets around them
  std::size_t unwrap_left_{0};  // of the PRELOGIN packet that wraps TLS records
};

}  // namespace mssql::tds::native
