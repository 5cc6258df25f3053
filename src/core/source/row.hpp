// A row as a source gives it. What a cell's bytes are is that source's own affair: SQL Server's
// are described in core/tds/codec/column.hpp, and src/pg/datum has one decoder a source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mssql::source {

// Valid until the next call on the session it came from. data is null for NULL, not null for an
// empty value.
struct Cell {
  const std::uint8_t* data{nullptr};
  std::size_t size{0};

  bool is_null() const noexcept { return data == nullptr; }
};

using Row = std::span<const Cell>;

// What to do with characters that PostgreSQL's text cannot hold: U+0000 and lone surrogates.
enum class CharacterPolicy : std::uint8_t { error, replace, strip };

}  // namespace mssql::source
