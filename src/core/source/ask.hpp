// Questions of ours, whose answers have a shape that is known; what a server answers is held
// against it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "session.hpp"

namespace mssql::tds {

// Throws Error where the result under way has another number of columns than the answer to
// `question`, for messages, has.
void require_columns(const Session& session, std::string_view question, std::size_t count);

// The first row's `count` columns as integers; nothing for no row or NULL. What else the statement
// answers is dropped.
std::vector<std::optional<std::int64_t>> ask_integers(Session& session, std::string_view sql, std::size_t count);
std::optional<std::int64_t> ask_integer(Session& session, std::string_view sql);

}  // namespace mssql::tds
