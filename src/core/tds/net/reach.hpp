// TCP connections, and the port of a named instance.
//
// Name resolution blocks (getaddrinfo has no timeout of ours and threads are ruled out); everything
// after it does not.
#pragma once

#include <chrono>
#include <string>

#include "deadline.hpp"
#include "descriptor.hpp"

namespace mssql::tds::net {

// How long, and how to wait; the functions are those of Environment, and may be null.
struct Patience {
  Deadline deadline;
  int timeout_seconds{0};  // what the deadline was made of, for messages
  bool (*interrupted)(){nullptr};
  void (*wait)(int socket, short events, int milliseconds){nullptr};
};

// A non-blocking socket connected to whichever address of `host` answers first. Throws Error 08001
// (cannot resolve, refused, timed out), or Error::interrupted().
Descriptor connect(const std::string& host, int port, const Patience& patience);

// The TCP port of a named instance, asked from the SQL Server Browser (MC-SQLR 2.2.3). Its answer
// may come from another address than the one that was asked (clusters, several network cards), so
// it is held against the question. Throws as connect().
inline constexpr int browser_port = 1434;
int find_instance_port(const std::string& host, const std::string& instance, const Patience& patience,
                       int port = browser_port);

}  // namespace mssql::tds::net
