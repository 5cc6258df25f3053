// The LOGIN7 message (MS-TDS 2.2.6.4).
#pragma once

#include "../session.hpp"
#include "outbox.hpp"

namespace mssql::tds::native {

// Sends it. `packet_size` is what is asked for. Throws Error 22023 when a value is longer than the protocol allows.
void send_login(Outbox& outbox, const Login& login, std::size_t packet_size);

}  // namespace mssql::tds::native
