// A value between PostgreSQL and a source's wire, as both know it: what an encoder takes, and what
// T-SQL is spelled from.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <variant>

#include "types.hpp"

namespace mssql {

// 10^0 .. 10^38.
inline constexpr std::array<unsigned __int128, 39> powers_of_ten = [] {
  std::array<unsigned __int128, 39> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();
inline constexpr int most_decimal_digits = 38;

struct Decimal {
  // Aligned as palloc() aligns
  using Magnitude [[gnu::aligned(8)]] = unsigned __int128;

  Magnitude magnitude{0};  // value * 10^scale
  int scale{0};
  bool negative{false};
  bool cut{false};  // more digits follow, not all of them zeros, of a number with more than 38
};

// PostgreSQL's units.
struct DateTime {
  std::int64_t microseconds{0};  // of the day: 0 .. 86,399,999,999; UTC where there is an offset
  std::int32_t days{0};          // since 2000-01-01
  std::int16_t offset_minutes{0};
};
inline constexpr std::int32_t days_to_2000 = 730119;       // 0001-01-01 to 2000-01-01
inline constexpr std::int32_t first_date = -days_to_2000;  // SQL Server's calendar
inline constexpr std::int32_t last_date = 2921939;         // 9999-12-31
inline constexpr std::int64_t microseconds_per_day = 86'400'000'000;

using Uuid = std::array<std::uint8_t, 16>;  // RFC 4122 byte order, as PostgreSQL's uuid
struct Text {
  std::string_view utf8;
};
struct Binary {
  std::string_view bytes;
};

// NULL; an integer, of which a bit is 0 or 1; a real or float; and so on. Text and bytes are
// borrowed, so that it may stand where destructors are skipped.
using Scalar = std::variant<std::monostate, std::int64_t, double, Decimal, DateTime, Uuid, Text, Binary>;
static_assert(std::is_trivially_destructible_v<Scalar> && std::is_trivially_copyable_v<Scalar> && alignof(Scalar) <= 8);

inline bool is_null(const Scalar& value) noexcept { return value.index() == 0; }

// A value and the type that it is sent as, which holds it exactly.
struct Parameter {
  RemoteType type;
  Scalar value;
};

}  // namespace mssql
