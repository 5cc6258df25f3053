// Two habits keep these queries portable: a sql_variant (seed_value, the value of an extended
// property, SERVERPROPERTY) is cast at once, and no join goes over key_constraints.unique_index_id,
// since sys.indexes tells the constraints by itself.
#include "catalog.hpp"

#include "quote.hpp"
#include "statement.hpp"

namespace mssql::tsql {

namespace {

using Kind = source::CatalogKind;
using source::CatalogColumn;

constexpr bool nullable = true;

constexpr std::string_view constraint_types[] = {"PK", "UQ"};
// A kind of index that a later server has is reported like all that have no counterpart.
// clang-format off
constexpr std::string_view index_types[] = {
    "HEAP", "CLUSTERED", "NONCLUSTERED", "XML", "SPATIAL", "CLUSTERED COLUMNSTORE", "NONCLUSTERED COLUMNSTORE", "NONCLUSTERED HASH",
    "JSON", "VECTOR",    "OTHER"};
constexpr std::string_view actions[] = {"NO_ACTION", "CASCADE", "SET_NULL", "SET_DEFAULT"};
constexpr std::string_view sequence_types[] = {"tinyint", "smallint", "int", "bigint", "decimal", "numeric"};
constexpr std::string_view program_kinds[] = {"procedure", "function", "trigger", "synonym"};

constexpr CatalogColumn feature_columns[] = {{"view", Kind::name}, {"column", Kind::name, nullable}};

constexpr CatalogColumn database_columns[] = {
    {"name", Kind::name},
    {"snapshot_isolation_state", Kind::integer, nullable},
    {"product_version", Kind::version},
    {"view_definition", Kind::flag},
    {"view_database_state", Kind::flag},
    {"login", Kind::name, nullable},
};
// clang-format on

constexpr CatalogColumn table_columns[] = {
    {"schema", Kind::name},
    {"table", Kind::name},
    {"is_view", Kind::flag},
    {"rows", Kind::integer, nullable},
    {"bytes", Kind::integer, nullable},
    {"comment", Kind::text, nullable},
    {"temporal_type", Kind::integer},
    {"is_memory_optimized", Kind::flag},
    {"is_external", Kind::flag},
    {"is_graph", Kind::flag},
    {"ledger_type", Kind::integer},
    {"is_dropped_ledger", Kind::flag},
    {"is_filtered", Kind::flag},
};

constexpr CatalogColumn column_columns[] = {
    {"schema", Kind::name},
    {"table", Kind::name},
    {"column_id", Kind::integer},
    {"column", Kind::name},
    {"type", Kind::name},
    {"max_length", Kind::integer},
    {"precision", Kind::integer},
    {"scale", Kind::integer},
    {"collation", Kind::name, nullable},
    {"is_nullable", Kind::flag},
    {"is_identity", Kind::flag},
    {"seed", Kind::number, nullable},
    {"increment", Kind::number, nullable},
    {"last_value", Kind::number, nullable},
    {"has_default", Kind::flag},
    {"default_definition", Kind::expression, nullable},
    {"is_computed", Kind::flag},
    {"is_hidden", Kind::flag},
    {"is_masked", Kind::flag},
    {"is_encrypted", Kind::flag},
    {"is_column_set", Kind::flag},
    {"comment", Kind::text, nullable},
};

constexpr CatalogColumn index_columns[] = {
    {"schema", Kind::name},         {"table", Kind::name},
    {"index", Kind::name},          {"constraint_type", Kind::choice, nullable, constraint_types},
    {"is_unique", Kind::flag},      {"type_desc", Kind::choice, false, index_types, true},
    {"is_disabled", Kind::flag},    {"filter_definition", Kind::expression, nullable},
    {"key_ordinal", Kind::integer}, {"column", Kind::name},
    {"is_descending", Kind::flag},  {"is_included", Kind::flag},
};

constexpr CatalogColumn foreign_key_columns[] = {
    {"schema", Kind::name},
    {"table", Kind::name},
    {"constraint", Kind::name},
    {"ordinal", Kind::integer},
    {"column", Kind::name},
    {"referenced_schema", Kind::name},
    {"referenced_table", Kind::name},
    {"referenced_column", Kind::name},
    {"delete_action", Kind::choice, false, actions},
    {"update_action", Kind::choice, false, actions},
    {"is_disabled", Kind::flag},
    {"is_not_trusted", Kind::flag},
};

constexpr CatalogColumn check_columns[] = {
    {"schema", Kind::name},      {"table", Kind::name},
    {"constraint", Kind::name},  {"definition", Kind::expression, nullable},
    {"is_disabled", Kind::flag}, {"is_not_trusted", Kind::flag},
};

constexpr CatalogColumn sequence_columns[] = {
    {"schema", Kind::name},        {"sequence", Kind::name},    {"type", Kind::choice, false, sequence_types},
    {"start_value", Kind::number}, {"increment", Kind::number}, {"minimum", Kind::number},
    {"maximum", Kind::number},     {"is_cycling", Kind::flag},  {"last_value", Kind::number, nullable},
};

constexpr CatalogColumn program_columns[] = {
    {"kind", Kind::choice, false, program_kinds}, {"schema", Kind::name}, {"name", Kind::name}};

constexpr CatalogColumn generated_columns[] = {{"schema", Kind::name}, {"table", Kind::name}, {"column", Kind::name}};

constexpr CatalogColumn schema_columns[] = {{"exists", Kind::flag}};

constexpr CatalogColumn count_columns[] = {{"rows", Kind::integer}};

// "CAST(t.is_node AS int)" where there is such a column, else the constant that stands for its
// absence.
std::string optional_column(const CatalogFeatures& features, std::string_view view, std::string_view alias,
                            std::string_view column, std::string_view type) {
  const bool there = features.has(std::string(view) + "." + std::string(column));
  return "CAST(" + (there ? "COALESCE(" + std::string(alias) + "." + std::string(column) + ", 0)" : "0") + " AS " +
         std::string(type) + ")";
}

// The columns of a graph table that cannot be selected (13908): all but the computed ones, which
// show its ids as JSON.
std::string selectable(const CatalogFeatures& features) {
  std::string condition;
  if (features.has("columns.graph_type")) condition += " AND COALESCE(c.graph_type, 0) NOT IN (1, 3, 4, 6, 7)";
  if (features.has("columns.is_dropped_ledger_column")) condition += " AND COALESCE(c.is_dropped_ledger_column, 0) = 0";
  return condition;
}

}  // namespace

void CatalogFeatures::add(std::string_view view, std::string_view column) {
  present_.emplace(view);
  if (!column.empty()) present_.insert(std::string(view) + "." + std::string(column));
}

CatalogQuery features_query() {
  return {"features", R"(SELECT CAST(o.name AS nvarchar(128)) AS [view], CAST(c.name AS nvarchar(128)) AS [column]
FROM sys.all_objects AS o
LEFT JOIN sys.all_columns AS c ON c.object_id = o.object_id AND c.name IN (N'temporal_type', N'is_memory_optimized', N'is_external',
  N'is_node', N'is_edge', N'ledger_type', N'is_dropped_ledger_table', N'is_hidden', N'is_masked', N'encryption_type', N'graph_type',
  N'is_dropped_ledger_column', N'last_used_value', N'generated_always_type')
WHERE o.schema_id = SCHEMA_ID(N'sys') AND o.name IN (N'tables', N'columns', N'sequences', N'security_predicates', N'dm_db_partition_stats')
ORDER BY 1, 2)",
          feature_columns};
}

