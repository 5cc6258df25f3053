#include "messages.hpp"

namespace mssql::tds::native {

namespace {

constexpr int highest_information = 10;
constexpr std::size_t most_errors = 100;  // a server that complains without end does not fill our memory

}  // namespace

void Messages::read(Inbox& inbox) {
  inbox.u16();  // length of the token
  ServerMessage message;
  message.number = static_cast<std::int32_t>(inbox.u32());
  message.state = inbox.u8();
  message.severity = inbox.u8();
  message.text = inbox.text(inbox.u16());
  message.server = inbox.text(inbox.u8());
  message.procedure = inbox.text(inbox.u8());
  message.line = static_cast<int>(inbox.u32());
  if (message.severity > highest_information) {
    if (errors_.size() < most_errors) errors_.push_back(std::move(message));
  } else if (environment_.info != nullptr) {
    environment_.info(message);
  }
}

}  // namespace mssql::tds::native
