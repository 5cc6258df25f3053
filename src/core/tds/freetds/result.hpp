// One result set of DB-Library: its columns, and its rows as cells in the encoding of column.hpp.
//
// Most values lie in FreeTDS's row buffer just as they came over the wire, and are lent from there.
// Decimals and the date types of SQL Server 2008 do not: they are encoded again into a scratch
// buffer. What to do for a column is decided once a result set.
#pragma once

#include <sybdb.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/tds/codec/column.hpp"

namespace mssql::tds::freetds {

class ResultSet {
 public:
  // Reads the description of the current result. Throws Error 0A000 for a column whose type cannot
  // be read (sql_variant).
  void describe(DBPROCESS* process);
  void clear() noexcept;

  const std::vector<Column>& columns() const noexcept { return columns_; }
  // The current row, valid until the next call into the library. Throws Error where FreeTDS may
  // have cut or spoilt a value.
  Row read(DBPROCESS* process);
  // The text columns of the current row that hold a '?', which is what FreeTDS writes for a
  // character that it cannot convert; all text columns when none does. For error messages: `"a"`,
  // or `"a", "b"`.
  std::string suspects(DBPROCESS* process) const;

 private:
  enum class Form : std::uint8_t { as_is, text, decimal, date, time, datetime2, datetimeoffset };
  struct Plan {
    Form form{Form::as_is};
    std::uint8_t scale{0};
    std::uint8_t magnitude_bytes{0};  // of a decimal, on the wire
    std::uint8_t library_bytes{0};    // of a decimal, in DBNUMERIC
    DBINT full{0};                    // a converted text as long as this may have been cut; 0: it cannot
  };

  void plan(DBPROCESS* process, int number, const DBCOL2& description, Column& column, Plan& plan) const;
  Cell encode(const Plan& plan, const Column& column, const BYTE* data, std::uint8_t* out) const;

  std::vector<Column> columns_;
  std::vector<Plan> plans_;
  std::vector<Cell> cells_;
  std::vector<std::uint8_t> scratch_;
};

}  // namespace mssql::tds::freetds
