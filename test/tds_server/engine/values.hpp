// Values between their three homes: the seam's canonical form, PostgreSQL's binary format (COPY),
// PostgreSQL's SQL text. Storage: see pg_type() in types; characters are bpchar because it compares
// without trailing blanks, as SQL Server does.
#pragma once

#include <string>
#include <string_view>

#include "../engine.hpp"

namespace tds_server::engine {

// One field of a binary COPY row to a value of the declared type. length < 0 is NULL.
Value decode(const TypeInfo& type, const char* data, int length);

// Appends one field (length word and data) of a binary COPY row.
void encode(std::string& out, const TypeInfo& type, const Value& value);

// The value as an SQL expression of pg_type(type), or for characters of PostgreSQL's text when
// `as_text`.
std::string sql_literal(const TypeInfo& type, const Value& value, bool as_text = false);

// Converts between canonical forms as INSERT does, for bulk load; throws 245, 241, 8114, 8115,
// 2628-like errors. What only a query can convert is refused (206).
Value convert_value(const Value& value, const TypeInfo& from, const TypeInfo& to);

// A string as SQL Server's implicit conversion reads it into a date or time type; throws 241.
Value moment_from_text(std::string_view text, const TypeInfo& to);

// "12.345" to `scale` places, half away from zero; throws 8115 when more than precision digits
// result.
std::string round_decimal(std::string_view digits, int precision, int scale, std::string_view target);

// Cuts, pads and checks a string or binary for its declared length. Throws 2628-like 8152 when
// characters other than blanks would be lost.
std::string fit_length(std::string bytes, const TypeInfo& type);

Value make_value(std::string bytes);

}  // namespace tds_server::engine
