// The first byte of an input of the target `tls`.
#pragma once

#include <cstdint>

#include "core/tds/native/tls.hpp"

namespace mssql::fuzz {

inline constexpr std::uint8_t bare = 1, login_only = 2;

inline tds::native::TlsOptions tls_options(std::uint8_t way) {
  return {"db.example", {}, true, (way & bare) != 0, (way & login_only) != 0};
}

}  // namespace mssql::fuzz