CatalogQuery database_query() {
  // By name: on Azure SQL Database DB_ID() is not the database's number in sys.databases. A
  // database that the login does not find there still has a row here. CONTROL, which owners have,
  // includes VIEW DEFINITION, though Babelfish denies it.
  return {"database", R"(SELECT CAST(DB_NAME() AS nvarchar(128)) AS [name],
  CAST(d.snapshot_isolation_state AS int) AS [snapshot_isolation_state],
  CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS [product_version],
  CAST(CASE WHEN HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'VIEW DEFINITION') = 1
    OR HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'CONTROL') = 1 THEN 1 ELSE 0 END AS bit) AS [view_definition],
  CAST(COALESCE(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'VIEW DATABASE STATE'), 0) AS bit) AS [view_database_state],
  CAST(USER_NAME() AS nvarchar(128)) AS [login]
FROM (SELECT 1 AS one) AS o LEFT JOIN sys.databases AS d ON d.name = DB_NAME())",
          database_columns};
}

CatalogQuery tables_query(const CatalogFeatures& features, bool sizes) {
  const bool statistics = sizes && features.has("dm_db_partition_stats");
  const std::string graph =
      features.has("tables.is_node") ? "CASE WHEN t.is_node = 1 OR t.is_edge = 1 THEN 1 ELSE 0 END" : "0";
  const std::string filtered =
      features.has("security_predicates")
          ? R"(CASE WHEN EXISTS (SELECT 1 FROM sys.security_predicates AS f JOIN sys.security_policies AS y ON y.object_id = f.object_id
    WHERE f.target_object_id = t.object_id AND y.is_enabled = 1 AND f.predicate_type = 0) THEN 1 ELSE 0 END)"
          : "0";
  return {
      "tables",
      R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(t.name AS nvarchar(128)) AS [table],
  CAST(0 AS bit) AS [is_view],
  (SELECT CAST(SUM(p.rows) AS bigint) FROM sys.partitions AS p WHERE p.object_id = t.object_id AND p.index_id IN (0, 1)) AS [rows],
  )" +
          std::string(
              statistics
                  ? "(SELECT CAST(SUM(u.used_page_count) * 8192 AS bigint) FROM sys.dm_db_partition_stats AS u WHERE "
                    "u.object_id = t.object_id)"
                  : "CAST(NULL AS bigint)") +
          R"( AS [bytes],
  (SELECT CAST(e.value AS nvarchar(4000)) FROM sys.extended_properties AS e
    WHERE e.class = 1 AND e.major_id = t.object_id AND e.minor_id = 0 AND e.name = N'MS_Description') AS [comment],
  )" + optional_column(features, "tables", "t", "temporal_type", "int") +
          " AS [temporal_type],\n  " + optional_column(features, "tables", "t", "is_memory_optimized", "bit") +
          " AS [is_memory_optimized],\n  " + optional_column(features, "tables", "t", "is_external", "bit") +
          " AS [is_external],\n  CAST(" + graph + " AS bit) AS [is_graph],\n  " +
          optional_column(features, "tables", "t", "ledger_type", "int") + " AS [ledger_type],\n  " +
          optional_column(features, "tables", "t", "is_dropped_ledger_table", "bit") +
          " AS [is_dropped_ledger],\n  CAST(" + filtered +
          R"( AS bit) AS [is_filtered]
FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0
UNION ALL
SELECT CAST(s.name AS nvarchar(128)), CAST(v.name AS nvarchar(128)),
  CAST(1 AS bit), CAST(NULL AS bigint), CAST(NULL AS bigint),
  (SELECT CAST(e.value AS nvarchar(4000)) FROM sys.extended_properties AS e
    WHERE e.class = 1 AND e.major_id = v.object_id AND e.minor_id = 0 AND e.name = N'MS_Description'),
  CAST(0 AS int), CAST(0 AS bit), CAST(0 AS bit), CAST(0 AS bit), CAST(0 AS int), CAST(0 AS bit), CAST(0 AS bit)
FROM sys.views AS v JOIN sys.schemas AS s ON s.schema_id = v.schema_id
WHERE v.is_ms_shipped = 0
ORDER BY 1, 2)",
      table_columns};
}

CatalogQuery columns_query(const CatalogFeatures& features) {
  // The base type of an alias type (sysname is one) is the one whose user_type_id is the alias's
  // system_type_id; the system_type_id of a CLR type is no type's, and that of a vector is
  // varbinary's. A default that sp_bindefault bound is an object of its own, without a place in
  // sys.default_constraints: it has a definition that is none, so that it is reported as not
  // translated instead of being lost. Some servers tell seed and increment by function alone.
  const std::string encrypted =
      features.has("columns.encryption_type") ? "CASE WHEN c.encryption_type > 0 THEN 1 ELSE 0 END" : "0";
  // UNMASK may be had for a column, its table, or the database; versions that know only the last
  // answer NULL to the first.
  const std::string masked = features.has("columns.is_masked") ? R"(CASE WHEN c.is_masked = 1 AND COALESCE(
    HAS_PERMS_BY_NAME(QUOTENAME(s.name) + N'.' + QUOTENAME(o.name), N'OBJECT', N'UNMASK', c.name, N'COLUMN'),
    HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'UNMASK'), 0) = 0 THEN 1 ELSE 0 END)"
                                                               : "0";
  return {"columns",
          R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(o.name AS nvarchar(128)) AS [table],
  CAST(c.column_id AS int) AS [column_id], CAST(c.name AS nvarchar(128)) AS [column],
  CAST(CASE WHEN )" +
              encrypted + R"( = 1 THEN N'varbinary' WHEN t.is_user_defined = 0 AND t.name <> N'sysname' THEN t.name
    WHEN t.is_assembly_type = 0 THEN COALESCE(b.name, t.name) ELSE N'udt' END AS nvarchar(128)) AS [type],
  CAST(CASE WHEN )" +
              encrypted +
              R"( = 1 THEN -1 ELSE c.max_length END AS int) AS [max_length], CAST(c.precision AS int) AS [precision],
  CAST(c.scale AS int) AS [scale],
  CAST(c.collation_name AS nvarchar(128)) AS [collation], CAST(c.is_nullable AS bit) AS [is_nullable],
  CAST(c.is_identity AS bit) AS [is_identity],
  CAST(CASE WHEN c.is_identity = 1 THEN COALESCE(CAST(i.seed_value AS nvarchar(40)),
    CAST(IDENT_SEED(QUOTENAME(s.name) + N'.' + QUOTENAME(o.name)) AS nvarchar(40))) END AS nvarchar(40)) AS [seed],
  CAST(CASE WHEN c.is_identity = 1 THEN COALESCE(CAST(i.increment_value AS nvarchar(40)),
    CAST(IDENT_INCR(QUOTENAME(s.name) + N'.' + QUOTENAME(o.name)) AS nvarchar(40))) END AS nvarchar(40)) AS [increment],
  CAST(i.last_value AS nvarchar(40)) AS [last_value],
  CAST(CASE WHEN c.default_object_id <> 0 THEN 1 ELSE 0 END AS bit) AS [has_default],
  CAST(CASE WHEN d.object_id IS NOT NULL THEN d.definition WHEN c.default_object_id <> 0 THEN N'bound default object' END
    AS nvarchar(max)) AS [default_definition],
  CAST(c.is_computed AS bit) AS [is_computed],
  )" + optional_column(features, "columns", "c", "is_hidden", "bit") +
              " AS [is_hidden],\n  CAST(" + masked + " AS bit) AS [is_masked],\n  CAST(" + encrypted +
              R"( AS bit) AS [is_encrypted], CAST(COALESCE(c.is_column_set, 0) AS bit) AS [is_column_set],
  (SELECT CAST(e.value AS nvarchar(4000)) FROM sys.extended_properties AS e
    WHERE e.class = 1 AND e.major_id = c.object_id AND e.minor_id = c.column_id AND e.name = N'MS_Description') AS [comment]
