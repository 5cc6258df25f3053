#include "core/tds/net/sent.hpp"

#include <gtest/gtest.h>

#include "tcp_pair.hpp"

namespace mssql::tds::net {
namespace {

TEST(SentTest, WhatWasReadIsAcknowledged) {
  TcpPair pair;
  ASSERT_EQ(::send(pair.ours.get(), "abcdef", 6, 0), 6);
  char read[6];
  ASSERT_EQ(::recv(pair.theirs.get(), read, sizeof(read), MSG_WAITALL), 6);
  ASSERT_EQ(::send(pair.theirs.get(), "x", 1, 0), 1);  // it comes with the acknowledgement
  ASSERT_EQ(::recv(pair.ours.get(), read, 1, 0), 1);
  for (const auto count : {bytes_acknowledged(pair.ours.get()), bytes_written(pair.ours.get())}) {
    EXPECT_GE(count, 6u);
    EXPECT_LE(count, 7u);  // Linux counts the beginning of the connection as one
  }
}

// Whoever does not read acknowledges what the kernel takes for him, and no more.
TEST(SentTest, WhatWaitsIsWritten) {
  TcpPair pair;
  const std::string piece(100'000, 'x');
  std::uint64_t sent = 0;
  for (ssize_t size; (size = ::send(pair.ours.get(), piece.data(), piece.size(), MSG_DONTWAIT)) > 0;)
    sent += static_cast<std::uint64_t>(size);
  EXPECT_GE(bytes_written(pair.ours.get()), sent);
  EXPECT_LT(bytes_acknowledged(pair.ours.get()), sent);
}

TEST(SentTest, OnlyOfTcp) {
  EXPECT_EQ(bytes_acknowledged(-1), std::nullopt);
  EXPECT_EQ(bytes_written(-1), std::nullopt);
  const Descriptor datagrams(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bytes_written(datagrams.get()), std::nullopt);
}

}  // namespace
}  // namespace mssql::tds::net
