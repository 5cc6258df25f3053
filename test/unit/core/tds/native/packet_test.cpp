// Headers; other protocols, as they are told apart, are in driver_login_test.cpp, packets in a row
// in inbox_test.cpp.
#include "core/tds/native/packet.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "../cells.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;

std::size_t payload_size(std::string_view header) {
  std::array<std::uint8_t, packet_header_size> bytes{};
  std::copy(header.begin(), header.end(), bytes.begin());
  return packet_payload_size(bytes);
}

TEST(PacketTest, HeaderHasTypeStatusSizeAndNumber) {
  const auto header = packet_header(PacketType::bulk, packet_status::end_of_message | packet_status::ignore, 0x1234, 7);
  EXPECT_EQ(std::string(header.begin(), header.end()), "\x07\x03\x12\x34\x00\x00\x07\x00"s);
}

TEST(PacketTest, PayloadIsWhatFollowsTheHeader) {
  EXPECT_EQ(payload_size("\x04\x01\x00\x08\x00\x33\x01\x00"s), 0u);
  EXPECT_EQ(payload_size("\x04\x00\x10\x00\x00\x33\x01\x00"s), 4088u);
  EXPECT_EQ(payload_size("\x12\x01\xff\xff\x00\x00\x00\x00"s), 65527u);  // TLS inside PRELOGIN
}

TEST(PacketTest, NoServerSendsRequestsOrLessThanAHeader) {
  for (const std::string& header : {"\x04\x01\x00\x07\x00\x00\x01\x00"s, "\x01\x01\x00\x10\x00\x00\x01\x00"s}) {
    const Thrown thrown = thrown_by([&] { payload_size(header); });
    EXPECT_EQ(thrown.sqlstate, "08P01");
    EXPECT_NE(thrown.detail, "");
  }
}

}  // namespace
}  // namespace mssql::tds::native
