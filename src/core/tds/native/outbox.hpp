// A message to the server, cut into packets as it is written.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "channel.hpp"
#include "packet.hpp"

namespace mssql::tds::native {

class Outbox {
 public:
  explicit Outbox(Channel& channel) : channel_(channel) {}

  // Bytes of a packet with its header; from the next message on.
  void packet_size(std::size_t size) noexcept { packet_size_ = size; }

  // `status` is the first packet's, beside what ends a message.
  void begin(PacketType type, std::uint8_t status = packet_status::normal);
  void end();  // sends what is left, marked as the end of the message
  // Ends a message that is not complete: the server forgets it (MS-TDS 2.2.3.1.2). Possible after
  // an interruption too.
  void abandon();
  bool in_message() const noexcept { return in_message_; }

  void u8(std::uint8_t value) { number(value, 1); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void u16_big_endian(std::uint16_t value);
  void bytes(std::span<const std::uint8_t> bytes);
  void bytes(std::string_view bytes);
  // UTF-8 as UTF-16LE; throws Error 22021 on what is no UTF-8, and then nothing of it has been
  // written.
  void text(std::string_view utf8);

 private:
  void number(std::uint64_t value, int size);
  void flush(std::uint8_t status);

  Channel& channel_;
  std::size_t packet_size_{4096};
  PacketType type_{PacketType::batch};
  std::vector<std::uint8_t> packet_;
  std::uint8_t sequence_{1};
  std::uint8_t first_status_{packet_status::normal};
  bool in_message_{false};
};

}  // namespace mssql::tds::native
