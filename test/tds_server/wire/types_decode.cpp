// Value decoding, MS-TDS 2.2.5.4 to 2.2.5.6: the reverse of types_encode.cpp, from clients that may
// lie.
#include "types_decode.hpp"

#include <charconv>
#include <cstdio>

#include "calendar.hpp"
#include "code_page.hpp"
#include "collation.hpp"
#include "decimal.hpp"
#include "unicode.hpp"
#include "wire_type.hpp"

namespace tds_server {

namespace {

constexpr std::size_t value_limit = std::size_t{1} << 30;
constexpr std::int64_t ticks_per_day = 864'000'000'000;
constexpr std::int64_t last_day = 3652058;  // 9999-12-31

void require(bool ok, const char* what) {
  if (!ok) throw ProtocolError(what);
}

ReadType plain(SqlType type, ReadPrefix prefix, int width = 0) {
  ReadType read;
  read.type.type = type;
  read.type.max_length = width;
  read.prefix = prefix;
  read.width = width;
  return read;
}

// INTN, FLTN, MONEYN, DATETIMN: the length says which type it is.
ReadType sized(Source& in, SqlType small, SqlType large) {
  const int width = in.u8();
  require(width == 4 || width == 8, "bad length of a nullable type");
  return plain(width == 4 ? small : large, ReadPrefix::byte, width);
}

ReadType read_intn(Source& in) {
  const int width = in.u8();
  switch (width) {
    case 1: return plain(SqlType::tinyint, ReadPrefix::byte, 1);
    case 2: return plain(SqlType::smallint, ReadPrefix::byte, 2);
    case 4: return plain(SqlType::int_, ReadPrefix::byte, 4);
    case 8: return plain(SqlType::bigint, ReadPrefix::byte, 8);
    default: throw ProtocolError("bad length of INTN");
  }
}

ReadType read_decimal_type(Source& in, SqlType type) {
  ReadType read = plain(type, ReadPrefix::byte);
  in.u8();
  read.type.precision = in.u8();
  read.type.scale = in.u8();
  require(read.type.precision >= 1 && read.type.precision <= 38 && read.type.scale <= read.type.precision,
          "bad precision");
  read.type.max_length = decimal_size(read.type.precision);
  return read;
}

ReadType read_scaled_type(Source& in, SqlType type) {
  ReadType read = plain(type, ReadPrefix::byte);
  read.type.scale = in.u8();
  require(read.type.scale <= 7, "bad scale");
  const int time = time_width(read.type.scale);
  read.type.max_length = time + (type == SqlType::time ? 0 : type == SqlType::datetime2 ? 3 : 5);
  return read;
}

void read_collation(Source& in, ReadType& read) {
  CollationBytes bytes;
  std::memcpy(bytes.data(), in.take(bytes.size()), bytes.size());
  read.type.collation = collation_name(bytes);
  read.code_page = collation_named(read.type.collation).code_page;
}

ReadType read_word_type(Source& in, SqlType type, const Dialect& dialect) {
  ReadType read = plain(type, ReadPrefix::word);
  const unsigned length = in.u16();
  if (length == 0xFFFF) {
    read.prefix = ReadPrefix::plp;
    read.type.max_length = -1;
  } else {
    read.type.max_length = static_cast<int>(length);
  }
  if (has_collation(type) && dialect.since_7_1()) read_collation(in, read);
  return read;
}

ReadType read_long_type(Source& in, SqlType type, const Dialect& dialect) {
  ReadType read = plain(type, ReadPrefix::long_);
  in.u32();
  read.type.max_length = 16;  // as sys.columns has it
  if (has_collation(type) && dialect.since_7_1()) read_collation(in, read);
  return read;
}

ReadType read_old_type(Source& in, SqlType type) {
  ReadType read = plain(type, ReadPrefix::byte);
  read.type.max_length = in.u8();
  return read;
}

ReadType read_xml_type(Source& in) {
  if (in.u8() != 0) {  // a schema collection: database, schema, name
    read_byte_string(in);
    read_byte_string(in);
    read_word_string(in);
  }
  ReadType read = plain(SqlType::xml, ReadPrefix::plp);
  read.type.max_length = -1;
  return read;
}

ReadType read_udt_type(Source& in, Place place) {
  if (place == Place::bulk_row) in.u16();
  read_byte_string(in);
  read_byte_string(in);
  const std::string name = read_byte_string(in);
  if (place == Place::bulk_row) read_word_string(in);
  const SqlType type = name == "hierarchyid" ? SqlType::hierarchyid
                       : name == "geometry"  ? SqlType::geometry
                       : name == "geography" ? SqlType::geography
                                             : SqlType::varbinary;
  ReadType read = plain(type, ReadPrefix::plp);
  read.type.max_length = -1;
  return read;
}

// Types of one fixed length, and their form inside a sql_variant.
bool fixed_read_type(std::uint8_t type_token, ReadType& read) {
  switch (type_token) {
    case token::bit: read = plain(SqlType::bit, ReadPrefix::fixed, 1); return true;
    case token::int1: read = plain(SqlType::tinyint, ReadPrefix::fixed, 1); return true;
    case token::int2: read = plain(SqlType::smallint, ReadPrefix::fixed, 2); return true;
    case token::int4: read = plain(SqlType::int_, ReadPrefix::fixed, 4); return true;
    case token::int8: read = plain(SqlType::bigint, ReadPrefix::fixed, 8); return true;
    case token::float4: read = plain(SqlType::real, ReadPrefix::fixed, 4); return true;
    case token::float8: read = plain(SqlType::float_, ReadPrefix::fixed, 8); return true;
    case token::money4: read = plain(SqlType::smallmoney, ReadPrefix::fixed, 4); return true;
    case token::money: read = plain(SqlType::money, ReadPrefix::fixed, 8); return true;
    case token::datetime4: read = plain(SqlType::smalldatetime, ReadPrefix::fixed, 4); return true;
    case token::datetime: read = plain(SqlType::datetime, ReadPrefix::fixed, 8); return true;
    default: return false;
  }
}

std::int64_t signed_number(const std::uint8_t* p, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value |= static_cast<std::uint64_t>(p[i]) << (8 * i);
  const unsigned unused = static_cast<unsigned>(64 - 8 * width);
  return static_cast<std::int64_t>(value << unused) >> unused;
}

std::uint64_t unsigned_number(const std::uint8_t* p, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value |= static_cast<std::uint64_t>(p[i]) << (8 * i);
  return value;
}

std::string decimal_text(std::string_view data, int scale) {
  require(data.size() >= 2 && data.size() <= 17, "bad length of a decimal");
  Decimal value;
  value.negative = data[0] == 0;
  for (std::size_t i = data.size() - 1; i > 0; --i)
    value.magnitude = value.magnitude << 8 | static_cast<unsigned char>(data[i]);
  std::string text;
  append_decimal(text, value, scale);
  return text;
}

std::string money_text(const std::uint8_t* p, std::size_t width) {
  const std::int64_t units = width == 4
                                 ? signed_number(p, 4)
                                 : static_cast<std::int64_t>(unsigned_number(p, 4) << 32 | unsigned_number(p + 4, 4));
  Decimal value;
  value.negative = units < 0;
  value.magnitude = units < 0 ? 0 - static_cast<std::uint64_t>(units) : static_cast<std::uint64_t>(units);
  std::string text;
  append_decimal(text, value, 4);
  return text;
}

template <typename Float>
std::string float_text(const std::uint8_t* p) {
  Float value;
  std::memcpy(&value, p, sizeof value);
  char buffer[40];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, result.ptr};
}

std::string datetime_text(const std::uint8_t* p) {
  const std::int64_t day = signed_number(p, 4) + day_of_1900;
  const std::int64_t ticks = static_cast<std::int64_t>(unsigned_number(p + 4, 4));
  require(day >= 0 && day <= last_day && ticks < 25'920'000, "datetime out of range");
  std::string text;
  append_date(text, day);
  text += ' ';
  append_time(text, (ticks * 10 + 1) / 3 * 10'000, 3);
  return text;
}

std::string smalldatetime_text(const std::uint8_t* p) {
  const std::int64_t minutes = static_cast<std::int64_t>(unsigned_number(p + 2, 2));
  require(minutes < 1440, "smalldatetime out of range");
  std::string text;
  append_date(text, static_cast<std::int64_t>(unsigned_number(p, 2)) + day_of_1900);
  text += ' ';
  append_time(text, minutes * 600'000'000, 0);
  return text;
}

std::int64_t ticks_of(const std::uint8_t* p, std::size_t width, int scale) {
  const std::uint64_t units = unsigned_number(p, width);
  const std::uint64_t unit = static_cast<std::uint64_t>(power_of_ten(7 - scale));
  require(units < static_cast<std::uint64_t>(ticks_per_day) / unit, "time out of range");
  return static_cast<std::int64_t>(units * unit);
}

std::int64_t day_of(const std::uint8_t* p) {
  const std::int64_t day = static_cast<std::int64_t>(unsigned_number(p, 3));
  require(day <= last_day, "date out of range");
  return day;
}

std::string date_text(const std::uint8_t* p) {
  std::string text;
  append_date(text, day_of(p));
  return text;
}

std::string time_text(const std::uint8_t* p, std::size_t size, int scale) {
  require(size >= 3 && size <= 5, "bad length of a time");
  std::string text;
  append_time(text, ticks_of(p, size, scale), scale);
  return text;
}

std::string datetime2_text(const std::uint8_t* p, std::size_t size, int scale) {
  require(size >= 6 && size <= 8, "bad length of a datetime2");
  std::string text = date_text(p + size - 3);
  text += ' ';
  return text + time_text(p, size - 3, scale);
}

std::string datetimeoffset_text(const std::uint8_t* p, std::size_t size, int scale) {
  require(size >= 8 && size <= 10, "bad length of a datetimeoffset");
  const int offset = static_cast<int>(signed_number(p + size - 2, 2));
  require(offset >= -840 && offset <= 840, "offset out of range");
  std::int64_t ticks = ticks_of(p, size - 5, scale) + offset * std::int64_t{600'000'000};
  std::int64_t day = day_of(p + size - 5);
  if (ticks < 0) {
    ticks += ticks_per_day;
    --day;
  } else if (ticks >= ticks_per_day) {
    ticks -= ticks_per_day;
    ++day;
  }
  require(day >= 0 && day <= last_day, "datetimeoffset out of range");
  std::string text;
  append_date(text, day);
  text += ' ';
  append_time(text, ticks, scale);
  text += ' ';
  append_offset(text, offset);
  return text;
}

std::string guid_text(const std::uint8_t* p) {
  char text[37];
  std::snprintf(text, sizeof text, "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X", p[3], p[2],
                p[1], p[0], p[5], p[4], p[7], p[6], p[8], p[9], p[10], p[11], p[12], p[13], p[14], p[15]);
  return text;
}

std::string narrow_text(std::string_view data, int code_page) {
  return code_page == utf8_code_page ? std::string(data) : CodePage::number(code_page).decode(data);
}

// The canonical form of a non-NULL value's bytes.
std::string canonical(const ReadType& read, std::string_view data) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(data.data());
  const std::size_t size = data.size();
  const auto exactly = [&](std::size_t wanted) { require(size == wanted, "bad length of a value"); };
  switch (read.type.type) {
    case SqlType::bit: exactly(1); return p[0] != 0 ? "1" : "0";
    case SqlType::tinyint: exactly(1); return std::to_string(p[0]);
    case SqlType::smallint: exactly(2); return std::to_string(signed_number(p, 2));
    case SqlType::int_: exactly(4); return std::to_string(signed_number(p, 4));
    case SqlType::bigint: exactly(8); return std::to_string(signed_number(p, 8));
    case SqlType::real: exactly(4); return float_text<float>(p);
    case SqlType::float_: exactly(8); return float_text<double>(p);
    case SqlType::decimal:
    case SqlType::numeric: return decimal_text(data, read.type.scale);
    case SqlType::smallmoney: exactly(4); return money_text(p, 4);
    case SqlType::money: exactly(8); return money_text(p, 8);
    case SqlType::smalldatetime: exactly(4); return smalldatetime_text(p);
    case SqlType::datetime: exactly(8); return datetime_text(p);
    case SqlType::date: exactly(3); return date_text(p);
    case SqlType::time: return time_text(p, size, read.type.scale);
    case SqlType::datetime2: return datetime2_text(p, size, read.type.scale);
    case SqlType::datetimeoffset: return datetimeoffset_text(p, size, read.type.scale);
    case SqlType::uniqueidentifier: exactly(16); return guid_text(p);
    case SqlType::char_:
    case SqlType::varchar:
    case SqlType::text: return narrow_text(data, read.code_page);
    case SqlType::nchar:
    case SqlType::nvarchar:
    case SqlType::ntext: return utf16_to_wtf8(data);
    case SqlType::xml:  // a byte order mark is allowed here and is no part of the text
      return utf16_to_wtf8(data.substr(0, 2) == "\xFF\xFE" ? data.substr(2) : data);
    default: return std::string(data);
  }
}

Value value_of(const ReadType& read, std::string_view data) { return {false, canonical(read, data), nullptr}; }

Value read_plp(Source& in, const ReadType& read) {
  const std::uint64_t length = in.u64();
  if (length == ~std::uint64_t{0}) return {};
  std::string data;
  for (std::uint32_t chunk = in.u32(); chunk != 0; chunk = in.u32()) {
    require(data.size() + chunk <= value_limit, "value too long");
    data += in.bytes(chunk);
  }
  require(length == ~std::uint64_t{1} || length == data.size(), "PLP length does not match its chunks");
  return value_of(read, data);
}

// The type inside a sql_variant; `in` stands behind the token's property count.
ReadType read_variant_type(Source& in, std::uint8_t type_token) {
  ReadType read;
  if (fixed_read_type(type_token, read)) return read;
  const auto with_length = [&](SqlType type) {
    read = plain(type, ReadPrefix::fixed);
    if (has_collation(type)) read_collation(in, read);
    read.type.max_length = in.u16();
    return read;
  };
  switch (type_token) {
    case token::guid: return plain(SqlType::uniqueidentifier, ReadPrefix::fixed, 16);
    case token::date: return plain(SqlType::date, ReadPrefix::fixed, 3);
    case token::time: return read_scaled_type(in, SqlType::time);
    case token::datetime2: return read_scaled_type(in, SqlType::datetime2);
    case token::datetimeoffset: return read_scaled_type(in, SqlType::datetimeoffset);
    case token::decimaln:
    case token::numericn:
      read = plain(type_token == token::decimaln ? SqlType::decimal : SqlType::numeric, ReadPrefix::fixed);
      read.type.precision = in.u8();
      read.type.scale = in.u8();
      require(read.type.precision <= 38 && read.type.scale <= read.type.precision, "bad precision");
      return read;
    case token::varbinary: return with_length(SqlType::varbinary);
    case token::binary: return with_length(SqlType::binary);
    case token::varchar: return with_length(SqlType::varchar);
    case token::char_: return with_length(SqlType::char_);
    case token::nvarchar: return with_length(SqlType::nvarchar);
    case token::nchar: return with_length(SqlType::nchar);
    default: throw ProtocolError("undefined type in a sql_variant");
  }
}

Value read_variant(Source& in) {
  const std::uint32_t total = in.u32();
  if (total == 0) return {};
  require(total >= 2 && total <= 8100, "bad length of a sql_variant");
  const std::string bytes(in.bytes(total));
  Source inner(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  const std::uint8_t type_token = inner.u8();
  const std::size_t properties = inner.u8();
  const std::size_t before = inner.left();
  const ReadType read = read_variant_type(inner, type_token);
  require(before - inner.left() == properties, "bad property bytes of a sql_variant");
  Value value = value_of(read, inner.bytes(inner.left()));
  value.variant = std::make_shared<const TypeInfo>(read.type);
  return value;
}

Value read_long(Source& in, const ReadType& read, Place place) {
  if (place == Place::bulk_row) {
    const std::size_t pointer = in.u8();
    if (pointer == 0) return {};
    in.take(pointer + 8);  // and the timestamp
  }
  const std::uint32_t length = in.u32();
  if (length == 0xFFFFFFFF) return {};
  require(length <= value_limit, "value too long");
  return value_of(read, in.bytes(length));
}

}  // namespace

std::string read_byte_string(Source& in) { return utf16_to_wtf8(in.bytes(std::size_t{in.u8()} * 2)); }

std::string read_word_string(Source& in) { return utf16_to_wtf8(in.bytes(std::size_t{in.u16()} * 2)); }

ReadType read_type_info(Source& in, const Dialect& dialect, Place place) {
  const std::uint8_t type_token = in.u8();
  ReadType read;
  if (fixed_read_type(type_token, read)) return read;
  switch (type_token) {
    case token::intn: return read_intn(in);
    case token::bitn: in.u8(); return plain(SqlType::bit, ReadPrefix::byte, 1);
    case token::floatn: return sized(in, SqlType::real, SqlType::float_);
    case token::moneyn: return sized(in, SqlType::smallmoney, SqlType::money);
    case token::datetimen: return sized(in, SqlType::smalldatetime, SqlType::datetime);
    case token::guid: in.u8(); return plain(SqlType::uniqueidentifier, ReadPrefix::byte, 16);
    case token::decimaln: return read_decimal_type(in, SqlType::decimal);
    case token::numericn: return read_decimal_type(in, SqlType::numeric);
    case token::date: return plain(SqlType::date, ReadPrefix::byte, 3);
    case token::time: return read_scaled_type(in, SqlType::time);
    case token::datetime2: return read_scaled_type(in, SqlType::datetime2);
    case token::datetimeoffset: return read_scaled_type(in, SqlType::datetimeoffset);
    case token::char_: return read_word_type(in, SqlType::char_, dialect);
    case token::varchar: return read_word_type(in, SqlType::varchar, dialect);
    case token::nchar: return read_word_type(in, SqlType::nchar, dialect);
    case token::nvarchar: return read_word_type(in, SqlType::nvarchar, dialect);
    case token::binary: return read_word_type(in, SqlType::binary, dialect);
    case token::varbinary: return read_word_type(in, SqlType::varbinary, dialect);
    case token::text: return read_long_type(in, SqlType::text, dialect);
    case token::ntext: return read_long_type(in, SqlType::ntext, dialect);
    case token::image: return read_long_type(in, SqlType::image, dialect);
    case token::old_char: return read_old_type(in, SqlType::char_);
    case token::old_varchar: return read_old_type(in, SqlType::varchar);
    case token::old_binary: return read_old_type(in, SqlType::binary);
    case token::old_varbinary: return read_old_type(in, SqlType::varbinary);
    case token::xml: return read_xml_type(in);
    case token::udt: return read_udt_type(in, place);
    case token::variant: in.u32(); return plain(SqlType::sql_variant, ReadPrefix::variant);
    case token::table: throw ProtocolError("table-valued parameters are not supported");
    default: throw ProtocolError("undefined type token " + std::to_string(type_token));
  }
}

Value read_value(Source& in, const ReadType& read, Place place) {
  switch (read.prefix) {
    case ReadPrefix::fixed: return value_of(read, in.bytes(static_cast<std::size_t>(read.width)));
    case ReadPrefix::byte: {
      const std::size_t length = in.u8();
      return length == 0 ? Value{} : value_of(read, in.bytes(length));
    }
    case ReadPrefix::word: {
      const std::size_t length = in.u16();
      return length == 0xFFFF ? Value{} : value_of(read, in.bytes(length));
    }
    case ReadPrefix::long_: return read_long(in, read, place);
    case ReadPrefix::plp: return read_plp(in, read);
    case ReadPrefix::variant: return read_variant(in);
  }
  return {};
}

}  // namespace tds_server
