// Value expressions: names, literals, operators, CASE, CAST, subqueries.
#include <algorithm>

#include "binder.hpp"
#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server::engine {

Typed Binder::make(std::string sql, TypeInfo type, bool nullable) const {
  Typed value;
  value.sql = std::move(sql);
  value.type = std::move(type);
  value.nullable = nullable;
  if (is_character(value.type.type) && value.type.collation.empty()) value.type.collation = catalog_.collation();
  return value;
}

Typed Binder::make_text(std::string sql, TypeInfo type, bool nullable) const {
  Typed value = make(std::move(sql), std::move(type), nullable);
  value.text_form = true;
  return value;
}

Typed Binder::nvarchar(std::string sql, int units, bool nullable) const {
  return make_text(std::move(sql), make_character(SqlType::nvarchar, units), nullable);
}

Typed Binder::varchar(std::string sql, int units, bool nullable) const {
  return make_text(std::move(sql), make_character(SqlType::varchar, units), nullable);
}

Typed Binder::literal(const TypeInfo& type, Value constant) const {
  Typed value = make(sql_literal(type, constant), type, constant.null);
  value.constant = std::move(constant);
  return value;
}

TypeInfo Binder::character_type(const TypeInfo& like, int units) const {
  TypeInfo type = make_character(is_unicode(like.type) ? SqlType::nvarchar : SqlType::varchar, units);
  type.collation = like.collation.empty() ? catalog_.collation() : like.collation;
  return type;
}

TypeInfo Binder::common(const std::vector<Typed>& values) const {
  const Typed* first = nullptr;
  TypeInfo type = make_type(SqlType::int_);
  for (const Typed& value : values) {
    if (value.null_literal) continue;
    type = first == nullptr ? value.type : common_type(type, value.type);
    first = &value;
  }
  return type;
}

std::string Binder::collation_of(const Typed& value) const {
  return value.type.collation.empty() ? catalog_.collation() : value.type.collation;
}

// PostgreSQL text under collation "C": what string functions work on.
std::string Binder::text(const Typed& value) {
  if (!is_character(value.type.type) && value.type.type != SqlType::xml) return character_sql(value, -1);
  if (value.constant) return sql_literal(value.type, *value.constant, true);
  if (value.null_literal) return "NULL::text";
  if (value.text_form) return value.sql;
  return "(tds.raw(" + value.sql + ", -1, true) COLLATE \"C\")";
}

std::string Binder::as_text(const Typed& value) { return text(value); }

// The value as the select list gives it: of exactly the PostgreSQL type that stores its type.
std::string Binder::output(const Typed& value) {
  if (value.column) return value.sql;
  if (value.constant) return sql_literal(value.type, *value.constant);
  return "(" + value.sql + ")::" + std::string(pg_type(value.type.type));
}

std::string Binder::as(const Typed& value, SqlType type) {
  TypeInfo to = make_type(type);
  if (type == SqlType::decimal) to = make_decimal(38, 10);
  return output(convert(value, to, Conversion::implicit));
}

Typed Binder::value(const Expr& expr, const Scope& scope) {
  if (++depth_ > 1000)
    throw error(
        191,
        "Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.",
        15);
  struct Leave {
    ~Leave() { --depth; }
    int& depth;
  } leave{depth_};
  switch (expr.kind) {
    case ExprKind::null_literal: {
      Typed null = make("NULL", make_type(SqlType::int_));
      null.null_literal = true;
      return null;
    }
    case ExprKind::literal: return literal_expr(expr);
    case ExprKind::column: return column(expr, scope);
    case ExprKind::variable: return variable(expr);
    case ExprKind::unary: return unary(expr, scope);
    case ExprKind::binary: return binary(expr, scope);
    case ExprKind::function: return function(expr, scope);
    case ExprKind::cast: return cast(expr, scope);
    case ExprKind::case_: return case_expr(expr, scope);
    case ExprKind::collate: return collate(expr, scope);
    case ExprKind::subquery: return subquery(expr, scope);
    case ExprKind::next_value: return next_value(expr);
    case ExprKind::at_time_zone: return at_time_zone(expr, scope);
    case ExprKind::static_method: return static_method(expr, scope);
    case ExprKind::method: {
      std::vector<Typed> args;
      for (std::size_t i = 1; i < expr.args.size(); ++i) args.push_back(value(*expr.args[i], scope));
      return method(expr.text, value(*expr.args[0], scope), args, expr.is_property);
    }
    case ExprKind::star: {
      EngineError failure = syntax_error("*", expr.line);
      throw failure;
    }
    case ExprKind::default_value: throw keyword_error("DEFAULT", expr.line);
    case ExprKind::exists:
    case ExprKind::in_list:
    case ExprKind::in_query:
    case ExprKind::compare:
    case ExprKind::quantified:
    case ExprKind::and_:
    case ExprKind::or_:
    case ExprKind::not_:
    case ExprKind::is_null:
    case ExprKind::like:
    case ExprKind::between: break;
  }
  // A condition where a value must stand.
  switch (expr.kind) {
    case ExprKind::compare: throw syntax_error(expr.text, expr.line);
    case ExprKind::is_null: throw keyword_error("IS", expr.line);
    case ExprKind::like: throw keyword_error("LIKE", expr.line);
    case ExprKind::between: throw keyword_error("BETWEEN", expr.line);
    case ExprKind::exists: throw keyword_error("EXISTS", expr.line);
    case ExprKind::not_: throw keyword_error("NOT", expr.line);
    case ExprKind::and_: throw keyword_error("AND", expr.line);
    case ExprKind::or_: throw keyword_error("OR", expr.line);
    default: throw keyword_error("IN", expr.line);
  }
}

