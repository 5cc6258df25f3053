// Recorded result sets and which batches they answer.
#include "replay.hpp"

#include <algorithm>

namespace tds_server {

namespace {

// All that the bytes of a reply depend on.
std::string key(const std::string& text, const std::string& database, const Dialect& dialect) {
  return std::to_string(dialect.version) + (dialect.utf8 ? " utf8 " : " ") + database + '\0' + text;
}

void append(ByteBuffer& to, const ByteBuffer& from, std::size_t start) {
  to.bytes(from.data() + start, from.size() - start);
}

}  // namespace

void Recording::columns(const ByteBuffer& out, std::size_t start) {
  if (!columns_.empty()) single_ = false;
  append(columns_, out, start);
}

void Recording::row(const ByteBuffer& out, std::size_t start) {
  append(rows_, out, start);
  ends_.push_back(rows_.size());
}

void Recording::done(Command command) {
  if (complete_ || columns_.empty() || command != Command::select) single_ = false;
  complete_ = single_;
}

std::string_view Recording::rows(std::uint64_t first, std::uint64_t count) const {
  return count == 0 ? std::string_view()
                    : view(rows_).substr(start_of(first), ends_[first + count - 1] - start_of(first));
}

std::uint64_t Recording::rows_in(std::uint64_t first, std::uint64_t limit, std::size_t bytes) const {
  const auto begin = ends_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto found = std::upper_bound(begin, ends_.end(), start_of(first) + bytes);
  return std::min<std::uint64_t>(limit, std::max<std::uint64_t>(1, static_cast<std::uint64_t>(found - begin)));
}

void Replay::arm(const std::string& text, std::uint64_t rows) {
  const std::lock_guard lock(mutex_);
  armed_[text] = rows;
}

void Replay::clear() {
  const std::lock_guard lock(mutex_);
  armed_.clear();
  recordings_.clear();
}

ReplayOrder Replay::for_batch(const std::string& text, const std::string& database, const Dialect& dialect) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [part, rows] : armed_) {
    if (text.find(part) == std::string::npos) continue;
    const auto found = recordings_.find(key(text, database, dialect));
    if (found == recordings_.end()) return {true, nullptr, rows};
    return {false, found->second, rows};
  }
  return {};
}

void Replay::keep(const std::string& text, const std::string& database, const Dialect& dialect,
                  std::unique_ptr<Recording> recording) {
  if (!recording) return;
  const std::lock_guard lock(mutex_);
  recordings_[key(text, database, dialect)] = std::move(recording);
}

}  // namespace tds_server
