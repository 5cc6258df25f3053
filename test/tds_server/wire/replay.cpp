// Recorded result sets and which batches they answer.
#include "replay.hpp"

#include <algorithm>
#include <charconv>
#include <regex>

namespace tds_server {

namespace {

// All that the bytes of a reply depend on.
std::string key(const std::string& text, const std::string& database, const Dialect& dialect) {
  return std::to_string(dialect.version) + (dialect.utf8 ? " utf8 " : " ") + database + '\0' + text;
}

void append(ByteBuffer& to, const ByteBuffer& from, std::size_t start) {
  to.bytes(from.data() + start, from.size() - start);
}

std::uint64_t number_of(const std::string& digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

// What a batch reads of a table, by what it says behind its text; false: something else.
bool find_range(const std::string& rest, const std::string& key, ReplayOrder& order) {
  static const std::regex form(
      R"( WHERE \((?:\[([^\]]+)\] >= CONVERT\(\w+, N'(\d+)'\))?(?: AND )?(?:\[([^\]]+)\] < CONVERT\(\w+, N'(\d+)'\))?\))");
  if (rest.empty()) return true;
  std::smatch found;
  if (!std::regex_match(rest, found, form)) return false;
  for (const std::size_t name : {1, 3}) {
    if (found[name].matched && found[name] != key) return false;
  }
  const std::uint64_t end = found[4].matched ? std::min(order.rows, number_of(found[4]) - 1) : order.rows;
  order.first = found[2].matched ? std::min(number_of(found[2]) - 1, end) : 0;
  order.rows = end - order.first;
  return true;
}

}  // namespace

void Recording::columns(const ByteBuffer& out, std::size_t start, std::span<const ReplyColumn> columns) {
  if (!columns_.empty()) single_ = false;
  append(columns_, out, start);
  bitmap_size_ = (columns.size() + 7) / 8;
  if (columns.empty()) return;
  const ReplyColumn& first = columns.front();
  number_prefix_ = first.wire.prefix == Prefix::none ? 0 : 1;
  number_width_ = first.info.type.type == SqlType::int_ ? 4 : first.info.type.type == SqlType::bigint ? 8 : 0;
}

void Recording::row(const ByteBuffer& out, std::size_t start) {
  append(rows_, out, start);
  ends_.push_back(rows_.size());
}

void Recording::done(Command command) {
  if (complete_ || columns_.empty() || command != Command::select) single_ = false;
  complete_ = single_;
}

void Recording::append_rows(ByteBuffer& out, std::uint64_t first, std::uint64_t count) const {
  if (count > 0) out.bytes(rows_.data() + start_of(first), ends_[first + count - 1] - start_of(first));
}

std::size_t Recording::number_at(const std::uint8_t* token) const {
  constexpr std::uint8_t nbc_row = 0xD2;
  return 1 + (*token == nbc_row ? bitmap_size_ : 0) + number_prefix_;
}

void Recording::append_numbered(ByteBuffer& out, std::uint64_t first, std::uint64_t count, std::uint64_t number) const {
  const std::size_t start = out.size();
  append_rows(out, first, count);
  for (std::uint64_t i = first; i < first + count; ++i, ++number) {
    std::uint8_t* row = out.at(start + start_of(i) - start_of(first));
    std::memcpy(row + number_at(row), &number, number_width_);
  }
}

std::uint64_t Recording::rows_in(std::uint64_t first, std::uint64_t limit, std::size_t bytes) const {
  const auto begin = ends_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto found = std::upper_bound(begin, ends_.end(), start_of(first) + bytes);
  return std::min<std::uint64_t>(limit, std::max<std::uint64_t>(1, static_cast<std::uint64_t>(found - begin)));
}

void Replay::arm(const std::string& text, std::uint64_t rows, const std::string& key) {
  const std::lock_guard lock(mutex_);
  armed_[text] = {rows, key};
}

void Replay::clear() {
  const std::lock_guard lock(mutex_);
  armed_.clear();
  recordings_.clear();
}

ReplayOrder Replay::for_batch(const std::string& text, const std::string& database, const Dialect& dialect) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [part, table] : armed_) {
    const std::size_t at = text.find(part);
    if (at == std::string::npos) continue;
    ReplayOrder order;
    order.rows = table.rows;
    order.numbered = !table.key.empty();
    const std::string whole = order.numbered ? text.substr(0, at + part.size()) : text;
    const std::string rest = text.substr(whole.size());
    if (order.numbered && !find_range(rest, table.key, order)) continue;
    const auto found = recordings_.find(key(whole, database, dialect));
    if (found != recordings_.end())
      order.recording = found->second;
    else
      order.wanted = rest.empty();
    return order;
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
