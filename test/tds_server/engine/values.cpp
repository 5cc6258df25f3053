#include "values.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "errors.hpp"
#include "moments.hpp"
#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {

Value make_value(std::string bytes) {
  Value value;
  value.null = false;
  value.bytes = std::move(bytes);
  return value;
}

namespace {

template <typename Int>
Int read_int(const char* data) {
  using Unsigned = std::make_unsigned_t<Int>;
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    value = static_cast<Unsigned>((value << 8) | static_cast<unsigned char>(data[i]));
  return static_cast<Int>(value);
}

template <typename Int>
void append_int(std::string& out, Int value) {
  const auto bits = static_cast<std::make_unsigned_t<Int>>(value);
  for (int shift = static_cast<int>(sizeof(Int)) * 8 - 8; shift >= 0; shift -= 8)
    out += static_cast<char>((bits >> shift) & 0xFF);
}

template <typename Number>
std::string to_text(Number number) {
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, number);
  return std::string(buffer, result.ptr);
}

// PostgreSQL's numeric: base-10000 digits, weight of the first, sign, display scale.
std::string decode_numeric(const char* data, int scale) {
  const int digits = read_int<std::int16_t>(data);
  const int weight = read_int<std::int16_t>(data + 2);
  const auto sign = static_cast<std::uint16_t>(read_int<std::int16_t>(data + 4));
  const auto group = [&](int index) {
    return index >= 0 && index < digits ? read_int<std::int16_t>(data + 8 + index * 2) : 0;
  };
  std::string out;
  for (int position = 0; position <= weight; ++position) {
    const int value = group(position);
    char four[5] = {static_cast<char>('0' + value / 1000), static_cast<char>('0' + value / 100 % 10),
                    static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10), 0};
    out += four;
  }
  const std::size_t first = out.find_first_not_of('0');
  out.erase(0, first == std::string::npos ? out.size() : first);
  if (out.empty()) out = "0";
  if (scale > 0) {
    std::string fraction;
    for (int position = weight + 1; static_cast<int>(fraction.size()) < scale; ++position) {
      const int value = position < 0 ? 0 : group(position);
      for (int divisor = 1000; divisor > 0; divisor /= 10) fraction += static_cast<char>('0' + value / divisor % 10);
    }
    fraction.resize(static_cast<std::size_t>(scale));
    out += '.' + fraction;
  }
  if (sign == 0x4000) out.insert(out.begin(), '-');
  return out;
}

void encode_numeric(std::string& out, std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  std::string integral(text.substr(0, point));
  std::string fraction(point == std::string_view::npos ? std::string_view() : text.substr(point + 1));
  const int scale = static_cast<int>(fraction.size());
  while (integral.size() % 4 != 0) integral.insert(integral.begin(), '0');
  while (fraction.size() % 4 != 0) fraction += '0';
  std::vector<std::int16_t> groups;
  const std::string all = integral + fraction;
  for (std::size_t i = 0; i < all.size(); i += 4) {
    groups.push_back(static_cast<std::int16_t>((all[i] - '0') * 1000 + (all[i + 1] - '0') * 100 +
                                               (all[i + 2] - '0') * 10 + (all[i + 3] - '0')));
  }
  int weight = static_cast<int>(integral.size() / 4) - 1;
  std::size_t first = 0, last = groups.size();
  while (first < last && groups[first] == 0) ++first, --weight;
  while (last > first && groups[last - 1] == 0) --last;
  if (first == last) weight = 0;
  append_int<std::int32_t>(out, static_cast<std::int32_t>(8 + (last - first) * 2));
  append_int<std::int16_t>(out, static_cast<std::int16_t>(last - first));
  append_int<std::int16_t>(out, static_cast<std::int16_t>(weight));
  append_int<std::int16_t>(out, negative && first != last ? 0x4000 : 0);
  append_int<std::int16_t>(out, static_cast<std::int16_t>(scale));
  for (; first < last; ++first) append_int<std::int16_t>(out, groups[first]);
}

std::string decode_guid(const char* data) {
  const std::string digits = hex(std::string_view(data, 16));
  return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) +
         "-" + digits.substr(20);
}

int hex_value(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

std::string guid_bytes(std::string_view text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    if (c == '-') continue;
    if (high < 0) {
      high = hex_value(c);
    } else {
      out += static_cast<char>(high * 16 + hex_value(c));
      high = -1;
    }
  }
  return out;
}

