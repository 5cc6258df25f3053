// What conditions, values and statements are put together from: T-SQL with $1, $2, ... for the
// parts.
#pragma once

#include <string_view>

namespace mssql::tsql::form {

// values
inline constexpr std::string_view cast = "CAST($1 AS $2)";
inline constexpr std::string_view null_of = "CAST(NULL AS $1)";
inline constexpr std::string_view arithmetic = "($1 $2 $3)";
inline constexpr std::string_view of_condition = "CAST(CASE WHEN $1 THEN 1 WHEN NOT ($1) THEN 0 END AS bit)";
inline constexpr std::string_view coalesce = "COALESCE($1)";
inline constexpr std::string_view null_if = "CASE WHEN $1 THEN NULL ELSE $2 END";
inline constexpr std::string_view when = " WHEN $1 THEN $2";
inline constexpr std::string_view otherwise = " ELSE $1";
inline constexpr std::string_view case_of = "CASE$1 END";
inline constexpr std::string_view text_of_integer = "CAST($1 AS nvarchar(20))";
inline constexpr std::string_view text_of_uuid = "LOWER(CAST($1 AS nvarchar(36)))";
// A datetime's tick as the milliseconds that it prints.
inline constexpr std::string_view milliseconds = "CAST($1 AS datetime2(3))";

// Text as functions take it. The collation compares UTF-16 units one by one (SQL Server 2008 and
// later).
inline constexpr std::string_view characters = "CAST($1 AS nvarchar(max)) COLLATE Latin1_General_100_BIN2";
// Where characters beyond U+FFFF count as one. SQL Server 2012 and later.
inline constexpr std::string_view by_characters = "CAST($1 AS nvarchar(max)) COLLATE Latin1_General_100_CI_AS_SC";
inline constexpr std::string_view without_blanks = "RTRIM($1)";
inline constexpr std::string_view short_unicode = "CAST($1 AS nvarchar(4000))";
inline constexpr std::string_view long_unicode = "CAST($1 AS nvarchar(max))";
inline constexpr std::string_view short_bytes = "CAST($1 AS varbinary(8000))";
inline constexpr std::string_view long_bytes = "CAST($1 AS varbinary(max))";
// Of bytes, of which SQL Server fills the shorter ones up where it compares them.
inline constexpr std::string_view measured_bytes = "CAST(DATALENGTH($1) AS binary(4)) + CAST($1 AS varbinary(max))";

// conditions
inline constexpr std::string_view equal = "$1 = $2";
inline constexpr std::string_view compare = "$1 $2 $3";
inline constexpr std::string_view both = "$1 AND $2";
inline constexpr std::string_view negation = "NOT ($1)";
inline constexpr std::string_view same_length = "DATALENGTH($1) = DATALENGTH($2)";
inline constexpr std::string_view or_both_null = "$1 OR $2 IS NULL AND $3 IS NULL";
inline constexpr std::string_view is_distinct = "CASE WHEN $1 THEN 0 ELSE 1 END = 1";
inline constexpr std::string_view in = "$1 IN ($2)";
inline constexpr std::string_view not_in = "$1 NOT IN ($2)";
inline constexpr std::string_view like = "$1 LIKE $2 ESCAPE N'\\'";
inline constexpr std::string_view not_like = "$1 NOT LIKE $2 ESCAPE N'\\'";
inline constexpr std::string_view always = "1 = 1", never = "1 = 0", unknown = "NULL = 1";
inline constexpr std::string_view exists = "EXISTS (SELECT 1 FROM $1 WHERE $2)";
inline constexpr std::string_view not_exists = "NOT EXISTS (SELECT 1 FROM $1 WHERE $2)";

// aggregates; $1 is DISTINCT, or nothing
inline constexpr std::string_view count_rows = "COUNT_BIG(*)";
inline constexpr std::string_view count = "COUNT_BIG($1$2)";
inline constexpr std::string_view sum_of_integers = "SUM($1CAST($2 AS bigint))";
inline constexpr std::string_view sum_of_decimals = "SUM($1CAST($2 AS $3))";
inline constexpr std::string_view least = "MIN($1)", greatest = "MAX($1)";
inline constexpr std::string_view all = "CAST(MIN(CAST($1 AS tinyint)) AS bit)";
inline constexpr std::string_view any = "CAST(MAX(CAST($1 AS tinyint)) AS bit)";
inline constexpr std::string_view filtered = "CASE WHEN $1 THEN $2 END";

// tables and order
inline constexpr std::string_view named = "$1 AS $2";
inline constexpr std::string_view inner_join = "$1 INNER JOIN $2 ON $3";
inline constexpr std::string_view left_join = "$1 LEFT JOIN $2 ON $3";
inline constexpr std::string_view full_join = "$1 FULL JOIN $2 ON $3";
inline constexpr std::string_view nested_join = "($1)";
// SQL Server sorts NULL before every value.
inline constexpr std::string_view nulls_last = "CASE WHEN $1 IS NULL THEN 1 ELSE 0 END, $2";
inline constexpr std::string_view nulls_first = "CASE WHEN $1 IS NULL THEN 0 ELSE 1 END, $2";
inline constexpr std::string_view descending = "$1 DESC";

}  // namespace mssql::tsql::form
