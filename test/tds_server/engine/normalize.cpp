#include "normalize.hpp"

#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string write(const Expr& expr);

std::string bracketed(const Name& name) {
  std::string out;
  for (const std::string& part : name) out += (out.empty() ? "" : ".") + (part.empty() ? std::string() : bracket(part));
  return out;
}

std::string write_type(const TypeName& type) {
  std::string out;
  for (const std::string& part : type.name) out += (out.empty() ? "[" : ".[") + (type_by_name(part) ? lower(part) : part) + "]";
  if (type.args.empty()) return out;
  std::string args;
  for (const int arg : type.args) args += (args.empty() ? "" : ",") + (arg < 0 ? std::string("max") : std::to_string(arg));
  return out + "(" + args + ")";
}

std::string write_literal(const Expr& expr) {
  switch (expr.literal_kind) {
    case LiteralKind::string:
      return quoted(expr.text);
    case LiteralKind::national_string:
      return "N" + quoted(expr.text);
    case LiteralKind::binary:
      return "0x" + hex(expr.text);
    case LiteralKind::money:
      return "($" + expr.text + ")";
    default:
      return "(" + expr.text + ")";
  }
}

// Whether an operand of AND needs its own parentheses.
std::string operand(const Expr& expr) {
  const bool weak = expr.kind == ExprKind::or_ || (expr.kind == ExprKind::in_list && !expr.negated && expr.args.size() > 2);
  return weak ? "(" + write(expr) + ")" : write(expr);
}

int strength(const Expr& expr) {
  if (expr.kind != ExprKind::binary) return 3;
  return expr.text == "*" || expr.text == "/" || expr.text == "%" ? 2 : 1;
}

std::string write_binary(const Expr& expr) {
  const int own = strength(expr);
  const Expr& left = *expr.args[0];
  const Expr& right = *expr.args[1];
  const std::string a = strength(left) < own ? "(" + write(left) + ")" : write(left);
  const std::string b = strength(right) <= own ? "(" + write(right) + ")" : write(right);
  return a + expr.text + b;
}

std::string write_list(const std::vector<ExprPtr>& list, std::size_t first) {
  std::string out;
  for (std::size_t i = first; i < list.size(); ++i) out += (i > first ? "," : "") + write(*list[i]);
  return out;
}

std::string write_case(const Expr& expr) {
  std::size_t i = 0;
  std::string out = "case";
  if (expr.has_operand) out += " " + write(*expr.args[i++]);
  const std::size_t end = expr.args.size() - (expr.has_else ? 1 : 0);
  for (; i < end; i += 2) out += " when " + write(*expr.args[i]) + " then " + write(*expr.args[i + 1]);
  if (expr.has_else) out += " else " + write(*expr.args.back());
  return out + " end";
}

std::string write(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::null_literal:
      return "NULL";
    case ExprKind::literal:
      return write_literal(expr);
    case ExprKind::column:
      return bracketed({expr.name.back()});
    case ExprKind::star:
      return "*";
    case ExprKind::variable:
      return expr.text;
    case ExprKind::unary:
      if (expr.args[0]->kind == ExprKind::literal) {
        const std::string inner = write_literal(*expr.args[0]);
        if (inner.front() == '(') return expr.text == "-" ? "(-" + inner.substr(1) : inner;
      }
      return expr.text + write(*expr.args[0]);
    case ExprKind::binary:
      return write_binary(expr);
    case ExprKind::compare:
      return write(*expr.args[0]) + expr.text + write(*expr.args[1]);
    case ExprKind::and_:
      return operand(*expr.args[0]) + " AND " + operand(*expr.args[1]);
    case ExprKind::or_:
      return write(*expr.args[0]) + " OR " + write(*expr.args[1]);
    case ExprKind::not_:
      return "NOT " + operand(*expr.args[0]);
    case ExprKind::is_null:
      return write(*expr.args[0]) + (expr.negated ? " IS NOT NULL" : " IS NULL");
    case ExprKind::like:
      return (expr.negated ? "NOT " : "") + write(*expr.args[0]) + " like " + write(*expr.args[1]) +
             (expr.args.size() > 2 ? " escape " + write(*expr.args[2]) : "");
    case ExprKind::between: {
      const std::string value = write(*expr.args[0]);
      if (expr.negated) return "NOT (" + value + ">=" + write(*expr.args[1]) + " AND " + value + "<=" + write(*expr.args[2]) + ")";
      return value + ">=" + write(*expr.args[1]) + " AND " + value + "<=" + write(*expr.args[2]);
    }
    case ExprKind::in_list: {
      // SQL Server writes the list from its end: a=3 OR a=2 OR a=1.
      const std::string value = write(*expr.args[0]);
      std::string out;
      for (std::size_t i = expr.args.size() - 1; i >= 1; --i) out += (out.empty() ? "" : " OR ") + value + "=" + write(*expr.args[i]);
      return expr.negated ? "NOT (" + out + ")" : out;
    }
    case ExprKind::function: {
      const std::string name = expr.name.size() == 1 ? lower(expr.name[0]) : bracketed(expr.name);
      if (name == "current_timestamp") return "getdate()";
      return name + "(" + write_list(expr.args, 0) + ")";
    }
    case ExprKind::cast: {
      const std::string style = expr.args.size() > 1 ? "," + write(*expr.args[1]) : "";
      return (expr.text.rfind("TRY_", 0) == 0 ? "TRY_CAST(" : "CONVERT(") + write_type(expr.type) + "," + write(*expr.args[0]) + style +
             ")";
    }
    case ExprKind::case_:
      return write_case(expr);
    case ExprKind::collate:
      return write(*expr.args[0]) + " collate " + expr.text;
    case ExprKind::next_value:
      return "NEXT VALUE FOR " + bracketed(expr.name);
    case ExprKind::method:
      return write(*expr.args[0]) + "." + expr.text + (expr.is_property ? "" : "(" + write_list(expr.args, 1) + ")");
    case ExprKind::static_method:
      return bracketed(expr.name) + "::" + expr.text + (expr.is_property ? "" : "(" + write_list(expr.args, 0) + ")");
    default:
      return "";
  }
}

}  // namespace

std::string normalized_definition(const Expr& expr) {
  return "(" + write(expr) + ")";
}

}  // namespace tds_server::engine
