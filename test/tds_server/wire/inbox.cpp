// The reader thread's side of a session, MS-TDS 2.2.1.7 (attention) and 3.3.5.8.
#include "inbox.hpp"

namespace tds_server {

void Inbox::receive(Transport& transport, std::atomic<std::uint64_t>& attentions) {
  try {
    while (std::optional<Packet> packet = read_packet(transport)) {
      if (packet->type == PacketType::attention) {
        ++attentions;
        attention();
      } else {
        store(*std::move(packet));
      }
    }
  } catch (const std::exception&) {
    // The client is gone or speaks nonsense: both end the session.
  }
  finish();
}

void Inbox::store(Packet packet) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return queued_bytes_ < queue_limit || disconnected_; });
  if (!in_message_) ++open_requests_;
  in_message_ = !packet.last();
  message_type_ = packet.type;
  queued_bytes_ += packet.payload.size();
  packets_.push_back(std::move(packet));
  changed_.notify_all();
}

void Inbox::attention() {
  const std::lock_guard lock(mutex_);
  if (in_message_) {  // some clients leave their message unfinished; nobody must wait for its end
    packets_.push_back(Packet{message_type_, packet_status::end_of_message | packet_status::ignore, {}});
    in_message_ = false;
  }
  if (open_requests_ == 0) {
    packets_.push_back(Packet{PacketType::attention, packet_status::end_of_message, {}});
  } else {
    attention_ = true;
    stopping_ = true;
    if (running_ != nullptr) running_->cancel();
  }
  changed_.notify_all();
}

void Inbox::finish() {
  const std::lock_guard lock(mutex_);
  disconnected_ = true;
  stopping_ = true;
  if (running_ != nullptr) running_->cancel();
  changed_.notify_all();
}

std::optional<Packet> Inbox::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !packets_.empty() || disconnected_; });
  if (disconnected_) return std::nullopt;
  Packet packet = std::move(packets_.front());
  packets_.pop_front();
  queued_bytes_ -= packet.payload.size();
  changed_.notify_all();
  return packet;
}

bool Inbox::begin(Engine& engine) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  running_ = &engine;
  return true;
}

bool Inbox::end() {
  const std::lock_guard lock(mutex_);
  running_ = nullptr;
  if (open_requests_ > 0) --open_requests_;
  const bool attention = attention_;
  attention_ = false;
  stopping_ = disconnected_.load();
  return attention;
}

void Inbox::wait_until_stopping() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_.load(); });
}

void Inbox::pause(std::chrono::microseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [&] { return stopping_.load(); });
}

void Inbox::wait_until_disconnected() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return disconnected_.load(); });
}

}  // namespace tds_server
