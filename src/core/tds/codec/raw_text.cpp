#include "raw_text.hpp"

#include <string_view>

#include "core/error.hpp"

namespace mssql::tds {

namespace {

// U+FEFF in UTF-16LE and in UTF-8.
constexpr std::string_view utf16le_mark = "\xFF\xFE";
constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

}  // namespace

bool adopt_raw_text(Column& column) {
  if (column.type != WireType::binary) return false;
  column.type = WireType::text;
  column.encoding = Encoding::utf16le;
  return true;
}

Cell unwrap_raw_text(Column& column, const Cell& cell) {
  if (cell.is_null()) return cell;
  const std::string_view bytes(reinterpret_cast<const char*>(cell.data), cell.size);
  const bool is_utf16 = bytes.starts_with(utf16le_mark);
  if (!is_utf16 && !bytes.starts_with(utf8_mark)) {
    throw Error(sqlstate::protocol_violation, "text came without the byte order mark that was asked for",
                "The server does not keep UTF-16.", "Set the server option \"driver\" to \"native\".");
  }
  column.encoding = is_utf16 ? Encoding::utf16le : Encoding::utf8;
  const std::size_t mark = is_utf16 ? utf16le_mark.size() : utf8_mark.size();
  return {cell.data + mark, cell.size - mark};
}

}  // namespace mssql::tds
