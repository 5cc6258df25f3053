#include "variant_json.hpp"

#include <bit>
#include <charconv>
#include <cstdint>
#include <iterator>

namespace mssql::tds {

std::string_view with_decimal_number(std::string_view json, std::string& scratch) {
  constexpr std::string_view float_bits = R"({"t":"float","v":"0x)", real_bits = R"({"t":"real","v":"0x)",
                             after = R"("})";
  constexpr std::size_t digits = 16, quoted = 3;
  const bool real = json.starts_with(real_bits);
  const std::string_view before = real ? real_bits : float_bits;
  if (!json.starts_with(before) || json.size() != before.size() + digits + after.size()) return json;
  const char* const number = json.data() + before.size();
  std::uint64_t bits = 0;
  if (std::from_chars(number, number + digits, bits, 16).ptr != number + digits) return json;
  const double value = std::bit_cast<double>(bits);
  char text[32];
  char* const end = std::end(text);
  const auto printed = real ? std::to_chars(text, end, static_cast<float>(value)) : std::to_chars(text, end, value);
  scratch.assign(before.substr(0, before.size() - quoted)).append(text, printed.ptr).append("}");
  return scratch;
}

}  // namespace mssql::tds
