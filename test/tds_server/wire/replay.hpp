// Replies kept as bytes, so that a benchmark measures its client and not this server.
//
//   EXEC tds_server_replay N'<text>', <rows>   from now on, for batches that contain <text>
//   EXEC tds_server_replay N'clear'            no more; what was recorded is forgotten
//
// The first run of such a batch is answered by the engine, and recorded when it returns one result
// set and nothing else. Later runs of the same batch, in whichever session, get the recorded bytes:
// its rows over and over until there are <rows> of them, 0 for as many as there were. They see no
// change of the tables. What stands before the first statement of a transaction, up to BEGIN
// TRANSACTION, is executed each time. Procedure calls, and batches that meet a fault on rows, are
// never replayed.
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

namespace tds_server {

// The tokens of one result set, without its DONE.
class Recording {
 public:
  // What was appended to `out` from `start` on.
  void columns(const ByteBuffer& out, std::size_t start);
  void row(const ByteBuffer& out, std::size_t start);
  void done(Command command);
  bool complete() const { return complete_; }

  std::string_view columns() const { return view(columns_); }
  std::uint64_t rows() const { return ends_.size(); }
  std::string_view rows(std::uint64_t first, std::uint64_t count) const;
  // How many rows from `first` on are a piece of about so many bytes: at least one, at most
  // `limit`, none beyond the last.
  std::uint64_t rows_in(std::uint64_t first, std::uint64_t limit, std::size_t bytes) const;

 private:
  static std::string_view view(const ByteBuffer& buffer) {
    return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
  }
  std::size_t start_of(std::uint64_t row) const { return row == 0 ? 0 : ends_[row - 1]; }

  ByteBuffer columns_;
  ByteBuffer rows_;
  std::vector<std::size_t> ends_;  // of each row
  bool single_{true};
  bool complete_{false};
};

struct ReplayOrder {
  bool wanted{false};  // to be recorded
  std::shared_ptr<const Recording> recording;
  std::uint64_t rows{0};
};

class Replay {
 public:
  // Armed again with another number of rows, what is recorded stays.
  void arm(const std::string& text, std::uint64_t rows);
  void clear();

  ReplayOrder for_batch(const std::string& text, const std::string& database, const Dialect& dialect) const;
  // `recording` may be null.
  void keep(const std::string& text, const std::string& database, const Dialect& dialect,
            std::unique_ptr<Recording> recording);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> armed_;  // rows by text
  std::map<std::string, std::shared_ptr<const Recording>> recordings_;
};

}  // namespace tds_server
