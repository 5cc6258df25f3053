// Two ends of a TCP connection within this process.
#pragma once

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/tds/net/descriptor.hpp"

namespace mssql::tds::net {

struct TcpPair {
  TcpPair() : ours(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener.get(), name, size), 0);
    EXPECT_EQ(::listen(listener.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener.get(), name, &size), 0);
    EXPECT_EQ(::connect(ours.get(), name, size), 0);
    theirs = Descriptor(::accept(listener.get(), nullptr, nullptr));
  }

  Descriptor ours;
  Descriptor theirs;
};

}  // namespace mssql::tds::net
