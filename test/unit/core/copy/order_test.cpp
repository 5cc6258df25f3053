#include "core/copy/order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/error.hpp"

namespace mssql::replicate {
namespace {

std::size_t position(const LoadOrder& result, std::size_t table) {
  return static_cast<std::size_t>(std::find(result.order.begin(), result.order.end(), table) - result.order.begin());
}

TEST(LoadOrder, NoTables) {
  const LoadOrder result = load_order(0, {});
  EXPECT_TRUE(result.order.empty());
  EXPECT_TRUE(result.group.empty());
}

TEST(LoadOrder, WithoutEdgesKeepsTheGivenOrder) {
  EXPECT_EQ(load_order(3, {}).order, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(LoadOrder, LargestFirstAmongIndependents) {
  const double weights[] = {1, 30, 20};
  EXPECT_EQ(load_order(3, {}, weights).order, (std::vector<std::size_t>{1, 2, 0}));
}

TEST(LoadOrder, ParentsComeFirst) {
  const Edge edges[] = {{0, 1}, {1, 2}, {0, 2}, {0, 2}};
  const double weights[] = {100, 10, 1};
  const LoadOrder result = load_order(3, edges, weights);
  EXPECT_EQ(result.order, (std::vector<std::size_t>{2, 1, 0}));
  EXPECT_EQ(result.group, (std::vector<std::size_t>{2, 1, 0}));
  EXPECT_EQ(result.in_cycle, (std::vector<bool>{false, false, false}));
}

TEST(LoadOrder, SelfReferenceIsACycleOfItsOwn) {
  const Edge edges[] = {{1, 1}, {0, 1}};
  const LoadOrder result = load_order(2, edges);
  EXPECT_EQ(result.order, (std::vector<std::size_t>{1, 0}));
  EXPECT_EQ(result.in_cycle, (std::vector<bool>{false, true}));
}

TEST(LoadOrder, TablesOfACycleStandTogether) {
  const Edge edges[] = {{0, 1}, {1, 2}, {2, 0}, {3, 0}, {1, 4}};
  const LoadOrder result = load_order(5, edges);
  EXPECT_EQ(result.order.front(), 4u);
  EXPECT_EQ(result.order.back(), 3u);
  EXPECT_EQ(result.group[0], result.group[1]);
  EXPECT_EQ(result.group[1], result.group[2]);
  EXPECT_EQ(result.in_cycle, (std::vector<bool>{true, true, true, false, false}));
}

TEST(LoadOrder, LongChainDoesNotRecurse) {
  constexpr std::size_t tables = 200000;
  std::vector<Edge> edges;
  for (std::size_t i = 0; i + 1 < tables; ++i) edges.push_back({i, i + 1});
  const LoadOrder result = load_order(tables, edges);
  EXPECT_EQ(result.order.front(), tables - 1);
  EXPECT_EQ(result.order.back(), 0u);
}

TEST(LoadOrder, RandomGraphsKeepTheirPromise) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const std::size_t tables = 1 + random() % 12;
    std::vector<Edge> edges(random() % 20);
    for (Edge& edge : edges) edge = {random() % tables, random() % tables};
    const LoadOrder result = load_order(tables, edges);
    std::vector<std::size_t> sorted = result.order;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < tables; ++i) ASSERT_EQ(sorted[i], i);
    for (const Edge& edge : edges) {
      ASSERT_LE(result.group[edge.parent], result.group[edge.child]);
      if (result.group[edge.parent] != result.group[edge.child])
        ASSERT_LT(position(result, edge.parent), position(result, edge.child));
      else
        ASSERT_TRUE(result.in_cycle[edge.parent]);
    }
  }
}

TEST(LoadOrder, RefusesNonsense) {
  const Edge edges[] = {{0, 5}};
  const double weights[] = {1};
  EXPECT_THROW(load_order(2, edges), Error);
  EXPECT_THROW(load_order(2, {}, weights), Error);
}

}  // namespace
}  // namespace mssql::replicate
