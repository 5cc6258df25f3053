-- A large database's catalog: :tables tables of 20 columns, a primary key, an index and a check each, and two foreign keys each. Always the same.
-- _mssql_fdw._read_catalog() reads it from then on, whatever the server.
CREATE SCHEMA bench;
CREATE TABLE bench.tables AS
SELECT t AS id, 's' || t % 10 AS schema, 'Table' || t AS name FROM generate_series(1, :tables) AS t;
CREATE TABLE bench.columns AS
SELECT t.*, c AS ordinal, CASE c WHEN 1 THEN 'Id' ELSE 'Column' || c END AS column_name,
       (ARRAY['int', 'nvarchar', 'datetime2', 'decimal', 'bit', 'uniqueidentifier', 'varchar', 'bigint'])[(c - 1) % 8 + 1] AS type
FROM bench.tables AS t CROSS JOIN generate_series(1, 20) AS c;

CREATE TABLE bench.catalog AS SELECT jsonb_build_object(
    'database', '[{"name": "big", "snapshot_isolation_state": 1, "product_version": "16.0.1000.6", "view_definition": true, "login": "sa"}]'::jsonb,
    'tables', (SELECT jsonb_agg(jsonb_build_object('schema', t.schema, 'table', t.name, 'is_view', false,
                   'rows', t.id * 7919 % 1000000, 'bytes', t.id * 7919 % 1000000 * 100, 'temporal_type', 0, 'is_memory_optimized', false,
                   'is_external', false, 'is_graph', false, 'ledger_type', 0, 'is_dropped_ledger', false, 'is_filtered', false)) FROM bench.tables AS t),
    'columns', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('schema', c.schema, 'table', c.name, 'column_id', c.ordinal, 'column', c.column_name,
                   'type', c.type, 'max_length', CASE WHEN c.type LIKE '%char' THEN 100 ELSE 8 END,
                   'precision', CASE c.type WHEN 'decimal' THEN 18 WHEN 'datetime2' THEN 27 ELSE 0 END,
                   'scale', CASE c.type WHEN 'decimal' THEN 4 WHEN 'datetime2' THEN 7 ELSE 0 END,
                   'collation', CASE WHEN c.type LIKE '%char' THEN 'SQL_Latin1_General_CP1_CI_AS' END, 'is_nullable', c.ordinal > 3,
                   'is_identity', c.ordinal = 1, 'seed', CASE c.ordinal WHEN 1 THEN 1 END, 'increment', CASE c.ordinal WHEN 1 THEN 1 END,
                   'last_value', CASE c.ordinal WHEN 1 THEN 1000 END, 'has_default', c.ordinal = 3,
                   'default_definition', CASE c.ordinal WHEN 3 THEN '(getdate())' END, 'is_computed', false, 'is_hidden', false, 'is_masked', false, 'is_encrypted', false, 'is_column_set', false,
                   'comment', CASE c.ordinal WHEN 7 THEN 'a comment of ' || c.name END)) ORDER BY c.id, c.ordinal) FROM bench.columns AS c),
    'indexes', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('schema', t.schema, 'table', t.name, 'index', i.prefix || t.name,
                   'constraint_type', i.constraint_type, 'is_unique', i.prefix = 'PK_', 'type_desc', i.type,
                   'is_disabled', false, 'key_ordinal', 1, 'column', i.column_name, 'is_descending', false, 'is_included', false)))
                FROM bench.tables AS t
                CROSS JOIN (VALUES ('PK_', 'PK', 'CLUSTERED', 'Id'), ('IX_', NULL, 'NONCLUSTERED', 'Column2')) AS i (prefix, constraint_type, type, column_name)),
    'foreign_keys', (SELECT jsonb_agg(jsonb_build_object('schema', t.schema, 'table', t.name, 'constraint', 'FK_' || t.name || '_' || k, 'ordinal', 1,
                         'column', 'Column' || 1 + 8 * k, 'referenced_schema', p.schema, 'referenced_table', p.name, 'referenced_column', 'Id',
                         'delete_action', 'NO_ACTION', 'update_action', 'NO_ACTION', 'is_disabled', false, 'is_not_trusted', false))
                     FROM bench.tables AS t CROSS JOIN generate_series(1, 2) AS k JOIN bench.tables AS p ON p.id = (t.id * 31 + k * 17) % t.id + 1),
    'checks', (SELECT jsonb_agg(jsonb_build_object('schema', t.schema, 'table', t.name, 'constraint', 'CK_' || t.name, 'definition', '([Column9]>(0))',
                   'is_disabled', false, 'is_not_trusted', false)) FROM bench.tables AS t)) AS catalog;

CREATE TABLE bench.rows AS
SELECT ARRAY(SELECT jsonb_populate_record(NULL::replicate._source_database, e) FROM jsonb_array_elements(c.catalog -> 'database') AS e) AS database,
       ARRAY(SELECT jsonb_populate_record(NULL::replicate._source_table, e) FROM jsonb_array_elements(c.catalog -> 'tables') AS e) AS tables,
       ARRAY(SELECT jsonb_populate_record(NULL::replicate._source_column, e) FROM jsonb_array_elements(c.catalog -> 'columns') AS e) AS columns,
       ARRAY(SELECT jsonb_populate_record(NULL::replicate._source_index, e) FROM jsonb_array_elements(c.catalog -> 'indexes') AS e) AS indexes,
       ARRAY(SELECT jsonb_populate_record(NULL::replicate._source_foreign_key, e) FROM jsonb_array_elements(c.catalog -> 'foreign_keys') AS e)
           AS foreign_keys,
       ARRAY(SELECT jsonb_populate_record(NULL::replicate._source_check, e) FROM jsonb_array_elements(c.catalog -> 'checks') AS e) AS checks
FROM bench.catalog AS c;

CREATE OR REPLACE FUNCTION _mssql_fdw._read_catalog(model int, server name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM _mssql_fdw._keep_rows(model, r.database), _mssql_fdw._keep_rows(model, r.tables), _mssql_fdw._keep_rows(model, r.columns),
            _mssql_fdw._keep_rows(model, r.indexes), _mssql_fdw._keep_rows(model, r.foreign_keys), _mssql_fdw._keep_rows(model, r.checks)
    FROM bench.rows AS r;
END
$$;
