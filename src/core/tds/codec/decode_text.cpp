// Character data, and every other type as text. Spellings of CONVERT style 121 where SQL Server has
// one, else PostgreSQL's.
#include <string>

#include "core/error.hpp"
#include "core/spelling.hpp"
#include "cell.hpp"
#include "decode.hpp"
#include "unicode.hpp"
#include "variant.hpp"

namespace mssql::tds {

namespace {

const std::uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

bool is_storable(std::string_view text) { return find_unstorable(bytes_of(text), text.size()) == text.size(); }

// The three bytes of a surrogate in WTF-8.
bool is_encoded_surrogate(std::string_view text) {
  if (text.size() < 3) return false;
  const std::uint8_t* bytes = bytes_of(text);
  return bytes[0] == 0xED && bytes[1] >= 0xA0 && bytes[1] <= 0xBF && (bytes[2] & 0xC0) == 0x80;
}

[[noreturn]] void throw_refused(const Column& column, bool is_nul) {
  throw Error(
      sqlstate::untranslatable_character,
      describe_column(column) + (is_nul ? " holds a NUL character (U+0000)" : " holds half of a surrogate pair"),
      "PostgreSQL's text cannot store it.",
      "Set nul_policy to \"replace\" (by U+FFFD) or \"strip\": an option of foreign servers and tables; for a copy, "
      "options => '{\"nul_policy\": \"replace\"}'.");
}

// `text` with every NUL and lone surrogate treated as `policy` says.
std::string apply_policy(const Column& column, std::string_view text, CharacterPolicy policy) {
  std::string out;
  out.reserve(text.size() + 8);
  for (;;) {
    const std::size_t good = find_unstorable(bytes_of(text), text.size());
    out += text.substr(0, good);
    text.remove_prefix(good);
    if (text.empty()) return out;
    const bool is_nul = text[0] == '\0';
    if (!is_nul && !is_encoded_surrogate(text))
      throw Error(sqlstate::invalid_byte_sequence, "invalid UTF-8 from SQL Server in " + describe_column(column));
    if (policy == CharacterPolicy::error) throw_refused(column, is_nul);
    if (policy == CharacterPolicy::replace) out += "\xEF\xBF\xBD";
    text.remove_prefix(is_nul ? 1 : 3);
  }
}

// `scratch` keeps the size of the longest text that was in it, so that no room is filled with zeros
// before each text.
std::string_view utf16_to_utf8(const Column& column, const Cell& cell, std::string& scratch, bool& clean) {
  constexpr std::size_t short_text = 16384;  // units
  const std::size_t units = utf16_units(cell.size);
  const std::size_t room = units <= short_text ? utf8_room(units) : utf8_room(cell.data, units);
  if (scratch.size() < room) scratch.resize(room);
  const Utf8Text text = utf16le_to_utf8(cell.data, units, scratch.data(), column.padded);
  clean = !text.suspicious;
  return {scratch.data(), text.size};
}

// The cell in UTF-8, a view of itself when it is that already; `clean` says that nothing in it
// needs a policy.
std::string_view to_utf8(const Column& column, const Cell& cell, std::string& scratch, bool& clean) {
  const std::string_view raw(reinterpret_cast<const char*>(cell.data), cell.size);
  switch (column.encoding) {
    case Encoding::utf8: clean = is_storable(raw); return raw;
    case Encoding::utf16le: return utf16_to_utf8(column, cell, scratch, clean);
    case Encoding::code_page: {
      // Every Windows code page has ASCII where ASCII has it, and no double-byte character of one
      // starts with an ASCII byte.
      clean = true;
      if (storable_ascii(cell.data, cell.size) == cell.size) return raw;
      scratch.clear();
      code_page_to_utf8(column.code_page, cell.data, cell.size, scratch);
      clean = is_storable(scratch);
      return scratch;
    }
    case Encoding::none: break;
  }
  throw Error(sqlstate::internal, describe_column(column) + " has no character encoding");
}

void append_datetimeoffset(const Column& column, WireDateTime value, std::string& out) {
  shift(value, value.offset);
  if (value.days < 0 || value.days > last_day)
    throw Error(sqlstate::datetime_overflow, "date or time out of range in " + describe_column(column),
                "Its local time is outside the years 1 to 9999.");
  append_date(out, value.days);
  out += ' ';
  append_time(out, value.ticks, column.scale);
  out += ' ';
  append_offset(out, value.offset);
}

void append_datetime(const Column& column, const Cell& cell, std::string& out) {
  const WireDateTime value = read_datetime(column, cell);
  switch (column.type) {
    case WireType::date: return append_date(out, value.days);
    case WireType::time: return append_time(out, value.ticks, column.scale);
    case WireType::datetimeoffset: return append_datetimeoffset(column, value, out);
    default: break;
  }
  append_date(out, value.days);
  out += ' ';
  append_time(out, value.ticks,
              column.type == WireType::datetime2  ? column.scale
              : column.type == WireType::datetime ? 3
                                                  : 0);
}

[[gnu::noinline]] std::string_view decode_any_text(const Column& column, const Cell& cell, CharacterPolicy policy,
                                                   std::string& scratch) {
  if (cell.is_null()) throw_null(column);
  bool clean = false;
  std::string_view text;
  try {
    text = to_utf8(column, cell, scratch, clean);
  } catch (Error& error) {
    if (error.detail.empty()) error.detail = "The text is in " + describe_column(column) + ".";
    throw;
  }
  if (!clean) {
    std::string mended = apply_policy(column, text, policy);
    scratch = std::move(mended);
    text = scratch;
  }
  // SQL Server may open xml with a byte order mark, which is no part of it.
  if (column.type == WireType::xml && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

}  // namespace

std::string_view decode_text(const Column& column, const Cell& cell, CharacterPolicy policy, std::string& scratch) {
  // nvarchar that is as it should be and fits into `scratch` as it is
  const std::size_t units = cell.size / 2;
  if (column.encoding == Encoding::utf16le && column.type == WireType::text && !cell.is_null() && cell.size % 2 == 0 &&
      utf8_room(units) <= scratch.size()) {
    const Utf8Text text = utf16le_to_utf8(cell.data, units, scratch.data(), column.padded);
    if (!text.suspicious) return {scratch.data(), text.size};
  }
  return decode_any_text(column, cell, policy, scratch);
}

void decode_to_text(const Column& column, const Cell& cell, CharacterPolicy policy, std::string& out) {
  if (cell.is_null()) throw_null(column);
  switch (column.type) {
    case WireType::bit: out += decode_integer(column, cell) != 0 ? "true" : "false"; return;
    case WireType::tinyint:
    case WireType::smallint:
    case WireType::int_:
    case WireType::bigint: out += std::to_string(decode_integer(column, cell)); return;
    case WireType::real: return append_float(static_cast<float>(decode_float(column, cell)), out);
    case WireType::float_: return append_float(decode_float(column, cell), out);
    case WireType::money:
    case WireType::smallmoney:
    case WireType::decimal: return append_decimal(decode_decimal(column, cell), out);
    case WireType::date:
    case WireType::time:
    case WireType::smalldatetime:
    case WireType::datetime:
    case WireType::datetime2:
    case WireType::datetimeoffset: return append_datetime(column, cell, out);
    case WireType::uniqueidentifier: return append_uuid(decode_uuid(column, cell), out);
    case WireType::text:
    case WireType::xml: {
      std::string scratch;
      out += decode_text(column, cell, policy, scratch);
      return;
    }
    case WireType::binary:
    case WireType::udt: out += "\\x"; return append_hex(cell.data, cell.size, out);
    case WireType::variant: {
      Column base;
      Cell value;
      open_variant(column, cell, base, value);
      return decode_to_text(base, value, policy, out);
    }
  }
}

}  // namespace mssql::tds
