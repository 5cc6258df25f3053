// The word that a misspelled one was most likely meant to be, for hints.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace mssql {

// Number of characters of UTF-8 text.
std::size_t characters(std::string_view utf8) noexcept;

// Which of `candidates` (UTF-8) is the fewest edits of a character away from `word`, ASCII letters
// compared without case; the first of several. Nothing when all are more than `most_edits` away, or
// longer than a name may be that is worth the time.
std::optional<std::size_t> nearest(std::string_view word, std::span<const std::string_view> candidates,
                                   std::size_t most_edits);

}  // namespace mssql
