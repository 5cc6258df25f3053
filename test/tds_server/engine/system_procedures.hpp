// The catalog procedures of the old driver interfaces (sp_tables, sp_columns, ...) as T-SQL over
// the sys views, and the result set of sp_describe_first_result_set.
#pragma once

#include <string_view>
#include <vector>

#include "../engine.hpp"
#include "binder.hpp"
#include "catalog.hpp"

namespace tds_server::engine {

struct SystemProcedure {
  std::string_view name;
  std::vector<std::string_view> parameters;  // in positional order
  std::string_view text;                     // reads its parameters as @name, NULL when not given
};

// By lower-case name; null when there is none.
const SystemProcedure* find_system_procedure(std::string_view name);

struct DescribeResult {
  std::vector<ColumnInfo> columns;
  std::vector<std::vector<Value>> rows;
};
DescribeResult describe_columns(const std::vector<OutputColumn>& columns, const Catalog& catalog);

}  // namespace tds_server::engine
