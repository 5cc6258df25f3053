// Tarjan's strongly connected components, without recursion (a chain of foreign keys may be as long
// as the schema is large), then Kahn's order over the components with the heaviest ready one first.
#include "order.hpp"

#include <algorithm>
#include <queue>
#include <utility>

#include "core/error.hpp"

namespace mssql::replicate {

namespace {

constexpr std::size_t unvisited = static_cast<std::size_t>(-1);

class Components {
 public:
  Components(std::size_t tables, const std::vector<std::vector<std::size_t>>& parents)
      : parents_(parents), index_(tables, unvisited), low_(tables, 0), on_stack_(tables, false), component_(tables, 0) {
    for (std::size_t table = 0; table < tables; ++table)
      if (index_[table] == unvisited) explore(table);
  }

  std::size_t count() const noexcept { return count_; }
  std::size_t of(std::size_t table) const noexcept { return component_[table]; }

 private:
  struct Frame {
    std::size_t table;
    std::size_t next_parent;
  };

  void enter(std::size_t table) {
    index_[table] = low_[table] = visited_++;
    stack_.push_back(table);
    on_stack_[table] = true;
    frames_.push_back({table, 0});
  }

  void explore(std::size_t root) {
    enter(root);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const std::size_t table = frame.table;
      if (frame.next_parent < parents_[table].size()) {
        const std::size_t parent = parents_[table][frame.next_parent++];
        if (index_[parent] == unvisited) {
          enter(parent);  // invalidates `frame`
        } else if (on_stack_[parent]) {
          low_[table] = std::min(low_[table], index_[parent]);
        }
        continue;
      }
      frames_.pop_back();
      if (!frames_.empty()) low_[frames_.back().table] = std::min(low_[frames_.back().table], low_[table]);
      if (low_[table] == index_[table]) close(table);
    }
  }

  void close(std::size_t root) {
    std::size_t table = unvisited;
    do {
      table = stack_.back();
      stack_.pop_back();
      on_stack_[table] = false;
      component_[table] = count_;
    } while (table != root);
    ++count_;
  }

  const std::vector<std::vector<std::size_t>>& parents_;
  std::vector<std::size_t> index_;
  std::vector<std::size_t> low_;
  std::vector<bool> on_stack_;
  std::vector<std::size_t> component_;
  std::vector<std::size_t> stack_;
  std::vector<Frame> frames_;
  std::size_t visited_{0};
  std::size_t count_{0};
};

// A component of the graph, which has no cycles any more.
struct Node {
  std::vector<std::size_t> tables;    // heaviest first
  std::vector<std::size_t> children;  // components, one entry an edge
  std::size_t missing_parents{0};
  double weight{0};
};

std::vector<Node> build_nodes(std::size_t tables, std::span<const Edge> edges, std::span<const double> weights,
                              const Components& components) {
  std::vector<Node> nodes(components.count());
  const auto weight = [&](std::size_t table) { return weights.empty() ? 0.0 : weights[table]; };
  for (std::size_t table = 0; table < tables; ++table) {
    Node& node = nodes[components.of(table)];
    node.tables.push_back(table);
    node.weight += weight(table);
  }
  for (Node& node : nodes)
    std::stable_sort(node.tables.begin(), node.tables.end(),
                     [&](std::size_t a, std::size_t b) { return weight(a) > weight(b); });
  for (const Edge& edge : edges) {
    const std::size_t parent = components.of(edge.parent);
    const std::size_t child = components.of(edge.child);
    if (parent == child) continue;
    nodes[parent].children.push_back(child);
    ++nodes[child].missing_parents;
  }
  return nodes;
}

}  // namespace

std::vector<std::size_t> load_order(std::size_t tables, std::span<const Edge> edges, std::span<const double> weights) {
  if (!weights.empty() && weights.size() != tables) throw Error(sqlstate::internal, "load order: a weight is missing");
  std::vector<std::vector<std::size_t>> parents(tables);
  for (const Edge& edge : edges) {
    if (edge.child >= tables || edge.parent >= tables)
      throw Error(sqlstate::internal, "load order: an edge names no table");
    parents[edge.child].push_back(edge.parent);
  }
  const Components components(tables, parents);
  std::vector<Node> nodes = build_nodes(tables, edges, weights, components);

  // The heaviest component of which all parents are placed; among equals the one whose first table
  // comes first.
  using Ready = std::pair<double, std::size_t>;
  const auto later = [&](const Ready& a, const Ready& b) {
    return a.first != b.first ? a.first < b.first : nodes[a.second].tables.front() > nodes[b.second].tables.front();
  };
  std::priority_queue<Ready, std::vector<Ready>, decltype(later)> ready(later);
  for (std::size_t node = 0; node < nodes.size(); ++node)
    if (nodes[node].missing_parents == 0) ready.push({nodes[node].weight, node});
  std::vector<std::size_t> order;
  while (!ready.empty()) {
    const Node& node = nodes[ready.top().second];
    ready.pop();
    order.insert(order.end(), node.tables.begin(), node.tables.end());
    for (std::size_t child : node.children)
      if (--nodes[child].missing_parents == 0) ready.push({nodes[child].weight, child});
  }
  return order;
}

}  // namespace mssql::replicate
