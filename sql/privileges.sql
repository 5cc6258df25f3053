-- Private functions are called by public ones, which run as their caller, so that everybody may execute them. Those that only read what the
-- caller may read (IMMUTABLE, STABLE) are harmless. Every other one has its reason here.
WITH harmless (name, why) AS (VALUES
    ('_read_catalog',   'a closed list of queries, by the caller''s own mapping and right on the server, into his own memory'),
    ('_limit_lock_waits', 'for how long the caller''s own sessions wait'),
    ('_ask_of_changes', 'a closed list of questions of one table, by names that it quotes, with the same rights'),
    ('_source_position', 'calls it'),
    ('_note_positions', 'in a run, by itself: what its tables are'),
    ('_position_of',    'calls it'),
    ('_proof_of_counts', 'calls it'),
    ('_find_unchanged', 'calls these, and counts tables that the caller may read'),
    ('_source_count',   'counts one table, by names that it quotes, with the same rights'),
    ('_range_bounds',   'asks one table for values of its key, by names that it quotes, with the same rights'),
    ('_count',          'calls _source_count, and counts a table that the caller may read'),
    ('_model',          'reads the source by _read_catalog'),
    ('_make_model',     'the caller''s own memory'),
    ('_keep_rows',      'the same'),
    ('_set_aside',      'the same'),
    ('_complete_model', 'the same'),
    ('_forget_model',   'the same'),
    ('_say_times',      'raises a notice'),
    ('_say_leftovers',  'raises a notice'),
    ('_execute',        'executes statements as the caller, who can do so without it'),
    ('_raise',          'raises an error'),
    ('_check_unused',   'raises an error'),
    ('_check_arguments', 'raises an error, or a notice'),
    ('_tell_persistence', 'raises a notice'),
    ('_say',            'raises a notice or a warning'),
    ('_hold_settings',  'settings of the calling function'),
    ('_claim',          'as the owner of a table, or who may empty and fill it, whom it asks'),
    ('_lock_targets',   'tables that the caller may empty, and in a run only'),
    ('_lock_sequences', 'sequences of the caller''s, which he may alter'),
    ('_stage',          'a step of a run, refused outside of one; the caller''s tables, by the caller''s rights'),
    ('_indexes',        'the same'),
    ('_stage_index',    'the same'),
    ('_hide_rows',      'the same, of what the run has made'),
    ('_leave_index_out', 'the same'),
    ('_stage_indexes',  'calls these'),
    ('_switch',         'the same'),
    ('_lock_writers',   'the same'),
    ('_analyze',        'the same'),
    ('_run',            'the body of _replicate'),
    ('_check_background', 'raises an error, or a notice'),
    ('_begun',          'raises a notice'),
    ('_find_run',       'reads the caller''s runs'),
    ('_has_died',       'tells whether a process is at work on a run'),
    ('_cancel',         'runs of roles that the caller has the rights of, or may signal'),
    ('_staged',         'tells the number of a relation'),
    ('_run_of_workers', 'tells the number of the run that the caller''s session works for'),
    ('_may_choose_workers', 'tells what kind of statement calls it'),
    ('_start_workers',  'in a run, once: the workers of the caller''s own run'),
    ('_workers',        'counts them'),
    ('_make_staging_schema', 'a step of a run, refused outside of one; the run''s own schema, which goes with it'),
    ('_drop_staging_schemas', 'the same'),
    ('_drop_leftovers', 'schemas of runs that nobody works on any more'),
    ('_discard',        'what a run has left whose role the caller has the rights of, or may signal'),
    ('_is_worked_on',   'tells whether a process is at work on a run'),
    ('_replicate',      'the body of replicate_all and replicate_table'),
    ('_set_sequence',   'ALTER SEQUENCE and setval() as the caller'),
    ('_align_sequence', 'calls _set_sequence'),
    ('_align_identity', 'calls _set_sequence'),
    ('_load',           'a step of a run, refused outside of one; as the caller, whose rights it checks'),
    ('_claim_copies',   'calls _claim'),
    ('_own_words',      'a trigger''s'),
    ('_not_again',      'the same'),
    ('_lock_server',    'takes a lock for one transaction'),
    ('_hold',           'takes locks for one transaction, on what the caller may write or refer to'),
    ('_count_rows',     'counts a table that the caller may read'),
    ('_scan_rows',      'the same'),
    ('_written_meanwhile', 'calls _count_rows'),
    ('_row_hash',       'hashes columns that the caller may read'),
    ('_hold_targets',   'calls _hold'))