// The fields of a composite value.
class RecordReader {
 public:
  explicit RecordReader(const char* data) : at_(data + 4) {}
  // Length of the next field, or -1; data() is its content.
  int next() {
    const int length = read_int<std::int32_t>(at_ + 4);
    data_ = at_ + 8;
    at_ = data_ + (length > 0 ? length : 0);
    return length;
  }
  const char* data() const { return data_; }

 private:
  const char* at_;
  const char* data_{nullptr};
};

void append_field(std::string& out, std::int32_t oid, std::string_view data) {
  append_int<std::int32_t>(out, oid);
  append_int<std::int32_t>(out, static_cast<std::int32_t>(data.size()));
  out += data;
}

constexpr std::int32_t kInt8Oid = 20, kInt2Oid = 21, kInt4Oid = 23, kTextOid = 25, kByteaOid = 17;

std::string decode_instant(const TypeInfo& type, const char* data) {
  RecordReader record(data);
  record.next();
  const auto utc = read_int<std::int64_t>(record.data());
  record.next();
  return format_instant(utc, read_int<std::int16_t>(record.data()), type.scale);
}

// tds.variant: (base, max_length, precision, scale, collation, txt, bin); txt is the canonical
// form, for binaries bin is.
Value decode_variant(const char* data) {
  RecordReader record(data);
  TypeInfo type;
  record.next();
  type.type = static_cast<SqlType>(read_int<std::int16_t>(record.data()));
  record.next();
  type.max_length = read_int<std::int32_t>(record.data());
  record.next();
  type.precision = static_cast<std::uint8_t>(read_int<std::int16_t>(record.data()));
  record.next();
  type.scale = static_cast<std::uint8_t>(read_int<std::int16_t>(record.data()));
  int length = record.next();
  if (length > 0) type.collation.assign(record.data(), static_cast<std::size_t>(length));
  length = record.next();
  Value value;
  value.null = false;
  if (length >= 0) value.bytes = from_stored_text(std::string_view(record.data(), static_cast<std::size_t>(length)));
  length = record.next();
  if (length >= 0) value.bytes.assign(record.data(), static_cast<std::size_t>(length));
  value.variant = std::make_shared<const TypeInfo>(std::move(type));
  return value;
}

}  // namespace

Value decode(const TypeInfo& type, const char* data, int length) {
  if (length < 0) return Value{};
  const std::string_view bytes(data, static_cast<std::size_t>(length));
  switch (type.type) {
    case SqlType::bit:
    case SqlType::tinyint:
    case SqlType::smallint: return make_value(to_text(read_int<std::int16_t>(data)));
    case SqlType::int_: return make_value(to_text(read_int<std::int32_t>(data)));
    case SqlType::bigint: return make_value(to_text(read_int<std::int64_t>(data)));
    case SqlType::decimal:
    case SqlType::numeric:
    case SqlType::money:
    case SqlType::smallmoney: return make_value(decode_numeric(data, type.scale));
    case SqlType::real: return make_value(to_text(std::bit_cast<float>(read_int<std::int32_t>(data))));
    case SqlType::float_: return make_value(to_text(std::bit_cast<double>(read_int<std::int64_t>(data))));
    case SqlType::date: return make_value(format_date(read_int<std::int32_t>(data) + kDay2000));
    case SqlType::time:
    case SqlType::smalldatetime:
    case SqlType::datetime:
    case SqlType::datetime2: return make_value(format_ticks(type, read_int<std::int64_t>(data)));
    case SqlType::datetimeoffset: return make_value(decode_instant(type, data));
    case SqlType::char_:
    case SqlType::varchar:
    case SqlType::text:
    case SqlType::nchar:
    case SqlType::nvarchar:
    case SqlType::ntext:
    case SqlType::xml: return make_value(from_stored_text(bytes));
    case SqlType::uniqueidentifier: return make_value(decode_guid(data));
    case SqlType::sql_variant: return decode_variant(data);
    case SqlType::binary:
    case SqlType::varbinary:
    case SqlType::image:
    case SqlType::timestamp:
    case SqlType::hierarchyid:
    case SqlType::geometry:
    case SqlType::geography: return make_value(std::string(bytes));
  }
  return Value{};
}

