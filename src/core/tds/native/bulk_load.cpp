#include "bulk_load.hpp"

#include "core/error.hpp"
#include "core/tds/codec/cell.hpp"
#include "core/tds/codec/unicode.hpp"
#include "core/tsql/session.hpp"
#include "token.hpp"
#include "type_info.hpp"

namespace mssql::tds::native {

namespace {

constexpr std::size_t longest_name = 128;  // UTF-16 units

std::string name_in_utf16(std::string_view name) {
  std::string utf16;
  utf8_to_utf16le(name, utf16);
  if (utf16.size() > 2 * longest_name)
    throw Error(sqlstate::name_too_long, "column name \"" + std::string(name) + "\" is too long for SQL Server");
  return utf16;
}

// The declared length counts bytes of a code page, or two for a UTF-16 unit; sql_variant holds
// 8,000 bytes.
RemoteType sent_type(const RemoteType& type) {
  const bool narrow = type.type == Type::char_ || type.type == Type::varchar;
  const bool wide = type.type == Type::nchar || type.type == Type::nvarchar;
  const bool bytes = type.type == Type::binary || type.type == Type::varbinary;
  const bool bounded = (narrow || wide || bytes) && type.max_length >= 0;
  const int longest = type.max_length * (narrow ? 2 : 1);
  switch (wire_type(type.type)) {
    case WireType::text:
    case WireType::xml:
      return nvarchar_for(type.type == Type::sql_variant || (bounded && longest <= longest_short_value));
    case WireType::binary: return varbinary_for(bounded);
    default: return type;
  }
}

}  // namespace

BulkLoad::BulkLoad(std::string_view table, std::span<const BulkColumn> columns, bool locks_table) {
  if (columns.empty()) throw Error(sqlstate::invalid_parameter, "a bulk load needs at least one column");
  check_text(table, "table name");
  std::vector<tsql::LoadedColumn> declared;
  for (const BulkColumn& column : columns) {
    check_text(column.name, "column name");
    std::string name = name_in_utf16(column.name);
    if (column.type.type == Type::rowversion)
      throw Error(sqlstate::invalid_parameter, "column \"" + column.name + "\" of type rowversion cannot be loaded",
                  "The server gives it its values.");
    columns_.push_back(
        {Target(column.type, "column \"" + column.name + "\""), sent_type(column.type), std::move(name)});
    declared.push_back({column.name, columns_.back().sent});
  }
  statement_ = tsql::insert_bulk(table, declared, locks_table);
}

std::string BulkLoad::metadata(const ServerState& state) const {
  constexpr std::uint16_t nullable_and_updatable = 0x01 | 0x08;
  std::string out(1, static_cast<char>(token::columns));
  append_little_endian(columns_.size(), 2, out);
  for (const Loaded& column : columns_) {
    append_little_endian(0, 4, out);  // user type
    append_little_endian(nullable_and_updatable, 2, out);
    append_type_info(column.sent, state, out);
    out += static_cast<char>(column.name.size() / 2);
    out += column.name;
  }
  return out;
}

std::string_view BulkLoad::encode(std::span<const Scalar> row) {
  if (row.size() != columns_.size())
    throw Error(sqlstate::invalid_parameter, "a row of the bulk load has " + std::to_string(row.size()) +
                                                 " values instead of " + std::to_string(columns_.size()));
  row_.assign(1, static_cast<char>(token::row));
  for (std::size_t i = 0; i < row.size(); ++i) {
    const Loaded& column = columns_[i];
    if (is_null(row[i])) {
      append_null(column.sent, row_);
      continue;
    }
    value_.clear();
    column.target.encode(row[i], value_);
    const int longest = column.sent.max_length;
    if (is_framed_by_length(column.sent) && longest >= 0 && value_.size() > static_cast<std::size_t>(longest))
      throw Error(sqlstate::string_truncation,
                  "value too long for " + column.target.what + " of type " + declare(column.target.type));
    append_value(column.sent, value_, row_);
  }
  ++rows_;
  return row_;
}

std::string BulkLoad::end() {
  std::string out(1, static_cast<char>(token::done));
  return out.append(2 + 2 + 8, '\0');  // status, command, row count
}

}  // namespace mssql::tds::native
