// DB-Library converts none of the values: they leave as UTF-16 or bytes, and the server does the
// rest.
#include "parameters.hpp"

#include <sybdb.h>

#include "core/tds/arguments.hpp"

namespace mssql::tds::freetds {

namespace {

// Above these DB-Library's types for short values would cut; the (max) types take over. nvarchar is
// limited in UTF-16 units, of which there are at most as many as bytes of UTF-8.
constexpr std::size_t longest_nvarchar = 4000;
constexpr std::size_t longest_varbinary = 8000;

RETCODE add(DBPROCESS* process, const char* name, int type, const std::string& bytes, bool null) {
  auto* data = reinterpret_cast<BYTE*>(const_cast<char*>(bytes.data()));
  return dbrpcparam(process, name, 0, type, -1, null ? 0 : static_cast<DBINT>(bytes.size()), null ? nullptr : data);
}

int text_type(std::size_t size) {
  return size <= longest_nvarchar ? SYBVARCHAR : SYBNTEXT;
}  // SYBVARCHAR goes out as nvarchar
int binary_type(std::size_t size) { return size <= longest_varbinary ? SYBVARBINARY : SYBIMAGE; }

}  // namespace

RemoteCall::RemoteCall(std::string_view sql, std::span<const Parameter> parameters) {
  check_text(sql, "statement");
  for (Argument& argument : make_arguments(parameters)) {
    const std::string declaration = argument.name + ' ' + argument.declaration;
    if (!argument.null && argument.bytes.empty()) {
      statement_ += "DECLARE " + declaration + " = " + (argument.binary ? "0x" : "N''") + "; ";
      continue;
    }
    declarations_ += (declarations_.empty() ? "" : ", ") + declaration;
    values_.push_back(std::move(argument));
  }
  statement_ += sql;
}

RETCODE RemoteCall::send(DBPROCESS* process) const {
  dbrpcinit(process, "", DBRPCRESET);  // what a call that failed half-way may have left
  if (dbrpcinit(process, "sp_executesql", 0) != SUCCEED) return FAIL;
  if (add(process, "@stmt", text_type(statement_.size()), statement_, false) != SUCCEED) return FAIL;
  if (!values_.empty() && add(process, "@params", text_type(declarations_.size()), declarations_, false) != SUCCEED)
    return FAIL;
  for (const Argument& value : values_) {
    const int type = value.binary ? binary_type(value.bytes.size()) : text_type(value.bytes.size());
    if (add(process, value.name.c_str(), type, value.bytes, value.null) != SUCCEED) return FAIL;
  }
  return dbrpcsend(process);
}

}  // namespace mssql::tds::freetds
