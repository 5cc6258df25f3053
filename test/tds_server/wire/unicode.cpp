// UTF-16LE to and from WTF-8. ASCII, which most text is, takes a path of its own.
#include "unicode.hpp"

namespace tds_server {

namespace {

constexpr char32_t replacement = 0xFFFD;

bool is_continuation(std::string_view text, std::size_t position) {
  return position < text.size() && (static_cast<unsigned char>(text[position]) & 0xC0) == 0x80;
}

char32_t continuation(std::string_view text, std::size_t position) {
  return static_cast<unsigned char>(text[position]) & 0x3Fu;
}

bool is_high(char32_t code) { return code >= 0xD800 && code < 0xDC00; }
bool is_low(char32_t code) { return code >= 0xDC00 && code < 0xE000; }

std::uint8_t* put_unit(std::uint8_t* p, char32_t unit) {
  p[0] = static_cast<std::uint8_t>(unit);
  p[1] = static_cast<std::uint8_t>(unit >> 8);
  return p + 2;
}

char32_t unit_at(std::string_view bytes, std::size_t position) {
  return static_cast<char32_t>(static_cast<unsigned char>(bytes[position]) |
                               static_cast<unsigned char>(bytes[position + 1]) << 8);
}

}  // namespace

char32_t next_code_point(std::string_view text, std::size_t& position) {
  const char32_t lead = static_cast<unsigned char>(text[position]);
  if (lead < 0x80) return ++position, lead;
  if (lead >= 0xC2 && lead < 0xE0 && is_continuation(text, position + 1)) {
    const char32_t code = (lead & 0x1F) << 6 | continuation(text, position + 1);
    return position += 2, code;
  }
  if (lead >= 0xE0 && lead < 0xF0 && is_continuation(text, position + 1) && is_continuation(text, position + 2)) {
    const char32_t code =
        (lead & 0x0F) << 12 | continuation(text, position + 1) << 6 | continuation(text, position + 2);
    if (code >= 0x800) return position += 3, code;
  }
  if (lead >= 0xF0 && lead < 0xF5 && is_continuation(text, position + 1) && is_continuation(text, position + 2) &&
      is_continuation(text, position + 3)) {
    const char32_t code = (lead & 0x07) << 18 | continuation(text, position + 1) << 12 |
                          continuation(text, position + 2) << 6 | continuation(text, position + 3);
    if (code >= 0x10000 && code <= 0x10FFFF) return position += 4, code;
  }
  return ++position, replacement;
}

void append_code_point(std::string& text, char32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      text += static_cast<char>(0xE0 | code >> 12);
    } else {
      text += static_cast<char>(0xF0 | code >> 18);
      text += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    }
    text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
  }
  text += static_cast<char>(0x80 | (code & 0x3F));
}

std::size_t append_utf16(ByteBuffer& out, std::string_view text) {
  const std::size_t start = out.size();
  // A UTF-8 byte never becomes more than one UTF-16 unit.
  std::uint8_t* p = out.grow(text.size() * 2);
  const std::uint8_t* begin = p;
  std::size_t position = 0;
  while (position < text.size()) {
    const unsigned char byte = static_cast<unsigned char>(text[position]);
    if (byte < 0x80) {
      p[0] = byte;
      p[1] = 0;
      p += 2;
      ++position;
      continue;
    }
    const char32_t code = next_code_point(text, position);
    if (code < 0x10000) {
      p = put_unit(p, code);
    } else {
      p = put_unit(p, 0xD7C0 + (code >> 10));
      p = put_unit(p, 0xDC00 + (code & 0x3FF));
    }
  }
  const std::size_t written = static_cast<std::size_t>(p - begin);
  out.truncate(start + written);
  return written;
}

std::string utf16_to_wtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  const std::size_t end = bytes.size() & ~static_cast<std::size_t>(1);
  for (std::size_t i = 0; i < end; i += 2) {
    char32_t code = unit_at(bytes, i);
    if (is_high(code) && i + 2 < end && is_low(unit_at(bytes, i + 2))) {
      code = 0x10000 + ((code - 0xD800) << 10) + (unit_at(bytes, i + 2) - 0xDC00);
      i += 2;
    }
    append_code_point(text, code);
  }
  return text;
}

std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (std::size_t position = 0; position < text.size();) units += next_code_point(text, position) < 0x10000 ? 1 : 2;
  return units;
}

std::string_view cut_utf16(std::string_view text, std::size_t units) {
  if (text.size() <= units) return text;
  std::size_t position = 0;
  while (position < text.size()) {
    std::size_t next = position;
    const std::size_t needed = next_code_point(text, next) < 0x10000 ? 1 : 2;
    if (needed > units) break;
    units -= needed;
    position = next;
  }
  return text.substr(0, position);
}

}  // namespace tds_server
