#include "core/copy/order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/error.hpp"

namespace mssql::replicate {
namespace {

using Order = std::vector<std::size_t>;

std::size_t position(const Order& result, std::size_t table) {
  return static_cast<std::size_t>(std::find(result.begin(), result.end(), table) - result.begin());
}

// Which tables stand above which: reach[child][parent], by however many steps.
std::vector<std::vector<bool>> reach_of(std::size_t tables, const std::vector<Edge>& edges) {
  std::vector<std::vector<bool>> reach(tables, std::vector<bool>(tables));
  for (const Edge& edge : edges) reach[edge.child][edge.parent] = true;
  for (std::size_t via = 0; via < tables; ++via)
    for (std::size_t from = 0; from < tables; ++from)
      for (std::size_t to = 0; to < tables; ++to)
        if (reach[from][via] && reach[via][to]) reach[from][to] = true;
  return reach;
}

TEST(LoadOrder, NoTables) { EXPECT_TRUE(load_order(0, {}).empty()); }

TEST(LoadOrder, WithoutEdgesKeepsTheGivenOrder) { EXPECT_EQ(load_order(3, {}), (Order{0, 1, 2})); }

TEST(LoadOrder, LargestFirstAmongIndependents) {
  const double weights[] = {1, 30, 20};
  EXPECT_EQ(load_order(3, {}, weights), (Order{1, 2, 0}));
}

TEST(LoadOrder, ParentsComeFirst) {
  const Edge edges[] = {{0, 1}, {1, 2}, {0, 2}, {0, 2}};
  const double weights[] = {100, 10, 1};
  const Order result = load_order(3, edges, weights);
  EXPECT_EQ(result, (Order{2, 1, 0}));
}

TEST(LoadOrder, SelfReferenceIsACycleOfItsOwn) {
  const Edge edges[] = {{1, 1}, {0, 1}};
  const Order result = load_order(2, edges);
  EXPECT_EQ(result, (Order{1, 0}));
}

TEST(LoadOrder, TablesOfACycleStandTogether) {
  const Edge edges[] = {{0, 1}, {1, 2}, {2, 0}, {3, 0}, {1, 4}};
  const Order result = load_order(5, edges);
  EXPECT_EQ(result.front(), 4u);
  EXPECT_EQ(result.back(), 3u);
}

TEST(LoadOrder, LongChainDoesNotRecurse) {
  constexpr std::size_t tables = 200000;
  std::vector<Edge> edges;
  for (std::size_t i = 0; i + 1 < tables; ++i) edges.push_back({i, i + 1});
  const Order result = load_order(tables, edges);
  EXPECT_EQ(result.front(), tables - 1);
  EXPECT_EQ(result.back(), 0u);
}

TEST(LoadOrder, RandomGraphsKeepTheirPromise) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const std::size_t tables = 1 + random() % 12;
    std::vector<Edge> edges(random() % 20);
    for (Edge& edge : edges) edge = {random() % tables, random() % tables};
    const Order result = load_order(tables, edges);
    std::vector<std::size_t> sorted = result;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < tables; ++i) ASSERT_EQ(sorted[i], i);
    const auto reach = reach_of(tables, edges);
    for (const Edge& edge : edges) {
      const std::size_t parent = position(result, edge.parent);
      const std::size_t child = position(result, edge.child);
      if (!reach[edge.parent][edge.child]) {
        ASSERT_LT(parent, child);
      }
      // What is in a cycle stands together
      for (std::size_t between = child; reach[edge.parent][edge.child] && between < parent; ++between)
        ASSERT_TRUE(reach[result[between]][edge.parent] && reach[edge.parent][result[between]]);
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