namespace {

template <typename Number>
Number parse_number(std::string_view text, std::string_view target) {
  Number number{};
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec == std::errc::result_out_of_range) throw overflow(target);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size())
    throw conversion_failed("varchar", text, target);
  return number;
}

std::string variant_record(const Value& value) {
  const TypeInfo& base = *value.variant;
  const bool binary = family(base.type) == Family::binary;
  std::string out;
  append_int<std::int32_t>(out, 7);
  const auto small = [&](int number) {
    std::string field;
    append_int<std::int16_t>(field, static_cast<std::int16_t>(number));
    append_field(out, kInt2Oid, field);
  };
  small(static_cast<int>(base.type));
  std::string length;
  append_int<std::int32_t>(length, base.max_length);
  append_field(out, kInt4Oid, length);
  small(base.precision);
  small(base.scale);
  append_field(out, kTextOid, base.collation);
  const auto null_field = [&](std::int32_t oid) {
    append_int<std::int32_t>(out, oid);
    append_int<std::int32_t>(out, -1);
  };
  if (binary) {
    null_field(kTextOid);
    append_field(out, kByteaOid, value.bytes);
  } else {
    append_field(out, kTextOid, to_stored_text(value.bytes));
    null_field(kByteaOid);
  }
  return out;
}

void append_sized(std::string& out, std::string_view data) {
  append_int<std::int32_t>(out, static_cast<std::int32_t>(data.size()));
  out += data;
}

}  // namespace

void encode(std::string& out, const TypeInfo& type, const Value& value) {
  if (value.null) {
    append_int<std::int32_t>(out, -1);
    return;
  }
  switch (type.type) {
    case SqlType::bit:
    case SqlType::tinyint:
    case SqlType::smallint:
      append_int<std::int32_t>(out, 2);
      append_int<std::int16_t>(out, parse_number<std::int16_t>(value.bytes, type_name(type.type)));
      return;
    case SqlType::int_:
      append_int<std::int32_t>(out, 4);
      append_int<std::int32_t>(out, parse_number<std::int32_t>(value.bytes, "int"));
      return;
    case SqlType::bigint:
      append_int<std::int32_t>(out, 8);
      append_int<std::int64_t>(out, parse_number<std::int64_t>(value.bytes, "bigint"));
      return;
    case SqlType::decimal:
    case SqlType::numeric:
    case SqlType::money:
    case SqlType::smallmoney: encode_numeric(out, value.bytes); return;
    case SqlType::real:
      append_int<std::int32_t>(out, 4);
      append_int<std::int32_t>(out, std::bit_cast<std::int32_t>(parse_number<float>(value.bytes, "real")));
      return;
    case SqlType::float_:
      append_int<std::int32_t>(out, 8);
      append_int<std::int64_t>(out, std::bit_cast<std::int64_t>(parse_number<double>(value.bytes, "float")));
      return;
    case SqlType::date:
      append_int<std::int32_t>(out, 4);
      append_int<std::int32_t>(out, canonical_day(value.bytes) - kDay2000);
      return;
    case SqlType::time:
    case SqlType::smalldatetime:
    case SqlType::datetime:
    case SqlType::datetime2:
      append_int<std::int32_t>(out, 8);
      append_int<std::int64_t>(out, canonical_ticks(type, value.bytes));
      return;
    case SqlType::datetimeoffset: {
      std::int64_t utc = 0;
      int offset = 0;
      canonical_instant(value.bytes, utc, offset);
      std::string record, field;
      append_int<std::int32_t>(record, 2);
      append_int<std::int64_t>(field, utc);
      append_field(record, kInt8Oid, field);
      field.clear();
      append_int<std::int16_t>(field, static_cast<std::int16_t>(offset));
      append_field(record, kInt2Oid, field);
      append_sized(out, record);
      return;
    }
    case SqlType::char_:
    case SqlType::varchar:
    case SqlType::text:
    case SqlType::nchar:
    case SqlType::nvarchar:
    case SqlType::ntext:
    case SqlType::xml: append_sized(out, to_stored_text(value.bytes)); return;
    case SqlType::uniqueidentifier: append_sized(out, guid_bytes(value.bytes)); return;
    case SqlType::sql_variant: append_sized(out, variant_record(value)); return;
    case SqlType::binary:
    case SqlType::varbinary:
    case SqlType::image:
    case SqlType::timestamp:
    case SqlType::hierarchyid:
    case SqlType::geometry:
    case SqlType::geography: append_sized(out, value.bytes); return;
  }
}

