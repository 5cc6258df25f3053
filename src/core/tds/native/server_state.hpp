// What the server tells about the session by ENVCHANGE tokens (MS-TDS 2.2.7.9), as far as a client
// must obey.
#pragma once

#include <cstdint>
#include <string>

#include "inbox.hpp"

namespace mssql::tds::native {

struct ServerState {
  std::size_t packet_size{0};      // as agreed; 0: not said yet
  std::uint64_t transaction{0};    // the descriptor that every request carries; 0: none
  bool tells_transactions{false};  // it has told of one
  std::string database;            // the current one in UTF-16LE, once it was said
  std::uint8_t collation[5]{0x09, 0x04, 0xD0, 0x00,
                            0x34};  // of character parameters; SQL_Latin1_General_CP1_CI_AS until the server says
  std::string route_host;           // go there instead (Azure SQL); empty: stay
  int route_port{0};
  bool token_acknowledged{false};  // FEATUREEXTACK says that the access token has been looked at
};

// The cursor stands behind the token byte.
void read_environment_change(Inbox& inbox, ServerState& state);

}  // namespace mssql::tds::native
