// Character data: UTF-16 and code pages to UTF-8 and back, with every policy.
#include "core/tds/codec/decode.hpp"
#include "core/tds/codec/unicode.hpp"
#include "fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mssql;
  using namespace mssql::tds;
  static constexpr int code_pages[] = {437,  850,  874,  932,  936,  949,  950,  1250,  1251,
                                       1252, 1253, 1254, 1255, 1256, 1257, 1258, 65001, 12345};
  static constexpr Encoding encodings[] = {Encoding::utf16le, Encoding::utf8, Encoding::code_page, Encoding::none};
  static constexpr WireType types[] = {WireType::text, WireType::xml};
  fuzz::Input input(data, size);
  Column column;
  column.encoding = input.choose(encodings);
  column.code_page = input.choose(code_pages);
  column.type = input.choose(types);
  const std::vector<std::uint8_t> bytes = input.bytes(size);
  static constexpr std::uint8_t nothing = 0;
  const Cell cell{bytes.empty() ? &nothing : bytes.data(), bytes.size()};

  std::string strict;
  std::string scratch;
  const bool clean =
      fuzz::succeeds([&] { strict = tds::decode_text(column, cell, tds::CharacterPolicy::error, scratch); });
  for (const auto policy : {tds::CharacterPolicy::replace, tds::CharacterPolicy::strip}) {
    std::string_view text;
    if (!fuzz::succeeds([&] { text = tds::decode_text(column, cell, policy, scratch); })) {
      fuzz::require(!clean, "a policy refuses what is clean");
      continue;
    }
    fuzz::require(tds::find_unstorable(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()) == text.size(),
                  "text that PostgreSQL cannot store");
    fuzz::require(!clean || text == strict, "a policy changes what is clean");
  }
  if (clean && column.type == WireType::text && column.encoding == Encoding::utf16le) {
    std::string back;
    tds::utf8_to_utf16le(strict, back);
    fuzz::require(back == std::string_view(reinterpret_cast<const char*>(cell.data), cell.size),
                  "UTF-16 that does not come back");
  }

  const std::string_view raw(reinterpret_cast<const char*>(cell.data), cell.size);
  std::string wide;
  const bool utf8 = fuzz::succeeds([&] { tds::utf8_to_utf16le(raw, wide); });
  if (utf8) {
    std::string back;
    tds::utf16le_to_utf8(reinterpret_cast<const std::uint8_t*>(wide.data()), wide.size(), back);
    fuzz::require(back == raw, "UTF-8 that does not come back");
  }
  if (tds::find_unstorable(cell.data, cell.size) == cell.size)
    fuzz::require(utf8, "text that can be stored and not be sent");
  return 0;
}
