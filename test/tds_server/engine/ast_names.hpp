// The tables that a statement names, for choosing the database it runs in.
#pragma once

#include <vector>

#include "ast.hpp"

namespace tds_server::engine {

// Names as written of every table, view, sequence and procedure that the statement itself refers
// to; common table expressions, temporary tables and table variables are left out. Blocks and
// control statements answer nothing.
std::vector<Name> named_objects(const Statement& statement);

}  // namespace tds_server::engine
