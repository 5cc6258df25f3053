// How much has gone out over a TCP connection, as the kernel counts it: not what somebody on the
// way can change.
#pragma once

#include <cstdint>
#include <optional>

namespace mssql::tds::net {

// What the other end has acknowledged since the connection began; once it has answered, that is all
// that it was asked before. Nothing where the kernel does not say.
std::optional<std::uint64_t> bytes_acknowledged(int socket) noexcept;
// And what it has not acknowledged yet. Not less than was written, where an acknowledgement comes
// at this moment perhaps more.
std::optional<std::uint64_t> bytes_written(int socket) noexcept;

}  // namespace mssql::tds::net