FROM sys.columns AS c
JOIN sys.objects AS o ON o.object_id = c.object_id
JOIN sys.schemas AS s ON s.schema_id = o.schema_id
JOIN sys.types AS t ON t.user_type_id = c.user_type_id
LEFT JOIN sys.types AS b ON b.user_type_id = t.system_type_id
LEFT JOIN sys.identity_columns AS i ON i.object_id = c.object_id AND i.column_id = c.column_id
LEFT JOIN sys.default_constraints AS d ON d.object_id = c.default_object_id
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0)" +
              selectable(features) + "\nORDER BY 1, 2, 3",
          column_columns};
}

CatalogQuery indexes_query(const CatalogFeatures& features) {
  // A partitioned index carries its partitioning column with key_ordinal 0 though nobody listed it.
  // An index over a column that cannot be selected is the server's own.
  std::string internal;
  if (const std::string condition = selectable(features); !condition.empty()) {
    internal = R"(
  AND NOT EXISTS (SELECT 1 FROM sys.index_columns AS y JOIN sys.columns AS c ON c.object_id = y.object_id AND c.column_id = y.column_id
    WHERE y.object_id = i.object_id AND y.index_id = i.index_id AND NOT (1 = 1)" +
               condition + "))";
  }
  return {"indexes",
          R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(t.name AS nvarchar(128)) AS [table],
  CAST(i.name AS nvarchar(128)) AS [index],
  CAST(CASE WHEN i.is_primary_key = 1 THEN N'PK' WHEN i.is_unique_constraint = 1 THEN N'UQ' END AS nvarchar(2)) AS [constraint_type],
  CAST(i.is_unique AS bit) AS [is_unique],
  CAST(i.type_desc AS nvarchar(60)) AS [type_desc], CAST(i.is_disabled AS bit) AS [is_disabled],
  CAST(i.filter_definition AS nvarchar(max)) AS [filter_definition], CAST(x.key_ordinal AS int) AS [key_ordinal],
  CAST(c.name AS nvarchar(128)) AS [column], CAST(x.is_descending_key AS bit) AS [is_descending],
  CAST(x.is_included_column AS bit) AS [is_included]
FROM sys.indexes AS i
JOIN sys.tables AS t ON t.object_id = i.object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
JOIN sys.index_columns AS x ON x.object_id = i.object_id AND x.index_id = i.index_id
JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id
WHERE t.is_ms_shipped = 0 AND i.type > 0 AND i.is_hypothetical = 0
  AND (x.key_ordinal > 0 OR x.is_included_column = 1 OR x.partition_ordinal = 0))" +
              internal + R"(
ORDER BY 1, 2, i.index_id, x.is_included_column, x.key_ordinal, x.index_column_id)",
          index_columns};
}

