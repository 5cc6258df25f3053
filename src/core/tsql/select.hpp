// How a column of each type is selected: most travel as themselves, the others in a defined form
// (docs/types.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/types.hpp"

namespace mssql::tsql {

// nchar and its like either as characters, which a client library may have to convert and cannot
// always, or raw: as their bytes behind a byte order mark (tds/codec/raw_text.hpp).
enum class TextForm : std::uint8_t { converted, raw };

// Whether a column of this type comes raw.
bool is_raw(Type type, TextForm form) noexcept;
// The select-list expression for `column`, already quoted and maybe qualified.
std::string select_expression(const RemoteType& type, std::string_view column, TextForm form = TextForm::converted);
// Of a value all that statistics look at: its beginning where it may be long.
std::string sample_expression(const RemoteType& type, std::string_view column, TextForm form);

}  // namespace mssql::tsql
