// The kernel's header has all of tcp_info; that of the C library, with which it does not go
// together, may have a part.
#include "sent.hpp"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstddef>

namespace mssql::tds::net {

std::optional<std::uint64_t> bytes_acknowledged(int socket) noexcept {
  tcp_info info{};
  socklen_t size = sizeof(info);
  constexpr std::size_t needed = offsetof(tcp_info, tcpi_bytes_acked) + sizeof(info.tcpi_bytes_acked);
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < needed || info.tcpi_bytes_acked == 0)
    return std::nullopt;
  return info.tcpi_bytes_acked;
}

std::optional<std::uint64_t> bytes_written(int socket) noexcept {
  int waiting = 0;
  if (::ioctl(socket, SIOCOUTQ, &waiting) != 0 || waiting < 0) return std::nullopt;
  const std::optional<std::uint64_t> acknowledged = bytes_acknowledged(socket);
  if (!acknowledged) return std::nullopt;
  return *acknowledged + static_cast<std::uint64_t>(waiting);
}

}  // namespace mssql::tds::net
