// Ranges of a table's key, so that its rows can be read in chunks, and the bounds between them.
//
// The server orders the keys, and holds them against bounds; a bound comes and goes as text. Both
// of the ranges that meet at a bound hold keys against the same value, so that whatever becomes of
// a key on its way through a text, each row is in one range.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/types.hpp"

namespace mssql::tsql {

// A column of a key, which is never NULL.
struct KeyColumn {
  std::string column;  // quoted
  RemoteType type;
  std::string collation;  // of text; empty: none
};
using Key = std::span<const KeyColumn>;

// A value for each column of a key, or for its first ones, as bounds_query() answers them.
using Bound = std::span<const std::string_view>;

// Whether values of the type can be bounds. Those of float cannot: some of their texts are none of
// a float's any more.
bool can_bound(Type type) noexcept;

// The condition of rows from `lower` on, which is theirs, and before `upper`; nothing: unbounded.
// At least one is given. Throws Error where a bound has more columns than the key.
std::string range_condition(Key key, std::optional<Bound> lower, std::optional<Bound> upper);

// Bounds, a row each and in order, that divide the rows of `from`, a table or a sample of its rows,
// into `chunks` of about the same number of rows; less, where it has fewer rows.
std::string bounds_query(Key key, std::string_view from, int chunks);

}  // namespace mssql::tsql
