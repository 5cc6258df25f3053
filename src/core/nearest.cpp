#include "nearest.hpp"

#include <algorithm>
#include <vector>

namespace mssql {

namespace {

constexpr std::size_t longest = 255;  // characters: a schema's name and a table's

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// The characters of a text, each as its bytes in one number.
std::vector<char32_t> folded(std::string_view utf8) {
  std::vector<char32_t> text;
  for (const char c : utf8) {
    if (begins_character(c) || text.empty()) text.push_back(0);
    text.back() = text.back() << 8 | static_cast<unsigned char>(fold(c));
  }
  return text;
}

// Levenshtein's distance, or some number above `most` when it is above that.
std::size_t edit_distance(std::span<const char32_t> a, std::span<const char32_t> b, std::size_t most,
                          std::vector<std::size_t>& row) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > most) return most + 1;
  row.resize(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    std::size_t least = row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
      least = std::min(least, row[j]);
    }
    if (least > most) return least;
  }
  return row[b.size()];
}

}  // namespace

std::size_t characters(std::string_view utf8) noexcept {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), begins_character));
}

std::optional<std::size_t> nearest(std::string_view word, std::span<const std::string_view> candidates,
                                   std::size_t most_edits) {
  std::optional<std::size_t> found;
  if (characters(word) > longest) return found;
  const std::vector<char32_t> wanted = folded(word);
  std::vector<std::size_t> row;
  std::size_t limit = most_edits + 1;  // of what is found next, to be below
  for (std::size_t i = 0; i < candidates.size() && limit > 0; ++i) {
    if (characters(candidates[i]) > longest) continue;
    const std::size_t distance = edit_distance(wanted, folded(candidates[i]), limit - 1, row);
    if (distance >= limit) continue;
    found = i;
    limit = distance;
  }
  return found;
}

}  // namespace mssql
