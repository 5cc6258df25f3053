#include "rate.hpp"

#include <algorithm>
#include <utility>

#include "pg/host/postgres.hpp"

namespace mssql::pg {

namespace {

double max_rate = 0;
std::uint64_t unpaid = 0;  // bytes that have been counted, and are in no `due` yet
std::atomic<std::int64_t> own_due = 0;
std::atomic<std::int64_t>* due = &own_due;

// What has not been loaded in time is not made up for, but for this much: a source that stood still
// is not to be met by more than it is meant to bear.
constexpr std::int64_t credit_us = 100000;

// When it may have been loaded.
TimestampTz pay(std::uint64_t bytes) {
  const auto cost = static_cast<std::int64_t>(static_cast<double>(bytes) / max_rate * 1e6);
  const std::int64_t earliest = GetCurrentTimestamp() - credit_us;
  std::int64_t before = due->load();
  std::int64_t after = 0;
  do {
    after = std::max(before, earliest) + cost;
  } while (!due->compare_exchange_weak(before, after));
  return after;
}

}  // namespace

void begin_rate(double bytes_per_s, std::atomic<std::int64_t>* shared_due) {
  max_rate = bytes_per_s;
  unpaid = 0;
  own_due = 0;
  due = shared_due == nullptr ? &own_due : shared_due;
}

void count_loaded(std::uint64_t bytes) { unpaid += bytes; }

void keep_to_rate(void (*tell)(void*), void* argument) {
  if (max_rate <= 0) return;
  const TimestampTz end = pay(std::exchange(unpaid, 0));
  TimestampTz now = GetCurrentTimestamp();
  if (now >= end) return;
  pgstat_progress_update_param(progress_waits_for_rate, 1);
  for (; now < end; now = GetCurrentTimestamp()) {
    (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
                    static_cast<long>(std::min<TimestampTz>((end - now) / 1000 + 1, 1000)), PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
    tell(argument);
  }
  pgstat_progress_update_param(progress_waits_for_rate, 0);
}

}  // namespace mssql::pg
