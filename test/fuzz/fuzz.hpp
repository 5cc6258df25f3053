// What the fuzz targets share: bytes of the input by name, and a check that ends the process.
//
// A target's input is untrusted as a server's bytes are. Error is the one answer that a target
// accepts beside success.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace mssql::fuzz {

// libFuzzer keeps the input of a process that aborts.
inline void require(bool truth, const char* what) {
  if (truth) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : left_(data, size) {}

  // The next byte; 0 behind the end.
  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const std::uint8_t value = left_[0];
    left_ = left_.subspan(1);
    return value;
  }
  template <class Value, std::size_t size>
  const Value& choose(const Value (&values)[size]) {
    return values[byte() % size];
  }
  // At most `size` bytes, in memory of their own so that a read past them is seen.
  std::vector<std::uint8_t> bytes(std::size_t size) {
    const std::span part = left_.first(std::min(size, left_.size()));
    left_ = left_.subspan(part.size());
    return {part.begin(), part.end()};
  }
  std::string_view rest() const { return {reinterpret_cast<const char*>(left_.data()), left_.size()}; }
  bool empty() const { return left_.empty(); }

 private:
  std::span<const std::uint8_t> left_;
};

// Runs `body`; an Error is an answer like any other.
template <class Body>
bool succeeds(Body&& body) {
  try {
    body();
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace mssql::fuzz
