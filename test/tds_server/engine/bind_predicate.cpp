// Conditions: comparisons, LIKE, IN, BETWEEN, EXISTS and their combinations.
#include "binder.hpp"
#include "errors.hpp"
#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {

std::string Binder::condition(const Expr& expr, const Scope& scope) {
  switch (expr.kind) {
    case ExprKind::and_:
    case ExprKind::or_: {
      // Chains lean to the left: unroll them, so that thousands of terms do not recurse.
      const std::string_view word = expr.kind == ExprKind::and_ ? " AND " : " OR ";
      std::vector<const Expr*> terms;
      const Expr* node = &expr;
      while (node->kind == expr.kind) {
        terms.push_back(node->args[1].get());
        node = node->args[0].get();
      }
      std::string sql = "(" + condition(*node, scope);
      for (auto term = terms.rbegin(); term != terms.rend(); ++term)
        sql += std::string(word) + condition(**term, scope);
      return sql + ")";
    }
    case ExprKind::not_: return "(NOT " + condition(*expr.args[0], scope) + ")";
    case ExprKind::compare: return compare(expr.text, value(*expr.args[0], scope), value(*expr.args[1], scope));
    case ExprKind::is_null: {
      const Typed operand = value(*expr.args[0], scope);
      // IS NULL of a composite looks into its fields; num_nulls does not.
      const bool composite = operand.type.type == SqlType::datetimeoffset || operand.type.type == SqlType::sql_variant;
      const std::string sql = operand.null_literal ? "NULL::int4" : output(operand);
      if (composite) return "(num_nulls(" + sql + ") = " + (expr.negated ? "0" : "1") + ")";
      return "(" + sql + (expr.negated ? " IS NOT NULL)" : " IS NULL)");
    }
    case ExprKind::between: {
      const Typed operand = value(*expr.args[0], scope);
      const std::string sql = "(" + compare(">=", operand, value(*expr.args[1], scope)) + " AND " +
                              compare("<=", operand, value(*expr.args[2], scope)) + ")";
      return expr.negated ? "(NOT " + sql + ")" : sql;
    }
    case ExprKind::like: return like(expr, scope);
    case ExprKind::in_list: return in_list(expr, scope);
    case ExprKind::in_query: return in_query(expr, scope);
    case ExprKind::quantified: return quantified(expr, scope);
    case ExprKind::exists: {
      const BoundQuery bound = query(*expr.query, &scope);
      return "EXISTS (" + bound.sql + ")";
    }
    default: {
      EngineError failure =
          error(4145,
                "An expression of non-boolean type specified in a context where a condition is expected, near '" +
                    (expr.text.empty() && !expr.name.empty() ? expr.name.back() : expr.text) + "'.",
                15);
      failure.message.line = expr.line;
      throw failure;
    }
  }
}

// The collation two strings are compared under, by the rules of collation precedence.
std::string Binder::comparison_collation(const Typed& a, const Typed& b) {
  const std::string x = collation_of(a), y = collation_of(b);
  if (x == y) return x;
  const auto rank = [](const Typed& value) { return value.explicit_collation ? 2 : value.column ? 1 : 0; };
  if (rank(a) != rank(b)) return rank(a) > rank(b) ? x : y;
  if (rank(a) == 0) return x == catalog_.collation() ? y : x;
  throw error(
      468, "Cannot resolve the collation conflict between \"" + x + "\" and \"" + y + "\" in the equal to operation.",
      16, 9);
}

// The value in a form that PostgreSQL compares as SQL Server would values of type `as`.
std::string Binder::comparable(const Typed& value, const TypeInfo& as, std::string_view collation) {
  if (is_numeric(value.type.type) && is_numeric(as.type)) {
    return value.column ? value.sql
                        : output(value);  // PostgreSQL compares mixed numbers by itself, and an index stays usable
  }
  const Typed converted = convert(value, as, Conversion::implicit);
  switch (family(as.type)) {
    case Family::character: {
      if (converted.column && collation_of(converted) == collation) return converted.sql;
      return "((" + output(converted) + ") COLLATE " + pg_collation(collation) + ")";
    }
    case Family::date:
      if (as.type == SqlType::datetimeoffset) return "(" + output(converted) + ").utc";
      return output(converted);
    case Family::binary:  // the shorter of two is as if filled up with zeros
      return as.type == SqlType::varbinary ? "rtrim(" + output(converted) + ", '\\x00'::bytea)" : output(converted);
    default: return output(converted);
  }
}

