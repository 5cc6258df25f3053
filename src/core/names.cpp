#include "names.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>

namespace mssql {

namespace {

constexpr std::size_t hash_length = 9;  // '_' and eight digits
constexpr std::string_view system_columns[] = {"ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"};

bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
char to_lower(char c) noexcept { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// A word starts where a capital follows a small letter or a digit, and at the last capital of a run that a small letter follows.
bool starts_word(std::string_view name, std::size_t at) noexcept {
  if (at == 0 || !is_upper(name[at])) return false;
  const char before = name[at - 1];
  if (is_lower(before) || is_digit(before)) return true;
  return is_upper(before) && at + 1 < name.size() && is_lower(name[at + 1]);
}

std::string fold(std::string_view name, NameCase name_case) {
  if (name_case == NameCase::preserve) return std::string(name);
  std::string folded;
  folded.reserve(name.size() + 8);
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name_case == NameCase::snake && starts_word(name, i)) folded += '_';
    folded += to_lower(name[i]);
  }
  return folded;
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

std::string distinct_local_name(std::string_view name, NameCase name_case) {
  std::string result = fold(name, name_case);
  cut(result, longest_local_name - hash_length);
  return result += hash_of(name);
}

std::string local_name(std::string_view name, NameCase name_case) {
  std::string result = fold(name, name_case);
  return result.size() <= longest_local_name ? result : distinct_local_name(name, name_case);
}

std::string local_column_name(std::string_view name, NameCase name_case) {
  std::string result = local_name(name, name_case);
  const bool reserved = std::find(std::begin(system_columns), std::end(system_columns), result) != std::end(system_columns);
  return reserved ? result += '_' : result;
}

std::vector<std::string> local_names(std::span<const std::string> names, NameCase name_case,
                                     std::string (*wanted)(std::string_view, NameCase)) {
  std::vector<std::string> result(names.size());
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (const std::size_t i : order) result[i] = wanted(names[i], name_case);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const bool own_a = names[a] == result[a];
    const bool own_b = names[b] == result[b];
    return own_a != own_b ? own_a : names[a] < names[b];
  });
  std::map<std::string, std::size_t> taken;
  for (const std::size_t i : order) {
    if (!taken.emplace(result[i], i).second) taken.emplace(result[i] = distinct_local_name(names[i], name_case), i);
  }
  return result;
}

}  // namespace mssql