CatalogQuery foreign_keys_query() {
  return {"foreign_keys", R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(t.name AS nvarchar(128)) AS [table],
  CAST(f.name AS nvarchar(128)) AS [constraint], CAST(x.constraint_column_id AS int) AS [ordinal],
  CAST(c.name AS nvarchar(128)) AS [column], CAST(rs.name AS nvarchar(128)) AS [referenced_schema],
  CAST(r.name AS nvarchar(128)) AS [referenced_table], CAST(rc.name AS nvarchar(128)) AS [referenced_column],
  CAST(f.delete_referential_action_desc AS nvarchar(60)) AS [delete_action],
  CAST(f.update_referential_action_desc AS nvarchar(60)) AS [update_action],
  CAST(f.is_disabled AS bit) AS [is_disabled], CAST(f.is_not_trusted AS bit) AS [is_not_trusted]
FROM sys.foreign_keys AS f
JOIN sys.tables AS t ON t.object_id = f.parent_object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
JOIN sys.tables AS r ON r.object_id = f.referenced_object_id
JOIN sys.schemas AS rs ON rs.schema_id = r.schema_id
JOIN sys.foreign_key_columns AS x ON x.constraint_object_id = f.object_id
JOIN sys.columns AS c ON c.object_id = x.parent_object_id AND c.column_id = x.parent_column_id
JOIN sys.columns AS rc ON rc.object_id = x.referenced_object_id AND rc.column_id = x.referenced_column_id
WHERE t.is_ms_shipped = 0
ORDER BY 1, 2, 3, 4)",
          foreign_key_columns};
}