// ---- names

Typed Binder::source_column(const Source& source, std::size_t index) {
  if (source.columns[index].internal)
    throw error(13908, "Cannot access internal graph column '" + source.columns[index].name + "'.");
  return source.columns[index].value;
}

Typed Binder::column(const Expr& expr, const Scope& scope) {
  const Name& name = expr.name;
  const std::string& column_name = name.back();
  bool qualifier_found = false;
  for (const Scope* level = &scope; level != nullptr; level = level->parent) {
    const Source* owner = nullptr;
    std::size_t position = 0;
    bool exact = false;
    for (const Source& source : level->sources) {
      if (name.size() >= 2) {
        if (!catalog_.same(source.name, name[name.size() - 2])) continue;
        if (name.size() >= 3 && !name[name.size() - 3].empty() && !catalog_.same(source.schema, name[name.size() - 3]))
          continue;
        qualifier_found = true;
      }
      for (std::size_t i = 0; i < source.columns.size(); ++i) {
        const bool same = source.columns[i].name == column_name;
        const bool system = source.table && source.table->system;
        if (!same && !(system ? equals_ignoring_case(source.columns[i].name, column_name)
                              : catalog_.same(source.columns[i].name, column_name)))
          continue;
        if (owner != nullptr && owner != &source) throw ambiguous_column(column_name);
        if (owner == nullptr || (same && !exact)) {
          owner = &source;
          position = i;
          exact = same;
        }
      }
    }
    if (owner != nullptr) return source_column(*owner, position);
    if (qualifier_found) break;
  }
  if (name.size() >= 2 && !qualifier_found) {
    if (const auto owner = method_owner(expr, scope)) return method(column_name, *owner, {}, true);
    throw unbound_identifier(display_name(name));
  }
  // $ROWGUID and the like are left out; a double-quoted string under QUOTED_IDENTIFIER ON ends here
  // too, as in SQL Server.
  throw invalid_column(column_name);
}

// g.STSrid and g.STAsText() are parsed as a column or a function of the table g: the column g, when
// it has methods.
std::optional<Typed> Binder::method_owner(const Expr& expr, const Scope& scope) {
  Expr owner;
  owner.kind = ExprKind::column;
  owner.line = expr.line;
  owner.name.assign(expr.name.begin(), expr.name.end() - 1);
  try {
    Typed object = column(owner, scope);
    if (family(object.type.type) == Family::clr || object.type.type == SqlType::xml) return object;
  } catch (const EngineError&) {
    // Not a column.
  }
  return std::nullopt;
}

Typed Binder::variable(const Expr& expr) {
  if (expr.text.rfind("@@", 0) == 0) {
    if (auto global = environment_.global(lower(expr.text))) return *global;
    throw undeclared_variable(expr.text);
  }
  const Variable* variable = environment_.variable(expr.text);
  if (variable == nullptr) {
    EngineError failure = undeclared_variable(expr.text);
    failure.message.line = expr.line;
    throw failure;
  }
  Typed value = literal(variable->type, variable->value);
  value.nullable = true;
  return value;
}

// ---- literals

