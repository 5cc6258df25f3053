#include "text.hpp"

namespace tds_server::engine {
namespace {

constexpr std::uint32_t kNul = 0x10F000;
constexpr std::uint32_t kSurrogateBase = 0x10F800;  // + (surrogate - 0xD800)
constexpr std::uint32_t kSurrogateLast = 0x10FFFF;
constexpr std::uint32_t kMark = 0x10EFFF;  // the next code point stands for itself

bool needs_mark(std::uint32_t c) { return c == kMark || c == kNul || (c >= kSurrogateBase && c <= kSurrogateLast); }

// Simple case folding of the alphabets whose cases differ by a constant.
std::uint32_t fold_code_point(std::uint32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if (c < 0x80) return c;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
  if (c >= 0x100 && c <= 0x137) return c | 1;
  if (c >= 0x139 && c <= 0x148) return c % 2 == 1 ? c + 1 : c;
  if (c >= 0x14A && c <= 0x177) return c | 1;
  if (c >= 0x391 && c <= 0x3A9) return c + 32;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  return c;
}

}  // namespace

std::uint32_t next_code_point(std::string_view text, std::size_t& position) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(position);
  const std::size_t length = lead < 0x80 ? 1 : (lead >> 5) == 6 ? 2 : (lead >> 4) == 14 ? 3 : (lead >> 3) == 30 ? 4 : 0;
  if (length == 0 || position + length > text.size()) return byte(position++);
  std::uint32_t c = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(position + i) & 0xC0) != 0x80) return byte(position++);
    c = (c << 6) | (byte(position + i) & 0x3F);
  }
  position += length;
  return c;
}

void append_code_point(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) append_code_point(out, fold_code_point(next_code_point(text, i)));
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a == b) return true;
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (fold_code_point(next_code_point(a, i)) != fold_code_point(next_code_point(b, j))) return false;
  }
  return i == a.size() && j == b.size();
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

std::size_t utf16_length(std::string_view wtf8) {
  std::size_t units = 0;
  for (const char c : wtf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

std::string_view utf16_prefix(std::string_view wtf8, std::size_t units) {
  std::size_t i = 0;
  for (std::size_t used = 0; i < wtf8.size();) {
    std::size_t next = i;
    used += next_code_point(wtf8, next) >= 0x10000 ? 2 : 1;
    if (used > units) break;
    i = next;
  }
  return wtf8.substr(0, i);
}

std::string to_stored_text(std::string_view wtf8) {
  bool plain = true;
  for (const char c : wtf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0 || byte == 0xED || byte == 0xF4) {
      plain = false;
      break;
    }
  }
  if (plain) return std::string(wtf8);
  std::string out;
  out.reserve(wtf8.size() + 8);
  for (std::size_t i = 0; i < wtf8.size();) {
    const std::uint32_t c = next_code_point(wtf8, i);
    if (c == 0) {
      append_code_point(out, kNul);
    } else if (c >= 0xD800 && c <= 0xDFFF) {
      append_code_point(out, kSurrogateBase + (c - 0xD800));
    } else {
      if (needs_mark(c)) append_code_point(out, kMark);
      append_code_point(out, c);
    }
  }
  return out;
}

std::string from_stored_text(std::string_view stored) {
  if (stored.find('\xF4') == std::string_view::npos) return std::string(stored);
  std::string out;
  out.reserve(stored.size());
  std::uint32_t high = 0;  // a lone high surrogate just written: a low one after it makes a pair
  for (std::size_t i = 0; i < stored.size();) {
    std::uint32_t c = next_code_point(stored, i);
    if (c == kMark && i < stored.size()) {
      c = next_code_point(stored, i);
    } else if (c == kNul) {
      c = 0;
    } else if (c >= kSurrogateBase && c <= kSurrogateLast) {
      c = 0xD800 + (c - kSurrogateBase);
      if (c >= 0xDC00 && high != 0) {
        out.resize(out.size() - 3);
        c = 0x10000 + ((high - 0xD800) << 10) + (c - 0xDC00);
        high = 0;
        append_code_point(out, c);
        continue;
      }
      high = c < 0xDC00 ? c : 0;
      append_code_point(out, c);
      continue;
    }
    high = 0;
    append_code_point(out, c);
  }
  return out;
}

std::string to_windows_1252(std::string_view wtf8) {
  static constexpr std::uint32_t kHigh[] = {0x20AC, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030,
                                            0x0160, 0x2039, 0x0152, 0x017D, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                            0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x017E, 0x0178};
  std::string out;
  for (std::size_t i = 0; i < wtf8.size();) {
    const std::uint32_t c = next_code_point(wtf8, i);
    bool known = c <= 0xFF;
    for (const std::uint32_t high : kHigh) known = known || c == high;
    if (known) {
      append_code_point(out, c);
    } else {
      out += c >= 0x10000 ? "??" : "?";
    }
  }
  return out;
}

std::string pg_literal(std::string_view text) {
  std::string out = "'";
  out.reserve(text.size() + 2);
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  out += '\'';
  return out;
}

std::string pg_identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
  return out;
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string pg_bytea(std::string_view bytes) { return "'\\x" + hex(bytes) + "'::bytea"; }

std::string bracket(std::string_view name) {
  std::string out = "[";
  for (const char c : name) {
    if (c == ']') out += ']';
    out += c;
  }
  out += ']';
  return out;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separator;
    out += parts[i];
  }
  return out;
}

std::string trim_end(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

std::string trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return std::string(text);
}

}  // namespace tds_server::engine
