// Which code page a column's char, varchar and text are in, from the five bytes of its collation
// (MS-TDS 2.2.5.1.2).
#pragma once

#include <cstdint>

#include "core/tds/codec/column.hpp"

namespace mssql::tds::native {

struct CharacterSet {
  Encoding encoding{Encoding::code_page};
  int code_page{0};  // Windows code page; 0 with Encoding::none for a collation that has none (Unicode only)
};

CharacterSet character_set_of(const std::uint8_t collation[5]) noexcept;

}  // namespace mssql::tds::native