std::string sql_literal(const TypeInfo& type, const Value& value, bool as_text) {
  const bool text = as_text && (family(type.type) == Family::character || type.type == SqlType::xml);
  const std::string target = text ? "text" : std::string(pg_type(type.type));
  if (value.null) return "NULL::" + target;
  switch (family(type.type)) {
    case Family::integer:
    case Family::exact:
    case Family::approximate:
    case Family::guid: return "'" + value.bytes + "'::" + target;
    case Family::date:
      if (type.type == SqlType::date) return "'" + value.bytes + "'::date";
      if (type.type == SqlType::datetimeoffset) {
        std::int64_t utc = 0;
        int offset = 0;
        canonical_instant(value.bytes, utc, offset);
        return "ROW(" + std::to_string(utc) + "::int8," + std::to_string(offset) + "::int2)::tds.instant";
      }
      return "'" + std::to_string(canonical_ticks(type, value.bytes)) + "'::int8";
    case Family::character:
    case Family::xml: return pg_literal(to_stored_text(value.bytes)) + "::" + target;
    case Family::binary:
    case Family::clr: return pg_bytea(value.bytes);
    case Family::variant: {
      const TypeInfo& base = *value.variant;
      const bool binary = family(base.type) == Family::binary;
      return "ROW(" + std::to_string(static_cast<int>(base.type)) + "::int2," + std::to_string(base.max_length) + "," +
             std::to_string(base.precision) + "::int2," + std::to_string(base.scale) + "::int2," +
             pg_literal(base.collation) + "::text," +
             (binary ? "NULL::text," + pg_bytea(value.bytes)
                     : pg_literal(to_stored_text(value.bytes)) + "::text,NULL::bytea") +
             ")::tds.variant";
    }
  }
  return "NULL";
}

std::string round_decimal(std::string_view digits, int precision, int scale, std::string_view target) {
  bool negative = false;
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) {
    negative = digits[0] == '-';
    digits.remove_prefix(1);
  }
  const std::size_t point = digits.find('.');
  std::string integral(digits.substr(0, point));
  std::string fraction(point == std::string_view::npos ? std::string_view() : digits.substr(point + 1));
  const auto places = static_cast<std::size_t>(scale);
  const bool up = fraction.size() > places && fraction[places] >= '5';
  fraction.resize(places, '0');
  std::string all = "0" + integral + fraction;
  if (up) {
    std::size_t i = all.size();
    while (all[--i] == '9') all[i] = '0';
    ++all[i];
  }
  std::string whole = all.substr(0, all.size() - places);
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  const std::size_t significant = whole == "0" ? 0 : whole.size();
  if (significant > static_cast<std::size_t>(precision - scale)) throw overflow(target);
  std::string out = whole;
  if (scale > 0) out += '.' + all.substr(all.size() - places);
  if (negative && out.find_first_not_of("0.") != std::string::npos) out.insert(out.begin(), '-');
  return out;
}

