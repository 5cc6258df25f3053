#include "outbox.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/tds/codec/unicode.hpp"

namespace mssql::tds::native {

void Outbox::begin(PacketType type, std::uint8_t status) {
  type_ = type;
  first_status_ = status;
  sequence_ = 1;
  packet_.assign(packet_header_size, 0);
  packet_.reserve(packet_size_);
  in_message_ = true;
}

void Outbox::end() {
  in_message_ = false;
  flush(packet_status::end_of_message);
}

void Outbox::abandon() {
  in_message_ = false;
  flush(packet_status::end_of_message | packet_status::ignore);
}

void Outbox::flush(std::uint8_t status) {
  const auto header =
      packet_header(type_, status | std::exchange(first_status_, packet_status::normal), packet_.size(), sequence_++);
  std::copy(header.begin(), header.end(), packet_.begin());
  try {
    channel_.write(packet_);
  } catch (...) {
    packet_.resize(packet_header_size);  // it is the channel's now
    throw;
  }
  packet_.resize(packet_header_size);
}

void Outbox::bytes(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    if (packet_.size() == packet_size_) flush(packet_status::normal);
    const std::size_t count = std::min(bytes.size(), packet_size_ - packet_.size());
    packet_.insert(packet_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
  }
}

void Outbox::bytes(std::string_view text) {
  bytes(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void Outbox::number(std::uint64_t value, int size) {
  std::uint8_t little[8];
  for (int i = 0; i < size; ++i) little[i] = static_cast<std::uint8_t>(value >> (8 * i));
  bytes(std::span(little, static_cast<std::size_t>(size)));
}

void Outbox::u16_big_endian(std::uint16_t value) {
  u8(static_cast<std::uint8_t>(value >> 8));
  u8(static_cast<std::uint8_t>(value));
}

void Outbox::text(std::string_view utf8) {
  std::string utf16;
  utf8_to_utf16le(utf8, utf16);
  bytes(utf16);
}

}  // namespace mssql::tds::native
