#include "variant.hpp"

#include "core/error.hpp"
#include "cell.hpp"

namespace mssql::tds {

namespace {

// What the properties of a base type hold (MS-TDS 2.2.5.5.4, table of VARIANT_PROPBYTES).
enum class Properties : std::uint8_t { none, scale, length, precision_scale, collation_length };

struct BaseType {
  std::uint8_t token;
  WireType type;
  Properties properties;
  Encoding encoding;
};

constexpr BaseType base_types[] = {
    {0x24, WireType::uniqueidentifier, Properties::none, Encoding::none},
    {0x28, WireType::date, Properties::none, Encoding::none},
    {0x29, WireType::time, Properties::scale, Encoding::none},
    {0x2A, WireType::datetime2, Properties::scale, Encoding::none},
    {0x2B, WireType::datetimeoffset, Properties::scale, Encoding::none},
    {0x30, WireType::tinyint, Properties::none, Encoding::none},
    {0x32, WireType::bit, Properties::none, Encoding::none},
    {0x34, WireType::smallint, Properties::none, Encoding::none},
    {0x38, WireType::int_, Properties::none, Encoding::none},
    {0x3A, WireType::smalldatetime, Properties::none, Encoding::none},
    {0x3B, WireType::real, Properties::none, Encoding::none},
    {0x3C, WireType::money, Properties::none, Encoding::none},
    {0x3D, WireType::datetime, Properties::none, Encoding::none},
    {0x3E, WireType::float_, Properties::none, Encoding::none},
    {0x6A, WireType::decimal, Properties::precision_scale, Encoding::none},
    {0x6C, WireType::decimal, Properties::precision_scale, Encoding::none},
    {0x7A, WireType::smallmoney, Properties::none, Encoding::none},
    {0x7F, WireType::bigint, Properties::none, Encoding::none},
    {0xA5, WireType::binary, Properties::length, Encoding::none},
    {0xA7, WireType::text, Properties::collation_length, Encoding::code_page},
    {0xAD, WireType::binary, Properties::length, Encoding::none},
    {0xAF, WireType::text, Properties::collation_length, Encoding::code_page},
    {0xE7, WireType::text, Properties::collation_length, Encoding::utf16le},
    {0xEF, WireType::text, Properties::collation_length, Encoding::utf16le},
};

constexpr std::size_t property_bytes(Properties properties) {
  switch (properties) {
    case Properties::none: return 0;
    case Properties::scale: return 1;
    case Properties::length:
    case Properties::precision_scale: return 2;
    case Properties::collation_length: return 7;
  }
  return 0;
}

const BaseType& find_base_type(const Column& column, std::uint8_t token) {
  for (const BaseType& candidate : base_types)
    if (candidate.token == token) return candidate;
  throw_malformed(column, "The base type of a sql_variant is token " + std::to_string(token) + ".");
}

bool is_ascii(const Cell& cell) {
  for (std::size_t i = 0; i < cell.size; ++i)
    if (cell.data[i] >= 0x80) return false;
  return true;
}

}  // namespace

void open_variant(const Column& column, const Cell& cell, Column& base, Cell& value) {
  if (cell.is_null()) throw_null(column);
  if (cell.size < 2) throw_malformed(column, "A sql_variant has " + std::to_string(cell.size) + " bytes.");
  const BaseType& type = find_base_type(column, cell.data[0]);
  const std::size_t properties = property_bytes(type.properties);
  if (cell.data[1] != properties || cell.size < 2 + properties)
    throw_malformed(column, "The properties of a sql_variant have " + std::to_string(cell.data[1]) + " bytes where " +
                                std::to_string(properties) + " are due.");
  const std::uint8_t* property = cell.data + 2;
  base = Column{};
  base.name = column.name;
  base.type = type.type;
  base.encoding = type.encoding;
  value = {property + properties, cell.size - 2 - properties};
  switch (type.properties) {
    case Properties::none: break;
    case Properties::scale: base.scale = property[0]; break;
    case Properties::precision_scale:
      base.precision = property[0];
      base.scale = property[1];
      break;
    case Properties::length: base.max_length = static_cast<int>(read_little_endian(property, 2)); break;
    case Properties::collation_length: base.max_length = static_cast<int>(read_little_endian(property + 5, 2)); break;
  }
  if (type.encoding != Encoding::code_page) return;
  if (!is_ascii(value))
    throw Error(sqlstate::feature_not_supported,
                "sql_variant with non-ASCII varchar data is not supported in " + describe_column(column), {},
                "Select the column as CAST(... AS nvarchar(max)).");
  base.encoding = Encoding::utf8;
}

}  // namespace mssql::tds
