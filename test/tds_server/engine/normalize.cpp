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
  for (const std::string& part : type.name)
    out += (out.empty() ? "[" : ".[") + (type_by_name(part) ? lower(part) : part) + "]";
  if (type.args.empty()) return out;
  std::string args;
  for (const int arg : type.args)
    args += (args.empty() ? "" : ",") + (arg < 0 ? std::string("max") : std::to_string(arg));
  return out + "(" + args + ")";
}

std::string write_literal(const Expr& expr) {
  switch (expr.literal_kind) {
    case LiteralKind::string: return quoted(expr.text);
    case LiteralKind::national_string: return "N" + quoted(expr.text);
    case LiteralKind::binary: return "0x" + hex(expr.text);
    case LiteralKind::money: return "($" + expr.text + ")";
    default: return "(" + expr.text + ")";
  }
}

// How strongly the written form holds together, from OR to an operand that needs no parentheses
// anywhere.
enum Strength { disjunction, conjunction, negation, predicate, sum, product, prefix, atom };

Strength strength(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::or_: return disjunction;
    case ExprKind::and_: return conjunction;
    case ExprKind::not_: return negation;
    case ExprKind::between: return expr.negated ? negation : conjunction;
    case ExprKind::in_list: return expr.negated ? negation : expr.args.size() > 2 ? disjunction : predicate;
    case ExprKind::like: return expr.negated ? negation : predicate;
    case ExprKind::compare:
    case ExprKind::is_null: return predicate;
    case ExprKind::binary: return expr.text == "*" || expr.text == "/" || expr.text == "%" ? product : sum;
    case ExprKind::unary: return expr.args[0]->kind == ExprKind::literal && expr.text != "~" ? atom : prefix;
    default: return atom;
  }
}

std::string at_least(Strength wanted, const Expr& expr) {
  return strength(expr) < wanted ? "(" + write(expr) + ")" : write(expr);
}

std::string write_binary(const Expr& expr) {
  const Strength own = strength(expr);
  const Expr& right = *expr.args[1];
  // Two signs in a row would begin a comment.
  const Strength wanted = right.kind == ExprKind::unary ? atom : static_cast<Strength>(own + 1);
  return at_least(own, *expr.args[0]) + expr.text + at_least(wanted, right);
}

// The sign of a number goes into its parentheses: (-1).
std::string write_unary(const Expr& expr) {
  const Expr& value = *expr.args[0];
  if (value.kind == ExprKind::literal && expr.text != "~") {
    const std::string inner = write_literal(value);
    if (inner.front() == '(') return expr.text == "-" ? "(-" + inner.substr(1) : inner;
  }
  return expr.text + at_least(atom, value);
}

std::string write_cast(const Expr& expr) {
  const std::string value = write(*expr.args[0]);
  const std::string style = expr.args.size() > 1 ? "," + write(*expr.args[1]) : "";
  const bool attempt = expr.text.rfind("TRY_", 0) == 0;
  if (attempt && style.empty()) return "TRY_CAST(" + value + " AS " + write_type(expr.type) + ")";
  return (attempt ? "TRY_CONVERT(" : "CONVERT(") + write_type(expr.type) + "," + value + style + ")";
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
    case ExprKind::null_literal: return "NULL";
    case ExprKind::literal: return write_literal(expr);
    case ExprKind::column: return bracketed({expr.name.back()});
    case ExprKind::star: return "*";
    case ExprKind::variable: return expr.text;
    case ExprKind::unary: return write_unary(expr);
    case ExprKind::binary: return write_binary(expr);
    case ExprKind::compare: return write(*expr.args[0]) + expr.text + write(*expr.args[1]);
    case ExprKind::and_: return at_least(conjunction, *expr.args[0]) + " AND " + at_least(conjunction, *expr.args[1]);
    case ExprKind::or_: return write(*expr.args[0]) + " OR " + write(*expr.args[1]);
    case ExprKind::not_: return "NOT " + at_least(predicate, *expr.args[0]);
    case ExprKind::is_null: return write(*expr.args[0]) + (expr.negated ? " IS NOT NULL" : " IS NULL");
    case ExprKind::like:
      return (expr.negated ? "NOT " : "") + write(*expr.args[0]) + " like " + write(*expr.args[1]) +
             (expr.args.size() > 2 ? " escape " + write(*expr.args[2]) : "");
    case ExprKind::between: {
      const std::string value = write(*expr.args[0]);
      if (expr.negated)
        return "NOT (" + value + ">=" + write(*expr.args[1]) + " AND " + value + "<=" + write(*expr.args[2]) + ")";
      return value + ">=" + write(*expr.args[1]) + " AND " + value + "<=" + write(*expr.args[2]);
    }
    case ExprKind::in_list: {
      // SQL Server writes the list from its end: a=3 OR a=2 OR a=1.
      const std::string value = write(*expr.args[0]);
      std::string out;
      for (std::size_t i = expr.args.size() - 1; i >= 1; --i)
        out += (out.empty() ? "" : " OR ") + value + "=" + write(*expr.args[i]);
      return expr.negated ? "NOT (" + out + ")" : out;
    }
    case ExprKind::function: {
      const std::string name = expr.name.size() == 1 ? lower(expr.name[0]) : bracketed(expr.name);
      if (name == "current_timestamp") return "getdate()";
      return name + "(" + write_list(expr.args, 0) + ")";
    }
    case ExprKind::cast: return write_cast(expr);
    case ExprKind::case_: return write_case(expr);
    case ExprKind::collate: return at_least(atom, *expr.args[0]) + " collate " + expr.text;
    case ExprKind::at_time_zone:
      return at_least(atom, *expr.args[0]) + " AT TIME ZONE " + at_least(atom, *expr.args[1]);
    case ExprKind::next_value: return "NEXT VALUE FOR " + bracketed(expr.name);
    case ExprKind::method:
      return at_least(atom, *expr.args[0]) + "." + expr.text +
             (expr.is_property ? "" : "(" + write_list(expr.args, 1) + ")");
    case ExprKind::static_method:
      return bracketed(expr.name) + "::" + expr.text + (expr.is_property ? "" : "(" + write_list(expr.args, 0) + ")");
    default: return "";
  }
}

}  // namespace

std::string normalized_definition(const Expr& expr) { return "(" + write(expr) + ")"; }

}  // namespace tds_server::engine
