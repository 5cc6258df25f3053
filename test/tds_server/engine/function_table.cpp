#include "function_table.hpp"

#include <algorithm>
#include <cstdlib>

#include "errors.hpp"
#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {

void need(const Args& args, std::size_t low, std::size_t high, const Expr& expr) {
  if (args.size() >= low && args.size() <= high) return;
  const std::string name = lower(expr.name.back());
  if (low == high) throw error(174, "The " + name + " function requires " + std::to_string(low) + " argument(s).", 15);
  throw error(
      189, "The " + name + " function requires " + std::to_string(low) + " to " + std::to_string(high) + " arguments.",
      15);
}

bool any_null(const Args& args) {
  return std::any_of(args.begin(), args.end(), [](const Typed& arg) { return arg.nullable; });
}

TypeInfo characters(Binder& b, const Typed& arg, int units) {
  Typed like = arg;
  if (!is_character(arg.type.type)) like.type = make_type(SqlType::varchar), like.type.collation.clear();
  return b.character_type(like.type, units);
}

int units_of(const Typed& arg) {
  if (is_character(arg.type.type)) return length_in_units(arg.type);
  return 40;
}

std::optional<int> constant_int(const Typed& arg) {
  if (!arg.constant || arg.constant->null || family(arg.type.type) != Family::integer) return std::nullopt;
  return std::atoi(arg.constant->bytes.c_str());
}

namespace {

const FunctionTable& functions() {
  static const FunctionTable kFunctions = [] {
    FunctionTable table;
    add_text_functions(table);
    add_number_functions(table);
    add_date_functions(table);
    add_metadata_functions(table);
    return table;
  }();
  return kFunctions;
}

}  // namespace

FunctionHandler find_function(std::string_view name) {
  const auto found = functions().find(name);
  return found == functions().end() ? nullptr : found->second;
}

std::string date_part(const Expr& expr) {
  static const std::unordered_map<std::string_view, std::string_view> kParts = {
      {"year", "year"},       {"yy", "year"},
      {"yyyy", "year"},       {"quarter", "quarter"},
      {"qq", "quarter"},      {"q", "quarter"},
      {"month", "month"},     {"mm", "month"},
      {"m", "month"},         {"dayofyear", "dayofyear"},
      {"dy", "dayofyear"},    {"y", "dayofyear"},
      {"day", "day"},         {"dd", "day"},
      {"d", "day"},           {"week", "week"},
      {"wk", "week"},         {"ww", "week"},
      {"weekday", "weekday"}, {"dw", "weekday"},
      {"w", "weekday"},       {"hour", "hour"},
      {"hh", "hour"},         {"minute", "minute"},
      {"mi", "minute"},       {"n", "minute"},
      {"second", "second"},   {"ss", "second"},
      {"s", "second"},        {"millisecond", "millisecond"},
      {"ms", "millisecond"},  {"microsecond", "microsecond"},
      {"mcs", "microsecond"}, {"nanosecond", "nanosecond"},
      {"ns", "nanosecond"},   {"tzoffset", "tzoffset"},
      {"tz", "tzoffset"},     {"iso_week", "iso_week"},
      {"isowk", "iso_week"},  {"isoww", "iso_week"}};
  const std::string word = expr.kind == ExprKind::column && expr.name.size() == 1     ? lower(expr.name[0])
                           : expr.kind == ExprKind::function && expr.name.size() == 1 ? lower(expr.name[0])
                                                                                      : expr.text;
  const auto found = kParts.find(word);
  if (found == kParts.end()) throw error(155, "'" + word + "' is not a recognized datepart option.", 15);
  return std::string(found->second);
}

}  // namespace tds_server::engine
