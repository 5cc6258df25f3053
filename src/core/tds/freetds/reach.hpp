// Can the server be reached? Answers before FreeTDS tries, because FreeTDS connects without a way to interrupt it and
// reports every failure as "unavailable or does not exist".
//
// Name resolution blocks (getaddrinfo has no timeout of ours and threads are ruled out); everything after it does not.
#pragma once

#include <chrono>
#include <string>

#include "deadline.hpp"

namespace mssql::tds::freetds {

// Looked at between waits of at most 200 ms. `interrupted` may be null.
struct Patience {
  Deadline deadline;
  int timeout_seconds{0};  // what the deadline was made of, for messages
  bool (*interrupted)(){nullptr};
};

// Connects to any address of `host` and closes again; how long that took. Throws Error 08001 (cannot resolve, refused,
// timed out), or Error::interrupted().
std::chrono::milliseconds probe(const std::string& host, int port, const Patience& patience);

// The TCP port of a named instance, asked from the SQL Server Browser (MC-SQLR 2.2.3, UDP port 1434). Throws as probe().
int find_instance_port(const std::string& host, const std::string& instance, const Patience& patience);

}  // namespace mssql::tds::freetds
