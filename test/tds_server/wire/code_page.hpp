// Text of char, varchar and text: WTF-8 to and from the code page of the collation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bytes.hpp"

namespace tds_server {

// Tables for one Windows code page, made once by glibc's iconv. Characters outside the page become
// '?', as SQL Server writes them (two of them for a surrogate pair); bytes that glibc leaves
// undefined map to the control of that number.
class CodePage {
 public:
  // The page for a number such as 1252 or 932; lives as long as the program. utf8_code_page has
  // none: callers copy.
  static const CodePage& number(int number);

  void append(ByteBuffer& out, std::string_view wtf8) const;
  std::string decode(std::string_view bytes) const;

  explicit CodePage(int number);

 private:
  void read_single_bytes(void* iconv);
  void read_double_bytes(void* iconv);

  std::vector<std::uint16_t> encode_;  // by BMP code point: one byte, or lead << 8 | trail; 0: not in the page
  std::vector<std::uint16_t> single_;  // by byte; 0 above byte 0: lead byte or undefined
  std::vector<std::uint16_t> double_;  // by lead << 8 | trail
};

}  // namespace tds_server
