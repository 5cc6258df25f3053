// Exact numbers: plain decimal digits to and from the sign and 128-bit magnitude of MS-TDS
// 2.2.5.5.1.6.
#pragma once

#include <string>
#include <string_view>

namespace tds_server {

__extension__ using Magnitude = unsigned __int128;

struct Decimal {
  bool negative{false};
  Magnitude magnitude{0};  // the value times ten to the power of the scale
};

// Throws std::invalid_argument when `text` is no plain number, has more places than `scale` or
// needs more than 128 bits.
Decimal parse_decimal(std::string_view text, int scale);
void append_decimal(std::string& out, const Decimal& value, int scale);

// Bytes of a decimal on the wire, sign included.
constexpr int decimal_size(int precision) {
  return precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17;
}

}  // namespace tds_server
