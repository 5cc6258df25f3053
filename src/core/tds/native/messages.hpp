// What the server has said beside its results: ERROR and INFO tokens, and the ENVCHANGE tokens that
// concern a client.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/tds/session.hpp"
#include "inbox.hpp"

namespace mssql::tds::native {

class Messages {
 public:
  explicit Messages(const Environment& environment) : environment_(environment) {}

  // The cursor stands behind the token byte of ERROR or INFO. Information is passed on at once.
  void read(Inbox& inbox);
  bool has_error() const noexcept { return !errors_.empty(); }
  // The server hangs up after one of these.
  bool has_fatal_error() const noexcept;
  // The first error; those that followed are its detail, as far as they were kept.
  Error error() const { return Error::from_server(errors_); }
  void clear() noexcept { errors_.clear(); }

 private:
  Environment environment_;
  std::vector<ServerMessage> errors_;
};

}  // namespace mssql::tds::native
