// A statement with parameters as a remote call of sp_executesql.
//
// Values travel as nvarchar (binary ones as varbinary) and the server converts them to the declared
// types. DB-Library cannot send an empty string that is not NULL (a length of 0 means NULL to it),
// so an empty value becomes a variable that the statement itself declares: `DECLARE @P2
// nvarchar(10) = N'';`.
#pragma once

#include <sybdb.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/source/session.hpp"

namespace mssql::tds::freetds {

class RemoteCall {
 public:
  // Throws Error: a value or the statement is not valid UTF-8 or has a NUL in it.
  RemoteCall(std::string_view sql, std::span<const Parameter> parameters);

  // Sends it; FAIL as the library says. The results are read with dbsqlok() and dbresults().
  RETCODE send(DBPROCESS* process) const;

  const std::string& statement() const noexcept { return statement_; }
  const std::string& declarations() const noexcept { return declarations_; }

 private:
  struct Argument {
    std::string name;   // "@P1"
    std::string bytes;  // UTF-8, or those of a binary value
    bool null;
    bool binary;
  };

  std::string statement_;
  std::string declarations_;
  std::vector<Argument> values_;
};

}  // namespace mssql::tds::freetds
