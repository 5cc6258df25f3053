// Decimal text and magnitudes.
#include "decimal.hpp"

#include <stdexcept>

namespace tds_server {

Decimal parse_decimal(std::string_view text, int scale) {
  const std::string_view whole = text;
  Decimal value;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    value.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) throw std::invalid_argument("not a number: " + std::string(whole));
  int places = -1;  // counts once the point is seen
  for (const char c : text) {
    if (c == '.' && places < 0) {
      places = 0;
      continue;
    }
    if (c < '0' || c > '9') throw std::invalid_argument("not a number: " + std::string(whole));
    if (value.magnitude > ~Magnitude{0} / 10 - 1) throw std::invalid_argument("number too long: " + std::string(whole));
    value.magnitude = value.magnitude * 10 + static_cast<unsigned>(c - '0');
    if (places >= 0) ++places;
  }
  if (places < 0) places = 0;
  if (places > scale) throw std::invalid_argument("too many decimal places: " + std::string(whole));
  for (; places < scale; ++places) {
    if (value.magnitude > ~Magnitude{0} / 10) throw std::invalid_argument("number too long: " + std::string(whole));
    value.magnitude *= 10;
  }
  if (value.magnitude == 0) value.negative = false;
  return value;
}

void append_decimal(std::string& out, const Decimal& value, int scale) {
  std::string digits;  // last one first
  Magnitude rest = value.magnitude;
  while (rest != 0 || static_cast<int>(digits.size()) <= scale) {
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  if (value.negative && value.magnitude != 0) out += '-';
  for (std::size_t i = digits.size(); i > 0; --i) {
    if (static_cast<int>(i) == scale) out += '.';
    out += digits[i - 1];
  }
}

}  // namespace tds_server
