-- From 0.1.0 to 0.2.0: what stands in src/sql/tables, and functions that have gone or have other
-- arguments. All others are made again behind this.

DROP FUNCTION _mssql_fdw._untrusted_indexes(oid[]);

COMMENT ON FUNCTION _mssql_fdw._own_words IS
    'trigger of replicate._targets: what a restore says of copies is believed of the tables of the one who restores';
-- A restore into its own database finds the history there: of a run in the background that worked
-- when it was dumped, more of it by now. And who restores a database that he owns can write any row:
-- a number beyond 2^53, which runs do not reach otherwise, is none, so that enough are left.
CREATE OR REPLACE FUNCTION _mssql_fdw._not_again() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = '_run_tables' THEN
        RETURN CASE WHEN NOT EXISTS (SELECT FROM replicate._run_tables AS t WHERE t.run = NEW.run AND t.source = NEW.source AND to_jsonb(t) = to_jsonb(NEW))
                    THEN NEW END;
    END IF;
    IF NEW.id > 9007199254740992 AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = TG_RELID AND pg_has_role(current_user, c.relowner, 'MEMBER')) THEN
        PERFORM _mssql_fdw._raise('22003', format('%s is the number of no run', NEW.id), 'Runs to come are counted on from the greatest, and it leaves them none.');
    END IF;
    RETURN CASE WHEN NOT EXISTS (SELECT FROM replicate._runs AS r
                                 WHERE r.id = NEW.id AND r.server = NEW.server AND r.role = NEW.role AND r.started = NEW.started)
                THEN NEW END;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._not_again IS
    'trigger of history: a row that is there already, as after a restore into its own database, is left out';

ALTER TABLE replicate._runs ALTER finished DROP NOT NULL, ADD pid int, ADD sqlstate text, ADD error text, ADD error_detail text,
    ADD error_hint text;
-- A run in the background whose process has gone has died, unless that wrote its last words since
-- the query's snapshot.
CREATE FUNCTION _mssql_fdw._has_died(run bigint, pid int) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_has_died' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._has_died IS 'whether a run''s process has ended without a word';
CREATE OR REPLACE VIEW replicate.runs WITH (security_barrier) AS
SELECT r.id, r.server, r.function, r.arguments, r.role, r.started, r.finished,
       CASE WHEN r.status = 'running' AND _mssql_fdw._has_died(r.id, r.pid) THEN 'died' ELSE r.status END AS status,
       r.rows, r.bytes, r.warnings, r.notes, r.source_database, r.source_version, r.isolation, r.pid, r.sqlstate, r.error, r.error_detail,
       r.error_hint
FROM replicate._runs AS r WHERE r.role = current_user OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE');
COMMENT ON VIEW replicate.runs IS 'runs of replication, those in the background while they work';
COMMENT ON COLUMN replicate.runs.status IS
    'ok; ok, with notes: the source has something that the target lacks; differs: a table''s rows; of runs in the background also running, failed, cancelled, and died: its process ended without a word';
COMMENT ON COLUMN replicate.runs.pid IS 'process that works on it';
COMMENT ON COLUMN replicate.runs.sqlstate IS 'SQLSTATE of the error that ended it';
COMMENT ON COLUMN replicate.runs.error IS 'the error that ended it';
COMMENT ON COLUMN replicate.runs.error_detail IS 'its detail; that of an error that values made is in the server''s log';
COMMENT ON COLUMN replicate.runs.error_hint IS 'its hint';
