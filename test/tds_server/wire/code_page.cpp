// Code pages through glibc's iconv, asked once for every byte and byte pair.
#include "code_page.hpp"

#include <iconv.h>

#include <map>
#include <memory>
#include <mutex>

#include "collation.hpp"
#include "unicode.hpp"

namespace tds_server {

namespace {

// The BMP character that `length` bytes stand for, or 0.
std::uint16_t character_of(iconv_t converter, const char* bytes, std::size_t length) {
  iconv(converter, nullptr, nullptr, nullptr, nullptr);
  char* in = const_cast<char*>(bytes);
  std::size_t in_left = length;
  unsigned char out[8];
  char* out_at = reinterpret_cast<char*>(out);
  std::size_t out_left = sizeof out;
  if (iconv(converter, &in, &in_left, &out_at, &out_left) == static_cast<std::size_t>(-1) || in_left != 0) return 0;
  iconv(converter, nullptr, nullptr, &out_at, &out_left);  // cp1258 and its like hold a character back
  return sizeof out - out_left == 2 ? static_cast<std::uint16_t>(out[0] | out[1] << 8) : std::uint16_t{0};
}

}  // namespace

const CodePage& CodePage::number(int number) {
  static std::mutex mutex;
  static std::map<int, std::unique_ptr<CodePage>> pages;
  const std::lock_guard lock(mutex);
  std::unique_ptr<CodePage>& page = pages[number];
  if (!page) page = std::make_unique<CodePage>(number);
  return *page;
}

CodePage::CodePage(int number) : encode_(65536), single_(256), double_(65536) {
  iconv_t converter = iconv_open("UTF-16LE", ("CP" + std::to_string(number)).c_str());
  if (converter == reinterpret_cast<iconv_t>(-1)) throw std::runtime_error("no code page " + std::to_string(number));
  read_single_bytes(converter);
  if (number == 932 || number == 936 || number == 949 || number == 950) read_double_bytes(converter);
  iconv_close(converter);
  for (unsigned byte = 0x80; byte < 0xA0; ++byte) {
    const bool undefined =
        single_[byte] == 0 && encode_[byte] == 0 && double_[byte << 8 | 0x80] == 0 && double_[byte << 8 | 0x41] == 0;
    if (undefined) single_[byte] = encode_[byte] = static_cast<std::uint16_t>(byte);
  }
}

void CodePage::read_single_bytes(void* converter) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    const std::uint16_t character = character_of(converter, &text, 1);
    single_[byte] = character;
    if (character != 0) encode_[character] = static_cast<std::uint16_t>(byte);
  }
}

void CodePage::read_double_bytes(void* converter) {
  for (unsigned pair = 0x8100; pair < 0xFF00; ++pair) {
    if (single_[pair >> 8] != 0 || (pair & 0xFF) < 0x40) continue;
    const char text[2] = {static_cast<char>(pair >> 8), static_cast<char>(pair)};
    const std::uint16_t character = character_of(converter, text, 2);
    double_[pair] = character;
    // cp932 has some characters twice; Windows writes the first one, except that NEC row 13 beats
    // IBM's extension.
    if (character != 0 && encode_[character] == 0) encode_[character] = static_cast<std::uint16_t>(pair);
  }
}

void CodePage::append(ByteBuffer& out, std::string_view text) const {
  const std::size_t start = out.size();
  std::uint8_t* const begin = out.grow(text.size() + 1);  // no character takes more bytes here than in UTF-8
  std::uint8_t* p = begin;
  for (std::size_t position = 0; position < text.size();) {
    const unsigned char byte = static_cast<unsigned char>(text[position]);
    if (byte < 0x80) {
      *p++ = byte;
      ++position;
      continue;
    }
    const char32_t code = next_code_point(text, position);
    const std::uint16_t bytes = code < 0x10000 ? encode_[code] : std::uint16_t{0};
    if (code >= 0x10000) *p++ = '?';
    if (bytes > 0xFF) *p++ = static_cast<std::uint8_t>(bytes >> 8);
    *p++ = bytes == 0 ? std::uint8_t{'?'} : static_cast<std::uint8_t>(bytes);
  }
  out.truncate(start + static_cast<std::size_t>(p - begin));
}

std::string CodePage::decode(std::string_view bytes) const {
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned byte = static_cast<unsigned char>(bytes[i]);
    std::uint16_t character = single_[byte];
    if (character == 0 && byte != 0 && i + 1 < bytes.size()) {
      character = double_[byte << 8 | static_cast<unsigned char>(bytes[i + 1])];
      if (character != 0) ++i;
    }
    append_code_point(text, character == 0 && byte != 0 ? U'?' : char32_t{character});
  }
  return text;
}

}  // namespace tds_server
