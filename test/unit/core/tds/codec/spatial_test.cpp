#include "core/tds/codec/spatial.hpp"

#include <gtest/gtest.h>

#include "../cells.hpp"

namespace mssql::tds {
namespace {

std::string text(const Bytes& bytes) { return std::string(bytes.data.begin(), bytes.data.end()); }

Bytes point(int byte_order, std::uint32_t type) {
  Bytes bytes{0, 0, 0x10, 0xE6, byte_order};  // SRID 4326
  for (int i = 0; i < 4; ++i)
    bytes.data.push_back(static_cast<std::uint8_t>(type >> 8 * (byte_order == 1 ? i : 3 - i)));
  for (int i = 0; i < 16; ++i) bytes.data.push_back(static_cast<std::uint8_t>(i));
  return bytes;
}

TEST(Spatial, LittleEndianPoint) {
  const std::string ewkb = ewkb_from_srid_wkb(text(point(1, 1)));
  EXPECT_EQ(ewkb.substr(0, 9), std::string("\x01\x01\x00\x00\x20\xE6\x10\x00\x00", 9));
  EXPECT_EQ(ewkb.size(), 25u);
  EXPECT_EQ(ewkb.substr(9), text(point(1, 1)).substr(9));
}

TEST(Spatial, BigEndianPointWithZAndM) {
  const std::string ewkb = ewkb_from_srid_wkb(text(point(0, 3001)));
  EXPECT_EQ(ewkb.substr(0, 9), std::string("\x00\x20\x00\x0B\xB9\x00\x00\x10\xE6", 9));
}

TEST(Spatial, EmptyCollectionIsTheShortest) {
  const Bytes bytes{0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(ewkb_from_srid_wkb(text(bytes)), std::string("\x01\x07\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00", 13));
}

TEST(Spatial, RefusesTheMalformed) {
  for (std::size_t size = 0; size < 13; ++size)
    EXPECT_EQ(thrown_by([&] { ewkb_from_srid_wkb(text(point(1, 1)).substr(0, size)); }).sqlstate, "08P01") << size;
  EXPECT_EQ(thrown_by([] { ewkb_from_srid_wkb(text(point(2, 1))); }).sqlstate, "08P01");
  EXPECT_EQ(thrown_by([] { ewkb_from_srid_wkb(text(point(1, 0x20000001))); }).sqlstate, "08P01");
}

}  // namespace
}  // namespace mssql::tds
