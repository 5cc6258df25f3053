// Cells for the decoder tests, written as the bytes of MS-TDS 2.2.5.5.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/tds/codec/column.hpp"

namespace mssql::tds {

struct Bytes {
  std::vector<std::uint8_t> data;

  Bytes(std::initializer_list<int> bytes) {
    for (int byte : bytes) data.push_back(static_cast<std::uint8_t>(byte));
    data.reserve(1);  // an empty cell is not NULL
  }
  explicit Bytes(std::string_view text) : data(text.begin(), text.end()) { data.reserve(1); }

  Bytes& little_endian(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) data.push_back(static_cast<std::uint8_t>(value >> 8 * i));
    return *this;
  }
  Cell cell() const { return {data.data(), data.size()}; }
};

inline Column column_of(WireType type, int precision = 0, int scale = 0) {
  Column column;
  column.name = "c";
  column.type = type;
  column.precision = precision;
  column.scale = scale;
  return column;
}

inline Column text_column(Encoding encoding, int code_page = 0) {
  Column column = column_of(WireType::text);
  column.encoding = encoding;
  column.code_page = code_page;
  return column;
}

// The SQLSTATE and message that `body` throws; empty when it does not.
struct Thrown {
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
};
template <class Body>
Thrown thrown_by(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return {error.sqlstate, error.message, error.detail, error.hint};
  }
  return {};
}

}  // namespace mssql::tds
