// Two habits keep these queries portable: a sql_variant (seed_value, the value of an extended property, SERVERPROPERTY) is cast at
// once, and no join goes over key_constraints.unique_index_id, since sys.indexes tells the constraints by itself.
#include "catalog.hpp"

namespace mssql::tsql {

std::string tables_query() {
  return R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(t.name AS nvarchar(128)) AS [table], t.object_id AS [object_id],
  CAST(0 AS bit) AS [is_view],
  (SELECT CAST(SUM(p.rows) AS bigint) FROM sys.partitions AS p WHERE p.object_id = t.object_id AND p.index_id IN (0, 1)) AS [rows],
  CAST(NULL AS bigint) AS [bytes],
  (SELECT CAST(e.value AS nvarchar(4000)) FROM sys.extended_properties AS e
    WHERE e.class = 1 AND e.major_id = t.object_id AND e.minor_id = 0 AND e.name = N'MS_Description') AS [comment],
  CAST(t.temporal_type AS int) AS [temporal_type], CAST(t.is_memory_optimized AS bit) AS [is_memory_optimized],
  CAST(t.is_external AS bit) AS [is_external]
FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0
UNION ALL
SELECT CAST(s.name AS nvarchar(128)), CAST(v.name AS nvarchar(128)), v.object_id,
  CAST(1 AS bit), CAST(NULL AS bigint), CAST(NULL AS bigint),
  (SELECT CAST(e.value AS nvarchar(4000)) FROM sys.extended_properties AS e
    WHERE e.class = 1 AND e.major_id = v.object_id AND e.minor_id = 0 AND e.name = N'MS_Description'),
  CAST(0 AS int), CAST(0 AS bit), CAST(0 AS bit)
FROM sys.views AS v JOIN sys.schemas AS s ON s.schema_id = v.schema_id
WHERE v.is_ms_shipped = 0
ORDER BY 1, 2)";
}

std::string table_sizes_query() {
  return R"(SELECT t.object_id AS [object_id], CAST(SUM(p.used_page_count) * 8192 AS bigint) AS [bytes]
FROM sys.tables AS t JOIN sys.dm_db_partition_stats AS p ON p.object_id = t.object_id
WHERE t.is_ms_shipped = 0
GROUP BY t.object_id)";
}

std::string columns_query() {
  // The base type of an alias type is the one whose user_type_id is the alias's system_type_id; the system_type_id of a CLR type
  // is no type's. A default that sp_bindefault bound is an object of its own, without a place in sys.default_constraints: it is
  // named, so that it is reported as not translated instead of being lost.
  return R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(o.name AS nvarchar(128)) AS [table],
  CAST(c.column_id AS int) AS [column_id], CAST(c.name AS nvarchar(128)) AS [column],
  CAST(CASE WHEN t.is_assembly_type = 0 THEN COALESCE(b.name, t.name) WHEN t.is_user_defined = 0 THEN t.name ELSE N'udt' END
    AS nvarchar(128)) AS [type],
  CAST(CASE WHEN t.is_user_defined = 1 THEN t.name END AS nvarchar(128)) AS [user_type],
  CAST(c.max_length AS int) AS [max_length], CAST(c.precision AS int) AS [precision], CAST(c.scale AS int) AS [scale],
  CAST(c.collation_name AS nvarchar(128)) AS [collation], CAST(c.is_nullable AS bit) AS [is_nullable],
  CAST(c.is_identity AS bit) AS [is_identity], CAST(i.seed_value AS nvarchar(40)) AS [seed],
  CAST(i.increment_value AS nvarchar(40)) AS [increment], CAST(i.last_value AS nvarchar(40)) AS [last_value],
  CAST(d.name AS nvarchar(128)) AS [default_name],
  CAST(CASE WHEN d.object_id IS NOT NULL THEN d.definition WHEN c.default_object_id <> 0 THEN N'bound default object' END
    AS nvarchar(max)) AS [default_definition],
  CAST(c.is_computed AS bit) AS [is_computed], CAST(k.definition AS nvarchar(max)) AS [computed_definition],
  CAST(COALESCE(k.is_persisted, 0) AS bit) AS [is_persisted], CAST(c.is_rowguidcol AS bit) AS [is_rowguidcol],
  CAST(c.is_hidden AS bit) AS [is_hidden], CAST(c.is_masked AS bit) AS [is_masked],
  (SELECT CAST(e.value AS nvarchar(4000)) FROM sys.extended_properties AS e
    WHERE e.class = 1 AND e.major_id = c.object_id AND e.minor_id = c.column_id AND e.name = N'MS_Description') AS [comment]
FROM sys.columns AS c
JOIN sys.objects AS o ON o.object_id = c.object_id
JOIN sys.schemas AS s ON s.schema_id = o.schema_id
JOIN sys.types AS t ON t.user_type_id = c.user_type_id
LEFT JOIN sys.types AS b ON b.user_type_id = t.system_type_id
LEFT JOIN sys.identity_columns AS i ON i.object_id = c.object_id AND i.column_id = c.column_id
LEFT JOIN sys.default_constraints AS d ON d.object_id = c.default_object_id
LEFT JOIN sys.computed_columns AS k ON k.object_id = c.object_id AND k.column_id = c.column_id
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0
ORDER BY 1, 2, 3)";
}

