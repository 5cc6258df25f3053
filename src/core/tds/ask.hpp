// One value, asked of a session.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "session.hpp"

namespace mssql::tds {

// The first column of the first row as an integer; nothing for no row or NULL. What else the statement answers is dropped.
std::optional<std::int64_t> ask_integer(Session& session, std::string_view sql);

}  // namespace mssql::tds
