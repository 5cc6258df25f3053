#include "inbox.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "core/error.hpp"
#include "core/tds/codec/cell.hpp"
#include "core/tds/codec/decode.hpp"
#include "packet.hpp"

namespace mssql::tds::native {

namespace {

constexpr std::size_t initial_capacity = 128 * 1024;  // four packets, or half of what is received would be moved
constexpr std::size_t resting_capacity = 16 * initial_capacity;  // more is kept for one reply only
constexpr std::size_t least_room = 16 * 1024;
constexpr std::size_t longest_row =
    std::size_t{1} << 31;  // PostgreSQL stores half of that, and UTF-16 may take twice the room of UTF-8

}  // namespace

Inbox::Inbox(Channel& channel) : channel_(channel) { allocate(initial_capacity); }

// By realloc(), which moves the pages of a large buffer instead of copying it.
void Inbox::allocate(std::size_t capacity) {
  void* memory = std::realloc(buffer_.get(), capacity + cell_padding);
  if (memory == nullptr) throw std::bad_alloc();
  [[maybe_unused]] const void* moved = buffer_.release();
  buffer_.reset(static_cast<std::uint8_t*>(memory));
  capacity_ = capacity;
}

void Inbox::receive() {
  if (mark_ == raw_end_) {
    mark_ = cursor_ = end_ = raw_ = raw_end_ = 0;
  } else if (capacity_ - raw_end_ < least_room && mark_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + mark_, raw_end_ - mark_);
    cursor_ -= mark_, end_ -= mark_, raw_ -= mark_, raw_end_ -= mark_, mark_ = 0;
  }
  if (capacity_ - raw_end_ < least_room) {
    if (capacity_ * 2 > longest_row)
      throw Error(sqlstate::program_limit, "row from SQL Server is too long",
                  "It has more than " + std::to_string(longest_row >> 30) + " GB.",
                  "Select fewer of its large columns at once.");
    allocate(capacity_ * 2);
  }
  raw_end_ += channel_.read(buffer_.get() + raw_end_, capacity_ - raw_end_);
  std::memset(buffer_.get() + raw_end_, 0, cell_padding);
}

// Reads the header of the message's next packet; false when there is none.
bool Inbox::next_packet() {
  if (last_packet_) return false;
  while (raw_end_ - raw_ < packet_header_size) {
    receive();
    require_packet_of_server({buffer_.get() + raw_, raw_end_ - raw_});  // other protocols may say less than a header
  }
  const std::uint8_t* header = buffer_.get() + raw_;
  packet_left_ = packet_payload_size(std::span<const std::uint8_t, packet_header_size>(header, packet_header_size));
  session_number_ = header[4] << 8 | header[5];
  last_packet_ = (header[1] & packet_status::end_of_message) != 0;
  if (packet_left_ == 0 && !last_packet_)  // their headers alone could fill our memory
    throw Error(sqlstate::protocol_violation, "the server's answer is not in the TDS protocol",
                "A packet is empty and not the last one.");
  raw_ += packet_header_size;
  return true;
}

void Inbox::more() {
  while (packet_left_ == 0) {
    if (!next_packet())
      throw Error(sqlstate::connection_failure, "connection to server at " + channel_.where() + " was lost",
                  "The server ended its answer in the middle.");
  }
  if (raw_ == raw_end_) receive();
  const std::size_t size = std::min(packet_left_, raw_end_ - raw_);
  const std::size_t kept = end_ - mark_;
  const std::size_t gap = raw_ - end_;
  if (gap > 0 && kept <= size) {
    std::memmove(buffer_.get() + mark_ + gap, buffer_.get() + mark_, kept);
    mark_ += gap, cursor_ += gap, end_ += gap;
  } else if (gap > 0) {
    std::memmove(buffer_.get() + end_, buffer_.get() + raw_, size);
  }
  end_ += size;
  raw_ += size;
  packet_left_ -= size;
}

void Inbox::rest() {
  if (available() != 0 || raw_ != raw_end_ || packet_left_ != 0)
    throw Error(sqlstate::protocol_violation, "the server's answer is not in the TDS protocol",
                "It goes on behind its end.");
  if (capacity_ <= resting_capacity) return;
  allocate(initial_capacity);
  mark_ = cursor_ = end_ = raw_ = raw_end_ = 0;
}

bool Inbox::at_end() {
  while (available() == 0 && packet_left_ == 0) {
    if (!next_packet()) return true;
  }
  return false;
}

std::uint16_t Inbox::u16_big_endian() {
  const std::uint16_t value = u16();
  return static_cast<std::uint16_t>(value << 8 | value >> 8);
}

std::string Inbox::text(std::size_t units) {
  need(units * 2);
  const Column column{"message", WireType::text, Encoding::utf16le};
  std::string scratch;
  std::string text(decode_text(column, {data(), units * 2}, CharacterPolicy::replace, scratch));
  cursor_ += units * 2;
  return text;
}

std::string Inbox::bytes(std::size_t size) {
  need(size);
  std::string bytes(reinterpret_cast<const char*>(data()), size);
  cursor_ += size;
  return bytes;
}

}  // namespace mssql::tds::native
