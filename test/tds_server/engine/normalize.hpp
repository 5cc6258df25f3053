// Expressions as SQL Server writes them into its catalog: sys.default_constraints.definition,
// sys.check_constraints, sys.computed_columns, sys.indexes.filter_definition. Names in brackets,
// numbers in parentheses, no blanks round operators.
#pragma once

#include <string>

#include "ast.hpp"

namespace tds_server::engine {

// The definition with its outer parentheses: ((0)), (getdate()), ([a]>=(0)).
std::string normalized_definition(const Expr& expr);

}  // namespace tds_server::engine