CatalogQuery checks_query() {
  return {"checks", R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(t.name AS nvarchar(128)) AS [table],
  CAST(k.name AS nvarchar(128)) AS [constraint], CAST(k.definition AS nvarchar(max)) AS [definition],
  CAST(k.is_disabled AS bit) AS [is_disabled], CAST(k.is_not_trusted AS bit) AS [is_not_trusted]
FROM sys.check_constraints AS k
JOIN sys.tables AS t ON t.object_id = k.parent_object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0
ORDER BY 1, 2, 3)",
          check_columns};
}

CatalogQuery sequences_query(const CatalogFeatures& features) {
  const std::string last = features.has("sequences.last_used_value") ? "q.last_used_value" : "q.current_value";
  return {"sequences", R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(q.name AS nvarchar(128)) AS [sequence],
  CAST(COALESCE(b.name, t.name) AS nvarchar(128)) AS [type], CAST(q.start_value AS nvarchar(40)) AS [start_value],
  CAST(q.increment AS nvarchar(40)) AS [increment], CAST(q.minimum_value AS nvarchar(40)) AS [minimum],
  CAST(q.maximum_value AS nvarchar(40)) AS [maximum], CAST(q.is_cycling AS bit) AS [is_cycling],
  CAST()" + last + R"( AS nvarchar(40)) AS [last_value]
FROM sys.sequences AS q
JOIN sys.schemas AS s ON s.schema_id = q.schema_id
JOIN sys.types AS t ON t.user_type_id = q.user_type_id
LEFT JOIN sys.types AS b ON b.user_type_id = t.system_type_id
WHERE q.is_ms_shipped = 0
ORDER BY 1, 2)",
          sequence_columns};
}

CatalogQuery programs_query() {
  return {
      "programs",
      R"(SELECT CAST(CASE WHEN o.type IN ('P', 'PC', 'X', 'RF') THEN N'procedure' WHEN o.type IN ('TR', 'TA') THEN N'trigger'
    WHEN o.type = 'SN' THEN N'synonym' ELSE N'function' END AS nvarchar(20)) AS [kind],
  CAST(s.name AS nvarchar(128)) AS [schema], CAST(o.name AS nvarchar(128)) AS [name]
FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.is_ms_shipped = 0 AND o.type IN ('P', 'PC', 'X', 'RF', 'TR', 'TA', 'SN', 'FN', 'IF', 'TF', 'FS', 'FT', 'AF')
ORDER BY 1, 2, 3)",
      program_columns};
}

CatalogQuery generated_columns_query(const CatalogFeatures& features) {
  const std::string generated =
      features.has("columns.generated_always_type") ? "c.generated_always_type <> 0" : "1 = 0";
  return {"generated columns",
          R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(t.name AS nvarchar(128)) AS [table],
  CAST(c.name AS nvarchar(128)) AS [column]
FROM sys.columns AS c
JOIN sys.tables AS t ON t.object_id = c.object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0 AND )" +
              generated + "\nORDER BY 1, 2, 3",
          generated_columns};
}

CatalogQuery schema_query(std::string_view schema) {
  return {
      "schema",
      "SELECT CAST(CASE WHEN SCHEMA_ID(" + quote_literal(schema) + ") IS NULL THEN 0 ELSE 1 END AS bit) AS [exists]",
      schema_columns};
}

CatalogQuery count_query(std::string_view schema, std::string_view table, bool snapshot) {
  return {"count",
          std::string("SELECT ") + row_count_item + " AS [rows] FROM " + table_reference(schema, table, snapshot),
          count_columns};
}

}  // namespace mssql::tsql
