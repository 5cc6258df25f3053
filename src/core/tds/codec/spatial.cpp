#include "spatial.hpp"

#include <cstdint>

#include "core/error.hpp"

namespace mssql::tds {

namespace {

constexpr std::uint32_t ewkb_srid = 0x20000000;
constexpr std::size_t srid_size = 4;
constexpr std::size_t wkb_header_size = 5;  // byte order and type

[[noreturn]] void throw_malformed(std::string detail) {
  throw Error(sqlstate::protocol_violation, "malformed spatial value from SQL Server", std::move(detail));
}

std::uint32_t read_u32(std::string_view bytes, std::size_t at, bool little_endian) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[at + (little_endian ? 3 - i : i)]);
    value = value << 8 | byte;
  }
  return value;
}

void append_u32(std::string& out, std::uint32_t value, bool little_endian) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> 8 * (little_endian ? i : 3 - i) & 0xFF);
}

}  // namespace

std::string ewkb_from_srid_wkb(std::string_view bytes) {
  // The shortest body is a count of zero elements; a point has its coordinates there.
  if (bytes.size() < srid_size + wkb_header_size + 4)
    throw_malformed("It has " + std::to_string(bytes.size()) + " bytes, less than an SRID and the shortest WKB.");
  const std::string_view wkb = bytes.substr(srid_size);
  if (wkb[0] != 0 && wkb[0] != 1)
    throw_malformed("Its byte order is " + std::to_string(static_cast<std::uint8_t>(wkb[0])) + ".");
  const bool little_endian = wkb[0] == 1;
  const std::uint32_t type = read_u32(wkb, 1, little_endian);
  if (type & 0xE0000000) throw_malformed("Its WKB has extended type flags already.");
  std::string out;
  out.reserve(bytes.size());
  out += wkb[0];
  append_u32(out, type | ewkb_srid, little_endian);
  append_u32(out, read_u32(bytes, 0, false), little_endian);
  out += wkb.substr(wkb_header_size);
  return out;
}

}  // namespace mssql::tds
