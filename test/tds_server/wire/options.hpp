// The command line.
#pragma once

#include "server.hpp"

namespace tds_server {

// Throws std::runtime_error with a text for the user.
Options parse_options(int argc, char** argv);
extern const char* const usage;

}  // namespace tds_server
