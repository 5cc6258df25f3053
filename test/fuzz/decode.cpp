// Values of every type in every form: numbers, decimals, dates and times, variants, spatial values.
#include "core/tds/codec/decode.hpp"

#include "core/tds/codec/raw_text.hpp"
#include "core/tds/codec/spatial.hpp"
#include "core/tds/codec/unicode.hpp"
#include "core/tds/codec/variant.hpp"
#include "core/types.hpp"
#include "fuzz.hpp"

namespace {

using namespace mssql;
using namespace mssql::tds;

constexpr std::int32_t first_day = -730119, last_day = 2921939;  // 0001-01-01 and 9999-12-31 from 2000-01-01
constexpr std::int64_t microseconds_per_day = 86'400'000'000;

// The digits of the text are those of the number.
void check_decimal(const Column& column, const Cell& cell) {
  const Decimal decimal = tds::decode_decimal(column, cell);
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
  const DateTime value = tds::decode_datetime(column, cell);
  fuzz::require(value.days >= first_day && value.days <= last_day, "a day beyond the calendar");
  fuzz::require(value.microseconds >= 0 && value.microseconds < microseconds_per_day, "a time beyond the day");
  fuzz::require(value.offset_minutes >= -14 * 60 && value.offset_minutes <= 14 * 60, "an offset beyond the world");
}

void check_variant(const Column& column, const Cell& cell);

// By the decoder of its type. What the others say to it, unit tests ask.
void check_value(const Column& column, const Cell& cell) {
  switch (column.type) {
    case WireType::bit:
    case WireType::tinyint:
    case WireType::smallint:
    case WireType::int_:
    case WireType::bigint: tds::decode_integer(column, cell); break;
    case WireType::real:
    case WireType::float_: tds::decode_float(column, cell); break;
    case WireType::money:
    case WireType::smallmoney:
    case WireType::decimal: check_decimal(column, cell); break;
    case WireType::date:
    case WireType::time:
    case WireType::smalldatetime:
    case WireType::datetime:
    case WireType::datetime2:
    case WireType::datetimeoffset: check_datetime(column, cell); break;
    case WireType::uniqueidentifier: tds::decode_uuid(column, cell); break;
    case WireType::variant: check_variant(column, cell); break;
    case WireType::binary:
    case WireType::udt: {
      const std::string_view wkb(reinterpret_cast<const char*>(cell.data), cell.size);
      fuzz::require(tds::ewkb_from_srid_wkb(wkb).size() == wkb.size(), "an EWKB of another size");
      break;
    }
    case WireType::text:
    case WireType::xml: break;  // the target `text`
  }
}

void check_variant(const Column& column, const Cell& cell) {
  Column base;
  Cell value;
  tds::open_variant(column, cell, base, value);
  fuzz::require(value.data + value.size == cell.data + cell.size, "a variant whose value does not end with it");
  fuzz::require(base.type != WireType::variant, "a variant in a variant");
  check_value(base, value);
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
  if (fuzz::succeeds([&] { tds::decode_to_text(column, cell, tds::CharacterPolicy::strip, text); }))
    fuzz::require(tds::find_unstorable(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()) == text.size(),
                  "text that PostgreSQL cannot store");
  fuzz::succeeds([&] { check_value(column, cell); });
  if (column.type != WireType::binary) return 0;
  if (tds::adopt_raw_text(column))
    fuzz::succeeds([&] {
      text = tds::decode_text(column, tds::unwrap_raw_text(column, cell), tds::CharacterPolicy::strip, text);
    });
  return 0;
}
