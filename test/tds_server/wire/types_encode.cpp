// Value encoding, MS-TDS 2.2.5.5 (system types), 2.2.5.2.3 (PLP), 2.2.5.5.4 (sql_variant).
#include "types_encode.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "calendar.hpp"
#include "code_page.hpp"
#include "decimal.hpp"
#include "unicode.hpp"

namespace tds_server {

namespace {

constexpr std::uint64_t plp_null = ~std::uint64_t{0};
constexpr std::uint64_t plp_unknown_length = ~std::uint64_t{1};
// Longer values go out as PLP of unknown length, in chunks of an odd size: they end inside
// characters, as they may.
constexpr std::size_t plp_known_limit = 64 * 1024;
constexpr std::size_t plp_chunk = 8039;
constexpr std::size_t word_limit = 8000;

[[noreturn]] void not_canonical(std::string_view text) {
  throw std::invalid_argument("not in canonical form: '" + std::string(text.substr(0, 60)) + "'");
}

template <typename Number>
Number number_from(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) not_canonical(text);
  return value;
}

void append_decimal_value(ByteBuffer& out, const TypeInfo& type, std::string_view text) {
  const Decimal value = parse_decimal(text, type.scale);
  out.u8(value.negative ? 0 : 1);
  Magnitude rest = value.magnitude;
  for (int i = decimal_size(type.precision) - 1; i > 0; --i) {
    out.u8(static_cast<unsigned>(rest & 0xFF));
    rest >>= 8;
  }
  if (rest != 0) not_canonical(text);
}

std::int64_t ten_thousandths(std::string_view text) {
  const Decimal value = parse_decimal(text, 4);
  const std::uint64_t magnitude = static_cast<std::uint64_t>(value.magnitude);
  return static_cast<std::int64_t>(value.negative ? 0 - magnitude : magnitude);
}

void append_money(ByteBuffer& out, std::string_view text) {
  const std::uint64_t units = static_cast<std::uint64_t>(ten_thousandths(text));
  out.u32(static_cast<std::uint32_t>(units >> 32));
  out.u32(static_cast<std::uint32_t>(units));
}

template <typename Float, typename Bits>
void append_float(ByteBuffer& out, std::string_view text) {
  static_assert(sizeof(Float) == sizeof(Bits));
  const Float value = number_from<Float>(text);
  Bits bits;
  std::memcpy(&bits, &value, sizeof bits);
  out.little(bits, sizeof bits);
}

void append_datetime(ByteBuffer& out, std::string_view text) {
  constexpr std::int64_t ticks_per_day = 24 * 3600 * 300;
  const Moment moment = parse_date_time(text);
  std::int64_t day = moment.day - day_of_1900;
  std::int64_t ticks = (moment.ticks * 3 + 50'000) / 100'000;
  if (ticks == ticks_per_day) {
    ticks = 0;
    ++day;
  }
  out.u32(static_cast<std::uint32_t>(day));
  out.u32(static_cast<std::uint32_t>(ticks));
}

void append_smalldatetime(ByteBuffer& out, std::string_view text) {
  const Moment moment = parse_date_time(text);
  const std::int64_t day = moment.day - day_of_1900;
  if (day < 0 || day > 0xFFFF) not_canonical(text);
  out.u16(static_cast<unsigned>(day));
  out.u16(static_cast<unsigned>(moment.ticks / 600'000'000));
}

void append_ticks(ByteBuffer& out, std::int64_t ticks, int scale) {
  out.little(static_cast<std::uint64_t>(ticks / power_of_ten(7 - scale)), time_width(scale));
}

void append_day(ByteBuffer& out, std::int64_t day) { out.little(static_cast<std::uint64_t>(day), 3); }

void append_datetimeoffset(ByteBuffer& out, int scale, std::string_view text) {
  constexpr std::int64_t minute = 600'000'000;
  constexpr std::int64_t ticks_per_day = 1440 * minute;
  Moment moment = parse_date_time_offset(text);
  moment.ticks -= moment.offset_minutes * minute;
  if (moment.ticks < 0) {
    moment.ticks += ticks_per_day;
    --moment.day;
  } else if (moment.ticks >= ticks_per_day) {
    moment.ticks -= ticks_per_day;
    ++moment.day;
  }
  append_ticks(out, moment.ticks, scale);
  append_day(out, moment.day);
  out.u16(static_cast<unsigned>(moment.offset_minutes));
}

unsigned hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  throw std::invalid_argument("not a hexadecimal digit");
}

// The first three groups are little-endian numbers, MS-TDS 2.2.5.5.1.7.
void append_guid(ByteBuffer& out, std::string_view text) {
  static constexpr std::size_t positions[] = {6, 4, 2, 0, 11, 9, 16, 14, 19, 21, 24, 26, 28, 30, 32, 34};
  if (text.size() != 36) not_canonical(text);
  for (const std::size_t at : positions) out.u8(hex_digit(text[at]) << 4 | hex_digit(text[at + 1]));
}

void append_narrow(ByteBuffer& out, const WireType& type, std::string_view text) {
  if (type.code_page == nullptr) {
    out.bytes(text);
  } else {
    type.code_page->append(out, text);
  }
}

// char, nchar and binary always have their full length.
void pad(ByteBuffer& out, const TypeInfo& type, std::size_t start) {
  const std::size_t wanted = type.max_length > 0 ? static_cast<std::size_t>(type.max_length) : 0;
  while (out.size() - start < wanted) {
    if (type.type == SqlType::nchar)
      out.u16(' ');
    else
      out.u8(type.type == SqlType::char_ ? ' ' : 0);
  }
}

// The bytes of a non-NULL value, without prefix.
void append_payload(ByteBuffer& out, const WireType& wire, std::string_view text) {
  const TypeInfo& type = wire.type;
  const std::size_t start = out.size();
  switch (type.type) {
    case SqlType::bit: return out.u8(text == "0" ? 0 : text == "1" ? 1 : (not_canonical(text), 0));
    case SqlType::tinyint: return out.u8(number_from<std::uint8_t>(text));
    case SqlType::smallint: return out.u16(static_cast<unsigned>(number_from<std::int16_t>(text)));
    case SqlType::int_: return out.u32(static_cast<std::uint32_t>(number_from<std::int32_t>(text)));
    case SqlType::bigint: return out.u64(static_cast<std::uint64_t>(number_from<std::int64_t>(text)));
    case SqlType::decimal:
    case SqlType::numeric: return append_decimal_value(out, type, text);
    case SqlType::money: return append_money(out, text);
    case SqlType::smallmoney: return out.u32(static_cast<std::uint32_t>(ten_thousandths(text)));
    case SqlType::real: return append_float<float, std::uint32_t>(out, text);
    case SqlType::float_: return append_float<double, std::uint64_t>(out, text);
    case SqlType::date: return append_day(out, parse_date(text).day);
    case SqlType::time: return append_ticks(out, parse_time(text).ticks, type.scale);
    case SqlType::smalldatetime: return append_smalldatetime(out, text);
    case SqlType::datetime: return append_datetime(out, text);
    case SqlType::datetime2: {
      const Moment moment = parse_date_time(text);
      append_ticks(out, moment.ticks, type.scale);
      return append_day(out, moment.day);
    }
    case SqlType::datetimeoffset: return append_datetimeoffset(out, type.scale, text);
    case SqlType::char_: append_narrow(out, wire, text); return pad(out, type, start);
    case SqlType::varchar:
    case SqlType::text: return append_narrow(out, wire, text);
    case SqlType::nchar: append_utf16(out, text); return pad(out, type, start);
    case SqlType::nvarchar:
    case SqlType::ntext:
    case SqlType::xml: append_utf16(out, text); return;
    case SqlType::binary: out.bytes(text); return pad(out, type, start);
    case SqlType::varbinary:
    case SqlType::image:
    case SqlType::timestamp:
    case SqlType::hierarchyid:
    case SqlType::geometry:
    case SqlType::geography: return out.bytes(text);
    case SqlType::uniqueidentifier: return append_guid(out, text);
    case SqlType::sql_variant: break;
  }
  throw std::invalid_argument("type has no plain bytes");
}

void append_byte_prefixed(ByteBuffer& out, const WireType& type, std::string_view text) {
  const std::size_t start = out.size();
  out.u8(0);
  append_payload(out, type, text);
  *out.at(start) = static_cast<std::uint8_t>(out.size() - start - 1);
}

void append_word_prefixed(ByteBuffer& out, const WireType& type, std::string_view text) {
  const std::size_t start = out.size();
  out.u16(0);
  append_payload(out, type, text);
  const std::size_t length = out.size() - start - 2;
  if (length > word_limit) throw std::invalid_argument("value longer than 8000 bytes in a type that is not (max)");
  out.patch_u16(start, static_cast<unsigned>(length));
}

void cut_into_chunks(ByteBuffer& out, const ByteBuffer& payload) {
  for (std::size_t at = 0; at < payload.size();) {
    const std::size_t n = std::min(plp_chunk, payload.size() - at);
    out.u32(static_cast<std::uint32_t>(n));
    out.bytes(payload.data() + at, n);
    at += n;
  }
}

void append_plp(ByteBuffer& out, const WireType& type, std::string_view text) {
  if (text.size() > plp_known_limit) {
    thread_local ByteBuffer payload;
    payload.clear();
    append_payload(payload, type, text);
    out.u64(plp_unknown_length);
    cut_into_chunks(out, payload);
    return out.u32(0);
  }
  const std::size_t start = out.size();
  out.u64(0);
  out.u32(0);
  append_payload(out, type, text);
  const std::size_t length = out.size() - start - 12;
  out.patch_u32(start, static_cast<std::uint32_t>(length));
  out.patch_u32(start + 8, static_cast<std::uint32_t>(length));
  if (length > 0) out.u32(0);  // an empty value's only chunk is the terminator
}

void append_text_pointer(ByteBuffer& out, const WireType& type, std::string_view text) {
  static constexpr std::uint8_t pointer_and_timestamp[25] = {16,  'd', 'u', 'm', 'm', 'y', ' ', 't', 'e',
                                                             'x', 't', 'p', 't', 'r', 0,   0,   0,   'd',
                                                             'u', 'm', 'm', 'y', 'T', 'S', 0};
  out.bytes(pointer_and_timestamp, sizeof pointer_and_timestamp);
  const std::size_t start = out.size();
  out.u32(0);
  append_payload(out, type, text);
  out.patch_u32(start, static_cast<std::uint32_t>(out.size() - start - 4));
}

void append_variant_properties(ByteBuffer& out, const WireType& base) {
  const TypeInfo& type = base.type;
  const unsigned longest = type.max_length > 0 ? static_cast<unsigned>(type.max_length) : word_limit;
  switch (type.type) {
    case SqlType::decimal:
    case SqlType::numeric:
      out.u8(2);
      out.u8(type.precision);
      return out.u8(type.scale);
    case SqlType::time:
    case SqlType::datetime2:
    case SqlType::datetimeoffset: out.u8(1); return out.u8(type.scale);
    case SqlType::binary:
    case SqlType::varbinary: out.u8(2); return out.u16(longest);
    case SqlType::char_:
    case SqlType::varchar:
    case SqlType::nchar:
    case SqlType::nvarchar:
      out.u8(7);
      out.bytes(base.collation->bytes.data(), base.collation->bytes.size());
      return out.u16(longest);
    default: return out.u8(0);
  }
}

void append_variant(ByteBuffer& out, const Value& value, const Dialect& dialect) {
  if (!value.variant) throw std::invalid_argument("a sql_variant without its base type");
  const WireType base = wire_type(*value.variant, false, dialect);
  const std::size_t start = out.size();
  out.u32(0);
  out.u8(variant_token(base.type.type));
  append_variant_properties(out, base);
  append_payload(out, base, value.bytes);
  out.patch_u32(start, static_cast<std::uint32_t>(out.size() - start - 4));
}

void append_null(ByteBuffer& out, const WireType& type) {
  switch (type.prefix) {
    case Prefix::none: throw std::invalid_argument("NULL in a column that is NOT NULL");
    case Prefix::byte:
    case Prefix::text_pointer: return out.u8(0);
    case Prefix::word: return out.u16(0xFFFF);
    case Prefix::plp: return out.u64(plp_null);
    case Prefix::variant: return out.u32(0);
  }
}

}  // namespace

void append_value(ByteBuffer& out, const WireType& type, const Value& value, const Dialect& dialect) {
  if (value.null) return append_null(out, type);
  switch (type.prefix) {
    case Prefix::none: return append_payload(out, type, value.bytes);
    case Prefix::byte: return append_byte_prefixed(out, type, value.bytes);
    case Prefix::word: return append_word_prefixed(out, type, value.bytes);
    case Prefix::plp: return append_plp(out, type, value.bytes);
    case Prefix::text_pointer: return append_text_pointer(out, type, value.bytes);
    case Prefix::variant: return append_variant(out, value, dialect);
  }
}

int null_size(const WireType& type) {
  switch (type.prefix) {
    case Prefix::none: return 0;
    case Prefix::byte:
    case Prefix::text_pointer: return 1;
    case Prefix::word: return 2;
    case Prefix::plp: return 8;
    case Prefix::variant: return 4;
  }
  return 0;
}

}  // namespace tds_server
