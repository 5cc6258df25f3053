// SELECT, set operations, common table expressions, ORDER BY and TOP.
#include "binder.hpp"
#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {
namespace {

std::string output_alias(std::size_t index) { return "\"c" + std::to_string(index + 1) + "\""; }

std::string alias_list(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += (i > 0 ? ", " : "") + output_alias(i);
  return out;
}

Typed output_value(const OutputColumn& column, const std::string& alias) {
  Typed value;
  value.sql = alias + "." + column.pg;
  value.type = column.type;
  value.nullable = column.nullable;
  value.column = true;
  value.null_literal = column.null_literal;
  return value;
}

}  // namespace

std::string Binder::fresh(std::string_view prefix) {
  return "\"" + std::string(prefix) + std::to_string(++counter_) + "\"";
}

BoundQuery Binder::query(const Query& query, const Scope* outer) {
  if (definition_)
    throw error(1046, "Subqueries are not allowed in this context. Only scalar expressions are allowed.", 15);
  const std::size_t visible = ctes_.size();
  const std::string with = with_clause(query.with, outer);
  BoundQuery result = query_without_ctes(query, outer);
  result.sql = with + result.sql;
  ctes_.resize(visible);
  return result;
}

std::string Binder::with_clause(const std::vector<Cte>& with, const Scope* outer) {
  if (with.empty()) return "";
  std::string sql;
  for (const Cte& cte : with) {
    CteBinding binding;
    binding.name = cte.name;
    binding.pg = fresh("q");
    BoundQuery bound;
    const auto name_columns = [&](std::vector<OutputColumn> columns) {
      if (!cte.columns.empty() && cte.columns.size() != columns.size()) {
        throw error(cte.columns.size() < columns.size() ? 8158 : 8159,
                    "'" + cte.name + "' has " + (cte.columns.size() < columns.size() ? "more" : "fewer") +
                        " columns than were specified in the column list.");
      }
      for (std::size_t i = 0; i < cte.columns.size(); ++i) columns[i].name = cte.columns[i];
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].name.empty())
          throw error(8155,
                      "No column name was specified for column " + std::to_string(i + 1) + " of '" + cte.name + "'.",
                      16, 2);
      }
      return columns;
    };
    if (cte.query->body->op == "UNION ALL" && cte.query->order.empty() && cte.query->with.empty()) {
      // The right side may read the name it defines.
      const BoundQuery anchor = body(*cte.query->body->left, outer);
      binding.columns = name_columns(anchor.columns);
      ctes_.push_back(binding);
      BoundQuery step = body(*cte.query->body->right, outer);
      if (step.columns.size() != anchor.columns.size()) {
        throw error(205,
                    "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of "
                    "expressions in their "
                    "target lists.");
      }
      std::vector<TypeInfo> types;
      for (std::size_t i = 0; i < anchor.columns.size(); ++i) {
        TypeInfo type = anchor.columns[i].type;
        if (anchor.columns[i].null_literal) type = step.columns[i].type;
        // Only a recursive member is held to the anchor's types; elsewhere the wider type wins.
        if (step.sql.find(binding.pg) == std::string::npos && !step.columns[i].null_literal)
          type = common_type(type, step.columns[i].type);
        types.push_back(type);
        ctes_.back().columns[i].type = type;
        ctes_.back().columns[i].null_literal = false;
        if (step.columns[i].nullable) ctes_.back().columns[i].nullable = true;
      }
      bound.sql = "(" + cast_columns(anchor, types) + ") UNION ALL (" + cast_columns(step, types) + ")";
    } else {
      bound = this->query(*cte.query, outer);
      binding.columns = name_columns(bound.columns);
      ctes_.push_back(binding);
    }
    CteBinding& kept = ctes_.back();
    for (std::size_t i = 0; i < kept.columns.size(); ++i) kept.columns[i].pg = output_alias(i);
    sql += (sql.empty() ? "WITH RECURSIVE " : ", ") + kept.pg + "(" + alias_list(kept.columns.size()) + ") AS (" +
           bound.sql + ")";
  }
  return sql + " ";
}

