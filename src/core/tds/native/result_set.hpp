// Columns and rows of one result: COLMETADATA, ROW and NBCROW tokens (MS-TDS 2.2.7.4, 2.2.7.17,
// 2.2.7.13).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/tds/codec/column.hpp"
#include "inbox.hpp"

namespace mssql::tds::native {

// How a column's values are framed in a row (MS-TDS 2.2.5.4).
enum class Framing : std::uint8_t {
  nothing,       // always NULL
  fixed,         // `size` bytes, never NULL
  byte_length,   // one byte of length, 0: NULL
  long_length,   // four bytes of length, 0: NULL (sql_variant)
  short_length,  // two bytes of length, 0xFFFF: NULL
  text_pointer,  // text, ntext, image: a pointer and a timestamp, then four bytes of length
  chunks,        // PLP: (max) types, xml, udt
};

struct Frame {
  Framing framing{Framing::fixed};
  std::uint8_t size{0};
};

// Reads a TYPE_INFO into `column` and says how its values are framed; the cursor stands behind it.
// Throws Error 08P01 or 0A000.
Frame read_type_info(Inbox& inbox, Column& column);

class ResultSet {
 public:
  // The cursor stands behind the token byte. False: no columns, no result set.
  bool describe(Inbox& inbox);
  void clear() noexcept;
  // Reads past a RETURNVALUE's type and value.
  static void skip_value(Inbox& inbox);
  const std::vector<Column>& columns() const noexcept { return columns_; }

  // One row of either kind, the cursor behind its token byte, the mark before it: an interruption
  // leaves all as it came, so that it can be read again. The cells are good until the inbox is used
  // again.
  Row read_row(Inbox& inbox);

 private:
  template <bool null_bitmap>
  Row read(Inbox& inbox);
  void read_in_general(Inbox& inbox, std::size_t index);
  Cell read_value(Inbox& inbox, std::size_t index);
  Cell read_chunks(Inbox& inbox, std::size_t index);
  void join_chunks(Inbox& inbox);
  void rebase(std::size_t count, std::ptrdiff_t distance) noexcept;
  static Cell wait_for(Inbox& inbox, std::size_t size);
  [[noreturn]] void too_long(std::size_t index, std::uint64_t size) const;

  std::vector<Column> columns_;
  std::vector<Frame> frames_;
  std::vector<std::size_t> chunked_;  // columns of this row whose value came in more than one chunk
  std::vector<Cell> cells_;
};

}  // namespace mssql::tds::native