std::string indexes_query() {
  // A partitioned index carries its partitioning column with key_ordinal 0 though nobody listed it.
  return R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(t.name AS nvarchar(128)) AS [table],
  CAST(i.name AS nvarchar(128)) AS [index],
  CAST(CASE WHEN i.is_primary_key = 1 THEN N'PK' WHEN i.is_unique_constraint = 1 THEN N'UQ' END AS nvarchar(2)) AS [constraint_type],
  CAST(i.is_unique AS bit) AS [is_unique], CAST(CASE WHEN i.type IN (1, 5) THEN 1 ELSE 0 END AS bit) AS [is_clustered],
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
  AND (x.key_ordinal > 0 OR x.is_included_column = 1 OR x.partition_ordinal = 0)
ORDER BY 1, 2, i.index_id, x.is_included_column, x.key_ordinal, x.index_column_id)";
}

std::string foreign_keys_query() {
  return R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(t.name AS nvarchar(128)) AS [table],
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
ORDER BY 1, 2, 3, 4)";
}

std::string checks_query() {
  return R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(t.name AS nvarchar(128)) AS [table],
  CAST(k.name AS nvarchar(128)) AS [constraint], CAST(k.definition AS nvarchar(max)) AS [definition],
  CAST(k.is_disabled AS bit) AS [is_disabled], CAST(k.is_not_trusted AS bit) AS [is_not_trusted]
FROM sys.check_constraints AS k
JOIN sys.tables AS t ON t.object_id = k.parent_object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0
ORDER BY 1, 2, 3)";
}

std::string sequences_query() {
  return R"(SELECT CAST(s.name AS nvarchar(128)) AS [schema], CAST(q.name AS nvarchar(128)) AS [sequence],
  CAST(COALESCE(b.name, t.name) AS nvarchar(128)) AS [type], CAST(q.start_value AS nvarchar(40)) AS [start_value],
  CAST(q.increment AS nvarchar(40)) AS [increment], CAST(q.minimum_value AS nvarchar(40)) AS [minimum],
  CAST(q.maximum_value AS nvarchar(40)) AS [maximum], CAST(CAST(q.is_cycling AS int) AS nvarchar(40)) AS [is_cycling],
  CAST(q.cache_size AS nvarchar(40)) AS [cache_size], CAST(q.current_value AS nvarchar(40)) AS [current_value]
FROM sys.sequences AS q
JOIN sys.schemas AS s ON s.schema_id = q.schema_id
JOIN sys.types AS t ON t.user_type_id = q.user_type_id
LEFT JOIN sys.types AS b ON b.user_type_id = t.system_type_id
WHERE q.is_ms_shipped = 0
ORDER BY 1, 2)";
}

std::string database_query() {
  return R"(SELECT CAST(d.name AS nvarchar(128)) AS [name], CAST(d.collation_name AS nvarchar(128)) AS [collation],
  CAST(d.snapshot_isolation_state AS int) AS [snapshot_isolation_state],
  CAST(d.is_read_committed_snapshot_on AS bit) AS [is_read_committed_snapshot_on],
  CAST(d.compatibility_level AS int) AS [compatibility_level],
  CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS [product_version],
  CAST(SERVERPROPERTY('EngineEdition') AS int) AS [engine_edition]
FROM sys.databases AS d
WHERE d.database_id = DB_ID())";
}

}  // namespace mssql::tsql
