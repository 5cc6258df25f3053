// One timer, one signal.
#include "watchdog.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>

namespace mssql::tds::freetds {

namespace {

bool (*volatile looker)() noexcept = nullptr;
timer_t timer{};
volatile std::sig_atomic_t watching = 0;

void set_timer(int seconds) noexcept {
  itimerspec when{};
  when.it_value.tv_sec = when.it_interval.tv_sec = seconds;
  watching = ::timer_settime(timer, 0, &when, nullptr) == 0 && seconds > 0;
}

extern "C" void look_up(int) {
  const int saved_errno = errno;
  if (watching != 0 && !looker()) set_timer(0);
  errno = saved_errno;
}

// The signal that is ours from now on: the highest real-time signal that nobody handles. 0: all are
// taken.
int claim_signal() noexcept {
  for (int number = SIGRTMAX; number >= SIGRTMIN; --number) {
    struct sigaction present {};
    if (::sigaction(number, nullptr, &present) != 0 || present.sa_handler != SIG_DFL) continue;
    struct sigaction ours {};
    ours.sa_handler = look_up;
    ours.sa_flags = SA_RESTART;
    sigemptyset(&ours.sa_mask);
    if (::sigaction(number, &ours, nullptr) == 0) return number;
  }
  return 0;
}

bool make_timer() noexcept {
  const int number = claim_signal();
  if (number == 0) return false;
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = number;
  return ::timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
}

}  // namespace

void keep_watch(bool (*look)() noexcept) noexcept {
  if (watching != 0) return;
  static const bool has_timer = make_timer();
  if (!has_timer) return;
  looker = look;
  set_timer(1);
}

}  // namespace mssql::tds::freetds