Typed Binder::literal_expr(const Expr& expr) {
  const std::string& digits = expr.text;
  switch (expr.literal_kind) {
    case LiteralKind::integer: {
      const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
      const std::string number = digits.substr(first);
      if (number.size() < 10 || (number.size() == 10 && number <= "2147483647"))
        return literal(make_type(SqlType::int_), make_value(number));
      if (number.size() > 38)
        throw error(
            1007, "The number '" + number + "' is out of the range for numeric representation (maximum precision 38).",
            15);
      return literal(make_decimal(static_cast<int>(number.size()), 0, SqlType::numeric), make_value(number));
    }
    case LiteralKind::decimal: {
      const std::size_t point = digits.find('.');
      std::string integral = digits.substr(0, point), fraction = digits.substr(point + 1);
      integral.erase(0, std::min(integral.find_first_not_of('0'), integral.size()));
      const int precision = std::max<int>(1, static_cast<int>(integral.size() + fraction.size()));
      if (precision > 38)
        throw error(
            1007, "The number '" + digits + "' is out of the range for numeric representation (maximum precision 38).",
            15);
      const std::string canonical = (integral.empty() ? "0" : integral) + (fraction.empty() ? "" : "." + fraction);
      return literal(make_decimal(precision, static_cast<int>(fraction.size()), SqlType::numeric),
                     make_value(canonical));
    }
    case LiteralKind::floating:
      return literal(make_type(SqlType::float_),
                     convert_value(make_value(digits), make_decimal(38, 0), make_type(SqlType::float_)));
    case LiteralKind::money:
      return literal(make_type(SqlType::money),
                     make_value(round_decimal(digits.empty() ? "0" : digits, 19, 4, "money")));
    case LiteralKind::string: {
      // The text of a batch is Unicode, a string without N is in the database's code page.
      std::string characters = code_page(catalog_.collation()) == 1252 ? to_windows_1252(digits) : digits;
      const auto units = static_cast<int>(utf16_length(characters));
      return literal(character_type(make_type(SqlType::varchar), units > 8000 ? -1 : units),
                     make_value(std::move(characters)));
    }
    case LiteralKind::national_string: {
      const auto units = static_cast<int>(utf16_length(digits));
      return literal(character_type(make_type(SqlType::nvarchar), units > 4000 ? -1 : units), make_value(digits));
    }
    case LiteralKind::binary:
      return literal(make_binary(SqlType::varbinary, digits.size() > 8000 ? -1 : static_cast<int>(digits.size())),
                     make_value(digits));
  }
  return {};
}

// ---- operators

Typed Binder::unary(const Expr& expr, const Scope& scope) {
  Typed operand = value(*expr.args[0], scope);
  if (expr.text == "+") return operand;
  if (operand.null_literal) return operand;
  if (is_character(operand.type.type)) operand = convert(operand, make_type(SqlType::int_), Conversion::implicit);
  if (!is_numeric(operand.type.type)) {
    throw error(8117, "Operand data type " + std::string(type_name(operand.type.type)) + " is invalid for " +
                          (expr.text == "-" ? "minus" : "'~'") + " operator.");
  }
  if (expr.text == "~") {
    if (operand.type.type == SqlType::bit)
      return make("(1 - (" + operand.sql + "))::int2", operand.type, operand.nullable);
    if (operand.type.type == SqlType::tinyint)
      return make("(255 - (" + operand.sql + "))::int2", operand.type, operand.nullable);
    return make("(~ (" + operand.sql + "))", operand.type, operand.nullable);
  }
  if (operand.constant && !operand.constant->null) {
    std::string digits = operand.constant->bytes;
    if (digits[0] == '-') {
      digits.erase(0, 1);
    } else if (digits.find_first_not_of("0.") != std::string::npos) {
      digits.insert(digits.begin(), '-');
    }
    return literal(operand.type, make_value(digits));
  }
  return make("(- (" + operand.sql + "))", operand.type, operand.nullable);
}

Typed Binder::binary(const Expr& expr, const Scope& scope) {
  // A long chain of one operator is a deep tree on the left: walk it without recursion.
  std::vector<const Expr*> chain;
  const Expr* node = &expr;
  while (node->kind == ExprKind::binary) {
    chain.push_back(node);
    node = node->args[0].get();
  }
  Typed left = value(*node, scope);
  for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
    const Typed right = value(*(*link)->args[1], scope);
    left = arithmetic((*link)->text[0], left, right);
  }
  return left;
}

