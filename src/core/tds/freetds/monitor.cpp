// Whatever the handlers are told is noted in the one monitor that is active. The watchdog's tick
// reads it, too, in a signal handler.
#include "monitor.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sybdb.h>
#include <syberror.h>
#include <sys/socket.h>

#include <atomic>
#include <exception>
#include <new>
#include <system_error>

#include "core/error.hpp"
#include "watchdog.hpp"

namespace mssql::tds::freetds {

namespace {

// Which monitor the handlers report to, and for which connection; both null outside of a Call.
Monitor* volatile active = nullptr;
DBPROCESS* active_process = nullptr;

constexpr int changed_database = 5701;
constexpr int changed_language = 5703;
constexpr int highest_information_severity = 10;
// A server that talks without end does not fill our memory.
constexpr std::size_t most_errors_kept = 8;
constexpr std::size_t most_information_bytes = 1 << 20;
constexpr int ticks_of_grace = 2;  // FreeTDS looks up itself once a second, where it waits

// A connection that is being opened has no identity yet: whatever is reported then is its own.
bool is_ours(DBPROCESS* process) noexcept {
  return active != nullptr && (process == nullptr || active_process == nullptr || process == active_process);
}

bool is_conversion_error(int number) noexcept { return number >= SYBEICONVIU && number <= SYBEICONV2BIG; }

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

}  // namespace

// The functions that C calls. Nothing may leave them but a return.
struct Callbacks {
  static int on_error(DBPROCESS* process, int number, int system_error, const char* text) noexcept {
    if (!is_ours(process)) return INT_CANCEL;
    Monitor& monitor = *active;
    if (number == SYBETIME) return monitor.should_stop() ? INT_CANCEL : INT_CONTINUE;
    if (number == SYBESMSG) return INT_CANCEL;  // "check messages from the server": they came already
    try {
      monitor.note_library_error(number, system_error, text);
    } catch (...) {
      monitor.trouble_ = monitor.out_of_memory_ = true;
    }
    return INT_CANCEL;
  }

  static void on_message(DBPROCESS* process, int number, int state, int severity, const char* text, const char* server,
                         const char* procedure, int line) noexcept {
    if (!is_ours(process) || number == changed_database || number == changed_language) return;
    try {
      active->note_message({number, state, severity, line, text_of(text), text_of(procedure), text_of(server)});
    } catch (...) {
      active->trouble_ = active->out_of_memory_ = true;
    }
  }

  static bool on_wait(DBPROCESS* process) noexcept { return is_ours(process) && active->should_stop(); }