BoundQuery Binder::query_without_ctes(const Query& query, const Scope* outer) {
  if (++depth_ > 100)
    throw error(
        191,
        "Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.",
        15);
  BoundQuery result;
  if (query.body->core) {
    const SelectCore& leaf = *query.body->core;
    CoreResult bound = core(leaf, outer);
    result.columns = bound.columns;
    if (bound.distinct && !query.order.empty()) {
      const std::string alias = fresh("d");
      result.sql = "SELECT " + alias_list(bound.columns.size()) + " FROM (" + bound.sql + ") AS " + alias +
                   order_by_output(query, bound.columns, alias, &bound);
    } else {
      result.sql = bound.sql + order_by(query, bound);
    }
    result.sql += limit(query, &leaf, bound.sql);
  } else {
    result = body(*query.body, outer);
    if (!query.order.empty()) {
      const std::string alias = fresh("d");
      const std::string order = order_by_output(query, result.columns, alias, nullptr);
      result.sql = "SELECT " + alias_list(result.columns.size()) + " FROM (" + result.sql + ") AS " + alias + order;
    }
    result.sql += limit(query, nullptr, "");
  }
  --depth_;
  return query.xml_text ? as_xml_text(result) : result;
}

// FOR XML PATH('') makes elements of named columns; an unnamed one is bare text.
BoundQuery Binder::as_xml_text(const BoundQuery& query) {
  if (query.columns.size() != 1 || !query.columns[0].name.empty() || !is_character(query.columns[0].type.type)) {
    throw not_supported("FOR XML of anything but one unnamed character column");
  }
  const std::string alias = fresh("x");
  BoundQuery result;
  result.columns.push_back(query.columns[0]);
  result.columns[0].type = make_character(SqlType::nvarchar, -1);
  result.columns[0].nullable = true;
  result.sql = "SELECT replace(replace(replace(string_agg(" + output_alias(0) +
               "::text, ''), '&', '&amp;'), '<', '&lt;'), '>', '&gt;')::bpchar AS " + output_alias(0) + " FROM (" +
               query.sql + ") AS " + alias;
  return result;
}

// SELECT c1, ... FROM (query) with every column of the given type.
std::string Binder::cast_columns(const BoundQuery& query, const std::vector<TypeInfo>& types) {
  const std::string alias = fresh("u");
  std::string items;
  for (std::size_t i = 0; i < types.size(); ++i) {
    Typed value = output_value(query.columns[i], alias);
    Typed converted = value.null_literal ? make("NULL::" + std::string(pg_type(types[i].type)), types[i])
                                         : convert(value, types[i], Conversion::implicit);
    items += (i > 0 ? ", " : "") + set_item(converted) + " AS " + output_alias(i);
  }
  return "SELECT " + items + " FROM (" + query.sql + ") AS " + alias;
}

BoundQuery Binder::body(const QueryBody& node, const Scope* outer) {
  if (node.core) {
    const CoreResult bound = core(*node.core, outer);
    Query no_order;
    return {bound.sql + limit(no_order, node.core.get(), bound.sql), bound.columns};
  }
  const BoundQuery left = body(*node.left, outer);
  const BoundQuery right = body(*node.right, outer);
  if (left.columns.size() != right.columns.size()) {
    throw error(205,
                "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of "
                "expressions in their target lists.");
  }
  BoundQuery result;
  std::vector<TypeInfo> types;
  for (std::size_t i = 0; i < left.columns.size(); ++i) {
    const OutputColumn& a = left.columns[i];
    const OutputColumn& b = right.columns[i];
    OutputColumn column;
    column.name = a.name;
    column.pg = output_alias(i);
    column.type = a.null_literal ? b.type : b.null_literal ? a.type : common_type(a.type, b.type);
    column.nullable = a.nullable || b.nullable;
    column.null_literal = a.null_literal && b.null_literal;
    if (is_character(column.type.type) && column.type.collation.empty()) column.type.collation = catalog_.collation();
    types.push_back(column.type);
    result.columns.push_back(std::move(column));
  }
  result.sql = "(" + cast_columns(left, types) + ") " + node.op + " (" + cast_columns(right, types) + ")";
  return result;
}

// An item whose value takes part in a set operation, DISTINCT or GROUP BY, or is read by an outer
// query: characters carry their collation.
std::string Binder::set_item(const Typed& item) {
  if (!is_character(item.type.type) || item.column) return output(item);
  return "((" + output(item) + ") COLLATE " + pg_collation(collation_of(item)) + ")";
}

