// What the client sends after its login, read by a thread of its own so that an attention is seen
// while a statement runs.
//
// The reader thread calls receive(); the session's worker calls the rest. An attention that arrives
// while a request is queued or running stops that request; one that arrives when nothing runs
// becomes a message of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "../engine.hpp"
#include "packet.hpp"

namespace tds_server {

class Inbox {
 public:
  // Reads packets until the client goes away; never throws.
  void receive(Transport& transport, std::atomic<std::uint64_t>& attentions);

  // The next packet; nothing once the client is gone.
  std::optional<Packet> next();

  // A request starts: from now on an attention or a disconnect calls engine.cancel(). False: it is
  // already cancelled.
  bool begin(Engine& engine);
  // It has ended; true when an attention came, which must now be acknowledged.
  bool end();

  // Whether the running request has to stop; cheap enough for every row.
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }
  bool disconnected() const { return disconnected_.load(std::memory_order_relaxed); }
  void wait_until_stopping();
  // Sleeps unless the request has to stop.
  void pause(std::chrono::microseconds time);
  void wait_until_disconnected();

 private:
  void store(Packet packet);
  void attention();
  void finish();

  static constexpr std::size_t queue_limit = 1 << 20;  // bytes; a bulk load must not be held in memory

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Packet> packets_;
  std::size_t queued_bytes_{0};
  int open_requests_{0};    // begun to arrive, reply not ended
  bool in_message_{false};  // the last packet was not the end of its message
  PacketType message_type_{};
  bool attention_{false};
  Engine* running_{nullptr};  // whom to cancel
  std::atomic<bool> stopping_{false};
  std::atomic<bool> disconnected_{false};
};

}  // namespace tds_server