SELECT p.oid::regprocedure AS not_accounted_for
FROM pg_proc AS p
JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'mssql_fdw'
WHERE left(p.proname, 1) = '_' AND p.provolatile = 'v' AND has_function_privilege('public', p.oid, 'EXECUTE')
  AND p.proname NOT IN (SELECT h.name FROM harmless AS h)
ORDER BY 1;
-- In SQL a column wins over an argument of its name, so an argument that a body never asks is hidden by one. Bodies in strings are parsed anew, to
-- look for their parameters.
CREATE SCHEMA parsed;
SET search_path = pg_catalog;
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT p.* FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang AND l.lanname = 'sql'
             JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
             JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'mssql_fdw'
             WHERE p.prosqlbody IS NULL LOOP
        EXECUTE format('CREATE FUNCTION parsed.%I(%s) RETURNS %s LANGUAGE sql BEGIN ATOMIC %s; END',
                       f.proname, pg_get_function_arguments(f.oid), pg_get_function_result(f.oid), f.prosrc);
    END LOOP;
END
$$;
RESET search_path;
SELECT p.oid::regprocedure AS function, p.proargnames[i] AS hidden_or_without_use
FROM pg_proc AS p CROSS JOIN generate_series(1, p.pronargs) AS i
WHERE p.pronamespace IN ('_mssql_fdw'::regnamespace, 'public'::regnamespace, 'parsed'::regnamespace) AND p.prosqlbody IS NOT NULL
  AND p.prosqlbody::text !~ format('{PARAM :paramkind 0 :paramid %s ', i)
ORDER BY p.proname COLLATE "C", i;
SET client_min_messages = warning;
DROP SCHEMA parsed CASCADE;
RESET client_min_messages;
-- None runs as its owner.
SELECT p.oid::regprocedure AS definer FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'mssql_fdw' WHERE p.prosecdef ORDER BY 1;
-- The source's catalog takes the right on the server and a mapping, whoever asks.
CREATE ROLE regress_mssql_nobody;
SET ROLE regress_mssql_nobody;
SELECT _mssql_fdw._read_catalog(_mssql_fdw._make_model(), 'mssql');
SELECT _mssql_fdw._source_count('mssql', 'rep', 'Product', false);
RESET ROLE;
-- The rows of a model are for who has made it, and as long as its transaction.
BEGIN;
SELECT _mssql_fdw._make_model() AS rows \gset
SELECT _mssql_fdw._keep_rows(:rows, ARRAY[ROW('procedure', 'dbo', 'p')::replicate._source_program]);
SELECT name FROM _mssql_fdw._source_programs(jsonb_build_object('rows', :rows));
SET LOCAL ROLE regress_mssql_nobody;
SELECT name FROM _mssql_fdw._source_programs(jsonb_build_object('rows', :rows));
ROLLBACK;
-- Arguments that no run gives.
SET ROLE regress_mssql_nobody;
SELECT _mssql_fdw._keep_rows(_mssql_fdw._make_model(), ARRAY[-1,2147483647,-2,-3,-4,-5,2147483647,2147483646]);
SELECT _mssql_fdw._keep_rows(_mssql_fdw._make_model(), '{a,b}'::text[]);
SELECT _mssql_fdw._keep_rows(_mssql_fdw._make_model(), ARRAY[NULL::replicate._source_program]);
SELECT * FROM _mssql_fdw._execute('{}', ARRAY[ROW(1, 0, 0, 1, 'load', 's', 't', 'SELECT NULL, NULL', NULL)::replicate._step]);
RESET ROLE;
SELECT name FROM _mssql_fdw._source_programs(jsonb_build_object('rows', :rows));
DROP ROLE regress_mssql_nobody;
-- Names are quoted, not pasted.
\set VERBOSITY terse
SELECT _mssql_fdw._source_count('mssql', 'rep', 'Product] ; DROP TABLE [rep].[Product', false);
SELECT _mssql_fdw._source_count('mssql', 'rep', '', false);
SELECT _mssql_fdw._source_count('mssql', 'rep', 'Product', false) > 0 AS there;
