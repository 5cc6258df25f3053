#include "messages.hpp"

#include <algorithm>

namespace mssql::tds::native {

namespace {

constexpr int highest_information = 10;
constexpr std::size_t fixed_size =
    4 + 1 + 1 + 2 + 1 + 1;                // of the token, but for its line: number, state, class, three lengths
constexpr std::size_t most_errors = 100;  // a server that complains without end does not fill our memory

}  // namespace

void Messages::read(Inbox& inbox) {
  const std::size_t length = inbox.u16();
  ServerMessage message;
  message.number = static_cast<std::int32_t>(inbox.u32());
  message.state = inbox.u8();
  message.severity = inbox.u8();
  std::size_t units = 0;
  const auto text = [&](std::size_t size) {
    units += size;
    return inbox.text(size);
  };
  message.text = text(inbox.u16());
  message.server = text(inbox.u8());
  message.procedure = text(inbox.u8());
  // Before TDS 7.2, which a server tells of only later in its answer to the login, the line has two
  // bytes
  message.line = length == fixed_size + units * 2 + 2 ? inbox.u16() : static_cast<int>(inbox.u32());
  if (message.severity > highest_information) {
    if (errors_.size() < most_errors) errors_.push_back(std::move(message));
  } else if (environment_.info != nullptr) {
    environment_.info(message);
  }
}

bool Messages::has_fatal_error() const noexcept {
  constexpr int lowest_fatal_severity = 20;
  return std::any_of(errors_.begin(), errors_.end(),
                     [](const ServerMessage& error) { return error.severity >= lowest_fatal_severity; });
}

}  // namespace mssql::tds::native