Typed Binder::add_strings(const Typed& a, const Typed& b) {
  const Typed left =
      is_character(a.type.type) ? a : convert(a, character_type(b.type, length_in_units(b.type)), Conversion::implicit);
  const Typed right =
      is_character(b.type.type) ? b : convert(b, character_type(a.type, length_in_units(a.type)), Conversion::implicit);
  const bool unicode = is_unicode(left.type.type) || is_unicode(right.type.type);
  const int limit = unicode ? 4000 : 8000;
  const int x = length_in_units(left.type), y = length_in_units(right.type);
  const bool max = x < 0 || y < 0;
  TypeInfo type = make_character(unicode ? SqlType::nvarchar : SqlType::varchar, max ? -1 : std::min(x + y, limit));
  type.collation = comparison_collation(left, right);
  std::string sql = "(" + text(left) + " || " + text(right) + ")";
  if (!max && x + y > limit) sql = "tds.cut(" + sql + ", " + std::to_string(limit) + ")";
  if (left.constant && right.constant && !max && !left.constant->null && !right.constant->null && x + y <= limit) {
    return literal(type, make_value(left.constant->bytes + right.constant->bytes));
  }
  Typed result = make_text(sql, type, left.nullable || right.nullable);
  return result;
}

// datetime + days, and datetime - datetime, which SQL Server allows for the old types only.
Typed Binder::add_dates(char op, const Typed& a, const Typed& b) {
  const TypeInfo datetime = make_type(SqlType::datetime);
  for (const Typed* side : {&a, &b}) {
    if (family(side->type.type) == Family::date && side->type.type != SqlType::datetime &&
        side->type.type != SqlType::smalldatetime) {
      throw error(206,
                  "Operand type clash: " + std::string(type_name(a.type.type)) + " is incompatible with " +
                      std::string(type_name(b.type.type)),
                  16, 2);
    }
  }
  const bool small = a.type.type != SqlType::datetime && b.type.type != SqlType::datetime;
  const std::string left = output(convert(a, datetime, Conversion::implicit));
  const std::string right = output(convert(b, datetime, Conversion::implicit));
  const std::string epoch = "599266080000000000";  // 1900-01-01
  const std::string sql =
      op == '+' ? "(" + left + " + " + right + " - " + epoch + ")" : "(" + left + " - " + right + " + " + epoch + ")";
  const Typed sum = make("tds.in_datetime(tds.datetime_grid(" + sql + "))", datetime, a.nullable || b.nullable);
  return small ? convert(sum, make_type(SqlType::smalldatetime), Conversion::implicit) : sum;
}

