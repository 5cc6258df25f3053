// Bulk load data, MS-TDS 2.2.6.1: read packet by packet, so that a load of any size takes constant
// memory.
#pragma once

#include "../engine.hpp"
#include "dialect.hpp"
#include "inbox.hpp"

namespace tds_server {

// The bytes of a message that is still arriving.
class PacketSource final : public Source {
 public:
  PacketSource(Inbox& inbox, Packet first);

  // Reads and forgets the rest of the message. Throws Disconnected.
  void skip_rest();
  // The client took the message back (MS-TDS 2.2.3.1.2, status bit 0x02); known at its end.
  bool ignored() const { return ignored_; }

 protected:
  bool refill() override;

 private:
  Inbox& inbox_;
  PacketType type_;
  std::vector<std::uint8_t> buffer_;
  bool last_;
  bool ignored_;
};

// Passes all rows to the engine until the end, `row_limit` rows, or the inbox says stop. Returns
// how many rows were read. Throws ProtocolError, EngineError, Disconnected.
std::uint64_t read_bulk_rows(PacketSource& in, const Dialect& dialect, Engine& engine, const Inbox& inbox,
                             std::uint64_t row_limit);

}  // namespace tds_server