Value moment_from_text(std::string_view text, const TypeInfo& to) {
  const auto moment = parse_moment(text);
  // Digits that make no date are out of range for the old types, anything else is no date at all.
  const bool digits = !text.empty() && text.find_first_not_of("0123456789 -/:.T") == std::string_view::npos;
  if (!moment && digits && (to.type == SqlType::datetime || to.type == SqlType::smalldatetime)) {
    throw error(242,
                "The conversion of a varchar data type to a " + std::string(type_name(to.type)) +
                    " data type resulted in an out-of-range value.",
                16, 3);
  }
  const EngineError failure =
      to.type == SqlType::smalldatetime
          ? error(295, "Conversion failed when converting character string to smalldatetime data type.", 16, 3)
          : error(241, "Conversion failed when converting date and/or time from character string.");
  if (!moment) throw failure;
  const std::int64_t local = moment->day * kTicksPerDay + moment->ticks;
  const std::int64_t utc = local - moment->offset * 60LL * kTicksPerSecond;
  switch (to.type) {
    case SqlType::date: return make_value(format_date(moment->day));
    case SqlType::time: {
      std::int64_t ticks = round_to_scale(moment->ticks, to.scale);
      if (ticks >= kTicksPerDay) ticks = 0;
      return make_value(format_time(ticks, to.scale));
    }
    case SqlType::smalldatetime: {
      const std::int64_t minute = 60 * kTicksPerSecond;
      const std::int64_t rounded = (local + minute / 2) / minute * minute;
      const std::int64_t day = rounded / kTicksPerDay;
      if (day < kDay1900 || day > day_number(2079, 6, 6)) {
        throw error(
            242,
            "The conversion of a varchar data type to a smalldatetime data type resulted in an out-of-range value.", 16,
            3);
      }
      return make_value(format_ticks(to, rounded));
    }
    case SqlType::datetime: {
      if (moment->has_offset) {
        // An offset in a datetime literal is refused, Z alone is taken.
        if (moment->offset != 0) throw failure;
      }
      const std::int64_t rounded = round_to_datetime(local);
      if (rounded < day_number(1753, 1, 1) * kTicksPerDay || rounded >= (kLastDay + 1LL) * kTicksPerDay) {
        throw error(242,
                    "The conversion of a varchar data type to a datetime data type resulted in an out-of-range value.",
                    16, 3);
      }
      return make_value(format_ticks(to, rounded));
    }
    case SqlType::datetime2: {
      std::int64_t rounded = round_to_scale(local, to.scale);
      if (rounded >= (kLastDay + 1LL) * kTicksPerDay) throw failure;
      return make_value(format_ticks(to, rounded));
    }
    default: {
      std::int64_t rounded = round_to_scale(utc, to.scale);
      const std::int64_t end = (kLastDay + 1LL) * kTicksPerDay;
      if (rounded < 0 || rounded >= end || rounded + moment->offset * 60LL * kTicksPerSecond >= end) throw failure;
      return make_value(format_instant(rounded, moment->offset, to.scale));
    }
  }
}

std::string fit_length(std::string bytes, const TypeInfo& type) {
  const int limit = length_in_units(type);
  if (limit < 0) return bytes;
  const auto room = static_cast<std::size_t>(limit);
  if (family(type.type) == Family::binary) {
    if (bytes.size() > room) throw error(8152, "String or binary data would be truncated.", 16, 30);
    if (type.type == SqlType::binary) bytes.resize(room, '\0');
    return bytes;
  }
  const bool utf8 = !is_unicode(type.type) && code_page(type.collation) == 65001;
  std::size_t units = utf8 ? bytes.size() : utf16_length(bytes);
  while (units > room && !bytes.empty() && bytes.back() == ' ') {
    bytes.pop_back();
    --units;
  }
  if (units > room) throw error(8152, "String or binary data would be truncated.", 16, 30);
  if (type.type == SqlType::char_ || type.type == SqlType::nchar) bytes.append(room - units, ' ');
  return bytes;
}

namespace {

EngineError clash(const TypeInfo& from, const TypeInfo& to) {
  return error(206,
               "Operand type clash: " + std::string(type_name(from.type)) + " is incompatible with " +
                   std::string(type_name(to.type)),
               16, 2);
}

// The whole number in a decimal text, cut towards zero.
std::string truncate_decimal(std::string_view text) {
  std::string out(text.substr(0, text.find('.')));
  return out == "-0" || out == "-" || out.empty() ? "0" : out;
}

std::string fixed_notation(std::string_view text) {
  if (text.find_first_of("eE") == std::string_view::npos) return std::string(text);
  const double number = parse_number<double>(text, "numeric");
  char buffer[512];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed);
  return std::string(buffer, result.ptr);
}

std::string integer_in_range(std::string_view text, const TypeInfo& to) {
  const auto number = parse_number<std::int64_t>(text, type_name(to.type));
  const auto [low, high] = [&]() -> std::pair<std::int64_t, std::int64_t> {
    switch (to.type) {
      case SqlType::tinyint: return {0, 255};
      case SqlType::smallint: return {-32768, 32767};
      case SqlType::int_: return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
      default: return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
    }
  }();
  if (to.type == SqlType::bit) return number != 0 ? "1" : "0";
  if (number < low || number > high) {
    if (to.type == SqlType::tinyint || to.type == SqlType::smallint) {
      throw error(220,
                  "Arithmetic overflow error for data type " + std::string(type_name(to.type)) +
                      ", value = " + to_text(number) + ".",
                  16, 2);
    }
    throw overflow(type_name(to.type));
  }
  return to_text(number);
}

