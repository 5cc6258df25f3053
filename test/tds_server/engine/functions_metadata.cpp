// Functions that ask the catalog, the server or the session: OBJECT_ID, SERVERPROPERTY, SUSER_SNAME
// and their like.
#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "binder.hpp"
#include "errors.hpp"
#include "function_table.hpp"
#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server::engine {
namespace {

Typed sysname(Binder& b, std::string sql) { return b.nvarchar(std::move(sql), 128, true); }
Typed integer(Binder& b, std::string sql) { return b.make(std::move(sql), make_type(SqlType::int_), true); }

Typed fn_object_id(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  return integer(
      b, "tds.object_id(" + b.text(args[0]) + ", " + (args.size() > 1 ? b.text(args[1]) : std::string("NULL")) + ")");
}
Typed fn_object_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  return sysname(b, "tds.object_name(" + b.as_int(args[0]) + ")");
}
Typed fn_object_schema_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  return sysname(b, "tds.object_schema_name(" + b.as_int(args[0]) + ")");
}
Typed fn_object_definition(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.nvarchar("tds.object_definition(" + b.as_int(args[0]) + ")", -1, true);
}
Typed fn_schema_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 1, expr);
  return sysname(b, args.empty() ? "'dbo'::text" : "tds.schema_name(" + b.as_int(args[0]) + ")");
}
Typed fn_schema_id(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 1, expr);
  return integer(b, args.empty() ? "1" : "tds_meta.schema_id_of(" + b.text(args[0]) + ")");
}
Typed fn_type_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return sysname(b, "tds.type_name(" + b.as_int(args[0]) + ")");
}
Typed fn_type_id(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return integer(b, "tds.type_id(" + b.text(args[0]) + ")");
}
Typed fn_col_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return sysname(b, "tds.col_name(" + b.as_int(args[0]) + ", " + b.as_int(args[1]) + ")");
}
Typed fn_col_length(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.make("tds.col_length(" + b.text(args[0]) + ", " + b.text(args[1]) + ")::int2", make_type(SqlType::smallint));
}
Typed fn_columnproperty(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  return integer(b, "tds.column_property(" + b.as_int(args[0]) + ", " + b.text(args[1]) + ", " + b.text(args[2]) + ")");
}
Typed fn_objectproperty(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return integer(b, "tds.object_property(" + b.as_int(args[0]) + ", " + b.text(args[1]) + ")");
}
Typed fn_objectpropertyex(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.convert(integer(b, "tds.object_property(" + b.as_int(args[0]) + ", " + b.text(args[1]) + ")"),
                   make_type(SqlType::sql_variant), Conversion::implicit);
}
Typed fn_indexproperty(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  return integer(b, "tds.index_property(" + b.as_int(args[0]) + ", " + b.text(args[1]) + ", " + b.text(args[2]) + ")");
}
Typed fn_index_col(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 3, expr);
  return sysname(b, "tds.index_col(" + b.text(args[0]) + ", " + b.as_int(args[1]) + ", " + b.as_int(args[2]) + ")");
}
Typed identity_number(Binder& b, const Args& args, const Expr& expr, const char* what) {
  need(args, 1, 1, expr);
  return b.make("tds.identity_number(" + b.text(args[0]) + ", '" + what + "')", make_decimal(38, 0, SqlType::numeric));
}
Typed fn_ident_current(Binder& b, const Args& args, const Expr& expr) {
  return identity_number(b, args, expr, "current");
}
Typed fn_ident_seed(Binder& b, const Args& args, const Expr& expr) { return identity_number(b, args, expr, "seed"); }
Typed fn_ident_incr(Binder& b, const Args& args, const Expr& expr) {
  return identity_number(b, args, expr, "increment");
}

Typed fn_db_id(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 1, expr);
  // On Azure SQL Database the number of the current database is not that of sys.databases.
  if (args.empty()) {
    return b.make("(tds.db_id(tds.current_db()) + tds_meta.posed('id_shift', '0')::int)::int2",
                  make_type(SqlType::smallint));
  }
  return b.make("tds.db_id(" + b.text(args[0]) + ")::int2", make_type(SqlType::smallint));
}
Typed fn_db_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 1, expr);
  return sysname(b, args.empty() ? "tds.current_db()" : "tds.db_name(" + b.as_int(args[0]) + ")");
}
Typed login(Binder& b, const Args&, const Expr&) { return sysname(b, "current_setting('tds.login', true)"); }
Typed fn_user_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 0, 1, expr);
  return sysname(b, args.empty() ? "'dbo'::text" : "tds.principal_name(" + b.as_int(args[0]) + ")");
}
Typed fn_user_id(Binder& b, const Args&, const Expr&) { return integer(b, "1"); }
Typed fn_suser_sid(Binder& b, const Args&, const Expr&) {
  return b.make("'\\x01'::bytea", make_binary(SqlType::varbinary, 85));
}
Typed fn_host_name(Binder& b, const Args&, const Expr&) { return sysname(b, "current_setting('tds.host', true)"); }
Typed fn_app_name(Binder& b, const Args&, const Expr&) { return sysname(b, "current_setting('tds.app', true)"); }
Typed fn_one(Binder& b, const Args&, const Expr&) { return integer(b, "1"); }

Typed fn_has_perms_by_name(Binder& b, const Args& args, const Expr& expr) {
  need(args, 3, 5, expr);
  return integer(b, "tds.has_perms(" + b.text(args[0]) + ", " + b.text(args[1]) + ", " + b.text(args[2]) + ")");
}

