// PRELOGIN parsing and the encryption table of MS-TDS 2.2.6.5.
#include "prelogin.hpp"

#include <vector>

#include "tokens.hpp"

namespace tds_server {

namespace {
constexpr std::uint8_t option_version = 0, option_encryption = 1, option_instance = 2, option_thread = 3,
                       option_mars = 4, option_token = 6, option_nonce = 7, terminator = 0xFF;
}

PreloginRequest parse_prelogin(std::span<const std::uint8_t> payload) {
  PreloginRequest request;
  Source options(payload);
  for (std::uint8_t option = options.u8(); option != terminator; option = options.u8()) {
    const std::size_t offset_high = options.u8();
    const std::size_t offset = offset_high << 8 | options.u8();
    const std::size_t length_high = options.u8();
    const std::size_t length = length_high << 8 | options.u8();
    if (offset + length > payload.size()) throw ProtocolError("PRELOGIN option outside the packet");
    if (option == option_encryption && length >= 1) {
      // The bits above ask for a client certificate, which this server does not check.
      request.encryption = static_cast<Encryption>(payload[offset] & 0x03);
    }
    if (option == option_token) {
      if (length != 1 || payload[offset] != 1) throw ProtocolError("FEDAUTHREQUIRED is not 1");
      request.token_asked = true;
    }
    if (option == option_nonce) request.nonce.assign(reinterpret_cast<const char*>(payload.data()) + offset, length);
  }
  return request;
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

void append_prelogin(ByteBuffer& out, Encryption encryption, const std::optional<TokenOffer>& offer) {
  struct Field {
    std::uint8_t option;
    ByteBuffer value;
  };
  std::vector<Field> fields;
  const auto add = [&](std::uint8_t option) -> ByteBuffer& { return fields.emplace_back(Field{option, {}}).value; };
  ByteBuffer& version = add(option_version);
  version.u8(server_major);
  version.u8(server_minor);
  version.u16_big(server_build);
  version.u16_big(0);
  add(option_encryption).u8(static_cast<unsigned>(encryption));
  add(option_instance).u8(0);  // the instance name is right
  add(option_thread);
  add(option_mars).u8(0);
  if (offer) add(option_token).u8(offer->required ? 1 : 0);
  if (offer && !offer->nonce.empty()) add(option_nonce).bytes(offer->nonce);

  constexpr std::size_t entry = 5;
  std::size_t offset = fields.size() * entry + 1;
  for (const Field& field : fields) {
    out.u8(field.option);
    out.u16_big(static_cast<unsigned>(offset));
    out.u16_big(static_cast<unsigned>(field.value.size()));
    offset += field.value.size();
  }
  out.u8(terminator);
  for (const Field& field : fields) out.bytes(field.value.data(), field.value.size());
}

}  // namespace tds_server
