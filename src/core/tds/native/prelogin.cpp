#include "prelogin.hpp"

#include <vector>

#include "core/error.hpp"

namespace mssql::tds::native {

namespace {

enum Option : std::uint8_t {
  version = 0,
  encryption = 1,
  instance_name = 2,
  thread_id = 3,
  mars = 4,
  token_required = 6,
  nonce = 7,
  terminator = 0xFF
};
enum Answer : std::uint8_t { off = 0, on = 1, not_supported = 2, required = 3 };

constexpr std::size_t option_size = 5;  // token, offset, length
constexpr std::size_t longest_answer = 65536;
constexpr std::size_t nonce_size = 32;

[[noreturn]] void throw_malformed(const std::string& detail) {
  throw Error(sqlstate::protocol_violation, "the server's answer is not in the TDS protocol", detail);
}

std::uint8_t wish(Encrypt encrypt) {
  switch (encrypt) {
    case Encrypt::request: return off;  // the login only, which is always encrypted where both sides can
    case Encrypt::require: return on;
    case Encrypt::off:
    case Encrypt::strict: break;  // strict: all of this is inside TLS already
  }
  return not_supported;
}

// No nonce of ours: only Live ID tokens need one.
void ask(Outbox& outbox, std::uint8_t encrypt, const std::string& instance, bool has_token) {
  struct Field {
    std::uint8_t token;
    std::string value;
  };
  std::vector<Field> fields = {{version, std::string("\x11\x00\x00\x00\x00\x00", 6)},
                               {encryption, std::string(1, static_cast<char>(encrypt))},
                               {instance_name, instance + '\0'},
                               {thread_id, std::string(4, '\0')},
                               {mars, std::string(1, '\0')}};
  if (has_token) fields.push_back({token_required, std::string(1, '\x01')});
  outbox.begin(PacketType::prelogin);
  std::size_t offset = fields.size() * option_size + 1;
  for (const Field& field : fields) {
    outbox.u8(field.token);
    outbox.u16_big_endian(static_cast<std::uint16_t>(offset));
    outbox.u16_big_endian(static_cast<std::uint16_t>(field.value.size()));
    offset += field.value.size();
  }
  outbox.u8(terminator);
  for (const Field& field : fields) outbox.bytes(field.value);
  outbox.end();
}

std::vector<std::uint8_t> read_answer(Inbox& inbox) {
  std::vector<std::uint8_t> answer;
  inbox.start();
  while (!inbox.at_end()) {
    inbox.need(1);
    answer.insert(answer.end(), inbox.data(), inbox.data() + inbox.available());
    inbox.advance(inbox.available());
    inbox.mark();
    if (answer.size() > longest_answer) throw_malformed({});
  }
  return answer;
}

std::uint8_t encryption_of(std::span<const std::uint8_t> answer) {
  const auto value = find_prelogin_option(answer, encryption);
  if (!value || value->size() != 1) throw_malformed("Its PRELOGIN message does not speak of encryption.");
  if (value->front() > required)
    throw_malformed("Its wish for encryption is number " + std::to_string(value->front()) + ".");
  return value->front();
}

TokenEcho echo_of(std::span<const std::uint8_t> answer) {
  TokenEcho echo;
  if (const auto value = find_prelogin_option(answer, token_required))
    echo.required = value->size() == 1 && value->front() == 1;
  if (const auto value = find_prelogin_option(answer, nonce)) {
    if (value->size() != nonce_size) throw_malformed("Its nonce has " + std::to_string(value->size()) + " bytes.");
    echo.nonce.assign(value->begin(), value->end());
  }
  return echo;
}

Encryption agree(Encrypt wanted, bool has_token, std::uint8_t answer) {
  if (wanted == Encrypt::require && answer != on && answer != required)
    throw Error(sqlstate::cannot_connect,
                has_token ? "the server does not encrypt, and an access token is sent under TLS only"
                          : "the server does not encrypt, but the option \"encrypt\" requires it",
                {},
                has_token ? "" : "With \"off\" or \"request\" everything, the password too, is sent in clear text.");
  if (wanted == Encrypt::off && (answer == on || answer == required))
    throw Error(sqlstate::cannot_connect, "the server insists on encryption, but the option \"encrypt\" is off", {},
                "Set the server option \"encrypt\" to \"require\" or \"request\".");
  if (answer == on || answer == required) return Encryption::whole_session;
  return answer == off && wanted == Encrypt::request ? Encryption::login_only : Encryption::none;
}

}  // namespace

std::optional<std::span<const std::uint8_t>> find_prelogin_option(std::span<const std::uint8_t> answer,
                                                                  std::uint8_t option) {
  for (std::size_t at = 0; at < answer.size() && answer[at] != terminator; at += option_size) {
    if (at + option_size > answer.size()) throw_malformed("Its PRELOGIN message ends in the middle of an option.");
    const std::size_t offset = static_cast<std::size_t>(answer[at + 1]) << 8 | answer[at + 2];
    const std::size_t size = static_cast<std::size_t>(answer[at + 3]) << 8 | answer[at + 4];
    if (offset + size > answer.size()) throw_malformed("A value of its PRELOGIN message lies outside of it.");
    if (answer[at] == option) return answer.subspan(offset, size);
  }
  return std::nullopt;
}

Agreement negotiate(Outbox& outbox, Inbox& inbox, const Login& login) {
  const bool has_token = !login.access_token.empty();
  // Login-only encryption ends with the first packet, and a token is longer than that
  const Encrypt wanted = has_token && login.encrypt == Encrypt::request ? Encrypt::require : login.encrypt;
  ask(outbox, wish(wanted), login.instance, has_token);
  const std::vector<std::uint8_t> answer = read_answer(inbox);
  inbox.rest();  // what is behind it came in clear, and would be taken for an answer under TLS
  Agreement agreement;
  // Inside TLS nobody needs to speak of encryption
  if (wanted != Encrypt::strict) agreement.encryption = agree(wanted, has_token, encryption_of(answer));
  if (has_token) agreement.echo = echo_of(answer);
  return agreement;
}

}  // namespace mssql::tds::native
