// Replies kept as bytes, so that a benchmark measures its client and not this server.
//
//   EXEC tds_server_replay N'<text>', <rows>             from now on, for batches that contain <text>
//   EXEC tds_server_replay N'<text>', <rows>, N'<key>'   the same, of a table with a key
//   EXEC tds_server_replay N'clear'                      no more; what was recorded is forgotten
//
// The first run of such a batch is answered by the engine, and recorded when it returns one result
// set and nothing else. Later runs of the same batch, in whichever session, get the recorded bytes:
// its rows over and over until there are <rows> of them, 0 for as many as there were. They see no
// change of the tables. What stands before the first statement of a transaction, up to BEGIN
// TRANSACTION, is executed each time. Procedure calls, and batches that meet a fault on rows, are
// never replayed.
//
// With a key, the first column, an int or a bigint that is never NULL, is 1, 2, 3 and so on, as it
// would be where <rows> rows have a key; and a batch that ends with <text> is recorded, from which
// those are answered that go on with a range of the key:
//   WHERE ([<key>] >= CONVERT(int, N'<number>') AND [<key>] < CONVERT(int, N'<number>')), or one of both
// A row has the same other columns in each reply. All other batches are the engine's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "../engine.hpp"
#include "bytes.hpp"
#include "dialect.hpp"
#include "tokens.hpp"

namespace tds_server {

// The tokens of one result set, without its DONE.
class Recording {
 public:
  // What was appended to `out` from `start` on.
  void columns(const ByteBuffer& out, std::size_t start, std::span<const ReplyColumn> columns);
  void row(const ByteBuffer& out, std::size_t start);
  void done(Command command);
  bool complete() const { return complete_; }

  std::string_view columns() const { return view(columns_); }
  std::uint64_t rows() const { return ends_.size(); }
  void append_rows(ByteBuffer& out, std::uint64_t first, std::uint64_t count) const;
  // The same, with `number` and what follows as their first column.
  void append_numbered(ByteBuffer& out, std::uint64_t first, std::uint64_t count, std::uint64_t number) const;
  // How many rows from `first` on are a piece of about so many bytes: at least one, at most
  // `limit`, none beyond the last.
  std::uint64_t rows_in(std::uint64_t first, std::uint64_t limit, std::size_t bytes) const;

 private:
  static std::string_view view(const ByteBuffer& buffer) {
    return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
  }
  std::size_t start_of(std::uint64_t row) const { return row == 0 ? 0 : ends_[row - 1]; }

  // Of the first column's value in the row at `token`.
  std::size_t number_at(const std::uint8_t* token) const;

  ByteBuffer columns_;
  ByteBuffer rows_;
  std::size_t bitmap_size_{0};     // of an NBCROW
  std::size_t number_prefix_{0};   // bytes before the first column's value,
  std::size_t number_width_{0};    // and its own; 0: it cannot be numbered
  std::vector<std::size_t> ends_;  // of each row
  bool single_{true};
  bool complete_{false};
};

struct ReplayOrder {
  bool wanted{false};  // to be recorded
  std::shared_ptr<const Recording> recording;
  std::uint64_t first{0};  // rows of the table that come before those wanted
  std::uint64_t rows{0};   // 0: as many as are recorded
  bool numbered{false};
};

class Replay {
 public:
  // Armed again with another number of rows, what is recorded stays.
  void arm(const std::string& text, std::uint64_t rows, const std::string& key);
  void clear();

  ReplayOrder for_batch(const std::string& text, const std::string& database, const Dialect& dialect) const;
  // `recording` may be null.
  void keep(const std::string& text, const std::string& database, const Dialect& dialect,
            std::unique_ptr<Recording> recording);

 private:
  struct Table {
    std::uint64_t rows;
    std::string key;  // empty: none
  };

  mutable std::mutex mutex_;
  std::map<std::string, Table> armed_;  // by text
  std::map<std::string, std::shared_ptr<const Recording>> recordings_;
};

}  // namespace tds_server
