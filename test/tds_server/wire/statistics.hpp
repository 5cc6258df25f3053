// Server-wide counters, which `EXEC tds_server_stats` returns.
#pragma once

#include <atomic>
#include <cstdint>

namespace tds_server {

struct Statistics {
  std::atomic<std::uint64_t> connections_open{0};
  std::atomic<std::uint64_t> connections_total{0};
  std::atomic<std::uint64_t> statements{
      0};  // batches, procedure calls, transaction requests, bulk loads; not tds_server_*
  std::atomic<std::uint64_t> attentions{0};
  std::atomic<std::uint64_t> rows_sent{0};
};

}  // namespace tds_server
