// SQL Server's type system as far as the engine needs it: ids, limits, precedence, the result types
// of expressions, and the PostgreSQL type that stores each.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../engine.hpp"

namespace tds_server::engine {

enum class Family { integer, exact, approximate, date, character, binary, guid, xml, variant, clr };

Family family(SqlType type);
bool is_unicode(SqlType type);    // nchar, nvarchar, ntext, xml
bool is_character(SqlType type);  // char ... ntext, not xml
bool is_lob(SqlType type);        // text, ntext, image
bool is_numeric(SqlType type);    // integer, exact and approximate
bool is_time_like(SqlType type);  // stored as a count of 100 ns: time, smalldatetime, datetime, datetime2
int precedence(SqlType type);     // higher wins in a mixed expression

std::string_view type_name(SqlType type);                    // as sys.types.name
std::optional<SqlType> type_by_name(std::string_view name);  // also synonyms
int system_type_id(SqlType type);                            // sys.types.system_type_id
int user_type_id(SqlType type);
std::string declared_name(const TypeInfo& type);  // nvarchar(40), decimal(10,2)

// PostgreSQL's type for the values of a column or expression.
std::string_view pg_type(SqlType type);

// A type with the numbers that sys.columns shows for it.
TypeInfo make_type(SqlType type);
TypeInfo make_decimal(int precision, int scale, SqlType type = SqlType::decimal);
TypeInfo make_character(SqlType type, int units);  // units of the type: UTF-16 units or bytes; -1 for max
TypeInfo make_binary(SqlType type, int bytes);
TypeInfo make_time(SqlType type, int scale);

int length_in_units(const TypeInfo& type);  // -1 for max
bool is_max(const TypeInfo& type);

// The type both sides are brought to in a comparison, CASE, UNION or list.
TypeInfo common_type(const TypeInfo& a, const TypeInfo& b);
// The result of + - * / % on two numbers.
TypeInfo arithmetic_type(char op, const TypeInfo& a, const TypeInfo& b);
// An integer type seen as the decimal that holds it.
TypeInfo as_decimal(const TypeInfo& type);

// How PostgreSQL compares strings of a SQL Server collation: a collation of the schema tds.
std::string pg_collation(std::string_view collation);
bool is_case_sensitive(std::string_view collation);
// Whether characters beyond U+FFFF count as one (Microsoft, "Supplementary characters").
bool counts_characters(std::string_view collation);
bool is_known_collation(std::string_view collation);
int code_page(std::string_view collation);  // of char and varchar: 1252, 65001 ...

}  // namespace tds_server::engine
