// Logs in to a server through FreeTDS, independent of the machine's freetds.conf and of the user's
// environment.
#pragma once

#include <sybdb.h>

#include <memory>

#include "core/tds/session.hpp"
#include "monitor.hpp"

namespace mssql::tds::freetds {

struct CloseProcess {
  void operator()(DBPROCESS* process) const noexcept { dbclose(process); }
};
using Process = std::unique_ptr<DBPROCESS, CloseProcess>;

// A logged-in connection. Throws Error: 08001 (cannot reach, no answer in time, cannot agree on
// encryption), what the server's error number maps to (28P01 for 18456), 22023 for a value that
// cannot be passed on, or Error::interrupted().
Process log_in(const Login& login, const Environment& environment, Monitor& monitor);

// The private freetds.conf for this login, as text: one section, named after the host. It holds no
// secret. Throws Error 22023 where a value would not survive that format.
std::string config_text(const Login& login, int port);

// "FreeTDS 1.3.17", from dbversion()'s "freetds v1.3.17".
std::string library_version();
// Its first two numbers; zeros where `text` has none.
struct LibraryVersion {
  int major{0};
  int minor{0};
};
LibraryVersion parse_library_version(std::string_view text) noexcept;

}  // namespace mssql::tds::freetds
