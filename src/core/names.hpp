// SQL Server's identifiers (128 UTF-16 units, any case) as PostgreSQL's (63 bytes, folded to lower
// case unless quoted).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mssql {

// The option name_case, in the order of its choices.
enum class NameCase : std::uint8_t {
  lower,  // as an unquoted identifier: ASCII letters become small, others stay
  preserve,
  snake,  // OrderDetails -> order_details, HTTPServer -> http_server, CustomerID2 -> customer_id2
};

inline constexpr std::size_t longest_local_name = 63;

// `name` (UTF-8) as `name_case` says, however long.
std::string folded_name(std::string_view name, NameCase name_case);
// The same, but what is longer than 63 bytes is cut at a character and ends in '_' and eight
// hexadecimal digits of a hash of `name`, so equal names give equal results on every machine. Not
// unique: two names may fold to the same.
std::string local_name(std::string_view name, NameCase name_case);
// The same for a column, with '_' behind what PostgreSQL calls its system columns: ctid, xmin, ...
std::string local_column_name(std::string_view name, NameCase name_case);
// What a local name becomes that another one has: `local`, cut or not, with the hash of `source`
// behind it.
std::string distinct_name(std::string_view local, std::string_view source);
// Names of one scope (tables of a schema, columns of a table), all different: of those that are
// `wanted` twice, the first keeps the name, the others become distinct_name() of `scope` and their
// own. `wanted`: local_name, or local_column_name.
std::vector<std::string> local_names(std::span<const std::string> names, NameCase name_case,
                                     std::string_view scope = {},
                                     std::string (*wanted)(std::string_view, NameCase) = local_name);

}  // namespace mssql
