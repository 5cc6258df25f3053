// Questions of ours, whose answers are short and have a shape that is known: one integer, one text,
// a few rows. What a source answers is held against it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "session.hpp"

namespace mssql::source {

// A row as text in UTF-8, whatever its types; nothing for NULL.
using Answer = std::vector<std::optional<std::string>>;

// Calls `visit` for each row of the first result. What else the statement answers is dropped.
// `question` names it in messages. Throws Error where the answer has another number of columns.
void ask_rows(Session& session, std::string_view sql, std::string_view question, std::size_t columns,
              const std::function<void(Answer)>& visit);
// The first row; NULLs for no row.
Answer ask_row(Session& session, std::string_view sql, std::size_t columns);
// Its only column.
std::optional<std::string> ask_text(Session& session, std::string_view sql);
// Throws Error where it is no integer.
std::optional<std::int64_t> ask_integer(Session& session, std::string_view sql);

// Of an answer to `question`; throws Error for what is no integer.
std::optional<std::int64_t> integer_of(const std::optional<std::string>& text, std::string_view question);

}  // namespace mssql::source
