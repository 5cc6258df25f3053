// Integers, decimals and floats. Decimals become numeric through numeric_recv's base-10000 digits,
// never through a float.

#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "datum.hpp"

namespace mssql::pg {

namespace {

using Magnitude = unsigned __int128;

constexpr int most_digits = 39;                   // of a 128-bit magnitude
constexpr int most_groups = most_digits / 4 + 2;  // base-10000 digits, whole and fraction padded apart
constexpr int text_size = most_digits + 4;        // sign, point, a leading zero, NUL

Magnitude power_of_ten(int exponent) { return powers_of_ten[static_cast<std::size_t>(exponent)]; }

// "-123.4500"
void write_decimal(const Decimal& value, char* out) {
  char digits[most_digits + 1];
  int count = 0;
  for (Magnitude rest = value.magnitude; rest > 0 || count <= value.scale; rest /= 10) {
    digits[count++] = static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  if (value.negative && value.magnitude != 0) *out++ = '-';
  while (count > 0) {
    *out++ = digits[--count];
    if (count == value.scale && count > 0) *out++ = '.';
  }
  *out = '\0';
}

[[noreturn]] void raise_decimal(const Converter& self, const Decimal& value) {
  char text[text_size];
  write_decimal(value, text);
  raise_out_of_range(self, text, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
}

// The scale of a numeric's typmod (utils/adt/numeric.c); it may be negative from PostgreSQL 15 on.
int scale_of(int32 typmod) {
  return static_cast<int>((((typmod - static_cast<int32>(VARHDRSZ)) & 0x7ff) ^ 1024) - 1024);
}

// numeric(p,s) rounds; a value that would change is refused before it comes to that.
void check_scale(const Converter& self, const Decimal& value) {
  if (self.typmod < static_cast<int32>(VARHDRSZ) || value.magnitude == 0) return;
  const int surplus = value.scale - scale_of(self.typmod);
  if (surplus <= 0) return;
  if (surplus >= most_digits || value.magnitude % power_of_ten(surplus) != 0) raise_decimal(self, value);
}

Datum make_numeric(const Converter& self, const Decimal& value) {
  check_scale(self, value);
  // Base-10000 digits, least significant first. The lowest group of the fraction is filled up with
  // zeros on its right.
  std::uint16_t groups[most_groups];
  int count = 0;
  int loose = value.scale % 4;
  // A division of 128 bits costs ten of 64, which is why it stops as soon as it can
  const auto split = [&](auto rest, auto least) {
    if (loose > 0) {
      static constexpr unsigned powers[] = {1, 10, 100, 1000};
      groups[count++] = static_cast<std::uint16_t>(static_cast<unsigned>(rest % powers[loose]) * powers[4 - loose]);
      rest /= powers[loose];
      loose = 0;
    }
    for (; rest > least; rest /= 10000) groups[count++] = static_cast<std::uint16_t>(rest % 10000);
    return rest;
  };
  const Magnitude magnitude =
      value.magnitude > UINT64_MAX ? split(value.magnitude, Magnitude{UINT64_MAX}) : value.magnitude;
  split(static_cast<std::uint64_t>(magnitude), std::uint64_t{0});
  const int fraction_groups = (value.scale + 3) / 4;
  while (count < fraction_groups) groups[count++] = 0;

  std::uint8_t message[8 + 2 * most_groups];
  std::size_t size = 0;
  const auto put = [&](int number) {
    message[size++] = static_cast<std::uint8_t>((number >> 8) & 0xff);
    message[size++] = static_cast<std::uint8_t>(number & 0xff);
  };
  put(count);
  put(count - fraction_groups - 1);                          // weight of the first group
  put(value.negative && value.magnitude != 0 ? 0x4000 : 0);  // NUMERIC_NEG
  put(value.scale);
  while (count > 0) put(groups[--count]);

  StringInfoData buffer;
  buffer.data = reinterpret_cast<char*>(message);
  buffer.len = buffer.maxlen = static_cast<int>(size);
  buffer.cursor = 0;
  return DirectFunctionCall3(numeric_recv, PointerGetDatum(&buffer), ObjectIdGetDatum(InvalidOid),
                             Int32GetDatum(self.typmod));
}

Datum make_integer(const Converter& self, std::int64_t value) {
  const auto refuse = [&]() {
    char text[32];
    pg_snprintf(text, sizeof(text), "%lld", static_cast<long long>(value));
    raise_out_of_range(self, text, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
  };
  switch (self.type) {
    case BOOLOID:
      if (value != 0 && value != 1) refuse();
      return BoolGetDatum(value == 1);
    case INT2OID:
      if (value < PG_INT16_MIN || value > PG_INT16_MAX) refuse();
      return Int16GetDatum(static_cast<int16>(value));
    case INT4OID:
      if (value < PG_INT32_MIN || value > PG_INT32_MAX) refuse();
      return Int32GetDatum(static_cast<int32>(value));
    case INT8OID: return Int64GetDatum(value);
    case FLOAT4OID: {
      const auto narrow = static_cast<float>(value);
      // Beyond 2^24 only some integers are floats; 2^63 itself must not be converted back.
      if (narrow >= 9223372036854775808.0F || static_cast<std::int64_t>(narrow) != value) refuse();
      return Float4GetDatum(narrow);
    }
    case FLOAT8OID: {
      const auto wide = static_cast<double>(value);
      if (wide >= 9223372036854775808.0 || static_cast<std::int64_t>(wide) != value) refuse();
      return Float8GetDatum(wide);
    }
    default:
      return make_numeric(self,
                          {value < 0 ? -static_cast<Magnitude>(value) : static_cast<Magnitude>(value), 0, value < 0});
  }
}

}  // namespace

// The datums of all integer types are the number itself, where they have 64 bits.
Datum widen_integer(const Converter&, const Column& column, const Cell& cell, std::string&) {
  return Int64GetDatum(tds::decode_integer(column, cell));
}

Datum convert_integer(const Converter& self, const Column& column, const Cell& cell, std::string&) {
  return make_integer(self, tds::decode_integer(column, cell));
}

Datum convert_decimal(const Converter& self, const Column& column, const Cell& cell, std::string&) {
  const Decimal value = tds::decode_decimal(column, cell);
  if (self.type == NUMERICOID) return make_numeric(self, value);
  if (self.type == FLOAT4OID || self.type == FLOAT8OID) {
    char text[text_size];
    write_decimal(value, text);
    if (self.type == FLOAT4OID)
      return Float4GetDatum(std::strtof(text, nullptr));  // 38 digits are within a float's range
    return Float8GetDatum(std::strtod(text, nullptr));
  }
  const Magnitude unit = power_of_ten(value.scale);
  const Magnitude whole = value.magnitude / unit;
  constexpr Magnitude limit = static_cast<Magnitude>(1) << 63;
  if (value.magnitude % unit != 0 || whole > limit || (whole == limit && !value.negative)) raise_decimal(self, value);
  const auto bits = static_cast<std::uint64_t>(whole);
  return make_integer(self, static_cast<std::int64_t>(value.negative ? -bits : bits));
}

Datum convert_float(const Converter& self, const Column& column, const Cell& cell, std::string&) {
  const double value = tds::decode_float(column, cell);
  const bool narrow = column.type == WireType::real;
  char text[DOUBLE_SHORTEST_DECIMAL_LEN];
  const auto shortest = [&]() -> const char* {
    if (narrow) {
      float_to_shortest_decimal_buf(static_cast<float>(value), text);
    } else {
      double_to_shortest_decimal_buf(value, text);
    }
    return text;
  };
  switch (self.type) {
    case FLOAT8OID: return Float8GetDatum(value);
    case FLOAT4OID:
      if (!narrow && !std::isnan(value) && static_cast<double>(static_cast<float>(value)) != value) {
        raise_out_of_range(self, shortest(), ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
      }
      return Float4GetDatum(static_cast<float>(value));
    case NUMERICOID: {
      // The shortest text that reads back as the same bits; numeric_in would round it to the typmod
      // without a word.
      const Datum exact =
          DirectFunctionCall3(numeric_in, CStringGetDatum(shortest()), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
      if (self.typmod < static_cast<int32>(VARHDRSZ)) return exact;
      const Datum fitted = DirectFunctionCall2(numeric, exact, Int32GetDatum(self.typmod));
      if (!DatumGetBool(DirectFunctionCall2(numeric_eq, exact, fitted))) {
        raise_out_of_range(self, text, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
      }
      return fitted;
    }
    default:
      // 2^63 is a double; the test also refuses NaN.
      if (!(value >= -9223372036854775808.0 && value < 9223372036854775808.0) || std::trunc(value) != value) {
        raise_out_of_range(self, shortest(), ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
      }
      return make_integer(self, static_cast<std::int64_t>(value));
  }
}

}  // namespace mssql::pg
