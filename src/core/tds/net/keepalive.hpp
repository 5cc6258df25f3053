// How long a connection may be idle, or unheard, before its other end is taken for gone.
#pragma once

namespace mssql::tds::net {

// Probes a silent peer from 30 s on, every 10 s, so that nothing in between forgets the connection
// (Azure does after 4 minutes), and gives the connection up when the peer has acknowledged nothing
// for a minute. For a TCP socket; others stay as they are.
void keep_alive(int socket) noexcept;

}  // namespace mssql::tds::net
