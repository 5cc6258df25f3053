// From the options of a foreign server and a user mapping to what a connection is to be.
#pragma once

#include <span>

#include "core/source/login.hpp"
#include "core/tsql/session.hpp"
#include "options.hpp"

namespace mssql::access {

struct Wanted {
  source::Login login;
  tsql::Isolation isolation{tsql::Isolation::automatic};
  bool keep{true};  // the session over the end of a transaction
};

// All that the options say of it; what they do not say has its default. Reads the password or
// access token file, so that the result should not live longer than a login takes. Throws Error.
Wanted read_wanted(std::span<const Option> server_options, std::span<const Option> mapping_options);

// Throws Error HV00J without an option for the host.
void require_host(std::span<const Option> server_options);
// Whether the mapping says itself who logs in, and proves it: not by what the program owns
// (Kerberos credentials).
bool has_own_secret(std::span<const Option> mapping_options) noexcept;

}  // namespace mssql::access