  static bool on_tick() noexcept {
    if (active == nullptr) return false;
    active->tick();
    return true;
  }
};

extern "C" {
static int handle_error(DBPROCESS* process, int, int number, int system_error, char* text, char*) {
  return Callbacks::on_error(process, number, system_error, text);
}
static int handle_message(DBPROCESS* process, DBINT number, int state, int severity, char* text, char* server,
                          char* procedure, int line) {
  Callbacks::on_message(process, number, state, severity, text, server, procedure, line);
  return 0;
}
static int check_interrupt(void* process) {
  return Callbacks::on_wait(static_cast<DBPROCESS*>(process)) ? TRUE : FALSE;
}
// INT_CANCEL makes the library call the error handler with SYBETIME, whose INT_CANCEL then closes
// the socket.
static int handle_interrupt(void*) { return INT_CANCEL; }
}

void Monitor::begin(DBPROCESS* process, const Limits& limits) noexcept {
  limits_ = limits;
  started_ = net::Clock::now();
  ticks_ = 0;
  socket_ = process == nullptr || dbdead(process) ? -1 : dbiordesc(process);
  unused_.fill(-1);
  if (process != nullptr) return;
  std::size_t found = 0;
  for (int number = 0; found < unused_.size(); ++number)
    if (::fcntl(number, F_GETFD) < 0) unused_[found++] = number;
}

bool Monitor::should_stop() noexcept {
  if (stop_ != Stop::none) return true;
  if (limits_.interruptible && environment_.interrupted != nullptr && environment_.interrupted())
    stop_ = Stop::interrupted;
  else if (limits_.deadline.passed())
    stop_ = Stop::deadline;
  else if (limits_.silence_seconds > 0 && silent_for() >= std::chrono::seconds(limits_.silence_seconds))
    stop_ = Stop::silence;
  if (stop_ != Stop::none) trouble_ = true;
  return stop_ != Stop::none;
}

// Async-signal-safe, as what it calls.
void Monitor::tick() noexcept {
  if (++ticks_ >= ticks_of_grace && should_stop()) cut();
}

// Of what is no socket shutdown() knows nothing.
void Monitor::cut() const noexcept {
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
  for (const int number : unused_)
    if (number >= 0) ::shutdown(number, SHUT_RDWR);
}

// The kernel knows when the last byte came; the call's start counts too, since the server owes
// nothing before it.
std::chrono::milliseconds Monitor::silent_for() const noexcept {
  const auto since_start = std::chrono::duration_cast<std::chrono::milliseconds>(net::Clock::now() - started_);
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (socket_ < 0 || ::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return since_start;
  return std::min(since_start, std::chrono::milliseconds(info.tcpi_last_data_recv));
}

void Monitor::note_library_error(int number, int system_error, const char* text) {
  trouble_ = true;
  if (is_conversion_error(number)) {
    conversion_failed_ = true;
    return;
  }
  if (number == SYBEMEM) out_of_memory_ = true;
  if (!library_error_.empty()) return;  // the first one is the cause
  library_error_ = text_of(text);
  if (system_error > 0) library_error_ += ": " + std::generic_category().message(system_error);
}

void Monitor::note_message(ServerMessage message) {
  if (message.severity > highest_information_severity) {
    trouble_ = true;
    if (errors_.size() < most_errors_kept) errors_.push_back(std::move(message));
    return;
  }
  // A conversion error that came before a message in the same call is the message's own: a row
  // would have ended the call. A '?' in a message is no lost value.
  if (conversion_failed_) {
    conversion_failed_ = false;
    trouble_ = stop_ != Stop::none || !errors_.empty() || !library_error_.empty() || out_of_memory_;
  }
  if (environment_.info == nullptr || information_bytes_ >= most_information_bytes) return;
  information_bytes_ += sizeof(message) + message.text.size();
  information_.push_back(std::move(message));
}

void Monitor::clear() noexcept {
  trouble_ = conversion_failed_ = out_of_memory_ = false;
  stop_ = Stop::none;
  errors_.clear();
  information_.clear();
  information_bytes_ = 0;
  library_error_.clear();
}

void Monitor::deliver_information() noexcept {
  for (const ServerMessage& message : information_) environment_.info(message);
  information_.clear();
  information_bytes_ = 0;
}

Call::Call(Monitor& monitor, DBPROCESS* process, const Limits& limits) noexcept
    : monitor_(monitor),
      outer_monitor_(active),
      outer_process_(active_process),
      former_error_handler_(dberrhandle(handle_error)),
      former_message_handler_(dbmsghandle(handle_message)) {
  active = nullptr;  // no tick sees it half made
  std::atomic_signal_fence(std::memory_order_seq_cst);
  monitor.begin(process, limits);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  active = &monitor;
  active_process = process;
  keep_watch(Callbacks::on_tick);
}

Call::~Call() {
  active = outer_monitor_;
  active_process = outer_process_;
  dberrhandle(former_error_handler_);
  dbmsghandle(former_message_handler_);
  if (!monitor_.information_.empty()) monitor_.deliver_information();
}

void install_interrupt_check(DBPROCESS* process) { dbsetinterrupt(process, check_interrupt, handle_interrupt); }

void initialize_library() {
  static bool done = false;
  if (done) return;
  const EHANDLEFUNC former = dberrhandle(nullptr);  // dbinit() would forget it
  const RETCODE code = dbinit();
  dberrhandle(former);
  if (code != SUCCEED) throw Error(sqlstate::out_of_memory, "could not initialize FreeTDS", "dbinit() failed.");
  done = true;
}

}  // namespace mssql::tds::freetds
