// The built-in scalar functions: one table, filled by a file for each kind, and what those files
// share.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "binder.hpp"

namespace tds_server::engine {

using FunctionTable = std::unordered_map<std::string_view, FunctionHandler>;
using Args = std::vector<Typed>;

void add_text_functions(FunctionTable& table);
void add_number_functions(FunctionTable& table);
void add_date_functions(FunctionTable& table);
void add_metadata_functions(FunctionTable& table);

// Throws 174 or 189 for a wrong number of arguments.
void need(const Args& args, std::size_t low, std::size_t high, const Expr& expr);
bool any_null(const Args& args);
// A string argument's type with another length; what is no string counts as varchar.
TypeInfo characters(Binder& binder, const Typed& arg, int units);
int units_of(const Typed& arg);
std::optional<int> constant_int(const Typed& arg);

}  // namespace tds_server::engine
