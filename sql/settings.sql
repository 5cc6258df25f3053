-- Whatever the caller has set: scans, parameters, imports and replication give the same.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA settings;
-- what a schema holds, in words that none of the settings changes when they are reset
CREATE FUNCTION settings.description(place name) RETURNS TABLE (line text) LANGUAGE plpgsql AS $$
DECLARE
    relation record;
BEGIN
    FOR relation IN SELECT c.oid, c.relname, c.relkind FROM pg_class AS c
                    WHERE c.relnamespace = place::regnamespace AND c.relkind IN ('r', 'f', 'S', 'i') ORDER BY c.relname COLLATE "C" LOOP
        line := concat_ws(' ', relation.relkind, relation.relname, obj_description(relation.oid));
        RETURN NEXT;
        RETURN QUERY SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                replace(pg_get_expr(d.adbin, d.adrelid), place, '-'), a.attfdwoptions)
            FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = relation.oid AND a.attnum > 0 AND relation.relkind <> 'S' ORDER BY a.attnum;
        RETURN QUERY SELECT concat_ws(' ', k.conname, k.convalidated, replace(pg_get_constraintdef(k.oid), place, '-'))
            FROM pg_constraint AS k WHERE k.conrelid = relation.oid ORDER BY k.conname COLLATE "C";
        IF relation.relkind IN ('r', 'f') THEN
            RETURN QUERY EXECUTE format('SELECT t::text FROM %I.%I AS t ORDER BY t::text COLLATE "C"', place, relation.relname);
        END IF;
    END LOOP;