Typed Binder::arithmetic(char op, const Typed& a, const Typed& b) {
  Typed left = a, right = b;
  if (left.null_literal && !right.null_literal)
    left = make("NULL::" + std::string(pg_type(right.type.type)), right.type);
  if (right.null_literal && !left.null_literal)
    right = make("NULL::" + std::string(pg_type(left.type.type)), left.type);
  const Family fa = family(left.type.type), fb = family(right.type.type);
  if (op == '+' && (fa == Family::character || fb == Family::character) &&
      (fa == Family::character || fa == Family::binary || fa == Family::guid || fa == Family::xml) &&
      (fb == Family::character || fb == Family::binary || fb == Family::guid || fb == Family::xml)) {
    if (fa == Family::guid || fb == Family::guid || fa == Family::xml || fb == Family::xml || fa == Family::binary ||
        fb == Family::binary) {
      throw error(402, "The data types " + std::string(type_name(left.type.type)) + " and " +
                           std::string(type_name(right.type.type)) + " are incompatible in the add operator.");
    }
    return add_strings(left, right);
  }
  if (op == '+' && fa == Family::binary && fb == Family::binary) {
    const bool max = left.type.max_length < 0 || right.type.max_length < 0;
    return make(
        "(" + left.sql + " || " + right.sql + ")",
        make_binary(SqlType::varbinary, max ? -1 : std::min(8000, left.type.max_length + right.type.max_length)),
        left.nullable || right.nullable);
  }
  if ((op == '+' || op == '-') && (fa == Family::date || fb == Family::date)) return add_dates(op, left, right);
  // A string beside a number becomes that number's type; two strings have no other operator.
  if (fa == Family::character && is_numeric(right.type.type)) left = convert(left, right.type, Conversion::implicit);
  if (fb == Family::character && is_numeric(left.type.type)) right = convert(right, left.type, Conversion::implicit);
  const bool bits = op == '&' || op == '|' || op == '^';
  if (fa == Family::binary && family(right.type.type) == Family::integer)
    left = convert(left, right.type, Conversion::implicit);
  if (fb == Family::binary && family(left.type.type) == Family::integer)
    right = convert(right, left.type, Conversion::implicit);
  if (!is_numeric(left.type.type) || !is_numeric(right.type.type)) {
    const std::string word = op == '+'   ? "add"
                             : op == '-' ? "subtract"
                             : op == '*' ? "multiply"
                             : op == '/' ? "divide"
                             : op == '%' ? "modulo"
                                         : std::string("'") + op + "'";
    if (family(left.type.type) == Family::character && family(right.type.type) == Family::character) {
      throw error(8117, "Operand data type " + std::string(type_name(left.type.type)) + " is invalid for " + word +
                            " operator.");
    }
    throw error(402, "The data types " + std::string(type_name(left.type.type)) + " and " +
                         std::string(type_name(right.type.type)) + " are incompatible in the " + word + " operator.");
  }
  const bool nullable = left.nullable || right.nullable;
  if (bits) {
    if (family(left.type.type) != Family::integer || family(right.type.type) != Family::integer) {
      throw error(402, "The data types " + std::string(type_name(left.type.type)) + " and " +
                           std::string(type_name(right.type.type)) + " are incompatible in the '" + op + "' operator.");
    }
    const TypeInfo type = precedence(left.type.type) >= precedence(right.type.type) ? left.type : right.type;
    const std::string pg = std::string(pg_type(type.type));
    return make("((" + left.sql + ")::" + pg + " " + (op == '^' ? "#" : std::string(1, op)) + " (" + right.sql +
                    ")::" + pg + ")",
                type, nullable);
  }
  // A whole number written beside a decimal counts with its own digits, not with int's ten.
  const auto narrowed = [](const Typed& side, const Typed& other) {
    const bool decimal = other.type.type == SqlType::decimal || other.type.type == SqlType::numeric;
    if (!decimal || family(side.type.type) != Family::integer || !side.constant || side.constant->null)
      return side.type;
    const std::size_t digits = side.constant->bytes.size() - (side.constant->bytes[0] == '-' ? 1 : 0);
    return make_decimal(static_cast<int>(digits), 0, SqlType::numeric);
  };
  const TypeInfo type = arithmetic_type(op, narrowed(left, right), narrowed(right, left));
  const std::string pg = std::string(pg_type(type.type));
  const std::string x = "(" + left.sql + ")::" + pg, y = "(" + right.sql + ")::" + pg;
  if (family(type.type) == Family::exact) {
    const std::string scale = std::to_string(type.scale);
    const int exact_scale = op == '*' ? as_decimal(left.type).scale + as_decimal(right.type).scale
                                      : std::max(as_decimal(left.type).scale, as_decimal(right.type).scale);
    std::string sql = "(" + x + " " + op + " " + y + ")";
    // PostgreSQL keeps as many places as the dividend shows: give it those that SQL Server would.
    if (op == '/') {
      sql = "trunc(round(" + x + ", " + std::to_string(std::max<int>(type.scale, exact_scale)) + ") / " + y + ", " +
            scale + ")";
    } else if (exact_scale != type.scale) {
      sql = "round(" + sql + ", " + scale + ")";
    }
    if (type.type == SqlType::money || type.type == SqlType::smallmoney)
      sql = "tds.to_" + std::string(type_name(type.type)) + "(" + sql + ")";
    return make(sql, type, nullable);
  }
  if (family(type.type) == Family::approximate && op == '%') {
    throw error(402, "The data types " + std::string(type_name(left.type.type)) + " and " +
                         std::string(type_name(right.type.type)) + " are incompatible in the modulo operator.");
  }
  std::string sql = "(" + x + " " + op + " " + y + ")";
  if (type.type == SqlType::tinyint)
    sql = "tds.to_tinyint((" + left.sql + ")::int8 " + op + " (" + right.sql + ")::int8)";
  return make(sql, type, nullable);
}

// ---- CASE, CAST, COLLATE, subqueries

