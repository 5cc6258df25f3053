// LOGIN7 parsing, MS-TDS 2.2.6.4: a fixed part, then offset and length pairs that point into the
// rest.
#include "login.hpp"

#include "bytes.hpp"
#include "unicode.hpp"

namespace tds_server {

namespace {

// Offsets in the fixed part.
constexpr std::size_t at_version = 4, at_packet_size = 8, at_flags2 = 25, at_type_flags = 26, at_flags3 = 27,
                      at_host = 36, at_user = 40, at_password = 44, at_application = 48, at_server = 52,
                      at_extension = 56, at_language = 64, at_database = 68, at_sspi = 78, at_long_sspi = 90,
                      fixed_size = 86;
constexpr std::uint8_t flag2_integrated = 0x80, type_flag_read_only = 0x20, flag3_extension = 0x10;

std::uint64_t number(std::span<const std::uint8_t> payload, std::size_t at, int width) {
  if (at > payload.size()) throw ProtocolError("LOGIN7 field outside the packet");
  Source source(payload.subspan(at));
  return source.little(width);
}

std::string_view field(std::span<const std::uint8_t> payload, std::size_t at) {
  const std::size_t offset = number(payload, at, 2);
  const std::size_t bytes = number(payload, at + 2, 2) * 2;
  if (bytes == 0) return {};
  if (offset + bytes > payload.size()) throw ProtocolError("LOGIN7 field outside the packet");
  return {reinterpret_cast<const char*>(payload.data()) + offset, bytes};
}

// MS-TDS 2.2.6.4: each byte had its halves swapped and then was XORed with 0xA5.
std::string revealed(std::string_view hidden) {
  std::string plain;
  for (const char c : hidden) {
    const unsigned byte = static_cast<unsigned char>(c) ^ 0xA5u;
    plain += static_cast<char>((byte << 4 | byte >> 4) & 0xFF);
  }
  return plain;
}

std::string sspi_token(std::span<const std::uint8_t> payload, const Dialect& dialect) {
  constexpr std::size_t use_long = 0xFFFF;
  const std::size_t offset = number(payload, at_sspi, 2);
  std::size_t size = number(payload, at_sspi + 2, 2);
  if (size == use_long && dialect.since_7_2() && number(payload, at_long_sspi, 4) > 0)
    size = number(payload, at_long_sspi, 4);
  if (offset + size > payload.size()) throw ProtocolError("LOGIN7 SSPI outside the packet");
  return {reinterpret_cast<const char*>(payload.data()) + offset, size};
}

FederatedLogin parse_federated(std::string_view data) {
  Source source({reinterpret_cast<const std::uint8_t*>(data.data()), data.size()});
  const unsigned options = source.u8();
  FederatedLogin login{options >> 1, (options & 1) != 0, {}, {}};
  if (login.library == 2) return login;  // its token comes later
  const std::size_t length = source.u32();
  login.token = utf16_to_wtf8(source.bytes(length));
  login.nonce = source.bytes(source.left());
  return login;
}

void parse_features(std::span<const std::uint8_t> payload, LoginRequest& login) {
  constexpr std::uint8_t federated = 0x02, utf8_support = 0x0A, terminator = 0xFF;
  const std::size_t pointer = number(payload, at_extension, 2);
  const std::size_t offset = number(payload, pointer, 4);
  if (offset > payload.size()) throw ProtocolError("LOGIN7 extension outside the packet");
  Source features(payload.subspan(offset));
  login.asks_features = true;
  for (std::uint8_t id = features.u8(); id != terminator; id = features.u8()) {
    const std::size_t length = features.u32();
    const std::string_view data = features.bytes(length);
    if (id == utf8_support && (data.empty() || data[0] == 1)) login.dialect.utf8 = true;
    if (id == federated) login.federated = parse_federated(data);
  }
}

}  // namespace

LoginRequest parse_login(std::span<const std::uint8_t> payload) {
  if (payload.size() < fixed_size) throw ProtocolError("LOGIN7 too short");
  LoginRequest login;
  login.dialect.version = static_cast<std::uint32_t>(number(payload, at_version, 4));
  login.packet_size = static_cast<std::uint32_t>(number(payload, at_packet_size, 4));
  login.host = utf16_to_wtf8(field(payload, at_host));
  login.user = utf16_to_wtf8(field(payload, at_user));
  login.password = utf16_to_wtf8(revealed(field(payload, at_password)));
  login.application = utf16_to_wtf8(field(payload, at_application));
  login.server = utf16_to_wtf8(field(payload, at_server));
  login.language = utf16_to_wtf8(field(payload, at_language));
  login.database = utf16_to_wtf8(field(payload, at_database));
  login.integrated = (payload[at_flags2] & flag2_integrated) != 0;
  if (login.integrated) login.sspi = sspi_token(payload, login.dialect);
  login.read_only_intent = (payload[at_type_flags] & type_flag_read_only) != 0;
  if (login.dialect.since_7_4() && (payload[at_flags3] & flag3_extension) != 0) parse_features(payload, login);
  return login;
}

}  // namespace tds_server
