-- Replicate: the ledger. Whoever asks what is a copy of what asks here.

-- What earlier runs made or took over and is there still, under its name: the very relation; after
-- a restore or in a copy of the database, where the numbers are others, one of the same owner,
-- unless this database has its own word.
CREATE OR REPLACE FUNCTION _mssql_fdw._copies()
RETURNS TABLE (server name, source_schema text, source_name text, target_schema name, target_name name, relation oid, relkind "char")
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT DISTINCT ON (c.oid) o.server, o.source_schema, o.source_table, o.target_schema, o.target_name, c.oid, c.relkind
    FROM replicate._targets AS o
    JOIN pg_namespace AS n ON n.nspname = o.target_schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = o.target_name
    CROSS JOIN LATERAL (SELECT o.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())) AS h (here)
    WHERE CASE WHEN h.here THEN o.relation = c.oid ELSE o.owner = pg_get_userbyid(c.relowner) END
    ORDER BY c.oid, h.here DESC, o.database;
END;
COMMENT ON FUNCTION _mssql_fdw._copies IS 'relations that earlier runs made or took over and that are there still';

-- A relation that an earlier run made from this table or sequence of the server.
CREATE OR REPLACE FUNCTION _mssql_fdw._is_copy(relation oid, server name, source_schema text, source_name text) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (
    SELECT FROM _mssql_fdw._copies() AS k
    WHERE k.relation = _is_copy.relation AND k.server = _is_copy.server AND k.source_schema = _is_copy.source_schema
      AND k.source_name = _is_copy.source_name);
COMMENT ON FUNCTION _mssql_fdw._is_copy IS 'whether a relation is the copy of this table or sequence of the server';
