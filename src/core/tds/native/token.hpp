// What begins each part of a token stream (MS-TDS 2.2.4.2.1).
#pragma once

#include <cstdint>

namespace mssql::tds::native::token {

inline constexpr std::uint8_t return_status = 0x79, columns = 0x81, tab_name = 0xA4, column_info = 0xA5, order = 0xA9,
                              error = 0xAA, info = 0xAB, return_value = 0xAC, login_acknowledgement = 0xAD,
                              feature_acknowledgement = 0xAE, row = 0xD1, null_bitmap_row = 0xD2,
                              environment_change = 0xE3, session_state = 0xE4, sspi = 0xED,
                              federated_authentication = 0xEE, done = 0xFD, done_procedure = 0xFE,
                              done_in_procedure = 0xFF;

}  // namespace mssql::tds::native::token