Typed Binder::case_expr(const Expr& expr, const Scope& scope) {
  std::size_t at = 0;
  Typed operand;
  if (expr.has_operand) operand = value(*expr.args[at++], scope);
  const std::size_t end = expr.args.size() - (expr.has_else ? 1 : 0);
  std::vector<std::string> conditions;
  std::vector<Typed> results;
  for (; at < end; at += 2) {
    conditions.push_back(expr.has_operand ? compare("=", operand, value(*expr.args[at], scope))
                                          : condition(*expr.args[at], scope));
    results.push_back(value(*expr.args[at + 1], scope));
  }
  if (expr.has_else) results.push_back(value(*expr.args.back(), scope));
  bool all_null = true, nullable = !expr.has_else;
  for (const Typed& result : results) {
    all_null = all_null && result.null_literal;
    nullable = nullable || result.nullable;
  }
  if (all_null)
    throw error(8133,
                "At least one of the result expressions in a CASE specification must be an expression other than the "
                "NULL constant.");
  const TypeInfo type = common(results);
  std::string sql = "CASE";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Typed converted = convert(results[i], type, Conversion::implicit);
    const std::string branch = is_character(type.type) ? text(converted) : output(converted);
    sql += i < conditions.size() ? " WHEN " + conditions[i] + " THEN " + branch : " ELSE " + branch;
  }
  sql += " END";
  return is_character(type.type) ? make_text("(" + sql + ")", type, nullable) : make("(" + sql + ")", type, nullable);
}

Typed Binder::cast(const Expr& expr, const Scope& scope) {
  const TypeInfo to = catalog_.type(expr.type, nullptr, nullptr, true);
  const Typed operand = value(*expr.args[0], scope);
  int style = -1;
  if (expr.args.size() > 1 && expr.text.find("CONVERT") != std::string::npos) {
    const Typed number = value(*expr.args[1], scope);
    if (!number.constant || number.constant->null) throw not_supported("a style that is not a constant");
    style = std::atoi(number.constant->bytes.c_str());
  }
  const Conversion mode = expr.text.rfind("TRY_", 0) == 0 ? Conversion::attempt : Conversion::cast;
  Typed result = convert(operand, to, mode, style);
  result.column = false;
  result.identity = false;
  result.computed = false;
  if (mode == Conversion::attempt) result.nullable = true;
  return result;
}

Typed Binder::collate(const Expr& expr, const Scope& scope) {
  Typed operand = value(*expr.args[0], scope);
  if (!is_character(operand.type.type)) {
    throw error(447,
                "Expression type " + std::string(type_name(operand.type.type)) + " is invalid for COLLATE clause.");
  }
  const bool named =
      equals_ignoring_case(expr.text, "database_default") || equals_ignoring_case(expr.text, "catalog_default");
  if (!named && !is_known_collation(expr.text)) throw error(448, "Invalid collation '" + expr.text + "'.");
  Typed result = make_text(text(operand), operand.type, operand.nullable);
  result.constant = operand.constant;
  result.type.collation = named ? catalog_.collation() : expr.text;
  result.explicit_collation = true;
  return result;
}

Typed Binder::subquery(const Expr& expr, const Scope& scope) {
  const BoundQuery bound = query(*expr.query, &scope);
  if (bound.columns.size() != 1) {
    throw error(
        116,
        "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.");
  }
  Typed result = make("(" + bound.sql + ")", bound.columns[0].type, true);
  result.null_literal = false;
  return result;
}

Typed Binder::next_value(const Expr& expr) {
  const auto sequence = catalog_.find_sequence(expr.name);
  if (!sequence) throw invalid_object(display_name(expr.name));
  return make("tds.next_value(" + pg_literal(sequence->target) + ")::" + std::string(pg_type(sequence->type.type)),
              sequence->type, false);
}

Typed Binder::at_time_zone(const Expr& expr, const Scope& scope) {
  const Typed moment = value(*expr.args[0], scope);
  const Typed zone = value(*expr.args[1], scope);
  if (moment.type.type == SqlType::datetimeoffset) {
    return make("tds.switch_zone(" + moment.sql + ", " + text(zone) + ")", moment.type);
  }
  const Typed local = convert(moment, make_time(SqlType::datetime2, 7), Conversion::implicit);
  const int scale = moment.type.type == SqlType::datetime2  ? moment.type.scale
                    : moment.type.type == SqlType::datetime ? 3
                                                            : 0;
  return make("tds.attach_zone(" + output(local) + ", " + text(zone) + ")", make_time(SqlType::datetimeoffset, scale));
}

}  // namespace tds_server::engine