END
$$;
CREATE FOREIGN TABLE settings.parsed (d date, ts timestamp, i interval, a text[], m money, f float8, x xml, n numeric, r int)
SERVER mssql OPTIONS (query 'SELECT ''02/01/2024'' AS d, ''02/01/2024 10:11:12'' AS ts, ''-1 1:00'' AS i, ''{1,NULL,"NULL"}'' AS a, ''1234.5'' AS m,
    CAST(0.1 AS float) + CAST(0.2 AS float) AS f, ''<a/><b/>'' AS x, CAST(1.50 AS decimal(9,2)) AS n, 1 AS r');
CREATE TABLE settings.calm AS SELECT 'parsed' AS what, d::text || i || a::text || m::numeric || f || x::text || n || ts::text AS value FROM settings.parsed;
INSERT INTO settings.calm SELECT 'sent', q.v FROM mssql_query('mssql', 'SELECT @P1 + ''|'' + @P2 + ''|'' + @P3 + ''|'' + @P4 + ''|'' + @P5',
    make_interval(years => -1, days => -2, hours => 3), ARRAY[date '2024-02-01', NULL], 'settings.calm'::regclass, daterange('2024-02-01', '2024-03-01'),
    ARRAY[decode('00ff', 'hex')]) AS q (v text);
CREATE TABLE settings.calm_run AS SELECT source, rows, status FROM replicate_all('mssql', 'calm', '{rep.%,keys.%,fdw.Dates,fdw.Floats,fdw.Binaries,fdw.Xml}');
CREATE TABLE settings.calm_plan AS SELECT * FROM replicate_plan('mssql', 'plan', '{rep.%,keys.%}');
CREATE SCHEMA calm_import;
IMPORT FOREIGN SCHEMA fdw_import FROM SERVER mssql INTO calm_import OPTIONS (import_default 'true');
IMPORT FOREIGN SCHEMA rep FROM SERVER mssql INTO calm_import OPTIONS (import_default 'true');
-- all of them at once
SET DateStyle = 'SQL, DMY';
SET IntervalStyle = 'sql_standard';
SET TimeZone = 'Pacific/Chatham';
SET extra_float_digits = -15;
SET bytea_output = 'escape';
SET standard_conforming_strings = off;
SET escape_string_warning = on;
SET backslash_quote = off;
SET quote_all_identifiers = on;
SET xmloption = document;
SET xmlbinary = hex;
SET array_nulls = off;
SET transform_null_equals = on;
SET lc_monetary = 'POSIX';
SET lc_numeric = 'POSIX';
SET lc_time = 'POSIX';
SET row_security = off;
SET client_encoding = 'LATIN1';
SET search_path = '';
SET check_function_bodies = on;
SET plpgsql.extra_errors = 'all';
SET plpgsql.extra_warnings = 'all';
SET default_transaction_isolation = 'serializable';
SET default_statistics_target = 1;
SET default_toast_compression = 'pglz';
SET plan_cache_mode = 'force_generic_plan';
SET from_collapse_limit = 1;
SET join_collapse_limit = 1;
SET enable_seqscan = off;
SET work_mem = '64kB';
CREATE TABLE settings.rough_run AS SELECT source, rows, status
FROM public.replicate_all('mssql', 'rough', '{rep.%,keys.%,fdw.Dates,fdw.Floats,fdw.Binaries,fdw.Xml}');
-- a refresh and a copy made anew, too
CREATE TABLE settings.rough_again AS SELECT source, rows, status FROM public.replicate_all('mssql', 'rough', '{rep.%,keys.%,fdw.Dates}');
CREATE TABLE settings.rough_anew AS SELECT source, rows, status
FROM public.replicate_all('mssql', 'rough', '{rep.%,keys.%}', on_existing => 'replace');
CREATE TABLE settings.rough_plan AS SELECT * FROM public.replicate_plan('mssql', 'plan', '{rep.%,keys.%}');
CREATE SCHEMA rough_import;
IMPORT FOREIGN SCHEMA fdw_import FROM SERVER mssql INTO rough_import OPTIONS (import_default 'true');
IMPORT FOREIGN SCHEMA rep FROM SERVER mssql INTO rough_import OPTIONS (import_default 'true');
CREATE TABLE settings.read AS SELECT d, i, a, m, f, x, n, ts FROM settings.parsed;
CREATE TABLE settings.sent AS SELECT q.v FROM public.mssql_query('mssql', 'SELECT @P1 + ''|'' + @P2 + ''|'' + @P3 + ''|'' + @P4 + ''|'' + @P5',
    make_interval(years => -1, days => -2, hours => 3), ARRAY[date '2024-02-01', NULL], 'settings.calm'::regclass, daterange('2024-02-01', '2024-03-01'),
    ARRAY[decode('00ff', 'hex')]) AS q (v text);
SELECT * FROM public.replicate_verify('mssql', 'rough', '{rep.%}') ORDER BY source;
SELECT * FROM public.replicate_sequences('mssql', 'rough', '{rep.%}') ORDER BY target;
SELECT kind, source, target, status FROM public.replicate_schema('mssql', 'rough', '{rep.Sale}');
-- names that the client cannot show are found before anything is done, and a notice never ends a run
SET client_encoding = 'KOI8R';
SELECT * FROM public.replicate_all('mssql', include => '{Stra%}');
SET client_min_messages = notice;
SELECT _mssql_fdw._say(false, 'Gr' || chr(246) || chr(223) || 'e');
RESET ALL;
SET client_min_messages = warning;
SELECT * FROM settings.calm_run EXCEPT TABLE settings.rough_run;
SELECT * FROM settings.rough_again EXCEPT TABLE settings.calm_run;
SELECT * FROM settings.rough_anew EXCEPT TABLE settings.calm_run;
SELECT * FROM settings.calm_plan EXCEPT TABLE settings.rough_plan;
SELECT count(*) > 10 AS planned FROM settings.rough_plan;
SELECT * FROM settings.description('calm') EXCEPT SELECT * FROM settings.description('rough');
SELECT * FROM settings.description('rough') EXCEPT SELECT * FROM settings.description('calm');
SELECT count(*) > 100 AS described FROM settings.description('rough');
SELECT * FROM settings.description('calm_import') EXCEPT SELECT * FROM settings.description('rough_import');
SELECT * FROM settings.description('rough_import') EXCEPT SELECT * FROM settings.description('calm_import');
SELECT value FROM settings.calm WHERE what = 'parsed'
EXCEPT SELECT d::text || i || a::text || m::numeric || f || x::text || n || ts::text FROM settings.read;
SELECT value FROM settings.calm WHERE what = 'sent' EXCEPT TABLE settings.sent;
SELECT value FROM settings.calm;
DROP SCHEMA settings, calm, rough, calm_import, rough_import CASCADE;
