#include "packet.hpp"

#include <string>
#include <string_view>

#include "core/error.hpp"

namespace mssql::tds::native {

namespace {

[[noreturn]] void throw_no_tds(const std::string& detail) {
  throw Error(sqlstate::protocol_violation, "the server's answer is not in the TDS protocol", detail,
              "Check the server options \"host\" and \"port\".");
}

// What speaks like that: the first bytes of other protocols.
std::string what_else(std::string_view begin) {
  constexpr char alert = 0x15, handshake = 0x16, tls_major = 3, mysql_protocol = 10;
  const auto byte = [&](std::size_t at) { return at < begin.size() ? begin[at] : '\xFF'; };
  if (begin.starts_with("HTTP")) return "It is an HTTP server.";
  if (begin.starts_with("SSH-")) return "It is an SSH server.";
  if (begin.starts_with("EFATAL") || (byte(0) == 'E' && byte(5) == 'S')) return "It is a PostgreSQL server.";
  if (byte(3) == 0 && byte(4) == mysql_protocol) return "It is a MySQL or MariaDB server.";
  if ((byte(0) == alert || byte(0) == handshake) && byte(1) == tls_major)
    return "It speaks TLS from the first byte, as with \"strict\" of the option \"encrypt\".";
  return "A packet has type " + std::to_string(static_cast<unsigned char>(byte(0))) + ".";
}

}  // namespace

std::array<std::uint8_t, packet_header_size> packet_header(PacketType type, std::uint8_t status,
                                                           std::size_t packet_size, std::uint8_t number) {
  return {static_cast<std::uint8_t>(type),
          status,
          static_cast<std::uint8_t>(packet_size >> 8),
          static_cast<std::uint8_t>(packet_size),
          0,
          0,
          number,
          0};
}

void require_packet_of_server(std::span<const std::uint8_t> begin) {
  // Servers answer PRELOGIN with a reply packet, and wrap TLS in PRELOGIN packets
  if (begin[0] == static_cast<std::uint8_t>(PacketType::reply) ||
      begin[0] == static_cast<std::uint8_t>(PacketType::prelogin))
    return;
  throw_no_tds(what_else({reinterpret_cast<const char*>(begin.data()), begin.size()}));
}

std::size_t packet_payload_size(std::span<const std::uint8_t, packet_header_size> header) {
  require_packet_of_server(header);
  const std::size_t size = static_cast<std::size_t>(header[2]) << 8 | header[3];
  if (size < packet_header_size) throw_no_tds("A packet has length " + std::to_string(size) + ".");
  return size - packet_header_size;
}

}  // namespace mssql::tds::native