namespace {
bool has_aggregate(const Expr& expr) {
  if (expr.kind == ExprKind::function && !expr.over && expr.name.size() == 1) {
    static constexpr std::string_view kNames[] = {"count", "count_big",    "sum",     "min",    "max",
                                                  "avg",   "string_agg",   "stdev",   "stdevp", "var",
                                                  "varp",  "checksum_agg", "grouping"};
    const std::string name = lower(expr.name[0]);
    for (const std::string_view candidate : kNames) {
      if (name == candidate) return true;
    }
  }
  if (expr.kind == ExprKind::subquery || expr.kind == ExprKind::exists) return false;
  for (const ExprPtr& arg : expr.args) {
    if (has_aggregate(*arg)) return true;
  }
  return false;
}
}  // namespace

Binder::CoreResult Binder::core(const SelectCore& node, const Scope* outer) {
  CoreResult result;
  result.scope.parent = outer;
  const std::string from = from_list(node.from, result.scope);
  std::string where;
  if (node.where) {
    if (has_aggregate(*node.where)) {
      throw error(147,
                  "An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING "
                  "clause or a select list, "
                  "and the column being aggregated is an outer reference.",
                  15);
    }
    where = " WHERE " + condition(*node.where, result.scope);
  }
  std::string group;
  for (const ExprPtr& expr : node.group_by) {
    if (expr->kind == ExprKind::literal) {
      throw error(164, "Each GROUP BY expression must contain at least one column that is not an outer reference.", 15);
    }
    const Typed key = value(*expr, result.scope);
    group += (group.empty() ? "" : ", ") + (is_character(key.type.type) && !key.column ? set_item(key) : key.sql);
  }
  if (!group.empty()) group = " GROUP BY " + (node.group_mode.empty() ? group : node.group_mode + " (" + group + ")");
  result.distinct = node.distinct;
  result.grouped = !node.group_by.empty();
  result.items = select_items(node, result.scope, result.columns);
  std::string items;
  for (std::size_t i = 0; i < result.items.size(); ++i) {
    result.columns[i].pg = output_alias(i);
    items += (i > 0 ? ", " : "") +
             (result.distinct || result.grouped ? set_item(result.items[i]) : output(result.items[i])) + " AS " +
             output_alias(i);
  }
  result.sql = std::string("SELECT ") + (node.distinct ? "DISTINCT " : "") + items + from + where + group;
  if (node.having) result.sql += " HAVING " + condition(*node.having, result.scope);
  return result;
}

std::vector<Typed> Binder::select_items(const SelectCore& node, const Scope& scope,
                                        std::vector<OutputColumn>& columns) {
  std::vector<Typed> items;
  const auto add = [&](Typed item, std::string name) {
    OutputColumn column;
    column.name = std::move(name);
    column.type = item.type;
    if (is_character(column.type.type) && column.type.collation.empty()) column.type.collation = catalog_.collation();
    column.nullable = item.nullable;
    column.identity = item.identity;
    column.identity_sequence = item.identity_sequence;
    column.computed = item.computed;
    column.null_literal = item.null_literal;
    columns.push_back(std::move(column));
    items.push_back(std::move(item));
  };
  for (const SelectItem& item : node.items) {
    if (item.expr->kind == ExprKind::star) {
      bool found = false;
      if (scope.sources.empty()) throw error(263, "Must specify table to select from.", 16, 1);
      for (const Source& source : scope.sources) {
        const Name& qualifier = item.expr->name;
        if (!qualifier.empty() && !catalog_.same(source.name, qualifier.back())) continue;
        found = true;
        for (std::size_t i = 0; i < source.columns.size(); ++i) add(source_column(source, i), source.columns[i].name);
      }
      if (!found)
        throw error(107,
                    "The column prefix '" + display_name(item.expr->name) +
                        "' does not match with a table name or alias name used in the query.",
                    16, 3);
      continue;
    }
    Typed bound = value(*item.expr, scope);
    if (!item.variable.empty()) {
      const Variable* variable = environment_.variable(item.variable);
      if (variable == nullptr) throw undeclared_variable(item.variable);
      if (!item.variable_op.empty()) {
        Typed current = literal(variable->type, variable->value);
        bound = item.variable_op == "+" && is_character(current.type.type)
                    ? add_strings(current, bound)
                    : arithmetic(item.variable_op[0], current, bound);
      }
      bound = convert(bound, variable->type, Conversion::implicit);
    }
    std::string name = item.alias;
    if (name.empty() && item.expr->kind == ExprKind::column)
      name = bound.computed || bound.column ? item.expr->name.back() : "";
    if (name.empty() && item.expr->kind == ExprKind::column) name = item.expr->name.back();
    // A column keeps the catalog's spelling, not the query's.
    if (!node.group_mode.empty()) bound.nullable = true;
    if (item.alias.empty() && item.expr->kind == ExprKind::column) {
      for (const Source& source : scope.sources) {
        for (const SourceColumn& candidate : source.columns) {
          if (candidate.value.sql == bound.sql) name = candidate.name;
        }
      }
    }
    add(std::move(bound), std::move(name));
  }
  return items;
}