Typed fn_is_rolemember(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 2, expr);
  return integer(b, "tds.is_role_member(" + b.text(args[0]) + ")");
}

Typed property(Binder& b, const std::string& sql, const Typed& name) {
  // A constant name gives the type of its value; SQL Server always says sql_variant.
  return b.make(sql + "(" + b.text(name) + ")", make_type(SqlType::sql_variant));
}
Typed fn_serverproperty(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return property(b, "tds.server_property", args[0]);
}
Typed fn_databasepropertyex(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return b.make("tds.database_property(" + b.text(args[0]) + ", " + b.text(args[1]) + ")",
                make_type(SqlType::sql_variant));
}
Typed fn_connectionproperty(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return property(b, "tds.connection_property", args[0]);
}
// Of the collations that columns have.
std::string code_pages(Binder& b, const std::string& collation) {
  const Rows names = b.catalog().backend().run(
      "SELECT DISTINCT collation_name FROM tds_meta.columns WHERE coalesce(collation_name, '') <> ''");
  std::string sql = "CASE lower(" + collation + ")";
  for (int i = 0; i < names.size(); ++i)
    sql += " WHEN " + pg_literal(lower(names.get(i, 0))) + " THEN " + std::to_string(code_page(names.get(i, 0)));
  return names.size() == 0 ? "NULL::int" : sql + " END";
}

Typed fn_collationproperty(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  if (args[0].constant && args[1].constant && !args[0].constant->null &&
      equals_ignoring_case(args[1].constant->bytes, "codepage")) {
    return b.convert(
        b.literal(make_type(SqlType::int_), make_value(std::to_string(code_page(args[0].constant->bytes)))),
        make_type(SqlType::sql_variant), Conversion::implicit);
  }
  if (!args[0].constant && args[1].constant && equals_ignoring_case(args[1].constant->bytes, "codepage")) {
    return b.convert(b.make(code_pages(b, b.text(args[0])), make_type(SqlType::int_)), make_type(SqlType::sql_variant),
                     Conversion::implicit);
  }
  return b.make("tds.collation_property(" + b.text(args[0]) + ", " + b.text(args[1]) + ")",
                make_type(SqlType::sql_variant));
}
Typed fn_parsename(Binder& b, const Args& args, const Expr& expr) {
  need(args, 2, 2, expr);
  return sysname(b, "tds.parse_name(" + b.text(args[0]) + ", " + b.as_int(args[1]) + ")");
}
Typed fn_varbintohexstr(Binder& b, const Args& args, const Expr& expr) {
  need(args, 1, 1, expr);
  return b.nvarchar("('0x' || encode(" + args[0].sql + ", 'hex'))", -1, true);
}
Typed fn_error(Binder& b, const Args&, const Expr& expr) {
  // ERROR_NUMBER() and its like outside a CATCH block; inside one the session answers first.
  const std::string name = lower(expr.name.back());
  if (name == "error_message" || name == "error_procedure")
    return b.nvarchar("NULL::text", name == "error_message" ? 4000 : 128, true);
  return integer(b, "NULL::int4");
}

}  // namespace

void add_metadata_functions(FunctionTable& table) {
  table.insert({
      {"object_id", fn_object_id},
      {"object_name", fn_object_name},
      {"object_schema_name", fn_object_schema_name},
      {"object_definition", fn_object_definition},
      {"schema_name", fn_schema_name},
      {"schema_id", fn_schema_id},
      {"type_name", fn_type_name},
      {"type_id", fn_type_id},
      {"col_name", fn_col_name},
      {"col_length", fn_col_length},
      {"columnproperty", fn_columnproperty},
      {"objectproperty", fn_objectproperty},
      {"objectpropertyex", fn_objectpropertyex},
      {"indexproperty", fn_indexproperty},
      {"index_col", fn_index_col},
      {"ident_current", fn_ident_current},
      {"ident_seed", fn_ident_seed},
      {"ident_incr", fn_ident_incr},
      {"db_id", fn_db_id},
      {"db_name", fn_db_name},
      {"suser_sname", login},
      {"suser_name", login},
      {"original_login", login},
      {"system_user", login},
      {"user_name", fn_user_name},
      {"current_user", fn_user_name},
      {"session_user", fn_user_name},
      {"user", fn_user_name},
      {"user_id", fn_user_id},
      {"suser_id", fn_user_id},
      {"suser_sid", fn_suser_sid},
      {"database_principal_id", fn_user_id},
      {"host_name", fn_host_name},
      {"app_name", fn_app_name},
      {"program_name", fn_app_name},
      {"has_perms_by_name", fn_has_perms_by_name},
      {"has_dbaccess", fn_one},
      {"is_srvrolemember", fn_is_rolemember},
      {"is_member", fn_is_rolemember},
      {"is_rolemember", fn_is_rolemember},
      {"serverproperty", fn_serverproperty},
      {"databasepropertyex", fn_databasepropertyex},
      {"connectionproperty", fn_connectionproperty},
      {"collationproperty", fn_collationproperty},
      {"parsename", fn_parsename},
      {"fn_varbintohexstr", fn_varbintohexstr},
      {"error_number", fn_error},
      {"error_message", fn_error},
      {"error_severity", fn_error},
      {"error_state", fn_error},
      {"error_line", fn_error},
      {"error_procedure", fn_error},
  });
}

}  // namespace tds_server::engine
