#include "system_procedures.hpp"

#include <algorithm>

#include "text.hpp"
#include "types.hpp"
#include "values.hpp"

namespace tds_server::engine {
namespace {

const std::vector<SystemProcedure>& procedures() {
  static const std::vector<SystemProcedure> kProcedures = {
      {"sp_databases",
       {},
       "SELECT name AS DATABASE_NAME, CAST(0 AS int) AS DATABASE_SIZE, CAST(NULL AS varchar(254)) AS REMARKS FROM "
       "sys.databases ORDER BY "
       "name"},
      {"sp_tables",
       {"@table_name", "@table_owner", "@table_qualifier", "@table_type"},
       "SELECT CAST(DB_NAME() AS sysname) AS TABLE_QUALIFIER, s.name AS TABLE_OWNER, o.name AS TABLE_NAME, CAST(CASE "
       "WHEN o.is_ms_shipped "
       "= 1 THEN 'SYSTEM TABLE' WHEN o.type = 'U' THEN 'TABLE' ELSE 'VIEW' END AS varchar(32)) AS TABLE_TYPE,"
       " CAST(NULL AS varchar(254)) AS REMARKS FROM sys.all_objects o JOIN sys.schemas s ON s.schema_id = o.schema_id "
       "WHERE o.type IN "
       "('U', 'V')"
       " AND (@table_name IS NULL OR o.name LIKE @table_name) AND (@table_owner IS NULL OR s.name LIKE @table_owner)"
       " AND (@table_type IS NULL OR CHARINDEX(CASE WHEN o.is_ms_shipped = 1 THEN '''SYSTEM TABLE''' WHEN o.type = 'U' "
       "THEN '''TABLE''' "
       "ELSE '''VIEW''' END, @table_type) > 0) ORDER BY 4, 1, 2, 3"},
      {"sp_columns",
       {"@table_name", "@table_owner", "@table_qualifier", "@column_name", "@odbcver"},
       "SELECT CAST(DB_NAME() AS sysname) AS TABLE_QUALIFIER, s.name AS TABLE_OWNER, o.name AS TABLE_NAME, c.name AS "
       "COLUMN_NAME,"
       " CAST(CASE TYPE_NAME(c.system_type_id) WHEN 'bit' THEN -7 WHEN 'tinyint' THEN -6 WHEN 'smallint' THEN 5 WHEN "
       "'int' THEN 4 WHEN "
       "'bigint' THEN -5 WHEN 'decimal' THEN 3 WHEN 'numeric' THEN 2 WHEN 'money' THEN 3"
       " WHEN 'smallmoney' THEN 3 WHEN 'real' THEN 7 WHEN 'float' THEN 6 WHEN 'date' THEN -9 WHEN 'time' THEN -9 WHEN "
       "'datetime' THEN 11 "
       "WHEN 'smalldatetime' THEN 11 WHEN 'datetime2' THEN -9 WHEN 'datetimeoffset' THEN -9"
       " WHEN 'char' THEN 1 WHEN 'varchar' THEN 12 WHEN 'text' THEN -1 WHEN 'nchar' THEN -8 WHEN 'nvarchar' THEN -9 "
       "WHEN 'ntext' THEN -10 "
       "WHEN 'binary' THEN -2 WHEN 'varbinary' THEN -3 WHEN 'image' THEN -4"
       " WHEN 'timestamp' THEN -2 WHEN 'uniqueidentifier' THEN -11 WHEN 'xml' THEN -152 WHEN 'sql_variant' THEN -150 "
       "ELSE -4 END AS "
       "smallint) AS DATA_TYPE,"
       " CAST(CASE WHEN c.is_identity = 1 THEN TYPE_NAME(c.user_type_id) + ' identity' ELSE TYPE_NAME(c.user_type_id) "
       "END AS sysname) AS "
       "TYPE_NAME,"
       " CAST(CASE WHEN c.max_length = -1 THEN 0 WHEN TYPE_NAME(c.system_type_id) IN ('nchar', 'nvarchar') THEN "
       "c.max_length / 2 WHEN "
       "c.precision = 0 THEN c.max_length ELSE c.precision END AS int) AS PRECISION,"
       " CAST(CASE WHEN c.max_length = -1 THEN 0 ELSE c.max_length END AS int) AS LENGTH, CAST(CASE WHEN c.precision = "
       "0 THEN NULL ELSE "
       "c.scale END AS smallint) AS SCALE,"
       " CAST(CASE WHEN TYPE_NAME(c.system_type_id) IN ('real', 'float') THEN 2 WHEN c.precision = 0 OR "
       "TYPE_NAME(c.system_type_id) LIKE "
       "'%date%' THEN NULL ELSE 10 END AS smallint) AS RADIX,"
       " CAST(c.is_nullable AS smallint) AS NULLABLE, CAST(NULL AS varchar(254)) AS REMARKS, CAST(d.definition AS "
       "nvarchar(4000)) AS "
       "COLUMN_DEF,"
       " CAST(CASE WHEN TYPE_NAME(c.system_type_id) LIKE '%date%' THEN 9 ELSE 12 END AS smallint) AS SQL_DATA_TYPE, "
       "CAST(NULL AS smallint) "
       "AS SQL_DATETIME_SUB,"
       " CAST(CASE WHEN c.collation_name IS NULL THEN NULL ELSE c.max_length END AS int) AS CHAR_OCTET_LENGTH, "
       "c.column_id AS "
       "ORDINAL_POSITION,"
       " CAST(CASE WHEN c.is_nullable = 1 THEN 'YES' ELSE 'NO' END AS varchar(254)) AS IS_NULLABLE, CAST(CASE WHEN "
       "c.is_nullable = 1 THEN "
       "38 ELSE 56 END AS tinyint) AS SS_DATA_TYPE"
       " FROM sys.all_columns c JOIN sys.all_objects o ON o.object_id = c.object_id JOIN sys.schemas s ON s.schema_id "
       "= o.schema_id LEFT "
       "JOIN sys.default_constraints d ON d.object_id = c.default_object_id"
       " WHERE o.name LIKE @table_name AND (@table_owner IS NULL OR s.name LIKE @table_owner) AND (@column_name IS "
       "NULL OR c.name LIKE "
       "@column_name) ORDER BY 2, 3, 17"},
      {"sp_pkeys",
       {"@table_name", "@table_owner", "@table_qualifier"},
       "SELECT CAST(DB_NAME() AS sysname) AS TABLE_QUALIFIER, s.name AS TABLE_OWNER, o.name AS TABLE_NAME, c.name AS "
       "COLUMN_NAME, "
       "CAST(x.key_ordinal AS smallint) AS KEY_SEQ, i.name AS PK_NAME"
       " FROM sys.indexes i JOIN sys.index_columns x ON x.object_id = i.object_id AND x.index_id = i.index_id JOIN "
       "sys.columns c ON "
       "c.object_id = x.object_id AND c.column_id = x.column_id"
       " JOIN sys.objects o ON o.object_id = i.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id WHERE "
       "i.is_primary_key = 1 AND "
       "o.name = @table_name AND (@table_owner IS NULL OR s.name = @table_owner) ORDER BY 1, 2, 3, 5"},
      {"sp_fkeys",
       {"@pktable_name", "@pktable_owner", "@pktable_qualifier", "@fktable_name", "@fktable_owner",
        "@fktable_qualifier"},
       "SELECT CAST(DB_NAME() AS sysname) AS PKTABLE_QUALIFIER, rs.name AS PKTABLE_OWNER, r.name AS PKTABLE_NAME, "
       "rc.name AS "
       "PKCOLUMN_NAME, CAST(DB_NAME() AS sysname) AS FKTABLE_QUALIFIER, ps.name AS FKTABLE_OWNER,"
       " p.name AS FKTABLE_NAME, pc.name AS FKCOLUMN_NAME, CAST(k.constraint_column_id AS smallint) AS KEY_SEQ, "
       "CAST(CASE "
       "f.update_referential_action WHEN 0 THEN 1 WHEN 1 THEN 0 ELSE f.update_referential_action END AS smallint) AS "
       "UPDATE_RULE,"
       " CAST(CASE f.delete_referential_action WHEN 0 THEN 1 WHEN 1 THEN 0 ELSE f.delete_referential_action END AS "
       "smallint) AS "
       "DELETE_RULE, f.name AS FK_NAME, i.name AS PK_NAME, CAST(7 AS smallint) AS DEFERRABILITY"
       " FROM sys.foreign_keys f JOIN sys.foreign_key_columns k ON k.constraint_object_id = f.object_id JOIN "
       "sys.objects p ON p.object_id "
       "= f.parent_object_id JOIN sys.schemas ps ON ps.schema_id = p.schema_id"
       " JOIN sys.objects r ON r.object_id = f.referenced_object_id JOIN sys.schemas rs ON rs.schema_id = r.schema_id "
       "JOIN sys.columns pc "
       "ON pc.object_id = k.parent_object_id AND pc.column_id = k.parent_column_id"
       " JOIN sys.columns rc ON rc.object_id = k.referenced_object_id AND rc.column_id = k.referenced_column_id LEFT "
       "JOIN sys.indexes i ON "
       "i.object_id = r.object_id AND i.index_id = f.key_index_id"
       " WHERE (@pktable_name IS NULL OR r.name = @pktable_name) AND (@pktable_owner IS NULL OR rs.name = "
       "@pktable_owner) AND "
       "(@fktable_name IS NULL OR p.name = @fktable_name) AND (@fktable_owner IS NULL OR ps.name = @fktable_owner) "
       "ORDER BY 5, 6, 7, 9"},
      {"sp_statistics",
       {"@table_name", "@table_owner", "@table_qualifier", "@index_name", "@is_unique", "@accuracy"},
       "SELECT CAST(DB_NAME() AS sysname) AS TABLE_QUALIFIER, s.name AS TABLE_OWNER, o.name AS TABLE_NAME, CAST(CASE "
       "WHEN i.is_unique = 1 "
       "THEN 0 ELSE 1 END AS smallint) AS NON_UNIQUE, o.name AS INDEX_QUALIFIER, i.name AS INDEX_NAME,"
       " CAST(CASE WHEN i.index_id = 1 THEN 1 ELSE 3 END AS smallint) AS TYPE, CAST(x.key_ordinal AS smallint) AS "
       "SEQ_IN_INDEX, c.name AS "
       "COLUMN_NAME, CAST(CASE WHEN x.is_descending_key = 1 THEN 'D' ELSE 'A' END AS char(1)) AS COLLATION,"
       " CAST(NULL AS int) AS CARDINALITY, CAST(NULL AS int) AS PAGES, CAST(NULL AS varchar(128)) AS FILTER_CONDITION "
       "FROM sys.indexes i "
       "JOIN sys.index_columns x ON x.object_id = i.object_id AND x.index_id = i.index_id AND x.key_ordinal > 0"
       " JOIN sys.columns c ON c.object_id = x.object_id AND c.column_id = x.column_id JOIN sys.objects o ON "
       "o.object_id = i.object_id "
       "JOIN sys.schemas s ON s.schema_id = o.schema_id"
       " WHERE o.name = @table_name AND (@table_owner IS NULL OR s.name = @table_owner) ORDER BY 4, 7, 6, 8"},
      {"sp_server_info",
       {"@attribute_id"},
       "SELECT attribute_id, attribute_name, attribute_value FROM (VALUES (1, CAST('DBMS_NAME' AS varchar(60)), "
       "CAST('Microsoft SQL "
       "Server' AS varchar(255))), (2, 'DBMS_VER', 'Microsoft SQL Server 2022 - 16.0.1000.6'),"
       " (18, 'IDENTIFIER_CASE', 'MIXED'), (500, 'SYS_SPROC_VERSION', '16.00.1000')) AS v(attribute_id, "
       "attribute_name, attribute_value) "
       "WHERE @attribute_id IS NULL OR attribute_id = @attribute_id"},
      {"sp_datatype_info",
       {"@data_type", "@odbcver"},
       "SELECT name AS TYPE_NAME, CAST(0 AS smallint) AS DATA_TYPE, CAST(precision AS int) AS PRECISION, CAST(NULL AS "
       "varchar(32)) AS "
       "LITERAL_PREFIX, CAST(NULL AS varchar(32)) AS LITERAL_SUFFIX, CAST(NULL AS varchar(32)) AS CREATE_PARAMS,"
       " CAST(is_nullable AS smallint) AS NULLABLE FROM sys.types WHERE is_user_defined = 0 ORDER BY name"},
      {"sp_who",
       {"@loginame"},
       "SELECT session_id AS spid, CAST(0 AS smallint) AS ecid, CAST(status AS nchar(30)) AS status, login_name AS "
       "loginame, host_name AS "
       "hostname, CAST('0' AS char(5)) AS blk, DB_NAME(database_id) AS dbname, CAST('AWAITING COMMAND' AS nchar(16)) "
       "AS cmd,"
       " CAST(0 AS int) AS request_id FROM sys.dm_exec_sessions"},
      {"sp_helpdb",
       {"@dbname"},
       "SELECT name, CAST('0 MB' AS nvarchar(13)) AS db_size, CAST('sa' AS sysname) AS owner, CAST(database_id AS "
       "smallint) AS dbid, "
       "CONVERT(nvarchar(11), create_date, 100) AS created, CAST('Status=ONLINE' AS nvarchar(600)) AS status, "
       "compatibility_level"
       " FROM sys.databases WHERE @dbname IS NULL OR name = @dbname ORDER BY name"},
      {"sp_helptext", {"@objname", "@columnname"}, "SELECT OBJECT_DEFINITION(OBJECT_ID(@objname)) AS Text"},
      {"sp_spaceused",
       {"@objname"},
       "SELECT o.name, CAST(p.row_count AS char(20)) AS rows, CAST(p.reserved_page_count * 8 AS varchar(15)) + ' KB' "
       "AS reserved, "
       "CAST(p.used_page_count * 8 AS varchar(15)) + ' KB' AS data, '0 KB' AS index_size, '0 KB' AS unused"
       " FROM sys.objects o JOIN sys.dm_db_partition_stats p ON p.object_id = o.object_id AND p.index_id < 2 WHERE "
       "o.object_id = "
       "OBJECT_ID(@objname)"},
      {"sp_helpindex",
       {"@objname"},
       "SELECT i.name AS index_name, CAST(LOWER(i.type_desc) + CASE WHEN i.is_unique = 1 THEN ', unique' ELSE '' END + "
       "CASE WHEN "
       "i.is_primary_key = 1 THEN ', primary key' ELSE '' END + ' located on PRIMARY' AS varchar(210)) AS "
       "index_description,"
       " (SELECT STRING_AGG(c.name + CASE WHEN x.is_descending_key = 1 THEN '(-)' ELSE '' END, ', ') WITHIN GROUP "
       "(ORDER BY x.key_ordinal) "
       "FROM sys.index_columns x JOIN sys.columns c ON c.object_id = x.object_id AND c.column_id = x.column_id"
       " WHERE x.object_id = i.object_id AND x.index_id = i.index_id AND x.key_ordinal > 0) AS index_keys FROM "
       "sys.indexes i WHERE "
       "i.object_id = OBJECT_ID(@objname) AND i.index_id > 0 ORDER BY 1"}};
  return kProcedures;
}

}  // namespace

const SystemProcedure* find_system_procedure(std::string_view name) {
  for (const SystemProcedure& procedure : procedures()) {
    if (procedure.name == name) return &procedure;
  }
  return nullptr;
}

// The documented columns that describe a result set; what concerns browse mode and user types is
// NULL.
DescribeResult describe_columns(const std::vector<OutputColumn>& columns, const Catalog& catalog) {
  DescribeResult result;
  const auto add = [&](std::string name, TypeInfo type, bool nullable) {
    if (is_character(type.type)) type.collation = catalog.collation();
    result.columns.push_back({std::move(name), std::move(type), nullable, false, false});
  };
  const TypeInfo bit = make_type(SqlType::bit), integer = make_type(SqlType::int_),
                 sysname = make_character(SqlType::nvarchar, 128);
  add("is_hidden", bit, false);
  add("column_ordinal", integer, false);
  add("name", sysname, true);
  add("is_nullable", bit, false);
  add("system_type_id", integer, false);
  add("system_type_name", make_character(SqlType::nvarchar, 256), true);
  add("max_length", make_type(SqlType::smallint), false);
  add("precision", make_type(SqlType::tinyint), false);
  add("scale", make_type(SqlType::tinyint), false);
  add("collation_name", sysname, true);
  add("user_type_id", integer, true);
  for (const char* name : {"user_type_database", "user_type_schema", "user_type_name"}) add(name, sysname, true);
  add("assembly_qualified_type_name", make_character(SqlType::nvarchar, 4000), true);
  add("xml_collection_id", integer, true);
  for (const char* name : {"xml_collection_database", "xml_collection_schema", "xml_collection_name"})
    add(name, sysname, true);
  add("is_xml_document", bit, false);
  add("is_case_sensitive", bit, false);
  add("is_fixed_length_clr_type", bit, false);
  for (const char* name : {"source_server", "source_database", "source_schema", "source_table", "source_column"})
    add(name, sysname, true);
  for (const char* name :
       {"is_identity_column", "is_part_of_unique_key", "is_updateable", "is_computed_column", "is_sparse_column_set"})
    add(name, bit, true);
  add("ordinal_in_order_by_list", make_type(SqlType::smallint), true);
  add("order_by_is_descending", bit, true);
  add("order_by_list_length", make_type(SqlType::smallint), true);
  add("tds_type_id", integer, false);
  add("tds_length", integer, false);
  add("tds_collation_id", integer, true);
  add("tds_collation_sort_id", make_type(SqlType::tinyint), true);
  int ordinal = 0;
  for (const OutputColumn& column : columns) {
    std::vector<Value> row(result.columns.size());
    std::size_t at = 0;
    const auto put = [&](const std::string& text) { row[at++] = make_value(text); };
    const auto flag = [&](bool value) { put(value ? "1" : "0"); };
    const TypeInfo& type = column.type;
    flag(false);
    put(std::to_string(++ordinal));
    if (column.name.empty()) {
      ++at;
    } else {
      put(column.name);
    }
    flag(column.nullable);
    put(std::to_string(system_type_id(type.type)));
    put(declared_name(type));
    put(std::to_string(type.max_length));
    put(std::to_string(type.precision));
    put(std::to_string(type.scale));
    if (!type.collation.empty()) row[at] = make_value(type.collation);
    at = 19;  // is_xml_document
    flag(false);
    flag(!type.collation.empty() && is_case_sensitive(type.collation));
    flag(false);
    at = 27;  // is_identity_column
    flag(column.identity);
    ++at;
    flag(!column.computed && !column.identity);
    flag(column.computed);
    flag(false);
    at = 35;  // tds_type_id
    put(std::to_string(system_type_id(type.type)));
    put(std::to_string(type.max_length < 0 ? 65535 : type.max_length));
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace tds_server::engine
