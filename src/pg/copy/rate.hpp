// How fast the loads of a run may be (max_rate), all of them together, whichever process does them.
#pragma once

#include <atomic>
#include <cstdint>

namespace mssql::pg {

// From now on, in bytes a second; 0: as fast as they can. `due`, which all processes of the run
// share: when all that they have loaded may have been, a TimestampTz; null: this process has one of
// its own.
void begin_rate(double bytes_per_s, std::atomic<std::int64_t>* due);

// What has been read; to be called for each row.
void count_loaded(std::uint64_t bytes);

// Slot of pg_stat_get_progress_info('COPY') that is 1 as long as a load waits for that;
// replicate.progress reads it.
inline constexpr int progress_waits_for_rate = 12;

// Waits until what has been counted may have been loaded, whatever became of it, and calls `tell`
// meanwhile, now and then. The source waits as long, for its packets are not read.
void keep_to_rate(void (*tell)(void*), void* argument);

}  // namespace mssql::pg
