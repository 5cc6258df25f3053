// TDS packets (MS-TDS 2.2.3): eight bytes of header, then a part of a message.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mssql::tds::native {

enum class PacketType : std::uint8_t {
  batch = 0x01,
  rpc = 0x03,
  reply = 0x04,
  attention = 0x06,
  bulk = 0x07,
  transaction = 0x0E,
  login = 0x10,
  sspi = 0x11,
  prelogin = 0x12
};

namespace packet_status {
inline constexpr std::uint8_t normal = 0x00, end_of_message = 0x01, ignore = 0x02, reset = 0x08,
                              reset_but_transaction = 0x10;
}

inline constexpr std::size_t packet_header_size = 8;

std::array<std::uint8_t, packet_header_size> packet_header(PacketType type, std::uint8_t status,
                                                           std::size_t packet_size, std::uint8_t number);
// Throws Error 08P01, which names other protocols, when no packet of a server begins like this:
// with the first bytes of a header, or all.
void require_packet_of_server(std::span<const std::uint8_t> begin);
// Throws Error 08P01 on a header that no server sends.
std::size_t packet_payload_size(std::span<const std::uint8_t, packet_header_size> header);

}  // namespace mssql::tds::native
