// Looks up once a second, whatever FreeTDS is doing.
//
// FreeTDS looks at its interrupt callback only while no data comes. A server that never pauses
// (rows that follow an attention, packets or tokens without end, a byte of a login now and then)
// would keep a call busy as long as it likes. There is no thread to help, so a POSIX timer sends a
// real-time signal to the process. Its handler stays installed for good, so that a late signal
// finds it; PostgreSQL uses no real-time signals.
#pragma once

namespace mssql::tds::freetds {

// From now on a signal handler calls `look`, always the same one, every second until it answers
// false: it does what is async-signal-safe. Costs nothing where it does so already. Where no timer
// can be had nothing happens.
void keep_watch(bool (*look)() noexcept) noexcept;

}  // namespace mssql::tds::freetds
