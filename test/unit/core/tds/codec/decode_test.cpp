#include "core/tds/codec/decode.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "../cells.hpp"

namespace mssql::tds {
namespace {

constexpr std::int64_t day_microseconds = 86'400'000'000;

TEST(DecodeInteger, Edges) {
  EXPECT_EQ(decode_integer(column_of(WireType::bit), Bytes{0}.cell()), 0);
  EXPECT_EQ(decode_integer(column_of(WireType::bit), Bytes{1}.cell()), 1);
  EXPECT_EQ(decode_integer(column_of(WireType::tinyint), Bytes{255}.cell()), 255);
  EXPECT_EQ(decode_integer(column_of(WireType::smallint), Bytes{0x00, 0x80}.cell()), -32768);
  EXPECT_EQ(decode_integer(column_of(WireType::smallint), Bytes{0xFF, 0x7F}.cell()), 32767);
  EXPECT_EQ(decode_integer(column_of(WireType::int_), Bytes{0, 0, 0, 0x80}.cell()),
            std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(decode_integer(column_of(WireType::int_), Bytes{0xFF, 0xFF, 0xFF, 0x7F}.cell()),
            std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(decode_integer(column_of(WireType::bigint), Bytes{0, 0, 0, 0, 0, 0, 0, 0x80}.cell()),
            std::numeric_limits<std::int64_t>::min());
}

TEST(DecodeInteger, RefusesWhatIsNone) {
  EXPECT_EQ(thrown_by([] { decode_integer(column_of(WireType::bit), Bytes{2}.cell()); }).sqlstate, "08P01");
  EXPECT_EQ(thrown_by([] {
              decode_integer(column_of(WireType::int_), Bytes{1, 2}.cell());
            }).message,
            "malformed value from SQL Server in column \"c\"");
  EXPECT_EQ(thrown_by([] { decode_integer(column_of(WireType::int_), Cell{}); }).sqlstate, "08P01");
  EXPECT_EQ(thrown_by([] { decode_integer(column_of(WireType::date), Bytes{1, 2, 3}.cell()); }).sqlstate, "42804");
}

TEST(DecodeFloat, KeepsBits) {
  const auto as_double = [](std::uint64_t bits) {
    return decode_float(column_of(WireType::float_), Bytes{}.little_endian(bits, 8).cell());
  };
  EXPECT_EQ(as_double(0x3FF0000000000001), 1.0000000000000002);
  EXPECT_EQ(as_double(1), std::numeric_limits<double>::denorm_min());
  EXPECT_TRUE(std::signbit(as_double(0x8000000000000000)));
  EXPECT_TRUE(std::isnan(as_double(0x7FF8000000000000)));
  EXPECT_EQ(decode_float(column_of(WireType::real), Bytes{}.little_endian(0x7F7FFFFF, 4).cell()),
            std::numeric_limits<float>::max());
  EXPECT_EQ(thrown_by([] { decode_float(column_of(WireType::real), Bytes{}.little_endian(0, 8).cell()); }).sqlstate,
            "08P01");
}

TEST(DecodeDecimal, AllSizes) {
  Decimal value = decode_decimal(column_of(WireType::decimal, 9, 2), Bytes{1}.little_endian(999999999, 4).cell());
  EXPECT_EQ(value.magnitude, 999999999u);
  EXPECT_EQ(value.scale, 2);
  EXPECT_FALSE(value.negative);
  value = decode_decimal(column_of(WireType::decimal, 19, 0), Bytes{0}.little_endian(9999999999999999999u, 8).cell());
  EXPECT_EQ(value.magnitude, 9999999999999999999u);
  EXPECT_TRUE(value.negative);
  // 10^38 - 1
  value = decode_decimal(column_of(WireType::decimal, 38, 38),
                         Bytes{1}.little_endian(0x098A223FFFFFFFFF, 8).little_endian(0x4B3B4CA85A86C47A, 8).cell());
  unsigned __int128 all_nines = 0;
  for (int i = 0; i < 38; ++i) all_nines = all_nines * 10 + 9;
  EXPECT_TRUE(value.magnitude == all_nines);
}

TEST(DecodeDecimal, ZeroHasNoSign) {
  EXPECT_FALSE(decode_decimal(column_of(WireType::decimal, 5, 0), Bytes{0, 0, 0, 0, 0}.cell()).negative);
}

TEST(DecodeDecimal, RefusesWhatDoesNotFit) {
  const auto decode = [](const Column& column, const Bytes& bytes) {
    return thrown_by([&] { decode_decimal(column, bytes.cell()); });
  };
  EXPECT_EQ(decode(column_of(WireType::decimal, 3, 0), Bytes{1}.little_endian(1000, 4)).sqlstate, "22003");
  EXPECT_EQ(decode(column_of(WireType::decimal, 3, 0), Bytes{2}.little_endian(1, 4)).sqlstate, "08P01");
  EXPECT_EQ(decode(column_of(WireType::decimal, 3, 0), Bytes{1, 1, 1}).sqlstate, "08P01");
  EXPECT_EQ(decode(column_of(WireType::decimal, 3, 0), Bytes{}).sqlstate, "08P01");
  EXPECT_EQ(decode(column_of(WireType::decimal, 3, 4), Bytes{1}.little_endian(1, 4)).sqlstate, "08P01");
  EXPECT_EQ(decode(column_of(WireType::decimal, 0, 0), Bytes{1}.little_endian(1, 4)).sqlstate, "08P01");
  EXPECT_EQ(decode(column_of(WireType::decimal, 39, 0), Bytes{1}.little_endian(1, 4)).sqlstate, "08P01");
  EXPECT_EQ(
      decode(column_of(WireType::decimal, 38, 0), Bytes{1}.little_endian(~0ull, 8).little_endian(~0ull, 8)).sqlstate,
      "22003");
}

TEST(DecodeDecimal, Money) {
  Decimal value =
      decode_decimal(column_of(WireType::money), Bytes{}.little_endian(0x80000000, 4).little_endian(0, 4).cell());
  EXPECT_TRUE(value.negative);
  EXPECT_EQ(value.magnitude, 9223372036854775808u);
  EXPECT_EQ(value.scale, 4);
  value = decode_decimal(column_of(WireType::money),
                         Bytes{}.little_endian(0x7FFFFFFF, 4).little_endian(0xFFFFFFFF, 4).cell());
  EXPECT_EQ(value.magnitude, 9223372036854775807u);
  value = decode_decimal(column_of(WireType::smallmoney), Bytes{}.little_endian(0x80000000, 4).cell());
  EXPECT_TRUE(value.negative);
  EXPECT_EQ(value.magnitude, 2147483648u);
  EXPECT_EQ(decode_decimal(column_of(WireType::smallmoney), Bytes{}.little_endian(0xFFFFFFFF, 4).cell()).magnitude, 1u);
}

TEST(DecodeDatetime, DateEdges) {
  const Column column = column_of(WireType::date);
  EXPECT_EQ(decode_datetime(column, Bytes{0, 0, 0}.cell()).days, -730119);
  EXPECT_EQ(decode_datetime(column, Bytes{}.little_endian(730119, 3).cell()).days, 0);
  EXPECT_EQ(decode_datetime(column, Bytes{}.little_endian(3652058, 3).cell()).days, 2921939);
  EXPECT_EQ(thrown_by([&] { decode_datetime(column, Bytes{}.little_endian(3652059, 3).cell()); }).sqlstate, "22008");
  EXPECT_EQ(thrown_by([&] { decode_datetime(column, Bytes{1}.cell()); }).sqlstate, "08P01");
}

TEST(DecodeDatetime, TimeOfEveryScale) {
  const int sizes[] = {3, 3, 3, 4, 4, 5, 5, 5};
  std::uint64_t units = 86400;
  for (int scale = 0; scale <= 7; ++scale, units *= 10) {
    const Column column = column_of(WireType::time, 0, scale);
    std::int64_t last = day_microseconds - 1'000'000;  // 23:59:59 and as many nines as the scale has
    for (int i = 0, nine = 900'000; i < scale && i < 6; ++i, nine /= 10) last += nine;
    EXPECT_EQ(decode_datetime(column, Bytes{}.little_endian(0, sizes[scale]).cell()).microseconds, 0);
    EXPECT_EQ(decode_datetime(column, Bytes{}.little_endian(units - 1, sizes[scale]).cell()).microseconds, last)
        << scale;
    EXPECT_EQ(thrown_by([&] { decode_datetime(column, Bytes{}.little_endian(units, sizes[scale]).cell()); }).sqlstate,
              "22008")
        << scale;
    EXPECT_EQ(thrown_by([&] { decode_datetime(column, Bytes{}.little_endian(0, 6).cell()); }).sqlstate, "08P01")
        << scale;
  }
  EXPECT_EQ(
      thrown_by([&] { decode_datetime(column_of(WireType::time, 0, 8), Bytes{}.little_endian(0, 5).cell()); }).sqlstate,
      "08P01");
}

TEST(DecodeDatetime, SeventhDigitIsCut) {
  const Column column = column_of(WireType::datetime2, 0, 7);
  const DateTime value =
      decode_datetime(column, Bytes{}.little_endian(863'999'999'999, 5).little_endian(3652058, 3).cell());
  EXPECT_EQ(value.days, 2921939);
  EXPECT_EQ(value.microseconds, day_microseconds - 1);
  EXPECT_EQ(decode_datetime(column, Bytes{}.little_endian(9, 5).little_endian(0, 3).cell()).microseconds, 0);
}

TEST(DecodeDatetime, LegacyTicksPrintAsSqlServerDoes) {
  const Column column = column_of(WireType::datetime);
  const auto microseconds = [&](std::uint32_t ticks) {
    return decode_datetime(column, Bytes{}.little_endian(0, 4).little_endian(ticks, 4).cell()).microseconds;
  };
  EXPECT_EQ(microseconds(0), 0);
  EXPECT_EQ(microseconds(1), 3000);
  EXPECT_EQ(microseconds(2), 7000);
  EXPECT_EQ(microseconds(3), 10000);
  EXPECT_EQ(microseconds(299), 997000);
  EXPECT_EQ(microseconds(25919999), day_microseconds - 3000);
  for (std::uint32_t ticks = 0; ticks < 25920000; ticks += 7919)
    EXPECT_EQ(microseconds(ticks), std::llround(static_cast<double>(ticks) * 10 / 3) * 1000) << ticks;
}

TEST(DecodeDatetime, LegacyDays) {
  const Column column = column_of(WireType::datetime);
  const auto days = [&](std::int32_t value) {
    return decode_datetime(column,
                           Bytes{}.little_endian(static_cast<std::uint32_t>(value), 4).little_endian(0, 4).cell())
        .days;
  };
  EXPECT_EQ(days(0), -36524);
  EXPECT_EQ(days(36524), 0);
  EXPECT_EQ(days(-53690), -90214);
  EXPECT_EQ(days(2958463), 2921939);
  EXPECT_EQ(thrown_by([&] { days(-53691); }).sqlstate, "22008");
  EXPECT_EQ(thrown_by([&] { days(2958464); }).sqlstate, "22008");
  EXPECT_EQ(thrown_by([&] { days(std::numeric_limits<std::int32_t>::max()); }).sqlstate, "22008");
  EXPECT_EQ(thrown_by([&] {
              decode_datetime(column, Bytes{}.little_endian(0, 4).little_endian(25920000, 4).cell());
            }).sqlstate,
            "22008");
}

TEST(DecodeDatetime, Smalldatetime) {
  const Column column = column_of(WireType::smalldatetime);
  const DateTime last = decode_datetime(column, Bytes{}.little_endian(65535, 2).little_endian(1439, 2).cell());
  EXPECT_EQ(last.days, 65535 - 36524);
  EXPECT_EQ(last.microseconds, day_microseconds - 60'000'000);
  EXPECT_EQ(
      thrown_by([&] { decode_datetime(column, Bytes{}.little_endian(0, 2).little_endian(1440, 2).cell()); }).sqlstate,
      "22008");
}

TEST(DecodeDatetime, Datetimeoffset) {
  const Column column = column_of(WireType::datetimeoffset, 0, 3);
  const auto decode = [&](std::uint64_t time, std::int32_t days, std::int16_t offset) {
    return decode_datetime(column, Bytes{}
                                       .little_endian(time, 4)
                                       .little_endian(static_cast<std::uint32_t>(days), 3)
                                       .little_endian(static_cast<std::uint16_t>(offset), 2)
                                       .cell());
  };
  const DateTime value = decode(1500, 730119, -330);
  EXPECT_EQ(value.days, 0);
  EXPECT_EQ(value.microseconds, 1'500'000);
  EXPECT_EQ(value.offset_minutes, -330);
  EXPECT_EQ(decode(0, 0, 840).offset_minutes, 840);
  EXPECT_EQ(thrown_by([&] { decode(0, 0, 841); }).sqlstate, "22008");
  EXPECT_EQ(thrown_by([&] { decode(0, 0, -841); }).sqlstate, "22008");
  EXPECT_EQ(thrown_by([&] { decode_datetime(column, Bytes{}.little_endian(0, 4).cell()); }).sqlstate, "08P01");
}

TEST(DecodeUuid, FirstThreeGroupsAreSwapped) {
  const Bytes bytes{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF};
  const auto uuid = decode_uuid(column_of(WireType::uniqueidentifier), bytes.cell());
  for (int i = 0; i < 16; ++i) EXPECT_EQ(uuid[static_cast<std::size_t>(i)], 0x11 * i);
  EXPECT_EQ(thrown_by([] { decode_uuid(column_of(WireType::uniqueidentifier), Bytes{1}.cell()); }).sqlstate, "08P01");
  EXPECT_EQ(thrown_by([&] { decode_uuid(column_of(WireType::binary), bytes.cell()); }).sqlstate, "42804");
}

TEST(Decode, NamesAnUnnamedColumn) {
  Column column = column_of(WireType::int_);
  column.name.clear();
  EXPECT_EQ(thrown_by([&] { decode_integer(column, Bytes{}.cell()); }).message,
            "malformed value from SQL Server in an unnamed column");
}

}  // namespace
}  // namespace mssql::tds
