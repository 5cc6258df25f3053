// Which conversion a pair of types has, and the conversions of text, binary and identifiers;
// datum.hpp states the contract.
//
// Character data goes into any type, by that type's input function. Every other wire type goes into
// the PostgreSQL types listed for it, and into text; a conversion that would lose a part of each
// value (datetime into time, say) does not exist.

#include "datum.hpp"

#include "core/tds/codec/spatial.hpp"
#include "core/tds/codec/unicode.hpp"
#include "core/tds/codec/variant_json.hpp"
#include "pg/host/settings.hpp"
#include "type_names.hpp"

namespace mssql::pg {

namespace {

enum class Family : std::uint8_t { integer, decimal, floating, datetime, uuid, character, binary, variant, clr };

Family family_of(WireType wire) {
  switch (wire) {
    case WireType::bit:
    case WireType::tinyint:
    case WireType::smallint:
    case WireType::int_:
    case WireType::bigint: return Family::integer;
    case WireType::real:
    case WireType::float_: return Family::floating;
    case WireType::money:
    case WireType::smallmoney:
    case WireType::decimal: return Family::decimal;
    case WireType::date:
    case WireType::time:
    case WireType::smalldatetime:
    case WireType::datetime:
    case WireType::datetime2:
    case WireType::datetimeoffset: return Family::datetime;
    case WireType::uniqueidentifier: return Family::uuid;
    case WireType::text:
    case WireType::xml: return Family::character;
    case WireType::binary: return Family::binary;
    case WireType::variant: return Family::variant;
    case WireType::udt: break;
  }
  return Family::clr;
}

bool is_spatial(const RemoteType* remote) {
  return remote != nullptr && (remote->type == Type::geometry || remote->type == Type::geography);
}

// How many characters char(n) and varchar(n) may hold; -1: any number.
int character_limit(Oid type, int32 typmod) {
  const bool limited = (type == VARCHAROID || type == BPCHAROID) && typmod >= static_cast<int32>(VARHDRSZ);
  return limited ? static_cast<int>(typmod - static_cast<int32>(VARHDRSZ)) : -1;
}

[[noreturn]] void raise_too_long(const Converter& self, int length, int limit) {
  ereport(ERROR, (errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
                  errmsg("value too long for type %s", format_type_with_typemod(self.type, self.typmod)),
                  errdetail(GetDatabaseEncoding() == PG_SQL_ASCII ? "The remote value has %d bytes, %d fit."
                                                                  : "The remote value has %d characters, %d fit.",
                            length, limit)));
  pg_unreachable();
}

void advise_encoding(void*) {
  if (geterrcode() == ERRCODE_UNTRANSLATABLE_CHARACTER)
    errhint("The database's encoding, %s, lacks the character; UTF8 has them all.", GetDatabaseEncodingName());
}

// UTF-8 to the server's encoding; the same bytes where that is UTF-8.
std::string_view in_server_encoding(std::string_view utf8) {
  if (utf8.size() > MaxAllocSize) {
    throw Error(sqlstate::program_limit, "value of " + std::to_string(utf8.size()) + " bytes is too long",
                "PostgreSQL stores at most 1 GB in one value.");
  }
  if (GetDatabaseEncoding() == PG_UTF8) return utf8;
  ErrorContextCallback frame{error_context_stack, advise_encoding, nullptr};
  error_context_stack = &frame;
  const char* converted = pg_any_to_server(utf8.data(), static_cast<int>(utf8.size()), PG_UTF8);
  error_context_stack = frame.previous;
  if (converted == utf8.data()) return utf8;
  return converted;
}

// text, varchar(n), char(n). Blanks at the end count: dropping them would be a change.
Datum store_text(const Converter& self, std::string_view utf8) {
  const std::string_view value = in_server_encoding(utf8);
  const int limit = character_limit(self.type, self.typmod);
  // No value has more characters than bytes
  if (limit < 0 || (self.type == VARCHAROID && value.size() <= static_cast<std::size_t>(limit)))
    return PointerGetDatum(copy_out_text(value));
  const int length = pg_mbstrlen_with_len(value.data(), static_cast<int>(value.size()));
  if (length > limit) raise_too_long(self, length, limit);
  if (self.type == VARCHAROID || length == limit) return PointerGetDatum(copy_out_text(value));
  const std::size_t padding = static_cast<std::size_t>(limit - length);
  auto* padded = static_cast<text*>(palloc(VARHDRSZ + value.size() + padding));
  SET_VARSIZE(padded, VARHDRSZ + value.size() + padding);
  std::memcpy(VARDATA(padded), value.data(), value.size());
  std::memset(VARDATA(padded) + value.size(), ' ', padding);
  return PointerGetDatum(padded);
}

// UTF-16 straight into the datum, where nothing else has to be done to the text. Null: the general
// way is needed.
text* narrow_into_place(const Converter& self, const Column& column, const Cell& cell) {
  constexpr std::size_t short_text = 1024;  // units: its datum is made too large rather than measured
  if (column.encoding != Encoding::utf16le || column.type == WireType::xml || GetDatabaseEncoding() != PG_UTF8)
    return nullptr;
  const std::size_t units = tds::utf16_units(cell.size);
  const int limit = character_limit(self.type, self.typmod);
  if (limit >= 0 && (self.type == BPCHAROID || units > static_cast<std::size_t>(limit))) return nullptr;
  const std::size_t room = units <= short_text ? tds::utf8_room(units) : tds::utf8_room(cell.data, units);
  if (room > MaxAllocSize - VARHDRSZ) return nullptr;
  auto* narrow = static_cast<text*>(palloc(VARHDRSZ + room));
  const tds::Utf8Text result = tds::utf16le_to_utf8(cell.data, units, VARDATA(narrow), column.padded);
  SET_VARSIZE(narrow, VARHDRSZ + result.size);
  if (!result.suspicious) return narrow;
  pfree(narrow);
  return nullptr;
}

Datum character_to_text(const Converter& self, const Column& column, const Cell& cell, std::string& scratch) {
  if (const text* narrow = narrow_into_place(self, column, cell)) return PointerGetDatum(narrow);
  return store_text(self, tds::decode_text(column, cell, self.policy, scratch));
}

// Any wire type in SQL Server's own spelling.
Datum printed_to_text(const Converter& self, const Column& column, const Cell& cell, std::string& scratch) {
  scratch.clear();
  tds::decode_to_text(column, cell, self.policy, scratch);
  return store_text(self, scratch);
}

Datum character_to_xml(const Converter& self, const Column& column, const Cell& cell, std::string& scratch) {
  const std::string_view value = in_server_encoding(tds::decode_text(column, cell, self.policy, scratch));
  // As CONTENT whatever the session's XMLOPTION says: SQL Server stores fragments.
  return XmlPGetDatum(xmlparse(copy_out_text(value), XMLOPTION_CONTENT, true));
}

const char* text_of(const Converter& self, const Column& column, const Cell& cell, std::string& scratch) {
  std::string_view value;
  if (family_of(column.type) == Family::character) {
    value = tds::decode_text(column, cell, self.policy, scratch);
  } else {
    scratch.clear();
    tds::decode_to_text(column, cell, self.policy, scratch);
    value = scratch;
  }
  return copy_out(in_server_encoding(value));
}

Datum read_text(const Converter& self, char* value, int32 typmod) {
  if (reads_as_held(self.type)) return InputFunctionCall(self.input, value, self.input_parameter, typmod);
  const int level = hold_settings(false);
  const Datum datum = InputFunctionCall(self.input, value, self.input_parameter, typmod);
  release_settings(level);
  return datum;
}

// By the type's input function. Where a typmod may round, the value is read without it first and
// must stay equal.
Datum through_input(const Converter& self, const Column& column, const Cell& cell, std::string& scratch) {
  char* value = const_cast<char*>(text_of(self, column, cell, scratch));
  if (self.equal == nullptr) return read_text(self, value, self.typmod);
  const Datum exact = read_text(self, value, -1);
  const Datum fitted = read_text(self, value, self.typmod);
  if (!DatumGetBool(FunctionCall2Coll(self.equal, self.collation, exact, fitted))) {
    raise_out_of_range(
        self, value,
        self.type == NUMERICOID ? ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE : ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
  }
  return fitted;
}

// A sql_variant as select_expression() makes it.
std::string_view json_of(const Converter& self, const Column& column, const Cell& cell, std::string& scratch) {
  return tds::with_decimal_number(tds::decode_text(column, cell, self.policy, scratch), scratch);
}

Datum variant_to_text(const Converter& self, const Column& column, const Cell& cell, std::string& scratch) {
  return store_text(self, json_of(self, column, cell, scratch));
}

Datum variant_through_input(const Converter& self, const Column& column, const Cell& cell, std::string& scratch) {
  return read_text(self, const_cast<char*>(copy_out(in_server_encoding(json_of(self, column, cell, scratch)))),
                   self.typmod);
}

// date_in drops a time of day without a word.
Datum character_to_date(const Converter& self, const Column& column, const Cell& cell, std::string& scratch) {
  const char* value = text_of(self, column, cell, scratch);
  const int level = reads_as_held(self.type) ? 0 : hold_settings(false);
  const Datum whole =
      DirectFunctionCall3(timestamp_in, CStringGetDatum(value), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
  if (level != 0) release_settings(level);
  const Datum day = DirectFunctionCall1(timestamp_date, whole);
  if (DatumGetTimestamp(DirectFunctionCall1(date_timestamp, day)) != DatumGetTimestamp(whole)) {
    raise_out_of_range(self, value, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
  }
  return day;
}

// name and "char" cut what is too long.
Datum character_to_name(const Converter& self, const Column& column, const Cell& cell, std::string& scratch) {
  const char* value = text_of(self, column, cell, scratch);
  const int limit = self.type == NAMEOID ? NAMEDATALEN - 1 : 1;
  const int length = static_cast<int>(std::strlen(value));
  if (length > limit) raise_too_long(self, length, limit);
  return InputFunctionCall(self.input, const_cast<char*>(value), self.input_parameter, self.typmod);
}

Datum to_uuid(const Converter&, const Column& column, const Cell& cell, std::string&) {
  const std::array<std::uint8_t, UUID_LEN> bytes = tds::decode_uuid(column, cell);
  auto* uuid = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
  std::memcpy(uuid->data, bytes.data(), UUID_LEN);
  return UUIDPGetDatum(uuid);
}

std::string_view bytes_of(const Cell& cell) { return {reinterpret_cast<const char*>(cell.data), cell.size}; }

Datum to_bytea(const Converter&, const Column&, const Cell& cell, std::string&) {
  return PointerGetDatum(copy_out_text(bytes_of(cell)));
}

// geometry and geography come as SRID and WKB (core/tsql/select.cpp) and go on as EWKB.
Datum spatial_to_bytea(const Converter&, const Column&, const Cell& cell, std::string& scratch) {
  scratch = tds::ewkb_from_srid_wkb(bytes_of(cell));
  return PointerGetDatum(copy_out_text(scratch));
}

Datum spatial_to_text(const Converter& self, const Column&, const Cell& cell, std::string& scratch) {
  scratch = tds::ewkb_from_srid_wkb(bytes_of(cell));
  char* hex = static_cast<char*>(palloc(scratch.size() * 2));
  hex_encode(scratch.data(), scratch.size(), hex);
  return store_text(self, {hex, scratch.size() * 2});
}

// PostGIS's types, by their receive function.
Datum spatial_to_postgis(const Converter& self, const Column&, const Cell& cell, std::string& scratch) {
  scratch = tds::ewkb_from_srid_wkb(bytes_of(cell));
  StringInfoData buffer;
  initStringInfo(&buffer);
  appendBinaryStringInfo(&buffer, scratch.data(), static_cast<int>(scratch.size()));
  return ReceiveFunctionCall(self.input, &buffer, self.input_parameter, self.typmod);
}

// Digits of a fraction of a second that a value may have.
int fraction_digits(const Column& column) {
  switch (column.type) {
    case WireType::date:
    case WireType::smalldatetime: return 0;
    case WireType::datetime: return 3;
    default: return std::min(column.scale, 6);  // the seventh is cut
  }
}

ConvertFunction choose_datetime(const Column& column, Oid type, int32 typmod) {
  const WireType wire = column.type;
  const bool fits = typmod < 0 || typmod >= fraction_digits(column);
  if (type == TIMESTAMPOID && fits && wire != WireType::time && wire != WireType::datetimeoffset) return copy_timestamp;
  switch (type) {
    case TIMEOID: return wire == WireType::time ? convert_datetime : nullptr;
    case DATEOID:
    case TIMESTAMPOID: return wire != WireType::time && wire != WireType::datetimeoffset ? convert_datetime : nullptr;
    case TIMESTAMPTZOID: return wire != WireType::time ? convert_datetime : nullptr;
    default: return nullptr;
  }
}

// Bytes that an integer's values need in PostgreSQL; 0 for all other types.
int integer_size(WireType wire) {
  switch (wire) {
    case WireType::tinyint:
    case WireType::smallint: return 2;  // a tinyint has no sign: it needs a smallint
    case WireType::int_: return 4;
    case WireType::bigint: return 8;
    default: return 0;
  }
}
int integer_size(Oid type) { return type == INT2OID ? 2 : type == INT4OID ? 4 : type == INT8OID ? 8 : 0; }

ConvertFunction choose_number(WireType wire, Family family, Oid type) {
  if (SIZEOF_DATUM == 8 && integer_size(wire) > 0 && integer_size(type) >= integer_size(wire)) return widen_integer;
  switch (type) {
    case BOOLOID: return family == Family::integer ? convert_integer : nullptr;
    case INT2OID:
    case INT4OID:
    case INT8OID:
    case FLOAT4OID:
    case FLOAT8OID:
    case NUMERICOID:
      if (family == Family::integer) return convert_integer;
      return family == Family::decimal ? convert_decimal : convert_float;
    default: return nullptr;
  }
}

ConvertFunction choose_character(Oid type) {
  switch (type) {
    case XMLOID: return character_to_xml;
    case DATEOID: return character_to_date;
    case NAMEOID:
    case CHAROID: return character_to_name;
    case BYTEAOID: return nullptr;  // in which encoding?
    default: return through_input;
  }
}

ConvertFunction choose_binary(const RemoteType* remote, Oid type) {
  if (!is_spatial(remote)) return type == BYTEAOID ? to_bytea : nullptr;
  if (type == BYTEAOID) return spatial_to_bytea;
  if (is_text_type(type)) return spatial_to_text;
  const char* name = format_type_be(type);
  const char* unqualified = std::strrchr(name, '.');
  unqualified = unqualified == nullptr ? name : unqualified + 1;
  return std::strcmp(unqualified, "geometry") == 0 || std::strcmp(unqualified, "geography") == 0 ? spatial_to_postgis
                                                                                                 : nullptr;
}

ConvertFunction choose_function(const Column& column, const RemoteType* remote, Oid type, int32 typmod) {
  const Family family = family_of(column.type);
  if (family == Family::binary && is_spatial(remote)) return choose_binary(remote, type);
  if (is_text_type(type) && family != Family::clr)
    return family == Family::character ? character_to_text : printed_to_text;
  switch (family) {
    case Family::integer:
    case Family::decimal:
    case Family::floating: return choose_number(column.type, family, type);
    case Family::datetime: return choose_datetime(column, type, typmod);
    case Family::uuid: return type == UUIDOID ? to_uuid : nullptr;
    case Family::character: return choose_character(type);
    case Family::binary: return choose_binary(remote, type);
    case Family::clr: return type == BYTEAOID ? to_bytea : nullptr;  // as it is stored
    case Family::variant: break;
  }
  return nullptr;
}

const char* wire_name(WireType wire) {
  switch (wire) {
    case WireType::bit: return "bit";
    case WireType::tinyint: return "tinyint";
    case WireType::smallint: return "smallint";
    case WireType::int_: return "int";
    case WireType::bigint: return "bigint";
    case WireType::real: return "real";
    case WireType::float_: return "float";
    case WireType::money: return "money";
    case WireType::smallmoney: return "smallmoney";
    case WireType::decimal: return "decimal";
    case WireType::date: return "date";
    case WireType::time: return "time";
    case WireType::smalldatetime: return "smalldatetime";
    case WireType::datetime: return "datetime";
    case WireType::datetime2: return "datetime2";
    case WireType::datetimeoffset: return "datetimeoffset";
    case WireType::uniqueidentifier: return "uniqueidentifier";
    case WireType::text: return "character";
    case WireType::binary: return "binary";
    case WireType::xml: return "xml";
    case WireType::variant: return "sql_variant";
    case WireType::udt: return "CLR";
  }
  return "unknown";
}

// What to do about a pair without a conversion.
const char* hint_for(const Column& column) {
  switch (column.type) {
    case WireType::variant:
      return "Cast it in the query; a foreign table's column with remote_type 'sql_variant' is read as JSON.";
    case WireType::udt:
      return "Set the column's option remote_type to 'geometry', 'geography' or 'hierarchyid', or convert it in the "
             "query.";
    case WireType::datetimeoffset: return "Use timestamp with time zone or text.";
    default: return "Any type can be read as text.";
  }
}

// Instead of the conversion of character data.
ConvertFunction choose_variant(const Converter& converter) {
  if (converter.convert == character_to_text) return variant_to_text;
  return converter.convert == through_input && converter.equal == nullptr ? variant_through_input : converter.convert;
}

// The functions of types that are not made in place.
void find_type_functions(Converter* converter) {
  const auto make = [] { return static_cast<FmgrInfo*>(palloc0(sizeof(FmgrInfo))); };
  Oid function = InvalidOid;
  if (converter->convert == spatial_to_postgis) {
    getTypeBinaryInputInfo(converter->type, &function, &converter->input_parameter);
  } else if (converter->convert == through_input || converter->convert == character_to_name) {
    getTypeInputInfo(converter->type, &function, &converter->input_parameter);
  } else {
    return;
  }
  converter->input = make();
  fmgr_info(function, converter->input);
  // bit(n) and varbit(n) check their typmod themselves, all others that matter round.
  if (converter->convert != through_input || converter->typmod < 0 || converter->type == BITOID ||
      converter->type == VARBITOID)
    return;
  const TypeCacheEntry* entry = lookup_type_cache(converter->type, TYPECACHE_EQ_OPR);
  if (!OidIsValid(entry->eq_opr)) return;
  converter->equal = make();
  fmgr_info(get_opcode(entry->eq_opr), converter->equal);
  converter->collation = entry->typcollation;
}

}  // namespace

void raise_out_of_range(const Converter& self, const char* value, int sqlstate) {
  ereport(ERROR, (errcode(sqlstate), errmsg("value \"%s\" does not fit type %s", value,
                                            format_type_with_typemod(self.type, self.typmod))));
  pg_unreachable();
}

Converter choose_converter(const Column& column, const RemoteType* remote, Form_pg_attribute attribute,
                           source::CharacterPolicy policy) {
  Converter converter{};
  converter.typmod = attribute->atttypmod;
  converter.type = getBaseTypeAndTypmod(attribute->atttypid, &converter.typmod);
  converter.domain = converter.type == attribute->atttypid ? InvalidOid : attribute->atttypid;
  converter.domain_cache = static_cast<void**>(palloc0(sizeof(void*)));
  converter.context = CurrentMemoryContext;
  converter.policy = policy;
  converter.convert = choose_function(column, remote, converter.type, converter.typmod);
  if (converter.convert == nullptr) {
    ereport(ERROR,
            (errcode(ERRCODE_DATATYPE_MISMATCH),
             errmsg("column \"%s\" of type %s cannot be read from the remote type %s", NameStr(attribute->attname),
                    format_type_with_typemod(attribute->atttypid, attribute->atttypmod), wire_name(column.type)),
             errhint("%s", hint_for(column))));
  }
  find_type_functions(&converter);
  if (remote != nullptr && remote->type == Type::sql_variant) converter.convert = choose_variant(converter);
  return converter;
}

}  // namespace mssql::pg
