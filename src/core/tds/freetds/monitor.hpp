// What DB-Library says in its callbacks, and how long it may wait.
//
// The callbacks run inside C code that must not be left by a throw: they only take notes here, and
// answer INT_CANCEL or INT_CONTINUE (anything else, and INT_CONTINUE to anything but a timeout,
// makes DB-Library call exit()). The session reads the notes when the library call is over.
// Handlers are global to the process and another user of the library (tds_fdw) may have set its
// own, so each call puts ours in place and the former ones back: see Call.
#pragma once

#include <sybdb.h>

#include <array>
#include <string>
#include <vector>

#include "core/tds/net/deadline.hpp"
#include "core/tds/session.hpp"

namespace mssql::tds::freetds {

// Why a wait was given up.
enum class Stop : std::uint8_t { none, interrupted, deadline, silence };

// How long a call may wait for the server.
struct Limits {
  net::Deadline deadline;
  int silence_seconds{0};  // without a byte from the server; 0: any time
  // Whether the program's interruptions end it. Not while the answer to an attention is awaited,
  // which an interruption has caused.
  bool interruptible{true};
};

class Monitor {
 public:
  explicit Monitor(const Environment& environment) : environment_(environment) {}

  // Something happened that the session must look at; false is the fast path.
  bool trouble() const noexcept { return trouble_; }
  Stop stop() const noexcept { return stop_; }
  bool conversion_failed() const noexcept { return conversion_failed_; }
  bool has_server_error() const noexcept { return !errors_.empty(); }
  // The first error of the server, later ones in its detail. Only when has_server_error().
  Error server_error() const { return Error::from_server(errors_); }
  // What the library itself complained of first: "Unexpected EOF from the server", with the
  // system's reason; may be empty.
  const std::string& library_error() const noexcept { return library_error_; }
  bool out_of_memory() const noexcept { return out_of_memory_; }

  // Forgets everything, information that was not delivered too.
  void clear() noexcept;
  // Hands the INFO messages to the environment, outside of any callback.
  void deliver_information() noexcept;

 private:
  friend class Call;
  friend struct Callbacks;

  void begin(DBPROCESS* process, const Limits& limits) noexcept;
  bool should_stop() noexcept;
  void tick() noexcept;
  void cut() const noexcept;
  std::chrono::milliseconds silent_for() const noexcept;
  void note_library_error(int number, int system_error, const char* text);
  void note_message(ServerMessage message);

  Environment environment_;
  Limits limits_;
  net::Clock::time_point started_;
  int socket_{-1};                    // of the call; none while the connection is being opened
  std::array<int, 64> unused_{};      // then: the numbers that descriptors opened in it have, as far as they are not -1
  int ticks_{0};                      // of the watchdog, since the call began
  std::size_t information_bytes_{0};  // in information_
  bool trouble_{false};
  bool conversion_failed_{false};
  bool out_of_memory_{false};
  Stop stop_{Stop::none};
  std::vector<ServerMessage> errors_;
  std::vector<ServerMessage> information_;
  std::string library_error_;
};

// Holds ours as the process-wide handlers while one DB-Library call runs, and `monitor` as the one
// they report to.
class Call {
 public:
  // `process` is null while it is being opened.
  Call(Monitor& monitor, DBPROCESS* process, const Limits& limits) noexcept;
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  Monitor& monitor_;
  Monitor* outer_monitor_;  // a call inside a call: cancel() after a failure
  DBPROCESS* outer_process_;
  EHANDLEFUNC former_error_handler_;
  MHANDLEFUNC former_message_handler_;
};

// Makes DB-Library poll the active monitor once a second while it waits for this connection.
void install_interrupt_check(DBPROCESS* process);
// dbinit(), once in the life of the process; the handlers of others survive it. Throws Error when
// it fails.
void initialize_library();

}  // namespace mssql::tds::freetds