// ---- ORDER BY, TOP, OFFSET

namespace {
std::string direction(const OrderItem& item) { return item.descending ? " DESC NULLS LAST" : " ASC NULLS FIRST"; }

std::optional<std::size_t> ordinal(const Expr& expr, std::size_t count) {
  if (expr.kind != ExprKind::literal || expr.literal_kind != LiteralKind::integer) return std::nullopt;
  const int position = std::atoi(expr.text.c_str());
  if (position < 1 || static_cast<std::size_t>(position) > count) {
    throw error(108, "The ORDER BY position number " + expr.text +
                         " is out of range of the number of items in the select list.");
  }
  return static_cast<std::size_t>(position - 1);
}
}  // namespace

// Aliases of the select list come first, then the columns of FROM.
std::string Binder::order_by(const Query& query, const CoreResult& core) {
  std::string sql;
  for (const OrderItem& item : query.order) {
    std::optional<std::size_t> index = ordinal(*item.expr, core.items.size());
    if (!index && item.expr->kind == ExprKind::column && item.expr->name.size() == 1) {
      for (std::size_t i = 0; i < core.columns.size() && !index; ++i) {
        if (catalog_.same(core.columns[i].name, item.expr->name[0])) index = i;
      }
    }
    const Typed key = index ? core.items[*index] : value(*item.expr, core.scope);
    sql += (sql.empty() ? " ORDER BY " : ", ") + order_key(key) + direction(item);
  }
  return sql;
}

// Of a set operation or DISTINCT: only what the select list holds can order.
std::string Binder::order_by_output(const Query& query, const std::vector<OutputColumn>& columns,
                                    const std::string& alias, const CoreResult* core) {
  std::string sql;
  for (const OrderItem& item : query.order) {
    std::optional<std::size_t> index = ordinal(*item.expr, columns.size());
    if (!index && item.expr->kind == ExprKind::column) {
      for (std::size_t i = 0; i < columns.size() && !index; ++i) {
        if (item.expr->name.size() == 1 && catalog_.same(columns[i].name, item.expr->name[0])) index = i;
      }
    }
    if (!index && core != nullptr) {
      const Typed key = value(*item.expr, core->scope);
      for (std::size_t i = 0; i < core->items.size() && !index; ++i) {
        if (core->items[i].sql == key.sql) index = i;
      }
    }
    if (!index) {
      if (core != nullptr)
        throw error(145, "ORDER BY items must appear in the select list if SELECT DISTINCT is specified.", 15);
      throw error(104,
                  "ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or "
                  "EXCEPT operator.");
    }
    sql += (sql.empty() ? " ORDER BY " : ", ") + order_key(output_value(columns[*index], alias)) + direction(item);
  }
  return sql;
}

std::string Binder::limit(const Query& query, const SelectCore* core, const std::string& unlimited) {
  const Scope none;
  if (core != nullptr && core->top) {
    const Top& top = *core->top;
    const Typed count = value(*top.count, none);
    if (top.percent) {
      return " LIMIT (SELECT ceil(count(*) * (" + as(count, SqlType::float_) + ") / 100.0)::int8 FROM (" + unlimited +
             ") AS " + fresh("p") + ")";
    }
    const std::string rows = as(count, SqlType::bigint);
    if (count.constant && !count.constant->null && !count.constant->bytes.empty() && count.constant->bytes[0] == '-') {
      throw error(127, "A TOP N or FETCH rowcount value may not be negative.", 15);
    }
    if (!is_numeric(count.type.type) || family(count.type.type) == Family::approximate) {
      throw error(1060,
                  "The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.", 15);
    }
    if (top.with_ties) {
      if (query.order.empty())
        throw error(1062, "The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause.", 15);
      return " FETCH FIRST (" + rows + ") ROWS WITH TIES";
    }
    return " LIMIT (" + rows + ")";
  }
  std::string sql;
  if (query.offset) sql += " OFFSET (" + as(value(*query.offset, none), SqlType::bigint) + ")";
  if (query.fetch) sql += " LIMIT (" + as(value(*query.fetch, none), SqlType::bigint) + ")";
  return sql;
}

}  // namespace tds_server::engine
