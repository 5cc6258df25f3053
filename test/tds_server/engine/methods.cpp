// Methods and properties of hierarchyid, geometry, geography and xml: T-SQL's method syntax to
// calls of engine/sql/35_clr.sql. Method names are case-sensitive, as the CLR's are.
#include "binder.hpp"
#include "errors.hpp"
#include "text.hpp"
#include "types.hpp"

namespace tds_server::engine {
namespace {

EngineError no_method(const std::string& name, const TypeInfo& type, bool property) {
  if (property) {
    return error(6592,
                 "Could not find property or field '" + name + "' for type 'Microsoft.SqlServer.Types.Sql" +
                     std::string(type_name(type.type)) + "' in assembly 'Microsoft.SqlServer.Types'.",
                 16, 3);
  }
  return error(6506,
               "Could not find method '" + name + "' for type 'Microsoft.SqlServer.Types.Sql" +
                   std::string(type_name(type.type)) + "' in assembly 'Microsoft.SqlServer.Types'",
               16, 10);
}

}  // namespace

Typed Binder::method(const std::string& name, const Typed& object, const std::vector<Typed>& args, bool property) {
  const std::string x = object.sql;
  const TypeInfo& type = object.type;
  if (type.type == SqlType::hierarchyid && !property) {
    if (name == "ToString" && args.empty()) return nvarchar("tds.hierarchy_text(" + x + ")", 4000);
    if (name == "GetLevel" && args.empty())
      return make("tds.hierarchy_level(" + x + ")::int2", make_type(SqlType::smallint));
    if (name == "GetAncestor" && args.size() == 1)
      return make("tds.hierarchy_ancestor(" + x + ", " + as_int(args[0]) + ")", type);
    if (name == "IsDescendantOf" && args.size() == 1) {
      return make("(position(tds.hierarchy_text(" + output(convert(args[0], type, Conversion::implicit)) +
                      ") in tds.hierarchy_text(" + x + ")) = 1)::int4::int2",
                  make_type(SqlType::bit));
    }
  }
  if (type.type == SqlType::geometry || type.type == SqlType::geography) {
    const std::string geography = type.type == SqlType::geography ? "true" : "false";
    if (property) {
      if (name == "STSrid") return make("tds.shape_srid(" + x + ")", make_type(SqlType::int_));
      if (name == "HasZ") return make("tds.shape_has(" + x + ", 'z')", make_type(SqlType::bit));
      if (name == "HasM") return make("tds.shape_has(" + x + ", 'm')", make_type(SqlType::bit));
      const bool planar = type.type == SqlType::geometry;
      if (name == "STX" && planar) return make("tds.shape_ordinate(" + x + ", 1, false)", make_type(SqlType::float_));
      if (name == "STY" && planar) return make("tds.shape_ordinate(" + x + ", 2, false)", make_type(SqlType::float_));
      if (name == "Long" && !planar) return make("tds.shape_ordinate(" + x + ", 1, true)", make_type(SqlType::float_));
      if (name == "Lat" && !planar) return make("tds.shape_ordinate(" + x + ", 2, true)", make_type(SqlType::float_));
      if (name == "Z") return make("tds.shape_ordinate(" + x + ", 3, " + geography + ")", make_type(SqlType::float_));
      if (name == "M") return make("tds.shape_ordinate(" + x + ", 4, " + geography + ")", make_type(SqlType::float_));
    } else if (args.empty()) {
      if (name == "ToString" || name == "AsTextZM")
        return nvarchar("tds.shape_text(" + x + ", " + geography + ", true)", -1);
      if (name == "STAsText") return nvarchar("tds.shape_text(" + x + ", " + geography + ", false)", -1);
      if (name == "STAsBinary")
        return make("tds.shape_wkb(" + x + ", " + geography + ", false)", make_binary(SqlType::varbinary, -1));
      if (name == "AsBinaryZM")
        return make("tds.shape_wkb(" + x + ", " + geography + ", true)", make_binary(SqlType::varbinary, -1));
      if (name == "STGeometryType") return nvarchar("tds.shape_kind(" + x + ")", 4000);
      if (name == "STIsEmpty") return make("tds.shape_is_empty(" + x + ")", make_type(SqlType::bit));
      if (name == "STNumPoints") return make("tds.shape_points(" + x + ")", make_type(SqlType::int_));
      if (name == "STIsValid") return make("CASE WHEN " + x + " IS NOT NULL THEN 1::int2 END", make_type(SqlType::bit));
    }
  }
  if (type.type == SqlType::xml) throw not_supported("the xml method " + name);
  if (family(type.type) != Family::clr)
    throw error(258, "Cannot call methods on " + std::string(type_name(type.type)) + ".", 15);
  throw no_method(name, type, property);
}

Typed Binder::static_method(const Expr& expr, const Scope& scope) {
  const auto known = type_by_name(expr.name.back());
  if (!known || family(*known) != Family::clr) throw unknown_type(display_name(expr.name));
  const TypeInfo type = make_type(*known);
  std::vector<Typed> args;
  for (const ExprPtr& arg : expr.args) args.push_back(value(*arg, scope));
  const std::string& name = expr.text;
  const bool geography = *known == SqlType::geography;
  const std::string flag = geography ? "true" : "false";
  if (name == "Null" && expr.is_property) return make("NULL::bytea", type);
  if (*known == SqlType::hierarchyid) {
    if (name == "Parse" && args.size() == 1) return make("tds.hierarchy_parse(" + text(args[0]) + ")", type);
    if (name == "GetRoot" && args.empty()) return make("'\\x'::bytea", type, false);
    throw no_method(name, type, false);
  }
  if (name == "Parse" && args.size() == 1)
    return make("tds.shape_parse(" + text(args[0]) + ", " + (geography ? "4326, " : "0, ") + flag + ")", type);
  if (name == "Point" && args.size() == 3) {
    // geography takes latitude first; both keep x (longitude) first in WKT.
    const std::string a = as(args[0], SqlType::float_), b = as(args[1], SqlType::float_);
    return make(
        "tds.shape_point(" + (geography ? b + ", " + a : a + ", " + b) + ", " + as_int(args[2]) + ", " + flag + ")",
        type);
  }
  static constexpr std::string_view kParsers[] = {"STGeomFromText",  "STPointFromText",   "STLineFromText",
                                                  "STPolyFromText",  "STMPointFromText",  "STMLineFromText",
                                                  "STMPolyFromText", "STGeomCollFromText"};
  for (const std::string_view parser : kParsers) {
    if (name == parser && args.size() == 2)
      return make("tds.shape_parse(" + text(args[0]) + ", " + as_int(args[1]) + ", " + flag + ")", type);
  }
  if (name == "STGeomFromWKB" && args.size() == 2) {
    return make("tds.shape_from_wkb(" +
                    output(convert(args[0], make_binary(SqlType::varbinary, -1), Conversion::implicit)) + ", " +
                    as_int(args[1]) + ", " + flag + ")",
                type);
  }
  throw no_method(name, type, expr.is_property);
}

}  // namespace tds_server::engine
