// Packets: MS-TDS 2.2.3.1. A message is one or more packets of the same type, the last one with the
// end-of-message bit.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bytes.hpp"
#include "transport.hpp"

namespace tds_server {

enum class PacketType : std::uint8_t {
  batch = 0x01,
  old_login = 0x02,
  rpc = 0x03,
  reply = 0x04,
  attention = 0x06,
  bulk = 0x07,
  transaction = 0x0E,
  login = 0x10,
  sspi = 0x11,
  prelogin = 0x12,
};

namespace packet_status {
constexpr std::uint8_t end_of_message = 0x01;
constexpr std::uint8_t ignore = 0x02;
constexpr std::uint8_t reset_connection = 0x08;
constexpr std::uint8_t reset_connection_skip_transaction = 0x10;
}  // namespace packet_status

struct Packet {
  PacketType type{};
  std::uint8_t status{0};
  std::vector<std::uint8_t> payload;

  bool last() const { return (status & packet_status::end_of_message) != 0; }
};

// Nothing when the client closed the connection between packets. Throws ProtocolError,
// Disconnected; under TLS a packet may have 16,383 bytes, whatever was agreed on.
std::optional<Packet> read_packet(Transport& transport);
// A whole message of at most `limit` bytes; the status is the first packet's. Throws Disconnected
// at the end of the stream.
Packet read_message(Transport& transport, std::size_t limit);
// The same when its first packet has been read already.
Packet read_rest(Transport& transport, Packet first, std::size_t limit);

// Cuts what is appended to body() into packets. Used by one thread.
class PacketWriter {
 public:
  explicit PacketWriter(Transport& transport) : transport_(transport) {}

  ByteBuffer& body() { return body_; }
  void packet_size(std::size_t size) { packet_size_ = size; }
  void spid(int spid) { spid_ = spid; }

  // Sends the packets that are full. The last byte stays, because it must travel with the
  // end-of-message bit.
  void send_full();
  // Sends all there is, message unfinished.
  void send_partial();
  void end_message();

  // Fault: the connection breaks after so many more bytes, packet headers included.
  void break_after(std::uint64_t bytes) { bytes_left_ = bytes; }
  void forget_break() { bytes_left_.reset(); }

 private:
  void send(std::size_t bytes, bool last);
  void transmit();

  Transport& transport_;
  ByteBuffer body_;
  ByteBuffer packets_;
  std::size_t packet_size_{4096};
  int spid_{0};
  std::uint8_t packet_id_{0};
  std::optional<std::uint64_t> bytes_left_;
};

}  // namespace tds_server
