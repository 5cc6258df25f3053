#include "packet.hpp"

#include <string>

#include "../../error.hpp"

namespace mssql::tds::native {

std::array<std::uint8_t, packet_header_size> packet_header(PacketType type, std::uint8_t status, std::size_t packet_size, std::uint8_t number) {
  return {static_cast<std::uint8_t>(type), status, static_cast<std::uint8_t>(packet_size >> 8), static_cast<std::uint8_t>(packet_size), 0, 0,
          number, 0};
}

std::size_t packet_payload_size(std::span<const std::uint8_t, packet_header_size> header) {
  const std::size_t size = static_cast<std::size_t>(header[2]) << 8 | header[3];
  // Servers answer PRELOGIN with a reply packet, and wrap TLS in PRELOGIN packets
  const bool known = header[0] == static_cast<std::uint8_t>(PacketType::reply) || header[0] == static_cast<std::uint8_t>(PacketType::prelogin);
  if (!known || size < packet_header_size)
    throw Error(sqlstate::protocol_violation, "the server's answer is not in the TDS protocol",
                "A packet has type " + std::to_string(header[0]) + " and length " + std::to_string(size) + ".");
  return size - packet_header_size;
}

}  // namespace mssql::tds::native
