// Packet framing, MS-TDS 2.2.3.1.
#include "packet.hpp"

#include <algorithm>

namespace tds_server {

namespace {
constexpr std::size_t header_size = 8;
constexpr std::size_t longest_encrypted = 16383;
}  // namespace

std::optional<Packet> read_packet(Transport& transport) {
  std::uint8_t header[header_size];
  const std::size_t n = transport.read_some(header);
  if (n == 0) return std::nullopt;
  transport.read_exactly(std::span(header).subspan(n));
  const std::size_t length = static_cast<std::size_t>(header[2]) << 8 | header[3];
  if (length < header_size) throw ProtocolError("packet shorter than its header");
  if (length > longest_encrypted && transport.encrypted()) throw Disconnected();
  Packet packet{static_cast<PacketType>(header[0]), header[1], {}};
  packet.payload.resize(length - header_size);
  transport.read_exactly(packet.payload);
  return packet;
}

Packet read_message(Transport& transport, std::size_t limit) {
  std::optional<Packet> first = read_packet(transport);
  if (!first) throw Disconnected();
  return read_rest(transport, *std::move(first), limit);
}

Packet read_rest(Transport& transport, Packet message, std::size_t limit) {
  while (!message.last()) {
    const std::optional<Packet> next = read_packet(transport);
    if (!next) throw Disconnected();
    if (next->type != message.type) throw ProtocolError("packet type changes within a message");
    if (message.payload.size() + next->payload.size() > limit) throw ProtocolError("message too long");
    message.payload.insert(message.payload.end(), next->payload.begin(), next->payload.end());
    message.status |= next->status & packet_status::end_of_message;
  }
  return message;
}

void PacketWriter::send_full() {
  const std::size_t room = packet_size_ - header_size;
  if (body_.size() <= room) return;
  send((body_.size() - 1) / room * room, false);
}

void PacketWriter::send_partial() {
  if (!body_.empty()) send(body_.size(), false);
}

void PacketWriter::end_message() {
  send(body_.size(), true);
  packet_id_ = 0;
}

void PacketWriter::send(std::size_t bytes, bool last) {
  const std::size_t room = packet_size_ - header_size;
  std::size_t at = 0;
  do {
    const std::size_t n = std::min(room, bytes - at);
    const bool final = last && at + n == bytes;
    packets_.u8(static_cast<unsigned>(PacketType::reply));
    packets_.u8(final ? packet_status::end_of_message : 0);
    packets_.u16_big(static_cast<unsigned>(n + header_size));
    packets_.u16_big(static_cast<unsigned>(spid_));
    packets_.u8(++packet_id_);
    packets_.u8(0);
    packets_.bytes(body_.data() + at, n);
    at += n;
  } while (at < bytes);
  body_.consume(bytes);
  transmit();
}

void PacketWriter::transmit() {
  std::size_t n = packets_.size();
  const bool breaks = bytes_left_ && *bytes_left_ <= n;
  if (breaks) n = static_cast<std::size_t>(*bytes_left_);
  if (n > 0) transport_.write({packets_.data(), n});
  packets_.clear();
  if (breaks) {
    transport_.shut_down();
    throw Disconnected();
  }
  if (bytes_left_) *bytes_left_ -= n;
}

}  // namespace tds_server
