// Windows code pages, which SQL Server's varchar columns are in, by way of glibc's iconv.
//
// What is kept between calls is never freed: a backend meets a handful of code pages in its life,
// and a destructor that runs at exit would run inside PostgreSQL's own exit. Not safe for threads,
// which a backend has none of.
#include <iconv.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>

#include "core/error.hpp"
#include "unicode.hpp"

namespace mssql::tds {

namespace {

struct CodePage {
  int number;
  const char* iconv_name;
  bool single_byte;
};

// clang-format off
constexpr CodePage code_pages[] = {
    {437, "CP437", true},   {850, "CP850", true},   {874, "CP874", true},   {932, "CP932", false},  {936, "CP936", false},
    {949, "CP949", false},  {950, "CP950", false},  {1250, "CP1250", true}, {1251, "CP1251", true}, {1252, "CP1252", true},
    {1253, "CP1253", true}, {1254, "CP1254", true}, {1255, "CP1255", true}, {1256, "CP1256", true}, {1257, "CP1257", true},
    {1258, "CP1258", true},
};
// clang-format on
constexpr std::size_t code_page_count = std::size(code_pages);

std::size_t index_of(int number) {
  for (std::size_t i = 0; i < code_page_count; ++i)
    if (code_pages[i].number == number) return i;
  throw Error(sqlstate::feature_not_supported, "code page " + std::to_string(number) + " is not supported", {},
              "Select the column as CAST(... AS nvarchar(max)) in the foreign table's query option.");
}

[[noreturn]] void throw_no_character(int code_page, const std::uint8_t* data, std::size_t size) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string bytes = "0x";
  for (std::size_t i = 0; i < size; ++i) {
    bytes += digits[data[i] >> 4];
    bytes += digits[data[i] & 15];
  }
  throw Error(sqlstate::invalid_byte_sequence,
              "byte sequence " + bytes + " has no character in code page " + std::to_string(code_page));
}

iconv_t open_converter(const CodePage& page) {
  const iconv_t converter = iconv_open("UTF-8", page.iconv_name);
  if (converter == reinterpret_cast<iconv_t>(-1))
    throw Error(
        sqlstate::feature_not_supported, "the C library cannot convert code page " + std::to_string(page.number),
        std::string("iconv_open failed for ") + page.iconv_name + ".", "Install the C library's gconv modules.");
  return converter;
}

// The UTF-8 of each byte of a single-byte code page; length 0: no character. Entries are copied as
// a whole, their length behind the bytes, so that one four-byte store does each character.
struct ByteTable {
  struct Entry {
    char bytes[3];
    std::uint8_t length;
  };
  std::array<Entry, 256> entries;
};

const ByteTable& byte_table(std::size_t index) {
  static const ByteTable* tables[code_page_count];
  if (tables[index] != nullptr) return *tables[index];
  auto table = std::make_unique<ByteTable>();
  const iconv_t converter = open_converter(code_pages[index]);
  for (unsigned i = 0; i < 256; ++i) {
    char in = static_cast<char>(i);
    char out[8];
    char* from = &in;
    char* to = out;
    std::size_t in_left = 1;
    std::size_t out_left = sizeof out;
    iconv(converter, nullptr, nullptr, nullptr, nullptr);
    const bool converted = iconv(converter, &from, &in_left, &to, &out_left) != static_cast<std::size_t>(-1);
    iconv(converter, nullptr, nullptr, &to, &out_left);  // CP1255 and CP1258 hold a base character back to compose it
    auto& entry = table->entries[i];
    entry.length = converted ? static_cast<std::uint8_t>(to - out) : 0;
    std::memcpy(entry.bytes, out, entry.length);
    if (!converted && i >= 0x80 && i <= 0x9F) {
      // Windows maps the unassigned bytes of this range to the C1 control of the same number, and
      // so does SQL Server.
      entry = {{static_cast<char>(0xC2), static_cast<char>(i), 0}, 2};
    }
  }
  iconv_close(converter);
  tables[index] = table.release();
  return *tables[index];
}

void single_byte_to_utf8(std::size_t index, const std::uint8_t* data, std::size_t size, std::string& out) {
  const ByteTable& table = byte_table(index);
  char block[3 * 1024 + 1];
  for (std::size_t at = 0; at < size;) {
    const std::size_t end = size - at < 1024 ? size : at + 1024;
    char* put = block;
    for (; at < end; ++at) {
      const ByteTable::Entry entry = table.entries[data[at]];
      if (entry.length == 0) throw_no_character(code_pages[index].number, data + at, 1);
      std::memcpy(put, &entry, sizeof entry);
      put += entry.length;
    }
    out.append(block, static_cast<std::size_t>(put - block));
  }
}

iconv_t double_byte_converter(std::size_t index) {
  static iconv_t converters[code_page_count];
  if (converters[index] == nullptr) converters[index] = open_converter(code_pages[index]);
  iconv(converters[index], nullptr, nullptr, nullptr, nullptr);
  return converters[index];
}

// Single bytes that Windows gives a character and glibc's tables do not.
bool put_windows_extra(int code_page, std::uint8_t byte, std::string& out) {
  if (code_page == 936 && byte == 0x80) return out += "\xE2\x82\xAC", true;  // the euro sign
  if (code_page != 932) return false;
  switch (byte) {
    case 0x80: return out += "\xC2\x80", true;
    case 0xA0: return out += "\xEF\xA3\xB0", true;  // U+F8F0 and its neighbours, of the private use area
    case 0xFD: return out += "\xEF\xA3\xB1", true;
    case 0xFE: return out += "\xEF\xA3\xB2", true;
    case 0xFF: return out += "\xEF\xA3\xB3", true;
    default: return false;
  }
}

void double_byte_to_utf8(std::size_t index, const std::uint8_t* data, std::size_t size, std::string& out) {
  const iconv_t converter = double_byte_converter(index);
  const int number = code_pages[index].number;
  char* from = const_cast<char*>(reinterpret_cast<const char*>(data));  // iconv reads only
  std::size_t in_left = size;
  char block[4096];
  while (in_left > 0) {
    char* to = block;
    std::size_t out_left = sizeof block;
    const std::size_t status = iconv(converter, &from, &in_left, &to, &out_left);
    const int failure = status == static_cast<std::size_t>(-1) ? errno : 0;
    out.append(block, static_cast<std::size_t>(to - block));
    if (failure == 0 || failure == E2BIG) continue;
    const auto* bad = reinterpret_cast<const std::uint8_t*>(from);
    if (!put_windows_extra(number, *bad, out))
      throw_no_character(number, bad, failure == EINVAL || in_left == 1 ? 1 : 2);
    ++from;
    --in_left;
  }
}

std::size_t utf8_length(char first) noexcept {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

bool has_character(const ByteTable& table, std::string_view character) noexcept {
  for (const ByteTable::Entry& entry : table.entries)
    if (std::string_view(entry.bytes, entry.length) == character) return true;
  return false;
}

bool is_in_single_byte(std::size_t index, std::string_view utf8) {
  const ByteTable& table = byte_table(index);
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t length = utf8_length(utf8[at]);
    if (length > 1 && !has_character(table, utf8.substr(at, length))) return false;
    at += length;
  }
  return true;
}

// There and back: iconv has characters that it takes for others.
bool is_in_double_byte(std::size_t index, std::string_view utf8) {
  const iconv_t converter = iconv_open(code_pages[index].iconv_name, "UTF-8");
  if (converter == reinterpret_cast<iconv_t>(-1)) return false;
  std::string bytes(2 * utf8.size(), '\0');
  char* from = const_cast<char*>(utf8.data());  // iconv reads only
  char* to = bytes.data();
  std::size_t in_left = utf8.size();
  std::size_t out_left = bytes.size();
  const bool converted = iconv(converter, &from, &in_left, &to, &out_left) == 0;
  iconv_close(converter);
  if (!converted) return false;
  std::string back;
  double_byte_to_utf8(index, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size() - out_left, back);
  return back == utf8;
}

}  // namespace

bool is_in_code_page(int code_page, std::string_view utf8) {
  if (code_page == 65001) return true;
  const std::size_t index = index_of(code_page);
  return code_pages[index].single_byte ? is_in_single_byte(index, utf8) : is_in_double_byte(index, utf8);
}

void code_page_to_utf8(int code_page, const std::uint8_t* data, std::size_t size, std::string& out) {
  if (code_page == 65001) {
    for (std::size_t at = 0; (at += find_unstorable(data + at, size - at)) < size; ++at)
      if (data[at] != 0) throw_no_character(code_page, data + at, 1);
    out.append(reinterpret_cast<const char*>(data), size);
    return;
  }
  const std::size_t index = index_of(code_page);
  if (code_pages[index].single_byte) {
    single_byte_to_utf8(index, data, size, out);
  } else {
    double_byte_to_utf8(index, data, size, out);
  }
}

}  // namespace mssql::tds
