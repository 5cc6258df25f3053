// THE type table: SQL Server's types, and what they become in PostgreSQL. A new type is one row in
// types.cpp plus the switch arms that the compiler then demands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mssql {

// SQL Server's types as sys.types names them. `rowversion` is sys.types' "timestamp"; `udt` is any
// other CLR type.
enum class Type : std::uint8_t {
  bit,
  tinyint,
  smallint,
  int_,
  bigint,
  decimal,
  money,
  smallmoney,
  real,
  float_,
  date,
  time,
  smalldatetime,
  datetime,
  datetime2,
  datetimeoffset,
  char_,
  varchar,
  text,
  nchar,
  nvarchar,
  ntext,
  binary,
  varbinary,
  image,
  rowversion,
  uniqueidentifier,
  xml,
  json,
  vector,
  sql_variant,
  hierarchyid,
  geometry,
  geography,
  udt,
};

// A column's declared type. Lengths are bytes as in sys.columns.max_length (nvarchar(n) is 2n), -1
// for (max).
struct RemoteType {
  Type type{Type::int_};
  int max_length{0};
  int precision{0};
  int scale{0};
};

// A name of sys.types, in any case: "nvarchar" -> Type::nvarchar, "numeric" -> Type::decimal,
// "sysname" -> nvarchar, "timestamp" -> rowversion, "udt" (catalog.hpp's name for CLR types) ->
// udt. Nothing for an unknown name.
std::optional<Type> type_from_name(std::string_view name) noexcept;
std::string_view type_name(Type type) noexcept;
// The T-SQL spelling with its length, precision and scale: "nvarchar(40)", "decimal(18,2)",
// "datetime2(7)", "varbinary(max)". "udt" is the one answer that T-SQL does not know: a CLR type's
// own name is not in RemoteType.
std::string declare(const RemoteType& type);
// The inverse of declare(), as the column option `remote_type` holds it; throws Error on what it
// cannot read.
RemoteType parse_declaration(std::string_view text);

struct LocalTypeOptions {
  bool postgis{false};       // geometry and geography become PostGIS types instead of bytea (EWKB)
  bool counts_bytes{false};  // the database (SQL_ASCII) holds UTF-8 and counts its bytes
};
// The PostgreSQL type of the default mapping, as DDL text: "character varying(20)",
// "numeric(18,2)", "timestamp(3) without time zone".
std::string local_type(const RemoteType& type, const LocalTypeOptions& options = {});
// What a copy may change silently under the default mapping ("the seventh digit of the fraction is
// cut"); empty: nothing.
std::string_view lossy_note(const RemoteType& type) noexcept;

// True where equality and order of the remote column and of its local_type() agree for every value,
// so that any comparison may be pushed down. Types of which a part of the comparisons agrees
// (tsql/rules.hpp) answer false.
bool is_exact_comparable(const RemoteType& type) noexcept;

}  // namespace mssql