std::string Binder::order_key(const Typed& value) {
  if (value.null_literal) return "NULL::int4";
  switch (family(value.type.type)) {
    case Family::character:
      if (value.column) return value.sql;
      return "((" + output(value) + ") COLLATE " + pg_collation(collation_of(value)) + ")";
    case Family::guid: return "tds.guid_key(" + output(value) + ")";
    case Family::date:
      return value.type.type == SqlType::datetimeoffset ? "(" + output(value) + ").utc" : output(value);
    case Family::variant: return "tds.variant_key(" + output(value) + ")";
    default: return output(value);
  }
}

std::string Binder::compare(const std::string& op, const Typed& a, const Typed& b) {
  if (a.null_literal && b.null_literal) return "NULL::bool";
  TypeInfo type = a.null_literal ? b.type : b.null_literal ? a.type : common_type(a.type, b.type);
  for (const Typed* side : {&a, &b}) {
    if (is_lob(side->type.type) && !side->null_literal) {
      throw error(402, "The data types " + std::string(type_name(a.type.type)) + " and " +
                           std::string(type_name(b.type.type)) + " are incompatible in the " +
                           (op == "="    ? "equal to"
                            : op == "<>" ? "not equal to"
                            : op == "<"  ? "less than"
                            : op == ">"  ? "greater than"
                                         : op) +
                           " operator.");
    }
  }
  if (type.type == SqlType::xml || type.type == SqlType::geometry || type.type == SqlType::geography) {
    throw error(305, "The " + std::string(type_name(type.type)) +
                         " data type cannot be compared or sorted, except when using the IS NULL operator.");
  }
  // A string beside a character column keeps the column whole: its length says nothing for a
  // comparison.
  if (is_character(type.type))
    type =
        make_character(is_unicode(a.type.type) || is_unicode(b.type.type) ? SqlType::nvarchar : SqlType::varchar, -1);
  const std::string collation = is_character(type.type) ? comparison_collation(a, b) : "";
  const auto side = [&](const Typed& value) {
    if (value.null_literal) return "NULL::" + std::string(pg_type(type.type));
    std::string sql = comparable(value, type, collation);
    if (family(type.type) == Family::guid && op != "=" && op != "<>") sql = "tds.guid_key(" + sql + ")";
    if (family(type.type) == Family::variant) sql = "tds.variant_key(" + sql + ")";
    return sql;
  };
  if (a.null_literal && type.type == SqlType::datetimeoffset) return "NULL::bool";
  if (b.null_literal && type.type == SqlType::datetimeoffset) return "NULL::bool";
  return "(" + side(a) + " " + op + " " + side(b) + ")";
}

std::string Binder::in_list(const Expr& expr, const Scope& scope) {
  const Typed left = value(*expr.args[0], scope);
  std::vector<Typed> items{left};
  for (std::size_t i = 1; i < expr.args.size(); ++i) items.push_back(value(*expr.args[i], scope));
  TypeInfo type = common(items);
  std::string collation;
  if (is_character(type.type)) {
    collation = collation_of(left);
    for (std::size_t i = 1; i < items.size(); ++i) {
      if (is_character(items[i].type.type)) collation = comparison_collation(left, items[i]);
    }
    type = make_character(type.type == SqlType::nvarchar || type.type == SqlType::nchar || is_unicode(left.type.type)
                              ? SqlType::nvarchar
                              : SqlType::varchar,
                          -1);
  }
  const auto side = [&](const Typed& item) {
    if (item.null_literal)
      return "NULL::" + std::string(type.type == SqlType::datetimeoffset ? "int8" : pg_type(type.type));
    const std::string sql = comparable(item, type, collation);
    return family(type.type) == Family::variant ? "tds.variant_key(" + sql + ")" : sql;
  };
  std::string sql = "(" + side(left) + (expr.negated ? " NOT IN (" : " IN (");
  for (std::size_t i = 1; i < items.size(); ++i) sql += (i > 1 ? ", " : "") + side(items[i]);
  return sql + "))";
}

