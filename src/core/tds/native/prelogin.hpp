// The first exchange of a connection: PRELOGIN (MS-TDS 2.2.6.5), which settles how the rest is encrypted.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "../session.hpp"
#include "inbox.hpp"
#include "outbox.hpp"

namespace mssql::tds::native {

enum class Encryption : std::uint8_t { none, login_only, whole_session };

// Asks and answers. Throws Error 08001 when server and client do not agree.
Encryption negotiate(Outbox& outbox, Inbox& inbox, Encrypt wanted, const std::string& instance);

// The ENCRYPTION option of a PRELOGIN answer; throws Error 08P01 when the answer is malformed or has none.
std::uint8_t encryption_of(std::span<const std::uint8_t> answer);

}  // namespace mssql::tds::native
