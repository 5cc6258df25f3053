// Byte buffers of the wire: ByteBuffer grows at its end, Source is read from its front.
// All integers of MS-TDS are little-endian unless a member says otherwise (MS-TDS 2.2.5.1).
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tds_server {

// The client broke the protocol; the connection is closed.
struct ProtocolError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The peer is gone, or the server stops: nothing more can be sent or received.
struct Disconnected : std::runtime_error {
  Disconnected() : std::runtime_error("disconnected") {}
};

// Bytes to be sent. Not a std::vector: grow() must not fill with zeroes what is about to be
// overwritten.
class ByteBuffer {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const std::uint8_t* data() const { return data_.get(); }
  std::uint8_t* at(std::size_t offset) { return data_.get() + offset; }
  void clear() { size_ = 0; }
  void truncate(std::size_t size) { size_ = size; }

  // n more bytes, uninitialised; valid until the next call that appends.
  std::uint8_t* grow(std::size_t n) {
    if (size_ + n > capacity_) reserve(size_ + n);
    std::uint8_t* start = data_.get() + size_;
    size_ += n;
    return start;
  }

  // Drops the first n bytes.
  void consume(std::size_t n) {
    size_ -= n;
    if (size_ != 0) std::memmove(data_.get(), data_.get() + n, size_);
  }

  void u8(unsigned value) { *grow(1) = static_cast<std::uint8_t>(value); }
  void u16(unsigned value) { little(value, 2); }
  void u32(std::uint32_t value) { little(value, 4); }
  void u64(std::uint64_t value) { little(value, 8); }
  void u16_big(unsigned value) {
    std::uint8_t* p = grow(2);
    p[0] = static_cast<std::uint8_t>(value >> 8);
    p[1] = static_cast<std::uint8_t>(value);
  }
  void bytes(const void* source, std::size_t n) {
    if (n != 0) std::memcpy(grow(n), source, n);
  }
  void bytes(std::string_view source) { bytes(source.data(), source.size()); }

  // The low `width` bytes of value.
  void little(std::uint64_t value, int width) { put(grow(static_cast<std::size_t>(width)), value, width); }
  void patch_u16(std::size_t offset, unsigned value) { put(at(offset), value, 2); }
  void patch_u32(std::size_t offset, std::uint32_t value) { put(at(offset), value, 4); }

 private:
  static void put(std::uint8_t* p, std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) p[i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  void reserve(std::size_t wanted) {
    std::size_t capacity = capacity_ < 4096 ? 8192 : capacity_ * 2;
    if (capacity < wanted) capacity = wanted;
    std::unique_ptr<std::uint8_t[]> data(new std::uint8_t[capacity]);
    if (size_ != 0) std::memcpy(data.get(), data_.get(), size_);
    data_ = std::move(data);
    capacity_ = capacity;
  }

  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t size_{0};
  std::size_t capacity_{0};
};

// Bytes that a client sent. Reading past the end asks refill() for more, and throws ProtocolError
// when there are none.
class Source {
 public:
  Source() = default;
  explicit Source(std::span<const std::uint8_t> bytes) : current_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // n bytes in one piece, valid until the next call.
  const std::uint8_t* take(std::size_t n) {
    while (static_cast<std::size_t>(end_ - current_) < n) {
      if (!refill()) throw ProtocolError("message ends too early");
    }
    const std::uint8_t* start = current_;
    current_ += n;
    return start;
  }
  bool at_end() { return current_ == end_ && !refill(); }
  std::uint8_t peek() {
    const std::uint8_t value = *take(1);
    --current_;
    return value;
  }
  std::size_t left() const { return static_cast<std::size_t>(end_ - current_); }

  std::uint8_t u8() { return *take(1); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(little(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(little(4)); }
  std::uint64_t u64() { return little(8); }
  std::uint64_t little(int width) {
    const std::uint8_t* p = take(static_cast<std::size_t>(width));
    std::uint64_t value = 0;
    for (int i = 0; i < width; ++i) value |= static_cast<std::uint64_t>(p[i]) << (8 * i);
    return value;
  }
  std::string_view bytes(std::size_t n) { return {reinterpret_cast<const char*>(take(n)), n}; }

 protected:
  // Makes more bytes available behind the unread ones; false at the end of the message.
  virtual bool refill() { return false; }

  const std::uint8_t* current_{nullptr};
  const std::uint8_t* end_{nullptr};
};

}  // namespace tds_server
