// Bulk load: COLMETADATA, then ROW or NBCROW tokens, then a DONE that some clients leave out.
#include "bulk.hpp"

#include "types_decode.hpp"

namespace tds_server {

namespace {

constexpr std::uint8_t token_col_metadata = 0x81, token_row = 0xD1, token_nbc_row = 0xD2, token_done = 0xFD;
constexpr unsigned no_metadata = 0xFFFF;

struct Columns {
  std::vector<BulkColumn> described;
  std::vector<ReadType> types;
};

Columns read_columns(Source& in, const Dialect& dialect) {
  if (in.u8() != token_col_metadata) throw ProtocolError("bulk load data without column metadata");
  Columns columns;
  const unsigned count = in.u16();
  if (count == no_metadata) throw ProtocolError("bulk load data without columns");
  for (unsigned i = 0; i < count; ++i) {
    if (dialect.since_7_2())
      in.u32();
    else
      in.u16();
    in.u16();
    ReadType type = read_type_info(in, dialect, Place::bulk_row);
    if (type.prefix == ReadPrefix::long_) read_word_string(in);  // table name
    columns.described.push_back({read_byte_string(in), type.type});
    columns.types.push_back(std::move(type));
  }
  return columns;
}

void read_row(Source& in, const Columns& columns, bool with_bitmap, std::vector<Value>& values) {
  std::vector<std::uint8_t> bitmap;
  if (with_bitmap) {
    const std::size_t size = (columns.types.size() + 7) / 8;
    const std::uint8_t* bytes = in.take(size);
    bitmap.assign(bytes, bytes + size);
  }
  for (std::size_t i = 0; i < columns.types.size(); ++i) {
    const bool null = with_bitmap && (bitmap[i / 8] >> (i % 8) & 1) != 0;
    values[i] = null ? Value{} : read_value(in, columns.types[i], Place::bulk_row);
  }
}

}  // namespace

PacketSource::PacketSource(Inbox& inbox, Packet first)
    : inbox_(inbox),
      type_(first.type),
      buffer_(std::move(first.payload)),
      last_(first.last()),
      ignored_((first.status & packet_status::ignore) != 0) {
  current_ = buffer_.data();
  end_ = current_ + buffer_.size();
}

bool PacketSource::refill() {
  if (last_) return false;
  const std::optional<Packet> packet = inbox_.next();
  if (!packet) throw Disconnected();
  if (packet->type != type_) throw ProtocolError("packet type changes within a message");
  last_ = packet->last();
  ignored_ = (packet->status & packet_status::ignore) != 0;
  buffer_.erase(buffer_.begin(), buffer_.begin() + (current_ - buffer_.data()));
  buffer_.insert(buffer_.end(), packet->payload.begin(), packet->payload.end());
  current_ = buffer_.data();
  end_ = current_ + buffer_.size();
  return true;
}

void PacketSource::skip_rest() {
  do {
    current_ = end_;
  } while (refill());
}

std::uint64_t read_bulk_rows(PacketSource& in, const Dialect& dialect, Engine& engine, const Inbox& inbox,
                             std::uint64_t row_limit) {
  std::uint64_t rows = 0;
  if (in.at_end()) return rows;
  const Columns columns = read_columns(in, dialect);
  std::vector<Value> values(columns.types.size());
  while (rows < row_limit && !in.at_end() && !inbox.stopping()) {
    const std::uint8_t token = in.u8();
    if (token == token_done) break;
    if (token != token_row && token != token_nbc_row) throw ProtocolError("undefined token in bulk load data");
    read_row(in, columns, token == token_nbc_row, values);
    engine.bulk_row(columns.described, values);
    ++rows;
  }
  return rows;
}

}  // namespace tds_server