Value number_from(std::string_view text, const TypeInfo& to, std::string_view from = "numeric") {
  const std::string fixed = fixed_notation(text);
  switch (family(to.type)) {
    case Family::integer: return make_value(integer_in_range(truncate_decimal(fixed), to));
    case Family::exact:
      if (to.type == SqlType::decimal || to.type == SqlType::numeric) {
        try {
          return make_value(round_decimal(fixed, to.precision, to.scale, "numeric"));
        } catch (const EngineError&) {
          throw error(8115, "Arithmetic overflow error converting " + std::string(from) + " to data type numeric.", 16,
                      8);
        }
      }
      return make_value(round_decimal(fixed, to.precision, to.scale, type_name(to.type)));
    default:
      return make_value(to.type == SqlType::real ? to_text(parse_number<float>(text, "real"))
                                                 : to_text(parse_number<double>(text, "float")));
  }
}

Value from_characters(const Value& value, const TypeInfo& from, const TypeInfo& to) {
  const std::string text = trim(value.bytes);
  switch (family(to.type)) {
    case Family::character:
    case Family::xml: return make_value(fit_length(value.bytes, to));
    case Family::date: return moment_from_text(value.bytes, to);
    case Family::integer:
      if (to.type == SqlType::bit && equals_ignoring_case(text, "true")) return make_value("1");
      if (to.type == SqlType::bit && equals_ignoring_case(text, "false")) return make_value("0");
      if (text.find_first_not_of("+-0123456789") != std::string::npos)
        throw conversion_failed(type_name(from.type), value.bytes, type_name(to.type));
      return number_from(text.empty() ? "0" : text, to);
    case Family::exact:
    case Family::approximate:
      if (text.empty() || text.find_first_not_of("+-0123456789.eE") != std::string::npos) {
        throw error(8114,
                    "Error converting data type " + std::string(type_name(from.type)) + " to " +
                        std::string(type_name(to.type)) + ".",
                    16, 5);
      }
      return number_from(text, to);
    case Family::guid: {
      std::string guid = upper(text);
      if (guid.size() >= 2 && guid.front() == '{' && guid.back() == '}') guid = guid.substr(1, guid.size() - 2);
      bool good = guid.size() >= 36;
      for (std::size_t i = 0; good && i < 36; ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        good = dash ? guid[i] == '-' : (guid[i] >= '0' && guid[i] <= '9') || (guid[i] >= 'A' && guid[i] <= 'F');
      }
      if (!good)
        throw error(8169, "Conversion failed when converting from a character string to uniqueidentifier.", 16, 2);
      return make_value(guid.substr(0, 36));
    }
    default: throw clash(from, to);
  }
}

Value from_date(const Value& value, const TypeInfo& from, const TypeInfo& to) {
  if (is_character(to.type)) return make_value(fit_length(value.bytes, to));
  if (family(to.type) != Family::date) throw clash(from, to);
  // The canonical text of a datetime rounds the third of a hundredth; every other kind reads back
  // exactly.
  return moment_from_text(value.bytes, to);
}

}  // namespace

Value convert_value(const Value& value, const TypeInfo& from, const TypeInfo& to) {
  if (value.null) return value;
  if (to.type == SqlType::sql_variant) {
    if (value.variant) return value;
    Value result = value;
    result.variant = std::make_shared<const TypeInfo>(from);
    return result;
  }
  if (value.variant) {
    Value base = value;
    base.variant.reset();
    return convert_value(base, *value.variant, to);
  }
  switch (family(from.type)) {
    case Family::character:
    case Family::xml: return from_characters(value, from, to);
    case Family::date: return from_date(value, from, to);
    case Family::integer:
    case Family::exact:
    case Family::approximate:
      if (is_numeric(to.type))
        return number_from(value.bytes, to, from.type == SqlType::decimal ? "numeric" : type_name(from.type));
      if (is_character(to.type)) return make_value(fit_length(value.bytes, to));
      throw clash(from, to);
    case Family::binary:
    case Family::clr:
      if (family(to.type) == Family::binary || family(to.type) == Family::clr)
        return make_value(fit_length(value.bytes, to));
      throw clash(from, to);
    case Family::guid:
      if (to.type == SqlType::uniqueidentifier) return value;
      if (is_character(to.type)) return make_value(fit_length(value.bytes, to));
      throw clash(from, to);
    case Family::variant: break;
  }
  throw clash(from, to);
}

}  // namespace tds_server::engine
