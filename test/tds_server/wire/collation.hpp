// Collation names to and from the 5 bytes of MS-TDS 2.2.5.1.2, and the code page that each implies.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tds_server {

using CollationBytes = std::array<std::uint8_t, 5>;

struct Collation {
  CollationBytes bytes{};
  int code_page{1252};  // 65001 for UTF-8
  bool case_sensitive{false};
};

constexpr int utf8_code_page = 65001;

// By name, as in sys.columns.collation_name; an unknown name gets the values of Latin1_General with
// the name's suffixes.
const Collation& collation_named(std::string_view name);
// The name for five bytes that a client sent.
std::string collation_name(const CollationBytes& bytes);

}  // namespace tds_server
