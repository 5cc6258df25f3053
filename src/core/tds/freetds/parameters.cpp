// DB-Library converts none of the values: they leave as UTF-16 or bytes, and the server does the
// rest.
#include "parameters.hpp"

#include <sybdb.h>

#include "core/spelling.hpp"
#include "core/tsql/session.hpp"
#include "core/tds/codec/encode.hpp"
#include "core/tds/codec/unicode.hpp"

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

std::string sent_bytes(const Parameter& parameter, const std::string& name) {
  if (const auto* binary = std::get_if<Binary>(&parameter.value)) return std::string(binary->bytes);
  if (const auto* text = std::get_if<Text>(&parameter.value)) check_text(text->utf8, "parameter " + name);
  return spelled(parameter.type, parameter.value);
}

}  // namespace

RemoteCall::RemoteCall(std::string_view sql, std::span<const Parameter> parameters) {
  check_text(sql, "statement");
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& parameter = parameters[i];
    const bool binary = wire_type(parameter.type.type) == WireType::binary;
    Argument argument{"@P" + std::to_string(i + 1), {}, is_null(parameter.value), binary};
    if (!argument.null) argument.bytes = sent_bytes(parameter, argument.name);
    const std::string declaration = argument.name + ' ' + declare(parameter.type);
    if (!argument.null && argument.bytes.empty()) {
      statement_ += tsql::declare_empty(declaration, binary);
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
