-- Replicate: the rows of a model, the source's catalog and what is mapped of it. They are kept in
-- the session's memory by their row type, for nobody but who has made the model
-- (src/pg/copy/model.hpp); `model` has their number under the key rows.

CREATE OR REPLACE FUNCTION _mssql_fdw._make_model() RETURNS int
AS 'MODULE_PATHNAME', 'mssql_fdw_make_model' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._make_model IS 'number of a new model without rows, which lasts no longer than the transaction';

CREATE OR REPLACE FUNCTION _mssql_fdw._forget_model(model jsonb) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_forget_model' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._forget_model IS 'frees the rows of a model';

CREATE OR REPLACE FUNCTION _mssql_fdw._complete_model(model jsonb) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_complete_model' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._complete_model IS 'lets nobody change the rows of a model any more';

CREATE OR REPLACE FUNCTION _mssql_fdw._keep_rows(model int, rows anyarray) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_keep_rows' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._keep_rows IS 'makes these the rows of their type in a model';

CREATE OR REPLACE FUNCTION _mssql_fdw._estimate_rows(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'mssql_fdw_estimate_rows' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._estimate_rows IS 'tells the planner how many rows a set of a model has';

CREATE OR REPLACE FUNCTION _mssql_fdw._source_database(model jsonb) RETURNS SETOF replicate._source_database
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;
COMMENT ON FUNCTION _mssql_fdw._source_database IS 'the database of the source, one row';

CREATE OR REPLACE FUNCTION _mssql_fdw._source_tables(model jsonb) RETURNS SETOF replicate._source_table
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;
COMMENT ON FUNCTION _mssql_fdw._source_tables IS 'base tables and views of the source''s catalog';

CREATE OR REPLACE FUNCTION _mssql_fdw._source_columns(model jsonb) RETURNS SETOF replicate._source_column
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;
COMMENT ON FUNCTION _mssql_fdw._source_columns IS 'columns of the source''s catalog';

CREATE OR REPLACE FUNCTION _mssql_fdw._source_indexes(model jsonb) RETURNS SETOF replicate._source_index
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;
COMMENT ON FUNCTION _mssql_fdw._source_indexes IS 'indexes of the source''s catalog, a row for each column';

CREATE OR REPLACE FUNCTION _mssql_fdw._source_foreign_keys(model jsonb) RETURNS SETOF replicate._source_foreign_key
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;
COMMENT ON FUNCTION _mssql_fdw._source_foreign_keys IS 'foreign keys of the source''s catalog, a row for each column';

CREATE OR REPLACE FUNCTION _mssql_fdw._source_checks(model jsonb) RETURNS SETOF replicate._source_check
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;
COMMENT ON FUNCTION _mssql_fdw._source_checks IS 'checks of the source''s catalog';

CREATE OR REPLACE FUNCTION _mssql_fdw._source_sequences(model jsonb) RETURNS SETOF replicate._source_sequence
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;
COMMENT ON FUNCTION _mssql_fdw._source_sequences IS 'sequences of the source''s catalog';

CREATE OR REPLACE FUNCTION _mssql_fdw._source_programs(model jsonb) RETURNS SETOF replicate._source_program
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;
COMMENT ON FUNCTION _mssql_fdw._source_programs IS 'procedures, functions, triggers and synonyms of the source''s catalog';

CREATE OR REPLACE FUNCTION _mssql_fdw._unnameable(model jsonb) RETURNS SETOF replicate._unnameable
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;
COMMENT ON FUNCTION _mssql_fdw._unnameable IS 'what was set aside of the source''s catalog, for its names cannot be names here';

CREATE OR REPLACE FUNCTION _mssql_fdw._mapped_tables(model jsonb) RETURNS SETOF replicate._table
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;
COMMENT ON FUNCTION _mssql_fdw._mapped_tables IS 'all base tables of the source with their local names, selected or not';

CREATE OR REPLACE FUNCTION _mssql_fdw._columns(model jsonb) RETURNS SETOF replicate._column
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;
COMMENT ON FUNCTION _mssql_fdw._columns IS 'the model''s columns';

CREATE OR REPLACE FUNCTION _mssql_fdw._objects(model jsonb) RETURNS SETOF replicate._object
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;
COMMENT ON FUNCTION _mssql_fdw._objects IS 'the model''s indexes, sequences and constraints';

CREATE OR REPLACE FUNCTION _mssql_fdw._tables(model jsonb) RETURNS SETOF replicate._table
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT * FROM _mssql_fdw._mapped_tables(model) AS t WHERE t.position IS NOT NULL;
END;
COMMENT ON FUNCTION _mssql_fdw._tables IS 'the model''s tables';

-- The mapped tables where some that were to be loaded could not be: what stands here of them stays.
CREATE OR REPLACE FUNCTION _mssql_fdw._tables_without(model jsonb, ids int[]) RETURNS SETOF replicate._table
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id, t.schema, t.name, t.source, t.target_schema, t.target_name, t.target, t.relation, t.relkind, t.rows, t.bytes, t.comment, t."position",
           CASE WHEN t.id <> ALL (ids) THEN t.action WHEN t.relation IS NULL THEN 'missing' ELSE 'keep' END, t.note, t.is_memory_optimized
    FROM _mssql_fdw._mapped_tables(model) AS t
$$;
COMMENT ON FUNCTION _mssql_fdw._tables_without IS 'the mapped tables where some could not be loaded';

-- Tables that stay, for they have not changed.
CREATE OR REPLACE FUNCTION _mssql_fdw._tables_that_stay(model jsonb) RETURNS SETOF replicate._table
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.* FROM _mssql_fdw._tables(model) AS t
    WHERE model -> 'unchanged' ? t.id::text OR model -> 'same' @> to_jsonb(t.id)
$$;
COMMENT ON FUNCTION _mssql_fdw._tables_that_stay IS 'tables that a run leaves alone, for they have not changed';
