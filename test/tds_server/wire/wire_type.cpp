// Declared types to wire types, and TYPE_INFO, MS-TDS 2.2.5.6.
#include "wire_type.hpp"

#include <algorithm>

#include "decimal.hpp"
#include "calendar.hpp"
#include "unicode.hpp"

namespace tds_server {

namespace {

constexpr int variant_limit = 8009;
constexpr int hierarchyid_limit = 892;

struct FixedType {
  std::uint8_t nullable_token;
  std::uint8_t fixed_token;
  int width;
};

// The types that are sent without a length byte when they are NOT NULL.
FixedType fixed_type(SqlType type) {
  switch (type) {
    case SqlType::bit: return {token::bitn, token::bit, 1};
    case SqlType::tinyint: return {token::intn, token::int1, 1};
    case SqlType::smallint: return {token::intn, token::int2, 2};
    case SqlType::int_: return {token::intn, token::int4, 4};
    case SqlType::bigint: return {token::intn, token::int8, 8};
    case SqlType::real: return {token::floatn, token::float4, 4};
    case SqlType::float_: return {token::floatn, token::float8, 8};
    case SqlType::money: return {token::moneyn, token::money, 8};
    case SqlType::smallmoney: return {token::moneyn, token::money4, 4};
    case SqlType::datetime: return {token::datetimen, token::datetime, 8};
    case SqlType::smalldatetime: return {token::datetimen, token::datetime4, 4};
    default: return {0, 0, 0};
  }
}

TypeInfo as_nvarchar(int characters) { return {SqlType::nvarchar, characters * 2, 0, 0, "Latin1_General_CI_AS"}; }

int time_text_length(int scale) { return 8 + (scale > 0 ? scale + 1 : 0); }

// TDS 7.2 and older know none of these four; SQL Server sends them as text.
TypeInfo without_new_dates(const TypeInfo& type) {
  switch (type.type) {
    case SqlType::date: return as_nvarchar(10);
    case SqlType::time: return as_nvarchar(time_text_length(type.scale));
    case SqlType::datetime2: return as_nvarchar(11 + time_text_length(type.scale));
    case SqlType::datetimeoffset: return as_nvarchar(18 + time_text_length(type.scale));
    default: return type;
  }
}

// TDS 7.1 knows no (max), xml or CLR types.
TypeInfo without_plp(TypeInfo type) {
  switch (type.type) {
    case SqlType::varchar:
      if (type.max_length == -1) type.type = SqlType::text;
      break;
    case SqlType::nvarchar:
      if (type.max_length == -1) type.type = SqlType::ntext;
      break;
    case SqlType::varbinary:
      if (type.max_length == -1) type.type = SqlType::image;
      break;
    case SqlType::xml:
      type.type = SqlType::ntext;
      type.collation = "Latin1_General_CI_AS";
      break;
    case SqlType::hierarchyid:
      type.type = SqlType::varbinary;
      type.max_length = hierarchyid_limit;
      break;
    case SqlType::geometry:
    case SqlType::geography: type.type = SqlType::image; break;
    default: break;
  }
  return type;
}

// A client that did not ask for UTF8_SUPPORT gets the columns of UTF-8 collations as Unicode.
TypeInfo without_utf8(TypeInfo type) {
  const bool is_char = type.type == SqlType::char_ || type.type == SqlType::varchar;
  if (!is_char || collation_named(type.collation).code_page != utf8_code_page) return type;
  const bool is_max = type.max_length == -1 || type.max_length > 4000;
  type.type = type.type == SqlType::char_ && !is_max ? SqlType::nchar : SqlType::nvarchar;
  type.max_length = is_max ? -1 : type.max_length * 2;
  return type;
}

TypeInfo for_dialect(TypeInfo type, const Dialect& dialect) {
  if (has_collation(type.type) && type.collation.empty()) type.collation = "SQL_Latin1_General_CP1_CI_AS";
  if (!dialect.utf8) type = without_utf8(std::move(type));
  if (!dialect.since_7_3()) type = without_new_dates(type);
  if (!dialect.since_7_2()) type = without_plp(std::move(type));
  return type;
}

struct Form {
  std::uint8_t token;
  Prefix prefix;
};

Form form_of(const TypeInfo& type) {
  const Prefix variable = type.max_length == -1 ? Prefix::plp : Prefix::word;
  switch (type.type) {
    case SqlType::decimal: return {token::decimaln, Prefix::byte};
    case SqlType::numeric: return {token::numericn, Prefix::byte};
    case SqlType::date: return {token::date, Prefix::byte};
    case SqlType::time: return {token::time, Prefix::byte};
    case SqlType::datetime2: return {token::datetime2, Prefix::byte};
    case SqlType::datetimeoffset: return {token::datetimeoffset, Prefix::byte};
    case SqlType::char_: return {token::char_, variable};
    case SqlType::varchar: return {token::varchar, variable};
    case SqlType::nchar: return {token::nchar, variable};
    case SqlType::nvarchar: return {token::nvarchar, variable};
    case SqlType::binary: return {token::binary, variable};
    case SqlType::timestamp: return {token::binary, Prefix::word};
    case SqlType::varbinary: return {token::varbinary, variable};
    case SqlType::text: return {token::text, Prefix::text_pointer};
    case SqlType::ntext: return {token::ntext, Prefix::text_pointer};
    case SqlType::image: return {token::image, Prefix::text_pointer};
    case SqlType::uniqueidentifier: return {token::guid, Prefix::byte};
    case SqlType::xml: return {token::xml, Prefix::plp};
    case SqlType::sql_variant: return {token::variant, Prefix::variant};
    case SqlType::hierarchyid:
    case SqlType::geometry:
    case SqlType::geography: return {token::udt, Prefix::plp};
    default: return {0, Prefix::byte};
  }
}

void append_byte_string(ByteBuffer& out, std::string_view text) {
  const std::string_view cut = cut_utf16(text, 255);
  out.u8(static_cast<unsigned>(utf16_length(cut)));
  append_utf16(out, cut);
}

void append_udt_info(ByteBuffer& out, const WireType& type, const std::string& database) {
  const bool is_hierarchy = type.type.type == SqlType::hierarchyid;
  out.u16(is_hierarchy ? hierarchyid_limit : 0xFFFF);
  const char* name = is_hierarchy ? "hierarchyid" : type.type.type == SqlType::geometry ? "geometry" : "geography";
  const char* clr = is_hierarchy                          ? "SqlHierarchyId"
                    : type.type.type == SqlType::geometry ? "SqlGeometry"
                                                          : "SqlGeography";
  append_byte_string(out, database);
  append_byte_string(out, "sys");
  append_byte_string(out, name);
  const std::string assembly = std::string("Microsoft.SqlServer.Types.") + clr +
                               ", Microsoft.SqlServer.Types, Version=11.0.0.0, Culture=neutral, "
                               "PublicKeyToken=89845dcd8080cc91";
  out.u16(static_cast<unsigned>(assembly.size()));
  append_utf16(out, assembly);
}

void append_byte_length(ByteBuffer& out, const WireType& type) {
  switch (type.type.type) {
    case SqlType::decimal:
    case SqlType::numeric:
      out.u8(static_cast<unsigned>(decimal_size(type.type.precision)));
      out.u8(type.type.precision);
      out.u8(type.type.scale);
      break;
    case SqlType::date: break;
    case SqlType::time:
    case SqlType::datetime2:
    case SqlType::datetimeoffset: out.u8(type.type.scale); break;
    case SqlType::uniqueidentifier: out.u8(16); break;
    default: out.u8(static_cast<unsigned>(type.width));
  }
}

}  // namespace

bool has_collation(SqlType type) {
  switch (type) {
    case SqlType::char_:
    case SqlType::varchar:
    case SqlType::text:
    case SqlType::nchar:
    case SqlType::nvarchar:
    case SqlType::ntext: return true;
    default: return false;
  }
}

bool is_narrow(SqlType type) { return type == SqlType::char_ || type == SqlType::varchar || type == SqlType::text; }

WireType wire_type(const TypeInfo& declared, bool nullable, const Dialect& dialect) {
  WireType wire;
  wire.type = for_dialect(declared, dialect);
  const FixedType fixed = fixed_type(wire.type.type);
  if (fixed.width != 0) {
    wire.token = nullable ? fixed.nullable_token : fixed.fixed_token;
    wire.prefix = nullable ? Prefix::byte : Prefix::none;
    wire.width = fixed.width;
  } else {
    const Form form = form_of(wire.type);
    wire.token = form.token;
    wire.prefix = form.prefix;
  }
  if (wire.type.type == SqlType::timestamp) wire.type.max_length = 8;
  if (has_collation(wire.type.type)) wire.collation = &collation_named(wire.type.collation);
  if (is_narrow(wire.type.type) && wire.collation->code_page != utf8_code_page) {
    wire.code_page = &CodePage::number(wire.collation->code_page);
  }
  return wire;
}

std::uint32_t user_type(const WireType& type) { return type.type.type == SqlType::timestamp ? 80 : 0; }

void append_type_info(ByteBuffer& out, const WireType& type, const std::string& database) {
  out.u8(type.token);
  switch (type.prefix) {
    case Prefix::none: break;
    case Prefix::byte: append_byte_length(out, type); break;
    case Prefix::word: out.u16(static_cast<unsigned>(type.type.max_length)); break;
    case Prefix::plp:
      if (type.token == token::udt)
        append_udt_info(out, type, database);
      else if (type.token == token::xml)
        out.u8(0);  // no schema collection
      else
        out.u16(0xFFFF);
      break;
    case Prefix::text_pointer: out.u32(type.token == token::ntext ? 0x7FFFFFFE : 0x7FFFFFFF); break;
    case Prefix::variant: out.u32(variant_limit); break;
  }
  if (type.collation != nullptr) out.bytes(type.collation->bytes.data(), type.collation->bytes.size());
}

std::uint8_t variant_token(SqlType type) {
  const FixedType fixed = fixed_type(type);
  if (fixed.width != 0) return fixed.fixed_token;
  return form_of(TypeInfo{type, 0, 0, 0, {}}).token;
}

}  // namespace tds_server
