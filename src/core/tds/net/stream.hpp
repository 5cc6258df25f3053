// A connection's bytes, without waiting: a non-blocking socket, or what a test puts in its place.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "descriptor.hpp"

namespace mssql::tds::net {

class Stream {
 public:
  virtual ~Stream() = default;

  // As recv(2) and send(2) on a non-blocking socket: -1 and errno where they fail.
  virtual ssize_t receive(std::uint8_t* out, std::size_t size) = 0;
  virtual ssize_t send(const std::uint8_t* data, std::size_t size) = 0;
  // Whether one of `events` (those of poll(2)), an error or the end has come by now.
  virtual bool ready(short events) const noexcept = 0;
  // What Environment::wait waits for.
  virtual int descriptor() const noexcept = 0;
};

// A connected, non-blocking TCP socket, which gets the options of a TDS connection.
std::unique_ptr<Stream> socket_stream(Descriptor socket);

}  // namespace mssql::tds::net
