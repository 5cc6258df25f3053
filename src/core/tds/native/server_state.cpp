#include "server_state.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "core/error.hpp"
#include "core/tds/codec/cell.hpp"

namespace mssql::tds::native {

namespace {

enum class Change : std::uint8_t {
  database = 1,
  packet_size = 4,
  collation = 7,
  begin = 8,
  commit = 9,
  rollback = 10,
  enlist = 11,
  defect = 12,
  promote = 15,
  ended = 17,
  routing = 20,
};

constexpr std::size_t smallest_packet = 512;
constexpr std::size_t largest_packet = 32767;

class Fields {
 public:
  explicit Fields(const std::string& bytes) : bytes_(bytes.begin(), bytes.end()) {}

  std::uint64_t number(std::size_t size) { return read_little_endian(take(size), size); }
  const std::uint8_t* take(std::size_t size) {
    if (bytes_.size() - position_ < size)
      throw Error(sqlstate::protocol_violation, "malformed message from SQL Server",
                  "An ENVCHANGE token is too short for what it says.");
    const std::uint8_t* field = bytes_.data() + position_;
    position_ += size;
    return field;
  }
  // Digits and host names: ASCII in UTF-16.
  std::string ascii(std::size_t units) {
    std::string text;
    for (; units > 0; --units) {
      const std::uint64_t unit = number(2);
      if (unit < 0x20 || unit > 0x7E)
        throw Error(sqlstate::protocol_violation, "malformed message from SQL Server",
                    "An ENVCHANGE token has a character that no name or number has.");
      text += static_cast<char>(unit);
    }
    return text;
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t position_{0};
};

void set_packet_size(const std::string& text, ServerState& state) {
  std::size_t size = 0;
  std::from_chars(text.data(), text.data() + text.size(), size);
  if (size < smallest_packet || size > largest_packet)
    throw Error(sqlstate::protocol_violation, "malformed message from SQL Server",
                "The server wants packets of \"" + text + "\" bytes.");
  state.packet_size = size;
}

void set_route(Fields& fields, ServerState& state) {
  fields.number(2);  // length
  if (fields.number(1) != 0)
    throw Error(sqlstate::feature_not_supported, "the server wants to be reached by another protocol than TCP");
  state.route_port = static_cast<int>(fields.number(2));
  state.route_host = fields.ascii(fields.number(2));
}

}  // namespace

void read_environment_change(Inbox& inbox, ServerState& state) {
  Fields fields(inbox.bytes(inbox.u16()));
  switch (static_cast<Change>(fields.number(1))) {
    case Change::database: {
      const std::size_t size = fields.number(1) * 2;
      state.database.assign(reinterpret_cast<const char*>(fields.take(size)), size);
      break;
    }
    case Change::packet_size: set_packet_size(fields.ascii(fields.number(1)), state); break;
    case Change::collation:
      if (fields.number(1) == sizeof(state.collation))
        std::copy_n(fields.take(sizeof(state.collation)), sizeof(state.collation), state.collation);
      break;
    case Change::begin:
    case Change::enlist:
      if (fields.number(1) != sizeof(state.transaction)) break;
      state.transaction = fields.number(sizeof(state.transaction));
      state.tells_transactions = true;
      break;
    case Change::commit:
    case Change::rollback:
    case Change::defect:
    case Change::ended: state.transaction = 0; break;
    case Change::routing: set_route(fields, state); break;
    default: break;
  }
}

}  // namespace mssql::tds::native
