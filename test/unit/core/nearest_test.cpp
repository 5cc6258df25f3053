#include "core/nearest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mssql {
namespace {

std::string_view chosen(std::string_view word, std::vector<std::string_view> candidates, std::size_t most_edits) {
  const std::optional<std::size_t> found = nearest(word, candidates, most_edits);
  return found ? candidates[*found] : std::string_view("none");
}

TEST(Nearest, FewestEditsAndTheFirstOfSeveral) {
  EXPECT_EQ(chosen("prt", {"host", "port", "part"}, 2), "port");
  EXPECT_EQ(chosen("posts", {"hosts", "posts", "post"}, 2), "posts");
  EXPECT_EQ(chosen("kitten", {"sitting"}, 3), "sitting");
  EXPECT_EQ(chosen("kitten", {"sitting"}, 2), "none");
  EXPECT_EQ(chosen("a", {}, 2), "none");
  EXPECT_EQ(chosen("", {"ab"}, 2), "ab");
  EXPECT_EQ(chosen("x", {"yz"}, 0), "none");
  EXPECT_EQ(chosen("x", {"x"}, 0), "x");
}

TEST(Nearest, CaseAside) { EXPECT_EQ(chosen("DBO.POSTS", {"dbo.Votes", "dbo.Posts"}, 0), "dbo.Posts"); }

TEST(Nearest, CharactersCountAndNotBytes) {
  EXPECT_EQ(characters("äö€\U0001D49E"), 4u);
  EXPECT_EQ(chosen("größe", {"grosse"}, 2), "none");
  EXPECT_EQ(chosen("größe", {"grösse"}, 2), "grösse");
  EXPECT_EQ(chosen("€", {"\U0001D49E"}, 1), "\U0001D49E");
  EXPECT_EQ(chosen("\xFF\xBF", {"\xBF"}, 1), "\xBF");
}

TEST(Nearest, WhatNobodyWritesIsNotCompared) {
  const std::string at_most(255, 'x');
  const std::string longer(256, 'x');
  EXPECT_EQ(chosen(at_most, {at_most}, 9), at_most);
  EXPECT_EQ(chosen(longer, {at_most}, 9), "none");
  EXPECT_EQ(chosen(at_most, {longer}, 9), "none");
}

}  // namespace
}  // namespace mssql
