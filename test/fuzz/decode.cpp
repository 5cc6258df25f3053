// Values of every type in every form: numbers, decimals, dates and times, variants, spatial values.
#include "core/tds/decode.hpp"

#include "core/tds/raw_text.hpp"
#include "core/tds/spatial.hpp"
#include "core/tds/unicode.hpp"
#include "core/tds/variant.hpp"
#include "core/types.hpp"
#include "fuzz.hpp"

namespace {

using namespace mssql;

constexpr std::int32_t first_day = -730119, last_day = 2921939;  // 0001-01-01 and 9999-12-31 from 2000-01-01
constexpr std::int64_t microseconds_per_day = 86'400'000'000;

// The digits of the text are those of the number.
void check_decimal(const Column& column, const Cell& cell) {
  const tds::Decimal decimal = tds::decode_decimal(column, cell);
  std::string text;
  tds::decode_to_text(column, cell, tds::CharacterPolicy::error, text);
  unsigned __int128 magnitude = 0;
  int digits_behind_point = -1;
  for (const char c : text) {
    if (c == '.') digits_behind_point = 0;
    if (c < '0' || c > '9') continue;
    magnitude = magnitude * 10 + static_cast<unsigned>(c - '0');
    if (digits_behind_point >= 0) ++digits_behind_point;
  }
  fuzz::require(magnitude == decimal.magnitude, "a decimal whose text has other digits");
  fuzz::require(std::max(digits_behind_point, 0) == decimal.scale, "a decimal whose text has another scale");
  fuzz::require((text[0] == '-') == decimal.negative, "a decimal whose text has another sign");
}

void check_datetime(const Column& column, const Cell& cell) {
  const tds::DateTime value = tds::decode_datetime(column, cell);
  fuzz::require(value.days >= first_day && value.days <= last_day, "a day beyond the calendar");
  fuzz::require(value.microseconds >= 0 && value.microseconds < microseconds_per_day, "a time beyond the day");
  fuzz::require(value.offset_minutes >= -14 * 60 && value.offset_minutes <= 14 * 60, "an offset beyond the world");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  Column column;
  column.type = static_cast<WireType>(input.byte() % (static_cast<int>(WireType::udt) + 1));
  column.precision = input.byte();
  column.scale = static_cast<std::int8_t>(input.byte());
  column.encoding = static_cast<Encoding>(input.byte() % 4);
  column.code_page = 1252;
  const std::vector<std::uint8_t> bytes = input.bytes(size);
  static constexpr std::uint8_t nothing = 0;
  const Cell cell{bytes.empty() ? &nothing : bytes.data(), bytes.size()};

  std::string text;
  const bool is_text = fuzz::succeeds([&] { tds::decode_to_text(column, cell, tds::CharacterPolicy::strip, text); });
  if (is_text)
    fuzz::require(tds::find_unstorable(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()) == text.size(),
                  "text that PostgreSQL cannot store");
  fuzz::succeeds([&] { tds::decode_integer(column, cell); });
  fuzz::succeeds([&] { tds::decode_float(column, cell); });
  fuzz::succeeds([&] { tds::decode_uuid(column, cell); });
  fuzz::succeeds([&] { check_decimal(column, cell); });
  fuzz::succeeds([&] { check_datetime(column, cell); });
  fuzz::succeeds([&] {
    Column base;
    Cell value;
    tds::open_variant(column, cell, base, value);
    fuzz::require(value.data + value.size == cell.data + cell.size, "a variant whose value does not end with it");
    fuzz::succeeds([&] { check_decimal(base, value); });
    fuzz::succeeds([&] { check_datetime(base, value); });
  });
  fuzz::succeeds([&] {
    const std::string_view wkb(reinterpret_cast<const char*>(cell.data), cell.size);
    fuzz::require(tds::ewkb_from_srid_wkb(wkb).size() == wkb.size(), "an EWKB of another size");
  });
  column.type = WireType::binary;
  column.name = raw_text_name;
  if (tds::adopt_raw_text(column))
    fuzz::succeeds([&] { text = tds::decode_text(column, tds::unwrap_raw_text(column, cell), tds::CharacterPolicy::strip, text); });
  return 0;
}
