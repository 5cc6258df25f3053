// The armed faults and the little grammar of the statements that arm them.
#include "faults.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace tds_server {

namespace {

constexpr std::array row_faults{"drop_after_rows",   "stall_after_rows", "error_after_rows",
                                "garble_after_rows", "truncate_row",     "slow_row_us"};
constexpr std::array statement_faults{"drop_after_bytes", "error_at_statement", "mute_attention"};
constexpr std::array connection_faults{"mute_prelogin",     "mute_login",  "refuse_login",  "drop_at_login",
                                       "unproven_login",    "login_error", "grant_packets", "route",
                                       "route_without_ack", "routed"};
constexpr std::array counted_by_value{"mute_prelogin", "mute_login", "refuse_login", "drop_at_login", "unproven_login"};

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void set(StatementFaults& faults, std::string_view name, std::uint64_t value) {
  if (name == "drop_after_rows")
    faults.drop_after_rows = value;
  else if (name == "drop_after_bytes")
    faults.drop_after_bytes = value;
  else if (name == "stall_after_rows")
    faults.stall_after_rows = value;
  else if (name == "error_after_rows")
    faults.error_after_rows = value;
  else if (name == "garble_after_rows")
    faults.garble_after_rows = value;
  else if (name == "truncate_row")
    faults.truncate_row = value;
  else if (name == "error_at_statement")
    faults.error_at_statement = value;
  else if (name == "slow_row_us")
    faults.slow_row_us = value;
  else
    faults.mute_attention = true;
  if (contains(row_faults, name)) faults.on_rows = true;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  bool at_end() {
    skip_blanks();
    return rest_.empty() || rest_ == ";";
  }
  std::string_view name() {
    skip_blanks();
    std::size_t n = 0;
    while (n < rest_.size() && (rest_[n] == '_' || (lower(rest_[n]) >= 'a' && lower(rest_[n]) <= 'z'))) ++n;
    return cut(n);
  }
  bool comma() {
    skip_blanks();
    if (rest_.empty() || rest_[0] != ',') return false;
    cut(1);
    return true;
  }
  std::uint64_t number() {
    skip_blanks();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) throw std::invalid_argument("a number is expected");
    cut(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  std::string quoted() {
    skip_blanks();
    if (!rest_.empty() && lower(rest_[0]) == 'n') cut(1);
    if (rest_.empty() || rest_[0] != '\'') throw std::invalid_argument("a string is expected");
    std::string value;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\'' && !(i + 1 < rest_.size() && rest_[i + 1] == '\'')) return cut(i + 1), value;
      if (rest_[i] == '\'') ++i;
      value += rest_[i];
    }
    throw std::invalid_argument("a string has no end");
  }

 private:
  void skip_blanks() {
    std::size_t n = 0;
    while (n < rest_.size() && (rest_[n] == ' ' || rest_[n] == '\t' || rest_[n] == '\r' || rest_[n] == '\n')) ++n;
    rest_.remove_prefix(n);
  }
  std::string_view cut(std::size_t n) {
    const std::string_view front = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return front;
  }

  std::string_view rest_;
};

Control parse_fault(Words& words) {
  Control control;
  control.name = words.quoted();
  if (words.comma()) control.value = words.number();
  if (words.comma()) control.text = words.quoted();
  if (words.comma()) control.count = words.number();
  if (!words.at_end()) throw std::invalid_argument("more than four arguments");
  return control;
}

Control parse_answer(Words& words) {
  Control control;
  control.kind = ControlKind::answer;
  control.name = words.quoted();
  if (!words.comma()) throw std::invalid_argument("a value is missing");
  control.answer = words.quoted();
  if (words.comma()) control.text = words.quoted();
  if (!words.at_end()) throw std::invalid_argument("more than three arguments");
  return control;
}

Control parse_replay(Words& words) {
  Control control;
  control.kind = ControlKind::replay;
  control.name = words.quoted();
  if (words.comma()) control.value = words.number();
  if (words.comma()) control.text = words.quoted();
  if (!words.at_end()) throw std::invalid_argument("more than three arguments");
  return control;
}

}  // namespace

bool Faults::arm(std::string_view name, std::uint64_t value, std::string text, std::uint64_t count) {
  if (!contains(connection_faults, name) && !contains(row_faults, name) && !contains(statement_faults, name))
    return false;
  const std::uint64_t left = contains(counted_by_value, name) ? value : count;
  const std::lock_guard lock(mutex_);
  if (left > 0) armed_.push_back({std::string(name), value, std::move(text), left});
  return true;
}

void Faults::answer(Answer answer, std::string text) {
  for (std::size_t at = 0; (at = answer.value.find("\\0", at)) != std::string::npos; ++at)
    answer.value.replace(at, 2, 1, '\0');
  const std::lock_guard lock(mutex_);
  answers_.emplace_back(std::move(text), std::move(answer));
}

void Faults::clear() {
  const std::lock_guard lock(mutex_);
  armed_.clear();
  answers_.clear();
}

StatementFaults Faults::for_statement(std::string_view text) {
  StatementFaults faults;
  const std::lock_guard lock(mutex_);
  for (Armed& armed : armed_) {
    if (contains(connection_faults, armed.name) || text.find(armed.text) == std::string_view::npos) continue;
    set(faults, armed.name, armed.value);
    --armed.left;
  }
  std::erase_if(armed_, [](const Armed& armed) { return armed.left == 0; });
  for (const auto& [wanted, answer] : answers_) {
    if (text.find(wanted) != std::string_view::npos) faults.answer = answer;
  }
  return faults;
}

std::optional<ConnectionFault> Faults::connection(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(armed_.begin(), armed_.end(), [&](const Armed& armed) { return armed.name == name; });
  if (found == armed_.end()) return std::nullopt;
  ConnectionFault fault{found->value, found->text};
  if (found->left <= 1)
    armed_.erase(found);
  else
    --found->left;
  return fault;
}

std::optional<Control> parse_control(std::string_view text) {
  if (text.size() > 100'000 || text.find("tds_server_") == std::string_view::npos) return std::nullopt;
  Words words(text);
  const std::string_view verb = words.name();
  if (!equal_ignoring_case(verb, "exec") && !equal_ignoring_case(verb, "execute")) return std::nullopt;
  const std::string_view procedure = words.name();
  if (equal_ignoring_case(procedure, "tds_server_fault")) return parse_fault(words);
  if (equal_ignoring_case(procedure, "tds_server_answer")) return parse_answer(words);
  if (equal_ignoring_case(procedure, "tds_server_replay")) return parse_replay(words);
  if (!equal_ignoring_case(procedure, "tds_server_stats") || !words.at_end()) return std::nullopt;
  Control control;
  control.kind = ControlKind::statistics;
  return control;
}

}  // namespace tds_server
