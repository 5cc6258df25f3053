// Cuts a socket after a while, whatever FreeTDS is doing.
//
// FreeTDS looks at its interrupt callback only while no data comes. A server that does not obey an attention and goes on
// sending rows would keep dbcancel() busy until the last of them. There is no thread to help, so a POSIX timer sends a
// real-time signal to the process, whose handler does one async-signal-safe thing: shutdown() of the socket. The handler
// stays installed for good, so that a late signal finds it; PostgreSQL uses no real-time signals.
#pragma once

#include <chrono>
#include <ctime>

namespace mssql::tds::freetds {

class Watchdog {
 public:
  // One at a time. Where no timer can be had there is no limit.
  Watchdog(int socket, std::chrono::milliseconds limit) noexcept;
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  bool barked() const noexcept;

 private:
  timer_t timer_{};
  bool armed_{false};
};

}  // namespace mssql::tds::freetds
