// The server's reply as one contiguous run of bytes: packets are joined in place, so that a value
// lies in one piece wherever packets end.
//
// What lies between mark() and the cursor is kept; pointers are good until the next call of need()
// or more(), offsets from the mark until the next mark().
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "core/tds/codec/cell.hpp"
#include "channel.hpp"

namespace mssql::tds::native {

class Inbox {
  struct Free {
    void operator()(std::uint8_t* memory) const noexcept { std::free(memory); }
  };

 public:
  explicit Inbox(Channel& channel);

  // A new message is expected; what is left of the last one has been read or skipped.
  void start() noexcept { last_packet_ = false; }

  // Between two messages: gives back what an uncommonly large row has taken. Throws Error 08P01
  // when something is left of the last message, which would be taken for the beginning of the next
  // one.
  void rest();

  // Bytes at the cursor that are here already; cell_padding bytes behind them can be read.
  const std::uint8_t* data() const noexcept { return buffer_.get() + cursor_; }
  std::size_t available() const noexcept { return end_ - cursor_; }
  // Brings at least one more byte of the message; throws Error 08P01 when it has ended.
  void more();
  // Makes sure of `size` bytes at the cursor.
  void need(std::size_t size) {
    while (available() < size) more();
  }
  void skip(std::size_t size) {
    need(size);
    cursor_ += size;
  }
  void advance(std::size_t size) noexcept { cursor_ += size; }
  // True when the message is over; may wait for the next packet to know.
  bool at_end();

  void mark() noexcept { mark_ = cursor_; }
  // Back to the mark, to read a token again that an interruption cut short.
  void rewind() noexcept { cursor_ = mark_; }
  std::uint8_t* marked() noexcept { return buffer_.get() + mark_; }
  std::size_t marked_size() const noexcept { return end_ - mark_; }

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::uint16_t u16_big_endian();
  // `units` UTF-16 units as UTF-8; half a surrogate pair becomes U+FFFD: this is text of messages
  // and names.
  std::string text(std::size_t units);
  std::string bytes(std::size_t size);

  // The server's @@SPID as the last packet's header has it; 0 from servers that leave it out.
  int session_number() const noexcept { return session_number_; }

 private:
  std::uint64_t number(std::size_t size) {
    need(size);
    const std::uint64_t value = read_little_endian(data(), size);
    cursor_ += size;
    return value;
  }
  void receive();
  void allocate(std::size_t capacity);
  bool next_packet();

  Channel& channel_;
  // Of capacity_ bytes and a padding; mark_ <= cursor_ <= end_ <= raw_ <= raw_end_ <= capacity_.
  // [end_, raw_) is the header of the next packet, or nothing.
  std::unique_ptr<std::uint8_t, Free> buffer_;
  std::size_t capacity_{0};
  std::size_t mark_{0}, cursor_{0}, end_{0}, raw_{0}, raw_end_{0};
  std::size_t packet_left_{0};  // of the packet whose beginning is in [.., end_)
  bool last_packet_{true};
  int session_number_{0};
};

}  // namespace mssql::tds::native
