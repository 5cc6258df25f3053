#include "ast_names.hpp"

#include <algorithm>

#include "text.hpp"

namespace tds_server::engine {
namespace {

class NameCollector {
 public:
  std::vector<Name> take() { return std::move(names_); }

  void name(const Name& name) {
    if (name.empty() || name.back().empty() || name.back()[0] == '#' || name.back()[0] == '@') return;
    const bool cte = name.size() == 1 && std::any_of(ctes_.begin(), ctes_.end(), [&](const std::string& known) {
                       return equals_ignoring_case(known, name[0]);
                     });
    if (!cte) names_.push_back(name);
  }

  void expr(const ExprPtr& node) {
    if (node) expr(*node);
  }
  void expr(const Expr& node) {
    for (const ExprPtr& arg : node.args) expr(arg);
    if (node.query) query(*node.query);
    if (node.kind == ExprKind::next_value) name(node.name);
    if (node.over) {
      for (const ExprPtr& key : node.over->partition) expr(key);
      for (const OrderItem& item : node.over->order) expr(item.expr);
    }
  }

  void ctes(const std::vector<Cte>& list) {
    for (const Cte& cte : list) ctes_.push_back(cte.name);
    for (const Cte& cte : list) query(*cte.query);
  }

  void query(const Query& node) {
    ctes(node.with);
    body(*node.body);
    for (const OrderItem& item : node.order) expr(item.expr);
  }

  void body(const QueryBody& node) {
    if (!node.core) {
      body(*node.left);
      body(*node.right);
      return;
    }
    const SelectCore& core = *node.core;
    for (const SelectItem& item : core.items) expr(item.expr);
    name(core.into);
    from(core.from);
    expr(core.where);
    for (const ExprPtr& key : core.group_by) expr(key);
    expr(core.having);
  }

  void from(const std::vector<TableRefPtr>& list) {
    for (const TableRefPtr& ref : list) table(*ref);
  }

  void table(const TableRef& ref) {
    switch (ref.kind) {
      case TableKind::named: name(ref.name); break;
      case TableKind::derived: query(*ref.query); break;
      case TableKind::values:
        for (const auto& row : ref.rows) {
          for (const ExprPtr& item : row) expr(item);
        }
        break;
      case TableKind::function:
        for (const ExprPtr& arg : ref.args) expr(arg);
        break;
      case TableKind::join:
        table(*ref.left);
        table(*ref.right);
        expr(ref.on);
        break;
    }
  }

  void statement(const Statement& node) {
    std::visit([&](const auto& inner) { visit(inner); }, node.node);
  }

 private:
  void visit(const SelectStatement& node) { query(*node.query); }
  void visit(const InsertStatement& node) {
    ctes(node.with);
    name(node.table);
    if (node.query) query(*node.query);
    for (const auto& row : node.rows) {
      for (const ExprPtr& item : row) expr(item);
    }
  }
  void visit(const UpdateStatement& node) {
    ctes(node.with);
    if (node.from.empty() || node.table.size() > 1) name(node.table);  // with FROM it may be an alias
    from(node.from);
    for (const Assignment& assignment : node.set) expr(assignment.value);
    expr(node.where);
  }
  void visit(const DeleteStatement& node) {
    ctes(node.with);
    if (node.from.empty() || node.table.size() > 1) name(node.table);
    from(node.from);
    expr(node.where);
  }
  void visit(const TruncateStatement& node) { name(node.table); }
  void visit(const CreateTable& node) { name(node.name); }
  void visit(const AlterTable& node) { name(node.name); }
  void visit(const CreateIndex& node) { name(node.index.table); }
  void visit(const AlterIndex& node) { name(node.table); }
  void visit(const ExecStatement& node) { name(node.procedure); }
  void visit(const Drop& node) {
    for (const Name& dropped : node.names) {
      if (node.kind != "INDEX" && node.kind != "DATABASE" && node.kind != "SCHEMA") name(dropped);
    }
    name(node.on_table);
  }
  void visit(const SetOption& node) { name(node.table); }
  template <typename Other>
  void visit(const Other&) {}

  std::vector<Name> names_;
  std::vector<std::string> ctes_;
};

}  // namespace

std::vector<Name> named_objects(const Statement& statement) {
  NameCollector collector;
  collector.statement(statement);
  return collector.take();
}

}  // namespace tds_server::engine
