// SQL Server's cells to PostgreSQL datums, for tds_decoder.cpp: which pairs of types convert, and
// the conversions, all binary where PostgreSQL's type allows it.
//
// A value either arrives whole or is an error (class 22) that shows it: nothing is cut, rounded or
// turned into NULL, but for two cases that the type mapping states: the seventh digit of a fraction
// of a second, and the binary form of a decimal in a float.
#pragma once

#include "core/tds/codec/decode.hpp"
#include "core/types.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

using tds::Cell;
using tds::Column;
using tds::Encoding;
using tds::WireType;

struct Converter;
// `cell` is not NULL. The datum is in the current memory context; `scratch` holds text on the way.
using ConvertFunction = Datum (*)(const Converter& self, const Column& column, const Cell& cell, std::string& scratch);

// One remote column into one attribute. Trivially destructible; what it points to lives in the
// context it was chosen in.
struct Converter {
  ConvertFunction convert;
  Oid type;  // the attribute's type, for a domain its base type
  int32 typmod;
  Oid domain;  // InvalidOid: none
  void** domain_cache;
  MemoryContext context;
  source::CharacterPolicy policy;
  FmgrInfo* input;  // of types that are read from text, or received from binary
  Oid input_parameter;
  FmgrInfo* equal;  // of types with a typmod that may round
  Oid collation;
};

// ereports 42804, naming the column, when there is no conversion that keeps every value. `remote`
// may be null.
Converter choose_converter(const Column& column, const RemoteType* remote, Form_pg_attribute attribute,
                           source::CharacterPolicy policy);

// NULL (a null cell) too: a domain may refuse it.
inline Datum convert(const Converter& converter, const Column& column, const Cell& cell, std::string& scratch,
                     bool* isnull) {
  *isnull = cell.is_null();
  const Datum value = *isnull ? static_cast<Datum>(0) : converter.convert(converter, column, cell, scratch);
  if (OidIsValid(converter.domain))
    domain_check(value, *isnull, converter.domain, converter.domain_cache, converter.context);
  return value;
}

// By file: numbers, dates and times, everything else.
Datum convert_integer(const Converter& self, const Column& column, const Cell& cell, std::string& scratch);
Datum convert_decimal(const Converter& self, const Column& column, const Cell& cell, std::string& scratch);
Datum convert_float(const Converter& self, const Column& column, const Cell& cell, std::string& scratch);
Datum convert_datetime(const Converter& self, const Column& column, const Cell& cell, std::string& scratch);
// The short ways of the commonest pairs, in which every value fits: an integer into one as wide or
// wider, a date and time into timestamp.
Datum widen_integer(const Converter& self, const Column& column, const Cell& cell, std::string& scratch);
Datum copy_timestamp(const Converter& self, const Column& column, const Cell& cell, std::string& scratch);

// For the files above: the value does not fit the attribute.
[[noreturn]] void raise_out_of_range(const Converter& self, const char* value, int sqlstate);

}  // namespace mssql::pg
