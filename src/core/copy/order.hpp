// Foreign-key graph to load order: parents before children; tables of a cycle stand together.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mssql::replicate {

struct Edge {
  std::size_t child;
  std::size_t parent;
};

struct LoadOrder {
  std::vector<std::size_t> order;  // every table once
  std::vector<std::size_t> group;  // by table: number of its strongly connected component, in load order
  std::vector<bool> in_cycle;      // by table: it references itself or is part of a longer cycle
};

// `weights` (may be empty) orders tables that do not depend on each other: the larger first.
LoadOrder load_order(std::size_t tables, std::span<const Edge> edges, std::span<const double> weights = {});

}  // namespace mssql::replicate
