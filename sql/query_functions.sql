-- mssql_query and mssql_exec. Data: test/fixtures/types.sql.
SET DateStyle = ISO;
SELECT * FROM mssql_query('mssql', 'SELECT id, v FROM (VALUES (1, N''a''), (2, NULL)) AS t(id, v) ORDER BY id') AS t(id int, v text);
-- parameters keep their types
\x on
SELECT * FROM mssql_query('mssql',
    'SELECT @P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8, @P9, @P10, @P11, @P12, @P13',
    1::smallint, 2, 3::bigint, true, 12.50, 0.1::float8, 'é''x', '2020-02-29'::date, '12:34:56.789'::time, '2020-02-29 12:34:56.123456'::timestamp,
    '2020-02-29 12:34:56.123456+02'::timestamptz, '00112233-4455-6677-8899-aabbccddeeff'::uuid, '\x00ff'::bytea)
AS t(a smallint, b int, c bigint, d boolean, e numeric, f float8, g text, h date, i time, j timestamp, k timestamptz, l uuid, m bytea);
\x off
SELECT * FROM mssql_query('mssql', 'SELECT COUNT(*) FROM fdw.Many WHERE id <= @P1 AND flag = @P2', 100, true) AS t(n int);
SELECT * FROM mssql_query('mssql', 'SELECT CASE WHEN @P1 IS NULL THEN 1 ELSE 0 END', NULL::int) AS t(n int);
SELECT * FROM mssql_query('mssql', 'SELECT @P1 + @P2', VARIADIC ARRAY[20, 22]) AS t(n int);
-- numbers come back with the digits that they had
SELECT n, v::text = n::text AS same FROM unnest('{0,0.00,1,-1,-0.1,10000,10000.0001,123.4500,0.00001234,-0.0000000000000000000000000000000000001,
    1e37,99999999999999999999999999999999999999,123456789012345678901234567890.12345678,0.12345678901234567890123456789012345678}'::numeric[]) AS n,
    LATERAL mssql_query('mssql', 'SELECT @P1', n) AS t(v numeric) ORDER BY n, scale(n);
-- and so do the ends of the calendar, long text and long bytes
SELECT d = '0001-01-01', e = '9999-12-31 23:59:59.999999', f = '9999-12-31 23:59:59.999999+00', t = '23:59:59.999999', length(x) = 5000, length(b) = 9000
FROM mssql_query('mssql', 'SELECT @P1, @P2, @P3, @P4, @P5, @P6', '0001-01-01'::date, '9999-12-31 23:59:59.999999'::timestamp, '9999-12-31 23:59:59.999999+00'::timestamptz,
    '23:59:59.999999'::time, repeat('x', 5000), decode(repeat('ab', 9000), 'hex')) AS t(d date, e timestamp, f timestamptz, t time, x text, b bytea);
-- what SQL Server does not know
DO $$
DECLARE
    value text;
BEGIN
    FOREACH value IN ARRAY ARRAY['1e38::numeric', '1e-39::numeric', '1.00000000000000000000000000000000000000::numeric', '''-Infinity''::numeric', '''NaN''::float8', '''infinity''::float4',
        '''0001-01-01 BC''::date', '''10000-01-01''::timestamp', '''0001-12-31 12:00+00 BC''::timestamptz', '''24:00''::time', '''-infinity''::timestamp'] LOOP
        BEGIN
            EXECUTE format('SELECT * FROM mssql_query(''mssql'', ''SELECT @P1'', %s) AS t(v text)', value);
            RAISE NOTICE '%: sent', value;
        EXCEPTION WHEN numeric_value_out_of_range THEN
            RAISE NOTICE '%: %', value, SQLERRM;
        END;
    END LOOP;
END
$$;
SELECT * FROM mssql_query('mssql', 'SELECT @P1', 'infinity'::date) AS t(n date);
SELECT * FROM mssql_query('mssql', 'SELECT @P1', 'NaN'::numeric) AS t(n numeric);
-- a result of another shape
SELECT * FROM mssql_query('mssql', 'SELECT 1, 2') AS t(a int);
SELECT * FROM mssql_query('mssql', 'SELECT 1') AS t(a date);
SELECT mssql_query('mssql', 'SELECT 1');
SELECT * FROM mssql_query('mssql', 'DELETE FROM fdw.Scratch') AS t(a int);
SELECT * FROM mssql_query('mssql', 'SELECT 1 AS a; SELECT 2 AS b, 3 AS c') AS t(a int);
SELECT count(*) FROM mssql_query('mssql', 'SELECT id FROM fdw.Many') AS t(id int);
-- statements
SELECT mssql_exec('mssql', 'INSERT INTO fdw.Scratch VALUES (1, N''one''), (2, N''two'')');
SELECT mssql_exec('mssql', 'UPDATE fdw.Scratch SET v = v WHERE id > 0; DELETE FROM fdw.Scratch WHERE id = 2');
SELECT mssql_exec('mssql', 'PRINT N''hello''');
SELECT * FROM mssql_query('mssql', 'SELECT * FROM fdw.Scratch') AS t(id int, v text);
SELECT mssql_exec('mssql', 'DELETE FROM fdw.Scratch');
BEGIN READ ONLY;
SELECT mssql_exec('mssql', 'DELETE FROM fdw.Scratch');
ROLLBACK;
-- errors have the server's text and PostgreSQL's SQLSTATE
DO $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY ARRAY['INSERT INTO fdw.Scratch VALUES (1, N''x''), (1, N''y'')', 'INSERT INTO fdw.Scratch (v) VALUES (N''x'')',
        'SELECT 1 / 0', 'SELECT * FROM fdw.Missing', 'SELECT missing FROM fdw.Scratch', 'SELECT 1 +'] LOOP
        BEGIN
            PERFORM mssql_exec('mssql', statement);
        EXCEPTION WHEN OTHERS THEN
            RAISE NOTICE '% %', SQLSTATE, statement;
        END;
        -- some errors end the remote transaction: begin another
        ROLLBACK;
    END LOOP;
END
$$;
-- NULL server or text: nothing
SELECT mssql_exec(NULL, 'SELECT 1') IS NULL AS nothing;
SELECT * FROM mssql_query('mssql', NULL) AS t(a int);
-- with parameters, where a NULL parameter has a meaning, it is an error
SELECT * FROM mssql_query(NULL, 'SELECT @P1', 1) AS t(a int);
SELECT * FROM mssql_query('mssql', NULL, 1) AS t(a int);
