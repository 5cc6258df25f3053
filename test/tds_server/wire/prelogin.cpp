// PRELOGIN parsing and the encryption table of MS-TDS 2.2.6.5.
#include "prelogin.hpp"

#include "tokens.hpp"

namespace tds_server {

namespace {
constexpr std::uint8_t option_version = 0, option_encryption = 1, option_instance = 2, option_thread = 3, option_mars = 4,
                       terminator = 0xFF;
}

Encryption parse_prelogin(std::span<const std::uint8_t> payload) {
  Encryption encryption = Encryption::not_supported;
  Source options(payload);
  for (std::uint8_t option = options.u8(); option != terminator; option = options.u8()) {
    const std::size_t offset_high = options.u8();
    const std::size_t offset = offset_high << 8 | options.u8();
    const std::size_t length_high = options.u8();
    const std::size_t length = length_high << 8 | options.u8();
    if (offset + length > payload.size()) throw ProtocolError("PRELOGIN option outside the packet");
    if (option == option_encryption && length >= 1) {
      // The bits above ask for a client certificate, which this server does not check.
      encryption = static_cast<Encryption>(payload[offset] & 0x03);
    }
  }
  return encryption;
}

EncryptionAnswer answer_encryption(EncryptMode mode, Encryption client) {
  const bool insists = client == Encryption::on || client == Encryption::required;
  switch (mode) {
    case EncryptMode::not_supported: return {Encryption::not_supported, insists ? TlsExtent::refuse : TlsExtent::none};
    case EncryptMode::off:
      return insists ? EncryptionAnswer{Encryption::on, TlsExtent::session}
                     : EncryptionAnswer{Encryption::not_supported, TlsExtent::none};
    case EncryptMode::login:
      if (insists) return {Encryption::on, TlsExtent::session};
      return client == Encryption::off ? EncryptionAnswer{Encryption::off, TlsExtent::login_packet}
                                       : EncryptionAnswer{Encryption::not_supported, TlsExtent::none};
    case EncryptMode::full:
      if (client == Encryption::not_supported) return {Encryption::required, TlsExtent::refuse};
      return {insists ? Encryption::on : Encryption::required, TlsExtent::session};
  }
  return {Encryption::not_supported, TlsExtent::refuse};
}

void append_prelogin(ByteBuffer& out, Encryption encryption) {
  constexpr struct {
    std::uint8_t option;
    std::uint8_t length;
  } options[] = {{option_version, 6}, {option_encryption, 1}, {option_instance, 1}, {option_thread, 0}, {option_mars, 1}};
  unsigned offset = static_cast<unsigned>(std::size(options) * 5 + 1);
  for (const auto& option : options) {
    out.u8(option.option);
    out.u16_big(offset);
    out.u16_big(option.length);
    offset += option.length;
  }
  out.u8(terminator);
  out.u8(server_major);
  out.u8(server_minor);
  out.u16_big(server_build);
  out.u16_big(0);
  out.u8(static_cast<unsigned>(encryption));
  out.u8(0);  // the instance name is right
  out.u8(0);  // no MARS
}

}  // namespace tds_server
