// The statements that write: INSERT, UPDATE, DELETE, TRUNCATE, and the questions that go before
// them. Values are parameters, @P1 first, in the order of the columns, row by row; those of a key
// follow.
//
// How many rows a statement has written is asked behind it, in a row of its own: the counts that a
// server sends beside the results are those of triggers, too.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/types.hpp"
#include "select.hpp"

namespace mssql::tsql {

inline constexpr int most_parameters = 2100 - 3;  // Microsoft, "Maximum capacity specifications"; sp_prepexec has three
inline constexpr int most_rows_of_values = 1000;

// The only column of the answer that tells the rows, and the first one of what comes by way of a
// table variable: how it is told from what triggers select.
inline constexpr std::string_view count_column = "mssql_fdw_rows";
inline constexpr std::string_view returned_column = "mssql_fdw_1";

struct DmlColumn {
  std::string_view name;  // quoted
  RemoteType type;        // nvarchar(max) where it is not known
};

// What a statement returns of each row that it writes.
struct Output {
  std::span<const DmlColumn> columns;
  TextForm form{TextForm::converted};
  bool by_variable{false};  // by way of a table variable, as a table with triggers needs it (error 334)
};

struct Insert {
  std::string_view table;              // quoted
  std::span<const DmlColumn> columns;  // none: every column has its default, and there is one row
  int rows{1};
  bool gives_identity{false};    // one of the columns is the table's identity
  bool skips_duplicates{false};  // of one row: one that a unique index refuses is none
  Output output{};
};
std::string insert(const Insert& parts);

// How a column takes part in telling one row from all others.
enum class KeyMatch : std::uint8_t {
  none,         // not at all: its values cannot be compared
  value,        // by its value
  range,        // of what is cut here to six digits: whatever the seventh is
  text,         // character by character, blanks at the end included
  padded_text,  // likewise, of which all have the same length
  bytes,        // with its length, for SQL Server pads the shorter of two
};
KeyMatch key_match(const RemoteType& type) noexcept;

struct Update {
  std::string_view table;
  std::span<const DmlColumn> columns;
  std::span<const DmlColumn> keys;
  Output output{};
};
std::string update(const Update& parts);
// Without columns.
std::string remove(const Update& parts);

// `keeps_identity`: the numbers of an identity column go on, as TRUNCATE ... CONTINUE IDENTITY has
// it; else they begin anew, as the server has it.
std::string truncate(std::string_view table, bool keeps_identity);

std::string identity_insert(std::string_view table, bool on);

// A row a column of `table` (quoted): its name, type (as catalog.hpp's columns_query() has it),
// max_length, precision, scale, 1 for an identity, 1 for what the server alone gives values, code
// page (NULL: it has none).
std::string table_columns_query(std::string_view table);
inline constexpr std::size_t table_columns_count = 8;

// `table` read so that the rows stay as they are until the transaction ends. `exclusive`: nobody
// else reads them to write them either.
std::string locked_table(std::string_view table, bool exclusive);

}  // namespace mssql::tsql
