#include "names.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

namespace mssql {

namespace {

constexpr std::size_t hash_length = 9;  // '_' and eight digits
constexpr std::string_view system_columns[] = {"ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"};

bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
char to_lower(char c) noexcept { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// A word starts where a capital follows a small letter or a digit, and at the last capital of a run
// that a small letter follows.
bool starts_word(std::string_view name, std::size_t at) noexcept {
  if (at == 0 || !is_upper(name[at])) return false;
  const char before = name[at - 1];
  if (is_lower(before) || is_digit(before)) return true;
  return is_upper(before) && at + 1 < name.size() && is_lower(name[at + 1]);
}

// 32-bit FNV-1a, which is the same everywhere.
std::string hash_of(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
  char digits[hash_length + 1];
  std::snprintf(digits, sizeof(digits), "_%08x", hash);
  return digits;
}

void cut(std::string& name, std::size_t size) {
  if (name.size() <= size) return;
  while (size > 0 && (static_cast<std::uint8_t>(name[size]) & 0xC0) == 0x80) --size;
  name.resize(size);
}

}  // namespace

std::string folded_name(std::string_view name, NameCase name_case) {
  if (name_case == NameCase::preserve) return std::string(name);
  std::string folded;
  folded.reserve(name.size() + 8);
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name_case == NameCase::snake && starts_word(name, i)) folded += '_';
    folded += to_lower(name[i]);
  }
  return folded;
}

std::string distinct_name(std::string_view local, std::string_view source) {
  std::string result(local);
  cut(result, longest_local_name - hash_length);
  return result += hash_of(source);
}

std::string local_name(std::string_view name, NameCase name_case) {
  std::string folded = folded_name(name, name_case);
  return folded.size() <= longest_local_name ? folded : distinct_name(folded, name);
}

std::string local_column_name(std::string_view name, NameCase name_case) {
  std::string result = local_name(name, name_case);
  const bool reserved =
      std::find(std::begin(system_columns), std::end(system_columns), result) != std::end(system_columns);
  return reserved ? result += '_' : result;
}

std::vector<std::string> local_names(std::span<const std::string> names, NameCase name_case, std::string_view scope,
                                     std::string (*wanted)(std::string_view, NameCase)) {
  std::vector<std::string> result;
  std::set<std::string> taken;
  for (const std::string& name : names) {
    std::string local = wanted(name, name_case);
    if (taken.contains(local)) local = distinct_name(local, std::string(scope) + name);
    taken.insert(local);
    result.push_back(std::move(local));
  }
  return result;
}

}  // namespace mssql
