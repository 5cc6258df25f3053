#include "prelogin.hpp"

#include <vector>

#include "../../error.hpp"

namespace mssql::tds::native {

namespace {

enum Option : std::uint8_t { version = 0, encryption = 1, instance_name = 2, thread_id = 3, mars = 4, terminator = 0xFF };
enum Answer : std::uint8_t { off = 0, on = 1, not_supported = 2, required = 3 };

constexpr std::size_t option_size = 5;  // token, offset, length
constexpr std::size_t longest_answer = 65536;

std::uint8_t wish(Encrypt encrypt) {
  switch (encrypt) {
    case Encrypt::request: return off;  // the login only, which is always encrypted where both sides can
    case Encrypt::require: return on;
    case Encrypt::off:
    case Encrypt::strict: break;  // strict: all of this is inside TLS already
  }
  return not_supported;
}

void ask(Outbox& outbox, std::uint8_t encrypt, const std::string& instance) {
  struct Field {
    std::uint8_t token;
    std::string value;
  };
  const Field fields[] = {{version, std::string("\x11\x00\x00\x00\x00\x00", 6)},
                          {encryption, std::string(1, static_cast<char>(encrypt))},
                          {instance_name, instance + '\0'},
                          {thread_id, std::string(4, '\0')},
                          {mars, std::string(1, '\0')}};
  outbox.begin(PacketType::prelogin);
  std::size_t offset = std::size(fields) * option_size + 1;
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
    if (answer.size() > longest_answer) throw Error(sqlstate::protocol_violation, "the server's answer is not in the TDS protocol");
  }
  return answer;
}

}  // namespace

std::uint8_t encryption_of(std::span<const std::uint8_t> answer) {
  for (std::size_t at = 0; at + option_size <= answer.size() && answer[at] != terminator; at += option_size) {
    const std::size_t offset = static_cast<std::size_t>(answer[at + 1]) << 8 | answer[at + 2];
    const std::size_t size = static_cast<std::size_t>(answer[at + 3]) << 8 | answer[at + 4];
    if (offset + size > answer.size()) break;
    if (answer[at] == encryption && size == 1) return answer[offset];
  }
  throw Error(sqlstate::protocol_violation, "the server's answer is not in the TDS protocol", "Its PRELOGIN message does not speak of encryption.");
}

Encryption negotiate(Outbox& outbox, Inbox& inbox, Encrypt wanted, const std::string& instance) {
  const std::uint8_t asked = wish(wanted);
  ask(outbox, asked, instance);
  const std::uint8_t answer = encryption_of(read_answer(inbox));
  if (answer > required)
    throw Error(sqlstate::protocol_violation, "the server's answer is not in the TDS protocol",
                "Its wish for encryption is number " + std::to_string(answer) + ".");
  if (wanted == Encrypt::strict) return Encryption::none;
  if (wanted == Encrypt::require && answer != on && answer != required)
    throw Error(sqlstate::cannot_connect, "the server does not encrypt, but the option \"encrypt\" requires it");
  if (wanted == Encrypt::off && (answer == on || answer == required))
    throw Error(sqlstate::cannot_connect, "the server insists on encryption, but the option \"encrypt\" is off", {},
                "Set the server option \"encrypt\" to \"require\" or \"request\".");
  if (answer == on || answer == required) return Encryption::whole_session;
  return answer == off && asked == off ? Encryption::login_only : Encryption::none;
}

}  // namespace mssql::tds::native
