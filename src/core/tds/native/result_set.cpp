#include "result_set.hpp"

#include <cstring>

#include "core/error.hpp"
#include "core/tds/codec/cell.hpp"
#include "collation.hpp"
#include "token.hpp"
#include "type_info.hpp"

namespace mssql::tds::native {

namespace {

constexpr std::uint16_t no_metadata = 0xFFFF;
constexpr std::uint16_t nullable_flag = 0x01;
constexpr std::size_t timestamp_size = 8;
// Of a COLMETADATA token. SQL Server has at most 4,096 columns in a result, with names of 128
// characters.
constexpr std::ptrdiff_t longest_description = 16 << 20;
// PostgreSQL's limit for one value; no row can be stored that has more.
constexpr std::uint64_t longest_value = 0x3FFFFFFF;

// What TYPE_INFO holds behind the token.
enum class Info : std::uint8_t {
  none,
  size,
  scale,
  precision_scale,
  short_size,
  short_size_collation,
  long_size,
  long_size_collation,
  xml,
  udt
};

struct TypeRow {
  std::uint8_t token;
  WireType type;
  Info info;
  Framing framing;
  std::uint8_t size;  // of fixed types
  Encoding encoding;
};

// MS-TDS 2.2.5.4.1 to 2.2.5.4.3. INTN and its fellows are told apart by their size, below.
// clang-format off
constexpr TypeRow type_rows[] = {
    {0x1F, WireType::int_, Info::none, Framing::nothing, 0, Encoding::none},                                    // NULLTYPE
    {0x22, WireType::binary, Info::long_size, Framing::text_pointer, 0, Encoding::none},                        // IMAGE
    {0x23, WireType::text, Info::long_size_collation, Framing::text_pointer, 0, Encoding::code_page},           // TEXT
    {0x24, WireType::uniqueidentifier, Info::size, Framing::byte_length, 0, Encoding::none},                    // GUID
    {0x26, WireType::int_, Info::size, Framing::byte_length, 0, Encoding::none},                                // INTN
    {0x28, WireType::date, Info::none, Framing::byte_length, 0, Encoding::none},                                // DATEN
    {0x29, WireType::time, Info::scale, Framing::byte_length, 0, Encoding::none},                               // TIMEN
    {0x2A, WireType::datetime2, Info::scale, Framing::byte_length, 0, Encoding::none},                          // DATETIME2N
    {0x2B, WireType::datetimeoffset, Info::scale, Framing::byte_length, 0, Encoding::none},                     // DATETIMEOFFSETN
    {0x30, WireType::tinyint, Info::none, Framing::fixed, 1, Encoding::none},                                   // INT1
    {0x32, WireType::bit, Info::none, Framing::fixed, 1, Encoding::none},                                       // BIT
    {0x34, WireType::smallint, Info::none, Framing::fixed, 2, Encoding::none},                                  // INT2
    {0x38, WireType::int_, Info::none, Framing::fixed, 4, Encoding::none},                                      // INT4
    {0x3A, WireType::smalldatetime, Info::none, Framing::fixed, 4, Encoding::none},                             // DATETIM4
    {0x3B, WireType::real, Info::none, Framing::fixed, 4, Encoding::none},                                      // FLT4
    {0x3C, WireType::money, Info::none, Framing::fixed, 8, Encoding::none},                                     // MONEY
    {0x3D, WireType::datetime, Info::none, Framing::fixed, 8, Encoding::none},                                  // DATETIME
    {0x3E, WireType::float_, Info::none, Framing::fixed, 8, Encoding::none},                                    // FLT8
    {0x62, WireType::variant, Info::long_size, Framing::long_length, 0, Encoding::none},                        // SSVARIANT
    {0x63, WireType::text, Info::long_size_collation, Framing::text_pointer, 0, Encoding::utf16le},             // NTEXT
    {0x68, WireType::bit, Info::size, Framing::byte_length, 0, Encoding::none},                                 // BITN
    {0x6A, WireType::decimal, Info::precision_scale, Framing::byte_length, 0, Encoding::none},                  // DECIMALN
    {0x6C, WireType::decimal, Info::precision_scale, Framing::byte_length, 0, Encoding::none},                  // NUMERICN
    {0x6D, WireType::float_, Info::size, Framing::byte_length, 0, Encoding::none},                              // FLTN
    {0x6E, WireType::money, Info::size, Framing::byte_length, 0, Encoding::none},                               // MONEYN
    {0x6F, WireType::datetime, Info::size, Framing::byte_length, 0, Encoding::none},                            // DATETIMN
    {0x7A, WireType::smallmoney, Info::none, Framing::fixed, 4, Encoding::none},                                // MONEY4
    {0x7F, WireType::bigint, Info::none, Framing::fixed, 8, Encoding::none},                                    // INT8
    {0xA5, WireType::binary, Info::short_size, Framing::short_length, 0, Encoding::none},                       // BIGVARBINARY
    {0xA7, WireType::text, Info::short_size_collation, Framing::short_length, 0, Encoding::code_page},          // BIGVARCHAR
    {0xAD, WireType::binary, Info::short_size, Framing::short_length, 0, Encoding::none},                       // BIGBINARY
    {0xAF, WireType::text, Info::short_size_collation, Framing::short_length, 0, Encoding::code_page},          // BIGCHAR
    {0xE7, WireType::text, Info::short_size_collation, Framing::short_length, 0, Encoding::utf16le},            // NVARCHAR
    {0xEF, WireType::text, Info::short_size_collation, Framing::short_length, 0, Encoding::utf16le},            // NCHAR
    {0xF0, WireType::udt, Info::udt, Framing::chunks, 0, Encoding::none},                                       // UDT
    {0xF1, WireType::xml, Info::xml, Framing::chunks, 0, Encoding::utf16le},                                    // XML
};
// clang-format on

[[noreturn]] void throw_garbled(const std::string& detail) {
  throw Error(sqlstate::protocol_violation, "malformed description of a column from SQL Server", detail);
}

const TypeRow& find_type(std::uint8_t token) {
  for (const TypeRow& row : type_rows)
    if (row.token == token) return row;
  throw Error(sqlstate::feature_not_supported, "a column has a type that cannot be read",
              "The type is number " + std::to_string(token) + " of the TDS protocol.",
              "Convert it in the query with CAST.");
}

// The nullable tokens that stand for several types.
void refine(std::uint8_t token, std::size_t size, Column& column) {
  const auto choose = [&](std::size_t wanted, WireType type) {
    if (size == wanted) column.type = type;
    return size == wanted;
  };
  bool known = true;
  switch (token) {
    case 0x26:
      known = choose(1, WireType::tinyint) || choose(2, WireType::smallint) || choose(4, WireType::int_) ||
              choose(8, WireType::bigint);
      break;
    case 0x68: known = size == 1; break;
    case 0x6D: known = choose(4, WireType::real) || choose(8, WireType::float_); break;
    case 0x6E: known = choose(4, WireType::smallmoney) || choose(8, WireType::money); break;
    case 0x6F: known = choose(4, WireType::smalldatetime) || choose(8, WireType::datetime); break;
    case 0x24: known = size == 16; break;
    default: break;
  }
  if (!known) throw_garbled("Type " + std::to_string(token) + " has " + std::to_string(size) + " bytes.");
}

void read_collation(Inbox& inbox, Column& column) {
  inbox.need(5);
  const CharacterSet set = character_set_of(inbox.data());
  inbox.advance(5);
  if (column.encoding != Encoding::code_page) return;
  column.encoding = set.encoding;
  column.code_page = set.code_page;
}

void skip_byte_text(Inbox& inbox) { inbox.skip(inbox.u8() * std::size_t{2}); }
void skip_short_text(Inbox& inbox) { inbox.skip(inbox.u16() * std::size_t{2}); }

}  // namespace

Frame read_type_info(Inbox& inbox, Column& column) {
  const std::uint8_t token = inbox.u8();
  const TypeRow& row = find_type(token);
  column.type = row.type;
  column.encoding = row.encoding;
  column.max_length = row.size;
  Frame frame{row.framing, row.size};
  switch (row.info) {
    case Info::none: break;
    case Info::size:
      column.max_length = inbox.u8();
      refine(token, static_cast<std::size_t>(column.max_length), column);
      break;
    case Info::scale: column.scale = inbox.u8(); break;
    case Info::precision_scale:
      column.max_length = inbox.u8();
      column.precision = inbox.u8();
      column.scale = inbox.u8();
      break;
    case Info::short_size:
    case Info::short_size_collation: {
      const std::uint16_t size = inbox.u16();
      column.max_length = size == max_marker ? -1 : size;
      if (size == max_marker) frame.framing = Framing::chunks;
      if (row.info == Info::short_size_collation) read_collation(inbox, column);
      break;
    }
    case Info::long_size:
    case Info::long_size_collation: {
      const std::uint32_t size = inbox.u32();
      column.max_length = row.framing == Framing::text_pointer ? -1 : static_cast<int>(size & 0x7FFFFFFF);
      if (row.info == Info::long_size_collation) read_collation(inbox, column);
      break;
    }
    case Info::xml:
      column.max_length = -1;
      if (inbox.u8() != 0) {  // a schema collection: database, owner, name
        skip_byte_text(inbox);
        skip_byte_text(inbox);
        skip_short_text(inbox);
      }
      break;
    case Info::udt:
      inbox.u16();
      column.max_length = -1;
      skip_byte_text(inbox);  // database, schema, type
      skip_byte_text(inbox);
      skip_byte_text(inbox);
      skip_short_text(inbox);  // assembly
      break;
  }
  return frame;
}

void ResultSet::clear() noexcept {
  columns_.clear();
  frames_.clear();
}

bool ResultSet::describe(Inbox& inbox) {
  clear();
  const std::uint16_t count = inbox.u16();
  if (count == no_metadata) return false;
  for (int i = 0; i < count; ++i) {
    Column column;
    inbox.skip(4);  // user type
    column.nullable = (inbox.u16() & nullable_flag) != 0;
    const Frame frame = read_type_info(inbox, column);
    if (frame.framing == Framing::text_pointer)
      for (int parts = inbox.u8(); parts > 0; --parts) skip_short_text(inbox);  // the table's name
    column.name = inbox.text(inbox.u8());
    column.padded = true;
    if (inbox.data() - inbox.marked() > longest_description)
      throw_garbled("The description of the columns has no end.");
    columns_.push_back(std::move(column));
    frames_.push_back(frame);
  }
  cells_.resize(columns_.size());
  return count > 0;
}

Cell ResultSet::wait_for(Inbox& inbox, std::size_t size) {
  inbox.need(size);
  const Cell cell{inbox.data(), size};
  inbox.advance(size);
  return cell;
}

void ResultSet::too_long(std::size_t index, std::uint64_t size) const {
  throw Error(sqlstate::program_limit,
              "value of " + std::to_string(size) + " bytes in " + describe_column(columns_[index]) + " is too long",
              "PostgreSQL stores at most 1 GB in one value.");
}

// The general way to a value, which may have to wait for its bytes.
Cell ResultSet::read_value(Inbox& inbox, std::size_t index) {
  const Frame frame = frames_[index];
  switch (frame.framing) {
    case Framing::nothing: return {};
    case Framing::fixed: return wait_for(inbox, frame.size);
    case Framing::byte_length: {
      const std::size_t size = inbox.u8();
      return size == 0 ? Cell{} : wait_for(inbox, size);
    }
    case Framing::short_length: {
      const std::uint16_t size = inbox.u16();
      return size == null_short_length ? Cell{} : wait_for(inbox, size);
    }
    case Framing::long_length: {
      const std::uint32_t size = inbox.u32();
      if (size > longest_value) too_long(index, size);
      return size == 0 ? Cell{} : wait_for(inbox, size);
    }
    case Framing::text_pointer: {
      const std::size_t pointer = inbox.u8();
      if (pointer == 0) return {};
      inbox.skip(pointer + timestamp_size);
      const std::uint32_t size = inbox.u32();
      if (size > longest_value) too_long(index, size);
      return wait_for(inbox, size);
    }
    case Framing::chunks: return read_chunks(inbox, index);
  }
  return {};
}

// MS-TDS 2.2.5.2.3. The length in front may be a marker for "unknown" and is not trusted. Of a
// value in several chunks the first one is answered; the others are moved up to it when the row is
// complete, since until then it may have to be read again.
Cell ResultSet::read_chunks(Inbox& inbox, std::size_t index) {
  if (inbox.u64() == null_chunks) return {};
  std::size_t first = 0;
  std::uint64_t total = 0;
  std::size_t first_size = 0;
  for (;;) {
    const std::uint32_t size = inbox.u32();
    if (size == 0) return {inbox.marked() + first, first_size};
    if (total + size > longest_value) too_long(index, total + size);
    inbox.skip(size);
    if (total == 0) {
      first = static_cast<std::size_t>(inbox.data() - inbox.marked()) - size;
      first_size = size;
    } else if (chunked_.empty() || chunked_.back() != index) {
      chunked_.push_back(index);
    }
    total += size;
  }
}

// Walks the chunks that read_chunks() has checked: each is four bytes of length and its bytes, the
// last one is empty.
void ResultSet::join_chunks(Inbox& inbox) {
  for (const std::size_t index : chunked_) {
    Cell& cell = cells_[index];
    std::uint8_t* end = inbox.marked() + (cell.data - inbox.marked()) + cell.size;
    const std::uint8_t* next = end;
    while (const auto size = static_cast<std::size_t>(read_little_endian(next, 4))) {
      next += 4;
      std::memmove(end, next, size);
      end += size;
      next += size;
    }
    cell.size = static_cast<std::size_t>(end - cell.data);
  }
}

void ResultSet::skip_value(Inbox& inbox) {
  ResultSet one;
  one.columns_.emplace_back();
  one.frames_.push_back(read_type_info(inbox, one.columns_[0]));
  one.read_value(inbox, 0);
}

namespace {

// The short ways to a value that is here whole; false: it is not, or needs the general way.
// `present` is all ones, or zero for a NULL of the row's bitmap: nobody can foresee NULLs, so there
// is no branch on them. A length is looked at before it is known to be here: if it is not, that is
// whatever follows in the buffer, and too little is left for any value.

inline const std::uint8_t* masked(const std::uint8_t* at, std::size_t present) noexcept {
  return reinterpret_cast<const std::uint8_t*>(reinterpret_cast<std::uintptr_t>(at) & present);
}

inline bool take_fixed(const std::uint8_t*& at, const std::uint8_t* end, std::size_t size, std::size_t present,
                       Cell& cell) noexcept {
  size &= present;
  if (static_cast<std::size_t>(end - at) < size) return false;
  cell = {masked(at, present), size};
  at += size;
  return true;
}

inline bool take_byte_length(const std::uint8_t*& at, const std::uint8_t* end, std::size_t present,
                             Cell& cell) noexcept {
  const std::size_t size = at[0] & present;
  const std::size_t whole = (1 + size) & present;
  if (static_cast<std::size_t>(end - at) < whole) return false;
  cell = {size == 0 ? nullptr : at + 1, size};
  at += whole;
  return true;
}

inline bool take_short_length(const std::uint8_t*& at, const std::uint8_t* end, std::size_t present,
                              Cell& cell) noexcept {
  const std::size_t length = read_little_endian(at, 2);
  const std::size_t valued = length == null_short_length ? 0 : present;
  const std::size_t size = length & valued;
  const std::size_t whole = (2 + size) & present;
  if (static_cast<std::size_t>(end - at) < whole) return false;
  cell = {masked(at + 2, valued), size};
  at += whole;
  return true;
}

// PLP in one chunk, or empty.
inline bool take_one_chunk(const std::uint8_t*& at, const std::uint8_t* end, Cell& cell) noexcept {
  constexpr std::size_t prefix = 8 + 4;  // the length of the whole, and of the first chunk
  const auto left = static_cast<std::size_t>(end - at);
  if (left < prefix || read_little_endian(at, 8) == null_chunks) return false;
  const std::size_t size = read_little_endian(at + 8, 4);
  const std::size_t whole = size == 0 ? prefix : prefix + size + 4;
  if (size > longest_value || left < whole || (size > 0 && read_little_endian(at + prefix + size, 4) != 0))
    return false;
  cell = {at + prefix, size};
  at += whole;
  return true;
}

[[gnu::always_inline]] inline bool take(const std::uint8_t*& at, const std::uint8_t* end, Frame frame,
                                        std::size_t present, Cell& cell) noexcept {
  if (frame.framing == Framing::fixed) return take_fixed(at, end, frame.size, present, cell);
  if (frame.framing == Framing::byte_length) return take_byte_length(at, end, present, cell);
  if (frame.framing == Framing::short_length) return take_short_length(at, end, present, cell);
  if (present == 0) {
    cell = {};
    return true;
  }
  return frame.framing == Framing::chunks && take_one_chunk(at, end, cell);
}

}  // namespace

Row ResultSet::read_row(Inbox& inbox) {
  return *inbox.marked() == token::null_bitmap_row ? read<true>(inbox) : read<false>(inbox);
}

template <bool null_bitmap>
Row ResultSet::read(Inbox& inbox) {
  constexpr std::size_t word = 64;  // columns
  const std::size_t count = frames_.size();
  const Frame* const frames = frames_.data();
  Cell* const cells = cells_.data();
  chunked_.clear();
  const auto bitmap_at = static_cast<std::size_t>(inbox.data() - inbox.marked());
  if constexpr (null_bitmap) inbox.skip((count + 7) / 8);
  std::uint64_t nulls = 0;  // of this column and those that follow
  const std::uint8_t* at = inbox.data();
  const std::uint8_t* end = at + inbox.available();
  for (std::size_t i = 0; i < count; ++i) {
    if (null_bitmap && i % word == 0) nulls = read_little_endian(inbox.marked() + bitmap_at + i / 8, 8);
    const std::size_t present = null_bitmap ? (nulls & 1) - 1 : ~std::size_t{0};
    nulls >>= 1;
    if (take(at, end, frames[i], present, cells[i])) [[likely]]
      continue;
    inbox.advance(static_cast<std::size_t>(at - inbox.data()));
    read_in_general(inbox, i);
    at = inbox.data();
    end = at + inbox.available();
  }
  inbox.advance(static_cast<std::size_t>(at - inbox.data()));
  if (!chunked_.empty()) join_chunks(inbox);
  inbox.mark();
  return {cells_.data(), count};
}

// May wait for the value's bytes, and move the row for it.
void ResultSet::read_in_general(Inbox& inbox, std::size_t index) {
  const std::uint8_t* base = inbox.marked();
  const Cell cell = read_value(inbox, index);
  if (inbox.marked() != base) rebase(index, inbox.marked() - base);
  cells_[index] = cell;
}

// The bytes of the row have moved.
void ResultSet::rebase(std::size_t count, std::ptrdiff_t distance) noexcept {
  for (std::size_t i = 0; i < count; ++i)
    if (cells_[i].data != nullptr) cells_[i].data += distance;
}

}  // namespace mssql::tds::native
