// A point in time until which something may take, or none.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace mssql::tds::net {

using Clock = std::chrono::steady_clock;

class Deadline {
 public:
  Deadline() = default;  // never
  // 0 seconds: never, as in the option connect_timeout.
  static Deadline in_seconds(int seconds) {
    Deadline deadline;
    if (seconds > 0) deadline.at_ = Clock::now() + std::chrono::seconds(seconds);
    return deadline;
  }

  bool passed() const { return at_ && Clock::now() >= *at_; }
  // Milliseconds left, at least 0 and at most `limit`: what a poll() that must come back in between
  // may wait.
  int slice(int limit) const {
    if (!at_) return limit;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*at_ - Clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, limit));
  }

 private:
  std::optional<Clock::time_point> at_;
};

}  // namespace mssql::tds::net
