// TYPE_INFO and the framing of values in what a client sends (MS-TDS 2.2.5.4, 2.2.5.5): parameters
// and rows of a bulk load.
#pragma once

#include <string>
#include <string_view>

#include "core/types.hpp"
#include "server_state.hpp"

namespace mssql::tds::native {

// Numbers, dates and uniqueidentifier are sent as what they are, binary types as varbinary.
// Character data, xml and sql_variant are sent as nvarchar: only the server knows the code page of
// a varchar column, and it converts to it as it converts an N'...' literal. In both cases the type
// is the (max) one unless the bytes are known to be few.
constexpr int longest_short_value = 8000;  // bytes
RemoteType nvarchar_for(bool is_short) noexcept;
RemoteType varbinary_for(bool is_short) noexcept;

// Whether it is one of those two.
bool is_framed_by_length(const RemoteType& sent) noexcept;

// Lengths that are none (2.2.5.4.2, 2.2.5.2).
inline constexpr std::uint16_t max_marker = 0xFFFF;  // of varchar(max) and its like in TYPE_INFO
inline constexpr std::uint16_t null_short_length = 0xFFFF;
inline constexpr std::uint64_t null_chunks = 0xFFFFFFFFFFFFFFFF;

// All take a type that is sent: none of the character types but nvarchar, of the binary ones but
// varbinary.
void append_type_info(const RemoteType& sent, const ServerState& state, std::string& out);
// `bytes` are what Target::encode() makes.
void append_value(const RemoteType& sent, std::string_view bytes, std::string& out);
void append_null(const RemoteType& sent, std::string& out);

}  // namespace mssql::tds::native
