#include "bulk_load.hpp"

#include <cmath>

#include "core/tds/bulk.hpp"
#include "core/tds/codec/cell.hpp"
#include "core/tds/codec/decode.hpp"
#include "core/tds/codec/encode.hpp"
#include "core/tds/codec/unicode.hpp"
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

bool is_text(const Column& column) { return column.type == WireType::text || column.type == WireType::xml; }

// The declared length counts bytes of a code page, or two for a UTF-16 unit; sql_variant holds
// 8,000 bytes.
RemoteType sent_type(const RemoteType& type, const Column& column) {
  const bool narrow = type.type == Type::char_ || type.type == Type::varchar;
  const bool wide = type.type == Type::nchar || type.type == Type::nvarchar;
  const bool bytes = type.type == Type::binary || type.type == Type::varbinary;
  const bool bounded = (narrow || wide || bytes) && type.max_length >= 0;
  const int longest = type.max_length * (narrow ? 2 : 1);
  if (is_text(column))
    return nvarchar_for(type.type == Type::sql_variant || (bounded && longest <= longest_short_value));
  if (column.type == WireType::binary) return varbinary_for(bounded);
  return type;
}

}  // namespace

BulkLoad::BulkLoad(std::string_view table, std::span<const BulkColumn> columns) {
  check_bulk(table, columns);
  statement_ = "INSERT BULK " + std::string(table) + " (";
  for (const BulkColumn& column : columns) {
    name_in_utf16(column.name);
    if (column.type.type == Type::rowversion)
      throw Error(sqlstate::invalid_parameter, "column \"" + column.name + "\" of type rowversion cannot be loaded",
                  "The server gives it its values.");
    const Column cells = column_of_cells(column);
    targets_.push_back({cells, column.type, sent_type(column.type, cells)});
    if (targets_.size() > 1) statement_ += ", ";
    append_name(column.name, statement_);
    statement_ += ' ' + declare(targets_.back().sent);
  }
  statement_ += ") WITH (CHECK_CONSTRAINTS, FIRE_TRIGGERS, KEEP_NULLS)";
}

std::string BulkLoad::metadata(const ServerState& state) const {
  constexpr std::uint16_t nullable_and_updatable = 0x01 | 0x08;
  std::string out(1, static_cast<char>(token::columns));
  append_little_endian(targets_.size(), 2, out);
  for (const Target& target : targets_) {
    append_little_endian(0, 4, out);  // user type
    append_little_endian(nullable_and_updatable, 2, out);
    append_type_info(target.sent, state, out);
    const std::string name = name_in_utf16(target.column.name);
    out += static_cast<char>(name.size() / 2);
    out += name;
  }
  return out;
}

std::string_view BulkLoad::encode(Row row) {
  check_width(row, targets_.size());
  row_.assign(1, static_cast<char>(token::row));
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i].is_null())
      append_null(targets_[i].sent, row_);
    else
      append_cell(targets_[i], row[i]);
  }
  ++rows_;
  return row_;
}

std::string BulkLoad::end() {
  std::string out(1, static_cast<char>(token::done));
  return out.append(2 + 2 + 8, '\0');  // status, command, row count
}

// What the decoder takes is a value of the type.
void BulkLoad::append_cell(const Target& target, const Cell& cell) {
  const Column& column = target.column;
  const std::string_view raw(reinterpret_cast<const char*>(cell.data), cell.size);
  switch (column.type) {
    case WireType::bit:
    case WireType::tinyint:
    case WireType::smallint:
    case WireType::int_:
    case WireType::bigint: decode_integer(column, cell); break;
    case WireType::real:
    case WireType::float_:
      if (!std::isfinite(decode_float(column, cell)))
        throw Error(sqlstate::numeric_out_of_range, "numeric value out of range in " + describe_column(column),
                    "SQL Server has neither infinity nor NaN.");
      break;
    case WireType::money:
    case WireType::smallmoney: decode_decimal(column, cell); break;
    case WireType::decimal: {
      decode_decimal(column, cell);
      value_ = raw;
      value_.resize(decimal_size, '\0');
      return append_value(target.sent, value_, row_);
    }
    case WireType::date:
    case WireType::time:
    case WireType::smalldatetime:
    case WireType::datetime:
    case WireType::datetime2: read_datetime(column, cell); break;
    case WireType::datetimeoffset:  // whose local time must be in the calendar too
      scratch_.clear();
      decode_to_text(column, cell, CharacterPolicy::error, scratch_);
      break;
    case WireType::uniqueidentifier: require_size(column, cell, 16); break;
    case WireType::text:
    case WireType::xml:
      value_.clear();
      utf8_to_utf16le(decode_text(column, cell, CharacterPolicy::error, scratch_), value_);
      return append_bytes(target, value_);
    case WireType::binary:
    case WireType::variant:
    case WireType::udt: return append_bytes(target, raw);
  }
  append_value(target.sent, raw, row_);
}

void BulkLoad::append_bytes(const Target& target, std::string_view bytes) {
  if (target.sent.max_length >= 0 && bytes.size() > static_cast<std::size_t>(target.sent.max_length))
    throw Error(sqlstate::string_truncation,
                "value too long for " + describe_column(target.column) + " of type " + declare(target.type));
  append_value(target.sent, bytes, row_);
}

}  // namespace mssql::tds::native
