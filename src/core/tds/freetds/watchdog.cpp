// One timer, one signal, one socket.
#include "watchdog.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <csignal>

namespace mssql::tds::freetds {

namespace {

volatile std::sig_atomic_t guarded_socket = -1;
volatile std::sig_atomic_t cut = 0;

extern "C" void cut_guarded_socket(int) {
  const int saved_errno = errno;
  if (guarded_socket >= 0) {
    ::shutdown(guarded_socket, SHUT_RDWR);
    cut = 1;
  }
  errno = saved_errno;
}

// The signal that is ours from now on: the highest real-time signal that nobody handles. 0: all are taken.
int claim_signal() noexcept {
  static int claimed = 0;
  if (claimed != 0) return claimed;
  for (int number = SIGRTMAX; number >= SIGRTMIN; --number) {
    struct sigaction present {};
    if (::sigaction(number, nullptr, &present) != 0 || present.sa_handler != SIG_DFL) continue;
    struct sigaction ours {};
    ours.sa_handler = cut_guarded_socket;
    sigemptyset(&ours.sa_mask);
    if (::sigaction(number, &ours, nullptr) != 0) continue;
    return claimed = number;
  }
  return 0;
}

}  // namespace

Watchdog::Watchdog(int socket, std::chrono::milliseconds limit) noexcept {
  cut = 0;
  const int number = claim_signal();
  if (socket < 0 || number == 0) return;
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = number;
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) return;
  armed_ = true;
  guarded_socket = socket;
  itimerspec when{};
  when.it_value.tv_sec = limit.count() / 1000;
  when.it_value.tv_nsec = limit.count() % 1000 * 1000000;
  ::timer_settime(timer_, 0, &when, nullptr);
}

Watchdog::~Watchdog() {
  if (armed_) ::timer_delete(timer_);
  guarded_socket = -1;
}

bool Watchdog::barked() const noexcept {
  return cut != 0;
}

}  // namespace mssql::tds::freetds