std::string Binder::in_query(const Expr& expr, const Scope& scope) {
  const Typed left = value(*expr.args[0], scope);
  const BoundQuery bound = query(*expr.query, &scope);
  if (bound.columns.size() != 1) {
    throw error(
        116,
        "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.");
  }
  Typed right = make("s." + bound.columns[0].pg, bound.columns[0].type);
  right.column = true;
  const TypeInfo type = left.null_literal ? right.type : common_type(left.type, right.type);
  const std::string collation = is_character(type.type) ? comparison_collation(left, right) : "";
  return "(" + comparable(left, type, collation) + (expr.negated ? " NOT IN (" : " IN (") + "SELECT " +
         comparable(right, type, collation) + " FROM (" + bound.sql + ") AS s))";
}

std::string Binder::quantified(const Expr& expr, const Scope& scope) {
  const Typed left = value(*expr.args[0], scope);
  const BoundQuery bound = query(*expr.query, &scope);
  Typed right = make("s." + bound.columns.at(0).pg, bound.columns.at(0).type);
  right.column = true;
  const TypeInfo type = common_type(left.type, right.type);
  const std::string collation = is_character(type.type) ? comparison_collation(left, right) : "";
  return "(" + comparable(left, type, collation) + " " + expr.text + (expr.all ? " ALL (" : " ANY (") + "SELECT " +
         comparable(right, type, collation) + " FROM (" + bound.sql + ") AS s))";
}

namespace {

// T-SQL's wildcards as PostgreSQL's LIKE pattern with escape '\'. Nothing when the pattern holds a
// [set].
std::optional<std::string> simple_pattern(std::string_view pattern, char escape) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (escape != '\0' && c == escape && i + 1 < pattern.size()) {
      out += '\\';
      out += pattern[++i];
    } else if (c == '[') {
      return std::nullopt;
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string Binder::like(const Expr& expr, const Scope& scope) {
  const Typed left = value(*expr.args[0], scope);
  const Typed pattern = value(*expr.args[1], scope);
  std::string escape;
  if (expr.args.size() > 2) {
    const Typed mark = value(*expr.args[2], scope);
    if (!mark.constant || mark.constant->null || utf16_length(mark.constant->bytes) != 1) {
      throw error(506, "The invalid escape character \"" + (mark.constant ? mark.constant->bytes : std::string()) +
                           "\" was specified in a LIKE predicate.");
    }
    escape = mark.constant->bytes;
  }
  const bool sensitive = is_case_sensitive(is_character(left.type.type) && is_character(pattern.type.type)
                                               ? comparison_collation(left, pattern)
                                               : collation_of(left));
  const std::string subject = text(left);
  std::string sql;
  const bool ascii_escape = escape.empty() || escape.size() == 1;
  std::optional<std::string> simple;
  if (pattern.constant && !pattern.constant->null && ascii_escape)
    simple = simple_pattern(pattern.constant->bytes, escape.empty() ? '\0' : escape[0]);
  if (simple) {
    const std::string quoted = pg_literal(to_stored_text(*simple));
    sql = sensitive ? "(" + subject + " LIKE " + quoted + ")"
                    : "((" + subject + ") COLLATE tds.letters ILIKE " + quoted + ")";
  } else {
    sql = "tds.is_like(" + subject + ", " + text(pattern) + ", " + pg_literal(escape) + ", " +
          (sensitive ? "true" : "false") + ")";
  }
  return expr.negated ? "(NOT " + sql + ")" : sql;
}

}  // namespace tds_server::engine
