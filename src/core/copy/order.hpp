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

// Every table once. `weights` (may be empty) orders tables that do not depend on each other: the
// larger first.
std::vector<std::size_t> load_order(std::size_t tables, std::span<const Edge> edges,
                                    std::span<const double> weights = {});

}  // namespace mssql::replicate
